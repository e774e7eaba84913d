"""History: every action in every issued cycle, with both ratings, its dates, its timeliness and what was decided."""

from collections.abc import Iterator

from jobs.agreed import agreed_ratings
from jobs.answered import NO_RETURN, Answered, answered, answered_at_all, complete, is_late
from jobs.meeting import in_words
from jobs.owed import unanswered
from jobs.past import NOT_UPDATED, issued_before
from ledger import decisions
from ledger.records import Decision
from ledger.store import Entry
from programme.answer import IssuedRow
from programme.cycle import Cycle
from programme.plan import due_dates
from programme.service import Programme
from report.history import LATE, NEVER, NOT_ASKED, ON_TIME, HistoryRow

COMPLETE = f"{NOT_ASKED} (complete)"

# Another sponsor answered the row of a plan of which one return serves.
NOT_NEEDED = "not needed"


def history(entry: Entry, programme: Programme) -> Iterator[HistoryRow]:
    """One row per action, sponsor and issued cycle, in the order of cycles, plans and rows."""
    last = programme.cycles[-1]
    cycles = issued_before(entry, programme, last)
    if answered(entry, programme, last):
        cycles = (*cycles, last)
    for cycle in cycles:
        decided = decisions.of_cycle(entry, programme.id, cycle.id)
        items = answered_at_all(entry, programme, cycle)
        for item in items:
            missing = unanswered(item, items)
            for row in item.assignment.rows:
                served = row.ref in item.outstanding and row.ref not in missing
                yield _row(programme, cycle, item, row, decided, served=served)


def _row(
    programme: Programme, cycle: Cycle, item: Answered, row: IssuedRow, decided: list[Decision], *, served: bool
) -> HistoryRow:
    assignment = item.assignment
    plan = next((plan.label for plan in programme.plans if plan.id == assignment.plan), assignment.plan)
    post = programme.posts.get(assignment.post)
    settled = row.last.agreed if complete(assignment.form, row) else None
    agreed = agreed_ratings(decided).get((assignment.plan, row.ref), settled)
    due, original = due_dates(row.due, row.reference)
    own = [decision for decision in decided if (decision.plan, decision.ref) == (assignment.plan, row.ref)]
    return HistoryRow(
        programme=programme.title,
        cycle=cycle.label,
        spg=cycle.spg,
        plan=plan,
        ref=row.ref,
        deliverable=row.deliverable,
        sponsor=post.title if post else assignment.post,
        sponsor_rating=_rating(item, row),
        agreed_rating=assignment.form.rating(agreed).word if agreed else "",
        due=due,
        original_due=original or due,
        returned=NOT_NEEDED if served else _returned(item, row),
        decision="; ".join(in_words(programme, decision) for decision in own),
    )


def _rating(item: Answered, row: IssuedRow) -> str:
    rating = item.position.get(row.ref, {}).get("rating")
    if rating:
        return item.assignment.form.rating(rating).word
    if complete(item.assignment.form, row):
        return COMPLETE
    return NOT_UPDATED if item.counted else NO_RETURN


def _returned(item: Answered, row: IssuedRow) -> str:
    if "rating" not in item.position.get(row.ref, {}):
        return NOT_ASKED if complete(item.assignment.form, row) else NEVER
    return LATE if is_late(item, row.ref) else ON_TIME
