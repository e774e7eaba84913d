"""The steps of a cycle: which there are, when they fall, how long they are useful, and their chains."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from programme.calendar import next_instants, on_time_until, papers_day, steps, working_day
from programme.cycle import DIGESTS, MAIN, Asked, Cycle, Ladder, Rung, Step, StepKind
from programme.facts import Cancelled, Decided, Extension, Facts
from programme.loader import load
from programme.service import Programme, WorkingDays

ROOT = Path(__file__).parent.parent.parent
BASE = load(ROOT / "tests" / "data" / "configurations" / "base").programmes[0]
PLAN = load(ROOT / "config").programme("strategic-plan")
# Between the deadline and the papers the chasers go at their own pace.
BETWEEN = {StepKind.REVIEW, StepKind.CHASE, StepKind.DRAFT}
WHY = Decided("The review reports late.", "Planning Officer")
ON_WORKING_DAYS = {StepKind(name) for name in ("digest", "reminder", "review", "chase", "draft", "papers", "addendum")}


def shown(programme: Programme, fallen: tuple[Step, ...]) -> list[tuple[str, str, str, str]]:
    """The steps but the digests, in local time."""
    return [
        (
            step.kind.value,
            step.occasion,
            f"{programme.local(step.due):%a %d %b %H:%M}",
            f"{programme.local(step.useful_until):%a %d %b %H:%M}",
        )
        for step in fallen
        if step.chain != DIGESTS
    ]


def with_extensions(cycle: str, *extensions: tuple[date, bool]) -> Programme:
    facts = Facts(tuple(Extension(cycle, "ba3", until, WHY, after_papers=after) for until, after in extensions))
    return replace(PLAN, facts=facts)


def test_every_step_of_a_cycle_of_the_procedure() -> None:
    fallen = steps(PLAN, PLAN.cycle("2019-6"))
    assert shown(PLAN, fallen) == [
        ("issue", "1", "Mon 13 Apr 09:00", "Sat 25 Apr 00:00"),
        ("reminder", "1", "Tue 21 Apr 09:30", "Sat 25 Apr 00:00"),
        ("deadline", "1", "Fri 24 Apr 17:00", "Thu 30 Dec 23:59"),
        ("review", "1", "Mon 27 Apr 09:30", "Tue 05 May 09:00"),
        ("chase", "1", "Tue 28 Apr 09:30", "Thu 30 Apr 09:30"),
        ("chase", "2", "Thu 30 Apr 09:30", "Mon 04 May 09:30"),
        ("chase", "3", "Mon 04 May 09:30", "Thu 07 May 09:00"),
        ("draft", "1", "Tue 05 May 09:00", "Thu 07 May 09:00"),
        ("papers", "1", "Thu 07 May 09:00", "Fri 15 May 09:00"),
        ("addendum", "1", "Thu 14 May 15:00", "Fri 15 May 09:00"),
        ("spg", "1", "Fri 15 May 08:00", "Mon 25 May 09:00"),
    ]
    assert {step.chain for step in fallen} == {MAIN, DIGESTS}
    assert [step.rung for step in fallen if step.rung] == [1, 2, 3]
    assert all(step.deadline is None for step in fallen)
    issue = next(step for step in fallen if step.kind is StepKind.ISSUE)
    assert issue.key == ("strategic-plan", "2019-6", "issue", "1")
    assert issue.instead == "The deadline passed before the plans could be issued."


def test_a_digest_on_every_working_day_until_midnight() -> None:
    digests = [step for step in steps(PLAN, PLAN.cycle("2019-6")) if step.kind is StepKind.DIGEST]
    assert [step.occasion for step in digests[:2]] == ["2020-04-14", "2020-04-15"]  # the 13th is a holiday
    assert digests[-1].occasion == "2020-05-15"
    assert "2020-05-08" not in {step.occasion for step in digests}
    assert len(digests) == 23
    assert digests[0].due == datetime(2020, 4, 14, 7, 30, tzinfo=UTC)
    assert digests[0].useful_until == datetime(2020, 4, 14, 23, tzinfo=UTC)


def test_an_extension_has_a_reminder_and_chasers_of_its_own() -> None:
    programme = with_extensions("2019-4", (date(2020, 2, 6), False), (date(2020, 2, 6), False))
    own = [step for step in steps(programme, programme.cycle("2019-4")) if step.chain == "2020-02-06"]
    assert shown(programme, tuple(own)) == [
        ("reminder", "1 for 2020-02-06", "Mon 03 Feb 09:30", "Fri 07 Feb 00:00"),
        ("chase", "1 for 2020-02-06", "Mon 10 Feb 09:30", "Wed 12 Feb 09:30"),
        ("chase", "2 for 2020-02-06", "Wed 12 Feb 09:30", "Fri 14 Feb 09:00"),
    ]
    assert {step.deadline for step in own} == {date(2020, 2, 6)}
    assert [step.rung for step in own] == [0, 1, 2]
    assert own[-1].instead == "The time for answers was over before this chaser could be sent."


def test_an_extension_after_the_papers_is_chased_until_the_addendum() -> None:
    late = (date(2020, 2, 14), True)
    programme = with_extensions("2019-4", late)
    own = [step for step in steps(programme, programme.cycle("2019-4")) if step.chain == "2020-02-14"]
    assert shown(programme, tuple(own)) == [
        ("reminder", "1 for 2020-02-14", "Tue 11 Feb 09:30", "Sat 15 Feb 00:00"),
        ("chase", "1 for 2020-02-14", "Tue 18 Feb 09:30", "Thu 20 Feb 09:30"),
        ("chase", "2 for 2020-02-14", "Thu 20 Feb 09:30", "Thu 20 Feb 15:00"),
    ]
    without = replace(programme, ladder=replace(PLAN.ladder, addendum_at=None))
    last = [step for step in steps(without, without.cycle("2019-4")) if step.chain == "2020-02-14"][-1]
    assert last.useful_until == datetime(2020, 2, 21, 9, tzinfo=UTC)


def test_extensions_of_other_cycles_and_earlier_days_are_no_chains() -> None:
    programme = with_extensions("2019-4", (date(2020, 1, 31), False))
    assert steps(programme, programme.cycle("2019-4")) == steps(PLAN, PLAN.cycle("2019-4"))
    assert steps(programme, programme.cycle("2019-5")) == steps(PLAN, PLAN.cycle("2019-5"))


def test_two_extensions_are_two_chains() -> None:
    programme = with_extensions("2019-4", (date(2020, 2, 6), False), (date(2020, 2, 4), False))
    chains = {step.chain for step in steps(programme, programme.cycle("2019-4"))}
    assert chains == {MAIN, DIGESTS, "2020-02-04", "2020-02-06"}


def test_a_cancelled_cycle_has_no_steps_and_decisions_wait_past_it() -> None:
    programme = replace(PLAN, facts=Facts(cancelled=(Cancelled("2019-7", WHY),)))
    assert steps(programme, programme.cycle("2019-7")) == ()
    spg = next(step for step in steps(programme, programme.cycle("2019-6")) if step.kind is StepKind.SPG)
    assert spg.useful_until == datetime(2020, 7, 6, 8, tzinfo=UTC)


def test_the_last_meeting_s_decisions_wait_for_thirty_days() -> None:
    spg = next(step for step in steps(PLAN, PLAN.cycles[-1]) if step.kind is StepKind.SPG)
    assert spg.useful_until - spg.due == timedelta(days=30)


def test_what_is_off_does_not_take_place() -> None:
    bare = replace(
        PLAN.ladder, digest_at=None, reminder_at=None, review_at=None, rungs=(), draft_at=None, addendum_at=None
    )
    programme = replace(PLAN, ladder=bare)
    kinds = [step.kind.value for step in steps(programme, programme.cycle("2019-6"))]
    assert kinds == ["issue", "deadline", "papers", "spg"]
    review = replace(programme, ladder=replace(bare, review_at=time(9, 30)))
    own = next(step for step in steps(review, review.cycle("2019-6")) if step.kind is StepKind.REVIEW)
    assert own.useful_until == datetime(2020, 5, 7, 8, tzinfo=UTC)  # the papers, for want of a draft


def test_a_cycle_with_little_time_has_the_steps_that_fit() -> None:
    tight = Cycle("one", "update 1", date(2020, 1, 20), date(2020, 1, 21), date(2020, 1, 24))
    programme = replace(PLAN, cycles=(tight,), ladder=replace(PLAN.ladder, papers_days_before_spg=1))
    assert [(kind, due) for kind, _, due, _ in shown(programme, steps(programme, tight))] == [
        ("issue", "Mon 20 Jan 09:00"),
        ("deadline", "Tue 21 Jan 17:00"),
        ("draft", "Wed 22 Jan 09:00"),  # a day late, which is better than never
        ("papers", "Thu 23 Jan 09:00"),
        ("addendum", "Thu 23 Jan 15:00"),
        ("spg", "Fri 24 Jan 08:00"),
    ]
    tighter = replace(tight, spg=date(2020, 1, 23))
    afternoon = replace(programme, cycles=(tighter,), ladder=replace(programme.ladder, papers_at=time(15)))
    kinds = [step.kind.value for step in steps(afternoon, tighter) if step.kind is not StepKind.DIGEST]
    assert kinds == ["issue", "deadline", "draft", "papers", "spg"]
    morning = replace(programme, cycles=(tighter,))
    kinds = [step.kind.value for step in steps(morning, tighter) if step.kind is not StepKind.DIGEST]
    assert kinds == ["issue", "deadline", "papers", "addendum", "spg"]


days_of_years = st.dates(date(2015, 1, 1), date(2035, 12, 31))
zones = st.sampled_from(["Europe/London", "Europe/Athens", "America/New_York", "Australia/Lord_Howe", "UTC"])
times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
rungs = st.lists(st.integers(1, 12), max_size=4, unique=True).map(
    lambda days: tuple(Rung(day, (Asked.SPONSOR,)) for day in sorted(days))
)
ladders = st.builds(
    Ladder,
    issue_at=times,
    deadline_at=times,
    papers_at=times,
    papers_days_before_spg=st.integers(1, 10),
    digest_at=st.none() | times,
    reminder_at=st.none() | times,
    reminder_days=st.integers(1, 10),
    review_at=st.none() | times,
    chase_at=times,
    rungs=rungs,
    draft_at=st.none() | times,
    draft_days=st.integers(1, 5),
    addendum_at=st.none() | times,
    spg_at=times,
)
weeks = st.builds(
    WorkingDays,
    week=st.frozensets(st.integers(0, 6), min_size=3),
    region=st.sampled_from([None, "GB-SCT"]),
    local=st.dictionaries(days_of_years, st.just("Local holiday"), max_size=5),
)


@st.composite
def programmes(draw: st.DrawFn) -> Programme:
    """Any programme of one or two cycles that check would accept, with extensions."""
    ladder, week, issue = draw(ladders), draw(weeks), draw(days_of_years)
    cycles = []
    for name in ("one", "two")[: draw(st.integers(1, 2))]:
        deadline = issue + timedelta(days=draw(st.integers(1, 30)))
        spg = deadline + timedelta(days=draw(st.integers(2, 40)))
        cycles.append(Cycle(name, name, issue, deadline, spg))
        issue = spg + timedelta(days=draw(st.integers(1, 40)))
    extensions = tuple(
        Extension("one", "homes", cycles[0].deadline + timedelta(days=days), WHY, after_papers=after)
        for days, after in draw(st.lists(st.tuples(st.integers(1, 20), st.booleans()), max_size=3))
        if cycles[0].deadline + timedelta(days=days) < cycles[0].spg
    )
    zone = ZoneInfo(draw(zones))
    return replace(
        BASE, zone=zone, cycles=tuple(cycles), ladder=ladder, working_days=week, facts=Facts(extensions=extensions)
    )


def sound(programme: Programme) -> bool:
    """Whether check would accept it: the papers go after the deadline."""
    return all(papers_day(programme, cycle) > cycle.deadline for cycle in programme.cycles)


def chains(fallen: tuple[Step, ...]) -> Iterator[list[Step]]:
    for _, own in groupby(sorted(fallen, key=lambda step: step.chain), key=lambda step: step.chain):
        yield list(own)


@given(programmes().filter(sound))
def test_steps_fall_in_order_and_each_chain_in_the_order_of_the_procedure(programme: Programme) -> None:
    order = list(StepKind)
    for cycle in programme.cycles:
        fallen = steps(programme, cycle)
        assert [step.due for step in fallen] == sorted(step.due for step in fallen)
        assert len({step.key for step in fallen}) == len(fallen)
        for chain in chains(fallen):
            for before, after in pairwise(chain):
                assert before.due <= after.due
                assert {before.kind, after.kind} <= BETWEEN or order.index(before.kind) <= order.index(after.kind)
                assert before.rung < after.rung or before.kind is not StepKind.CHASE or not after.rung


@given(programmes().filter(sound))
def test_steps_fall_on_working_days_and_are_useful_for_a_while(programme: Programme) -> None:
    for cycle in programme.cycles:
        for step in steps(programme, cycle):
            assert step.due.tzinfo is UTC
            assert step.useful_until.tzinfo is UTC
            assert step.instead.endswith(".")
            assert step.due < step.useful_until or step.kind in (StepKind.ISSUE, StepKind.SPG)
            if step.kind in ON_WORKING_DAYS:
                assert working_day(programme.working_days, programme.local(step.due).date())


@given(programmes().filter(sound))
def test_nobody_is_chased_once_the_papers_are_out_unless_it_was_agreed(programme: Programme) -> None:
    for cycle in programme.cycles:
        fallen = steps(programme, cycle)
        papers = next(step for step in fallen if step.kind is StepKind.PAPERS)
        late = {fact.until for fact in programme.facts.extensions if fact.after_papers}
        for step in fallen:
            if step.kind is StepKind.CHASE and step.deadline not in late:
                assert step.due < papers.due
                assert step.useful_until <= papers.due
            if step.kind is StepKind.CHASE:
                assert step.due >= on_time_until(programme, step.deadline or cycle.deadline)


def test_the_next_instants_are_all_those_after_now() -> None:
    everything = {step.due for cycle in BASE.cycles for step in steps(BASE, cycle)}
    for hours in range(0, 24 * 250, 37):
        now = datetime(2019, 10, 1, tzinfo=UTC) + timedelta(hours=hours)
        assert next_instants(BASE, now) == sorted(due for due in everything if due > now)


def test_steps_are_remembered_for_the_programme_itself_only() -> None:
    other = replace(PLAN)
    cycle = PLAN.cycle("2019-6")
    assert steps(PLAN, cycle) is steps(PLAN, cycle)
    assert steps(other, cycle) is not steps(PLAN, cycle)
    assert steps(other, cycle) == steps(PLAN, cycle)
