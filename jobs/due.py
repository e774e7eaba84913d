"""Deciding what is due: a pure function of the calendar, what is settled, and the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ledger.records import StepRecord
from programme.calendar import steps
from programme.cycle import Cycle, Step, StepKind
from programme.service import Programme

# A mail to many that falls due while a bad edit stands waits this long for the edit to be put right.
HELD_FOR = timedelta(hours=2)

TO_MANY = frozenset({StepKind.ISSUE, StepKind.PAPERS})

Settled = Mapping[tuple[str, str, str, str], StepRecord]


class Deed(StrEnum):
    """What to do about a step that has fallen due."""

    FIRE = "fire"
    MISS = "miss"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Due:
    """A step that needs something now; ``reason`` says why it is missed or held."""

    step: Step
    deed: Deed
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a programme's calendar: settled steps, and when each cycle was first seen.

    ``refused_at`` is since when a bad edit of the configuration stands, None while there is none.
    """

    settled: Settled
    first_seen: Mapping[str, datetime]
    refused_at: datetime | None = None


def due(programme: Programme, known: Known, now: datetime) -> tuple[Due, ...]:
    """What is due and not settled, at most one step of each cycle, in the order in which they fell due.

    The steps of a cycle happen in order: while one is held, those behind it wait.
    """
    found = (_first_due(programme, cycle, known, now) for cycle in started(programme, known))
    return tuple(sorted((item for item in found if item), key=lambda item: item.step.due))


def started(programme: Programme, known: Known) -> tuple[Cycle, ...]:
    """The cycles that this ledger runs: seen before their issue, or named by ``start_from`` or after it."""
    allowed = tuple(cycle.id for cycle in programme.cycles)
    if programme.start_from in allowed:
        allowed = allowed[allowed.index(programme.start_from) :]
    return tuple(
        cycle
        for cycle in programme.cycles
        if cycle.id in allowed and (programme.start_from is not None or _seen_in_time(programme, cycle, known))
    )


def never_started(programme: Programme, known: Known, now: datetime) -> tuple[Cycle, ...]:
    """The cycles not yet over that were past their issue when first seen: they need an explicit ``start_from``.

    Nobody's plans go out because a server was installed.
    """
    if programme.start_from is not None:
        return ()
    running = {cycle.id for cycle in started(programme, known)}
    return tuple(
        cycle
        for cycle in programme.cycles
        if cycle.id not in running and steps(programme, cycle)[0].due <= now < steps(programme, cycle)[-1].useful_until
    )


def ahead(programme: Programme, known: Known, now: datetime) -> tuple[Step, ...]:
    """The steps that are still to come, the next first."""
    coming = (step for cycle in started(programme, known) for step in steps(programme, cycle) if step.due > now)
    return tuple(sorted(coming, key=lambda step: step.due))


def _first_due(programme: Programme, cycle: Cycle, known: Known, now: datetime) -> Due | None:
    step = next((step for step in steps(programme, cycle) if step.key not in known.settled), None)
    return _judged(step, known, now) if step is not None and step.due <= now else None


def _seen_in_time(programme: Programme, cycle: Cycle, known: Known) -> bool:
    seen = known.first_seen.get(cycle.id)
    issue = steps(programme, cycle)[0]
    return issue.key in known.settled or (seen is not None and seen <= issue.due)


def _judged(step: Step, known: Known, now: datetime) -> Due:
    if step.kind is not StepKind.ISSUE and not _issued(step, known.settled):
        return Due(step, Deed.MISS, "Nothing was issued in this cycle.")
    if now >= step.useful_until:
        return Due(step, Deed.MISS, step.instead)
    if step.kind in TO_MANY and known.refused_at is not None and now < step.due + HELD_FOR:
        return Due(step, Deed.HOLD, "The newest edit of the configuration cannot be used.")
    return Due(step, Deed.FIRE)


def _issued(step: Step, settled: Settled) -> bool:
    issue = settled.get((step.programme, step.cycle, StepKind.ISSUE.value, "1"))
    return issue is not None and issue.outcome == "done"
