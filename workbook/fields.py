"""The questions about the plan as a whole, found by their words wherever the sheet has gone."""

from collections.abc import Mapping

from programme.form import Form
from workbook.canvas import place
from workbook.cleaning import bare
from workbook.contents import Note, Sheet, Sheets
from workbook.headers import named
from workbook.values import Values


def read_fields(
    form: Form, sheets: Sheets, tables: Mapping[str, int]
) -> tuple[dict[str, str], dict[str, str], list[Note]]:
    """The answers and their cells by field id, and notes on answers that could not be understood.

    ``tables`` are the sheets of actions with the row of their header: from there on nothing is a question.
    """
    values = Values(form, sheets.date1904)
    answers: dict[str, str] = {}
    places: dict[str, str] = {}
    notes: list[Note] = []
    for sheet in sheets.sheets:
        for field_id, row, column in _questions(form, sheet):
            answer_column = _answer_column(sheet, row, column)
            in_table = row >= tables.get(sheet.name, row + 1)
            if answer_column is None or field_id in answers or in_table:
                continue
            kind = next(field.kind for field in form.fields if field.id == field_id)
            at = place(sheet.name, row, answer_column)
            value = values.read(sheet.cells[row, answer_column], kind, at)
            if value.text:
                answers[field_id], places[field_id] = value.text, at
            if value.problem or value.remark:
                notes.append(Note(sheet.name, at.rpartition("!")[2], value.problem or value.remark))
    return answers, places, notes


def _questions(form: Form, sheet: Sheet) -> list[tuple[str, int, int]]:
    known = _spellings(form)
    found = []
    for (row, column), cell in sheet.cells.items():
        field_id = named(known, cell.text) if cell.kind == "text" else None
        if field_id:
            found.append((field_id, row, column))
    return found


def _spellings(form: Form) -> Mapping[str, str]:
    return {bare(field.header): field.id for field in form.fields}


def _answer_column(sheet: Sheet, row: int, column: int) -> int | None:
    return min((at for line, at in sheet.cells if line == row and at > column), default=None)
