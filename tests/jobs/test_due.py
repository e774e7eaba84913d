"""What is due: a pure function of the calendar, what is settled, and the clock."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.due import HELD_FOR, Deed, Due, Known, ahead, due, never_started, started
from ledger.records import StepRecord
from programme.calendar import steps
from programme.cycle import Step
from programme.service import Programme
from tests.jobs.stage import DEADLINE, ISSUE, MEETING, PAPERS, at, service

PROGRAMME = service().programmes[0]
START = at(1)
MINUTE = timedelta(minutes=1)
SEEN = {cycle.id: START for cycle in PROGRAMME.cycles}
ORDER = ["issue", "deadline", "papers"]
INSTANTS = st.datetimes(START.replace(tzinfo=None), datetime(2021, 2, 1)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=START.tzinfo)
)


def settled(step: Step, now: datetime, outcome: str = "done", reason: str = "") -> StepRecord:
    return StepRecord(*step.key, due=step.due, settled_at=now, outcome=outcome, reason=reason)


class Life:
    """A service that wakes now and then, settles what is due, and remembers."""

    def __init__(self, programme: Programme = PROGRAMME) -> None:
        self.programme = programme
        self.known = Known({}, {})
        self.done: list[tuple[Step, Deed, datetime]] = []

    def wake(self, now: datetime, refused_at: datetime | None = None) -> tuple[Due, ...]:
        seen = {cycle.id: self.known.first_seen.get(cycle.id, now) for cycle in self.programme.cycles}
        self.known = Known(dict(self.known.settled), seen, refused_at)
        while actionable := self._actionable(now):
            for item in actionable[:1]:
                outcome = "done" if item.deed is Deed.FIRE else "missed"
                record = settled(item.step, now, outcome, item.reason)
                self.known = replace(self.known, settled={**self.known.settled, item.step.key: record})
                self.done.append((item.step, item.deed, now))
        return tuple(item for item in due(self.programme, self.known, now) if item.deed is Deed.HOLD)

    def _actionable(self, now: datetime) -> list[Due]:
        return [item for item in due(self.programme, self.known, now) if item.deed is not Deed.HOLD]

    def story(self, cycle: str = "c1") -> list[tuple[str, str]]:
        return [(step.kind.value, deed.value) for step, deed, _ in self.done if step.cycle == cycle]


@given(st.lists(INSTANTS, min_size=1, max_size=25))
def test_every_step_of_a_started_cycle_is_settled_once_and_in_order_whatever_the_wake_ups(
    wake_ups: Sequence[datetime],
) -> None:
    life = Life()
    for now in sorted(wake_ups):
        life.wake(now)
    life.wake(datetime(2022, 1, 1, tzinfo=START.tzinfo))
    keys = [step.key for step, _, _ in life.done]
    assert len(keys) == len(set(keys))
    for cycle in PROGRAMME.cycles:
        story = [kind for kind, _ in life.story(cycle.id)]
        first_seen = min(wake_ups)
        in_time = first_seen <= steps(PROGRAMME, cycle)[0].due
        assert story == (ORDER if in_time else [])


@given(st.lists(INSTANTS, min_size=1, max_size=25))
def test_nothing_fires_before_its_time_or_when_it_is_of_no_use(wake_ups: Sequence[datetime]) -> None:
    life = Life()
    for now in sorted(wake_ups):
        life.wake(now)
    for step, deed, now in life.done:
        assert now >= step.due
        if deed is Deed.FIRE:
            assert now < step.useful_until


@given(st.lists(INSTANTS, min_size=1, max_size=12), INSTANTS)
def test_a_bad_edit_holds_mass_mail_for_at_most_two_hours(wake_ups: Sequence[datetime], refused_at: datetime) -> None:
    life = Life()
    for now in sorted(wake_ups):
        for item in life.wake(now, refused_at if refused_at <= now else None):
            assert item.step.kind.value in ("issue", "papers")
            assert now < item.step.due + HELD_FOR
            assert "cannot be used" in item.reason


@given(st.lists(INSTANTS, min_size=1, max_size=12), st.integers(-40, 40))
def test_a_moved_date_refires_no_settled_step(wake_ups: Sequence[datetime], days: int) -> None:
    life = Life()
    life.wake(START)
    life.wake(ISSUE)
    moved = timedelta(days=days)
    first = PROGRAMME.cycles[0]
    later = replace(first, issue=first.issue + moved, deadline=first.deadline + moved, spg=first.spg + moved)
    life.programme = replace(PROGRAMME, cycles=(later, *PROGRAMME.cycles[1:]))
    for now in sorted(wake_ups):
        life.wake(max(now, ISSUE))
    assert life.story().count(("issue", "fire")) == 1
    assert [kind for kind, _ in life.story()].count("issue") == 1


@given(INSTANTS)
def test_it_changes_nothing_to_ask_twice(now: datetime) -> None:
    known = Known({}, SEEN)
    assert due(PROGRAMME, known, now) == due(PROGRAMME, known, now)


def test_nothing_is_due_a_moment_before_its_time() -> None:
    life = Life()
    life.wake(START)
    life.wake(ISSUE - MINUTE)
    assert life.story() == []
    life.wake(ISSUE)
    assert life.story() == [("issue", "fire")]


def test_a_late_issue_runs_until_the_midnight_of_the_deadline() -> None:
    for now, deed in ((at(31, 23, 59, 59), "fire"), (at(1, 0, month=2), "miss")):
        life = Life()
        life.wake(START)
        life.wake(now)
        assert life.story()[0] == ("issue", deed)


def test_what_follows_a_missed_issue_is_missed_with_the_reason() -> None:
    life = Life()
    life.wake(START)
    life.wake(at(1, 0, month=2))
    life.wake(PAPERS)
    assert life.story() == [("issue", "miss"), ("deadline", "miss"), ("papers", "miss")]
    reasons = [record.reason for record in life.known.settled.values()]
    assert reasons == [
        "The deadline passed before the plans could be issued.",
        "Nothing was issued in this cycle.",
        "Nothing was issued in this cycle.",
    ]


def test_papers_run_late_until_the_meeting_begins() -> None:
    for now, deed in ((MEETING - MINUTE, "fire"), (MEETING, "miss")):
        life = Life()
        for instant in (START, ISSUE, DEADLINE, now):
            life.wake(instant)
        assert life.story()[-1] == ("papers", deed)


def test_the_deadline_runs_however_late() -> None:
    life = Life()
    for instant in (START, ISSUE, MEETING + timedelta(days=300)):
        life.wake(instant)
    assert life.story() == [("issue", "fire"), ("deadline", "fire"), ("papers", "miss")]


def test_held_mail_goes_after_two_hours_or_as_soon_as_the_edit_is_put_right() -> None:
    life = Life()
    life.wake(START)
    [held] = life.wake(ISSUE, refused_at=START)
    assert (held.deed, life.story()) == (Deed.HOLD, [])
    life.wake(ISSUE + HELD_FOR - MINUTE, refused_at=START)
    assert life.story() == []
    life.wake(ISSUE + HELD_FOR, refused_at=START)
    assert life.story() == [("issue", "fire")]
    mended = Life()
    mended.wake(START)
    mended.wake(ISSUE, refused_at=START)
    mended.wake(ISSUE + MINUTE)
    assert mended.story() == [("issue", "fire")]


def test_the_deadlines_mail_to_the_team_is_not_held() -> None:
    life = Life()
    for instant in (START, ISSUE):
        life.wake(instant)
    life.wake(DEADLINE, refused_at=START)
    assert life.story() == [("issue", "fire"), ("deadline", "fire")]


def test_a_cycle_first_seen_past_its_issue_needs_start_from() -> None:
    late = ISSUE + MINUTE
    known = Known({}, {cycle.id: late for cycle in PROGRAMME.cycles})
    assert [cycle.id for cycle in started(PROGRAMME, known)] == ["c2", "c3"]
    assert [cycle.id for cycle in never_started(PROGRAMME, known, late)] == ["c1"]
    assert due(PROGRAMME, known, late) == ()
    named = replace(PROGRAMME, start_from="c1")
    assert never_started(named, known, late) == ()
    [item] = due(named, known, late)
    assert (item.step.cycle, item.deed) == ("c1", Deed.FIRE)


def test_a_cycle_first_seen_at_its_very_issue_is_in_time() -> None:
    known = Known({}, {cycle.id: ISSUE for cycle in PROGRAMME.cycles})
    assert [item.step.cycle for item in due(PROGRAMME, known, ISSUE)] == ["c1"]
    assert never_started(PROGRAMME, known, ISSUE) == ()


def test_a_cycle_that_is_over_was_never_started_and_is_nobodys_business() -> None:
    known = Known({}, {cycle.id: MEETING for cycle in PROGRAMME.cycles})
    assert never_started(PROGRAMME, known, MEETING) == ()
    assert [cycle.id for cycle in never_started(PROGRAMME, known, MEETING - MINUTE)] == ["c1"]


def test_a_cycle_that_was_never_seen_is_not_run() -> None:
    assert started(PROGRAMME, Known({}, {})) == ()


def test_start_from_leaves_the_cycles_before_it_alone() -> None:
    named = replace(PROGRAMME, start_from="c2")
    known = Known({}, SEEN)
    assert [cycle.id for cycle in started(named, known)] == ["c2", "c3"]
    assert due(named, known, ISSUE) == ()


def test_a_start_from_that_is_no_longer_in_the_calendar_names_nothing() -> None:
    assert [cycle.id for cycle in started(replace(PROGRAMME, start_from="c0"), Known({}, SEEN))] == ["c1", "c2", "c3"]


def test_an_issued_cycle_stays_started_when_its_date_moves_before_it_was_seen() -> None:
    issue = steps(PROGRAMME, PROGRAMME.cycles[0])[0]
    moved = replace(PROGRAMME.cycles[0], issue=date(2019, 12, 2))
    programme = replace(PROGRAMME, cycles=(moved, *PROGRAMME.cycles[1:]))
    known = Known({issue.key: settled(issue, ISSUE)}, SEEN)
    assert [cycle.id for cycle in started(programme, known)] == ["c1", "c2", "c3"]


def test_what_lies_ahead_is_what_is_still_to_come_the_next_first() -> None:
    coming = ahead(PROGRAMME, Known({}, SEEN), ISSUE)
    assert [(step.cycle, step.kind.value) for step in coming[:3]] == [
        ("c1", "deadline"),
        ("c1", "papers"),
        ("c2", "issue"),
    ]
    assert len(coming) == 8
    assert ahead(PROGRAMME, Known({}, {}), ISSUE) == ()


def test_steps_of_several_cycles_are_due_in_the_order_in_which_they_fell_due() -> None:
    late = datetime(2020, 10, 12, 9, tzinfo=START.tzinfo)
    found = due(PROGRAMME, Known({}, SEEN), late)
    assert [(item.step.cycle, item.deed) for item in found] == [
        ("c1", Deed.MISS),
        ("c2", Deed.MISS),
        ("c3", Deed.FIRE),
    ]
