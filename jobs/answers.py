"""The answers to what came in: a receipt that says what was understood, or a courteous word that a person will read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count

from jobs.absent import excused
from jobs.answered import Answered, answered_with, merged_since, open_rows
from jobs.closing import last_papers
from jobs.entitled import CONTRIBUTOR, Role, role_of
from jobs.issue import asked_plan
from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, outgoing
from jobs.owed import still_owed
from jobs.set_aside import notes, set_aside
from jobs.taking import NotTaken, Sending, Taken
from jobs.whose import named
from ledger import assignments, intents
from ledger.records import Assignment, IntentKey, Return
from ledger.store import Entry
from mail.letter import Message
from programme.answer import WITHDRAWN, Query, RowState
from programme.judge import blank_fields
from programme.people import Person
from programme.plan import due_dates
from programme.service import Programme
from programme.standing_facts import excuse_of, own_deadline
from report.answers import said_of_plan, standing_asks
from report.asked import AskedPlan, next_deadline
from report.letters import (
    AgainLetter,
    AgainPlan,
    QuestionLetter,
    ReceiptLetter,
    ReceiptPlan,
    ReceiptRow,
    UnreadableLetter,
)
from report.prose import capital, joined


@dataclass(frozen=True, slots=True)
class Reply:
    """What every answer to one message shares."""

    office: Office
    sending: Sending
    message: Message

    @property
    def sender(self) -> str:
        """Who wrote, as a sentence begins with it, where nobody in the configuration has the address."""
        who = named(self.office, self.message)
        return who if "@" in who else capital(who)

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
    deadline = _deadline(asked, received.date()) or programme.cycle(cycle).deadline
    title, sender = programme.title, reply.office.sender(programme)
    letter = UnreadableLetter(
        title, programme.cycle(cycle).label, person.name, received, deadline, tuple(problems), tuple(asked), sender
    )
    key = IntentKey(programme.id, cycle, "unreadable", person.id, reply.sending.arrival.sha256)
    return outgoing(reply.office, reply.envelope(key, person), letter, reply.sending.now)


def again(
    reply: Reply, seen: Sequence[NotTaken], problems: Sequence[str], asked: Sequence[AskedPlan]
) -> Outgoing | None:
    """Files that came before: when, and what was recorded from them. None where the sender is nobody whom we know."""
    known = [(item.assignment, item.earlier) for item in seen]
    before = [(assignment, earlier) for assignment, earlier in known if assignment is not None and earlier is not None]
    programme = reply.office.service.programme(before[0][0].programme)
    person = reply.sending.sender_in(programme)
    if person is None:
        return None
    cycle = programme.cycle(before[0][0].cycle)
    letter = AgainLetter(
        programme=programme.title,
        cycle=cycle.label,
        person=person.name,
        received=programme.local(reply.sending.arrival.received_at),
        plans=tuple(_seen(reply.office.service.programme(item[0].programme), *item) for item in before),
        problems=tuple(problems),
        outstanding=tuple(asked),
        sender=reply.office.sender(programme),
    )
    key = IntentKey(programme.id, cycle.id, "receipt", person.id, reply.sending.arrival.sha256)
    envelope = reply.envelope(key, person, (assignment.plan for assignment, _ in before))
    return outgoing(reply.office, envelope, letter, reply.sending.now)


def _seen(programme: Programme, assignment: Assignment, earlier: Return) -> AgainPlan:
    plan, open_refs = programme.plan(assignment.plan), {row.ref for row in open_rows(assignment)}
    accepted = [item for item in earlier.verdicts if item.state is RowState.ACCEPTED and item.ref in open_refs]
    return AgainPlan(
        label=plan.label,
        title=plan.title,
        file_name=earlier.file_name,
        form=assignment.form,
        received=programme.local(earlier.received_at),
        rows=tuple(_row(verdict.ref, verdict.values) for verdict in accepted),
        fields=said_of_plan(assignment.form, earlier.fields),
    )


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
        deadline=_deadline(asked, received.date()),
        mentions_file=mentions,
        outstanding=tuple(asked),
        sender=reply.office.sender(programme),
    )
    occasion = f"{programme.local(reply.sending.now).date()}{' no file' if mentions else ''}"
    key = IntentKey(programme.id, cycle, "question", person.id, occasion)
    return outgoing(reply.office, reply.envelope(key, person), letter, reply.sending.now)


def still_asked(reply: Reply, entry: Entry, own: Sequence[Assignment]) -> tuple[AskedPlan, ...]:
    """What is outstanding of these assignments and the sender's to return, plan by plan; complete ones are left out."""
    asked = []
    for assignment in own:
        programme = reply.office.service.programme(assignment.programme)
        cycle = programme.cycle(assignment.cycle)
        sender = reply.sending.sender_in(programme)
        received = reply.sending.arrival.received_at
        role = _of_reader(programme, assignment, sender.id, received) if sender is not None else None
        if excuse_of(programme, cycle.id, assignment.plan, assignment.post) is not None:
            continue
        if received >= last_papers(programme, cycle):
            continue
        missing = still_owed(entry, programme, answered_with(entry, assignment))
        theirs = [ref for ref in missing if role is None or role.may_return(ref)]
        if theirs:
            asked.append(asked_plan(programme, cycle, assignment, theirs))
    return tuple(asked)


def _deadline(asked: Sequence[AskedPlan], on: date) -> date | None:
    """The next of the deadlines of what is asked; None where nothing is asked."""
    return next_deadline(asked, on) if asked else None


def _holder(entry: Entry, assignment: Assignment) -> str:
    """Whose matter a plan is now: a predecessor's form that was vouched for is told to the successor."""
    newest = assignments.in_turn(entry, assignment)[-1]
    return assignment.person if newest == assignment.id else assignments.get(entry, newest).person


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
        returned_by=_returned_by(reply, programme, person_id),
        vouched_by=_voucher(reply),
        received=programme.local(reply.sending.arrival.received_at),
        spg=cycle.spg,
        plans=tuple(_understood(entry, programme, item, person_id) for item in own),
        problems=tuple(problems) if sender is not None and sender.id == person_id else (),
        sender=reply.office.sender(programme),
        too_late=reply.sending.arrival.received_at >= last_papers(programme, cycle),
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


def _returned_by(reply: Reply, programme: Programme, person_id: str) -> str | None:
    """Who sent it, where that is not the reader: the address of somebody whom we do not know."""
    sender = reply.sending.sender_in(programme)
    if sender is None:
        return reply.message.sender
    return sender.name if sender.id != person_id else None


def _voucher(reply: Reply) -> str:
    """The name of whoever vouches for the message; empty where nobody had to."""
    voucher = reply.sending.arrival.vouched_by or ""
    known = (item.people[voucher].name for item in reply.office.service.programmes if voucher in item.people)
    return next(known, voucher)


def _understood(entry: Entry, programme: Programme, item: Taken, reader: str) -> ReceiptPlan:
    assignment, returned = item.assignment, item.returned
    plan, cycle = programme.plan(assignment.plan), programme.cycle(assignment.cycle)
    merged = merged_since(assignment)
    aside = set_aside(item)
    accepted = [
        verdict for verdict in returned.verdicts if verdict.state is RowState.ACCEPTED and verdict.ref not in aside
    ]
    before = answered_with(entry, assignment)
    so_far = Answered.by(assignment, (*before.returns, returned))
    excuse = excused(programme, so_far)
    missing = () if merged or excuse else still_owed(entry, programme, so_far)
    own = _of_reader(programme, assignment, reader, returned.received_at)
    return ReceiptPlan(
        label=plan.label,
        title=plan.title,
        file_name=returned.file_name,
        form=assignment.form,
        rows=tuple(_row(verdict.ref, verdict.values) for verdict in accepted),
        queries=(
            *(
                query
                for verdict in returned.verdicts
                if verdict.state is not RowState.REFUSED and verdict.ref not in aside
                for query in verdict.queries
            ),
            *_blank(item, so_far),
        ),
        refused=item.refused,
        notes=(*item.notes, *notes(item, before), *_asks(item, before, so_far)),
        still_missing=tuple(ref for ref in missing if own is None or own.may_return(ref)),
        on_time=returned.on_time,
        unchanged=item.unchanged,
        deadline=own_deadline(programme, cycle, assignment.plan, assignment.post),
        fields=said_of_plan(assignment.form, returned.fields),
        a_part=own is not None and own.refs is not None,
        closed=_closed(assignment, excuse, merged=merged),
    )


def _closed(assignment: Assignment, excuse: str, *, merged: bool) -> str:
    """Why nothing more is asked for a plan that is not complete; empty where that is not so."""
    if merged:
        return f"{assignment.withdrawn} The papers show these rows beside the new report."
    return f"You were {excuse.rstrip('.')}." if excuse else ""


def _blank(item: Taken, so_far: Answered) -> tuple[Query, ...]:
    """What was left blank beside the rows: not asked of a contributor, nor of a file that nobody filled in."""
    if item.unchanged or item.returned.role == CONTRIBUTOR:
        return ()
    return blank_fields(item.assignment.form, so_far.fields)


def _of_reader(programme: Programme, assignment: Assignment, reader: str, received: datetime) -> Role | None:
    """As what the reader returns a plan; None for who was issued it, even if they do not hold the post any more."""
    if reader == assignment.person:
        return None
    return role_of(programme, assignment, reader, programme.local(received).date())


def _asks(item: Taken, before: Answered, after: Answered) -> Iterator[str]:
    """What was taken back of the rows, and what they ask of the SPG as they stand now."""
    for verdict in item.returned.verdicts:
        stood = before.position.get(verdict.ref, {})
        columns = item.assignment.form.answered
        gone = [it.header for it in columns if verdict.values.get(it.id) == WITHDRAWN and it.id in stood]
        if gone:
            yield f"Row {verdict.ref}: {joined(gone)} {'is' if len(gone) == 1 else 'are'} taken back."
    for row in after.asked:
        asks = standing_asks(row.ref, due_dates(row.due, row.reference)[0], after.position.get(row.ref, {}))
        if asks:
            yield asks


def _row(ref: str, values: Mapping[str, str]) -> ReceiptRow:
    return ReceiptRow(ref, values.get("rating", ""), values.get("progress", ""))


def _known(reply: Reply) -> Person:
    person = reply.sending.person
    if person is None:
        raise AssertionError("an address that is not in the configuration gets no answer")
    return person
