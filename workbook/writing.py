"""Writes the workbook that a sponsor fills in."""

from workbook.action_sheet import draw_actions
from workbook.canvas import Canvas
from workbook.cleaning import writable
from workbook.contents import IDENTITY_SHEET, FormContents
from workbook.looks import looks_for
from workbook.packing import packed
from workbook.plan_sheet import GUIDE_SHEET, draw_guide, draw_plan
from workbook.wording import wording


def write_form(contents: FormContents) -> bytes:
    """The form as an .xlsx file, answers blank; the same contents give the same bytes.

    Nothing in it runs: every text is written as text, whatever it begins with.
    """
    from openpyxl import Workbook

    words, workbook = wording(contents), Workbook()
    workbook.properties.creator = writable(contents.team)
    workbook.properties.title = writable(words.title)
    workbook.worksheets[0].title = words.action_sheet
    looks = looks_for(workbook, contents.form)
    canvases = {words.action_sheet: draw_actions(workbook.worksheets[0], contents, looks)}
    if contents.form.fields:
        canvases[words.plan_sheet] = draw_plan(workbook.create_sheet(words.plan_sheet), contents, looks)
    canvases[GUIDE_SHEET] = draw_guide(workbook.create_sheet(GUIDE_SHEET), contents, looks)
    workbook.create_sheet(IDENTITY_SHEET).sheet_state = "veryHidden"
    canvases[IDENTITY_SHEET] = _identity(contents)
    return packed(workbook, canvases)


def _identity(contents: FormContents) -> Canvas:
    canvas = Canvas()
    for number, (key, value) in enumerate(contents.identity.items(), start=1):
        canvas.put(number, 1, key, 0)
        canvas.put(number, 2, value, 0)
        canvas.end_row(number, 15)
    return canvas
