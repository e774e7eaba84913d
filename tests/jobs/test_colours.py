"""A plan's colour is its worst open row, and no colour is carried forward from what the SPG agreed before."""

import pytest

from jobs.answered import colour_of
from jobs.standing import standing
from programme.answer import LastKnown
from programme.form import Form
from report.standing import PlanStanding, RowStanding
from tests.jobs.stage import AMBER, BLUE, GREEN, ISSUE_2, Stage, at, mail, service
from tests.jobs.test_meeting import by_mail, decided


def plans(stage: Stage, cycle: str = "c2") -> dict[str, PlanStanding]:
    with stage.ledger.reading() as entry:
        stood = standing(entry, stage.programme, stage.programme.cycle(cycle), stage.now, draft=True)
    return {plan.id: plan for plan in stood.plans}


def next_cycle(met: Stage) -> None:
    """The next cycle is issued, row 1.2 of plan 1 being agreed Blue and so not asked."""
    by_mail(met, decided(met, {"1.2": {"rating": "blue"}}))
    met.play(at(24, 9, month=2), ISSUE_2)


def test_an_agreed_row_lends_its_colour_to_no_plan(met: Stage) -> None:
    next_cycle(met)
    assert plans(met)["p1"].worst is None
    assert {row.ref: row.status for row in plans(met)["p1"].rows} == {"1.1": "no return", "1.2": "Blue"}


def test_the_open_rows_alone_give_the_colour(met: Stage) -> None:
    next_cycle(met)
    met.receive(mail("ann@ours.example", met.returned("p1", cycle="c2", r1_1=AMBER)), at(17, 10, month=3))
    assert plans(met)["p1"].worst == "amber"


def test_a_plan_is_blue_once_every_row_is(met: Stage) -> None:
    next_cycle(met)
    met.receive(mail("ann@ours.example", met.returned("p1", cycle="c2", r1_1=BLUE)), at(17, 10, month=3))
    assert plans(met)["p1"].worst == "blue"


def test_a_plan_that_was_agreed_whole_is_blue_though_nobody_is_asked(met: Stage) -> None:
    by_mail(met, decided(met, {"1.1": {"rating": "blue"}, "1.2": {"rating": "blue"}}))
    met.play(at(24, 9, month=2), ISSUE_2)
    assert plans(met)["p1"].worst == "blue"
    assert plans(met)["p1"].sponsors[0].note == "nothing in it was open"


@pytest.mark.parametrize(
    ("rated", "colour"),
    [
        (("blue", None), None),
        (("blue", "blue"), "blue"),
        (("blue", "green"), "green"),
        (("red", None), "red"),
        ((None, None), None),
        ((), None),
    ],
)
def test_complete_is_said_of_a_plan_only_when_nothing_is_left(
    rated: tuple[str | None, ...], colour: str | None
) -> None:
    form: Form = service().programmes[0].form
    rows = [RowStanding(str(n), "", None, each, each or "not updated", LastKnown()) for n, each in enumerate(rated)]
    assert colour_of(form, rows) == colour


def test_a_row_that_was_agreed_does_not_outshine_an_answer(met: Stage) -> None:
    next_cycle(met)
    met.receive(mail("ann@ours.example", met.returned("p1", cycle="c2", r1_1=GREEN)), at(17, 10, month=3))
    assert plans(met)["p1"].worst == "green"
