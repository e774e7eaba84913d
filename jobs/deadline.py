"""Deadline: the team learns who is in and gets the first draft of the papers."""

from datetime import datetime

from jobs.office import Office
from jobs.outbox import Envelope, decide, outgoing, workbook_attachment
from jobs.standing import standing
from ledger import events, steps
from ledger.records import Event, IntentKey, StepRecord
from programme.calendar import steps as steps_of
from programme.cycle import Step, StepKind
from programme.service import Programme
from report.compiled import compiled_workbook, file_name
from report.letters import DeadlineLetter


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Tell the team. What is on time was fixed by each return's own arrival, until midnight of this day."""
    cycle = programme.cycle(step.cycle)
    with office.ledger.reading() as entry:
        draft = standing(entry, programme, cycle, now, draft=True)
    papers = next(item.due for item in steps_of(programme, cycle) if item.kind is StepKind.PAPERS)
    workbook = workbook_attachment(file_name(draft), compiled_workbook(draft))
    messages = []
    for member in programme.team.members:
        person = programme.people[member]
        sender, chased = office.sender(programme), bool(programme.ladder.rungs)
        letter = DeadlineLetter(person.name, draft, workbook.name, programme.local(papers), sender, chased)
        key = IntentKey(programme.id, cycle.id, step.kind.value, person.id, step.occasion)
        messages.append(outgoing(office, Envelope(key, person, person.address), letter, now, [workbook]))
    states = {f"{plan.label}, {own.post}": own.state for plan in draft.plans for own in plan.sponsors}
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        decide(entry, messages)
        passed = Event(now, "plancycle", "deadline passed", cycle.label, "", programme.id, cycle.id, states)
        events.record(entry, passed)
    office.log("deadline passed", cycle=cycle.id, told=len(messages))
