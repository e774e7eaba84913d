"""The highlight report and the decisions form: each says to whoever fills it in what is theirs to know."""

import subprocess
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from jobs import minutes
from programme.answer import IssuedRow, LastKnown
from programme.loader import load
from programme.service import Service
from tests.workbook.test_desktop_workbooks import converted
from workbook import filling
from workbook.contents import FormContents
from workbook.matching import match, unchanged
from workbook.unpacking import unpack
from workbook.writing import write_form

CONFIG = Path(__file__).parents[2] / "config"
LAST = (LastKnown("green", "green", "Two groups have met."), LastKnown("green", "amber", "Staff left."), LastKnown())
REPORTED = ("amber", "green", "red", "green", "blue", None)
SPG = date(2020, 2, 21)


@pytest.fixture(scope="module")
def service() -> Service:
    return load(CONFIG)


@pytest.fixture(scope="module")
def report(service: Service) -> FormContents:
    """The second highlight report, on the merged workstreams."""
    reports = service.programme("highlight-reports")
    cycle, plan = reports.cycle("2018-2"), reports.plan("merged-workstreams")
    return FormContents(
        programme=reports.title,
        cycle=cycle.label,
        plan_label=plan.label,
        plan_title=plan.title,
        post=reports.posts["co-ordinator"].title,
        person="Shaun Hourston-Wells",
        deadline=cycle.deadline,
        spg=cycle.spg,
        team=reports.team.name,
        phone=reports.team.phone,
        form=reports.form,
        rows=tuple(
            IssuedRow(action.ref, f"t-{action.ref}", action.deliverable, action.due, last, action.reference)
            for action, last in zip(plan.actions, LAST, strict=True)
        ),
        identity={"programme": reports.id, "cycle": cycle.id, "plan": plan.id},
        number=cycle.number,
        period=cycle.period,
    )


@pytest.fixture(scope="module")
def decisions(service: Service) -> FormContents:
    """The decisions form over six rows, three of them with an ask."""
    plans = service.programme("strategic-plan")
    actions = [(plan, action) for plan in plans.plans[:3] for action in plan.actions[:2]]
    asks = ("agree a new date, 30 September 2020", "", "refer it to the board", "", "agree it as complete (Blue)", "")
    return FormContents(
        programme=plans.title,
        cycle="update 4",
        plan_label="Decisions",
        plan_title="Strategic Planning Group, 21 February 2020",
        post=plans.team.name,
        person=plans.team.name,
        deadline=SPG,
        spg=SPG,
        team=plans.team.name,
        phone=plans.team.phone,
        form=minutes.form(plans.form),
        rows=tuple(
            IssuedRow(
                action.ref, f"t-{action.ref}", action.deliverable, action.due, LastKnown(reported=rating),
                {"plan": plan.label, "ask": ask},
            )
            for (plan, action), ask, rating in zip(actions, asks, REPORTED, strict=True)
        ),
        identity={"programme": plans.id, "cycle": "2020-01", "plan": "decisions"},
    )  # fmt: skip


def opened(contents: FormContents) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(write_form(contents)))


def said(workbook: openpyxl.Workbook) -> str:
    shown = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    return "\n".join(str(cell.value) for sheet in shown for row in sheet.iter_rows() for cell in row if cell.value)


def test_the_report_s_head_names_it(report: FormContents) -> None:
    sheet = opened(report)["Ratings"]
    assert sheet["B1"].value == "Report 2: Health & Social Care Hubs / Generic Worker / Isles Model of Care"
    assert sheet["B2"].value == (
        f"Workstream lead’s report, {report.programme} · Reporting period: April – June 2018 · Date: 8 June 2018 · "
        "Lead: Shaun Hourston-Wells (Co-ordinator of the merged workstreams)"
    )
    assert sheet["B4"].value == '=COUNTA(G7:G9)&" of 3 done"'


def test_a_report_without_number_period_or_lead(report: FormContents) -> None:
    sheet = opened(replace(report, number=None, period="", person="", phone=""))["Ratings"]
    assert sheet["B1"].value.startswith("Report: Health")
    assert sheet["B2"].value == f"Workstream lead’s report, {report.programme} · report 2 · Date: 8 June 2018"
    assert sheet["B5"].value.endswith("Questions: Strategic planning team.")
    assert "Lead: Ann" in opened(replace(report, post="", person="Ann"))["Ratings"]["B2"].value


def test_it_opens_at_the_first_rating_with_its_meanings_beside_it(report: FormContents) -> None:
    sheet = opened(report)["Ratings"]
    assert sheet.sheet_view.selection[-1].activeCell == "G7"
    assert [sheet.cell(row, 5).value for row in (7, 8, 9)] == ["Green", "Green (lead: Amber)", "Not yet rated"]
    meanings = sheet["D8"].value.split("\n")
    assert [meaning.split(":")[0] for meaning in meanings] == ["Red", "Amber", "Green", "Blue"]
    assert sheet["D8"].protection.locked
    assert sheet["D8"].alignment.wrap_text
    assert sheet.row_dimensions[8].height > 15 * 4
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert rules["G7:G9"] == '"Red,Amber,Green,Blue"'


def test_the_sections_are_big_boxes_in_the_source_s_order(report: FormContents) -> None:
    sheet = opened(report)["Report"]
    asked = [(sheet.cell(row, 1).value.split("\n")[0], sheet.row_dimensions[row].height) for row in range(4, 12)]
    assert asked == [
        ("1. Progress since last report", 132), ("2. Items to be escalated to another forum", 132),
        ("2. Which forum", 50), ("2. Timescales", 50), ("3. Risk assessment", 132),
        ("4. Critical issues to be addressed", 132), ("5. Link to financial strategy", 132),
        ("6. Look ahead – actions in the next reporting period", 132),
    ]  # fmt: skip
    assert sheet["B4"].alignment.wrap_text
    assert not sheet["B4"].protection.locked
    assert "an empty box is not filled in" in sheet["A2"].value


def test_the_guide_tells_what_each_rating_means_under_each_heading(report: FormContents) -> None:
    workbook = opened(report)
    words = said(workbook)
    assert workbook.sheetnames[:3] == ["Ratings", "Report", "How to"]
    assert "On the sheet Ratings, choose a rating for each heading" in words
    assert "Red: people or money are missing, and the work cannot go on.\nAmber: " in words
    assert "On track." not in [cell.value for cell in workbook["How to"]["B"]]


def test_none_is_an_answer_and_blank_is_not(report: FormContents) -> None:
    issued = write_form(report)
    assert unchanged(match(report.form, report.rows, unpack(issued)))
    filled = filling.fill(
        issued,
        {"1": {"rating": "green"}, "2": {"rating": "Amber", "progress": "Two posts are vacant."}},
        report.form,
        {"escalated": "None", "look_ahead": "The group meets."},
    )
    returned = match(report.form, report.rows, unpack(filled))
    assert [dict(row.values) for row in returned.rows] == [
        {"rating": "green"}, {"rating": "amber", "progress": "Two posts are vacant."}, {},
    ]  # fmt: skip
    assert returned.fields == {"escalated": "None", "look_ahead": "The group meets."}
    assert returned.notes == ()


def test_the_decisions_form_asks_the_team_and_requires_nothing(decisions: FormContents) -> None:
    workbook = opened(decisions)
    sheet = workbook["Decisions"]
    assert workbook.sheetnames[:3] == ["Decisions", "The meeting", "How to"]
    assert sheet["B3"].value == "Please return it once the SPG has met on Friday 21 February 2020"
    assert sheet["B4"].value.endswith('>0))&" of 6 actions decided one by one"')
    words = said(workbook)
    for of_a_sponsor in ("Please return by", "choose a rating in every row", "done", "share the work", "Questions:"):
        assert of_a_sponsor not in words
    assert "no row needs an answer" in words


def test_the_decisions_form_shows_the_sponsor_s_rating_in_its_colours(decisions: FormContents) -> None:
    sheet = opened(decisions)["Decisions"]
    assert [sheet.cell(row, 6).value for row in range(7, 13)] == ["Amber", "Green", "Red", "Green", "Blue", "Not rated"]
    assert sheet["F9"].fill.fgColor.rgb == "009B0F0F"
    assert sheet["G9"].value == "refer it to the board"
    assert not any(sheet.cell(11, column).protection.locked for column in range(8, 13))


def test_endorsement_stands_on_top_and_new_actions_have_room(decisions: FormContents) -> None:
    sheet = opened(decisions)["The meeting"]
    assert sheet["A4"].value.startswith(
        "Endorsed: every rating not decided otherwise is agreed as reported\nChoose Yes"
    )
    assert sheet["A5"].value.startswith("New actions, one a line\n")
    assert sheet.row_dimensions[5].height == 260
    assert sheet.sheet_view.selection[0].activeCell == "B4"


def test_decisions_come_back(decisions: FormContents) -> None:
    issued = write_form(decisions)
    assert unchanged(match(decisions.form, decisions.rows, unpack(issued)))
    new = "Big Action 3; 3.7; Open the hub; 2021-06-30; SM Homecare\nBig Action 1; 1.9; Hold a fair; ;"
    filled = filling.fill(
        issued,
        {"1.1": {"new_date": date(2020, 9, 30), "progress": "Agreed."}, "2.1": {"rating": "red", "closed": "Yes"}},
        decisions.form,
        {"endorsed": "Yes", "new_actions": new},
    )
    returned = match(decisions.form, decisions.rows, unpack(filled))
    answered = {row.ref: dict(row.values) for row in returned.rows if row.values}
    assert answered == {
        "1.1": {"new_date": "2020-09-30", "progress": "Agreed."}, "2.1": {"rating": "red", "closed": "Yes"},
    }  # fmt: skip
    assert returned.fields == {"endorsed": "yes", "new_actions": new}
    assert returned.notes == ()


@pytest.mark.desktop
@pytest.mark.parametrize(("name", "count"), [("report", "1 of 3 done"), ("decisions", "1 of 6 actions decided one by")])
def test_libreoffice_counts_and_saves_what_was_filled_in(
    name: str, count: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    contents: FormContents = request.getfixturevalue(name)
    ref = contents.rows[0].ref
    filled = filling.fill(write_form(contents), {ref: {"rating": "green", "progress": "As said."}}, contents.form)
    before = match(contents.form, contents.rows, unpack(filled))
    assert match(contents.form, contents.rows, unpack(converted(filled, "xlsx", tmp_path))) == before
    pdf = tmp_path / "form.pdf"
    pdf.write_bytes(converted(filled, "pdf", tmp_path))
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    assert count in text
