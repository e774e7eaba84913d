"""One step of the ladder about to go: whom it asks beside the sponsor, and what each of them is told and sent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from jobs.issue import asked_plan, form_file, plans_of
from jobs.office import Office
from jobs.outbox import Envelope
from jobs.owed import Owed
from ledger import intents
from ledger.records import Assignment, Intent, IntentKey
from ledger.store import Entry
from mail.letter import Attachment
from programme.calendar import steps as steps_of
from programme.cycle import Asked, Cycle, Rung, Step, StepKind
from programme.people import Person, Post
from programme.service import Programme
from report.asked import AskedPlan, NextRung


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


def rung_of(programme: Programme, step: Step) -> Rung:
    """The rung of the ladder that a chase step stands for."""
    return programme.ladder.rungs[step.rung - 1]


def others(turn: Round, own: Sequence[Owed], role: Asked, on: date) -> tuple[str, ...]:
    """The people in a role for what one sponsor owes, once each: never the sponsor themselves."""
    named = (who for post in _posts(turn, own) for who in _in_role(post, role, on))
    return tuple(who for who in dict.fromkeys(named) if who != own[0].assignment.person)


def by_other(turn: Round, owing: Iterable[Sequence[Owed]], role: Asked) -> dict[str, list[list[Owed]]]:
    """What each delegate or escalation contact is asked about, in a list per sponsor."""
    found: dict[str, list[list[Owed]]] = {}
    for own in owing:
        for who in others(turn, own, role, turn.today):
            theirs = [
                item for item in own if who in _in_role(turn.programme.posts[item.assignment.post], role, turn.today)
            ]
            found.setdefault(who, []).append(theirs)
    return found


def next_rungs(turn: Round, own: Sequence[Owed]) -> tuple[NextRung, ...]:
    """What happens after a step if nothing comes, so that a sponsor is not surprised: delegate, then escalation."""
    programme, after = turn.programme, turn.step
    later = [
        step
        for step in steps_of(programme, turn.cycle)
        if step.kind is StepKind.CHASE and step.deadline == after.deadline and step.rung > after.rung
    ]
    return tuple(
        NextRung(programme.local(step.due).date(), asked.value, programme.people[who].name)
        for step in later
        for asked in rung_of(programme, step).asks
        if asked is not Asked.SPONSOR
        for who in others(turn, own, asked, programme.local(step.due).date())
    )


def plans_asked(turn: Round, own: Sequence[Owed]) -> tuple[AskedPlan, ...]:
    """What is outstanding, as a message lists it."""
    return tuple(asked_plan(turn.programme, turn.cycle, item.assignment, item.refs) for item in own)


def forms(turn: Round, own: Iterable[Owed]) -> list[Attachment]:
    """The workbooks of these assignments, as they were issued."""
    return [form_file(turn.office, turn.programme, turn.cycle, item.assignment, turn.today) for item in own]


def issues_of(entry: Entry, own: Sequence[Assignment]) -> list[Intent]:
    """The messages that brought these assignments to their person, oldest first; empty where there was none."""
    first, ids = own[0], {item.id for item in own}
    issued = intents.to_person(entry, first.programme, first.cycle, "issue", first.person)
    return [item for item in issued if ids.intersection(item.about)]


def in_thread(entry: Entry, key: IntentKey, person: Person, own: Sequence[Assignment]) -> Envelope:
    """A message to a sponsor about these assignments, in the thread that their issue began."""
    thread = tuple(item.message_id for item in issues_of(entry, own))
    return Envelope(key, person, person.address, thread[-1] if thread else None, thread, plans_of(own))


def sponsor_of(turn: Round, own: Sequence[Owed]) -> Person:
    """The sponsor who owes these."""
    return turn.programme.people[own[0].assignment.person]


def _posts(turn: Round, own: Sequence[Owed]) -> Iterator[Post]:
    for item in own:
        yield turn.programme.posts[item.assignment.post]


def _in_role(post: Post, role: Asked, on: date) -> list[str]:
    if role is Asked.DELEGATE:
        return [holding.person for holding in post.delegates if holding.in_force(on)]
    escalation = post.escalation
    return [escalation] if escalation is not None and escalation != post.holder(on) else []
