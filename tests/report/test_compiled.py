"""The compiled workbook, opened again."""

import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given, settings
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from report.compiled import compiled_workbook, file_name
from report.looks import MOST_LINES, due_box, lines_of, portions
from report.outcomes_sheet import by_outcome, has_outcomes
from report.standing import Standing
from report.summary import place_rows
from tests.report import ladder_samples, samples
from tests.report.test_summary import standings
from workbook.contents import PAPERS


def _opened(standing: Standing) -> Workbook:
    """The workbook as a reader sees it: without the hidden sheet, which says that it is no form."""
    book = openpyxl.load_workbook(BytesIO(compiled_workbook(standing)))
    hidden = book.worksheets[-1]
    assert hidden.sheet_state == "veryHidden"
    assert [[cell.value for cell in row] for row in hidden.iter_rows()] == [["plan", PAPERS]]
    book.remove(hidden)
    return book


def _texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def _cell(sheet: Worksheet, text: str):
    return next(cell for row in sheet.iter_rows() for cell in row if cell.value == text)


@pytest.fixture(scope="module")
def book() -> Workbook:
    return _opened(samples.STANDING)


def test_the_sheets_stand_in_reading_order(book: Workbook) -> None:
    plans = ["Big Action 1", "Big Action 3", "Big Action 4", "Big Action 5"]
    assert book.sheetnames == ["Summary", "Exceptions", *plans, "National outcomes", "Returns log"]


def test_the_summary_counts_and_draws(book: Workbook) -> None:
    sheet = book["Summary"]
    red = _cell(sheet, "Red")
    assert sheet.cell(red.row, 3).value == 2
    assert red.fill.fgColor.rgb == "FF9B0F0F"
    assert red.font.color.rgb == "FFFFFFFF"
    assert _cell(sheet, "worst: Red").fill.fgColor.rgb == "FF9B0F0F"
    assert _cell(sheet, "No rating").border.left.style == "dashed"
    assert "Agree a new date, 30 September 2020 (now due 30 June 2020)." in _texts(sheet)
    (chart,) = sheet._charts
    assert [series.graphicalProperties.solidFill.srgbClr for series in chart.series] == [
        "9B0F0F", "FFB81C", "00857D", "12436D", "FFFFFF", "FFFFFF",
    ]  # fmt: skip


def test_the_exceptions_begin_with_the_worst(book: Workbook) -> None:
    sheet = book["Exceptions"]
    rows = [(row[0].value, row[2].value) for row in sheet.iter_rows(min_row=3)]
    assert rows == [
        ("Red", "3.1"), ("Red", "4.1"), ("Amber", "1.5"), ("Amber", "3.2"),
        ("Not updated", "3.5"), ("No return", "5.1"), ("No return", "5.2"), ("No return", "5.5"),
    ]  # fmt: skip
    assert "Back to Green by: not given" in sheet["G3"].value
    assert (
        "Sponsors differ: Head of Children & Families & Criminal Justice: amber".casefold()
        in sheet["H3"].value.casefold()
    )
    assert "Asked about: Row 3.1 is Red with no date back to Green." in sheet["H3"].value
    assert sheet["G7"].value == "Last progress, update 3: As planned."
    assert _cell(sheet, "No return").border.left.style == "dashed"


def test_a_plan_has_every_column(book: Workbook) -> None:
    sheet = book["Big Action 3"]
    header = _cell(sheet, "Ref").row
    titles = [cell.value for cell in sheet[header]]
    assert titles == [
        "Ref", "Deliverable", "Due", "Last rating", "Last progress", "Rating", "Since last", "Sponsors' ratings",
        "Progress",
        "Reason and recovery", "Back to Green by", "Latest figure", "Date of figure", "Forecast", "Proposed new date",
        "Escalate to", "Updated by", "To note", "Lead", "Start", "Revised due", "Measure", "National outcomes",
    ]  # fmt: skip
    first = dict(zip(titles, sheet[header + 1], strict=True))
    assert first["Due"].value.isoformat() == "2020-06-30T00:00:00"
    assert first["Last rating"].value == "Amber"
    assert first["Rating"].value == "Red"
    assert "Head of Health & Community Care: Red" in first["Sponsors' ratings"].value
    assert first["Lead"].value == "SM Service Lead"
    assert sheet.cell(header + 4, 6).value == "Not updated"
    assert "Write to the national screening board about the shared dashboard." in _texts(sheet)
    assert sheet.freeze_panes == f"A{header + 1}"
    assert sheet.auto_filter.ref == f"A{header}:W{header + 4}"


def test_reference_columns_and_empty_columns_are_folded_away(book: Workbook) -> None:
    sheet = book["Big Action 3"]
    header = _cell(sheet, "Ref").row
    hidden = {cell.value for cell in sheet[header] if _hidden(sheet, cell.column_letter)}
    assert {"Lead", "Measure", "Back to Green by", "Latest figure"} <= hidden
    assert not {"Ref", "Rating", "Progress", "To note"} & hidden


def _hidden(sheet: Worksheet, letter: str) -> bool:
    column = openpyxl.utils.column_index_from_string(letter)
    return any(one.hidden and one.min <= column <= one.max for one in sheet.column_dimensions.values())


def test_a_single_sponsor_needs_no_column_for_both(book: Workbook) -> None:
    assert "Sponsors' ratings" not in _texts(book["Big Action 4"])


@pytest.fixture(scope="module")
def year() -> Workbook:
    return _opened(ladder_samples.YEAR)


def test_the_summary_goes_on_with_the_year(year: Workbook) -> None:
    sheet = year["Summary"]
    texts = _texts(sheet)
    headings = ["For other forums", "Not returned, or not in full", "What became of last time’s decisions"]
    assert [text for text in texts if text in headings] == headings
    assert ladder_samples.YEAR.decided[1] in texts
    assert "4.1 Deliver the new learning disability community hub: Red" in texts
    assert "1 worsened\n2 improved\n1 same" in texts
    assert "3 not comparable" in texts


def test_the_trend_has_a_table_and_a_chart(year: Workbook) -> None:
    sheet = year["Summary"]
    cycles = [_cell(sheet, f"update {one}").row for one in (1, 2, 3, 4)]
    assert cycles == list(range(cycles[0], cycles[0] + 4))
    assert [sheet.cell(cycles[-1], column).value for column in range(4, 11)] == [2, 2, 4, 1, 1, 3, 13]
    chart = sheet._charts[-1]
    assert (chart.type, chart.grouping) == ("col", "stacked")
    assert chart.series[0].val.numRef.f == f"Summary!$D${cycles[0]}:$D${cycles[-1]}"
    assert chart.anchor._from.row > cycles[-1] - 1


def test_without_earlier_cycles_there_is_no_trend(book: Workbook) -> None:
    assert "The trend over the cycles" not in _texts(book["Summary"])


def test_decisions_that_were_not_recorded_are_said_so() -> None:
    book = _opened(ladder_samples.LONG_YEAR)
    assert "What was decided on update 10 was never recorded." in _texts(book["Summary"])


def test_an_unrated_row_may_be_meant_for_another_forum() -> None:
    row = replace(samples.PLAN_3.rows[3], values={"escalate_to": "Health Board"})
    book = _opened(replace(samples.STANDING, plans=(replace(samples.PLAN_3, rows=(row,)),)))
    assert any(text.endswith("child protection training: not updated") for text in _texts(book["Summary"]))


def test_both_due_dates_are_there(year: Workbook) -> None:
    sheet = year["Big Action 1"]
    header = _cell(sheet, "Original due")
    assert sheet.cell(header.row, header.column - 1).value == "Due"
    dates = [sheet.cell(header.row + one, header.column).value for one in range(1, 5)]
    assert [one and one.date().isoformat() for one in dates] == ["2020-09-30", "", "2019-12-31", ""]
    assert year["Exceptions"]["E5"].value == "30 Jun 2020\n(was 31 Dec 2019)"
    assert "30 Jun 2020\n(was 31 Dec 2019)" in _texts(year["National outcomes"])
    assert "Original due" not in _texts(year["Big Action 4"])


def test_a_due_date_that_was_taken_away_is_still_seen() -> None:
    assert due_box(None, date(2020, 6, 30)).value == "none\n(was 30 Jun 2020)"
    assert due_box(date(2020, 6, 30), date(2020, 6, 30)).value == date(2020, 6, 30)
    assert due_box(None, None).value == ""


def test_movement_stands_beside_the_rating(year: Workbook) -> None:
    sheet = year["Big Action 1"]
    header = _cell(sheet, "Since last")
    moves = [sheet.cell(header.row + one, header.column).value for one in range(1, 5)]
    assert moves == ["same", "improved", "worsened", "improved"]
    assert year["Exceptions"]["F3"].value == "Amber\n(worsened)"


def test_national_outcomes_count_their_actions(book: Workbook) -> None:
    sheet = book["National outcomes"]
    assert [cell.value for cell in sheet[3]][5:] == [
        "Red", "Amber", "Green", "Blue", "Not updated", "No return", "All",
    ]  # fmt: skip
    groups = {row[0].value: [cell.value for cell in row[5:]] for row in sheet.iter_rows(min_row=4) if row[0].value}
    assert groups == {
        "Outcome 1": [2, 2, 4, 1, 1, 0, 10], "Outcome 5": [2, 2, 4, 1, 1, 0, 10], "None named": [0, 0, 0, 0, 0, 3, 3],
    }  # fmt: skip
    assert sheet["I5"].value == ""
    assert sheet["H5"].value == "Green"
    assert sheet["H5"].fill.fgColor.rgb == "FF00857D"


def test_outcomes_are_in_their_own_order() -> None:
    named = ("10; 2", "housing\n2,2", " , ", "")
    rows = tuple(
        replace(samples.PLAN_4.rows[0], ref=str(place), reference={"outcomes": text})
        for place, text in enumerate(named)
    )
    placed = place_rows(replace(samples.STANDING, plans=(replace(samples.PLAN_4, rows=rows),)))
    found = {name: [one.row.ref for one in own] for name, own in by_outcome(placed).items()}
    assert found == {"2": ["0", "1"], "10": ["0"], "housing": ["1"], "None named": ["2", "3"]}
    assert list(found) == ["2", "10", "housing", "None named"]
    assert has_outcomes(placed)
    assert not has_outcomes(placed[2:])
    assert list(by_outcome(placed[:1])) == ["2", "10"]


def test_hostile_text_is_text(book: Workbook) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert all(cell.hyperlink is None for cell in cells)
    assert "=cmd|'/c calc'!A1" in _texts(book["Big Action 3"])
    assert "=BA3 <final>.xlsx" in _texts(book["Returns log"])
    with zipfile.ZipFile(BytesIO(compiled_workbook(samples.STANDING))) as package:
        assert not [name for name in package.namelist() if "external" in name.casefold()]
        assert not any(b"<f>" in package.read(name) for name in package.namelist() if "/sheet" in name)


def test_a_long_text_is_shown_whole(book: Workbook) -> None:
    sheet = book["Big Action 4"]
    whole = " ".join(_texts(sheet))
    assert whole.count("The tender was re-run") == 16
    assert "… (continued below the table)" in whole
    assert "4.2 Progress" in _texts(sheet)


def test_a_long_red_text_points_to_its_plan() -> None:
    row = replace(samples.PLAN_4.rows[0], values={"reason": samples.LONG * 30})
    book = _opened(replace(samples.STANDING, plans=(replace(samples.PLAN_4, rows=(row,)),)))
    assert str(book["Exceptions"]["G3"].value).endswith(" … (in full on the sheet of the plan)")


def test_every_sheet_is_ready_to_print(book: Workbook) -> None:
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToWidth in {None, 1}
        assert sheet.page_setup.fitToHeight == 0
        assert "&P" in sheet.oddFooter.center.text or "Page" in sheet.oddFooter.center.text
        used = [row[0].row for row in sheet.iter_rows() if any(cell.value is not None for cell in row)]
        assert all(sheet.row_dimensions[row].height for row in used)
        assert all(cell.font.name == "Arial" for row in sheet.iter_rows() for cell in row if cell.value is not None)
    for name in book.sheetnames[1:]:
        assert book[name].print_title_rows
    assert "DRAFT" not in str(book.properties.title)


def test_a_draft_says_so_on_every_page() -> None:
    book = _opened(replace(samples.STANDING, draft=True))
    assert book.properties.title == "DRAFT: Strategic Plan update 4"
    for sheet in book:
        assert sheet["A1"].value.startswith("DRAFT: ")
        assert "DRAFT" in sheet.oddHeader.center.text
        assert "DRAFT" in sheet.oddFooter.center.text


def test_the_same_standing_gives_the_same_bytes() -> None:
    one = compiled_workbook(samples.STANDING)
    properties = openpyxl.load_workbook(BytesIO(one)).properties
    assert properties.created.isoformat() == "2020-02-14T09:00:00"
    with zipfile.ZipFile(BytesIO(one)) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert compiled_workbook(samples.STANDING) == one


@settings(max_examples=20, deadline=None)
@given(standings())
def test_any_standing_becomes_a_workbook(standing: Standing) -> None:
    book = _opened(standing)
    assert len(book.sheetnames) == len(standing.plans) + 3
    assert len({name.casefold() for name in book.sheetnames}) == len(book.sheetnames)


def test_awkward_plan_names_become_sheet_names() -> None:
    labels = ["Summary", "a/b:c?*[d]'", "x" * 40, "x" * 41, "", "History", "R&D"]
    plans = tuple(replace(samples.PLAN_5, id=label, label=label) for label in labels)
    names = _opened(replace(samples.STANDING, plans=plans, programme="R&D")).sheetnames
    assert names[2:-1] == [
        "Summary (2)", "a b c   d", f"{'x' * 30}…", f"{'x' * 26} (2)", "Plan", "History (2)", "R&D",
    ]  # fmt: skip


def test_many_plans_have_a_taller_chart() -> None:
    plans = tuple(replace(samples.PLAN_5, id=str(one), label=f"Plan {one}") for one in range(14))
    sheet = _opened(replace(samples.STANDING, plans=plans))["Summary"]
    (chart,) = sheet._charts
    assert chart.anchor.to.row < _cell(sheet, "Sponsors").row


def test_when_all_is_well_the_papers_say_so() -> None:
    book = _opened(samples.ALL_IN)
    assert "Nothing, this time." in _texts(book["Summary"])
    assert "Every plan was returned in full." in _texts(book["Summary"])
    assert any(text.startswith("There are none") for text in _texts(book["Exceptions"]))
    assert "Nothing has come in." in _texts(book["Returns log"])


def test_the_file_is_named_for_people() -> None:
    assert file_name(samples.STANDING) == "Strategic Plan update 4 - papers.xlsx"
    assert file_name(samples.STANDING, "addendum") == "Strategic Plan update 4 - addendum.xlsx"
    assert file_name(replace(samples.STANDING, draft=True)) == "Strategic Plan update 4 - papers DRAFT.xlsx"
    assert file_name(replace(samples.STANDING, programme="../a:b\\c", cycle="2019/1")) == "a-b-c 2019-1 - papers.xlsx"
    assert file_name(replace(samples.STANDING, programme="..", cycle="/")) == "plan - papers.xlsx"


def test_portions_lose_no_word() -> None:
    text = (samples.LONG * 40 + "\n\n") * 2
    parts = portions(text, 40)
    assert len(parts) > 2
    assert " ".join(" ".join(parts).split()) == " ".join(text.split())
    assert all(lines_of(part, 40) <= MOST_LINES for part in parts)
    assert portions("short\ntext", 40) == ["short\ntext"]


def test_capitals_need_more_room() -> None:
    assert lines_of("MANY CAPITAL LETTERS " * 8, 30) > lines_of("many capital letters " * 8, 30)
    assert lines_of("", 30) == 1
