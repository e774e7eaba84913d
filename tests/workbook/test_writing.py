"""What an issued form is: its sheets, its locks, its looks, and that nothing in it runs."""

import re
import time
from dataclasses import replace
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from programme.answer import IssuedRow, LastKnown
from programme.form import Column, Field, Form, Kind
from workbook.contents import FormContents
from workbook.heights import height, lines
from workbook.matching import match
from workbook.unpacking import unpack
from workbook.writing import write_form

LAST_ROW = 12


@pytest.fixture(scope="module")
def data(contents: FormContents) -> bytes:
    return write_form(contents)


@pytest.fixture(scope="module")
def actions(data: bytes) -> Worksheet:
    return openpyxl.load_workbook(BytesIO(data))["Actions"]


def part(data: bytes, name: str) -> str:
    with ZipFile(BytesIO(data)) as archive:
        return archive.read(name).decode()


def test_the_same_contents_give_the_same_bytes(contents: FormContents, data: bytes) -> None:
    assert write_form(contents) == data
    with ZipFile(BytesIO(data)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_its_sheets(data: bytes) -> None:
    workbook = openpyxl.load_workbook(BytesIO(data))
    assert [(sheet.title, sheet.sheet_state) for sheet in workbook.worksheets] == [
        ("Actions", "visible"),
        ("About this plan", "visible"),
        ("How to", "visible"),
        ("_plancycle", "veryHidden"),
    ]
    assert workbook.active is workbook["Actions"]
    assert workbook.properties.created == workbook.properties.modified


def test_it_opens_at_the_first_empty_rating(actions: Worksheet) -> None:
    assert actions.freeze_panes == "D7"
    assert actions.sheet_view.selection[-1].activeCell == "G7"


def test_rows_that_the_spg_agreed_complete_are_not_asked(contents: FormContents) -> None:
    done = replace(contents.rows[0], last=LastKnown("blue", "blue", "All done"))
    sheet = openpyxl.load_workbook(BytesIO(write_form(replace(contents, rows=(done, *contents.rows[1:])))))["Actions"]
    assert sheet.sheet_view.selection[-1].activeCell == "G8"
    assert sheet["G7"].protection.locked
    assert sheet["B4"].value == '=COUNTA(G7:G12)&" of 5 done"'


def test_title_block_and_count(actions: Worksheet, data: bytes) -> None:
    assert actions["B1"].value == "Big Action 3: Together We Will Protect Our Population"
    assert actions["B3"].value == "Please return by Friday 13 March 2020"
    assert actions["B3"].font.b
    assert "Planning Team, 01475 000 000" in actions["B5"].value
    assert actions["B4"].value == '=COUNTA(G7:G12)&" of 6 done"'
    assert "<v>0 of 6 done</v>" in part(data, "xl/worksheets/sheet1.xml")


def test_answers_are_blank_and_open_and_the_rest_is_locked(actions: Worksheet, form: Form) -> None:
    assert actions.protection.sheet
    assert actions.protection.password is None
    for number, column in enumerate(form.columns, start=2):
        for row in range(7, LAST_ROW + 1):
            cell = actions.cell(row, number)
            assert cell.protection.locked is not column.answered
            if column.answered:
                assert cell.value is None
                assert cell.fill.fgColor.rgb == "00FFF8DC"


def test_last_ratings_carry_their_word(actions: Worksheet) -> None:
    shown = [actions.cell(row, 5).value for row in range(7, LAST_ROW + 1)]
    assert shown == ["Green", "Green (sponsor: Amber)", "Amber", "Red", "Not yet rated", "Sponsor: Green"]
    assert actions["E10"].fill.fgColor.rgb == "009B0F0F"


def test_dropdowns_dates_and_colours(actions: Worksheet) -> None:
    rules = {str(rule.sqref): rule for rule in actions.data_validations.dataValidation}
    assert rules["G7:G12"].formula1 == '"Red,Amber,Green,Blue"'
    assert rules["M7:M12"].formula1 == '"On time,Late,Not achievable"'
    assert rules["J7:J12"].type == "date"
    assert actions["D7"].number_format == "dd/mm/yyyy"
    formats = [rule for found in actions.conditional_formatting for rule in found.rules]
    assert [rule.formula for rule in formats] == [['"Red"'], ['"Amber"'], ['"Green"'], ['"Blue"']]
    assert {str(found.sqref) for found in actions.conditional_formatting} == {"G7:G12"}


def test_paper(actions: Worksheet) -> None:
    assert (actions.page_setup.orientation, actions.page_setup.paperSize) == ("landscape", 9)
    assert (actions.page_setup.fitToWidth, actions.page_setup.fitToHeight) == (1, 0)
    assert actions.print_title_rows == "$6:$6"
    assert actions.oddFooter.right.text == "Page &P of &N"


def test_reference_columns_are_folded_at_the_right(actions: Worksheet) -> None:
    assert actions.column_dimensions["Q"].outlineLevel == 1
    assert actions.column_dimensions["Q"].hidden
    assert actions.column_dimensions["A"].hidden
    assert not actions.column_dimensions["P"].hidden


def test_every_row_has_its_height_and_refs_stay_text(actions: Worksheet, data: bytes) -> None:
    assert all(actions.row_dimensions[row].height for row in range(1, LAST_ROW + 1))
    assert actions["B12"].value == "3.10"
    assert '<ignoredError sqref="B7:B12" numberStoredAsText="1"/>' in part(data, "xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1+1", "\uff0b1", "_x003D_1", "a\0b\x0b"]
)
def test_nothing_that_it_shows_runs(contents: FormContents, text: str) -> None:
    row = IssuedRow("1.1", "t", text, None, LastKnown("green", "green", text), {"lead": text})
    everywhere = replace(
        contents,
        programme=text,
        cycle=text,
        plan_title=text,
        plan_label=text,
        person=text,
        team=text,
        phone=text,
        rows=(row,),
        identity={"plan": text},
    )
    data = write_form(everywhere)
    formulas = [
        formula
        for number in range(1, 5)
        for formula in re.findall("<f>(.*?)</f>", part(data, f"xl/worksheets/sheet{number}.xml"))
    ]
    assert formulas == ['COUNTA(G7:G7)&amp;" of 1 done"']
    assert openpyxl.load_workbook(BytesIO(data))["Actions"]["C7"].data_type == "s"
    assert match(contents.form, (row,), unpack(data)).notes == ()


def test_one_plan_leaves_nothing_in_the_next(contents: FormContents) -> None:
    secret = replace(contents, rows=(IssuedRow("8.1", "tok", "Something of another plan", None),))
    write_form(secret)
    with ZipFile(BytesIO(write_form(contents))) as archive:
        assert not any(b"another plan" in archive.read(name) for name in archive.namelist())


def test_a_form_without_rows_or_fields(contents: FormContents, form: Form) -> None:
    workbook = openpyxl.load_workbook(
        BytesIO(write_form(replace(contents, rows=(), phone="", form=replace(form, fields=()))))
    )
    assert workbook.sheetnames == ["Actions", "How to", "_plancycle"]
    assert workbook["Actions"]["B4"].value is None


def test_a_form_of_other_columns(contents: FormContents, form: Form) -> None:
    columns = (
        Column("ref", "No."),
        Column("done", "Done", Kind.TICK, answered=True),
        Column("forum", "Forum", Kind.CHOICE, answered=True, choices=("A, with a comma", "B")),
        Column("size", "Size", Kind.CHOICE, answered=True),
        Column("start", "Start", Kind.DATE),
    )
    other = replace(form, columns=columns, fields=(Field("when", "When", Kind.DATE), Field("ok", "OK", Kind.TICK)))
    row = IssuedRow("1", "t", "d", None, reference={"start": "not a date"})
    book = openpyxl.load_workbook(BytesIO(write_form(replace(contents, form=other, rows=(row,)))))
    rules = {str(rule.sqref): rule.formula1 for rule in book["Actions"].data_validations.dataValidation}
    assert rules == {"C7": '"Yes,No"'}
    assert book["Actions"]["F7"].value == "not a date"
    assert [rule.type for rule in book["About this plan"].data_validations.dataValidation] == ["date", "list"]
    assert "folded" not in str([cell.value for cell in book["How to"]["B"]])


def test_heights_follow_the_text() -> None:
    assert lines("", 10) == 1
    assert lines("one\ntwo", 10) == 2
    assert lines("x" * 100, 11) == 10
    assert height(1) == 20
    assert height(1000) == 409


def test_writing_is_faster_than_a_plain_script(contents: FormContents) -> None:
    rows = tuple(replace(contents.rows[number % 6], ref=f"3.{number}", token=f"t{number}") for number in range(40))
    forty = replace(contents, rows=rows)
    assert fastest(lambda: write_form(forty)) < fastest(lambda: plain_script(rows))


def fastest(work: object) -> float:
    times = []
    for _ in range(4):
        before = time.process_time()
        work()  # type: ignore[operator]
        times.append(time.process_time() - before)
    return min(times)


def plain_script(rows: tuple[IssuedRow, ...]) -> bytes:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    side = Side(style="thin")
    for number, row in enumerate(rows, start=7):
        for column in range(1, 22):
            cell = sheet.cell(number, column, row.deliverable if column < 10 else None)
            cell.font, cell.alignment = Font(name="Calibri", size=11), Alignment(wrap_text=True, vertical="top")
            cell.border = Border(left=side, right=side, top=side, bottom=side)
            cell.fill = PatternFill("solid", fgColor="FFF8DC")
    sheet["A1"] = date(2020, 1, 1)
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()
