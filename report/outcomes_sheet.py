"""The papers by national outcome: which actions serve which, and how they are rated."""

import re
from collections.abc import Iterable, Sequence

from programme.form import Form
from report.book import Book, Page
from report.looks import GROUP_COUNT, HEADER, STRONG, SUBTITLE, TITLE, Box, due_box, rating_box
from report.prose import one_line
from report.standing import Standing
from report.summary import PlacedRow, tally

NONE_NAMED = "None named"
_COLUMN = "outcomes"
_SEPARATORS = re.compile(r"[,;\n]")
_WIDTHS = (14, 18, 8, 48, 18)
_TITLES = ("Outcome", "Plan", "Ref", "Deliverable", "Due")
_COUNT_WIDTH = 12.0


def has_outcomes(placed: Iterable[PlacedRow]) -> bool:
    """Whether any row says which national outcomes it serves."""
    return any(_named(row) for row in placed)


def by_outcome(placed: Sequence[PlacedRow]) -> dict[str, tuple[PlacedRow, ...]]:
    """The rows of each outcome, numbers in order, then words, then the rows that name none.

    A row that serves several outcomes stands under each of them.
    """
    names = dict.fromkeys(name for row in placed for name in _named(row))
    found = {name: tuple(row for row in placed if name in _named(row)) for name in sorted(names, key=_order)}
    without = tuple(row for row in placed if not _named(row))
    return found | {NONE_NAMED: without} if without else found


def write_outcomes(book: Book, standing: Standing, placed: Sequence[PlacedRow]) -> None:
    """Write the sheet: the counts of each outcome, then its rows, each under its own rating."""
    titles = [one.word for one in tally(standing.form.ratings, ())]
    page = book.page("National outcomes", (*_WIDTHS, *(_COUNT_WIDTH,) * len(titles), 8))
    page.wide(f"{'DRAFT: ' if standing.draft else ''}National outcomes", TITLE)
    page.wide("An action that serves several outcomes is counted under each of them.", SUBTITLE)
    page.header(_TITLES, (*titles, "All"))
    for name, rows in by_outcome(placed).items():
        _group(page, standing.form, name, rows)


def _group(page: Page, form: Form, name: str, rows: Sequence[PlacedRow]) -> None:
    heading = name if name == NONE_NAMED else f"Outcome {name}"
    counts = [Box(one.rows, GROUP_COUNT) for one in tally(form.ratings, (row.row for row in rows))]
    page.line([Box(heading, HEADER, len(_WIDTHS)), *counts, Box(len(rows), GROUP_COUNT)])
    for row in rows:
        page.line(_boxes(form, row))


def _boxes(form: Form, placed: PlacedRow) -> list[Box]:
    row = placed.row
    matrix = [rating_box(placed) if one.rows else Box() for one in tally(form.ratings, (row,))]
    texts = [Box(), Box(placed.plan.label), Box(row.ref, STRONG), Box(row.deliverable)]
    return [*texts, due_box(row.due, row.original_due), *matrix, Box()]


def _named(placed: PlacedRow) -> tuple[str, ...]:
    text = placed.row.reference.get(_COLUMN, "")
    return tuple(dict.fromkeys(name for part in _SEPARATORS.split(text) if (name := one_line(part))))


def _order(name: str) -> tuple[int, int, str]:
    return (0, int(name), "") if name.isdecimal() and len(name) < 9 else (1, 0, name.casefold())
