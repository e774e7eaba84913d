"""When each step of a cycle falls due, and until when it is useful. Pure: no clock, no ledger."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, pairwise

from programme.cycle import DIGESTS, Cycle, Ladder, Step, StepKind
from programme.service import Programme, WorkingDays
from programme.standing_facts import cancelled
from programme.working_days import add_working_days, back_to_working_day, instant, working_day

_ONE_DAY = timedelta(days=1)
_MEETING_STARTS = time(9)
_DECISIONS_WAIT = timedelta(days=30)
# A day short of the last instant that exists, so that it can still be shown in any time zone.
_ALWAYS = datetime.max.replace(microsecond=0, tzinfo=UTC) - _ONE_DAY
_ORDER = {kind: place for place, kind in enumerate(StepKind)}


def papers_day(programme: Programme, cycle: Cycle) -> date:
    """The day on which the papers go out: so many days before the meeting, moved back to a working day."""
    return papers_date(programme.working_days, programme.ladder, cycle)


def papers_date(days: WorkingDays, ladder: Ladder, cycle: Cycle) -> date:
    """The same, for a cycle whose programme is not known to be sound yet."""
    return back_to_working_day(days, papers_wanted(ladder, cycle))


def papers_wanted(ladder: Ladder, cycle: Cycle) -> date:
    """The papers' day before it is moved to a working day."""
    return cycle.spg - timedelta(days=ladder.papers_days_before_spg)


def on_time_until(programme: Programme, deadline: date) -> datetime:
    """The UTC instant of the local midnight that ends the deadline's day, exclusive."""
    return instant(programme.zone, deadline + _ONE_DAY, time(0))


def next_instants(programme: Programme, now: datetime) -> list[datetime]:
    """The UTC instants after ``now`` at which a step of any cycle falls due, earliest first, each once."""
    return sorted({step.due for cycle in programme.cycles for step in steps(programme, cycle) if step.due > now})


def steps(programme: Programme, cycle: Cycle) -> tuple[Step, ...]:
    """Every step of a cycle in the order in which they fall due; none of a cycle that is cancelled.

    The main chain is issue, reminder, deadline, review, chase rungs, draft, papers, addendum and spg; each distinct
    extended deadline has a chain of its own with a reminder and chase rungs; the digests are a chain too. A step for
    which the dates leave no time does not exist: a reminder on the day of the issue, a rung after the papers.
    """
    return _steps(_Same(programme), cycle)


class _Same:
    """A programme known by its identity: it never changes, and comparing two whole ones takes longer than this."""

    __slots__ = ("programme",)

    def __init__(self, programme: Programme) -> None:
        self.programme = programme

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.programme is other.programme

    def __hash__(self) -> int:
        return id(self.programme)


# Every wake-up asks for the steps of all cycles several times.
@lru_cache(maxsize=64)
def _steps(same: _Same, cycle: Cycle) -> tuple[Step, ...]:
    if cancelled(same.programme, cycle.id):
        return ()
    planned = _Round(same.programme, cycle)
    found = chain(_main(planned), _extended(planned), _digests(planned))
    return tuple(sorted(found, key=lambda step: (step.due, _ORDER[step.kind], step.occasion)))


@dataclass(frozen=True, slots=True)
class _Round:
    """A cycle with its programme: what falls on which day, at which instant."""

    programme: Programme
    cycle: Cycle

    @property
    def ladder(self) -> Ladder:
        return self.programme.ladder

    def at(self, day: date, time_of_day: time) -> datetime:
        return instant(self.programme.zone, day, time_of_day)

    def worked(self, day: date, count: int) -> date:
        return add_working_days(self.programme.working_days, day, count)

    def step(self, kind: StepKind, due: datetime, until: datetime, instead: str) -> Step:
        return Step(self.programme.id, self.cycle.id, kind, "1", due, until, instead)

    @property
    def issue(self) -> datetime:
        return self.at(self.cycle.issue, self.ladder.issue_at)

    @property
    def deadline(self) -> datetime:
        return self.at(self.cycle.deadline, self.ladder.deadline_at)

    @property
    def papers(self) -> datetime:
        return self.at(papers_day(self.programme, self.cycle), self.ladder.papers_at)

    @property
    def meeting(self) -> datetime:
        return self.at(self.cycle.spg, _MEETING_STARTS)

    @property
    def draft(self) -> datetime | None:
        """Where there is little time, the draft comes later rather than never: on the day after the deadline."""
        if self.ladder.draft_at is None:
            return None
        wanted = self.worked(papers_day(self.programme, self.cycle), -self.ladder.draft_days)
        due = self.at(max(wanted, self.worked(self.cycle.deadline, 1)), self.ladder.draft_at)
        return due if due < self.papers else None

    @property
    def addendum(self) -> datetime | None:
        if self.ladder.addendum_at is None:
            return None
        due = self.at(self.worked(self.cycle.spg, -1), self.ladder.addendum_at)
        return due if due > self.papers else None


def _main(planned: _Round) -> Iterator[Step]:
    cycle, issue, deadline = planned.cycle, StepKind.ISSUE, StepKind.DEADLINE
    until = on_time_until(planned.programme, cycle.deadline)
    yield planned.step(issue, planned.issue, until, "The deadline passed before the plans could be issued.")
    yield from _reminder(planned, cycle.deadline)
    yield planned.step(deadline, planned.deadline, _ALWAYS, "The deadline was not kept.")
    yield from _review(planned)
    yield from _chases(planned, cycle.deadline, planned.papers)
    yield from _papers(planned)
    yield from _meeting(planned)


def _reminder(planned: _Round, deadline: date) -> Iterator[Step]:
    ladder = planned.ladder
    day = planned.worked(deadline, -ladder.reminder_days)
    if ladder.reminder_at is not None and day > planned.cycle.issue:
        until = on_time_until(planned.programme, deadline)
        instead = "The deadline passed before the reminder could be sent."
        due = planned.at(day, ladder.reminder_at)
        yield _for(planned, deadline, planned.step(StepKind.REMINDER, due, until, instead))


def _for(planned: _Round, deadline: date, step: Step, rung: int = 0) -> Step:
    """The step as one about the assignments with this deadline."""
    number = str(rung or 1)
    if deadline == planned.cycle.deadline:
        return replace(step, occasion=number, rung=rung)
    own = deadline.isoformat()
    return replace(step, occasion=f"{number} for {own}", chain=own, deadline=deadline, rung=rung)


def _review(planned: _Round) -> Iterator[Step]:
    if planned.ladder.review_at is not None:
        due = planned.at(planned.worked(planned.cycle.deadline, 1), planned.ladder.review_at)
        until = planned.draft or planned.papers
        if due < until:
            instead = "The papers were being drawn up before the plans could be sent for review."
            yield planned.step(StepKind.REVIEW, due, until, instead)


def _chases(planned: _Round, deadline: date, end: datetime) -> Iterator[Step]:
    rungs = list(_rungs_before(planned, deadline, end))
    for (number, due), (following, until) in pairwise([*rungs, (0, end)]):
        next_one, none = "The next chaser was due", "The time for answers was over"
        instead = f"{next_one if following else none} before this chaser could be sent."
        yield _for(planned, deadline, planned.step(StepKind.CHASE, due, until, instead), number)


def _rungs_before(planned: _Round, deadline: date, end: datetime) -> Iterator[tuple[int, datetime]]:
    for number, rung in enumerate(planned.ladder.rungs, start=1):
        due = planned.at(planned.worked(deadline, rung.working_days), planned.ladder.chase_at)
        if due < end:
            yield number, due


def _papers(planned: _Round) -> Iterator[Step]:
    if planned.draft is not None:
        instead = "The papers were due before their draft could be sent."
        yield planned.step(StepKind.DRAFT, planned.draft, planned.papers, instead)
    instead = "The meeting began before the papers could be sent."
    yield planned.step(StepKind.PAPERS, planned.papers, planned.meeting, instead)


def _meeting(planned: _Round) -> Iterator[Step]:
    if planned.addendum is not None:
        instead = "The meeting began before the addendum could be sent."
        yield planned.step(StepKind.ADDENDUM, planned.addendum, planned.meeting, instead)
    due = planned.at(planned.cycle.spg, planned.ladder.spg_at)
    yield planned.step(StepKind.SPG, due, _next_issue(planned.programme, due), "It was too late to ask for decisions.")


def _next_issue(programme: Programme, after: datetime) -> datetime:
    issues = (_Round(programme, other).issue for other in programme.cycles if not cancelled(programme, other.id))
    return min((issue for issue in issues if issue > after), default=after + _DECISIONS_WAIT)


def _extended(planned: _Round) -> Iterator[Step]:
    own = [
        extension
        for extension in planned.programme.facts.extensions
        if extension.cycle == planned.cycle.id and extension.until > planned.cycle.deadline
    ]
    for deadline in sorted({extension.until for extension in own}):
        yield from _reminder(planned, deadline)
        late = any(extension.after_papers for extension in own if extension.until == deadline)
        end = (planned.addendum or planned.meeting) if late else planned.papers
        yield from _chases(planned, deadline, end)


def _digests(planned: _Round) -> Iterator[Step]:
    at, cycle = planned.ladder.digest_at, planned.cycle
    if at is None:
        return
    for count in range((cycle.spg - cycle.issue).days + 1):
        day = cycle.issue + _ONE_DAY * count
        if working_day(planned.programme.working_days, day):
            yield Step(
                programme=planned.programme.id,
                cycle=cycle.id,
                kind=StepKind.DIGEST,
                occasion=day.isoformat(),
                due=planned.at(day, at),
                useful_until=on_time_until(planned.programme, day),
                instead="The day was over before the digest could be sent.",
                chain=DIGESTS,
            )
