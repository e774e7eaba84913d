"""Until when an answer still changes something: the draft, the papers, the addendum, or else the meeting."""

from datetime import UTC, date, datetime

import pytest

from jobs.closing import answer_until, last_papers, next_papers
from tests.jobs.stage import ADDENDUM, DRAFT, PAPERS, WHOLE_YEAR, at, service

WITHOUT = service().programmes[0]
WHOLE = service(WHOLE_YEAR).programmes[0]
CANCELLED = service(
    ("strategic/facts.yaml", "{}", "cancelled:\n  - {cycle: c1, reason: The chair is away, decided_by: Chair}")
).programmes[0]


def test_an_answer_to_the_review_counts_until_the_draft_or_else_the_papers() -> None:
    assert answer_until(WHOLE, WHOLE.cycle("c1")) == DRAFT
    assert answer_until(WITHOUT, WITHOUT.cycle("c1")) == PAPERS


@pytest.mark.parametrize(
    ("now", "day"),
    [(at(20), date(2020, 2, 14)), (PAPERS, date(2020, 2, 20)), (ADDENDUM, date(2020, 2, 21))],
)
def test_the_next_papers_are_the_addendum_once_the_papers_went_and_then_the_meeting(now: datetime, day: date) -> None:
    assert next_papers(WHOLE, WHOLE.cycle("c1"), now) == day


def test_what_comes_after_the_last_papers_is_in_none() -> None:
    assert last_papers(WHOLE, WHOLE.cycle("c1")) == ADDENDUM
    assert last_papers(WITHOUT, WITHOUT.cycle("c1")) == PAPERS
    assert last_papers(CANCELLED, CANCELLED.cycle("c1")) == datetime(2020, 2, 22, tzinfo=UTC)
