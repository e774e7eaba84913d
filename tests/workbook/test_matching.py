"""How a form comes back, commonest first, and what is understood of it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from programme.answer import WITHDRAWN, Answers, IssuedRow, Query
from programme.form import Form, Kind
from workbook import filling
from workbook.cleaning import cleaned
from workbook.contents import Cell, FormContents, ReturnedForm, Sheet, Sheets
from workbook.matching import identity, match, row_tokens, unchanged
from workbook.reading import Reader
from workbook.unpacking import unpack
from workbook.values import Values
from workbook.writing import write_form

ANSWERS = {
    "3.1": {"rating": "green", "progress": "The draft was agreed.", "forecast": "On time"},
    "3.2": {
        "rating": "amber",
        "progress": "Two posts are vacant.",
        "reason": "Recruiting",
        "green_by": date(2020, 5, 29),
    },
}
READ_1 = {"rating": "green", "progress": "The draft was agreed.", "forecast": "On time"}
READ_2 = {"rating": "amber", "progress": "Two posts are vacant.", "reason": "Recruiting", "green_by": "2020-05-29"}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


@pytest.fixture(scope="module")
def issued_bytes(contents: FormContents) -> bytes:
    return write_form(contents)


@pytest.fixture(scope="module")
def filled(issued_bytes: bytes, form: Form) -> bytes:
    return filling.fill(issued_bytes, ANSWERS, form)


def understood(contents: FormContents, data: bytes) -> ReturnedForm:
    return match(contents.form, contents.rows, unpack(data))


def row(returned: ReturnedForm, ref: str) -> Answers:
    return next(it for it in returned.rows if it.ref == ref)


def sentences(returned: ReturnedForm) -> list[str]:
    return [note.sentence for note in returned.notes]


def test_what_was_filled_in_is_read(reader: Reader, contents: FormContents, filled: bytes) -> None:
    returned = match(contents.form, contents.rows, reader.read(filled))
    assert [it.ref for it in returned.rows] == ["3.1", "3.2", "3.3", "3.4", "3.5", "3.10"]
    assert row(returned, "3.1").values == READ_1
    assert row(returned, "3.2").values == READ_2
    assert row(returned, "3.3").values == {}
    assert row(returned, "3.2").places["rating"] == "Actions!G8"
    assert (returned.notes, returned.missing, returned.unknown) == ((), (), ())
    assert returned.tokens == {it.token for it in contents.rows}
    assert not unchanged(returned)


def test_the_issued_file_unchanged(contents: FormContents, issued_bytes: bytes) -> None:
    returned = understood(contents, issued_bytes)
    assert unchanged(returned)
    assert returned.notes == ()


def test_identity_and_row_ids(contents: FormContents, issued_bytes: bytes) -> None:
    sheets = unpack(issued_bytes)
    assert identity(sheets) == dict(contents.identity)
    assert row_tokens(sheets) == {it.token for it in contents.rows}
    renamed = tuple(replace(sheet, name="Sheet9") if sheet.name == "_plancycle" else sheet for sheet in sheets.sheets)
    assert identity(Sheets(renamed)) == dict(contents.identity)
    assert identity(Sheets(())) is None
    assert identity(Sheets(sheets.sheets[:1])) is None


def test_sorted_rows(contents: FormContents, filled: bytes) -> None:
    returned = understood(contents, filling.sort_rows(filled, ["3.10", "3.5", "3.4", "3.3", "3.2", "3.1"]))
    assert (row(returned, "3.1").values, row(returned, "3.2").values) == (READ_1, READ_2)
    assert row(returned, "3.1").places["rating"] == "Actions!G12"
    assert returned.notes == ()


def test_sorted_without_the_hidden_column_the_visible_ref_counts(contents: FormContents, filled: bytes) -> None:
    def swap(sheet: object) -> None:
        for at in ("A7", "A8"):
            sheet[at].value = {"A7": "t-3.2-x9", "A8": "t-3.1-x9"}[at]  # type: ignore[index]

    returned = understood(contents, edited(filled, swap))
    assert (row(returned, "3.1").values, row(returned, "3.2").values) == (READ_1, READ_2)


def test_what_was_assumed_is_noted(contents: FormContents, issued_bytes: bytes, form: Form) -> None:
    data = filling.fill(issued_bytes, {"3.3": {"rating": "Purple", "new_date": "by 30 June 2020", "figure": " "}}, form)
    returned = understood(contents, data)
    assert row(returned, "3.3").values == {"new_date": "2020-06-30"}
    assert row(returned, "3.3").problems == {
        "rating": 'Actions!G9 says "Purple": please choose Red, Amber, Green or Blue.'
    }
    assert [(it.sheet, it.cell, it.sentence) for it in returned.notes] == [
        ("Actions", "N9", 'We read "by 30 June 2020" in Actions!N9 as 30 June 2020.')
    ]


def test_a_changed_ref_is_left_as_it_was(contents: FormContents, filled: bytes) -> None:
    returned = understood(contents, edited(filled, lambda sheet: sheet.__setitem__("B7", "3.4")))
    assert row(returned, "3.1").values == READ_1
    assert sentences(returned)[0].startswith("We left Ref in 3.1 as it was")


@pytest.mark.parametrize("before", [1, 2, 5, 7, 16])
def test_an_inserted_column(contents: FormContents, filled: bytes, before: int) -> None:
    returned = understood(contents, filling.insert_column(filled, before, "My notes"))
    assert (row(returned, "3.1").values, row(returned, "3.2").values) == (READ_1, READ_2)


def test_a_deleted_row_is_missing(contents: FormContents, filled: bytes) -> None:
    returned = understood(contents, filling.delete_row(filled, "3.2"))
    assert returned.missing == ("3.2",)
    assert row(returned, "3.1").values == READ_1


def test_an_identical_copy_is_taken_once(contents: FormContents, filled: bytes) -> None:
    returned = understood(contents, filling.copy_row(filled, "3.1"))
    assert row(returned, "3.1").values == READ_1
    assert row(returned, "3.1").problems == {}


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        *((Cell("text", "soon"), kind) for kind in (Kind.RATING, Kind.DATE, Kind.CHOICE, Kind.TICK)),
        (Cell("error", "#REF!"), Kind.TEXT),
        (Cell("formula", "=A1"), Kind.TEXT),
    ],
)
def test_what_is_wrong_with_a_cell_can_be_told_without_the_way_out(form: Form, cell: Cell, kind: Kind) -> None:
    problem = Values(form).read(cell, kind, "Actions!F9", ("On time", "Late")).problem
    finding = Query("3.1", "cell-unclear", "rating", problem).finding
    assert problem.startswith(f"{finding[:-1]}: please ")
    assert "please" not in finding


def test_copies_that_differ_are_a_problem(contents: FormContents, filled: bytes, form: Form) -> None:
    copied = edited(filling.copy_row(filled, "3.1"), lambda sheet: sheet.__setitem__("G13", "Red"))
    answers = row(understood(contents, copied), "3.1")
    assert answers.problems == {
        "rating": "Actions!G7 and Actions!G13 answer Rating for 3.1 differently: please keep one row for 3.1."
    }
    assert answers.values == {"progress": "The draft was agreed.", "forecast": "On time"}


def test_copies_with_the_same_mistake_keep_one_problem(contents: FormContents, filled: bytes) -> None:
    wrong = edited(filled, lambda sheet: sheet.__setitem__("G7", "Purple"))
    answers = row(understood(contents, filling.copy_row(wrong, "3.1")), "3.1")
    assert answers.problems == {"rating": 'Actions!G7 says "Purple": please choose Red, Amber, Green or Blue.'}


def test_a_blank_copy_takes_nothing_away(contents: FormContents, issued_bytes: bytes, form: Form) -> None:
    copied = filling.fill(filling.copy_row(issued_bytes, "3.1"), {"3.1": ANSWERS["3.1"]}, form)
    assert row(understood(contents, copied), "3.1").values == READ_1


def test_a_copied_row_with_a_new_ref_is_a_new_action(contents: FormContents, filled: bytes) -> None:
    returned = understood(contents, filling.copy_row(filled, "3.1", "3.9"))
    assert returned.unknown == ("3.9",)
    assert sentences(returned) == [
        (
            "Row 13 of Actions is 3.9, which is not in the plan as we issued it: we left it out. "
            "If it is a new action, please tell us."
        )
    ]
    assert row(returned, "3.1").values == READ_1


def test_a_new_row_without_a_ref(contents: FormContents, filled: bytes) -> None:
    returned = understood(contents, edited(filled, lambda sheet: sheet.__setitem__("G20", "Green")))
    assert returned.unknown == ("row 20",)
    assert sentences(returned)[0].startswith("Row 20 of Actions is without a Ref: we left it out.")


def test_words_below_the_table_that_answer_nothing_are_left(contents: FormContents, filled: bytes) -> None:
    returned = understood(contents, edited(filled, lambda sheet: sheet.__setitem__("C20", "Checked by me")))
    assert (returned.unknown, returned.notes) == ((), ())


def test_a_row_whose_id_was_lost_is_found_by_its_ref(contents: FormContents, filled: bytes) -> None:
    returned = understood(contents, edited(filled, lambda sheet: sheet.__setitem__("A7", None)))
    assert row(returned, "3.1").values == READ_1


def test_a_ref_that_became_a_number_is_found_by_its_id(contents: FormContents, filled: bytes) -> None:
    returned = understood(contents, edited(filled, lambda sheet: sheet.__setitem__("B12", 3.1)))
    assert [it.ref for it in returned.rows] == ["3.1", "3.2", "3.3", "3.4", "3.5", "3.10"]
    assert row(returned, "3.10").values == {}
    assert row(returned, "3.1").values == READ_1
    assert returned.notes == ()


@pytest.mark.parametrize("name", ["Actions (2)", "Copy of Actions", "BA3 return"])
def test_only_the_action_sheet_sent_back_under_another_name(contents: FormContents, filled: bytes, name: str) -> None:
    data = filling.keep_only_action_sheet(filled, name)
    returned = understood(contents, data)
    assert row(returned, "3.2").values == READ_2
    assert row(returned, "3.2").places["rating"] == f"{name}!G8"
    assert identity(unpack(data)) is None
    assert row_tokens(unpack(data)) == returned.tokens


def test_as_libreoffice_saves_it(contents: FormContents, filled: bytes, form: Form) -> None:
    data = filling.as_libreoffice_saves(filling.fill(filled, {}, form, {"nobody_identified": "Yes"}))
    ticked = edited(data, lambda sheet: sheet.__setitem__("B8", "=TRUE()"), "About this plan")
    returned = understood(contents, ticked)
    assert returned.fields == {"nobody_identified": "yes"}
    assert row(returned, "3.1").values == READ_1
    assert identity(unpack(data)) == dict(contents.identity)
    again = filling.as_libreoffice_saves(edited(data, lambda sheet: sheet.__setitem__("B8", True), "About this plan"))
    assert understood(contents, again).fields == {"nobody_identified": "yes"}


def test_locked_cells_are_left_as_they_were(contents: FormContents, filled: bytes) -> None:
    def change(sheet: object) -> None:
        sheet["D10"], sheet["C10"], sheet["F10"] = date(2021, 1, 1), "Something else", None  # type: ignore[index]

    returned = understood(contents, edited(filled, change))
    assert sentences(returned) == [
        "We left Deliverable in 3.4 as it was: only the SPG changes it; to ask, tell the planning team.",
        "We left Due in 3.4 as it was: only the SPG changes it; to ask, fill in Proposed new date.",
        "We left Last progress in 3.4 as it was: only the SPG changes it; to ask, tell the planning team.",
    ]
    assert returned.notes[1].cell == "D10"


def test_a_due_date_as_text_is_the_same_date(contents: FormContents, filled: bytes) -> None:
    assert understood(contents, edited(filled, lambda sheet: sheet.__setitem__("D10", "30 June 2020"))).notes == ()


def test_a_due_date_that_was_revised_is_shown_before_the_original_one(contents: FormContents) -> None:
    """The column of the reference is folded away and does not print: what is in force stands under Due."""
    rows = tuple(
        replace(one, reference={**one.reference, "revised_due": "2020-10-01"}) if one.ref == "3.2" else one
        for one in contents.rows
    )
    revised = replace(contents, rows=rows)
    data = write_form(revised)
    sheet = openpyxl.load_workbook(BytesIO(data))["Actions"]
    assert sheet["D8"].value == "01/10/2020\n(was 31/03/2020)"
    assert sheet["D7"].value.date() == date(2020, 6, 30)
    for value in (sheet["D8"].value, date(2020, 10, 1), "31 March 2020"):
        returned = understood(revised, edited(data, lambda sheet, value=value: sheet.__setitem__("D8", value)))
        assert returned.notes == ()
    for value in (date(2020, 12, 1), "01/12/2020\n(was 31/03/2020)", "when it is done"):
        returned = understood(revised, edited(data, lambda sheet, value=value: sheet.__setitem__("D8", value)))
        assert sentences(returned)[0].startswith("We left Due in 3.2 as it was")


def test_a_date_that_was_only_ever_revised_is_the_due_date(contents: FormContents) -> None:
    rows = tuple(
        replace(one, reference={**one.reference, "revised_due": "2020-09-30"}) if one.due is None else one
        for one in contents.rows
    )
    dated = replace(contents, rows=rows)
    data = write_form(dated)
    cell = openpyxl.load_workbook(BytesIO(data))["Actions"]["D12"]
    assert (cell.value.date(), cell.number_format) == (date(2020, 9, 30), "dd/mm/yyyy")
    assert understood(dated, data).notes == ()
    for value in (date(2020, 12, 1), None):
        returned = understood(dated, edited(data, lambda sheet, value=value: sheet.__setitem__("D12", value)))
        assert [(note.cell, note.sentence.startswith("We left Due in 3.10")) for note in returned.notes] == [
            ("D12", True)
        ]


def test_missing_and_doubled_columns_are_noted(contents: FormContents, filled: bytes) -> None:
    def change(sheet: object) -> None:
        sheet["M6"], sheet["V6"] = "Whatever", "RATING:"  # type: ignore[index]

    returned = understood(contents, edited(filled, change))
    assert sentences(returned) == [
        'The column "Forecast" is not in the sheet Actions, so we took nothing for it.',
        'Two columns are headed "Rating" in Actions: we read column G and not V.',
    ]
    assert "forecast" not in row(returned, "3.1").values


def test_no_table_at_all(contents: FormContents) -> None:
    returned = match(contents.form, contents.rows, Sheets((Sheet("x", False, {(1, 1): Cell("text", "Ref")}),)))
    assert returned.missing == tuple(it.ref for it in contents.rows)
    assert sentences(returned)[0].startswith("We found no sheet with the columns of the form (Ref, Rating, Progress,")
    assert unchanged(returned)


def test_two_action_sheets_that_differ(contents: FormContents, filled: bytes) -> None:
    def copy(workbook: openpyxl.Workbook) -> None:
        workbook.copy_worksheet(workbook["Actions"])

    same = in_workbook(filled, copy)
    assert sentences(understood(contents, same)) == []
    other = edited(same, lambda sheet: sheet.__setitem__("G9", "Red"), "Actions Copy")
    returned = understood(contents, other)
    assert sentences(returned) == [
        "The sheets Actions Copy and Actions both have answers and they differ: we read Actions Copy."
    ]
    assert row(returned, "3.3").values == {"rating": "red"}


def test_comments_are_mentioned(contents: FormContents, filled: bytes) -> None:
    sheets = replace(unpack(filled), flags=("comments",))
    returned = match(contents.form, contents.rows, sheets)
    assert sentences(returned) == [
        "The file has comments, which we do not read: please put what they say into the cells."
    ]


def test_fields_are_found_by_their_words(contents: FormContents, issued_bytes: bytes, form: Form) -> None:
    asked = {"ask": "None", "case_study": "=A case", "feedback": "Good", "nobody_identified": "x"}
    data = filling.fill(issued_bytes, {}, form, asked)
    returned = understood(contents, data)
    assert returned.fields == {"ask": "None", "case_study": "=A case", "feedback": "Good", "nobody_identified": "yes"}
    assert not unchanged(returned)
    unsure = understood(contents, filling.fill(issued_bytes, {}, form, {"nobody_identified": "perhaps"}))
    assert unsure.fields == {}
    assert sentences(unsure) == ['About this plan!B8 says "perhaps": please choose Yes or No.']


def edited(data: bytes, change: object, name: str = "Actions") -> bytes:
    return in_workbook(data, lambda workbook: change(workbook[name]))  # type: ignore[operator]


def in_workbook(data: bytes, change: object) -> bytes:
    workbook = openpyxl.load_workbook(BytesIO(data))
    change(workbook)  # type: ignore[operator]
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


RATING_PROBLEM = 'Actions!F9 says "{}": please choose Red, Amber, Green or Blue.'


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Green", "green"),
        ("green ", "green"),
        ("amber", "amber"),
        ("A", "amber"),
        ("r", "red"),
        ("Green.", "green"),
        ("GREEN ✔", "green"),
        ("\uff32\uff25\uff24", "red"),
        ("*Amber*", "amber"),
        ("Yellow", "amber"),
        ("on  track", "green"),
        ("Complete", "blue"),
        ("🟢 Green", "green"),
    ],
)
def test_a_rating_is_recognised(form: Form, typed: str, meant: str) -> None:
    assert Values(form).read(Cell("text", cleaned(typed)), Kind.RATING, "Actions!F9").text == meant


@pytest.mark.parametrize("typed", ["Purple", "Green or Amber", "not green", "2", "🟢"])
def test_another_word_is_not_a_rating(form: Form, typed: str) -> None:
    read = Values(form).read(Cell("text", typed), Kind.RATING, "Actions!F9")
    assert (read.text, read.problem) == ("", RATING_PROBLEM.format(typed))


def test_a_long_word_is_quoted_short(form: Form) -> None:
    read = Values(form).read(Cell("text", "We are\nnearly there " * 20), Kind.RATING, "Actions!F9")
    assert len(read.problem) < 150
    assert "\n" not in read.problem


def test_a_letter_that_two_ratings_share_is_none_of_them(form: Form) -> None:
    shared = replace(form, ratings=(*form.ratings, replace(form.ratings[0], id="grey", word="Grey")))
    assert Values(shared).read(Cell("text", "G"), Kind.RATING, "Actions!F9").problem
    assert Values(shared).read(Cell("text", "A"), Kind.RATING, "Actions!F9").text == "amber"


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        ("date", "2020-06-30", "2020-06-30"),
        ("number", "44012", "2020-06-30"),
        ("number", "44012.75", "2020-06-30"),
        ("text", "2020-06-30", "2020-06-30"),
        ("text", "2020-06-30T09:00:00Z", "2020-06-30"),
        ("text", "30/06/2020", "2020-06-30"),
        ("text", "5/6/20", "2020-06-05"),
        ("text", "30.6.2020", "2020-06-30"),
        ("text", "30-06-2020", "2020-06-30"),
        ("text", "30 June 2020", "2020-06-30"),
        ("text", "30 Jun 20", "2020-06-30"),
        ("text", "30-Jun-20", "2020-06-30"),
        ("text", "Tuesday 30th June, 2020", "2020-06-30"),
        ("text", "1st of Sept. 2020", "2020-09-01"),
        ("text", "June 30, 2020", "2020-06-30"),
    ],
)
def test_a_date_is_recognised(form: Form, kind: str, typed: str, meant: str) -> None:
    read = Values(form).read(Cell(kind, typed), Kind.DATE, "Actions!I9")
    assert (read.text, read.problem, read.remark) == (meant, "", "")


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("text", "31/06/2020"),
        ("text", "06/30/2020"),
        ("text", "30 Feb 2020"),
        ("text", "June 2020"),
        ("text", "soon"),
        ("text", "1 June 2020 or 1 July 2020"),
        ("number", "12"),
        ("number", "1E300"),
        ("tick", "TRUE"),
        ("date", "2020-99-99"),
        ("text", "30/06/1066"),
        ("number", "-5"),
    ],
)
def test_what_is_no_single_day_is_a_problem(form: Form, kind: str, typed: str) -> None:
    read = Values(form).read(Cell(kind, typed), Kind.DATE, "Actions!I9")
    assert read.text == ""
    asked = "please type one day, such as 30 June 2020."
    assert read.problem == f'Actions!I9 says "{typed}", which we cannot read as a date: {asked}'


def test_days_of_a_mac(form: Form) -> None:
    assert Values(form, date1904=True).read(Cell("number", "42550"), Kind.DATE, "Actions!I9").text == "2020-06-30"


def test_a_date_inside_a_text_is_taken_and_said(form: Form) -> None:
    read = Values(form).read(Cell("text", "by 30 June 2020 (if funded)"), Kind.DATE, "Actions!I9")
    assert read.text == "2020-06-30"
    assert read.remark == 'We read "by 30 June 2020 (if funded)" in Actions!I9 as 30 June 2020.'


@pytest.mark.parametrize("kind", list(Kind))
def test_formulas_and_errors_are_problems(form: Form, kind: Kind) -> None:
    values = Values(form)
    formula = values.read(Cell("formula", "=VLOOKUP(A1,B:C,2)"), kind, "Actions!F9")
    assert formula.problem == "Actions!F9 holds a formula: please type the answer itself."
    error = values.read(Cell("error", "#REF!"), kind, "Actions!F9")
    assert error.problem == "Actions!F9 shows the error #REF!: please type the answer again."


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        ("tick", "TRUE", "yes"),
        ("tick", "FALSE", "no"),
        ("text", "Yes", "yes"),
        ("text", "x", "yes"),
        ("text", "✓", "yes"),
        ("text", "No.", "no"),
        ("formula", "=TRUE()", "yes"),
        ("formula", "=FALSE()", "no"),
        ("number", "1", "yes"),
        ("text", "yes!", "yes"),
        ("text", "N", "no"),
    ],
)
def test_a_tick(form: Form, kind: str, typed: str, meant: str) -> None:
    assert Values(form).read(Cell(kind, typed), Kind.TICK, "x!B8").text == meant


def test_a_choice(form: Form) -> None:
    choices = form.column("forecast").choices
    values = Values(form)
    assert values.read(Cell("text", " on TIME."), Kind.CHOICE, "x!M9", choices).text == "On time"
    read = values.read(Cell("text", "maybe"), Kind.CHOICE, "x!M9", choices)
    assert read.problem == 'x!M9 says "maybe": please choose On time, Late or Not achievable.'


@pytest.mark.parametrize(
    ("kind", "typed", "meant"),
    [
        ("number", "12", "12"),
        ("number", "0.30000000000000004", "0.3"),
        ("date", "2020-06-30", "30/06/2020"),
        ("date", "2020-99-99", "2020-99-99"),
        ("tick", "TRUE", "Yes"),
        ("text", "None", "None"),
    ],
)
def test_a_text_cell(form: Form, kind: str, typed: str, meant: str) -> None:
    assert Values(form).read(Cell(kind, typed), Kind.TEXT, "x!K9").text == meant


TEXTS = st.text(st.characters(codec="utf-8"), max_size=60) | st.sampled_from(
    ["=1+1", "+44 1475", "-", "@me", "\uff1dSUM(A1)", "_x000D_", "_x005F_", "a\r\nb", "\tx", "<&>\"'", "]]>", "\u0130"]
)
ROWS = st.fixed_dictionaries(
    {"rating": st.sampled_from(["red", "amber", "green", "blue"])},
    optional={
        "progress": TEXTS,
        "reason": TEXTS,
        "figure": TEXTS,
        "green_by": st.dates(date(2000, 1, 1), date(2099, 12, 31)),
        "forecast": st.sampled_from(["On time", "Late", "Not achievable"]),
    },
)


def expected(values: Mapping[str, str | date]) -> dict[str, str]:
    texts = {key: value.isoformat() if isinstance(value, date) else cleaned(value) for key, value in values.items()}
    return {key: text for key, text in texts.items() if text}


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(["3.1", "3.2", "3.4", "3.10"]), ROWS))
def test_what_is_filled_in_is_what_is_read(contents: FormContents, answers: dict[str, dict[str, str | date]]) -> None:
    writable = {
        ref: {key: value if isinstance(value, date) else put(value) for key, value in values.items()}
        for ref, values in answers.items()
    }
    returned = understood(contents, filling.fill(write_form(contents), writable, contents.form))
    for ref, values in writable.items():
        assert row(returned, ref).values == expected(values)
        assert row(returned, ref).problems == {}
    assert all(not it.values for it in returned.rows if it.ref not in writable)


def put(text: str) -> str:
    """As a spreadsheet program stores it: it has no control characters, and escapes what looks like an escape."""
    kept = "".join(it for it in text if it in "\n\t" or it >= " ")
    return kept.replace("_x", "_x005F_x").replace("\ufffe", "").replace("\uffff", "")


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_any_issued_text_comes_back_unchanged(texts: list[tuple[str, str]]) -> None:
    from tests.workbook.conftest import COLUMNS, FIELDS, RATINGS

    form = Form("f", "t", COLUMNS, FIELDS, RATINGS)
    rows = tuple(
        IssuedRow(f"9.{n}", f"tok{n}", one or "x", None, reference={"lead": two}) for n, (one, two) in enumerate(texts)
    )
    contents = FormContents("p", "c", "l", "t", "s", "n", date(2020, 1, 1), date(2020, 1, 8), "T", "", form, rows, {})
    returned = understood(contents, write_form(contents))
    assert unchanged(returned)
    assert returned.notes == ()


@pytest.mark.parametrize("words", ["none", "None.", "N/A", "nil", "not applicable", "-"])
def test_none_takes_a_date_or_a_choice_back(
    contents: FormContents, issued_bytes: bytes, form: Form, words: str
) -> None:
    typed = {"rating": "amber", "forecast": words, "new_date": words, "green_by": "later"}
    answers = row(understood(contents, filling.fill(issued_bytes, {"3.1": typed}, form)), "3.1")
    assert answers.values == {"rating": "amber", "forecast": WITHDRAWN, "new_date": WITHDRAWN}
    assert list(answers.problems) == ["green_by"]
