"""Decisions, edits and masters in the order of time: the newest word on a row counts, and the first date stays."""

from datetime import date
from io import BytesIO

import pytest

from programme.answer import IssuedRow
from programme.plan import Action
from tests.jobs.stage import ISSUE_2, RED, YEAR, Stage, at, mail, service
from tests.jobs.test_masters import MASTER, refresh, workbook
from tests.jobs.test_meeting import ANN, by_mail, decided

MARCH, SEPTEMBER, OCTOBER = date(2021, 3, 31), date(2021, 9, 30), date(2021, 10, 31)
FIRST = date(2020, 12, 31)
PLANS = "strategic/plans.yaml"
REWORDED = (
    PLANS,
    "deliverable: Publish the report, due: 2020-12-31",
    "deliverable: Publish both reports, due: 2021-09-30",
)
ISSUE_3 = at(12, 9, month=10)


def row(stage: Stage, ref: str, plan: str = "p2", cycle: str = "c2", post: str = "care") -> IssuedRow:
    return next(row for row in stage.assignment(plan, post, cycle).rows if row.ref == ref)


def issued_as(stage: Stage, ref: str, plan: str = "p2", cycle: str = "c2") -> tuple[str, date | None, str]:
    """What the form says of a row: its words, its first due date, and the one that took its place."""
    found = row(stage, ref, plan, cycle)
    return found.deliverable, found.due, found.reference.get("revised_due", "")


def edited_later(stage: Stage, *edits: tuple[str, str, str]) -> None:
    """The team edits the configuration on the day after the meeting was written up."""
    stage.now = at(23, 11, month=2)
    stage.edit(service(*YEAR, *edits))


def to_second_issue(stage: Stage) -> None:
    stage.play(at(24, 9, month=2), ISSUE_2)


def test_an_edit_after_a_decision_counts_and_the_first_date_stays(met: Stage) -> None:
    by_mail(met, decided(met, {"2.2": {"wording": "Publish the whole report", "new_date": MARCH}}))
    edited_later(met, REWORDED)
    to_second_issue(met)
    assert issued_as(met, "2.2") == ("Publish both reports", FIRST, "2021-09-30")
    text = " ".join(met.issue_to("ann", "c2").text.split())
    assert "due 30 September 2021, originally 31 December 2020" in text
    [told] = [intent for intent in met.intents("change") if intent.key.person == "tess"]
    said = " ".join(met.letter(told).text.split())
    assert "takes the place of what the SPG decided on update 1" in said


def test_a_decision_after_an_edit_counts(met: Stage) -> None:
    met.edit(service(*YEAR, REWORDED))
    by_mail(met, decided(met, {"2.2": {"wording": "Publish the whole report", "new_date": MARCH}}))
    to_second_issue(met)
    assert issued_as(met, "2.2") == ("Publish the whole report", FIRST, "2021-03-31")


def test_an_edit_of_one_part_leaves_what_was_decided_of_the_other(met: Stage) -> None:
    by_mail(met, decided(met, {"2.2": {"wording": "Publish the whole report", "new_date": MARCH}}))
    edited_later(met, (PLANS, "deliverable: Publish the report", "deliverable: Publish both reports"))
    to_second_issue(met)
    assert issued_as(met, "2.2") == ("Publish both reports", FIRST, "2021-03-31")


def test_an_edit_that_is_taken_back_is_the_newest_word(met: Stage) -> None:
    by_mail(met, decided(met, {"2.2": {"wording": "Publish the whole report"}}))
    met.edit(service(*YEAR, REWORDED))
    met.wake(at(23, 10, month=2))
    met.edit(service(*YEAR))
    to_second_issue(met)
    assert issued_as(met, "2.2") == ("Publish the report", FIRST, "")


def test_an_edit_of_another_row_changes_nothing(met: Stage) -> None:
    by_mail(met, decided(met, {"2.2": {"wording": "Publish the whole report", "new_date": MARCH}}))
    edited_later(met, (PLANS, "deliverable: Agree the protocol, due: 2020-12-31", "deliverable: Sign it"))
    to_second_issue(met)
    assert issued_as(met, "2.2") == ("Publish the whole report", FIRST, "2021-03-31")
    assert issued_as(met, "2.1") == ("Sign it", None, "")


def test_the_team_may_write_a_decided_date_into_the_plan(met: Stage) -> None:
    by_mail(met, decided(met, {"2.2": {"new_date": MARCH}}))
    first = REWORDED[1]
    met.edit(service(*YEAR, (PLANS, first, f"{first}, revised_due: 2021-03-31")))
    to_second_issue(met)
    assert issued_as(met, "2.2") == ("Publish the report", FIRST, "2021-03-31")
    # A first date that is put right beside a revised one changes neither what is in force nor what was issued first.
    met.edit(
        service(*YEAR, (PLANS, first, "deliverable: Publish the report, due: 2020-06-30, revised_due: 2021-03-31"))
    )
    met.play(at(31, 17, month=3), at(30, 9, month=4), at(1, 9, month=6), at(1, 9, month=7), at(1, 9, month=8))
    met.play(at(1, 9, month=9), at(1, 9, month=10), ISSUE_3)
    assert issued_as(met, "2.2", cycle="c3") == ("Publish the report", FIRST, "2021-03-31")


def test_a_date_without_any_decision_keeps_the_first_one_beside_it(met: Stage) -> None:
    met.edit(
        service(*YEAR, (PLANS, "deliverable: Publish the report, due: 2020-12-31", "deliverable: X, due: 2021-03-31"))
    )
    to_second_issue(met)
    assert issued_as(met, "2.2") == ("X", FIRST, "2021-03-31")
    met.edit(service(*YEAR))
    met.play(at(31, 17, month=3), at(30, 9, month=4), at(1, 9, month=6), at(1, 9, month=7), at(1, 9, month=8))
    met.play(at(1, 9, month=9), at(1, 9, month=10), ISSUE_3)
    assert issued_as(met, "2.2", cycle="c3") == ("Publish the report", FIRST, "")


def test_a_master_after_a_decision_counts(met: Stage) -> None:
    by_mail(met, decided(met, {"1.1": {"wording": "Open the big centre", "new_date": MARCH}}))
    met.edit(service(*YEAR, MASTER))
    actions = (
        Action("1.1", "Open the board's centre", FIRST, reference={"revised_due": "2021-10-31"}),
        Action("1.2", "Train the staff", FIRST),
    )
    met.now = at(23, 10, month=2)
    refresh(met, workbook(met, *actions))
    to_second_issue(met)
    assert issued_as(met, "1.1", "p1") == ("Open the board's centre", FIRST, "2021-10-31")
    told = " ".join(met.sent("change", "tess")[-1].text.split())
    assert "The wording of row 1.1 of Plan 1 takes the place of what the SPG decided on update 1." in told
    assert "The due date of row 1.1 of Plan 1 takes the place of what the SPG decided on update 1." in told


def test_a_decision_after_a_master_counts(met: Stage) -> None:
    met.edit(service(*YEAR, MASTER))
    refresh(met, workbook(met, Action("1.1", "Open the board's centre", OCTOBER), Action("1.2", "Train", FIRST)))
    by_mail(met, decided(met, {"1.1": {"wording": "Open the big centre", "new_date": MARCH}}))
    to_second_issue(met)
    assert issued_as(met, "1.1", "p1") == ("Open the big centre", FIRST, "2021-03-31")


def test_an_edit_of_what_a_master_sets_is_no_change(met: Stage) -> None:
    met.edit(service(*YEAR, MASTER))
    refresh(met, workbook(met, *met.programme.plan("p1").actions))
    by_mail(met, decided(met, {"1.1": {"wording": "Open the big centre"}}))
    before = len(met.events("changed"))
    met.edit(service(*YEAR, MASTER, (PLANS, "deliverable: Open the centre", "deliverable: Open the tiny centre")))
    assert len(met.events("changed")) == before
    to_second_issue(met)
    assert issued_as(met, "1.1", "p1")[0] == "Open the big centre"


def test_a_new_action_that_was_written_into_the_plan_and_taken_out_again_is_gone(met: Stage) -> None:
    by_mail(met, decided(met, {}, {"new_actions": "Plan 3; 3.7; Open the hub; 2021-06-30; SM Homecare"}))
    own = '      - {ref: "3.1", deliverable: Review the caseload, due: 2020-12-31}\n'
    met.wake(at(23, 10, month=2))
    met.edit(service(*YEAR, (PLANS, own, own + '      - {ref: "3.7", deliverable: Open two hubs}\n')))
    met.wake(at(23, 11, month=2))
    met.edit(service(*YEAR))
    to_second_issue(met)
    assert [row.ref for row in met.assignment("p3", "social", "c2").rows] == ["3.1"]


def test_a_new_action_has_its_lead_in_the_form(met: Stage) -> None:
    by_mail(met, decided(met, {}, {"new_actions": "Plan 3; 3.7; Open the hub; 2021-06-30; Dr. A. Homecare"}))
    to_second_issue(met)
    new = row(met, "3.7", "p3", post="social")
    assert (new.deliverable, new.due, new.reference) == ("Open the hub", date(2021, 6, 30), {"lead": "Dr. A. Homecare"})


def test_both_dates_stand_in_the_papers_the_decisions_workbook_and_the_history(met: Stage) -> None:
    from openpyxl import load_workbook

    from jobs.history import history
    from jobs.standing import standing
    from tests.jobs.test_meeting import asked

    by_mail(met, decided(met, {"2.2": {"new_date": MARCH}}))
    edited_later(met, REWORDED)
    to_second_issue(met)
    met.receive(mail(ANN, met.returned("p2", cycle="c2", r2_1=RED, r2_2=RED)), at(17, month=3))
    with met.ledger.reading() as entry:
        stood = standing(entry, met.programme, met.programme.cycle("c2"), met.now, draft=True)
        told = [one for one in history(entry, met.programme) if (one.ref, one.cycle) == ("2.2", "update 2")]
    in_papers = next(row for plan in stood.plans for row in plan.rows if row.ref == "2.2")
    assert (in_papers.due, in_papers.original_due) == (SEPTEMBER, FIRST)
    assert {(one.due, one.original_due) for one in told} == {(SEPTEMBER, FIRST)}
    met.play(at(20, 9, month=4))
    sheet = load_workbook(BytesIO(asked(met, "c2"))).worksheets[0]
    found = next(line for line in sheet.iter_rows(values_only=True) if line[1] == "2.2")
    assert [value.date() for value in found if hasattr(value, "date")] == [SEPTEMBER, FIRST]


@pytest.fixture
def without_lead(year: Stage) -> bytes:
    """A master that has no column for the lead."""
    from openpyxl import Workbook

    book, made = Workbook(), BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Ref", "Deliverable", "Due"])
    sheet.append(["1.1", "Open the centre", FIRST])
    sheet.append(["1.2", "Train the staff", FIRST])
    book.save(made)
    return made.getvalue()


def test_a_column_that_a_master_lacks_follows_the_plan(year: Stage, without_lead: bytes) -> None:
    year.edit(service(*YEAR, MASTER))
    year.now = at(23)
    refresh(year, without_lead)
    led = (PLANS, "Open the centre, due: 2020-12-31}", "Open the centre, due: 2020-12-31, lead: SM New}")
    year.edit(service(*YEAR, MASTER, led))
    refresh(year, without_lead)
    assert "Row 1.1 of Plan 1 has another lead." in [event.why for event in year.events("changed")]
    assert len(year.events("master taken in")) == 1
    year.play(at(31, 17), at(14, 9, month=2), at(24, 9, month=2), ISSUE_2)
    assert row(year, "1.1", "p1").reference == {"lead": "SM New"}
