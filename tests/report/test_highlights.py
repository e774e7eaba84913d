"""Highlight reports in the papers: the grid, what other forums should take up, and the reports."""

from dataclasses import replace
from io import BytesIO

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from programme.answer import LastKnown
from report.compiled import compiled_workbook
from report.highlights import NOT_FILLED_IN, NOT_NAMED, Line, highlights, is_highlights
from report.page import summary_html
from report.standing import Standing
from report.summary import summarise
from report.words import write
from tests.report import highlight_samples, samples
from tests.report.conftest import Golden
from tests.report.highlight_samples import GENERIC, HUBS, STANDING
from tests.report.markup import Markup
from workbook.contents import IDENTITY_SHEET


def _marks(line: Line) -> list[tuple[str, str, str]]:
    return [(mark.arrow, mark.words, mark.was) for mark in line.marks if mark]


def test_the_grid_has_a_line_for_each_workstream_and_a_mark_for_each_rating() -> None:
    found = highlights(STANDING)
    assert found.headings == highlight_samples.HEADINGS
    assert [line.plan.id for line in found.grid] == ["hubs", "generic-worker", "isles-model"]
    assert [_marks(line) for line in found.grid] == [
        [("▼", "worse", "Green"), ("▲", "better", "Amber"), ("=", "same", "")],
        [("–", "not comparable", ""), ("▲", "better", "Green"), ("–", "not comparable", "Green")],
        [("–", "not comparable", "Green"), ("–", "not comparable", "Amber"), ("–", "not comparable", "")],
    ]


def test_a_workstream_with_other_headings_leaves_gaps() -> None:
    other = replace(GENERIC, rows=(replace(GENERIC.rows[0], deliverable="Staffing"),))
    found = highlights(replace(STANDING, plans=(HUBS, other)))
    assert found.headings == (*highlight_samples.HEADINGS, "Staffing")
    assert [mark is None for mark in found.grid[1].marks] == [True, True, True, False]
    assert [mark is None for mark in found.grid[0].marks] == [False, False, False, True]


def test_escalations_name_the_forum_and_the_timescale() -> None:
    told = [(one.plan.id, one.items, one.forum, one.timescale) for one in highlights(STANDING).escalated]
    lease = "Premises for the first hub: the lease of the Brae practice ends in March."
    assert told == [
        ("hubs", lease, "Asset Management Group", "By the end of September 2018"),
        ("generic-worker", "The grade of the post.", NOT_NAMED, NOT_NAMED),
    ]


def test_the_reports_keep_the_form_s_order_and_none_is_an_answer() -> None:
    hubs, lead, depute = highlights(STANDING).reports
    assert [section.header for section in hubs.sections] == [field.header for field in STANDING.form.fields]
    assert {section.header: section.text for section in hubs.sections}["4. Critical issues to be addressed"] == "None"
    assert [section.filled_in for section in lead.sections] == [True, True, False, False, False, False]
    assert lead.sections[-1].text == NOT_FILLED_IN
    assert [section.header[:2] for section in depute.sections] == ["1.", "2.", "2.", "2.", "3.", "4.", "5.", "6."]
    assert (len(lead.marks), len(depute.marks)) == (3, 0)


def test_only_highlight_reports_are_told_so() -> None:
    assert is_highlights(STANDING)
    assert not is_highlights(samples.STANDING)
    assert summarise(STANDING).headline.startswith("9 ratings: 1 Red")
    assert summarise(replace(STANDING, plans=())).headline == "There are no ratings to report."
    assert summarise(samples.STANDING).headline.startswith("13 actions: ")


def test_the_page(golden: Golden) -> None:
    html = summary_html(STANDING)
    golden.check("highlights-page.html", html)
    markup = Markup(html)
    assert markup.faults == []
    assert "in a line each" not in markup.text
    assert "in full" not in markup.text.replace("or not in full", "")
    assert "▼ worse was Green" in markup.text
    assert markup.text.index("For other forums") < markup.text.index("1. Progress since last report")


def test_the_arrows_are_for_the_eye_and_the_words_for_everybody() -> None:
    markup = Markup(summary_html(STANDING))
    arrows = markup.attributes("span")
    hidden = [attributes for attributes in arrows if attributes.get("aria-hidden") == "true"]
    assert len(hidden) == 15  # nine in the grid, three beside each of the two workstreams that reported


def test_line_breaks_of_a_lead_survive_in_both_bodies() -> None:
    words = write(highlight_samples.PAPERS)
    assert "    - Savings across the partnership\n    - The present model cannot be sustained" in words.text
    assert "- Savings across the partnership<br>- The present model cannot be sustained" in words.html


def _texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def _opened(standing: Standing) -> Workbook:
    return openpyxl.load_workbook(BytesIO(compiled_workbook(standing)))


@pytest.fixture(scope="module")
def book() -> Workbook:
    return _opened(STANDING)


def test_the_workbook_has_the_grid_then_the_workstreams(book: Workbook) -> None:
    labels = [plan.label for plan in STANDING.plans]
    assert book.sheetnames == ["Highlights", *labels, "Returns log", IDENTITY_SHEET]
    sheet = book["Highlights"]
    line = next(row for row in sheet.iter_rows() if row[0].value == "Health and Social Care Hubs")
    assert [cell.value for cell in line[1:7]] == [
        "Amber", "▼ worse\n(was Green)", "Green", "▲ better\n(was Amber)", "Green", "= same",
    ]  # fmt: skip
    assert line[1].fill.fgColor.rgb == "FFFFB81C"
    assert "Asset Management Group" in _texts(sheet)
    assert any(text.startswith("The sponsors differ (Depute Lead: Amber") for text in _texts(sheet))
    assert compiled_workbook(STANDING) == compiled_workbook(STANDING)


def test_a_workstream_s_sheet_has_its_ratings_and_its_sections(book: Workbook) -> None:
    texts = _texts(book["Generic Worker"])
    assert "The report of Erlend Heddle" in texts
    assert "The report of Depute Lead" in texts
    assert any("Sponsors differ: Depute Lead: Amber" in text for text in texts)
    assert texts.count(NOT_FILLED_IN) == 4 + 7
    assert "=cmd|'/c calc'!A1" in texts
    assert not any(text.startswith("The report of") for text in _texts(book["Isles Model of Care"]))


def test_a_quiet_quarter() -> None:
    sheet = _opened(replace(highlight_samples.QUIET, draft=True))["Highlights"]
    texts = _texts(sheet)
    assert texts[0] == "DRAFT: Workstream highlights report 2"
    assert "Nothing is escalated." in texts
    assert "Every plan was returned in full." in texts


def test_long_answers_go_on_in_the_next_row() -> None:
    long = "The site was visited again, and the lease was read through with the owner's agent. " * 40
    lead = replace(HUBS.sponsors[0], fields={"escalated": long * 3, "look_ahead": long * 3})
    row = replace(HUBS.rows[0], values={"rating": "amber", "progress": long, "reason": long})
    book = _opened(replace(STANDING, plans=(replace(HUBS, sponsors=(lead,), rows=(row,)),)))
    assert any(text.endswith("(in full on the sheet of the workstream)") for text in _texts(book["Highlights"]))
    sheet = book["Health and Social Care Hubs"]
    written = " ".join(" ".join(text.split()) for text in _texts(sheet))
    assert written.count("again,") == 40 * 8
    assert all(dimension.height <= 409 for dimension in sheet.row_dimensions.values() if dimension.height)


def test_a_rating_of_a_form_that_is_gone_is_not_compared() -> None:
    row = replace(HUBS.rows[0], last=LastKnown("mauve", "mauve"))
    (line,) = highlights(replace(STANDING, plans=(replace(HUBS, rows=(row,)),))).grid
    assert _marks(line) == [("–", "not comparable", "")]
