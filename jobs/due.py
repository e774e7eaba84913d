"""Deciding what is due: a pure function of the calendar, what is settled, and the clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from ledger.records import StepRecord
from programme.calendar import add_working_days, instant, steps
from programme.cycle import ASKING, Cycle, Step, StepKind
from programme.facts import Hold
from programme.service import Programme
from programme.standing_facts import hold_on

# A mail to many that falls due while a bad edit stands waits this long for the edit to be put right.
HELD_FOR = timedelta(hours=2)

TO_MANY = frozenset(
    {StepKind.ISSUE, StepKind.REMINDER, StepKind.REVIEW, StepKind.CHASE, StepKind.PAPERS, StepKind.ADDENDUM}
)

# What only asks is passed by what comes after it: a held chaser must not keep the draft from its day.
PASSED_BY = frozenset({StepKind.REMINDER, StepKind.REVIEW, StepKind.CHASE})

# Missing one of these is told at once; the rest stand in the digest and the ledger.
TOLD_AT_ONCE = frozenset({StepKind.ISSUE, StepKind.DEADLINE, StepKind.PAPERS, StepKind.SPG})

NOTHING_ISSUED = "Nothing was issued in this cycle."

Settled = Mapping[tuple[str, str, str, str], StepRecord]


class Deed(StrEnum):
    """What to do about a step that has fallen due."""

    FIRE = "fire"
    MISS = "miss"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Due:
    """A step that needs something now; ``reason`` says why it is missed or held, ``told`` whether at once.

    ``advice`` is what sets a held step free.
    """

    step: Step
    deed: Deed
    reason: str = ""
    told: bool = False
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a programme's calendar: settled steps, and when each cycle was first seen.

    ``refused_at`` is since when a bad edit of the configuration stands, None while there is none. ``unreleased`` are
    the cycles whose papers wait for a person's release.
    """

    settled: Settled
    first_seen: Mapping[str, datetime]
    refused_at: datetime | None = None
    unreleased: frozenset[str] = frozenset()


def due(programme: Programme, known: Known, now: datetime) -> tuple[Due, ...]:
    """What is due and not settled, at most one step of each chain, in the order in which they fell due.

    The steps of a chain happen in order: while one is held, those behind it wait, but for what only asks.
    """
    found: list[Due] = []
    for cycle in started(programme, known):
        chains: set[str] = set()
        for step in steps(programme, cycle):
            if step.key in known.settled or step.chain in chains:
                continue
            item = _due_now(programme, step, known, now)
            found += [item] if item else []
            waits = step.due <= now and (item is None or item.deed is Deed.HOLD)
            if not (waits and step.kind in PASSED_BY):
                chains.add(step.chain)
    return tuple(sorted(found, key=lambda item: item.step.due))


def started(programme: Programme, known: Known) -> tuple[Cycle, ...]:
    """The cycles that this ledger runs: seen before their issue, or named by ``start_from`` or after it.

    One that was issued goes on to its end, whatever ``start_from`` is set to meanwhile.
    """
    allowed = tuple(cycle.id for cycle in programme.cycles)
    if programme.start_from in allowed:
        allowed = allowed[allowed.index(programme.start_from) :]
    return tuple(
        cycle
        for cycle in programme.cycles
        if _was_issued(programme, cycle, known)
        or (cycle.id in allowed and (programme.start_from is not None or _seen_in_time(programme, cycle, known)))
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
        if cycle.id not in running and _instant_of(programme, cycle, StepKind.ISSUE) <= now < _over(programme, cycle)
    )


def ahead(programme: Programme, known: Known, now: datetime) -> tuple[Step, ...]:
    """The steps that are still to come, the next first."""
    coming = (step for cycle in started(programme, known) for step in steps(programme, cycle) if step.due > now)
    return tuple(sorted(coming, key=lambda step: step.due))


def to_expect(
    programme: Programme, cycle: Cycle, deadlines: Collection[date], now: datetime, *, at_issue: bool
) -> frozenset[StepKind]:
    """The kinds of step of a cycle that are still to come for somebody who is issued rows with these deadlines now.

    Nobody is asked again until a working day after: the reminder comes later then, where the issue itself is late
    (``at_issue``), and what asks somebody who is issued rows in mid-cycle is left out.
    """
    today = programme.local(now).date()
    found = set()
    for step in steps(programme, cycle):
        asks = step.kind in ASKING
        comes = _after(programme, step, today) if asks else step.due
        moves = at_issue and step.kind is StepKind.REMINDER
        theirs = not asks or (step.deadline or cycle.deadline) in deadlines
        if theirs and now < comes < step.useful_until and (moves or comes == step.due):
            found.add(step.kind)
    return frozenset(found)


def _due_now(programme: Programme, step: Step, known: Known, now: datetime) -> Due | None:
    """What to do about a step now. One that is put off past its use is missed at once."""
    if step.due > now:
        return None
    due_at = _falls_due(programme, step, known)
    if now < due_at < step.useful_until:
        hold = hold_on(programme, step.cycle, step.kind, programme.local(step.due).date())
        if hold is None:
            return None
        reason, advice = _words(hold)
        return Due(step, Deed.HOLD, reason, step.kind in TOLD_AT_ONCE, advice)
    return _judged(programme, step, known, max(now, due_at))


def _falls_due(programme: Programme, step: Step, known: Known) -> datetime:
    """When a step is due: at its own time, or at that time on the first working day after what puts it off.

    A reminder comes at least a working day after the actual issue, however late that was; a held step comes on the
    working day after the last day of its hold.
    """
    until = [_held_until(programme, step)]
    issued = known.settled.get((step.programme, step.cycle, StepKind.ISSUE.value, "1"))
    if step.kind is StepKind.REMINDER and issued is not None:
        until.append(programme.local(issued.settled_at).date())
    last = max((day for day in until if day is not None), default=None)
    return step.due if last is None else _after(programme, step, last)


def _after(programme: Programme, step: Step, last: date) -> datetime:
    """When a step comes that may not come before the working day after a day: then, unless its own time is later."""
    if last < programme.local(step.due).date() - timedelta(days=1):
        return step.due
    day = add_working_days(programme.working_days, last, 1)
    return max(step.due, instant(programme.zone, day, programme.local(step.due).time()))


def _held_until(programme: Programme, step: Step) -> date | None:
    """The last day of a hold of this step for everybody, where it holds the step's own day."""
    on = programme.local(step.due).date()
    hold = hold_on(programme, step.cycle, step.kind, on)
    return hold.until if hold is not None else None


def _seen_in_time(programme: Programme, cycle: Cycle, known: Known) -> bool:
    seen = known.first_seen.get(cycle.id)
    return seen is not None and seen <= _instant_of(programme, cycle, StepKind.ISSUE)


def _was_issued(programme: Programme, cycle: Cycle, known: Known) -> bool:
    return (programme.id, cycle.id, StepKind.ISSUE.value, "1") in known.settled


def _instant_of(programme: Programme, cycle: Cycle, kind: StepKind) -> datetime:
    """When the cycle's one step of this kind is due. A cancelled cycle has none and never comes."""
    return next((step.due for step in steps(programme, cycle) if step.kind is kind), _NEVER)


def _over(programme: Programme, cycle: Cycle) -> datetime:
    return max((step.useful_until for step in steps(programme, cycle) if step.kind is StepKind.PAPERS), default=_NEVER)


def _judged(programme: Programme, step: Step, known: Known, now: datetime) -> Due:
    told = step.kind in TOLD_AT_ONCE
    if step.kind is not StepKind.ISSUE and step.kind is not StepKind.DIGEST and not _issued(step, known.settled):
        return Due(step, Deed.MISS, NOTHING_ISSUED)
    if now >= step.useful_until:
        return Due(step, Deed.MISS, step.instead, told)
    held = _held(programme, step, known, now)
    return Due(step, Deed.HOLD, held[0], told, held[1]) if held else Due(step, Deed.FIRE)


def _held(programme: Programme, step: Step, known: Known, now: datetime) -> tuple[str, str] | None:
    """Why a step waits (a hold that somebody decided, papers not released, a bad edit), and what sets it free."""
    hold = hold_on(programme, step.cycle, step.kind, programme.local(now).date())
    if hold is not None:
        return _words(hold)
    if step.kind is StepKind.PAPERS and step.cycle in known.unreleased:
        reason = "These are the first papers: they wait for somebody's release on the desk."
        return reason, "Accept the item to let them go; rejected, they are kept back until they are asked for anew."
    if step.kind in TO_MANY and known.refused_at is not None and now < step.due + HELD_FOR:
        advice = "Put it right (plancycle check); else the mailing goes with the last good one after two hours."
        return "The newest edit of the configuration cannot be used.", advice
    return None


def _words(hold: Hold) -> tuple[str, str]:
    return f"Held by {hold.why.decided_by}: {hold.why.reason}.", "To let it go, take the hold out of facts.yaml."


def _issued(step: Step, settled: Settled) -> bool:
    issue = settled.get((step.programme, step.cycle, StepKind.ISSUE.value, "1"))
    return issue is not None and issue.outcome == "done"


_NEVER = datetime.max.replace(tzinfo=UTC)
