"""Succession: a post changes hands in mid-cycle, and what is open goes to the successor (law 12)."""

from dataclasses import replace
from datetime import datetime

from jobs.answered import Answered, answered
from jobs.issue import asked_plan, follows, form_contents, workbook_name
from jobs.office import Office
from jobs.outbox import Envelope, decide, outgoing, workbook_attachment
from jobs.owed import unanswered
from ledger import assignments, desk, events, keys, steps
from ledger.records import Assignment, DeskItem, Event, IntentKey
from ledger.store import Entry
from programme.calendar import steps as steps_of
from programme.cycle import Cycle, StepKind
from programme.service import Programme
from programme.standing_facts import own_deadline
from report.letters import IssueLetter
from workbook.writing import write_form


def succeed_one(office: Office, now: datetime) -> bool:
    """Pass one open assignment to the post's new holder, or note that the post is vacant. True if there was one."""
    for programme in office.service.programmes:
        with office.ledger.reading() as entry:
            found = _changed_hands(entry, programme, now)
        if found is not None:
            cycle, item, successor = found
            if successor is None:
                _vacant(office, programme, cycle, item.assignment, now)
            else:
                _pass_on(office, programme, cycle, item, successor, now)
            return True
    return False


def _changed_hands(entry: Entry, programme: Programme, now: datetime) -> tuple[Cycle, Answered, str | None] | None:
    today = programme.local(now).date()
    for cycle in _open_cycles(entry, programme, now):
        items = answered(entry, programme, cycle)
        for item in items:
            assignment = item.assignment
            holder = programme.posts[assignment.post].holder(today)
            if holder == assignment.person or not unanswered(item, items):
                continue
            if holder is None and events.recent(entry, 1, about=_vacancy(assignment)):
                continue
            return cycle, item, holder
    return None


def _open_cycles(entry: Entry, programme: Programme, now: datetime) -> list[Cycle]:
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
        desk.open_item(entry, DeskItem(0, now, "vacant post", reason, advice, assignment=assignment.id))
        events.record(entry, Event(now, "plancycle", "vacant", _vacancy(assignment), reason, programme.id, cycle.id))
    office.log("vacant", assignment=assignment.id)


def _vacancy(assignment: Assignment) -> str:
    return f"vacant {assignment.id}"


def _pass_on(office: Office, programme: Programme, cycle: Cycle, item: Answered, successor: str, now: datetime) -> None:
    old, person = item.assignment, programme.people[successor]
    new = successor_of(office, old, successor, now)
    before = programme.people[old.person].name if old.person in programme.people else old.person
    letter = IssueLetter(
        programme=programme.title,
        cycle=cycle.label,
        person=person.name,
        deadline=own_deadline(programme, cycle, old.plan, old.post),
        spg=cycle.spg,
        spg_name=programme.spg.name,
        plans=(asked_plan(programme, cycle, new, item.outstanding),),
        sender=office.sender(programme),
        successor_of=before,
        follows=follows(programme),
    )
    form = write_form(form_contents(programme, cycle, new, office.keyring))
    attachment = workbook_attachment(workbook_name(programme.plan(old.plan), cycle), form)
    key = IntentKey(programme.id, cycle.id, "issue", successor, f"successor {new.id}")
    message = outgoing(office, Envelope(key, person, person.address), letter, now, [attachment], (new.id,))
    reason = f"The post passed from {before} to {person.name}; what was accepted stays."
    with office.ledger.transaction() as entry:
        assignments.withdraw(entry, old.id, reason, now)
        assignments.add(entry, new)
        decide(entry, [message])
        keys.signed(entry, office.keyring.signing, now)
        for waiting in desk.waiting(entry):
            if waiting.kind == "vacant post" and waiting.assignment == old.id:
                desk.close(entry, waiting.id, "made good", "plancycle", reason, now)
        events.record(entry, Event(now, "plancycle", "passed on", new.id, reason, programme.id, cycle.id))
    office.log("passed on", before=old.id, after=new.id, person=successor)


def successor_of(office: Office, old: Assignment, successor: str, now: datetime) -> Assignment:
    """The assignment of a successor: the same rows under an id and tokens of its own."""
    stem, _, number = old.id.partition("#")
    new_id = f"{stem}#{int(number or 1) + 1}"
    rows = tuple(replace(row, token=office.keyring.row_token(new_id, row.ref)) for row in old.rows)
    return replace(
        old,
        id=new_id,
        person=successor,
        rows=rows,
        configuration=office.service.hash,
        key_id=office.keyring.signing,
        issued_at=now,
    )
