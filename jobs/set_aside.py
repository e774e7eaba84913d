"""What a return says beside what counts: rows that the SPG agreed complete, and cells that left an answer standing."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from jobs.answered import Answered, complete
from jobs.office import Office
from jobs.taking import Taken
from ledger import desk
from ledger.records import Assignment, DeskItem
from ledger.store import Entry
from programme.answer import RowState
from programme.service import Programme

KIND = "row set aside"
_ADVICE = (
    "If it is to be reported again, write another rating for it into the decisions workbook; else tell the sponsor."
    " Then accept the item."
)


def set_aside(item: Taken) -> dict[str, str]:
    """The rows that the SPG agreed as complete and that came back as something else: the rating by ref."""
    form, found = item.assignment.form, {}
    for verdict in item.returned.verdicts:
        row, rating = item.assignment.row(verdict.ref), verdict.values.get("rating", "")
        if verdict.state is RowState.ACCEPTED and complete(form, row) and rating != row.last.agreed:
            found[verdict.ref] = rating
    return found


def notes(item: Taken, before: Answered) -> Iterator[str]:
    """What the sender should know of it, as sentences; ``before`` is what had come back until then."""
    form = item.assignment.form
    for ref, rating in set_aside(item).items():
        agreed = _agreed(item.assignment, ref)
        yield (
            f"Row {ref} came back as {form.rating(rating).word}. It was set aside, because the SPG has agreed it as"
            f" {agreed}: the papers say {agreed}. The planning team knows of it."
        )
    for verdict in item.returned.verdicts:
        stands = before.position.get(verdict.ref, {}).get("rating")
        if verdict.state is RowState.REFUSED and stands:
            yield f"Row {verdict.ref}: what was returned before stands, {form.rating(stands).word}."


def for_the_team(
    office: Office, entry: Entry, taken: Sequence[Taken], sender: str, now: datetime
) -> Iterator[DeskItem]:
    """An item per workbook about the rows that were set aside, unless the same waits already.

    It is about the assignment and not the message, which was taken in: nobody vouches for it.
    """
    there = {waiting.reason for waiting in desk.waiting(entry)}
    for item in taken:
        reason = _reason(office.service.programme(item.assignment.programme), item, sender)
        if reason and reason not in there:
            yield DeskItem(0, now, KIND, reason, _ADVICE, assignment=item.assignment.id)


def _reason(programme: Programme, item: Taken, sender: str) -> str:
    plan, form = programme.plan(item.assignment.plan), item.assignment.form
    said = "; ".join(
        f"row {ref} as {form.rating(rating).word}, which the SPG agreed as {_agreed(item.assignment, ref)}"
        for ref, rating in set_aside(item).items()
    )
    return f"{sender} returned {plan.label} with {said}: set aside, and the sponsor is told." if said else ""


def _agreed(assignment: Assignment, ref: str) -> str:
    agreed = assignment.row(ref).last.agreed
    return assignment.form.rating(agreed).word if agreed else ""
