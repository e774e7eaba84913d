"""What the SPG agreed, as the next cycle's starting point: last ratings, revised dates, actions as they are now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from jobs.edits import Edits, edits
from ledger import decisions
from ledger.records import Decision
from ledger.store import Entry
from programme.change import DUE, ROW, WORDING
from programme.cycle import Cycle
from programme.plan import REVISED_DUE, Action, Plan, Policy
from programme.service import Programme

NO_EDITS = Edits()

# What a decision begins with that takes a closing back.
STAYS_OPEN = "The action stays open."

# What a new action says of its lead, and how it is found there again.
_NEW_ACTION = "New action"
_LED_BY = f"{_NEW_ACTION}; lead: "


def by_meeting(cycles: Sequence[Cycle], decided: Iterable[Decision]) -> tuple[Decision, ...]:
    """Decisions in the order of their meetings, whenever each was recorded; within a meeting, the newest last."""
    place = {cycle.id: number for number, cycle in enumerate(cycles)}
    return tuple(sorted(decided, key=lambda item: place.get(item.cycle, -1)))


def actions_now(plan: Plan, decided: Sequence[Decision], known: Edits = NO_EDITS) -> tuple[Action, ...]:
    """A plan's actions after these decisions: reworded, with revised dates, closed ones gone, new ones at the end.

    Of a decision and an edit of the same words or date the newer one counts. An action that the team has since
    written into the plan itself is not added twice. The due date is the first that was ever issued; where another is
    in force, that stands beside it as the revised one.
    """
    own = [item for item in decided if item.plan == plan.id]
    declared = {action.ref: action for action in plan.actions}
    new = [item for item in own if item.kind == "new" and item.ref not in declared and not known.since(item, ROW)]
    actions = declared | {item.ref: _new(plan, item) for item in new}
    worded = {item.ref: item for item in own if item.kind == "row" and item.deliverable}
    dated = {item.ref: item for item in own if item.kind == "row" and item.revised_due}
    closed = closed_refs(own)
    return tuple(
        _after(action, (worded.get(ref), dated.get(ref)), known, known.first.get((plan.id, ref), action.due))
        for ref, action in actions.items()
        if ref not in closed
    )


def overruled(entry: Entry, programme: Programme, changed: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """What the SPG decided that an edit, a (plan, ref, part) each, takes the place of; before the edit is recorded."""
    wanted = [one for one in changed if one[2] in (WORDING, DUE)]
    decided = by_meeting(programme.cycles, decisions.of_programme(entry, programme.id)) if wanted else ()
    known = edits(entry, programme, ()) if decided else NO_EDITS
    for plan, ref, part in wanted:
        said = [
            item for item in decided if (item.kind, item.plan, item.ref) == ("row", plan, ref) and _says(item, part)
        ]
        if said and not known.since(said[-1], part, ROW):
            what = "The wording" if part == WORDING else "The due date"
            row = f"row {ref} of {programme.plan(plan).label}"
            meeting = next((cycle.label for cycle in programme.cycles if cycle.id == said[-1].cycle), said[-1].cycle)
            yield f"{what} of {row} takes the place of what the SPG decided on {meeting}."


def _says(item: Decision, part: str) -> bool:
    return bool(item.deliverable if part == WORDING else item.revised_due)


def new_action_words(lead: str) -> str:
    """What a decision says of a new action: who leads it, where that was said."""
    return f"{_LED_BY}{lead}." if lead else f"{_NEW_ACTION}."


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


def words_last(entry: Entry, programme: Programme) -> Mapping[tuple[str, str], str]:
    """The same, as the ledger has it."""
    return decided_last(by_meeting(programme.cycles, decisions.of_programme(entry, programme.id)))


def _new(plan: Plan, item: Decision) -> Action:
    # Nobody owns it yet: the first sponsor is asked until the team writes it into the plan.
    owner = plan.sponsors[0] if plan.policy is Policy.ROWS else None
    lead = item.words.removesuffix(".").partition(_LED_BY)[2]
    return Action(item.ref, item.deliverable, item.revised_due, {"lead": lead} if lead else {}, owner)


def _after(action: Action, said: tuple[Decision | None, Decision | None], known: Edits, first: date | None) -> Action:
    """The action as it was last worded and dated, by a decision or by an edit since."""
    worded, dated = said
    keeps = worded is None or known.since(worded, WORDING, ROW)
    deliverable = action.deliverable if worded is None or keeps else worded.deliverable
    keeps = dated is None or known.since(dated, DUE, ROW)
    due_now = action.due_now if dated is None or keeps else dated.revised_due
    first = first if due_now else None
    reference = {name: text for name, text in action.reference.items() if name != REVISED_DUE}
    if due_now is not None and due_now != first:
        reference[REVISED_DUE] = due_now.isoformat()
    return replace(action, deliverable=deliverable, due=first, reference=reference)
