"""Asking for what is outstanding: the reminder before a deadline and the rungs of the chase after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from jobs.answered import answered
from jobs.issue import asked_plan, form_contents, workbook_name
from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, decide, outgoing, workbook_attachment
from jobs.owed import Owed, askable, by_sponsor, doubt_about, owed, waiting
from ledger import arrivals, events, intents, steps
from ledger.records import Event, IntentKey, StepRecord
from ledger.store import Entry
from mail.letter import Attachment
from programme.calendar import papers_day
from programme.calendar import steps as steps_of
from programme.cycle import Asked, Cycle, Rung, Step, StepKind
from programme.people import Person, Post
from programme.service import Programme
from report.letters import (
    AnyLetter,
    AskedPlan,
    ChaseLetter,
    CoverLetter,
    EscalationLetter,
    NextRung,
    ReminderLetter,
)
from workbook.writing import write_form

NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Round:
    """One reminder or rung about to go: the step, and when the inbox was read to its end, local."""

    office: Office
    programme: Programme
    cycle: Cycle
    step: Step
    now: datetime
    checked: datetime

    @property
    def today(self) -> date:
        return self.programme.local(self.now).date()

    @property
    def deadline(self) -> date:
        return self.step.deadline or self.cycle.deadline


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Ask those who owe something for just that. Whoever is in doubt is left alone, with the reason as an event."""
    cycle = programme.cycle(step.cycle)
    with office.ledger.reading() as entry:
        checked = programme.local(arrivals.read_to_end_at(entry) or now)
        turn = Round(office, programme, cycle, step, now, checked)
        unresolved = waiting(office, entry, programme)
        found = owed(entry, programme, cycle, step.deadline)
        doubts = {
            item.assignment.id: doubt
            for item in found
            if (doubt := doubt_about(programme, item.assignment, step.kind, unresolved, turn.today))
        }
        clear = [item for item in found if item.assignment.id not in doubts]
        messages = [
            message
            for person, own in by_sponsor(clear).items()
            for message in _messages(turn, entry, programme.people[person], own)
        ]
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        decide(entry, messages)
        for assignment, doubt in doubts.items():
            events.record(entry, Event(now, "plancycle", NOT_ASKED, assignment, doubt, programme.id, cycle.id))
    office.log("asked", step="/".join(step.key), messages=len(messages), left_alone=len(doubts))


def next_rungs(programme: Programme, cycle: Cycle, post: Post, after: Step) -> tuple[NextRung, ...]:
    """What happens after a step if nothing comes, so that a sponsor is not surprised: delegate, then escalation."""
    later = [
        step
        for step in steps_of(programme, cycle)
        if step.kind is StepKind.CHASE and step.deadline == after.deadline and step.rung > after.rung
    ]
    return tuple(
        NextRung(programme.local(step.due).date(), asked.value, programme.people[who].name)
        for step in later
        for asked in rung_of(programme, step).asks
        if asked is not Asked.SPONSOR
        for who in _others(post, asked, programme.local(step.due).date())
    )


def rung_of(programme: Programme, step: Step) -> Rung:
    """The rung of the ladder that a chase step stands for."""
    return programme.ladder.rungs[step.rung - 1]


def _messages(turn: Round, entry: Entry, sponsor: Person, own: Sequence[Owed]) -> Iterator[Outgoing]:
    asked = tuple(asked_plan(turn.programme, turn.cycle, item.assignment, item.refs) for item in own)
    if turn.step.kind is StepKind.REMINDER:
        yield _to_sponsor(turn, entry, sponsor, own, _reminder(turn, entry, sponsor, asked))
        return
    rung = rung_of(turn.programme, turn.step)
    if Asked.SPONSOR in rung.asks:
        yield _to_sponsor(turn, entry, sponsor, own, _chase(turn, sponsor, own, asked))
    for role in (Asked.DELEGATE, Asked.ESCALATION):
        if role in rung.asks:
            yield from _to_others(turn, entry, sponsor, own, role)


def _reminder(turn: Round, entry: Entry, sponsor: Person, asked: tuple[AskedPlan, ...]) -> ReminderLetter:
    outstanding = {plan.label for plan in asked}
    labels = (
        turn.programme.plan(item.assignment.plan).label
        for item in answered(entry, turn.programme, turn.cycle)
        if item.assignment.person == sponsor.id and item.counted and askable(turn.programme, item.assignment)
    )
    return ReminderLetter(
        programme=turn.programme.title,
        cycle=turn.cycle.label,
        person=sponsor.name,
        deadline=turn.deadline,
        spg=turn.cycle.spg,
        outstanding=asked,
        complete=tuple(label for label in dict.fromkeys(labels) if label not in outstanding),
        checked=turn.checked,
        sender=turn.office.sender(turn.programme),
    )


def _chase(turn: Round, sponsor: Person, own: Sequence[Owed], asked: tuple[AskedPlan, ...]) -> ChaseLetter:
    programme, post = turn.programme, turn.programme.posts[own[0].assignment.post]
    others = [
        who
        for role in rung_of(programme, turn.step).asks
        if role is not Asked.SPONSOR
        for who in _others(post, role, turn.today)
    ]
    return ChaseLetter(
        programme=programme.title,
        cycle=turn.cycle.label,
        person=sponsor.name,
        rung=turn.step.rung,
        deadline=turn.deadline,
        papers=papers_day(programme, turn.cycle),
        spg=turn.cycle.spg,
        outstanding=asked,
        partial=any(item.item.counted for item in own),
        copied=tuple(programme.people[who].name for who in others),
        next_rungs=next_rungs(programme, turn.cycle, post, turn.step),
        checked=turn.checked,
        sender=turn.office.sender(programme),
    )


def _to_sponsor(turn: Round, entry: Entry, sponsor: Person, own: Sequence[Owed], letter: AnyLetter) -> Outgoing:
    """In the thread of the issue, with the forms attached again."""
    key = IntentKey(turn.programme.id, turn.cycle.id, turn.step.kind.value, sponsor.id, turn.step.occasion)
    thread = issue_thread(entry, turn.programme, turn.cycle, sponsor.id)
    envelope = Envelope(key, sponsor, sponsor.address, thread[-1] if thread else None, thread)
    about = tuple(item.assignment.id for item in own)
    return outgoing(turn.office, envelope, letter, turn.now, _forms(turn, own), about)


def _to_others(turn: Round, entry: Entry, sponsor: Person, own: Sequence[Owed], role: Asked) -> Iterator[Outgoing]:
    """To the delegate or the escalation contact of each post: never the sponsor, and once per person."""
    by_other: dict[str, list[Owed]] = {}
    for item in own:
        for who in _others(turn.programme.posts[item.assignment.post], role, turn.today):
            if who != sponsor.id:
                by_other.setdefault(who, []).append(item)
    for who, items in by_other.items():
        person = turn.programme.people[who]
        kind = "cover" if role is Asked.DELEGATE else "escalation"
        key = IntentKey(turn.programme.id, turn.cycle.id, kind, who, f"{turn.step.occasion} {sponsor.id}")
        letter = (
            _cover(turn, person, sponsor, items)
            if role is Asked.DELEGATE
            else _escalation(turn, entry, person, sponsor, items)
        )
        forms = _forms(turn, items) if role is Asked.DELEGATE else []
        about = tuple(item.assignment.id for item in items)
        yield outgoing(turn.office, Envelope(key, person, person.address), letter, turn.now, forms, about)


def _cover(turn: Round, person: Person, sponsor: Person, own: Sequence[Owed]) -> CoverLetter:
    return CoverLetter(
        programme=turn.programme.title,
        cycle=turn.cycle.label,
        person=person.name,
        sponsor=sponsor.name,
        deadline=turn.deadline,
        papers=papers_day(turn.programme, turn.cycle),
        spg=turn.cycle.spg,
        outstanding=_asked(turn, own),
        sender=turn.office.sender(turn.programme),
    )


def _escalation(turn: Round, entry: Entry, person: Person, sponsor: Person, own: Sequence[Owed]) -> EscalationLetter:
    return EscalationLetter(
        programme=turn.programme.title,
        cycle=turn.cycle.label,
        person=person.name,
        sponsor=sponsor.name,
        post=turn.programme.posts[own[0].assignment.post].title,
        deadline=turn.deadline,
        papers=papers_day(turn.programme, turn.cycle),
        spg=turn.cycle.spg,
        outstanding=_asked(turn, own),
        asked_on=tuple(dict.fromkeys(_asked_on(turn, entry, sponsor))),
        sender=turn.office.sender(turn.programme),
    )


def _asked_on(turn: Round, entry: Entry, sponsor: Person) -> Iterator[date]:
    """The days on which the sponsor was asked: what came back to us did not reach them."""
    where = (turn.programme.id, turn.cycle.id)
    bounced = {event.detail.get("bounced") for event in events.of_cycle(entry, *where)}
    for item in intents.of_cycle(entry, *where):
        asked = item.key.person == sponsor.id and item.key.kind in ("issue", "reminder", "chase")
        if asked and item.state == "sent" and str(item.key) not in bounced:
            yield turn.programme.local(item.settled_at or item.decided_at).date()


def _asked(turn: Round, own: Sequence[Owed]) -> tuple[AskedPlan, ...]:
    return tuple(asked_plan(turn.programme, turn.cycle, item.assignment, item.refs) for item in own)


def _forms(turn: Round, own: Sequence[Owed]) -> list[Attachment]:
    return [
        workbook_attachment(
            workbook_name(turn.programme.plan(item.assignment.plan), turn.cycle),
            write_form(form_contents(turn.programme, turn.cycle, item.assignment, turn.office.keyring)),
        )
        for item in own
    ]


def _others(post: Post, role: Asked, on: date) -> list[str]:
    if role is Asked.DELEGATE:
        return [holding.person for holding in post.delegates if holding.in_force(on)]
    escalation = post.escalation
    return [escalation] if escalation is not None and escalation != post.holder(on) else []


def issue_thread(entry: Entry, programme: Programme, cycle: Cycle, person: str) -> tuple[str, ...]:
    """The Message-IDs of the thread that a person's issue began, oldest first; empty where there was none."""
    issued = intents.get(entry, IntentKey(programme.id, cycle.id, "issue", person, "1"))
    return (issued.message_id,) if issued is not None else ()
