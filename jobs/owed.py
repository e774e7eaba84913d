"""What is still owed, by whom, and whether anything speaks against asking for it (law 11)."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jobs.answered import Answered, answered
from jobs.entitled import declared
from jobs.office import Office
from jobs.outbox import not_reached
from jobs.own_desk import waiting_for
from ledger import arrivals, desk, intents
from ledger.errors import LedgerError
from ledger.records import Assignment, DeskItem, IntentKey
from ledger.store import Entry
from mail.letter import Message, UnreadableMessageError
from mail.reading import read
from programme.calendar import add_working_days
from programme.change import short_day
from programme.cycle import Cycle, StepKind
from programme.plan import Policy
from programme.service import Programme
from programme.standing_facts import excuse_of, hold_on, own_deadline

FRESH_FOR = timedelta(minutes=30)
_ELSEWHERE = "it is about another programme."


@dataclass(frozen=True, slots=True)
class Owed:
    """One assignment with the refs that nobody has answered yet."""

    item: Answered
    refs: tuple[str, ...]

    @property
    def assignment(self) -> Assignment:
        return self.item.assignment


def inbox_is_fresh(entry: Entry, now: datetime) -> bool:
    """Whether Inbox and Junk were read to the end in the last 30 minutes, and all that was read is decided.

    What a wrong clock once dated later than now was not read in them.
    """
    read_at = arrivals.read_to_end_at(entry)
    return read_at is not None and timedelta(0) <= now - read_at <= FRESH_FOR and arrivals.undecided(entry) is None


def owed(entry: Entry, programme: Programme, cycle: Cycle, deadline: date | None = None) -> tuple[Owed, ...]:
    """Every assignment of a cycle with something outstanding and no excuse, of people and plans that are declared.

    ``deadline`` picks those with that own deadline; None picks those that keep the cycle's.
    """
    items = answered(entry, programme, cycle)
    found = []
    for item in items:
        assignment = item.assignment
        own = own_deadline(programme, cycle, assignment.plan, assignment.post)
        if own != (deadline or cycle.deadline) or excuse_of(programme, cycle.id, assignment.plan, assignment.post):
            continue
        if not askable(programme, assignment):
            continue
        refs = unanswered(item, items)
        if refs:
            found.append(Owed(item, refs))
    return tuple(found)


def askable(programme: Programme, assignment: Assignment) -> bool:
    """Whether the configuration still has the plan, the post and the person: else there is nobody to ask."""
    known = assignment.post in programme.posts and assignment.person in programme.people
    return known and declared(programme, assignment)


def unanswered(item: Answered, items: Iterable[Answered]) -> tuple[str, ...]:
    """The refs that are outstanding from a sponsor: under the policy ``any`` a fellow sponsor's answer serves."""
    if item.assignment.policy != Policy.ANY:
        return item.outstanding
    fellows = [other for other in items if other.assignment.plan == item.assignment.plan]
    return tuple(ref for ref in item.outstanding if all(ref in other.outstanding for other in fellows))


def still_owed(entry: Entry, programme: Programme, item: Answered) -> tuple[str, ...]:
    """The refs that are outstanding from one sponsor, for whoever does not have the whole cycle at hand."""
    if item.assignment.policy != Policy.ANY:
        return item.outstanding
    return unanswered(item, answered(entry, programme, programme.cycle(item.assignment.cycle)))


def by_sponsor(found: Iterable[Owed]) -> dict[str, list[Owed]]:
    """What is owed by person, in the order in which people first appear."""
    own: dict[str, list[Owed]] = {}
    for item in found:
        own.setdefault(item.assignment.person, []).append(item)
    return own


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who has something waiting on the desk: assignments that are named, and people who wrote."""

    assignments: Mapping[str, str]
    people: Mapping[str, str]


def waiting(office: Office, entry: Entry, programme: Programme) -> Waiting:
    """What waits for a person, by the assignment it is about and by the sender, with its reason.

    What somebody whom we know answers to a message of ours is about whatever that message was about. What they wrote
    about another programme is for its team to read: it stops the chase here as well, and is not quoted.
    """
    ours = {item.id for item in waiting_for(entry, programme)}
    by_assignment: dict[str, str] = {}
    by_person: dict[str, str] = {}
    for item in desk.waiting(entry):
        reason = item.reason if item.id in ours else _ELSEWHERE
        for name in _assignments_of(entry, item):
            by_assignment.setdefault(name, reason)
        message = _message(office, entry, item.arrival) if item.arrival is not None else None
        person = programme.person_at(message.sender) if message is not None else None
        if message is None or person is None:
            continue
        by_person.setdefault(person.id, reason)
        for answers in intents.by_message_id(entry, message.thread):
            for assignment in answers.about:
                by_assignment.setdefault(assignment, reason)
    return Waiting(by_assignment, by_person)


def _assignments_of(entry: Entry, item: DeskItem) -> Iterator[str]:
    """The assignments that an item names, and those whose sponsor its message, of ours, may not have reached."""
    intent = intents.get(entry, IntentKey.of(item.intent)) if item.intent is not None else None
    about = not_reached(intent) if intent is not None else ()
    yield from (name for name in (item.assignment, *about) if name is not None)


def doubt_about(
    programme: Programme, assignment: Assignment, kind: StepKind, unresolved: Waiting, on: date
) -> str | None:
    """Why this sponsor should not be asked now, in a sentence; None where nothing speaks against it."""
    hold = hold_on(programme, assignment.cycle, kind, on, assignment.plan, assignment.post)
    if hold is not None:
        return f"Held by {hold.why.decided_by}: {hold.why.reason}."
    if assignment.id in unresolved.assignments:
        return f"Waits on the desk: {unresolved.assignments[assignment.id]}"
    waits = next((person for person in people_of(programme, assignment) if person in unresolved.people), None)
    if waits is not None:
        return f"Something from {programme.people[waits].name} waits on the desk: {unresolved.people[waits]}"
    if programme.posts[assignment.post].holder(on) is None:
        return f"Nobody holds the post {programme.posts[assignment.post].title}."
    issued = programme.local(assignment.issued_at).date()
    if add_working_days(programme.working_days, issued, 1) > on:
        return f"It was issued only on {short_day(issued)}."
    return None


def people_of(programme: Programme, assignment: Assignment) -> Collection[str]:
    """The sponsor of an assignment, everybody who may return it for them, and whom we turn to where they do not."""
    post = programme.posts[assignment.post]
    holdings = (*post.holders, *post.assistants, *post.delegates)
    helping = (item.person for item in post.contributors if item.plan == assignment.plan)
    contact = (post.escalation,) if post.escalation is not None else ()
    return dict.fromkeys((assignment.person, *(holding.person for holding in holdings), *helping, *contact))


def _message(office: Office, entry: Entry, arrival: int) -> Message | None:
    try:
        return read(office.ledger.blobs.get(arrivals.get(entry, arrival).sha256))
    except (UnreadableMessageError, LedgerError):
        return None
