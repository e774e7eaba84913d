"""The sheet of questions about the plan as a whole, and the sheet that says how to fill the form in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from programme.form import Field, Kind
from workbook.canvas import Canvas
from workbook.contents import FormContents
from workbook.heights import height, lines
from workbook.looks import Looks
from workbook.sheet_setup import add_answers, paper, protect

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

PLAN_SHEET = "About this plan"
GUIDE_SHEET = "How to"

_QUESTION_WIDTH, _BOX_WIDTH, _NAME_WIDTH = 34, 96, 22
_FIRST_QUESTION = 4
_BOX_HEIGHT = 96.0


def draw_plan(sheet: Worksheet, contents: FormContents, looks: Looks) -> Canvas:
    """Set up the sheet of questions and return its cells: each question with its box to the right."""
    canvas = Canvas()
    canvas.put(1, 1, f"{contents.plan_label}: about the plan as a whole", looks["title"])
    canvas.end_row(1, 28)
    canvas.put(
        2, 1, "Fill in what applies. Write “None” where the answer is none; an empty box is no answer.", looks["guide"]
    )
    canvas.end_row(2, 18)
    for row, question in enumerate(contents.form.fields, start=_FIRST_QUESTION):
        _question(canvas, row, question, looks)
        add_answers(sheet, f"B{row}", question.header, "", question.kind)
    _set_up(sheet, contents, (_QUESTION_WIDTH, _BOX_WIDTH))
    sheet.sheet_view.selection[0].activeCell = sheet.sheet_view.selection[0].sqref = f"B{_FIRST_QUESTION}"
    return canvas


def _question(canvas: Canvas, row: int, question: Field, looks: Looks) -> None:
    text = f"{question.header}\n{question.hint}" if question.hint else question.header
    box = {Kind.TEXT: "box", Kind.DATE: "answer_date"}.get(question.kind, "answer_choice")
    canvas.put_question(row, 1, question.header, question.hint, looks["question"])
    canvas.put(row, 2, "", looks[box])
    least = _BOX_HEIGHT if question.kind is Kind.TEXT else 22.0
    canvas.end_row(row, height(lines(text, _QUESTION_WIDTH * 0.92), least))


def draw_guide(sheet: Worksheet, contents: FormContents, looks: Looks) -> Canvas:
    """Set up the sheet of guidance and return its cells: the steps, then every rating with its meaning."""
    canvas = Canvas()
    canvas.put(1, 1, "How to fill in this form", looks["title"])
    canvas.end_row(1, 28)
    row = 2
    for row, step in enumerate(_steps(contents), start=2):
        canvas.put(row, 1, f"Step {row - 1}", looks["question"])
        canvas.put(row, 2, step, looks["step"])
        canvas.end_row(row, height(lines(step, _BOX_WIDTH * 1.1)))
    ratings = [(rating.word, rating.meaning, f"rating:{rating.id}") for rating in contents.form.ratings]
    asked = [(column.header, column.hint, "locked") for column in contents.form.columns if column.hint]
    row = _list(canvas, row + 1, "What the ratings mean", ratings, looks)
    if asked:
        _list(canvas, row + 1, "What each column is for", asked, looks)
    _set_up(sheet, contents, (_NAME_WIDTH, _BOX_WIDTH))
    return canvas


def _list(canvas: Canvas, row: int, title: str, lines_of: list[tuple[str, str, str]], looks: Looks) -> int:
    """A titled list of names with what they mean; returns its last row."""
    canvas.end_row(row, 12)
    canvas.put(row + 1, 1, title, looks["strong"])
    canvas.end_row(row + 1, 24)
    for number, (name, meaning, look) in enumerate(lines_of, start=row + 2):
        canvas.put(number, 1, name, looks[look])
        canvas.put(number, 2, meaning, looks["locked"])
        canvas.end_row(number, height(lines(meaning, _BOX_WIDTH * 1.1), 22))
    return row + 1 + len(lines_of)


def _steps(contents: FormContents) -> tuple[str, ...]:
    deadline = f"{contents.deadline:%A} {contents.deadline.day} {contents.deadline:%B %Y}"
    grouped = [column.header for column in contents.form.columns if column.grouped]
    steps = [
        "On the sheet Actions, choose a rating in every row. A row counts once its rating is filled in.",
        "Write the progress since last time beside it. For a rating that is not on track, say why and when it will be.",
        "Leave the white and grey cells as they are. To ask for another date, fill in the proposed new one.",
    ]
    if contents.form.fields:
        steps.append(f"On the sheet {PLAN_SHEET}, answer what applies to the plan as a whole.")
    steps.append(f"Save the file as an Excel workbook and send it back as a reply to our email, by {deadline}.")
    steps.append("You may share the work: send the file to colleagues, and send back each piece as it comes.")
    if grouped:
        steps.append(
            f"For reference, {', '.join(grouped)} are folded away at the right of Actions. To see them, press the + "
            "above the columns; if Excel asks, first choose Review, Unprotect Sheet (there is no password)."
        )
    return tuple(steps)


def _set_up(sheet: Worksheet, contents: FormContents, widths: tuple[int, int]) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = widths
    sheet.sheet_view.showGridLines = False
    protect(sheet)
    paper(sheet, contents, None)
