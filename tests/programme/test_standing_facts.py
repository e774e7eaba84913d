"""Standing facts: own deadlines, excuses, holds, and which plans are reported on a day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.cycle import StepKind
from programme.facts import Cancelled, Decided, Excuse, Extension, Facts, Hold, Merged, Withdrawn
from programme.fault import ConfigurationError
from programme.loader import examine, load_files, read_files
from programme.plan import Policy
from programme.service import Programme
from programme.standing_facts import (
    asked_actions,
    cancelled,
    excuse_of,
    hold_on,
    in_force,
    merged_into,
    merger_of,
    own_deadline,
    plans_in_force,
)

CONFIGURATIONS = Path(__file__).parent.parent / "data" / "configurations"
BASE = read_files(CONFIGURATIONS / "base")
FILES = BASE | read_files(CONFIGURATIONS / "whole")
PROGRAMME = load_files(FILES).programmes[0]
WHY = Decided("It was agreed.", "Chair")


def standing(**facts: object) -> Programme:
    return replace(PROGRAMME, facts=Facts(**facts))  # type: ignore[arg-type]


def test_facts_as_they_are_declared() -> None:
    facts = PROGRAMME.facts
    assert facts.extensions == (
        Extension(
            "first", "wards", date(2020, 2, 14), Decided("The ward moves in January.", "Cat Main"), "health", True
        ),
    )
    assert facts.excuses == (Excuse("first", "homes", Decided("The hub was flooded.", "Cat Main")),)
    assert facts.holds == (
        Hold(
            "second",
            (StepKind.REMINDER, StepKind.CHASE),
            Decided("The chair is away.", "Cat Main"),
            "wards",
            "care",
            date(2020, 3, 30),
        ),
    )
    assert facts.cancelled == (Cancelled("third", Decided("Nobody meets in summer.", "Chair")),)
    assert facts.withdrawn == (Withdrawn("beds", date(2020, 5, 1), Decided("It is finished.", "Planning group")),)
    assert facts.merged == (
        Merged(
            ("homes", "wards"),
            "care-everywhere",
            date(2020, 6, 1),
            Decided("The two are one now.", "Planning group"),
        ),
    )


def test_without_the_file_there_are_none() -> None:
    assert load_files(BASE).programmes[0].facts == Facts()
    assert load_files(BASE | {"updates/facts.yaml": "# nothing yet\n"}).programmes[0].facts == Facts()


def test_a_sponsor_s_own_extension_goes_before_the_plan_s() -> None:
    programme = standing(
        extensions=(
            Extension("first", "wards", date(2020, 2, 5), WHY),
            Extension("first", "wards", date(2020, 2, 7), WHY, post="care"),
            Extension("second", "wards", date(2020, 3, 17), WHY, post="health"),
        )
    )
    first, second = programme.cycle("first"), programme.cycle("second")
    assert own_deadline(programme, first, "wards", "care") == date(2020, 2, 7)
    assert own_deadline(programme, first, "wards", "health") == date(2020, 2, 5)
    assert own_deadline(programme, first, "homes", "care") == first.deadline
    assert own_deadline(programme, second, "wards", "care") == second.deadline
    assert own_deadline(programme, second, "wards", "health") == date(2020, 3, 17)


def test_an_excuse_is_one_sponsor_s_or_the_whole_plan_s() -> None:
    whole, own = Excuse("first", "wards", WHY), Excuse("first", "wards", Decided("Ill.", "Cat"), post="care")
    programme = standing(excuses=(whole, own))
    assert excuse_of(programme, "first", "wards", "care") is own
    assert excuse_of(programme, "first", "wards", "health") is whole
    assert excuse_of(programme, "second", "wards", "care") is None
    assert excuse_of(programme, "first", "homes", "care") is None


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        (("first", StepKind.PAPERS, date(2020, 2, 14)), False),
        (("first", StepKind.PAPERS, date(2020, 2, 14), "wards"), True),
        (("first", StepKind.PAPERS, date(2020, 2, 14), "wards", "care"), True),
        (("first", StepKind.PAPERS, date(2020, 2, 15), "wards", "care"), False),
        (("first", StepKind.PAPERS, date(2020, 2, 14), "homes"), False),
        (("first", StepKind.DRAFT, date(2020, 2, 14), "wards"), False),
        (("second", StepKind.PAPERS, date(2020, 2, 14), "wards"), False),
        (("second", StepKind.CHASE, date(2020, 2, 14)), True),
        (("second", StepKind.CHASE, date(2999, 2, 14), "wards", "care"), True),
        (("second", StepKind.REMINDER, date(2020, 2, 14), "wards", "care"), True),
        (("second", StepKind.REMINDER, date(2020, 2, 14), "wards", "health"), False),
        (("second", StepKind.REMINDER, date(2020, 2, 14), "wards"), False),
    ],
)
def test_a_hold_is_of_its_steps_its_plan_and_its_post_until_its_last_day(
    asked: tuple[str, StepKind, date], held: bool
) -> None:
    programme = standing(
        holds=(
            Hold("first", (StepKind.PAPERS,), WHY, plan="wards", until=date(2020, 2, 14)),
            Hold("second", (StepKind.CHASE,), WHY),
            Hold("second", (StepKind.REMINDER,), WHY, post="care"),
        )
    )
    assert (hold_on(programme, *asked) is not None) is held


def test_a_cancelled_cycle() -> None:
    assert cancelled(PROGRAMME, "first") is None
    fact = cancelled(PROGRAMME, "third")
    assert fact is not None
    assert fact.why.reason == "Nobody meets in summer."


@pytest.mark.parametrize(
    ("on", "reported"),
    [
        (date(2020, 4, 30), ["homes", "wards", "beds"]),
        (date(2020, 5, 1), ["homes", "wards"]),
        (date(2020, 5, 31), ["homes", "wards"]),
        (date(2020, 6, 1), ["care-everywhere"]),
    ],
)
def test_withdrawn_plans_go_and_merged_ones_are_replaced(on: date, reported: list[str]) -> None:
    assert [plan.id for plan in plans_in_force(PROGRAMME, on)] == reported


def test_a_plan_that_was_reported_before_goes_on_when_others_are_merged_into_it() -> None:
    programme = standing(merged=(Merged(("homes", "wards"), "wards", date(2020, 6, 1), WHY),))
    assert [plan.id for plan in plans_in_force(programme, date(2020, 5, 31))][:2] == ["homes", "wards"]
    assert [plan.id for plan in plans_in_force(programme, date(2020, 6, 1))][:1] == ["wards"]


def test_a_plan_may_grow_by_several_mergers_and_be_merged_in_its_turn() -> None:
    facts = Facts(
        merged=(
            Merged(("a", "b"), "ab", date(2020, 1, 1), WHY),
            Merged(("c",), "ab", date(2020, 2, 1), WHY),
            Merged(("ab", "d"), "all", date(2020, 3, 1), WHY),
        )
    )
    names = ("a", "b", "c", "d", "ab", "all")
    assert in_force(facts, names, date(2019, 12, 31)) == {"a", "b", "c", "d"}
    assert in_force(facts, names, date(2020, 1, 1)) == {"ab", "c", "d"}
    assert in_force(facts, names, date(2020, 2, 1)) == {"ab", "d"}
    assert in_force(facts, names, date(2020, 3, 1)) == {"all"}


@given(st.dates(date(2019, 1, 1), date(2021, 12, 31)))
def test_something_is_reported_on_every_day_and_nothing_twice(on: date) -> None:
    reported = [plan.id for plan in plans_in_force(PROGRAMME, on)]
    assert reported
    assert len(set(reported)) == len(reported)
    assert not ("care-everywhere" in reported and {"homes", "wards"} & set(reported))


def test_each_sponsor_is_asked_for_their_own_rows_where_rows_have_owners() -> None:
    wards = PROGRAMME.plan("wards")
    assert wards.policy is Policy.ROWS
    assert [action.ref for action in asked_actions(wards, "care")] == ["2.1"]
    assert [action.ref for action in asked_actions(wards, "health")] == ["2.2"]
    assert asked_actions(replace(wards, policy=Policy.ALL), "care") == wards.actions
    assert PROGRAMME.plan("beds").policy is Policy.ANY
    assert PROGRAMME.plan("beds").actions[0].reference["meaning"] == "Green means that all were counted."


def told(changes: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_files(FILES | dict(changes))
    return [str(fault) for fault in caught.value.faults]


def test_an_extension_past_the_papers_needs_an_addendum() -> None:
    ladder = FILES["updates/ladder.yaml"].replace('addendum: {at: "14:00"}', "addendum: {at: off}")
    assert told({"updates/ladder.yaml": ladder}) == [
        (
            'updates/facts.yaml:5:12: the extension of the plan "wards" of the post "health" in cycle "first" is until '
            "Fri 14 February 2020, not before the papers go, on Fri 14 February 2020, and there is no addendum. Choose "
            "an earlier day, or give the addendum a time in ladder.yaml."
        )
    ]


def test_vacancies_of_plans_that_are_not_reported_are_nobody_s_worry(tmp_path: Path) -> None:
    people = FILES["updates/people.yaml"].replace("      - {person: bob}", "      - {person: bob, until: 2020-03-31}")
    for name, text in (FILES | {"updates/people.yaml": people}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert [fault.sentence for fault in examine(tmp_path, date(2020, 1, 1))] == []
    later = (
        FILES["updates/facts.yaml"].replace("2020-06-01", "2020-09-01").replace("  - cycle: third", "  - cycle: nil")
    )
    (tmp_path / "updates" / "facts.yaml").write_text(later.replace("cycle: nil", "cycle: second"), encoding="utf-8")
    told = [fault.sentence for fault in examine(tmp_path, date(2020, 1, 1)) if fault.warning]
    assert told == ['the post "health" is vacant on Mon 15 June 2020, when cycle "third" is issued.']


def test_what_a_plan_is_reported_as_follows_its_mergers_in_turn() -> None:
    facts = Facts(
        merged=(
            Merged(("a", "b"), "ab", date(2020, 1, 1), WHY),
            Merged(("ab", "d"), "d", date(2020, 3, 1), WHY),
        )
    )
    assert [merged_into(facts, plan, date(2020, 2, 1)) for plan in ("a", "ab", "d", "e")] == ["ab", "ab", "d", "e"]
    assert [merged_into(facts, plan, date(2020, 3, 1)) for plan in ("a", "ab", "d", "e")] == ["d", "d", "d", "e"]
    assert merger_of(facts, "a", date(2019, 12, 31)) is None
