"""The table of the year, and who plays what in it."""

from collections import Counter
from pathlib import Path

from programme.loader import load
from scheduler.demo.behaviours import FIRST, Behaviour
from scheduler.demo.diary import diary
from scheduler.demo.table import Tally, year_table
from scheduler.demo.year import parts_of

PLAN, REPORTS = load(Path(__file__).resolve().parents[2] / "config").programmes


def test_the_table_has_a_line_per_cycle_and_one_for_all() -> None:
    first = Tally("Plan", "update 1", 5, 7, Counter(issue=5, chase=2), Counter({"on time": 6, "never": 1}))
    second = Tally("Plan", "update 2", 5, 7, Counter(issue=5, oddity=1), Counter({"on time": 7, "queries": 3}))
    other = Tally("Reports", "report 1", 3, 3, Counter(issue=3), Counter(late=3))
    lines = [line.rstrip() for line in year_table((first, other, second))]
    assert lines[0] == "Plan: 13 messages in 2 cycles"
    assert [line.split() for line in lines[3:6]] == [
        ["update", "1", "5", "2", "-", "|", "6", "-", "-", "-", "1", "-", "-"],
        ["update", "2", "5", "-", "1", "|", "7", "-", "-", "-", "-", "3", "-"],
        ["together", "10", "2", "1", "|", "13", "-", "-", "-", "1", "3", "-"],
    ]
    assert "oddity" in lines[2]
    assert lines[7] == "Reports: 3 messages in 1 cycle"


def test_every_behaviour_of_the_first_cycle_occurs_in_it_and_all_of_them_in_the_year() -> None:
    first, *others = (parts_of(PLAN, cycle) for cycle in PLAN.cycles)
    assert first == FIRST
    everywhere = {part.behaviour for parts in (first, *others) for part in parts}
    assert everywhere == set(Behaviour)
    for parts in (first, *others, *(parts_of(REPORTS, cycle) for cycle in REPORTS.cycles)):
        assert len({part.name for part in parts}) == len(parts)


def test_every_sponsor_acts_in_every_cycle_but_who_is_excused() -> None:
    plans = {plan.id for plan in PLAN.plans}
    idle = [plans - {part.plan for part in parts_of(PLAN, cycle)} for cycle in PLAN.cycles]
    assert [missing for missing in idle if missing] == [{"ba6"}]


def test_the_diary_is_kept_in_seven_cycles_in_the_order_of_time() -> None:
    kept = [diary(PLAN, cycle) for cycle in PLAN.cycles]
    assert [bool(entries) for entries in kept] == [False] * 3 + [True] * 7 + [False]
    for cycle, entries in zip(PLAN.cycles, kept, strict=True):
        assert list(entries) == sorted(entries, key=lambda entry: entry.at)
        assert all(cycle.issue <= PLAN.local(entry.at).date() <= cycle.spg for entry in entries)
    assert [bool(diary(REPORTS, cycle)) for cycle in REPORTS.cycles] == [False, True, False, True, False]
