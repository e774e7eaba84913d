"""The answers to what came in: a receipt that says what was understood, or a courteous word that a person will read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from jobs.answered import Answered, answered, answered_with, merged_since
from jobs.entitled import CONTRIBUTOR
from jobs.issue import asked_plan
from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, outgoing
from jobs.owed import unanswered
from jobs.taking import Sending, Taken
from ledger import assignments, intents
from ledger.records import Assignment, IntentKey
from ledger.store import Entry
from mail.letter import Message
from programme.answer import Query, RowState
from programme.judge import blank_fields
from programme.people import Person
from programme.service import Programme
from report.asked import AskedPlan
from report.letters import QuestionLetter, ReceiptLetter, ReceiptPlan, ReceiptRow, UnreadableLetter


@dataclass(frozen=True, slots=True)
class Reply:
    """What every answer to one message shares."""

    office: Office
    sending: Sending
    message: Message

    def envelope(self, key: IntentKey, person: Person, plans: Iterable[str] = ()) -> Envelope:
        """An answer in the sender's own thread and in those of the plans, to the address they wrote from."""
        address = self.message.sender if person.owns(self.message.sender) else person.address
        thread = tuple(dict.fromkeys((*self.message.thread, self.message.message_id)))
        before = tuple(each for each in thread if each)
        return Envelope(key, person, address, self.message.message_id or None, before, tuple(dict.fromkeys(plans)))


def receipts(reply: Reply, entry: Entry, taken: Sequence[Taken], problems: Sequence[str]) -> Iterator[Outgoing]:
    """One receipt to each sponsor whose plans came, and one to the sender where that is somebody else."""
    by_programme: dict[tuple[str, str], list[Taken]] = {}
    for item in taken:
        by_programme.setdefault((item.assignment.programme, item.assignment.cycle), []).append(item)
    for (programme_id, cycle_id), items in by_programme.items():
        programme = reply.office.service.programme(programme_id)
        holders = {item.assignment.id: _holder(entry, item.assignment) for item in items}
        for person_id in _told(programme, holders.values(), reply.sending.sender_in(programme)):
            own = [item for item in items if person_id in (holders[item.assignment.id], item.returned.sender)]
            yield _receipt(reply, entry, programme, cycle_id, (person_id, own, problems))


def unreadable(
    reply: Reply, programme: Programme, cycle: str, problems: Sequence[str], asked: Sequence[AskedPlan]
) -> Outgoing:
    """Nothing in the message could be taken: each file with what to do, and what is outstanding."""
    person = _known(reply)
    received = programme.local(reply.sending.arrival.received_at)
    deadline = programme.cycle(cycle).deadline
    title, sender = programme.title, reply.office.sender(programme)
    letter = UnreadableLetter(
        title, programme.cycle(cycle).label, person.name, received, deadline, tuple(problems), tuple(asked), sender
    )
    key = IntentKey(programme.id, cycle, "unreadable", person.id, reply.sending.arrival.sha256)
    return outgoing(reply.office, reply.envelope(key, person), letter, reply.sending.now)


def question(reply: Reply, programme: Programme, cycle: str, asked: Sequence[AskedPlan], mentions: bool) -> Outgoing:
    """A person will read it: at most one such answer per person, kind and local day."""
    person = _known(reply)
    received = programme.local(reply.sending.arrival.received_at)
    known_cycle = next((item for item in programme.cycles if item.id == cycle), None)
    letter = QuestionLetter(
        programme=programme.title,
        cycle=known_cycle.label if known_cycle else "",
        person=person.name,
        received=received,
        deadline=known_cycle.deadline if known_cycle else None,
        mentions_file=mentions,
        outstanding=tuple(asked),
        sender=reply.office.sender(programme),
    )
    occasion = f"{programme.local(reply.sending.now).date()}{' no file' if mentions else ''}"
    key = IntentKey(programme.id, cycle, "question", person.id, occasion)
    return outgoing(reply.office, reply.envelope(key, person), letter, reply.sending.now)


def still_asked(office: Office, entry: Entry, own: Sequence[Assignment]) -> tuple[AskedPlan, ...]:
    """What is outstanding of these assignments, plan by plan; complete ones are left out."""
    asked = []
    for assignment in own:
        programme = office.service.programme(assignment.programme)
        cycle = programme.cycle(assignment.cycle)
        missing = unanswered(answered_with(entry, assignment), answered(entry, programme, cycle))
        if missing:
            asked.append(asked_plan(programme, cycle, assignment, missing))
    return tuple(asked)


def _holder(entry: Entry, assignment: Assignment) -> str:
    """Whose matter a plan is now: a predecessor's form that was vouched for is told to the successor."""
    return assignments.get(entry, assignments.in_turn(entry, assignment)[-1]).person


def _told(programme: Programme, holders: Iterable[str], sender: Person | None) -> list[str]:
    """The sponsors and the sender, but nobody who was taken out of the configuration since the issue."""
    people: dict[str, None] = dict.fromkeys(holders)
    if sender is not None:
        people[sender.id] = None
    return [person for person in people if person in programme.people]


def _receipt(
    reply: Reply,
    entry: Entry,
    programme: Programme,
    cycle_id: str,
    what: tuple[str, Sequence[Taken], Sequence[str]],
) -> Outgoing:
    person_id, own, problems = what
    person, sender = programme.people[person_id], reply.sending.sender_in(programme)
    cycle = programme.cycle(cycle_id)
    letter = ReceiptLetter(
        programme=programme.title,
        cycle=cycle.label,
        person=person.name,
        returned_by=sender.name if sender is not None and sender.id != person_id else None,
        received=programme.local(reply.sending.arrival.received_at),
        deadline=own[0].assignment.deadline,
        spg=cycle.spg,
        plans=tuple(_understood(entry, programme, item) for item in own),
        problems=tuple(problems) if sender is not None and sender.id == person_id else (),
        sender=reply.office.sender(programme),
    )
    key = next(
        made
        for occasion in _occasions(reply.sending.arrival.sha256)
        if intents.get(entry, (made := IntentKey(programme.id, cycle_id, "receipt", person.id, occasion))) is None
    )
    envelope = reply.envelope(key, person, (item.assignment.plan for item in own))
    return outgoing(reply.office, envelope, letter, reply.sending.now)


def _occasions(sha256: str) -> Iterator[str]:
    """The inbound SHA-256, and others for a message that is decided afresh, as a person may ask: no return is
    recorded twice, so each receipt tells of what the ones before it could not."""
    yield sha256
    for number in count(2):
        yield f"{sha256} {number}"


def _understood(entry: Entry, programme: Programme, item: Taken) -> ReceiptPlan:
    assignment, returned = item.assignment, item.returned
    plan, merged = programme.plan(assignment.plan), merged_since(assignment)
    accepted = [verdict for verdict in returned.verdicts if verdict.state is RowState.ACCEPTED]
    so_far = answered_with(entry, assignment, returned)
    return ReceiptPlan(
        label=plan.label,
        title=plan.title,
        file_name=returned.file_name,
        form=assignment.form,
        rows=tuple(_row(verdict.ref, verdict.values) for verdict in accepted),
        queries=(
            *(query for one in returned.verdicts if one.state is not RowState.REFUSED for query in one.queries),
            *_blank(item, so_far),
        ),
        refused=item.refused,
        notes=item.notes,
        still_missing=() if merged else so_far.outstanding,
        on_time=returned.on_time,
        unchanged=item.unchanged,
        closed=(assignment.withdrawn or "") if merged else "",
    )


def _blank(item: Taken, so_far: Answered) -> tuple[Query, ...]:
    """What was left blank beside the rows: not asked of a contributor, nor of a file that nobody filled in."""
    if item.unchanged or item.returned.role == CONTRIBUTOR:
        return ()
    return blank_fields(item.assignment.form, so_far.fields)


def _row(ref: str, values: Mapping[str, str]) -> ReceiptRow:
    return ReceiptRow(ref, values.get("rating", ""), values.get("progress", ""))


def _known(reply: Reply) -> Person:
    person = reply.sending.person
    if person is None:
        raise AssertionError("an address that is not in the configuration gets no answer")
    return person
