"""Masters: what is read from them, what is said of a broken one, and what a team starts from."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from programme.form import Column, Form
from programme.plan import Action, Plan
from tests.workbook.test_desktop_workbooks import converted
from workbook.contents import Cell, FormContents, Sheet, Sheets
from workbook.master import Master, kept_columns, read_master, write_master
from workbook.unpacking import unpack
from workbook.writing import write_form

ACTIONS = (
    Action(
        "3.1",
        "Agree a multi-agency response to the Hard Edges Scotland findings",
        date(2020, 6, 30),
        {
            "lead": "SM Adult Protection",
            "start": "2019-09-01",
            "measure": "Inquiries within 5 days",
            "outcomes": "5, 7",
        },
    ),
    Action("3.2", "=Governance & <more>", None, {"revised_due": "2020-09-30"}),
    Action("3.10", "Introduce one public-protection dashboard\nfor children and adults", date(2021, 3, 31)),
)
PLAN = Plan("ba3", "Together We Will Protect Our Population", "Big Action 3", ("health",), ACTIONS)
HEADERS = ("Ref", "Deliverable", "Due", "Lead", "Start")
GOOD = ("3.1", "Agree a response", date(2020, 6, 30), "SM Adult Protection", date(2019, 9, 1))


def book(*rows: tuple[object, ...], name: str = "Actions", change: Callable[[Worksheet], None] | None = None) -> Sheets:
    """A sheet that somebody made by hand."""
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = name
    for row in rows:
        sheet.append(row)
    if change:
        change(sheet)
    return saved(workbook)


def saved(workbook: openpyxl.Workbook) -> Sheets:
    target = BytesIO()
    workbook.save(target)
    return unpack(target.getvalue())


def test_what_is_written_is_read_again(form: Form) -> None:
    master = read_master(form, unpack(write_master(form, PLAN)))
    assert master == Master(ACTIONS, (), ("lead", "start", "revised_due", "measure", "outcomes"))
    assert write_master(form, PLAN) == write_master(form, PLAN)


def test_an_owner_is_left_to_the_settings(form: Form) -> None:
    owned = replace(PLAN, actions=(replace(ACTIONS[0], owner="health"),))
    assert read_master(form, unpack(write_master(form, owned))).actions == (ACTIONS[0],)


def test_a_form_as_it_was_issued_is_a_master_too(form: Form, contents: FormContents) -> None:
    master = read_master(form, unpack(write_form(contents)))
    assert master.problems == ()
    assert [action.ref for action in master.actions] == [row.ref for row in contents.rows]
    assert master.actions[0].reference == contents.rows[0].reference
    assert master.actions[5] == Action("3.10", contents.rows[5].deliverable, None, contents.rows[5].reference)


def test_the_columns_of_a_master(form: Form) -> None:
    ids = [column.id for column in kept_columns(form)]
    assert ids == ["ref", "deliverable", "due", "lead", "start", "revised_due", "measure", "outcomes"]


def test_a_master_is_open_and_has_room(form: Form) -> None:
    sheet = openpyxl.load_workbook(BytesIO(write_master(form, PLAN))).worksheets[0]
    assert sheet["A1"].value == "Big Action 3: Together We Will Protect Our Population"
    assert not sheet.protection.sheet
    assert not any(cell.protection.locked for row in sheet["A5:H17"] for cell in row)
    assert not any(dimension.hidden for dimension in sheet.column_dimensions.values())
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("C5", "A4:H17")
    assert {str(rule.sqref): rule.type for rule in sheet.data_validations.dataValidation} == {
        "C5:C17": "date", "E5:E17": "date", "F5:F17": "date",
    }  # fmt: skip
    assert sheet["B6"].data_type == "s"
    assert sheet["A5"].number_format == "@"


def test_a_master_of_a_form_with_few_columns(form: Form) -> None:
    few = replace(form, columns=(Column("ref", "Ref"), Column("lead", "Lead"), form.column("rating")))
    sheet = openpyxl.load_workbook(BytesIO(write_master(few, PLAN))).worksheets[0]
    assert sheet.freeze_panes == "B5"


def test_order_titles_ratings_and_other_columns_do_not_matter(form: Form) -> None:
    sheets = book(
        ("Big Action 3",),
        ("Lead and Ref as agreed in May",),
        (),
        ("Budget", "DUE:", "Rating", "Key deliverable", "Progress", "Ref\n(never changes)", "Last rating", "Lead"),
        ("£5", "30 June 2020", "=1+1", "Agree a response", "not now", "3.1", "Red", 7),
        ("=SUM(A1)", None, "Purple", "Another", None, 3.2, None, None),
        ("total", None, None, None, "of nothing", None, None, None),
    )
    assert read_master(form, sheets) == Master(
        (Action("3.1", "Agree a response", date(2020, 6, 30), {"lead": "7"}), Action("3.2", "Another", None)),
        (),
        ("lead",),
    )


def test_a_hidden_sheet_is_not_in_the_way(form: Form) -> None:
    workbook = openpyxl.Workbook()
    for sheet in (workbook.worksheets[0], workbook.create_sheet("Old")):
        sheet.append(HEADERS)
        sheet.append(GOOD)
    workbook.create_sheet("Template").append(HEADERS)
    workbook["Old"].sheet_state = "hidden"
    workbook["Old"]["A2"] = "9.9"
    assert [action.ref for action in read_master(form, saved(workbook)).actions] == ["3.1"]


def _set(**cells: object) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        for name, value in cells.items():
            sheet[name] = value  # type: ignore[assignment]

    return change


def _date_ref(sheet: Worksheet) -> None:
    sheet["A2"] = date(2020, 1, 3)
    sheet["A2"].number_format = "dd/mm/yyyy"


NO_DATE = "which we cannot read as a date: please type one day, such as 30 June 2020."
NO_REF = "use letters, digits, dots and hyphens only, at most 20, such as 3.2."
ONE_BROKEN = {
    "no ref": (_set(A2=None), "Actions!A2 is empty: put the action's Ref, such as 3.2."),
    "no deliverable": (_set(B2=None), "Actions!B2 is empty: put what is to be delivered."),
    "ref is a date": (
        _date_ref,
        'Actions!A2 says "2020-01-03", which is no Ref: format the cell as Text and type the Ref, such as 3.2.',
    ),
    "ref of words": (_set(A2="Prot people"), f'Actions!A2 says "Prot people", which is no Ref: {NO_REF}'),
    "ref too long": (_set(A2="3" * 21), f'Actions!A2 says "{"3" * 21}", which is no Ref: {NO_REF}'),
    "ref is a formula": (
        _set(A2="=B1&1"),
        'Actions!A2 says "=B1&1", which is no Ref: format the cell as Text and type the Ref, such as 3.2.',
    ),
    "due in words": (
        _set(C2="as soon as we can"),
        f'Actions!C2 says "as soon as we can", {NO_DATE}',
    ),
    "due impossible": (
        _set(C2="31/02/2020"),
        f'Actions!C2 says "31/02/2020", {NO_DATE}',
    ),
    "due with more": (
        _set(C2="30 June 2020 if funded"),
        'Actions!C2 says "30 June 2020 if funded": put the date alone, such as 30 June 2020.',
    ),
    "start unreadable": (
        _set(E2="Autumn"),
        f'Actions!E2 says "Autumn", {NO_DATE}',
    ),
    "start after due": (
        _set(E2=date(2020, 7, 1)),
        "Actions!E2 says 1 July 2020, after the action is due on 30 June 2020: check both dates.",
    ),
    "formula": (_set(D2="=A1"), "Actions!D2 holds a formula: put the value itself."),
    "due is a formula": (_set(C2="=TODAY()"), "Actions!C2 holds a formula: put the value itself."),
    "error": (_set(B2="#REF!"), "Actions!B2 shows the error #REF!: put the value itself."),
    "ref twice": (
        _set(A3="3.1", B3="Again"),
        "Actions!A3 says 3.1, and so does A2: give every action a Ref of its own.",
    ),
    "ref has lost its nought": (
        _set(A3=3.1, B3="The tenth"),
        ("Actions!A3 says 3.1, and so does A2: give every action a Ref of its own. "
        "If it is 3.10, format the cell as Text and type it again."),
    ),
    "two columns of a name": (
        _set(F1="due "),
        'Actions!F1 heads a second column "Due", beside column C: keep one.',
    ),
    "no due column": (
        _set(C1="When"),
        'Actions has no column headed "Due" in row 1: put it there, empty where nothing is known.',
    ),
    "no ref column": (
        _set(A1="Id"),
        'Actions has no column headed "Ref" in row 1: put it there, with one for every action.',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE_BROKEN)
def test_a_broken_master_is_told_in_a_sentence(form: Form, name: str) -> None:
    change, sentence = ONE_BROKEN[name]
    assert read_master(form, book(HEADERS, GOOD, change=change)).problems == (sentence,)


def test_all_faults_are_told_at_once_and_sound_rows_stay(form: Form) -> None:
    master = read_master(form, book(HEADERS, GOOD, (None, "No ref", "soon"), ("3.1", None, None, "X"), ("3.3", "Fine")))
    assert [action.ref for action in master.actions] == ["3.1", "3.3"]
    assert [problem.split(" ")[0] for problem in master.problems] == [
        "Actions!A3", "Actions!C3", "Actions!A4", "Actions!B4",
    ]  # fmt: skip


def test_a_revised_date_counts_against_the_start(form: Form) -> None:
    headers = (*HEADERS, "Revised due")
    start = (*GOOD[:4], date(2020, 8, 1))
    assert read_master(form, book(headers, (*start, date(2020, 9, 30)))).problems == ()
    assert len(read_master(form, book(headers, (*start, date(2020, 7, 31)))).problems) == 1


@pytest.mark.parametrize(
    ("sheets", "sentence"),
    [
        (book(HEADERS, name="Plan"), "Plan has no action below the headers in row 1: put one in each row."),
        (book(HEADERS, ("", "", None)), "Actions has no action below the headers in row 1: put one in each row."),
        (
            book(("Notes", "Ref"), ("We met.", "3.1")),
            "No sheet has a table of actions: put one with the columns Ref and Deliverable at least.",
        ),
        (
            Sheets(()),
            "No sheet has a table of actions: put one with the columns Ref and Deliverable at least.",
        ),
    ],
)
def test_a_master_without_actions(form: Form, sheets: Sheets, sentence: str) -> None:
    assert read_master(form, sheets) == Master((), (sentence,), ("lead", "start") if "below" in sentence else ())


def test_two_tables_are_one_too_many(form: Form) -> None:
    workbook = openpyxl.Workbook()
    for sheet in (workbook.worksheets[0], workbook.create_sheet("Copy")):
        sheet.append(HEADERS)
        sheet.append(GOOD)
    workbook["Copy"].append(("3.2", "One more"))
    sentence = "The sheets Copy and Sheet both have a table of actions: keep one, and hide the other."
    assert read_master(form, saved(workbook)).problems == (sentence,)


def test_what_was_cut_short_is_not_taken(form: Form) -> None:
    cells = {(1, 1): Cell("text", "Ref"), (1, 2): Cell("text", "Deliverable"), (1, 3): Cell("text", "Due")}
    flag = 'cells beyond 5,000 rows or 60 columns in "Actions"'
    rest = "what lies there was not read. Remove what is not part of the table."
    problems = read_master(form, Sheets((Sheet("Actions", False, cells),), flags=(flag,))).problems
    assert problems == (f"Actions goes beyond 5,000 rows or 60 columns, and {rest}",)


@pytest.mark.desktop
def test_libreoffice_saves_a_master_that_reads_the_same(form: Form, tmp_path) -> None:  # type: ignore[no-untyped-def]
    data = write_master(form, PLAN)
    assert read_master(form, unpack(converted(data, "xlsx", tmp_path))) == read_master(form, unpack(data))
