"""The history of every action: both ratings, dates, timeliness and decisions, cycle by cycle."""

import csv
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime
from io import StringIO

from report.book import Book, Imprint, Page
from report.looks import BODY, DATE, STRONG, TITLE, Box
from report.prose import clean, counted, one_line

ON_TIME, LATE, NEVER, NOT_ASKED = "on time", "late", "never", "not asked"
_TITLES = (
    *("Programme", "Cycle", "SPG date", "Plan", "Ref", "Deliverable", "Sponsor", "Sponsor's rating", "Agreed rating"),
    *("Due", "Original due", "Returned", "Decision"),
)
_WIDTHS = (18, 14, 12, 18, 8, 46, 34, 14, 14, 12, 12, 11, 46)
# A spreadsheet program that opens a CSV file takes a text that begins so for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_NOBODY = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One action in one cycle for one sponsor, in the order of the columns.

    Ratings are words, or "not updated", "no return" or "not asked (complete)"; ``agreed_rating`` is empty where the
    SPG's decisions were not recorded, and carried on where a row was agreed as complete before. ``original_due`` is the
    first date, also where it still stands. ``returned`` is "on time", "late", "never", "not asked", or "not needed"
    where another sponsor's return serves. ``decision`` is what was decided, in words, or empty.
    """

    programme: str
    cycle: str
    spg: date
    plan: str
    ref: str
    deliverable: str
    sponsor: str
    sponsor_rating: str
    agreed_rating: str
    due: date | None
    original_due: date | None
    returned: str
    decision: str = ""


def history_workbook(rows: Sequence[HistoryRow]) -> bytes:
    """The history as an .xlsx file of one filtered sheet, in the order given.

    The same rows give the same bytes. Text is never written as a formula or a link.
    """
    names = ", ".join(dict.fromkeys(one_line(row.programme) for row in rows))
    book = Book(Imprint(f"History {names}".strip(), "plancycle", _NOBODY, counted(len(rows), "row"), "History"))
    page = book.page("Actions by cycle", _WIDTHS)
    page.wide("History of the actions, cycle by cycle", TITLE)
    header = page.header(_TITLES)
    for row in rows:
        _line(page, row)
    if not rows:
        page.wide("There is none yet: no cycle has been issued.", BODY)
    page.filtered(header)
    return book.finished()


def history_csv(rows: Sequence[HistoryRow]) -> str:
    """The history as CSV (RFC 4180) with a header; dates are ISO 8601, an absent one is empty.

    A text that a spreadsheet program would take for a formula begins with an apostrophe.
    """
    file = StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(_TITLES)
    writer.writerows([_plain(value) for value in astuple(row)] for row in rows)
    return file.getvalue()


def _line(page: Page, row: HistoryRow) -> None:
    boxes = [Box(value or "", DATE) if not isinstance(value, str) else Box(value) for value in astuple(row)]
    boxes[4] = Box(row.ref, STRONG)
    page.line(boxes)


def _plain(value: str | date | None) -> str:
    if not isinstance(value, str):
        return value.isoformat() if value else ""
    text = clean(value).strip()
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
