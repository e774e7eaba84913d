"""The highlight programme: numbered reports, three ratings and six sections, and a merger in the middle of the year."""

from datetime import date
from pathlib import Path

import pytest

from programme.answer import Answers, IssuedRow, LastKnown, RowState
from programme.calendar import calendar_table, steps
from programme.cycle import StepKind
from programme.form import Form, Kind
from programme.judge import judge
from programme.loader import examine, load
from programme.service import Programme
from programme.standing_facts import plans_in_force

ROOT = Path(__file__).parent.parent.parent
ROW = IssuedRow("2", "token", "Risks / issues", None)
ON = date(2018, 6, 7)


@pytest.fixture(scope="module")
def reports() -> Programme:
    return load(ROOT / "config").programme("highlight-reports")


@pytest.fixture(scope="module")
def form(reports: Programme) -> Form:
    return reports.form


def test_five_numbered_reports_whose_periods_may_end_after_them(reports: Programme) -> None:
    assert [(cycle.number, cycle.period) for cycle in reports.cycles] == [
        (1, "January – March 2018"),
        (2, "April – June 2018"),
        (3, "July – September 2018"),
        (4, "October – December 2018"),
        (5, "January – March 2019"),
    ]
    second = reports.cycle("2018-2")
    assert second.issue <= date(2018, 6, 6) <= second.deadline < date(2018, 6, 30)


def test_nothing_is_odd_about_the_calendar(reports: Programme) -> None:
    assert [row.warnings + row.notes for row in calendar_table(reports)] == [()] * 5
    told = examine(ROOT / "config", date(2018, 1, 1))
    assert [fault for fault in told if fault.file.startswith("highlight-reports/")] == []


def test_every_step_finds_its_time(reports: Programme) -> None:
    for cycle in reports.cycles:
        assert {step.kind for step in steps(reports, cycle)} == set(StepKind)


def test_three_workstreams_become_one_in_june(reports: Programme) -> None:
    first, second, *_ = reports.cycles
    assert [plan.id for plan in plans_in_force(reports, first.issue)] == ["hubs", "generic-worker", "isles-model"]
    assert [plan.id for plan in plans_in_force(reports, second.issue)] == ["merged-workstreams"]


def test_the_co_ordinator_changes(reports: Programme) -> None:
    post = reports.posts["co-ordinator"]
    names = [reports.people[post.holder(cycle.issue) or ""].name for cycle in reports.cycles[1:]]
    assert names == ["Shaun Hourston-Wells"] * 3 + ["Tom Linklater"]
    assert post.holder(reports.cycles[0].issue) is None


def test_the_ratings_are_the_rows_and_each_has_meanings_of_its_own(reports: Programme) -> None:
    for plan in reports.plans:
        assert [action.deliverable for action in plan.actions] == [
            "Deliverables to timescales",
            "Risks / issues",
            "Resources",
        ]
        meanings = [action.reference["meaning"] for action in plan.actions]
        assert len(set(meanings)) == 3
        assert all(f"{word}: " in meaning for meaning in meanings for word in ("Red", "Amber", "Green", "Blue"))


def test_the_form_has_three_ratings_and_the_sections_in_the_source_s_order(form: Form) -> None:
    assert [column.id for column in form.columns] == [
        "ref",
        "deliverable",
        "meaning",
        "last_rating",
        "last_progress",
        "rating",
        "progress",
        "reason",
        "green_by",
        "updated_by",
    ]
    assert [field.header for field in form.fields] == [
        "1. Progress since last report",
        "2. Items to be escalated to another forum",
        "2. Which forum",
        "2. Timescales",
        "3. Risk assessment",
        "4. Critical issues to be addressed",
        "5. Link to financial strategy",
        "6. Look ahead – actions in the next reporting period",
    ]
    assert not form.column("meaning").answered
    assert form.column("rating").kind is Kind.RATING
    assert len({one.header for one in (*form.columns, *form.fields)}) == len(form.columns) + len(form.fields)
    assert Form.thawed(form.frozen()) == form


def test_a_row_is_judged_without_the_columns_that_the_form_has_not(form: Form) -> None:
    blue = judge(form, ROW, Answers("2", {"rating": "blue"}), ON)
    assert (blue.state, blue.queries) == (RowState.ACCEPTED, ())  # no figure is asked for where there is none
    red = judge(form, ROW, Answers("2", {"rating": "red", "progress": "Staff are ill"}), ON)
    assert [query.code for query in red.queries] == ["reason-missing", "way-back-missing"]


def test_none_is_an_answer_and_blank_is_not(form: Form) -> None:
    said = judge(form, ROW, Answers("2", {"rating": "amber", "reason": "None", "green_by": "2018-09-30"}), ON)
    assert said.values["reason"] == "None"
    assert said.queries == ()
    blank = judge(form, ROW, Answers("2", {"rating": "amber", "reason": " ", "green_by": "2018-09-30"}), ON)
    assert [query.code for query in blank.queries] == ["reason-missing"]


def test_the_same_comment_again_is_asked_about(form: Form) -> None:
    last = LastKnown(reported="green", progress="Nothing new.", cycle="report 1")
    row = IssuedRow("2", "token", "Risks / issues", None, last)
    verdict = judge(form, row, Answers("2", {"rating": "green", "progress": "nothing new"}), ON)
    assert [query.code for query in verdict.queries] == ["text-unchanged"]


def test_a_date_that_nobody_can_change_is_not_offered_for_changing(form: Form) -> None:
    late = IssuedRow("2", "token", "Risks / issues", date(2018, 5, 31))
    (query,) = judge(form, late, Answers("2", {"rating": "green"}), ON).queries
    assert query.sentence == ('Row 2 is Green, but was due on 31 May 2018. Please reply "2 Blue" if it is finished.')
