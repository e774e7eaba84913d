"""Masters: the locked columns from the next issue on, the differences told, ratings never touched."""

from dataclasses import replace
from datetime import date

import pytest

from jobs import masters
from jobs.masters import differences, plans_now
from programme.plan import Action, Policy
from tests.jobs.stage import ISSUE_2, YEAR, Stage, at, service
from workbook.master import write_master

MASTER = ("strategic/plans.yaml", "    label: Plan 1\n", "    label: Plan 1\n    master: plan-1.xlsx\n")
ROWS = ("strategic/plans.yaml", "    label: Plan 5\n", "    label: Plan 5\n    master: plan-5.xlsx\n")


@pytest.fixture
def kept(year: Stage) -> Stage:
    """A service whose first plan is kept in Excel."""
    year.edit(service(*YEAR, MASTER))
    return year


def workbook(stage: Stage, *actions: Action, plan: str = "p1") -> bytes:
    return write_master(stage.programme.form, replace(stage.programme.plan(plan), actions=actions))


NEW = (
    Action("1.1", "Open the new centre", date(2020, 12, 31), {"lead": "SM Homecare"}),
    Action("1.3", "Paint the centre", date(2021, 3, 31)),
)


def refresh(stage: Stage, content: bytes, plan: str = "p1") -> None:
    masters.refresh(stage.office, {("strategic", plan): content}, stage.now)


def lines(stage: Stage) -> list[str]:
    return [event.why for event in stage.events("master taken in")]


def test_a_new_master_sets_the_locked_columns_from_the_next_issue(kept: Stage) -> None:
    before = kept.assignment("p1")
    refresh(kept, workbook(kept, *NEW))
    assert kept.assignment("p1") == before
    kept.play(at(24, 9, month=2), ISSUE_2)
    rows = kept.assignment("p1", cycle="c2").rows
    assert [(row.ref, row.deliverable, row.due) for row in rows] == [
        ("1.1", "Open the new centre", date(2020, 12, 31)),
        ("1.3", "Paint the centre", date(2021, 3, 31)),
    ]
    assert rows[0].reference["lead"] == "SM Homecare"
    assert [row.ref for row in kept.assignment("p3", "social", "c2").rows] == ["3.1"]


def test_the_differences_are_listed_to_the_team_once(kept: Stage) -> None:
    content = workbook(kept, *NEW)
    refresh(kept, content)
    refresh(kept, content)
    [why] = lines(kept)
    assert why == (
        "1.1: “Open the centre” now reads “Open the new centre”; lead “SM Homecare” instead of “”."
        " 1.3 is new: Paint the centre. 1.2 is gone: Train the staff."
    )
    told = [intent.key.person for intent in kept.intents("change") if intent.key.occasion.startswith("p1")]
    assert told == ["tess", "tom"]


def test_a_master_that_goes_back_to_what_it_was_is_taken_in_again(kept: Stage) -> None:
    for minute, actions in enumerate((NEW, NEW[:1], NEW)):
        kept.now = at(22, 10, minute)
        refresh(kept, workbook(kept, *actions))
    assert len(lines(kept)) == 3
    assert len([intent for intent in kept.intents("change") if intent.key.person == "tess"]) == 3


def test_a_master_that_says_what_the_plan_says_is_taken_in_without_a_word(kept: Stage) -> None:
    refresh(kept, workbook(kept, *kept.programme.plan("p1").actions))
    assert lines(kept) == ["nothing differs"]
    assert kept.intents("change") == []


def test_a_bad_master_is_told_once_and_the_last_good_one_counts(kept: Stage) -> None:
    refresh(kept, workbook(kept, *NEW))
    twice = workbook(kept, *NEW, replace(NEW[0], deliverable="Another"))
    refresh(kept, twice)
    refresh(kept, twice)
    refresh(kept, b"no workbook at all")
    assert len([subject for subject in kept.alerts() if "master of Plan 1" in subject]) == 2
    with kept.ledger.reading() as entry:
        [plan, *_] = plans_now(entry, kept.programme, kept.programme.plans)
    assert [action.ref for action in plan.actions] == ["1.1", "1.3"]
    assert len(lines(kept)) == 1


def test_a_plan_that_is_no_longer_kept_in_excel_is_the_declared_one_again(kept: Stage) -> None:
    refresh(kept, workbook(kept, *NEW))
    kept.edit(service(*YEAR))
    with kept.ledger.reading() as entry:
        assert plans_now(entry, kept.programme, kept.programme.plans) == kept.programme.plans


def test_a_master_says_nothing_of_owners(year: Stage) -> None:
    year.edit(service(*YEAR, ROWS))
    actions = (Action("5.1", "Run the buses", None), Action("5.2", "Mend the path", None), Action("5.3", "New", None))
    refresh(year, workbook(year, *actions, plan="p5"), "p5")
    with year.ledger.reading() as entry:
        plan = next(plan for plan in plans_now(entry, year.programme, year.programme.plans) if plan.id == "p5")
    assert plan.policy is Policy.ROWS
    assert [(action.ref, action.owner) for action in plan.actions] == [
        ("5.1", "care"),
        ("5.2", "social"),
        ("5.3", "care"),
    ]


def test_a_column_that_a_master_lacks_stays_as_declared(kept: Stage) -> None:
    from io import BytesIO

    from openpyxl import load_workbook

    first = '{ref: "1.1", deliverable: Open the centre, due: 2020-12-31'
    kept.edit(service(*YEAR, MASTER, ("strategic/plans.yaml", first, f"{first}, lead: SM Homecare")))
    book = load_workbook(BytesIO(workbook(kept, *kept.programme.plan("p1").actions)))
    sheet = book.worksheets[0]
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == "Lead":
                sheet.delete_cols(cell.column)
                break
    made = BytesIO()
    book.save(made)
    refresh(kept, made.getvalue())
    assert lines(kept) == ["nothing differs"]


def test_every_difference_of_an_action_is_said() -> None:
    old = Action("1.1", "Open it", date(2020, 1, 2), {"national_outcomes": "1"})
    assert differences([old], [replace(old, due=None)]) == ("1.1: due no date instead of 2 January 2020.",)
    assert differences([old], [replace(old, reference={})]) == ("1.1: national outcomes “” instead of “1”.",)
    assert differences([old], [replace(old, owner="care")]) == ("1.1: unchanged but for its owner.",)
    assert differences([old], [old]) == ()
