"""What is due: a pure function of the calendar, what is settled, and the clock."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jobs.due import HELD_FOR, Deed, Due, Known, ahead, due, never_started, started
from ledger.records import StepRecord
from programme.calendar import steps
from programme.cycle import DIGESTS, MAIN, Step, StepKind
from programme.facts import Decided, Extension, Facts, Hold
from programme.service import Programme
from tests.jobs.stage import ADDENDUM, DEADLINE, ISSUE, MEETING, PAPERS, WHOLE_YEAR, at, service

PROGRAMME = service(WHOLE_YEAR).programmes[0]
PLAIN = service().programmes[0]
START = at(1)
MINUTE = timedelta(minutes=1)
SEEN = {cycle.id: START for cycle in PROGRAMME.cycles}
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
        self.known = replace(self.known, first_seen=seen, refused_at=refused_at)
        while actionable := self._actionable(now):
            for item in actionable:
                outcome = "done" if item.deed is Deed.FIRE else "missed"
                record = settled(item.step, now, outcome, item.reason)
                self.known = replace(self.known, settled={**self.known.settled, item.step.key: record})
                self.done.append((item.step, item.deed, now))
        return tuple(item for item in due(self.programme, self.known, now) if item.deed is Deed.HOLD)

    def _actionable(self, now: datetime) -> list[Due]:
        return [item for item in due(self.programme, self.known, now) if item.deed is not Deed.HOLD]

    def story(self, cycle: str = "c1") -> list[tuple[str, str]]:
        """What became of the steps that were decided, but for the digests."""
        return [
            (step.kind.value, deed.value)
            for step, deed, _ in self.done
            if step.cycle == cycle and step.kind is not StepKind.DIGEST
        ]

    def reason(self, kind: StepKind) -> str:
        return next(record.reason for record in self.known.settled.values() if record.kind == kind)


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
        issue = next(step for step in steps(PROGRAMME, cycle) if step.kind is StepKind.ISSUE)
        in_time = min(wake_ups) <= issue.due
        for chain in (MAIN, DIGESTS):
            story = [step for step, _, _ in life.done if (step.cycle, step.chain) == (cycle.id, chain)]
            assert story == ([step for step in steps(PROGRAMME, cycle) if step.chain == chain] if in_time else [])


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
            assert item.step.kind.value in ("issue", "papers", "reminder", "chase", "review", "addendum")
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
    assert {deed for _, deed in life.story()} == {"miss"}
    assert life.story()[0] == ("issue", "miss")
    reasons = [record.reason for record in life.known.settled.values() if record.kind != "digest"]
    assert reasons[0] == "The deadline passed before the plans could be issued."
    assert set(reasons[1:]) == {"Nothing was issued in this cycle."}


def test_papers_run_late_until_the_meeting_begins() -> None:
    for now, deed in ((MEETING - MINUTE, "fire"), (MEETING, "miss")):
        life = Life()
        for instant in (START, ISSUE, DEADLINE, now):
            life.wake(instant)
        assert ("papers", deed) in life.story()


def test_the_deadline_runs_however_late() -> None:
    life = Life()
    for instant in (START, ISSUE, MEETING + timedelta(days=300)):
        life.wake(instant)
    assert [kind for kind, deed in life.story() if deed == "fire"] == ["issue", "deadline"]


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


def test_an_addendum_is_mass_mail_too() -> None:
    life = Life()
    for instant in (START, ISSUE, DEADLINE, PAPERS):
        life.wake(instant)
    [held] = life.wake(ADDENDUM, refused_at=PAPERS + MINUTE)
    assert (held.step.kind, held.deed) == (StepKind.ADDENDUM, Deed.HOLD)
    life.wake(ADDENDUM + HELD_FOR, refused_at=PAPERS + MINUTE)
    assert life.story()[-1] == ("addendum", "fire")


def test_the_deadlines_mail_to_the_team_is_not_held() -> None:
    life = Life()
    for instant in (START, ISSUE):
        life.wake(instant)
    life.wake(DEADLINE, refused_at=START)
    assert life.story() == [("issue", "fire"), ("reminder", "fire"), ("deadline", "fire")]


def test_a_cycle_first_seen_past_its_issue_needs_start_from() -> None:
    late = ISSUE + MINUTE
    known = Known({}, {cycle.id: late for cycle in PROGRAMME.cycles})
    assert [cycle.id for cycle in started(PROGRAMME, known)] == ["c2", "c3"]
    assert [cycle.id for cycle in never_started(PROGRAMME, known, late)] == ["c1"]
    assert due(PROGRAMME, known, late) == ()
    named = replace(PROGRAMME, start_from="c1")
    assert never_started(named, known, late) == ()
    assert [(item.step.cycle, item.step.kind.value, item.deed) for item in due(named, known, late)] == [
        ("c1", "digest", Deed.FIRE),
        ("c1", "issue", Deed.FIRE),
    ]


def test_a_cycle_first_seen_at_its_very_issue_is_in_time() -> None:
    known = Known({}, {cycle.id: ISSUE for cycle in PROGRAMME.cycles})
    assert {item.step.cycle for item in due(PROGRAMME, known, ISSUE)} == {"c1"}
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
    issue = steps(PLAIN, PLAIN.cycles[0])[0]
    moved = replace(PROGRAMME.cycles[0], issue=date(2019, 12, 2))
    programme = replace(PROGRAMME, cycles=(moved, *PROGRAMME.cycles[1:]))
    known = Known({issue.key: settled(issue, ISSUE)}, SEEN)
    assert [cycle.id for cycle in started(programme, known)] == ["c1", "c2", "c3"]


def test_what_lies_ahead_is_what_is_still_to_come_the_next_first() -> None:
    coming = ahead(PLAIN, Known({}, SEEN), ISSUE)
    assert [(step.cycle, step.kind.value) for step in coming[:4]] == [
        ("c1", "deadline"),
        ("c1", "papers"),
        ("c1", "spg"),
        ("c2", "issue"),
    ]
    assert len(coming) == 11
    assert ahead(PLAIN, Known({}, {}), ISSUE) == ()


def test_steps_of_several_cycles_are_due_in_the_order_in_which_they_fell_due() -> None:
    late = datetime(2020, 10, 12, 9, tzinfo=START.tzinfo)
    found = due(PLAIN, Known({}, SEEN), late)
    assert [(item.step.cycle, item.deed) for item in found] == [
        ("c1", Deed.MISS),
        ("c2", Deed.MISS),
        ("c3", Deed.FIRE),
    ]


WHY = Decided("the service review reports then", "Planning Officer")
CHASE_1, CHASE_2, CHASE_3 = at(4, 9, 30, month=2), at(6, 9, 30, month=2), at(10, 9, 30, month=2)
REMINDER = at(28, 9, 30)


def test_the_steps_of_a_whole_cycle_happen_in_their_order() -> None:
    life = Life()
    life.wake(START)
    for day in range((MEETING - ISSUE).days + 1):
        for hour in (8, 9, 10, 16, 18):
            life.wake(ISSUE.replace(hour=hour) + timedelta(days=day))
    assert life.story() == [
        ("issue", "fire"),
        ("reminder", "fire"),
        ("deadline", "fire"),
        ("review", "fire"),
        ("chase", "fire"),
        ("chase", "fire"),
        ("chase", "fire"),
        ("draft", "fire"),
        ("papers", "fire"),
        ("addendum", "fire"),
        ("spg", "fire"),
    ]


def test_a_reminder_comes_at_least_a_working_day_after_a_late_issue() -> None:
    late = Life()
    for now in (START, at(28, 8), at(28, 12)):
        late.wake(now)
    assert late.story() == [("issue", "fire")]
    late.wake(at(29, 9, 29))
    assert late.story() == [("issue", "fire")]
    late.wake(at(29, 9, 30))
    assert late.story() == [("issue", "fire"), ("reminder", "fire")]


def test_a_reminder_after_a_late_issue_passes_over_the_weekend() -> None:
    first = replace(PROGRAMME.cycles[0], deadline=date(2020, 1, 28))
    life = Life(replace(PROGRAMME, cycles=(first, *PROGRAMME.cycles[1:])))
    for now in (START, at(24, 12), at(26, 12), at(27, 9)):
        life.wake(now)
    assert life.story() == [("issue", "fire")]
    life.wake(at(27, 9, 30))
    assert life.story() == [("issue", "fire"), ("reminder", "fire")]


def test_an_issue_so_late_that_no_working_day_is_left_has_no_reminder() -> None:
    life = Life()
    for now in (START, at(31, 12), at(3, 9, month=2)):
        life.wake(now)
    assert life.story()[:2] == [("issue", "fire"), ("reminder", "miss")]
    assert "The deadline passed" in life.reason(StepKind.REMINDER)


def test_after_downtime_the_latest_rung_only() -> None:
    life = Life()
    for now in (START, ISSUE, DEADLINE, CHASE_3):
        life.wake(now)
    assert [deed for kind, deed in life.story() if kind == "chase"] == ["miss", "miss", "fire"]
    assert "The next chaser was due" in life.reason(StepKind.CHASE)


def test_after_downtime_past_the_papers_time_no_rung_goes() -> None:
    life = Life()
    for now in (START, ISSUE, DEADLINE, PAPERS):
        life.wake(now)
    assert [deed for kind, deed in life.story() if kind == "chase"] == ["miss", "miss", "miss"]
    assert life.story()[-1] == ("papers", "fire")


def test_an_extension_has_a_chain_of_its_own_that_waits_for_nobody() -> None:
    extension = Extension("c1", "p1", date(2020, 2, 5), WHY, "care")
    life = Life(replace(PROGRAMME, facts=Facts(extensions=(extension,))))
    for now in (START, ISSUE, REMINDER, DEADLINE, CHASE_1):
        life.wake(now)
    own = [(step.kind.value, now) for step, _, now in life.done if step.deadline == date(2020, 2, 5)]
    assert own == [("reminder", DEADLINE)]
    assert [kind for kind, _ in life.story()].count("reminder") == 2
    held = replace(life.programme, facts=replace(life.programme.facts, holds=(Hold("c1", (StepKind.REVIEW,), WHY),)))
    blocked = Life(held)
    for now in (START, ISSUE, REMINDER, DEADLINE, at(3, 12, month=2), at(7, 9, 30, month=2)):
        blocked.wake(now)
    assert ("chase", date(2020, 2, 5)) in [(step.kind.value, step.deadline) for step, _, _ in blocked.done]


def test_a_hold_says_who_holds_a_step_and_what_sets_it_free() -> None:
    hold = Hold("c1", (StepKind.PAPERS,), WHY, until=PAPERS.date())
    life = Life(replace(PROGRAMME, facts=Facts(holds=(hold,))))
    for now in (START, ISSUE, DEADLINE):
        life.wake(now)
    [held] = life.wake(PAPERS)
    assert (held.step.kind, held.told) == (StepKind.PAPERS, True)
    assert held.reason == "Held by Planning Officer: the service review reports then."
    assert "facts.yaml" in held.advice
    life.wake(PAPERS + timedelta(days=1))
    assert ("papers", "fire") not in life.story(), "a Saturday: what was held goes on a working day, at its own time"
    life.wake(PAPERS + timedelta(days=3))
    assert ("papers", "fire") in life.story()


def test_a_hold_without_an_end_ends_in_a_miss_and_the_chain_goes_on() -> None:
    hold = Hold("c1", (StepKind.REMINDER,), WHY)
    life = Life(replace(PROGRAMME, facts=Facts(holds=(hold,))))
    for now in (START, ISSUE, REMINDER, at(1, 0, month=2)):
        life.wake(now)
    assert life.story() == [("issue", "fire"), ("reminder", "miss"), ("deadline", "fire")]


def test_the_papers_of_an_unreleased_cycle_wait_for_the_desk_until_the_meeting() -> None:
    life = Life()
    for now in (START, ISSUE, DEADLINE):
        life.wake(now)
    life.known = replace(life.known, unreleased=frozenset({"c1"}))
    [held] = life.wake(PAPERS)
    assert "wait for somebody's release" in held.reason
    assert "Accept the item" in held.advice
    life.wake(MEETING)
    assert ("papers", "miss") in life.story()
    other = Life()
    for now in (START, ISSUE, DEADLINE):
        other.wake(now)
    other.known = replace(other.known, unreleased=frozenset({"c2"}))
    assert other.wake(PAPERS) == ()


def test_a_digest_that_nobody_sent_is_no_alarm_and_its_day_is_over_at_midnight() -> None:
    life = Life()
    for now in (START, ISSUE, at(22, 7)):
        life.wake(now)
    digests = [(step.occasion, deed.value) for step, deed, _ in life.done if step.kind is StepKind.DIGEST]
    assert digests == [("2020-01-20", "fire"), ("2020-01-21", "miss")]
    [missed] = [item for item in due(PROGRAMME, replace(life.known, settled={}), at(21, 0)) if item.deed is Deed.MISS]
    assert not missed.told


def test_a_missed_issue_is_told_at_once_and_a_missed_reminder_is_not() -> None:
    known = Known({}, SEEN)
    told = {item.step.kind: item.told for item in due(PLAIN, known, at(1, month=2))}
    assert told[StepKind.ISSUE]
    life = Life()
    for now in (START, ISSUE):
        life.wake(now)
    [missed] = [item for item in due(PROGRAMME, life.known, at(1, 0, month=2)) if item.step.chain == MAIN]
    assert (missed.step.kind, missed.deed, missed.told) == (StepKind.REMINDER, Deed.MISS, False)


def test_a_cancelled_cycle_has_nothing_due_and_was_never_started() -> None:
    from programme.facts import Cancelled

    off = replace(PROGRAMME, facts=Facts(cancelled=(Cancelled("c1", WHY),)))
    assert due(off, Known({}, SEEN), PAPERS) == ()
    late = {cycle.id: PAPERS for cycle in PROGRAMME.cycles}
    assert never_started(off, Known({}, late), PAPERS) == ()
