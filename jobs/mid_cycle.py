"""Issue in mid-cycle: what a successor, or who reports a merged plan, is asked for between the issue and the papers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.closing import next_papers
from jobs.issue import asked_plan, assistants_of, by_person, deadline_of, follows, form_contents, workbook_name
from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, outgoing, workbook_attachment
from ledger.records import Assignment, IntentKey
from mail.letter import Attachment
from programme.calendar import steps as steps_of
from programme.cycle import Cycle, StepKind
from programme.people import Person
from programme.service import Programme
from report.asked import AskedPlan, CopiedFor, CopyLetter, IssueLetter
from workbook.writing import write_form


@dataclass(frozen=True, slots=True)
class Late:
    """Assignments that were made in mid-cycle for one reason, and the refs that are outstanding of each, by its id.

    ``successor_of`` names who was asked before, ``merges`` the plans whose place the new one takes; one is empty.
    ``occasion`` is the issue's in its key: it begins with the word for the reason.
    """

    programme: Programme
    cycle: Cycle
    made: Sequence[Assignment]
    outstanding: Mapping[str, Sequence[str]]
    occasion: str
    successor_of: str = ""
    merges: tuple[str, ...] = ()

    def asked(self, own: Sequence[Assignment]) -> tuple[AskedPlan, ...]:
        return tuple(asked_plan(self.programme, self.cycle, item, self.outstanding[item.id]) for item in own)


def issues(office: Office, late: Late, now: datetime) -> Iterator[Outgoing]:
    """One message to each person with all that they have to return, as an issue has it, and one to each assistant."""
    programme = late.programme
    copies: dict[str, list[list[Assignment]]] = {}
    for own in by_person(late.made):
        person, assistants = programme.people[own[0].person], assistants_of(programme, own, now)
        letter = _letter(office, late, own, tuple(one.name for one in assistants), now)
        envelope, about = _envelope(late, "issue", person, own), tuple(item.id for item in own)
        yield outgoing(office, envelope, letter, now, _forms(office, late, own, now), about)
        for one in assistants:
            copies.setdefault(one.id, []).append(own)
    for assistant_id, copied in copies.items():
        assistant, together = programme.people[assistant_id], [item for own in copied for item in own]
        envelope, about = _envelope(late, "copy", assistant, together), tuple(item.id for item in together)
        letter_of = _copy(office, late, assistant, copied, now)
        yield outgoing(office, envelope, letter_of, now, _forms(office, late, together, now), about)


def _envelope(late: Late, kind: str, person: Person, own: Sequence[Assignment]) -> Envelope:
    key = IntentKey(late.programme.id, late.cycle.id, kind, person.id, late.occasion)
    return Envelope(key, person, person.address, plans=tuple(dict.fromkeys(item.plan for item in own)))


def _letter(
    office: Office, late: Late, own: Sequence[Assignment], copied: tuple[str, ...], now: datetime
) -> IssueLetter:
    programme, cycle = late.programme, late.cycle
    asked, on = late.asked(own), programme.local(now).date()
    deadlines = [deadline_of(programme, cycle, item) for item in own]
    ahead = {step.kind.value for step in steps_of(programme, cycle) if step.due > now}
    return IssueLetter(
        programme=programme.title,
        cycle=cycle.label,
        person=programme.people[own[0].person].name,
        deadline=min(deadlines),
        spg=cycle.spg,
        spg_name=programme.spg.name,
        plans=asked,
        sender=office.sender(programme),
        copied=copied,
        successor_of=late.successor_of,
        merges=late.merges,
        papers=next_papers(programme, cycle, now) if on > max(deadlines) else None,
        in_papers=StepKind.PAPERS.value in ahead,
        on=on,
        follows=tuple(name for name in follows(programme) if name in ahead),
    )


def _copy(
    office: Office, late: Late, assistant: Person, copied: Sequence[Sequence[Assignment]], now: datetime
) -> CopyLetter:
    people = late.programme.people
    return CopyLetter(
        programme=late.programme.title,
        cycle=late.cycle.label,
        person=assistant.name,
        copied_for=tuple(
            CopiedFor(
                people[own[0].person].name,
                min(deadline_of(late.programme, late.cycle, item) for item in own),
                late.asked(own),
            )
            for own in copied
        ),
        sender=office.sender(late.programme),
        on=late.programme.local(now).date(),
    )


def _forms(office: Office, late: Late, own: Sequence[Assignment], now: datetime) -> list[Attachment]:
    programme, cycle = late.programme, late.cycle
    on = programme.local(now).date()
    return [
        workbook_attachment(
            workbook_name(programme.plan(item.plan), cycle),
            write_form(form_contents(programme, cycle, item, office.keyring, on)),
        )
        for item in own
    ]
