"""The sheet of questions about the plan as a whole, and the sheet that says how to fill the form in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from programme.form import Field, Kind
from workbook.canvas import Canvas
from workbook.contents import FormContents
from workbook.heights import height, lines
from workbook.looks import Looks
from workbook.sheet_setup import add_answers, paper, protect
from workbook.shown import line_each
from workbook.wording import Wording, wording

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

GUIDE_SHEET = "How to"

_QUESTION_WIDTH, _BOX_WIDTH, _NAME_WIDTH = 34, 96, 22
_FIRST_QUESTION = 4
_TICK_HINT = "Choose Yes, or leave it empty."
_BOX_POINTS = {"escalated_forum": 50.0, "escalated_timescale": 50.0, "new_actions": 260.0}


def draw_plan(sheet: Worksheet, contents: FormContents, looks: Looks) -> Canvas:
    """Set up the sheet of questions and return its cells: each question with its box to the right."""
    canvas, words = Canvas(), wording(contents)
    canvas.put(1, 1, words.plan_title, looks["title"])
    canvas.end_row(1, 28)
    canvas.put(2, 1, words.plan_hint, looks["guide"])
    canvas.end_row(2, 18)
    for row, question in enumerate(contents.form.fields, start=_FIRST_QUESTION):
        _question(canvas, row, question, words, looks)
        add_answers(sheet, f"B{row}", question.header, "", question.kind)
    _set_up(sheet, contents, (_QUESTION_WIDTH, _BOX_WIDTH))
    sheet.sheet_view.selection[0].activeCell = sheet.sheet_view.selection[0].sqref = f"B{_FIRST_QUESTION}"
    return canvas


def _question(canvas: Canvas, row: int, question: Field, words: Wording, looks: Looks) -> None:
    hint = question.hint or (_TICK_HINT if question.kind is Kind.TICK else "")
    text = f"{question.header}\n{hint}" if hint else question.header
    box = {Kind.TEXT: "box", Kind.DATE: "answer_date"}.get(question.kind, "answer_choice")
    canvas.put_question(row, 1, question.header, hint, looks["question"])
    canvas.put(row, 2, "", looks[box])
    least = _BOX_POINTS.get(question.id, words.box_points) if question.kind is Kind.TEXT else 26.0
    canvas.end_row(row, height(lines(text, _QUESTION_WIDTH * 0.92), least))


def draw_guide(sheet: Worksheet, contents: FormContents, looks: Looks) -> Canvas:
    """Set up the sheet of guidance and return its cells: the steps, then every rating with its meaning."""
    canvas, words = Canvas(), wording(contents)
    canvas.put(1, 1, words.guide_title, looks["title"])
    canvas.end_row(1, 28)
    row = 2
    for row, step in enumerate(words.steps, start=2):
        canvas.put(row, 1, f"Step {row - 1}", looks["question"])
        canvas.put(row, 2, step, looks["step"])
        canvas.end_row(row, height(lines(step, _BOX_WIDTH * 1.1)))
    ratings = [(rating.word, rating.meaning, f"rating:{rating.id}") for rating in contents.form.ratings]
    ratings = _headings(contents) or ratings
    asked = [(column.header, column.hint, "locked") for column in contents.form.columns if column.hint]
    row = _list(canvas, row + 1, "What the ratings mean", ratings, looks)
    if asked:
        _list(canvas, row + 1, "What each column is for", asked, looks)
    _set_up(sheet, contents, (_NAME_WIDTH, _BOX_WIDTH))
    return canvas


def _headings(contents: FormContents) -> list[tuple[str, str, str]]:
    """Each heading with what the ratings mean under it, where they have meanings of their own."""
    told = ((row.deliverable, line_each(row.reference.get("meaning", ""), contents.form)) for row in contents.rows)
    return [(heading, meaning, "locked") for heading, meaning in told if meaning]


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


def _set_up(sheet: Worksheet, contents: FormContents, widths: tuple[int, int]) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = widths
    sheet.sheet_view.showGridLines = False
    protect(sheet)
    paper(sheet, f"{contents.plan_label} · {contents.cycle}", None)
