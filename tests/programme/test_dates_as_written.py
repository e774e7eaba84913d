"""Dates that are not written year-month-day: what is said of them, and the day that is offered."""

import pytest

from programme.source import parse
from programme.structure import structural_faults

ANY = "Write year-month-day, such as 2020-01-31."


def told(written: str) -> list[str]:
    """What is said of an issue date that is written so."""
    cycle = f"{{id: a, label: A, issue: {written}, deadline: 2020-03-02, spg: 2020-04-02}}"
    document, faults = parse("cycles.yaml", f"cycles:\n  - {cycle}\n")
    assert document is not None
    return [f"{fault.sentence} {fault.fix}".rstrip() for fault in [*faults, *structural_faults(document, "cycles")]]


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("20190830", "Write 2019-08-30."),
        ("30082019", "Write 2019-08-30."),
        ("30/08/2019", "Write 2019-08-30."),
        ("08/30/2019", "Write 2019-08-30."),
        ("05/05/2019", "Write 2019-05-05."),
        ("30.8.2019", "Write 2019-08-30."),
        ("30-08-2019", "Write 2019-08-30."),
        ("2019/08/30", "Write 2019-08-30."),
        ("2019-8-3", "Write 2019-08-03."),
        ("30 August 2019", "Write 2019-08-30."),
        ("30th Aug 2019", "Write 2019-08-30."),
        ("2019-08-30 09:00", "Write 2019-08-30."),
        ("03/08/2019", "Day and month are unclear here: write 2019-08-03 or 2019-03-08."),
        ("3 Ju 2019", ANY),
        ("3 Jun 2019", "Write 2019-06-03."),
        ("30/08/19", ANY),
        ("31/31/2019", ANY),
        ("30/08/9999", ANY),
        ("2019", ANY),
        ("tomorrow", ANY),
        ("off", ANY),
    ],
)
def test_a_date_in_another_order_is_offered_where_it_is_clear(written: str, fix: str) -> None:
    expected = [f"'issue' is \"{written}\", which is not written year-month-day. {fix}"]
    assert told(written) == expected
    assert told(f'"{written}"') == expected


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2019-02-29", "'issue' is \"2019-02-29\", and there is no such day. February 2019 has 28 days."),
        ("2019-04-31", "'issue' is \"2019-04-31\", and there is no such day. April 2019 has 30 days."),
        ("2019-04-00", "'issue' is \"2019-04-00\", and there is no such day. April 2019 has 30 days."),
        ("2019-30-08", "'issue' is \"2019-30-08\", and there is no such day. Write 2019-08-30, if that is meant."),
        ("2019-31-31", f"'issue' is \"2019-31-31\", and there is no such day. {ANY}"),
        ("9999-12-31", "'issue' is \"9999-12-31\", whose year is out of range. Use a year from 1900 to 3000."),
        ("0000-01-01", "'issue' is \"0000-01-01\", whose year is out of range. Use a year from 1900 to 3000."),
    ],
)
def test_a_day_that_is_not_there_and_a_year_that_is_a_slip(written: str, said: str) -> None:
    assert told(written) == [said]
    assert told(f'"{written}"') == [said]


@pytest.mark.parametrize(("written", "found"), [("true", "true"), ("[2019-08-30]", "a list")])
def test_what_is_no_text_at_all_is_not_put_in_quotes(written: str, found: str) -> None:
    assert told(written) == [f"'issue' should be a date, and is {found}. {ANY}"]


def test_a_space_too_many_and_a_long_text_are_shown_as_they_are() -> None:
    assert told('" 2019-08-30"') == [
        "'issue' is \" 2019-08-30\", which is not written year-month-day. Write 2019-08-30."
    ]
    (sentence,) = told(f'"{"x" * 500}"')
    assert f'"{"x" * 60}…"' in sentence
