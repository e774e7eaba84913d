"""What the SPG agreed, as the next cycle's starting point: last ratings, revised dates, actions as they are now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from ledger.records import Decision
from programme.cycle import Cycle
from programme.plan import Action, Plan, Policy

REVISED_DUE = "revised_due"

# What a decision begins with that takes a closing back.
STAYS_OPEN = "The action stays open."


def by_meeting(cycles: Sequence[Cycle], decided: Iterable[Decision]) -> tuple[Decision, ...]:
    """Decisions in the order of their meetings, whenever each was recorded; within a meeting, the newest last."""
    place = {cycle.id: number for number, cycle in enumerate(cycles)}
    return tuple(sorted(decided, key=lambda item: place.get(item.cycle, -1)))


def actions_now(plan: Plan, decided: Sequence[Decision]) -> tuple[Action, ...]:
    """A plan's actions after these decisions: reworded, with revised dates, closed ones gone, new ones at the end.

    An action that the team has since written into the plan itself is not added twice. The original due date stays.
    """
    own = [item for item in decided if item.plan == plan.id]
    declared = {action.ref: action for action in plan.actions}
    actions = dict(declared)
    for item in own:
        if item.kind == "new" and item.ref not in declared:
            # Nobody owns it yet: the first sponsor is asked until the team writes it into the plan.
            owner = plan.sponsors[0] if plan.policy is Policy.ROWS else None
            actions[item.ref] = Action(item.ref, item.deliverable, item.revised_due, owner=owner)
        elif item.kind == "row" and item.ref in actions:
            actions[item.ref] = _after(actions[item.ref], item)
    closed = closed_refs(own)
    return tuple(action for action in actions.values() if action.ref not in closed)


def closed_refs(own: Sequence[Decision]) -> frozenset[str]:
    """The refs that are closed: what was closed stays so until the SPG says that the action stays open."""
    spoken = (item for item in own if item.kind == "row" and (item.closed or item.words.startswith(STAYS_OPEN)))
    newest = {item.ref: item.closed for item in spoken}
    return frozenset(ref for ref, closed in newest.items() if closed)


def agreed_ratings(decided: Sequence[Decision]) -> Mapping[tuple[str, str], str]:
    """The agreed rating by (plan, ref); the newest word counts."""
    return {(item.plan, item.ref): item.agreed for item in decided if item.kind == "row" and item.agreed}


def decided_last(decided: Sequence[Decision]) -> Mapping[tuple[str, str], str]:
    """What the newest meeting said in words on each (plan, ref); older meetings' words are done with."""
    newest = decided[-1].cycle if decided else ""
    return {(item.plan, item.ref): item.words for item in decided if item.cycle == newest and item.words}


def due_dates(due: date | None, reference: Mapping[str, str]) -> tuple[date | None, date | None]:
    """The due date in force, and the original one where the SPG has revised it since."""
    try:
        revised = date.fromisoformat(reference.get(REVISED_DUE, ""))
    except ValueError:
        return due, None
    return revised, due


def _after(action: Action, item: Decision) -> Action:
    reference = dict(action.reference)
    if item.revised_due is not None:
        reference[REVISED_DUE] = item.revised_due.isoformat()
    return replace(action, deliverable=item.deliverable or action.deliverable, reference=reference)
