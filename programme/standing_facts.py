"""What the standing facts mean for one cycle, plan or sponsor. Pure."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TypeVar

from programme.cycle import Cycle, StepKind
from programme.facts import Cancelled, Excuse, Extension, Facts, Hold, Merged
from programme.plan import Action, Plan, Policy
from programme.service import Programme

_Fact = TypeVar("_Fact", Extension, Excuse)


def own_deadline(programme: Programme, cycle: Cycle, plan_id: str, post_id: str) -> date:
    """The last day for one sponsor's return of one plan: their own extension, else the plan's, else the cycle's."""
    extension = extension_of(programme, cycle.id, plan_id, post_id)
    return extension.until if extension else cycle.deadline


def extension_of(programme: Programme, cycle_id: str, plan_id: str, post_id: str) -> Extension | None:
    """By when one sponsor may return one plan in a cycle instead: their own extension, else the plan's."""
    return _closest(post_id, (one for one in programme.facts.extensions if _about(one, cycle_id, plan_id)))


def excuse_of(programme: Programme, cycle_id: str, plan_id: str, post_id: str) -> Excuse | None:
    """Why one sponsor need not return one plan in a cycle: their own excuse, else the plan's."""
    return _closest(post_id, (one for one in programme.facts.excuses if _about(one, cycle_id, plan_id)))


def _about(one: Extension | Excuse, cycle_id: str, plan_id: str) -> bool:
    return one.cycle == cycle_id and one.plan == plan_id


def _closest(post_id: str, facts: Iterable[_Fact]) -> _Fact | None:
    own = [one for one in facts if one.post in (post_id, None)]
    return min(own, key=lambda one: one.post is None, default=None)


def hold_on(
    programme: Programme,
    cycle_id: str,
    kind: StepKind,
    on: date,
    plan_id: str | None = None,
    post_id: str | None = None,
) -> Hold | None:
    """The hold that a step waits for on a day: one of everybody, or one of this plan or post where they are named."""
    return next(
        (
            hold
            for hold in programme.facts.holds
            if hold.cycle == cycle_id
            and kind in hold.steps
            and hold.plan in (None, plan_id)
            and hold.post in (None, post_id)
            and (hold.until is None or on <= hold.until)
        ),
        None,
    )


def cancelled(programme: Programme, cycle_id: str) -> Cancelled | None:
    """Why a cycle does not take place; None when it does."""
    return next((one for one in programme.facts.cancelled if one.cycle == cycle_id), None)


def plans_in_force(programme: Programme, on: date) -> tuple[Plan, ...]:
    """The plans that are reported on a day, in the declared order.

    Withdrawn ones are gone, merged ones are replaced by what they were merged into, and that begins on the day of the
    merger unless it is among the merged plans itself, as one that was reported before.
    """
    ids = in_force(programme.facts, (plan.id for plan in programme.plans), on)
    return tuple(plan for plan in programme.plans if plan.id in ids)


def in_force(facts: Facts, plan_ids: Iterable[str], on: date) -> frozenset[str]:
    """The same, by id."""
    return frozenset(plan_ids) - frozenset(_not_yet(facts, on)) - frozenset(_gone(facts, on))


def _not_yet(facts: Facts, on: date) -> Iterator[str]:
    for into in {merger.into for merger in facts.merged}:
        mergers = [merger for merger in facts.merged if merger.into == into]
        if all(on < merger.since and into not in merger.plans for merger in mergers):
            yield into


def _gone(facts: Facts, on: date) -> Iterator[str]:
    yield from (one.plan for one in facts.withdrawn if one.since <= on)
    for merger in facts.merged:
        if merger.since <= on:
            yield from (plan for plan in merger.plans if plan != merger.into)


def merged_into(facts: Facts, plan_id: str, on: date) -> str:
    """What a plan is reported as on a day: itself, or what it was merged into, however many times in turn."""
    return merged_in_turn(facts, plan_id, on)[-1]


def merged_in_turn(facts: Facts, plan_id: str, on: date) -> tuple[str, ...]:
    """A plan, what it was merged into by a day, what that was merged into, and so on."""
    turn = [plan_id]
    while (merger := merger_of(facts, turn[-1], on)) is not None:
        turn.append(merger.into)
    return tuple(turn)


def merger_of(facts: Facts, plan_id: str, on: date) -> Merged | None:
    """The merger in which a plan has ended by a day; None while it is reported by itself."""
    ended = (one for one in facts.merged if one.since <= on and plan_id in one.plans and plan_id != one.into)
    return next(ended, None)


def asked_actions(plan: Plan, post: str) -> tuple[Action, ...]:
    """The actions that a sponsor is asked for: their own ones under the policy ``rows``, else every one."""
    if plan.policy is not Policy.ROWS:
        return plan.actions
    return tuple(action for action in plan.actions if action.owner == post)
