"""The second sheet of the papers: every row that needs somebody's eye, the worst first."""

from collections.abc import Iterable, Sequence

from programme.form import Form
from report.answers import answers, differences, last_rating
from report.book import Book
from report.looks import BODY, STRONG, TITLE, Box, due_box, portions, rating_box
from report.standing import RowStanding, Standing
from report.summary import NO_RETURN, PlacedRow, Summary, place_rows

_WIDTHS = (12, 14, 7, 36, 16, 18, 65, 38)
_TITLES = ("Rating", "Plan", "Ref", "Deliverable", "Due", "Last rating", "What was returned", "To note")
_ELSEWHERE = " … (in full on the sheet of the plan)"


def write_exceptions(book: Book, standing: Standing, summary: Summary) -> None:
    """Write the sheet: Reds and Ambers, sponsors who differ, open queries, rows not updated and not returned."""
    page = book.page("Exceptions", _WIDTHS)
    page.wide(f"{'DRAFT: ' if standing.draft else ''}Exceptions", TITLE)
    header = page.header(_TITLES)
    rows = exceptions(standing, summary)
    for placed in rows:
        page.line(_boxes(standing.form, placed))
    if not rows:
        page.wide("There are none: every row was returned, none is off track, and no question is open.", BODY)
    page.filtered(header)


def exceptions(standing: Standing, summary: Summary) -> tuple[PlacedRow, ...]:
    """Each row once: the form's worst rating first, then differences and queries, not updated, no return."""
    order = {rating.id: place for place, rating in enumerate(standing.form.ratings)}
    listed = {id(one.row) for one in (*summary.reds, *summary.ambers)}
    chosen = [placed for placed in place_rows(standing) if id(placed.row) in listed or _is_unclear(placed)]
    return tuple(sorted(chosen, key=lambda placed: _weight(placed, order)))


def notes(row: RowStanding) -> str:
    """What a reader should know beside the answers: what the sponsor was asked, and lateness."""
    found = [f"Asked about: {query.finding}" for query in row.queries]
    return "\n".join([*found, "Returned late"] if row.late else found)


def _is_unclear(placed: PlacedRow) -> bool:
    return placed.after is None or bool(placed.row.differences or placed.row.queries)


def _weight(placed: PlacedRow, order: dict[str, int]) -> int:
    if placed.after:
        return order[placed.after.id]
    return len(order) + (placed.row.status == NO_RETURN)


def _boxes(form: Form, placed: PlacedRow) -> Sequence[Box]:
    row = placed.row
    return (
        rating_box(placed),
        Box(placed.plan.label),
        Box(row.ref, STRONG),
        Box(row.deliverable),
        due_box(row.due, row.original_due),
        Box(_last(form, placed)),
        Box(_fitted(_returned(form, placed), _WIDTHS[6])),
        Box(_fitted(_to_note(form, row), _WIDTHS[7])),
    )


def _last(form: Form, placed: PlacedRow) -> str:
    return f"{last_rating(form, placed.row)}\n({placed.movement.value})"


def _returned(form: Form, placed: PlacedRow) -> list[str]:
    row = placed.row
    if placed.after is None and row.last.progress:
        return [f"Last progress, {row.last.cycle or 'as last reported'}: {row.last.progress}"]
    return [f"{header}: {text}" for header, text in answers(form, row)]


def _to_note(form: Form, row: RowStanding) -> list[str]:
    differing = [f"Sponsors differ: {differences(form, row)}"] if row.differences else []
    return [*differing, notes(row)]


def _fitted(texts: Iterable[str], width: float) -> str:
    first, *rest = portions("\n".join(texts), width)
    return f"{first}{_ELSEWHERE}" if rest else first
