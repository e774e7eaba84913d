"""The one sheet of a master: the plan's own columns with room to go on, all of it open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from programme.answer import IssuedRow
from programme.form import Column, Form, Kind
from workbook.canvas import Canvas, letter
from workbook.cleaning import writable
from workbook.heights import height, lines
from workbook.looks import Looks, looks_for
from workbook.packing import packed
from workbook.sheet_setup import add_answers, paper
from workbook.shown import shown

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SHEET = "Actions"
HEADER_ROW = 4
FIRST_ROW = HEADER_ROW + 1
SPARE_ROWS = 10

_HINTS = (
    "One action in a row, new ones in the empty rows below. A Ref stays with its action for as long as the plan lives.",
    "Ratings and progress are not kept here: they come from the returns and from what the SPG decided.",
)


def master_workbook(form: Form, columns: Sequence[Column], title: str, rows: Sequence[IssuedRow]) -> bytes:
    """The workbook of these columns and rows, nothing locked."""
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.properties.creator = None
    workbook.properties.title = writable(title)
    sheet = workbook.worksheets[0]
    sheet.title = SHEET
    looks = looks_for(workbook, form)
    canvas = Canvas()
    _head(canvas, columns, title, looks)
    for number, row in enumerate(rows, start=FIRST_ROW):
        _action(canvas, number, [(column, shown(form, column, row)) for column in columns], looks)
    last = FIRST_ROW + len(rows) + SPARE_ROWS - 1
    for number in range(FIRST_ROW + len(rows), last + 1):
        _action(canvas, number, [(column, "") for column in columns], looks)
    _set_up(sheet, columns, title, last)
    canvas.texts_as_numbers = f"A{FIRST_ROW}:A{last}"
    return packed(workbook, {SHEET: canvas})


def _head(canvas: Canvas, columns: Sequence[Column], title: str, looks: Looks) -> None:
    canvas.put(1, 1, title, looks["title"])
    canvas.end_row(1, 26)
    for row, hint in enumerate(_HINTS, start=2):
        canvas.put(row, 1, hint, looks["guide"])
        canvas.end_row(row, 18)
    for number, column in enumerate(columns, start=1):
        canvas.put(HEADER_ROW, number, column.header, looks["header"])
    most = max(lines(column.header, column.width - 2) for column in columns)
    canvas.end_row(HEADER_ROW, height(most, 34))


def _action(canvas: Canvas, number: int, cells: Sequence[tuple[Column, object]], looks: Looks) -> None:
    most = 1
    for place, (column, value) in enumerate(cells, start=1):
        text = value if isinstance(value, str) else ""
        canvas.put(number, place, value or "", looks[_look(column)])  # type: ignore[arg-type]
        most = max(most, lines(text, column.width - 1))
    canvas.end_row(number, height(most, 22))


def _look(column: Column) -> str:
    if column.id == "ref":
        return "answer_ref"
    return "answer_date" if column.kind is Kind.DATE else "answer"


def _set_up(sheet: Worksheet, columns: Sequence[Column], title: str, last: int) -> None:
    for number, column in enumerate(columns, start=1):
        sheet.column_dimensions[letter(number)].width = column.width
        if column.kind is Kind.DATE:
            cells = f"{letter(number)}{FIRST_ROW}:{letter(number)}{last}"
            add_answers(sheet, cells, column.header, "", column.kind)
    sheet.auto_filter.ref = f"A{HEADER_ROW}:{letter(len(columns))}{last}"
    frozen = next((number for number, column in enumerate(columns, start=1) if column.id == "deliverable"), 1)
    sheet.freeze_panes = f"{letter(frozen + 1)}{FIRST_ROW}"
    sheet.sheet_view.showGridLines = False
    paper(sheet, title, HEADER_ROW)
