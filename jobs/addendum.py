"""Addendum: what changed since the papers, to those who have them; nothing where nothing changed."""

from collections.abc import Mapping
from datetime import datetime

from jobs import marks
from jobs.office import Office
from jobs.outbox import Envelope, decide, outgoing, workbook_attachment
from jobs.papers import PAPERS_DECIDED, readers
from jobs.standing import standing
from ledger import events, intents, steps
from ledger.records import Event, IntentKey, StepRecord
from ledger.store import Entry
from programme.cycle import Cycle, Step, StepKind
from programme.people import Person
from programme.service import Programme
from report.compiled import compiled_workbook, file_name
from report.letters import AddendumLetter


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Compare everything with what the papers said; send the difference, or record that there was none."""
    cycle = programme.cycle(step.cycle)
    with office.ledger.reading() as entry:
        latest = standing(entry, programme, cycle, now, draft=False)
        changed = marks.changed(latest, as_sent(entry, programme, cycle), _gone(programme))
        to = list(readers(entry, programme, cycle, now)) if changed else []
        had = {person.id: papers_sent(entry, programme, cycle, person) for person, _ in to}
    messages = []
    workbook = workbook_attachment(file_name(latest, "addendum"), compiled_workbook(latest))
    for person, role in to:
        letter = AddendumLetter(person.name, role, latest, changed, workbook.name, office.sender(programme))
        key = IntentKey(programme.id, cycle.id, step.kind.value, person.id, step.occasion)
        thread = had[person.id]
        envelope = Envelope(key, person, person.address, thread[-1] if thread else None, thread)
        messages.append(outgoing(office, envelope, letter, now, [workbook]))
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        decide(entry, messages)
        why = "; ".join(changed) or "nothing changed since the papers"
        events.record(entry, Event(now, "plancycle", "addendum", cycle.label, why, programme.id, cycle.id))
    office.log("addendum", cycle=cycle.id, changed=len(changed), readers=len(messages))


def papers_sent(entry: Entry, programme: Programme, cycle: Cycle, person: Person) -> tuple[str, ...]:
    """The Message-IDs of the papers that went to a person: what is added to them stays in their thread."""
    sent = intents.to_person(entry, programme.id, cycle.id, StepKind.PAPERS.value, person.id)
    return tuple(item.message_id for item in sent)


def as_sent(entry: Entry, programme: Programme, cycle: Cycle) -> Mapping[str, str]:
    """The marks of the papers that went; empty where none did."""
    sent = [item for item in events.of_cycle(entry, programme.id, cycle.id) if item.what == PAPERS_DECIDED]
    return sent[-1].detail if sent else {}


def _gone(programme: Programme) -> Mapping[str, str]:
    """Why a plan is no part of the papers any more, by plan id."""
    return {off.plan: f"withdrawn by {off.why.decided_by}, {off.why.reason}" for off in programme.facts.withdrawn}
