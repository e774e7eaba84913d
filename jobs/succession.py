"""Succession: a post changes hands in mid-cycle, and what is open goes to the successor (law 12)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from jobs.agreed import words_last
from jobs.answered import Answered, answered
from jobs.called import person_name
from jobs.entitled import declared
from jobs.issue import Issue, messages
from jobs.office import Office
from jobs.outbox import decide
from jobs.owed import unanswered
from jobs.own_desk import VACANT_POST, made_good
from ledger import assignments, desk, events, keys, steps
from ledger.records import Assignment, DeskItem, Event
from ledger.store import Entry
from programme.calendar import steps as steps_of
from programme.cycle import Cycle, StepKind
from programme.service import Programme


def succeed_one(office: Office, now: datetime) -> bool:
    """Pass what is open in one cycle to one new holder, or note that one post is vacant. True if there was any."""
    for programme in office.service.programmes:
        with office.ledger.reading() as entry:
            found = list(_changed_hands(entry, programme, now))
        if found:
            cycle, first, successor = found[0]
            if successor is None:
                _vacant(office, programme, cycle, first.assignment, now)
            else:
                own = [item for where, item, holder in found if (where, holder) == (cycle, successor)]
                _pass_on(office, programme, cycle, own, successor, now)
            return True
    return False


def _changed_hands(entry: Entry, programme: Programme, now: datetime) -> Iterator[tuple[Cycle, Answered, str | None]]:
    """What is open in the hands of somebody who does not hold the post today, with who does."""
    today = programme.local(now).date()
    for cycle in open_cycles(entry, programme, now):
        items = answered(entry, programme, cycle)
        for item in items:
            assignment = item.assignment
            if assignment.post not in programme.posts or not declared(programme, assignment):
                continue
            holder = programme.posts[assignment.post].holder(today)
            if holder == assignment.person or not unanswered(item, items):
                continue
            if holder is None and events.recent(entry, 1, about=_vacancy(assignment)):
                continue
            yield cycle, item, holder


def open_cycles(entry: Entry, programme: Programme, now: datetime) -> list[Cycle]:
    """The cycles that were issued and whose papers are still of use."""
    settled = steps.settled(entry, programme.id)
    return [
        cycle
        for cycle in programme.cycles
        if (programme.id, cycle.id, StepKind.ISSUE.value, "1") in settled
        and any(step.kind is StepKind.PAPERS and now < step.useful_until for step in steps_of(programme, cycle))
    ]


def _vacant(office: Office, programme: Programme, cycle: Cycle, assignment: Assignment, now: datetime) -> None:
    plan, post = programme.plan(assignment.plan), programme.posts[assignment.post]
    reason = f"{plan.label} of {cycle.label} is open and nobody holds the post {post.title} any more."
    advice = "Name a holder in people.yaml: the plan goes to them as soon as they are in force."
    with office.ledger.transaction() as entry:
        desk.open_item(entry, DeskItem(0, now, VACANT_POST, reason, advice, assignment=assignment.id))
        events.record(entry, Event(now, "plancycle", "vacant", _vacancy(assignment), reason, programme.id, cycle.id))
    office.log("vacant", assignment=assignment.id)


def _vacancy(assignment: Assignment) -> str:
    return f"vacant {assignment.id}"


def _pass_on(
    office: Office, programme: Programme, cycle: Cycle, own: Sequence[Answered], successor: str, now: datetime
) -> None:
    made = [(item.assignment, successor_of(office, item.assignment, successor, now)) for item in own]
    mail = list(messages(_issue(office, (programme, cycle), own, made, now)))
    with office.ledger.transaction() as entry:
        for old, new in made:
            reason = f"The post passed from {person_name(programme, old.person)} to {person_name(programme, successor)}"
            reason += "; what was accepted stays."
            assignments.withdraw(entry, old.id, reason, now)
            assignments.add(entry, new)
            made_good(entry, (VACANT_POST,), (old.id,), reason, now)
            events.record(entry, Event(now, "plancycle", "passed on", new.id, reason, programme.id, cycle.id))
        decide(entry, mail)
        keys.signed(entry, office.keyring.signing, now)
    office.log("passed on", plans=len(made), person=successor)


def _issue(
    office: Office,
    where: tuple[Programme, Cycle],
    own: Sequence[Answered],
    made: Sequence[tuple[Assignment, Assignment]],
    now: datetime,
) -> Issue:
    """What the successor is asked for: what is outstanding of the assignments before, each with its new one."""
    programme, cycle = where
    new = [each for _, each in made]
    left = {after.id: item.outstanding for item, after in zip(own, new, strict=True)}
    before = " and ".join(dict.fromkeys(person_name(programme, old.person) for old, _ in made))
    with office.ledger.reading() as entry:
        decided = words_last(entry, programme)
    occasion = f"successor {new[0].id}"
    return Issue(office, programme, cycle, new, now, occasion, decided=decided, left=left, successor_of=before)


def successor_of(office: Office, old: Assignment, successor: str, now: datetime) -> Assignment:
    """The assignment of a successor: the same rows under an id and tokens of its own."""
    stem, _, number = old.id.partition("#")
    new = renumbered(office, old, f"{stem}#{int(number or 1) + 1}")
    return replace(
        new,
        person=successor,
        configuration=office.service.hash,
        key_id=office.keyring.signing,
        issued_at=now,
    )


def renumbered(office: Office, assignment: Assignment, new_id: str) -> Assignment:
    """An assignment under another id, with row tokens that belong to it."""
    rows = tuple(replace(row, token=office.keyring.row_token(new_id, row.ref)) for row in assignment.rows)
    return replace(assignment, id=new_id, rows=rows)
