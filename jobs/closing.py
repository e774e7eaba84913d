"""Closing: until when what comes back still changes the draft of a cycle, its papers, or what is told after them."""

from datetime import date, datetime

from programme.calendar import on_time_until
from programme.calendar import steps as steps_of
from programme.cycle import Cycle, StepKind
from programme.service import Programme


def answer_until(programme: Programme, cycle: Cycle) -> datetime:
    """Until when an answer to the review changes the draft, local: the draft's own time, else the papers'."""
    times = {item.kind: item.due for item in steps_of(programme, cycle)}
    return programme.local(times.get(StepKind.DRAFT, times[StepKind.PAPERS]))


def next_papers(programme: Programme, cycle: Cycle, now: datetime) -> date:
    """The local day on which the next papers go, the addendum among them, or else the meeting's."""
    return min((programme.local(due).date() for due in _papers(programme, cycle) if due > now), default=cycle.spg)


def last_papers(programme: Programme, cycle: Cycle) -> datetime:
    """When the last papers of a cycle go, the addendum among them: what comes later is in none.

    UTC; the end of the meeting's day for a cycle that has no papers, because it was cancelled.
    """
    return max(_papers(programme, cycle), default=on_time_until(programme, cycle.spg))


def _papers(programme: Programme, cycle: Cycle) -> tuple[datetime, ...]:
    kinds = (StepKind.PAPERS, StepKind.ADDENDUM)
    return tuple(step.due for step in steps_of(programme, cycle) if step.kind in kinds)
