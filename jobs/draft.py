"""Draft: the team, the chair and the committee officer see the papers before they go, and may hold them."""

from collections.abc import Iterator
from datetime import datetime

from jobs.office import Office
from jobs.outbox import Envelope, decide, outgoing, workbook_attachment
from jobs.own_desk import RELEASE
from jobs.standing import standing
from ledger import desk, meta, steps
from ledger.records import DeskItem, IntentKey, StepRecord
from ledger.store import Entry
from programme.calendar import steps as steps_of
from programme.cycle import Cycle, Step, StepKind
from programme.people import Person
from programme.service import Programme
from programme.standing_facts import hold_on
from report.compiled import compiled_workbook, file_name
from report.letters import DraftLetter


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Send the draft. The first papers of a live ledger wait for somebody's release; later ones go by themselves."""
    cycle = programme.cycle(step.cycle)
    with office.ledger.reading() as entry:
        draft = standing(entry, programme, cycle, now, draft=True)
        first = cycle.id in unreleased(entry, programme)
    papers = programme.local(next(item.due for item in steps_of(programme, cycle) if item.kind is StepKind.PAPERS))
    hold = hold_on(programme, cycle.id, StepKind.PAPERS, papers.date())
    held = f"Held by {hold.why.decided_by}: {hold.why.reason}." if hold else FIRST if first else ""
    workbook = workbook_attachment(file_name(draft), compiled_workbook(draft))
    messages = []
    for person, role in readers(programme):
        letter = DraftLetter(person.name, role, draft, workbook.name, papers, held, office.sender(programme))
        key = IntentKey(programme.id, cycle.id, step.kind.value, person.id, step.occasion)
        messages.append(outgoing(office, Envelope(key, person, person.address), letter, now, [workbook]))
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        decide(entry, messages)
        ask_release(entry, programme, cycle.id, now)
    office.log("draft sent", cycle=cycle.id, readers=len(messages), held=held)


FIRST = "These are the first papers of this service: they wait until somebody releases them on the desk."


def readers(programme: Programme) -> Iterator[tuple[Person, str]]:
    """Who sees the draft, once each: the team, then the chair and the committee officer."""
    named = [(member, "team") for member in programme.team.members]
    named += [(programme.spg.chair or "", "chair"), (programme.spg.committee_officer or "", "committee officer")]
    told: set[str] = set()
    for person, role in named:
        if person and person not in told:
            told.add(person)
            yield programme.people[person], role


def release_kind(programme: Programme, cycle: Cycle) -> str:
    """The kind of desk item that a programme's first papers wait on."""
    return f"{RELEASE}{programme.id}/{cycle.id}"


def unreleased(entry: Entry, programme: Programme) -> frozenset[str]:
    """The cycles whose papers wait for a release that nobody has accepted: all, until the first papers went.

    Whether a draft went or was asked for makes no difference: a service that was down on the draft's day waits too.
    """
    if not is_first(entry, programme):
        return frozenset()
    accepted = {item.kind for item in desk.of_kinds(entry, RELEASE) if item.verdict == "accepted"}
    return frozenset(cycle.id for cycle in programme.cycles if release_kind(programme, cycle) not in accepted)


def ask_release(entry: Entry, programme: Programme, cycle_id: str, now: datetime) -> None:
    """Put the release on the desk where the cycle's papers wait for one. A person's earlier word is not asked again."""
    kind = release_kind(programme, programme.cycle(cycle_id))
    if cycle_id in unreleased(entry, programme) and not any(item.kind == kind for item in desk.of_kinds(entry, kind)):
        desk.open_item(entry, _release(programme, programme.cycle(cycle_id), now))


def is_first(entry: Entry, programme: Programme) -> bool:
    """Whether this live ledger has never sent this programme's papers. A demo's go by themselves."""
    if meta.kind(entry) is not meta.Kind.LIVE:
        return False
    settled = steps.settled(entry, programme.id).values()
    return not any(record.kind == StepKind.PAPERS.value and record.outcome == "done" for record in settled)


def _release(programme: Programme, cycle: Cycle, now: datetime) -> DeskItem:
    reason = f"The papers of {cycle.label} of {programme.title} are the first of this service and wait for a release."
    advice = (
        "Read the draft; accept the item to let the papers go on their day, or reject it to keep them back. A rejected"
        " release is asked for anew with desk reprocess."
    )
    return DeskItem(0, now, release_kind(programme, cycle), reason, advice)
