"""Asking for what is outstanding: the reminder before a deadline and the rungs of the chase after it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from jobs.answered import RETURNED, answered
from jobs.issue import plans_of
from jobs.ladder import (
    Round,
    by_other,
    forms,
    in_thread,
    next_rungs,
    others,
    plans_asked,
    rung_of,
    sponsor_of,
)
from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, decide, outgoing
from jobs.owed import Owed, askable, by_sponsor, doubt_about, owed, waiting
from ledger import arrivals, events, intents, steps
from ledger.records import Event, Intent, IntentKey, StepRecord
from ledger.store import Entry
from programme.calendar import papers_day
from programme.cycle import Asked, Cycle, Step, StepKind
from programme.people import Person
from programme.service import Programme
from report.asked import ChaseLetter, CoverLetter, EscalationLetter, OwedBy, ReminderLetter
from report.letters import AnyLetter

NOT_ASKED = "not asked"

# The kind of the message to whom a rung asks beside the sponsor.
TO_ROLE = {"cover": Asked.DELEGATE, "escalation": Asked.ESCALATION}


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Ask those who owe something for just that. Whoever is in doubt is left alone, with the reason as an event."""
    cycle = programme.cycle(step.cycle)
    with office.ledger.reading() as entry:
        turn = _round(office, entry, (programme, cycle, step), now)
        unresolved = waiting(office, entry, programme)
        found = owed(entry, programme, cycle, step.deadline)
        doubts = {
            item.assignment.id: doubt
            for item in found
            if (doubt := doubt_about(programme, item.assignment, step.kind, unresolved, turn.today))
        }
        clear = [item for item in found if item.assignment.id not in doubts]
        messages = list(_messages(turn, entry, list(by_sponsor(clear).values())))
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        decide(entry, messages)
        for assignment, doubt in doubts.items():
            events.record(entry, Event(now, "plancycle", NOT_ASKED, assignment, doubt, programme.id, cycle.id))
    office.log("asked", step="/".join(step.key), messages=len(messages), left_alone=len(doubts))


def asked_afresh(
    office: Office,
    entry: Entry,
    of: tuple[Programme, Cycle, Step],
    intent: Intent,
    clear: Collection[str],
    now: datetime,
) -> Outgoing | None:
    """A message to a delegate or an escalation contact again, about what is still ``clear`` of it.

    It is about several sponsors: that one of them answered meanwhile must not let the others off. None where nothing
    is left to ask.
    """
    turn = _round(office, entry, of, now)
    left = [item for item in owed(entry, turn.programme, turn.cycle, turn.step.deadline) if item.assignment.id in clear]
    mine = by_other(turn, by_sponsor(left).values(), TO_ROLE[intent.key.kind]).get(intent.key.person)
    to = (intent.key.person, f"{intent.key.occasion} afresh")
    return _to_other(turn, entry, to, mine, intent.key.kind) if mine else None


def _round(office: Office, entry: Entry, of: tuple[Programme, Cycle, Step], now: datetime) -> Round:
    checked = of[0].local(arrivals.read_to_end_at(entry) or now)
    return Round(office, *of, now, checked)


def _messages(turn: Round, entry: Entry, owing: Sequence[Sequence[Owed]]) -> Iterator[Outgoing]:
    """One message to each sponsor, then one to each delegate and each escalation contact, whoever owes what."""
    asks = rung_of(turn.programme, turn.step).asks if turn.step.kind is StepKind.CHASE else (Asked.SPONSOR,)
    if Asked.SPONSOR in asks:
        for own in owing:
            chasing = turn.step.kind is StepKind.CHASE
            yield _to_sponsor(turn, entry, own, _chase(turn, entry, own) if chasing else _reminder(turn, entry, own))
    for kind, role in TO_ROLE.items():
        if role in asks:
            for who, items in by_other(turn, owing, role).items():
                yield _to_other(turn, entry, (who, turn.step.occasion), items, kind)


def _reminder(turn: Round, entry: Entry, own: Sequence[Owed]) -> ReminderLetter:
    sponsor, asked = sponsor_of(turn, own), plans_asked(turn, own)
    return ReminderLetter(
        programme=turn.programme.title,
        cycle=turn.cycle.label,
        person=sponsor.name,
        deadline=turn.deadline,
        spg=turn.cycle.spg,
        outstanding=asked,
        complete=_returned(turn, entry, sponsor),
        checked=turn.checked,
        sender=turn.office.sender(turn.programme),
    )


def _returned(turn: Round, entry: Entry, sponsor: Person) -> tuple[str, ...]:
    """The labels of a sponsor's plans that are in, whole: what is excused or has more time is not thanked for."""
    items = [
        item
        for item in answered(entry, turn.programme, turn.cycle)
        if item.assignment.person == sponsor.id and askable(turn.programme, item.assignment)
    ]
    open_plans = {item.assignment.plan for item in items if item.state != RETURNED}
    whole = dict.fromkeys(item.assignment.plan for item in items if item.assignment.plan not in open_plans)
    return tuple(turn.programme.plan(plan).label for plan in whole)


def _chase(turn: Round, entry: Entry, own: Sequence[Owed]) -> ChaseLetter:
    programme = turn.programme
    roles = [role for role in rung_of(programme, turn.step).asks if role is not Asked.SPONSOR]
    also = dict.fromkeys(who for role in roles for who in others(turn, own, role, turn.today))
    return ChaseLetter(
        programme=programme.title,
        cycle=turn.cycle.label,
        person=sponsor_of(turn, own).name,
        request=1 + len(_chased(turn, entry, own)),
        deadline=turn.deadline,
        papers=papers_day(programme, turn.cycle),
        spg=turn.cycle.spg,
        outstanding=plans_asked(turn, own),
        partial=any(item.item.counted for item in own),
        copied=tuple(programme.people[who].name for who in also),
        next_rungs=next_rungs(turn, own),
        checked=turn.checked,
        sender=turn.office.sender(programme),
        since=_since(turn, own),
    )


def _to_sponsor(turn: Round, entry: Entry, own: Sequence[Owed], letter: AnyLetter) -> Outgoing:
    """In the thread of the issue, with the forms attached again."""
    sponsor = sponsor_of(turn, own)
    key = IntentKey(turn.programme.id, turn.cycle.id, turn.step.kind.value, sponsor.id, turn.step.occasion)
    envelope = in_thread(entry, key, sponsor, [item.assignment for item in own])
    about = tuple(item.assignment.id for item in own)
    return outgoing(turn.office, envelope, letter, turn.now, forms(turn, own), about)


def _to_other(turn: Round, entry: Entry, to: tuple[str, str], owing: Sequence[Sequence[Owed]], kind: str) -> Outgoing:
    """One message to a delegate or an escalation contact about all that they can help with.

    ``to`` are their id and the occasion.
    """
    person, role = turn.programme.people[to[0]], TO_ROLE[kind]
    key = IntentKey(turn.programme.id, turn.cycle.id, kind, person.id, to[1])
    own = [item for items in owing for item in items]
    letter = _to_delegate(turn, person, owing) if role is Asked.DELEGATE else _escalation(turn, entry, person, owing)
    attached = forms(turn, own) if role is Asked.DELEGATE else []
    about = tuple(item.assignment.id for item in own)
    envelope = Envelope(key, person, person.address, plans=plans_of(item.assignment for item in own))
    return outgoing(turn.office, envelope, letter, turn.now, attached, about)


def _to_delegate(turn: Round, person: Person, owing: Sequence[Sequence[Owed]]) -> CoverLetter:
    return CoverLetter(
        programme=turn.programme.title,
        cycle=turn.cycle.label,
        person=person.name,
        deadline=turn.deadline,
        papers=papers_day(turn.programme, turn.cycle),
        spg=turn.cycle.spg,
        owed_by=tuple(_owed_by(turn, own) for own in owing),
        sender=turn.office.sender(turn.programme),
    )


def _escalation(turn: Round, entry: Entry, person: Person, owing: Sequence[Sequence[Owed]]) -> EscalationLetter:
    return EscalationLetter(
        programme=turn.programme.title,
        cycle=turn.cycle.label,
        person=person.name,
        deadline=turn.deadline,
        papers=papers_day(turn.programme, turn.cycle),
        spg=turn.cycle.spg,
        owed_by=tuple(
            replace(
                _owed_by(turn, own),
                asked_on=tuple(dict.fromkeys(_asked_on(turn, entry, own))),
                warned=bool(_chased(turn, entry, own)),
            )
            for own in owing
        ),
        sender=turn.office.sender(turn.programme),
    )


def _owed_by(turn: Round, own: Sequence[Owed]) -> OwedBy:
    posts = dict.fromkeys(turn.programme.posts[item.assignment.post].title for item in own)
    return OwedBy(sponsor_of(turn, own).name, " and ".join(posts), plans_asked(turn, own), since=_since(turn, own))


def _since(turn: Round, own: Sequence[Owed]) -> date | None:
    """The day on which it came to the sponsor, where all of it came after the deadline: to who took over a post."""
    issued = [turn.programme.local(item.assignment.issued_at).date() for item in own]
    return max(issued) if min(issued) > turn.deadline else None


def _chased(turn: Round, entry: Entry, own: Sequence[Owed]) -> list[Intent]:
    """The chasers about these assignments that the sponsor was sent: a predecessor's are not theirs."""
    ids = {item.assignment.id for item in own}
    before = intents.to_person(entry, turn.programme.id, turn.cycle.id, "chase", own[0].assignment.person)
    return [item for item in before if item.state == "sent" and ids.intersection(item.about)]


def _asked_on(turn: Round, entry: Entry, own: Sequence[Owed]) -> Iterator[date]:
    """The days on which the sponsor was asked for these: what came back to us did not reach them."""
    sponsor, ids = own[0].assignment.person, {item.assignment.id for item in own}
    where = (turn.programme.id, turn.cycle.id)
    bounced = {event.detail.get("bounced") for event in events.of_cycle(entry, *where)}
    for item in intents.of_cycle(entry, *where):
        asked = item.key.person == sponsor and item.key.kind in ("issue", "reminder", "chase")
        if asked and ids.intersection(item.about) and item.state == "sent" and str(item.key) not in bounced:
            yield turn.programme.local(item.settled_at or item.decided_at).date()
