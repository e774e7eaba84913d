"""The calendar: working days as the procedure counts them, steps as instants, and the printed table."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.calendar import (
    add_working_days,
    back_to_working_day,
    calendar_table,
    calendar_text,
    cycle_warnings,
    day_off,
    forward_to_working_day,
    instant,
    known_regions,
    on_time_until,
    papers_day,
    working_day,
    working_days_between,
)
from programme.cycle import Asked, Cycle, Ladder, Rung
from programme.facts import Cancelled, Decided, Facts
from programme.loader import load
from programme.service import Programme, WorkingDays

ROOT = Path(__file__).parent.parent.parent
LONDON = ZoneInfo("Europe/London")
SCOTLAND = WorkingDays(region="GB-SCT")
PLAIN = WorkingDays()

# The procedure's table: issue, deadline, SPG; days and working days to update, and from deadline to SPG.
SOP = [
    ("2019-08-30", "2019-09-13", "2019-10-04", 14, 10, 21, 15),
    ("2019-10-14", "2019-10-25", "2019-11-15", 11, 9, 21, 15),
    ("2019-12-09", "2019-12-16", "2020-01-10", 7, 5, 25, 15),
    ("2020-01-20", "2020-01-31", "2020-02-21", 11, 9, 21, 15),
    ("2020-03-02", "2020-03-13", "2020-04-03", 11, 9, 21, 15),
    ("2020-04-13", "2020-04-24", "2020-05-15", 11, 9, 21, 14),
    ("2020-05-25", "2020-06-05", "2020-06-26", 11, 9, 21, 15),
    ("2020-07-06", "2020-07-17", "2020-08-07", 11, 9, 21, 14),
    ("2020-08-17", "2020-08-28", "2020-09-18", 11, 9, 21, 15),
    ("2020-09-28", "2020-10-09", "2020-10-30", 11, 9, 21, 15),
    ("2020-11-09", "2020-11-20", "2020-12-11", 11, 9, 21, 14),
]

days_of_years = st.dates(date(2015, 1, 1), date(2035, 12, 31))
zones = st.sampled_from(["Europe/London", "Europe/Athens", "America/New_York", "Australia/Lord_Howe", "UTC"])
weeks = st.builds(
    WorkingDays,
    week=st.frozensets(st.integers(0, 6), min_size=1),
    region=st.sampled_from([None, "GB-SCT"]),
    local=st.dictionaries(days_of_years, st.just("Local holiday"), max_size=5),
)


@pytest.fixture(scope="module")
def plan() -> Programme:
    return load(ROOT / "config").programme("strategic-plan")


@pytest.mark.parametrize("row", SOP, ids=lambda row: row[0])
def test_working_days_are_counted_as_the_procedure_does(row: tuple[str, str, str, int, int, int, int]) -> None:
    issue, deadline, spg = map(date.fromisoformat, row[:3])
    assert (deadline - issue).days == row[3]
    assert working_days_between(SCOTLAND, issue, deadline) == row[4]
    assert (spg - deadline).days == row[5]
    assert working_days_between(SCOTLAND, deadline, spg) == row[6]


def test_the_shipped_calendar_is_the_procedure_s(plan: Programme) -> None:
    assert [
        (
            row.issue.isoformat(),
            row.deadline.isoformat(),
            row.spg.isoformat(),
            row.days_to_update,
            row.working_days_to_update,
            row.days_to_spg,
            row.working_days_to_spg,
        )
        for row in calendar_table(plan)
    ] == SOP


def test_why_a_day_is_off() -> None:
    days = WorkingDays(region="GB-SCT", local={date(2020, 4, 13): "Easter Monday"})
    assert day_off(days, date(2020, 5, 25)) == "Spring Bank Holiday"
    assert day_off(days, date(2020, 5, 8)) == "May Day"
    assert day_off(days, date(2020, 4, 13)) == "Easter Monday"
    assert day_off(days, date(2020, 5, 23)) == "Saturday"
    assert day_off(days, date(2020, 5, 26)) is None
    assert day_off(PLAIN, date(2020, 5, 25)) is None
    assert day_off(WorkingDays(week=frozenset({6})), date(2020, 5, 25)) == "Monday"


def test_a_country_without_parts_is_a_region() -> None:
    assert {"GB", "GB-SCT", "IE"} <= known_regions()
    assert day_off(WorkingDays(region="IE"), date(2020, 3, 17)) == "Saint Patrick's Day"


def test_working_days_may_be_counted_backwards() -> None:
    assert working_days_between(PLAIN, date(2020, 1, 27), date(2020, 1, 20)) == -5
    assert working_days_between(PLAIN, date(2020, 1, 20), date(2020, 1, 20)) == 0
    assert add_working_days(PLAIN, date(2020, 1, 25), 0) == date(2020, 1, 25)
    assert add_working_days(SCOTLAND, date(2019, 12, 31), 1) == date(2020, 1, 3)
    assert add_working_days(SCOTLAND, date(2020, 1, 3), -1) == date(2019, 12, 31)


@given(weeks, days_of_years)
def test_moved_days_are_working_days_and_nothing_worked_is_passed_over(days: WorkingDays, day: date) -> None:
    back, forward = back_to_working_day(days, day), forward_to_working_day(days, day)
    assert working_day(days, back)
    assert working_day(days, forward)
    assert back <= day <= forward
    assert working_days_between(days, back, day) == 0
    assert working_days_between(days, day, forward) == (forward != day)


@given(weeks, days_of_years, st.integers(-15, 15))
def test_adding_and_counting_undo_each_other(days: WorkingDays, day: date, count: int) -> None:
    assert working_days_between(days, day, add_working_days(days, day, count)) == count


@given(weeks, days_of_years, st.integers(0, 60), st.integers(0, 60))
def test_counts_add_up(days: WorkingDays, day: date, first: int, second: int) -> None:
    middle, end = day + timedelta(days=first), day + timedelta(days=first + second)
    halves = working_days_between(days, day, middle) + working_days_between(days, middle, end)
    assert halves == working_days_between(days, day, end)


@given(zones, days_of_years, st.times())
def test_an_instant_is_utc_and_reads_back_as_the_local_time(zone: str, day: date, at: time) -> None:
    happens = instant(ZoneInfo(zone), day, at)
    local = happens.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    asked = datetime.combine(day, at)
    assert happens.tzinfo is UTC
    assert timedelta(0) <= local - asked <= timedelta(hours=1)


@given(zones, days_of_years)
def test_every_day_ends_where_the_next_begins(zone: str, day: date) -> None:
    length = instant(ZoneInfo(zone), day + timedelta(days=1), time(0)) - instant(ZoneInfo(zone), day, time(0))
    assert timedelta(hours=23) <= length <= timedelta(hours=25)


def test_clock_changes() -> None:
    assert instant(LONDON, date(2020, 1, 20), time(9)) == datetime(2020, 1, 20, 9, tzinfo=UTC)
    assert instant(LONDON, date(2020, 7, 6), time(9)) == datetime(2020, 7, 6, 8, tzinfo=UTC)
    skipped = instant(LONDON, date(2020, 3, 29), time(1, 30))
    assert skipped.astimezone(LONDON).time() == time(2, 30)
    repeated = instant(LONDON, date(2020, 10, 25), time(1, 30, fold=1))
    assert repeated == datetime(2020, 10, 25, 0, 30, tzinfo=UTC)


def test_papers_go_on_the_working_day_before(plan: Programme) -> None:
    assert papers_day(plan, plan.cycle("2019-6")) == date(2020, 5, 7)
    assert papers_day(plan, plan.cycle("2019-4")) == date(2020, 2, 14)


def test_on_time_is_until_local_midnight(plan: Programme) -> None:
    assert on_time_until(plan, date(2020, 1, 31)) == datetime(2020, 2, 1, tzinfo=UTC)
    assert on_time_until(plan, date(2020, 4, 24)) == datetime(2020, 4, 24, 23, tzinfo=UTC)


def changed(zone: str, declared: tuple[Cycle, ...]) -> Programme:
    """The small programme with another zone and other cycles."""
    base = load(ROOT / "tests" / "data" / "configurations" / "base").programmes[0]
    return replace(base, zone=ZoneInfo(zone), cycles=declared)


def test_the_table_says_what_is_odd_about_a_cycle(plan: Programme) -> None:
    rows = {row.cycle: row for row in calendar_table(plan)}
    third = rows["2019-3"]
    assert (third.days_to_spg, third.working_days_to_spg) == (25, 15)
    assert third.warnings == (
        (
            "update 3: sponsors have one week, 5 working days, to update, and the programme's own rule is 9; "
            "the deadline is 25 days (15 working days) before the SPG."
        ),
    )
    assert rows["2019-7"].warnings == (
        "update 7: the issue date, Mon 25 May 2020, is a day off (Spring Bank Holiday).",
    )
    assert rows["2019-6"].notes == (
        "update 6: the papers go on Thu 7 May 2020, because Fri 8 May 2020 is a day off (May Day).",
    )
    assert (third.issue_weekday, third.deadline_weekday, third.spg_weekday) == ("Mon", "Mon", "Fri")
    assert (rows["2019-6"].papers, rows["2019-6"].papers_weekday) == (date(2020, 5, 7), "Thu")
    assert [row.cycle for row in rows.values() if row.warnings] == ["2019-3", "2019-6", "2019-7"]


def test_gaps_and_weekends_are_told_in_words() -> None:
    one = Cycle("one", "update 1", date(2020, 1, 31), date(2020, 2, 1), date(2020, 2, 2))
    assert cycle_warnings(PLAIN, Ladder(), one) == [
        ("deadline", "update 1: the deadline, Sat 1 February 2020, is a Saturday."),
        ("spg", "update 1: the SPG date, Sun 2 February 2020, is a Sunday."),
        (
            "deadline",
            (
                "update 1: sponsors have 1 day, 0 working days, to update, and the programme's own rule is 9; "
                "the deadline is 1 day (0 working days) before the SPG."
            ),
        ),
        ("deadline", "update 1: the deadline is 1 day before the SPG; the programme's own rule is 21."),
    ]


def test_the_printed_calendar(plan: Programme) -> None:
    text = calendar_text(plan)
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "2019-3   Mon  9 Dec 2019  Mon 16 Dec 2019  7 / 5      Fri 10 Jan 2020  25 / 15  Fri  3 Jan 2020\n" in text
    assert "2019-6   Mon 13 Apr 2020  Fri 24 Apr 2020  11 / 9     Fri 15 May 2020  21 / 14  Thu  7 May 2020\n" in text
    assert "- update 3: sponsors have one week, 5 working days, to update" in text
    assert "- Mon 25 May 2020: Spring Bank Holiday\n" in text
    assert "- Mon 13 April 2020: Easter Monday (local)\n" in text
    assert "cycle    reminder    review      chase 1     chase 2     chase 3     draft       addendum\n" in text
    assert "2019-6   Tue 21 Apr  Mon 27 Apr  Tue 28 Apr  Thu 30 Apr  Mon  4 May  Tue  5 May  Thu 14 May\n" in text


def test_a_calendar_without_oddities_prints_no_warnings() -> None:
    one = Cycle("one", "update 1", date(2020, 6, 8), date(2020, 6, 19), date(2020, 7, 10))
    text = calendar_text(changed("Europe/London", (one,)))
    assert "Warnings" not in text
    assert "Moved" not in text
    assert "Days off" not in text


def test_a_cancelled_cycle_is_told_with_its_reason_and_has_no_steps(plan: Programme) -> None:
    why = Decided("The SPG does not meet in May.", "Chief Officer")
    programme = replace(plan, facts=Facts(cancelled=(Cancelled("2019-6", why),)))
    text = calendar_text(programme)
    row = next(row for row in calendar_table(programme) if row.cycle == "2019-6")
    assert (row.warnings, row.notes, row.steps) == ((), (), {})
    assert "Cancelled:\n- update 6: The SPG does not meet in May. Decided by Chief Officer.\n" in text
    assert "2019-6   -           -           -           -           -           -           -\n" in text
    assert "Moved" not in text


def test_a_ladder_that_is_too_long_to_print_is_left_out(plan: Programme) -> None:
    long = replace(plan.ladder, rungs=tuple(Rung(number, (Asked.SPONSOR,)) for number in range(1, 8)))
    text = calendar_text(replace(plan, ladder=long))
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "reminder" not in text


def test_a_ladder_of_the_fewest_steps_prints_no_table_of_them(plan: Programme) -> None:
    bare = replace(plan.ladder, reminder_at=None, review_at=None, rungs=(), draft_at=None, addendum_at=None)
    text = calendar_text(replace(plan, ladder=bare))
    assert text.count("cycle  ") == 1
    assert all(not row.steps for row in calendar_table(replace(plan, ladder=bare)))
