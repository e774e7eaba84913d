"""The history of the actions as a workbook and as CSV."""

import csv
import zipfile
from dataclasses import replace
from datetime import date
from io import BytesIO, StringIO

import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st

from report.history import LATE, NEVER, ON_TIME, HistoryRow, history_csv, history_workbook
from tests.report import samples

FIRST = HistoryRow(
    "Strategic Plan", "update 3", date(2020, 1, 10), "Big Action 1", "1.5", "Agree an improved pathway",
    "Head of Strategy and Support Services", "Amber", "Red", date(2020, 9, 30), date(2020, 6, 30), LATE,
    "agreed: due 30 September 2020",
)  # fmt: skip
ROWS = (
    FIRST,
    replace(FIRST, cycle="update 4", sponsor_rating="no return", agreed_rating="", returned=NEVER, decision=""),
    replace(FIRST, ref="1.6", deliverable=samples.HOSTILE, due=None, original_due=None, returned=ON_TIME,
            decision="=cmd|'/c calc'!A1"),
)  # fmt: skip


def test_the_workbook_has_a_row_for_each_action_and_cycle() -> None:
    sheet = openpyxl.load_workbook(BytesIO(history_workbook(ROWS))).active
    assert [cell.value for cell in sheet[2]][:5] == ["Programme", "Cycle", "SPG date", "Plan", "Ref"]
    first = [cell.value for cell in sheet[3]]
    assert first[7:9] == ["Amber", "Red"]
    dates = first[9:11]
    assert [one.date() for one in dates] == [date(2020, 9, 30), date(2020, 6, 30)]
    assert first[11:] == ["late", "agreed: due 30 September 2020"]
    assert [cell.value for cell in sheet[4]][7:] == ["no return", "", *dates, "never", ""]
    assert sheet.auto_filter.ref == "A2:M5"


def test_the_workbook_is_data_and_always_the_same() -> None:
    book = history_workbook(ROWS)
    cells = [cell for row in openpyxl.load_workbook(BytesIO(book)).active.iter_rows() for cell in row]
    assert all(cell.data_type != "f" and cell.hyperlink is None for cell in cells)
    assert "=cmd|'/c calc'!A1" in [cell.value for cell in cells]
    assert history_workbook(ROWS) == book
    with zipfile.ZipFile(BytesIO(book)) as package:
        assert not any(b"<f>" in package.read(name) for name in package.namelist() if "/sheet" in name)


def test_an_empty_history_says_so() -> None:
    sheet = openpyxl.load_workbook(BytesIO(history_workbook(()))).active
    assert sheet["A3"].value == "There is none yet: no cycle has been issued."
    assert history_csv(()).count("\r\n") == 1


def test_csv_reads_back() -> None:
    header, *rows = csv.reader(StringIO(history_csv(ROWS)))
    assert header[7:12] == ["Sponsor's rating", "Agreed rating", "Due", "Original due", "Returned"]
    assert rows[0][7:] == ["Amber", "Red", "2020-09-30", "2020-06-30", "late", "agreed: due 30 September 2020"]
    assert rows[2][9:] == ["", "", "on time", "'=cmd|'/c calc'!A1"]


@given(st.text())
def test_no_cell_of_the_csv_begins_a_formula(text: str) -> None:
    row = replace(FIRST, plan=text, ref=text, deliverable=text, decision=text)
    (_, cells) = list(csv.reader(StringIO(history_csv((row,)), newline="")))
    assert len(cells) == 13
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


@settings(max_examples=15, deadline=None)
@given(st.text())
def test_any_text_becomes_a_history(text: str) -> None:
    row = replace(FIRST, programme=text, plan=text, ref=text, deliverable=text, decision=text)
    assert openpyxl.load_workbook(BytesIO(history_workbook((row,)))).active.max_row == 3
