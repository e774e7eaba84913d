"""Merging: plans become one in a cycle that was issued already, from the day of the merger on (law 12).

What is open of the old plans is withdrawn and the merged plan is asked instead, in one commit; what was accepted
stays. ``jobs.parting`` undoes it where the merger is taken back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from jobs.agreed import decided_last
from jobs.answered import MERGED_AWAY, Answered, answered
from jobs.entitled import declared
from jobs.issue import Issue, Signing, assign, messages, past_of
from jobs.notice import notice
from jobs.office import Office
from jobs.outbox import Outgoing, decide
from jobs.owed import inbox_is_fresh, unanswered
from jobs.own_desk import VACANT_POST, made_good
from jobs.succession import open_cycles, renumbered
from ledger import arrivals, assignments, desk, events, intents, keys, steps
from ledger.records import Assignment, DeskItem, Event
from ledger.store import Entry
from programme.calendar import instant
from programme.change import ChangeKind, listed, short_day
from programme.cycle import Cycle, StepKind
from programme.facts import Merged
from programme.plan import Plan
from programme.service import Programme
from programme.standing_facts import excuse_of, merged_into, merger_of, plans_in_force

MERGED = "merged"

# What an event of a merger says of each assignment in it.
WITHDRAWN = "withdrawn"
ISSUED = "issued"


@dataclass(frozen=True, slots=True)
class Merging:
    """One merger in one cycle: the merged plan, what is open of the old ones, and what is asked instead of it.

    ``vacant`` are the merged plan's posts that nobody holds; ``waits``: it is asked of nobody for that reason. ``told``
    are those who were told of it today, ``whole`` the labels of all the plans of the cycle that became it.
    ``decided`` are the SPG's last words by (plan, ref).
    """

    programme: Programme
    cycle: Cycle
    into: Plan
    fact: Merged
    left: tuple[Assignment, ...]
    new: tuple[Assignment, ...]
    vacant: tuple[str, ...]
    waits: bool
    told: frozenset[str]
    whole: tuple[str, ...]
    decided: Mapping[tuple[str, str], str]

    @property
    def old(self) -> tuple[str, ...]:
        """The labels of the plans of which something is open, in the order of issue."""
        return tuple(dict.fromkeys(self.programme.plan(item.plan).label for item in self.left))

    @property
    def reason(self) -> str:
        why = self.fact.why
        since = short_day(self.fact.since)
        return f"{MERGED_AWAY}{self.into.label} on {since}, decided by {why.decided_by}: {why.reason.rstrip('.')}."


def told_today(entry: Entry, programme: Programme, into: str, now: datetime) -> frozenset[str]:
    """Who was told today of an edit of this merger: that said what follows, and nobody is told a thing twice."""
    today = programme.local(now).date()
    edits = [
        event.at
        for event in events.of_cycle(entry, programme.id, "")
        if (event.what, event.about) == ("changed", ChangeKind.MERGED)
        and event.detail.get("into") == into
        and programme.local(event.at).date() == today
    ]
    notices = intents.of_cycle(entry, programme.id, "") if edits else []
    # An edit and its notices are of one instant.
    return frozenset(item.key.person for item in notices if item.key.kind == "change" and item.decided_at == edits[-1])


def merge_one(office: Office, now: datetime) -> bool:
    """Carry out one merger in one cycle whose papers have not gone, or note that nobody holds its post. True if any.

    Nothing happens before the inbox was read to its end on the day: what was returned before it counts.
    """
    with office.ledger.reading() as entry:
        found = next((each for one in office.service.programmes for each in _mergers(office, entry, one, now)), None)
    if found is None:
        return False
    if found.waits:
        _vacant(office, found, now)
    else:
        _merge(office, found, now)
    return True


def papers_ahead(entry: Entry, programme: Programme, now: datetime) -> Iterator[Cycle]:
    """The cycles that were issued and whose papers have not gone: a merger still changes what they say."""
    settled = steps.settled(entry, programme.id)
    for cycle in open_cycles(entry, programme, now):
        if (programme.id, cycle.id, StepKind.PAPERS.value, "1") not in settled:
            yield cycle


def _mergers(office: Office, entry: Entry, programme: Programme, now: datetime) -> Iterator[Merging]:
    if not programme.facts.merged or not inbox_is_fresh(entry, now):
        return
    for cycle in papers_ahead(entry, programme, now):
        items = answered(entry, programme, cycle)
        for into, left in _left(programme, cycle, items, now).items():
            if _read_since(entry, programme, left, now):
                found = _found(office, entry, (programme, cycle, programme.plan(into)), left, now)
                if not (found.waits and events.recent(entry, 1, about=_vacancy(found))):
                    yield found


def _left(
    programme: Programme, cycle: Cycle, items: Sequence[Answered], now: datetime
) -> dict[str, tuple[Assignment, ...]]:
    """What is open of plans that are merged by today, by what they were merged into.

    Where only those are left who are excused, nothing is owed, and nobody is asked instead of them.
    """
    today = programme.local(now).date()
    left: dict[str, list[Assignment]] = {}
    for item in items:
        own = item.assignment
        into = merged_into(programme.facts, own.plan, today)
        if into != own.plan and declared(programme, own) and unanswered(item, items):
            left.setdefault(into, []).append(own)
    return {
        into: tuple(own)
        for into, own in left.items()
        if any(excuse_of(programme, cycle.id, one.plan, one.post) is None for one in own)
    }


def _read_since(entry: Entry, programme: Programme, left: Sequence[Assignment], now: datetime) -> bool:
    """Whether the inbox was read since the day of the merger began."""
    read_at = arrivals.read_to_end_at(entry)
    facts = (_fact(programme, item, now) for item in left)
    begins = max(instant(programme.zone, fact.since, time()) for fact in facts)
    return read_at is not None and read_at >= begins


def _fact(programme: Programme, item: Assignment, now: datetime) -> Merged:
    """The merger that made of a plan what it is now: the last one, where it was merged several times in turn."""
    today = programme.local(now).date()
    fact = found = merger_of(programme.facts, item.plan, today)
    while found is not None:
        fact, found = found, merger_of(programme.facts, found.into, today)
    if fact is None:
        raise AssertionError("only what is merged is left")
    return fact


def _found(
    office: Office, entry: Entry, where: tuple[Programme, Cycle, Plan], left: tuple[Assignment, ...], now: datetime
) -> Merging:
    programme, cycle, into = where
    today = programme.local(now).date()
    issued = assignments.of_cycle(entry, programme.id, cycle.id)
    every = [item for item in issued if item.plan == into.id]
    there = {item.post for item in every if item.withdrawn is None}
    plans = [plan for plan in plans_in_force(programme, today) if plan.id == into.id]
    past = past_of(entry, programme, cycle, plans)
    made, vacant = assign(programme, cycle, past, Signing(office.keyring, office.service.hash, now))
    # The form that this cycle was issued with, whatever an edit has made of it since: the papers are one table.
    mine = (replace(item, form=left[0].form) for item in made if item.post not in there)
    new = tuple(_numbered(office, item, every) for item in mine)
    nobody = tuple(post for _, post in vacant if post not in there)
    waits = bool(nobody) and not new and not there
    fact, told = _fact(programme, left[0], now), told_today(entry, programme, into.id, now)
    old = {item.plan for item in issued} - {into.id}
    became = [plan for plan in programme.plans if merged_into(programme.facts, plan.id, today) == into.id]
    whole = tuple(plan.label for plan in became if plan.id in old)
    decided = decided_last(past.decided)
    return Merging(programme, cycle, into, fact, left, new, nobody, waits, told, whole, decided)


def _numbered(office: Office, item: Assignment, every: Sequence[Assignment]) -> Assignment:
    """A merger that is made again, after it was taken back, is asked under another id than before."""
    before = sum(1 for one in every if one.post == item.post)
    return renumbered(office, item, f"{item.id}#{before + 1}") if before else item


def _vacancy(found: Merging) -> str:
    return f"vacant {found.programme.id}/{found.cycle.id}/{found.into.id}"


def _vacant(office: Office, found: Merging, now: datetime) -> None:
    """Nobody can be asked for the merged plan: the old ones stay open until somebody can."""
    titles = listed(found.programme.posts[post].title for post in found.vacant)
    reason = (
        f"In {found.cycle.label} {listed(found.old)} became {found.into.label}, and nobody holds the post {titles}."
    )
    advice = "Name a holder in people.yaml: the merged plan goes to them as soon as they are in force."
    where = (found.programme.id, found.cycle.id)
    with office.ledger.transaction() as entry:
        desk.open_item(entry, DeskItem(0, now, VACANT_POST, reason, advice, assignment=found.left[0].id))
        events.record(entry, Event(now, "plancycle", "vacant", _vacancy(found), reason, *where))
    office.log("vacant", plan=found.into.id)


def _merge(office: Office, found: Merging, now: datetime) -> None:
    where = (found.programme.id, found.cycle.id)
    mail = [*_issues(office, found, now), *_notices(office, found, now)]
    detail = {item.id: WITHDRAWN for item in found.left} | {item.id: ISSUED for item in found.new}
    with office.ledger.transaction() as entry:
        for item in found.left:
            assignments.withdraw(entry, item.id, found.reason, now)
            events.record(entry, Event(now, "plancycle", "withdrawn", item.id, found.reason, *where))
        for item in found.new:
            assignments.add(entry, item)
        _settle_vacancies(entry, found, now)
        events.record(entry, Event(now, "plancycle", MERGED, found.into.id, found.reason, *where, detail))
        decide(entry, mail)
        keys.signed(entry, office.keyring.signing, now)
    office.log("merged", into=found.into.id, withdrawn=len(found.left), issued=len(found.new))


def _settle_vacancies(entry: Entry, found: Merging, now: datetime) -> None:
    """What waited for a holder is made good; of several sponsors of the merged plan one may still be missing."""
    made_good(entry, (VACANT_POST,), [item.id for item in found.left], found.reason, now)
    for post in found.vacant:
        title = found.programme.posts[post].title
        reason = f"{found.into.label} was not asked in {found.cycle.label} of {title}: nobody holds the post."
        advice = "Name a holder in people.yaml; the plan is issued to them in the next cycle."
        desk.open_item(entry, DeskItem(0, now, VACANT_POST, reason, advice))


def _issues(office: Office, found: Merging, now: datetime) -> Iterator[Outgoing]:
    if found.new:
        occasion, merges = f"{MERGED} {found.new[0].id}", found.whole
        turn = Issue(
            office, found.programme, found.cycle, found.new, now, occasion, decided=found.decided, merges=merges
        )
        yield from messages(turn)


def _notices(office: Office, found: Merging, now: datetime) -> Iterator[Outgoing]:
    """To whom the old plans were issued, unless they know, or are sent the merged one; and to the team."""
    programme, team = found.programme, found.programme.team.members
    reporting = [programme.people[item.person].name for item in found.new]
    asked = {item.person for item in found.new}
    own: dict[str, list[str]] = {}
    for item in found.left:
        own.setdefault(item.person, []).append(programme.plan(item.plan).label)
    why, verb = found.fact.why, "is" if len(found.whole) == 1 else "are"
    reported = f"{listed(found.whole)} {verb} reported as {found.into.label} from {short_day(found.fact.since)}."
    changed = f"{reported} Decided by {why.decided_by}: {why.reason.rstrip('.')}."
    occasion = f"{MERGED} {found.cycle.id}/{found.into.id}"
    for person, labels in own.items():
        if person not in found.told | asked and person not in team:
            follows = (
                f"Nothing more is asked of you for {listed(dict.fromkeys(labels))} in {found.cycle.label}.",
                "What you returned before stays, and is in the papers.",
                *_who_reports(found, reporting),
            )
            yield from notice(office, programme, person, ((changed,), follows), occasion, now)
    done = (
        f"What was open of {listed(found.old)} in {found.cycle.label} is withdrawn; what was accepted stays.",
        *_who_reports(found, reporting),
    )
    for person in team:
        yield from notice(office, programme, person, ((changed,), done), occasion, now)


def _who_reports(found: Merging, reporting: Sequence[str]) -> tuple[str, ...]:
    if not reporting:
        return ()
    return (f"{found.into.label} is asked of {listed(dict.fromkeys(reporting))} in {found.cycle.label} instead.",)
