"""Papers: the compiled summary to the members of the Strategic Planning Group, and to the sponsors."""

from collections.abc import Iterator
from datetime import datetime

from jobs.answered import reported
from jobs.marks import marks
from jobs.office import Office
from jobs.outbox import Envelope, decide, outgoing, workbook_attachment
from jobs.standing import standing
from ledger import events, steps
from ledger.records import Event, IntentKey, StepRecord
from ledger.store import Entry
from programme.calendar import steps as steps_of
from programme.cycle import Cycle, Step
from programme.people import Person
from programme.service import Programme
from report.compiled import compiled_workbook, file_name
from report.letters import PapersLetter

PAPERS_DECIDED = "papers decided"


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Send the papers as the returns stand now."""
    cycle = programme.cycle(step.cycle)
    with office.ledger.reading() as entry:
        final = standing(entry, programme, cycle, now, draft=False)
        to = list(readers(entry, programme, cycle, now))
    workbook = workbook_attachment(file_name(final), compiled_workbook(final))
    addendum = next((programme.local(item.due) for item in steps_of(programme, cycle) if item.kind == "addendum"), None)
    messages = []
    for person, role in to:
        letter = PapersLetter(person.name, role, final, workbook.name, office.sender(programme), addendum)
        key = IntentKey(programme.id, cycle.id, step.kind.value, person.id, step.occasion)
        messages.append(outgoing(office, Envelope(key, person, person.address), letter, now, [workbook]))
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        decide(entry, messages)
        events.record(
            entry, Event(now, "plancycle", PAPERS_DECIDED, cycle.label, "", programme.id, cycle.id, marks(final))
        )
    office.log("papers decided", cycle=cycle.id, readers=len(messages))


def readers(entry: Entry, programme: Programme, cycle: Cycle, now: datetime) -> Iterator[tuple[Person, str]]:
    """Who is sent the papers, once each: the members first, then the sponsors who are not members.

    A sponsor is who holds the post on the day, whoever returned the plan before them; of a vacant post nobody.
    """
    members = dict.fromkeys(programme.spg.members)
    on = programme.local(now).date()
    posts = dict.fromkeys(item.assignment.post for item in reported(entry, programme, cycle))
    sponsors = dict.fromkeys(programme.posts[post].holder(on) for post in posts if post in programme.posts)
    for member in members:
        yield programme.people[member], "member"
    for sponsor in sponsors:
        if sponsor is not None and sponsor not in members:
            yield programme.people[sponsor], "sponsor"
