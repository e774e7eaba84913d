"""Review: each sponsor sees their plans as collated, with the gaps and queries, before the draft is final."""

from collections.abc import Sequence
from datetime import datetime

from jobs.answered import Answered, answered, joined, open_queries
from jobs.called import post_title
from jobs.closing import answer_until
from jobs.ladder import in_thread
from jobs.office import Office
from jobs.outbox import Outgoing, decide, outgoing
from jobs.owed import askable, unanswered
from ledger import steps
from ledger.records import IntentKey, StepRecord
from ledger.store import Entry
from programme.cycle import Cycle, Step
from programme.judge import blank_fields
from programme.service import Programme
from programme.standing_facts import excuse_of
from report.answers import said_of_plan
from report.letters import ReceiptRow, ReviewedPlan, ReviewLetter


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Send each sponsor who returned something their plans as they will be reported; silence means as returned."""
    cycle = programme.cycle(step.cycle)
    with office.ledger.reading() as entry:
        items = answered(entry, programme, cycle)
        own: dict[str, list[Answered]] = {}
        for item in items:
            if item.counted and askable(programme, item.assignment):
                own.setdefault(item.assignment.person, []).append(item)
        messages = [_message(office, entry, programme, step, (cycle, mine, items), now) for mine in own.values()]
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        decide(entry, messages)
    office.log("reviewed", cycle=cycle.id, people=len(messages))


def _message(
    office: Office,
    entry: Entry,
    programme: Programme,
    step: Step,
    what: tuple[Cycle, Sequence[Answered], Sequence[Answered]],
    now: datetime,
) -> Outgoing:
    cycle, mine, items = what
    person = programme.people[mine[0].assignment.person]
    letter = ReviewLetter(
        programme=programme.title,
        cycle=cycle.label,
        person=person.name,
        plans=tuple(_reviewed(programme, item, items) for item in mine),
        until=answer_until(programme, cycle),
        spg=cycle.spg,
        spg_name=programme.spg.name,
        sender=office.sender(programme),
    )
    key = IntentKey(programme.id, cycle.id, step.kind.value, person.id, step.occasion)
    return outgoing(office, in_thread(entry, key, person, [item.assignment for item in mine]), letter, now)


def _reviewed(programme: Programme, item: Answered, items: Sequence[Answered]) -> ReviewedPlan:
    assignment, position = item.assignment, item.position
    plan = programme.plan(assignment.plan)
    excused = excuse_of(programme, assignment.cycle, assignment.plan, assignment.post) is not None
    rated = [row for row in item.asked if "rating" in position.get(row.ref, {})]
    return ReviewedPlan(
        label=plan.label,
        title=plan.title,
        form=assignment.form,
        rows=tuple(
            ReceiptRow(row.ref, position[row.ref]["rating"], position[row.ref].get("progress", "")) for row in rated
        ),
        missing=() if excused else unanswered(item, items),
        queries=(
            *(query for row in item.asked for query in open_queries(item, row.ref)),
            *blank_fields(assignment.form, item.fields),
        ),
        differences=tuple(sentence for row in item.asked if (sentence := _difference(programme, item, items, row.ref))),
        late=any(not returned.on_time for returned in item.counted),
        fields=said_of_plan(assignment.form, item.fields),
    )


def _difference(programme: Programme, item: Answered, items: Sequence[Answered], ref: str) -> str:
    """A row on which the sponsors of a joint plan differ, said to both: the worse rating stands."""
    assignment = item.assignment
    fellows = [other for other in items if other.assignment.plan == assignment.plan]
    own = joined(fellows, ref)
    if not own.differing or own.rating is None:
        return ""
    form = assignment.form
    said = "; ".join(f"{post_title(programme, post)}: {form.rating(rated).word}" for post, rated in own.differing)
    return f"{ref} is rated differently ({said}). {form.rating(own.rating).word} stands until somebody decides."
