"""The issue, on its day, late and in mid-cycle: one letter for all, which promises only what is still to come."""

import pytest

from ledger import decisions
from ledger.records import Decision
from tests.jobs.stage import CHASES, DEADLINE, EVE, ISSUE, ISSUE_2, REMINDER, YEAR, Stage, at, service
from tests.jobs.test_changes import facts, flat
from tests.jobs.test_merging import merged
from tests.jobs.test_told import taken_over

WHY = ", reason: They asked for it., decided_by: Chair}\n"
REMINDED = "If a row is still missing shortly before the deadline, we remind you."
CHASED = "After the deadline we ask again for what is missing"
LAST_LOOK = "A last look: after the deadline you see your rows"
DECIDED = "; the SPG decided: Bid again by May."


def told(stage: Stage, person: str, kind: str = "issue") -> str:
    """The text of the last message of a kind to somebody."""
    return flat(stage.sent(kind, person)[-1].text).replace("if a row", "If a row")


def promised(stage: Stage, person: str) -> list[bool]:
    return [words in told(stage, person) for words in (REMINDED, CHASED, LAST_LOOK)]


def says(stage: Stage, plan: str, ref: str) -> None:
    """The SPG said something on a row at the first meeting."""
    said = Decision(stage.now, "strategic", "c1", plan, ref, "row", "tess", words="Bid again by May.")
    with stage.ledger.transaction() as entry:
        decisions.add(entry, said)


def test_an_issue_on_its_day_promises_every_step_of_the_year(year: Stage) -> None:
    assert promised(year, "ann") == [True, True, True]


@pytest.mark.parametrize(
    ("day", "reminded"),
    [(28, True), (29, True), (30, True), (31, False)],
)
def test_a_late_issue_promises_the_reminder_only_where_it_still_comes(empty: Stage, day: int, reminded: bool) -> None:
    empty.declare(service(*YEAR))
    empty.play(EVE, at(day, 10))
    assert promised(empty, "ann") == [reminded, True, True]
    assert "This reaches you later than planned" in told(empty, "ann")
    empty.play(*(at(later, 9, 30) for later in range(day + 1, 32)), DEADLINE)
    assert bool(empty.sent("reminder", "ann")) is reminded


def test_a_late_issue_promises_nobody_the_reminder_of_somebody_who_has_longer(empty: Stage) -> None:
    longer = facts(f"extensions:\n  - {{cycle: c1, plan: p3, until: 2020-02-07{WHY}")
    empty.declare(service(*YEAR, longer))
    empty.play(EVE, at(31, 10))
    assert promised(empty, "ann") == [False, True, True]
    assert promised(empty, "eve") == [True, True, True]


def test_a_step_that_is_switched_off_is_not_promised(stage: Stage) -> None:
    assert promised(stage, "ann") == [False, False, False]


def test_who_takes_over_on_the_day_before_the_reminder_is_promised_it_and_on_the_day_not(year: Stage) -> None:
    year.edit(service(*YEAR, taken_over("2020-01-26", "2020-01-27")))
    year.wake(at(27))
    assert promised(year, "gil") == [True, True, True]
    year.play(REMINDER)
    assert len(year.sent("reminder", "gil")) == 1


def test_who_takes_over_on_the_day_of_the_reminder_is_not_promised_it(year: Stage) -> None:
    year.edit(service(*YEAR, taken_over("2020-01-27", "2020-01-28")))
    year.play(at(28, 8), REMINDER)
    assert promised(year, "gil") == [False, True, True]
    assert year.sent("reminder", "gil") == []


def test_who_takes_over_on_the_day_of_the_last_chaser_is_promised_none(year: Stage) -> None:
    year.play(DEADLINE, *CHASES[:2])
    year.edit(service(*YEAR, taken_over("2020-02-09", "2020-02-10")))
    year.play(at(10, 8, month=2), CHASES[2])
    assert promised(year, "gil") == [False, False, False]
    assert year.sent("chase", "gil") == []


def test_a_successor_and_their_assistant_are_told_what_the_spg_decided(met: Stage) -> None:
    says(met, "p1", "1.1")
    met.play(at(24, 9, month=2), ISSUE_2)
    assert DECIDED in told(met, "ann")
    met.edit(service(*YEAR, taken_over("2020-03-17", "2020-03-18")))
    met.wake(at(18, 10, month=3))
    assert "You take over from Ann Aird" in told(met, "gil")
    assert DECIDED in told(met, "gil")
    assert "You assist Gil Gow" in told(met, "ben", "copy")
    assert DECIDED in told(met, "ben", "copy")


def test_who_reports_a_merged_plan_is_told_what_the_spg_decided_on_it(met: Stage) -> None:
    says(met, "whole", "9.1")
    met.play(at(24, 9, month=2), ISSUE_2)
    met.edit(merged("2020-03-18"))
    met.play(at(18, 10, month=3), at(18, 11, month=3))
    assert "Plan 9 takes the place of Plan 1 and Plan 3" in told(met, "fay")
    assert DECIDED in told(met, "fay")


def test_the_forms_of_a_copy_are_those_of_the_issue(empty: Stage) -> None:
    empty.declare(service(*YEAR))
    empty.play(EVE, ISSUE)
    [issue], [copy] = empty.sent("issue", "ann"), empty.sent("copy", "ben")
    assert [(item.name, item.content) for item in copy.attachments] == [
        (item.name, item.content) for item in issue.attachments
    ]
