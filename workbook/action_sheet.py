"""The sheet with a row for every action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from programme.answer import IssuedRow
from programme.form import Column, Form, Kind
from workbook.canvas import Canvas, letter
from workbook.contents import FormContents
from workbook.heights import height, lines
from workbook.looks import Looks, rating_style
from workbook.sheet_setup import add_answers, paper, protect
from workbook.shown import line_each, needs_answer, rating_shown, shown_in_form
from workbook.wording import DECISIONS, Wording, wording

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

ROW_ID_HEADER = "Row id"
HEADER_ROW = 6
FIRST_ROW = HEADER_ROW + 1
ROOM_TO_WRITE = 66.0

_ROW_ID_COLUMN = 1


def draw_actions(sheet: Worksheet, contents: FormContents, looks: Looks) -> Canvas:
    """Set up the sheet and return its cells."""
    canvas = Canvas()
    _title_block(canvas, contents, wording(contents), looks)
    _headers(canvas, contents.form, looks)
    for number, row in enumerate(contents.rows, start=FIRST_ROW):
        _action(canvas, number, row, contents.form, looks)
    _set_up(sheet, contents)
    last = letter_of(contents.form, "ref")
    canvas.texts_as_numbers = f"{last}{FIRST_ROW}:{last}{_last_row(contents)}"
    return canvas


def position(form: Form, column_id: str) -> int:
    """Where the column is issued, counted from 1; the hidden row ids stand before all."""
    return next(number for number, column in enumerate(form.columns, start=2) if column.id == column_id)


def letter_of(form: Form, column_id: str) -> str:
    return letter(position(form, column_id))


def _title_block(canvas: Canvas, contents: FormContents, words: Wording, looks: Looks) -> None:
    for row, text, style, points in (
        (1, words.title, "title", 26),
        (2, words.about, "subtitle", 16),
        (3, words.wanted, "strong", 20),
    ):
        canvas.put(row, 2, text, looks[style])
        canvas.end_row(row, points)
    if contents.form.has("rating") and contents.rows:
        canvas.put_formula(4, 2, *_count(contents), looks["count"])
    canvas.end_row(4, 20)
    canvas.put(5, 2, words.hint, looks["guide"])
    canvas.end_row(5, 18)


def _count(contents: FormContents) -> tuple[str, str]:
    """The formula that says how far one has come, and what it says while nothing is filled in."""
    form = contents.form
    if form.id == DECISIONS:
        cells = [f'({_cells(contents, column.id)}<>"")' for column in form.answered]
        said = f" of {len(contents.rows)} actions decided one by one"
        return f'SUMPRODUCT(--({"+".join(cells)}>0))&"{said}"', f"0{said}"
    asked = sum(needs_answer(form, row) for row in contents.rows)
    return f'COUNTA({_cells(contents, "rating")})&" of {asked} done"', f"0 of {asked} done"


def _cells(contents: FormContents, column_id: str) -> str:
    column = letter_of(contents.form, column_id)
    return f"{column}{FIRST_ROW}:{column}{_last_row(contents)}"


def _headers(canvas: Canvas, form: Form, looks: Looks) -> None:
    canvas.put(HEADER_ROW, _ROW_ID_COLUMN, ROW_ID_HEADER, looks["header"])
    for number, column in enumerate(form.columns, start=2):
        canvas.put(HEADER_ROW, number, column.header, looks["answer_header" if column.answered else "header"])
    most = max((lines(column.header, column.width - 2) for column in form.columns), default=1)
    canvas.end_row(HEADER_ROW, height(most, 34))


def _action(canvas: Canvas, number: int, row: IssuedRow, form: Form, looks: Looks) -> None:
    canvas.put(number, _ROW_ID_COLUMN, row.token, looks["locked"])
    open_row = needs_answer(form, row)
    most = 1
    for place, column in enumerate(form.columns, start=2):
        if column.answered:
            canvas.put(number, place, "", looks[_answer_look(column) if open_row else "done"])
            continue
        value = shown_in_form(form, column, row)
        if column.id == "meaning" and isinstance(value, str):
            value = line_each(value, form)
        canvas.put(number, place, value, looks[_locked_look(form, column, row)])
        if isinstance(value, str) and not column.grouped:
            most = max(most, lines(value, column.width - 1))
    canvas.end_row(number, height(most, ROOM_TO_WRITE if open_row else 0))


def _answer_look(column: Column) -> str:
    if column.kind is Kind.DATE:
        return "answer_date"
    return "answer" if column.kind is Kind.TEXT else "answer_choice"


def _locked_look(form: Form, column: Column, row: IssuedRow) -> str:
    if column.id == "ref":
        return "ref"
    if column.id == "last_rating":
        rating = rating_shown(form, row.last)
        return f"rating:{rating}" if rating else "never"
    base = "reference" if column.grouped else "locked"
    return f"{base}_date" if column.kind is Kind.DATE else base


def _set_up(sheet: Worksheet, contents: FormContents) -> None:
    form = contents.form
    sheet.column_dimensions[letter(_ROW_ID_COLUMN)].hidden = True
    sheet.column_dimensions[letter(_ROW_ID_COLUMN)].width = 12
    for number, column in enumerate(form.columns, start=2):
        dimension = sheet.column_dimensions[letter(number)]
        dimension.width = column.width
        if column.grouped:
            dimension.outlineLevel = 1
            dimension.hidden = True
            sheet.column_dimensions.max_outline = 1
    sheet.sheet_properties.outlinePr.summaryRight = False  # type: ignore[union-attr]
    if contents.rows:
        _validate(sheet, contents)
        sheet.auto_filter.ref = f"A{HEADER_ROW}:{letter(len(form.columns) + 1)}{_last_row(contents)}"
    _open_at(sheet, contents)
    protect(sheet)
    paper(sheet, f"{contents.plan_label} · {contents.cycle}", HEADER_ROW)


def _validate(sheet: Worksheet, contents: FormContents) -> None:
    for number, column in enumerate(contents.form.columns, start=2):
        cells = f"{letter(number)}{FIRST_ROW}:{letter(number)}{_last_row(contents)}"
        if not column.answered:
            continue
        add_answers(sheet, cells, column.header, column.hint, column.kind, _choices(contents.form, column))
        if column.kind is Kind.RATING:
            _colour(sheet, cells, contents.form)


def _choices(form: Form, column: Column) -> tuple[str, ...]:
    return tuple(rating.word for rating in form.ratings) if column.kind is Kind.RATING else column.choices


def _colour(sheet: Worksheet, cells: str, form: Form) -> None:
    from openpyxl.formatting.rule import Rule

    for rating in form.ratings:
        formula = [f'"{rating.word}"']
        sheet.conditional_formatting.add(
            cells, Rule(type="cellIs", operator="equal", formula=formula, dxf=rating_style(rating))
        )


def _open_at(sheet: Worksheet, contents: FormContents) -> None:
    form = contents.form
    frozen = "deliverable" if form.has("deliverable") else form.columns[0].id
    sheet.freeze_panes = f"{letter(position(form, frozen) + 1)}{FIRST_ROW}"
    first_open = next(
        (number for number, row in enumerate(contents.rows, start=FIRST_ROW) if needs_answer(form, row)), FIRST_ROW
    )
    target = f"{letter_of(form, 'rating') if form.has('rating') else 'B'}{first_open}"
    selection = sheet.sheet_view.selection[-1]
    selection.activeCell = selection.sqref = target
    sheet.sheet_view.showGridLines = False


def _last_row(contents: FormContents) -> int:
    return HEADER_ROW + max(len(contents.rows), 1)
