"""How values read in a sentence."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.form import Kind
from report import prose
from tests.report.samples import FORM


def test_dates_read_as_people_write_them() -> None:
    day = date(2019, 9, 13)
    assert prose.short_day(day) == "Fri 13 Sep"
    assert prose.long_day(day) == "Friday 13 September 2019"
    assert prose.plain_date(day) == "13 September 2019"


def test_a_revised_due_date_shows_the_first_one() -> None:
    due, original = date(2020, 9, 30), date(2020, 6, 30)
    assert prose.due_on(due) == prose.due_on(due, due) == "due 30 September 2020"
    assert prose.due_on(due, original) == "due 30 September 2020, originally 30 June 2020"
    assert prose.due_on(None) == "no due date"
    assert prose.due_on(None, original) == "no due date, originally 30 June 2020"
    assert prose.brief_date(due) == "30 Sep 2020"


def test_a_moment_is_in_the_zone_that_it_carries() -> None:
    instant = datetime(2020, 6, 1, 23, 30, tzinfo=ZoneInfo("UTC"))
    assert prose.moment(instant) == "23:30 on Monday 1 June 2020"
    assert prose.moment(instant.astimezone(ZoneInfo("Europe/London"))) == "00:30 on Tuesday 2 June 2020"


@pytest.mark.parametrize(
    ("items", "expected"),
    [([], ""), (["3.1"], "3.1"), (["3.1", "3.3"], "3.1 and 3.3"), (["3.1", "3.3", "3.5"], "3.1, 3.3 and 3.5")],
)
def test_lists_are_joined(items: list[str], expected: str) -> None:
    assert prose.joined(items) == expected


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["Big Action 2"], "Big Action 2"),
        (["Big Action 2", "Big Action 3"], "Big Actions 2 and 3"),
        (["Big Action 1", "Big Action 2", "Big Action 3"], "Big Actions 1, 2 and 3"),
        (["Big Action 2", "Housing Plan 3"], "Big Action 2 and Housing Plan 3"),
        (["Strategy 1", "Strategy 2"], "Strategy 1 and Strategy 2"),
        (["Hubs", "Isles"], "Hubs and Isles"),
    ],
)
def test_plans_that_differ_in_their_number_share_a_name(labels: list[str], expected: str) -> None:
    assert prose.plan_names(labels) == expected


def test_numbers_agree_with_their_nouns() -> None:
    assert [prose.counted(count, "row") for count in (0, 1, 6)] == ["0 rows", "1 row", "6 rows"]
    assert [prose.times(count) for count in (1, 2, 3, 12)] == ["once", "twice", "three times", "12 times"]
    assert [prose.row_names(refs) for refs in ((), ("3.1",), ("3.1", "3.3"))] == ["", "row 3.1", "rows 3.1 and 3.3"]
    assert [prose.capital(text) for text in ("", "due 1 May", "É")] == ["", "Due 1 May", "É"]
    assert prose.counted(2, "thing needs", "things need") == "2 things need"
    assert [prose.number(count) for count in (0, 2, 9, 10)] == ["no", "two", "nine", "10"]


@given(st.text())
def test_one_line_is_one_clean_line(text: str) -> None:
    line = prose.one_line(text)
    assert line == line.strip()
    assert len(line.splitlines()) <= 1
    assert not set(line) & {chr(code) for code in (*range(32), 0x7F, 0x202E, 0x2066, 0xFEFF)}
    line.encode("utf-8")


@given(st.text(), st.integers(10, 60))
def test_a_cut_text_keeps_its_limit(text: str, limit: int) -> None:
    cut = prose.cut(text, limit)
    assert len(cut) <= limit
    assert cut == prose.one_line(text) or cut.endswith("…")


def test_a_text_is_cut_between_words() -> None:
    assert prose.cut("The tender was re-run after November", 20) == "The tender was…"
    assert prose.cut("x" * 30, 10) == "x" * 9 + "…"


def test_a_shortened_text_says_where_the_rest_is() -> None:
    assert prose.shortened("a\nb", 10) == "a\nb"
    assert prose.shortened("a\nb" * 10, 4) == "a\nba… (the rest is in the workbook)"


@pytest.mark.parametrize("text", ["", "None", " none. ", "N/A", "–", "No"])
def test_nothing_to_say_is_recognised(text: str) -> None:
    assert prose.says_nothing(text)


def test_something_to_say_is_not_nothing() -> None:
    assert not prose.says_nothing("No lift in the building")


def test_answers_are_shown_by_their_kind() -> None:
    assert prose.shown(Kind.DATE, "2020-05-29") == "29 May 2020"
    assert prose.shown(Kind.DATE, "soon") == "soon"
    assert prose.shown(Kind.TICK, "TRUE") == "Yes"
    assert prose.shown(Kind.TICK, "FALSE") == "No"
    assert prose.shown(Kind.TICK, " ") == ""
    assert prose.shown(Kind.RATING, "amber", FORM.ratings) == "Amber"
    assert prose.shown(Kind.RATING, "mauve", FORM.ratings) == "mauve"
    assert prose.shown(Kind.TEXT, " a\x07b\u202e\r\nc ") == "a b \nc"
