"""What people do to a form with a spreadsheet program, done by machine: for the demonstration and the tests.

Every function takes the bytes of a form and gives the bytes of another; the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING

from programme.form import Form, Kind
from workbook.action_sheet import FIRST_ROW, HEADER_ROW
from workbook.looks import DATE_FORMAT
from workbook.packing import packed

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Typed = str | date


def fill(
    data: bytes,
    answers: Mapping[str, Mapping[str, Typed]],
    form: Form,
    fields: Mapping[str, Typed] | None = None,
) -> bytes:
    """Type answers into an issued form: by ref and column id, and by field id.

    A rating may be given by its id or as any text; a text is put as it is, whatever it begins with.
    """
    workbook = _opened(data)
    sheet = workbook.worksheets[0]
    rows = {str(sheet.cell(row, 2).value): row for row in range(FIRST_ROW, sheet.max_row + 1)}
    for ref, values in answers.items():
        for column_id, value in values.items():
            _type(sheet, rows[ref], _column(sheet, form, column_id), _worded(form, column_id, value))
    for field_id, value in (fields or {}).items():
        header = next(field.header for field in form.fields if field.id == field_id)
        questions = workbook.worksheets[1]
        _type(questions, _question_row(questions, header), 2, value)
    return packed(workbook)


def sort_rows(data: bytes, order: Sequence[str]) -> bytes:
    """Sort the rows into this order of refs; a row moves as a whole, its hidden id too."""
    workbook = _opened(data)
    sheet = workbook.worksheets[0]
    lines = {str(line[1]): line for line in sheet.iter_rows(min_row=FIRST_ROW, values_only=True)}
    for number, ref in enumerate(order, start=FIRST_ROW):
        for column, value in enumerate(lines[ref], start=1):
            _put(sheet, number, column, value)
    return packed(workbook)


def insert_column(data: bytes, before: int, header: str) -> bytes:
    """Insert a column of the sender's own before column number ``before``."""
    workbook = _opened(data)
    sheet = workbook.worksheets[0]
    sheet.insert_cols(before)
    sheet.cell(HEADER_ROW, before, header)
    return packed(workbook)


def delete_row(data: bytes, ref: str) -> bytes:
    """Delete the row with this ref."""
    workbook = _opened(data)
    sheet = workbook.worksheets[0]
    sheet.delete_rows(_row(sheet, ref))
    return packed(workbook)


def copy_row(data: bytes, ref: str, new_ref: str | None = None) -> bytes:
    """Copy a row below the last one, its hidden id too; the copy may get a ref of its own."""
    workbook = _opened(data)
    sheet = workbook.worksheets[0]
    source, target = _row(sheet, ref), sheet.max_row + 1
    for column in range(1, sheet.max_column + 1):
        _put(sheet, target, column, sheet.cell(source, column).value)
    if new_ref is not None:
        _put(sheet, target, 2, new_ref)
    return packed(workbook)


def keep_only_action_sheet(data: bytes, name: str = "Actions") -> bytes:
    """Send back only the sheet of actions, as when it is copied to a new workbook."""
    workbook = _opened(data)
    for sheet in workbook.worksheets[1:]:
        workbook.remove(sheet)
    workbook.worksheets[0].title = name
    return packed(workbook)


def as_libreoffice_saves(data: bytes) -> bytes:
    """What LibreOffice makes of a form on saving it: the hidden sheet merely hidden, booleans as ``=TRUE()``,
    panes no longer frozen, the properties its own."""
    workbook = _opened(data)
    for sheet in workbook.worksheets:
        sheet.freeze_panes = None
        if sheet.sheet_state == "veryHidden":
            sheet.sheet_state = "hidden"
        for line in sheet.iter_rows():
            for cell in line:
                if isinstance(cell.value, bool):
                    cell.value = f"={str(cell.value).upper()}()"
    workbook.properties.creator = None
    workbook.properties.title = None
    return packed(workbook)


def _opened(data: bytes) -> Workbook:
    from openpyxl import load_workbook

    return load_workbook(BytesIO(data))


def _worded(form: Form, column_id: str, value: Typed) -> Typed:
    if form.column(column_id).kind is not Kind.RATING:
        return value
    return next((rating.word for rating in form.ratings if rating.id == value), value)


def _column(sheet: Worksheet, form: Form, column_id: str) -> int:
    header = form.column(column_id).header
    return next(it for it in range(1, sheet.max_column + 1) if sheet.cell(HEADER_ROW, it).value == header)


def _row(sheet: Worksheet, ref: str) -> int:
    return next(row for row in range(FIRST_ROW, sheet.max_row + 1) if str(sheet.cell(row, 2).value) == ref)


def _question_row(sheet: Worksheet, header: str) -> int:
    rows = range(1, sheet.max_row + 1)
    return next(row for row in rows if str(sheet.cell(row, 1).value or "").split("\n")[0] == header)


def _type(sheet: Worksheet, row: int, column: int, value: Typed) -> None:
    _put(sheet, row, column, value)
    if isinstance(value, date):
        sheet.cell(row, column).number_format = DATE_FORMAT


def _put(sheet: Worksheet, row: int, column: int, value: object) -> None:
    cell = sheet.cell(row, column)
    cell.value = value  # type: ignore[assignment]
    if isinstance(value, str):
        cell.data_type = "s"
