"""What the team changed in the rows since, in the configuration or in a master, and the dates that rows began with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from ledger import assignments, events
from ledger.records import Decision, Event
from ledger.store import Entry
from programme.change import DUE, ROW, WORDING, Change
from programme.cycle import Cycle
from programme.plan import Action
from programme.service import Programme

MASTER_TAKEN_IN = "master taken in"

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Edits:
    """When each part of a row (its wording, its date, the row as a whole) last changed, by (plan, ref, part).

    ``first`` is the first due date that was ever issued, by (plan, ref).
    """

    at: Mapping[tuple[str, str, str], datetime] = field(default_factory=dict)
    first: Mapping[tuple[str, str], date] = field(default_factory=dict)

    def since(self, item: Decision, *parts: str) -> bool:
        """Whether one of these parts was changed after the decision was recorded."""
        return any(self.at.get((item.plan, item.ref, part), _NEVER) > item.at for part in parts)


def edits(entry: Entry, programme: Programme, earlier: Iterable[Cycle]) -> Edits:
    """What was changed in the rows of a programme, and the first due dates that the earlier cycles issued."""
    at: dict[tuple[str, str, str], datetime] = {}
    for event in events.of_cycle(entry, programme.id, ""):
        if event.what == MASTER_TAKEN_IN:
            at |= {(event.about, ref, part): event.at for ref, parts in event.detail.items() for part in parts.split()}
        elif "ref" in event.detail:
            at[event.detail["plan"], event.detail["ref"], event.detail["part"]] = event.at
    first: dict[tuple[str, str], date] = {}
    for cycle in earlier:
        for item in assignments.of_cycle(entry, programme.id, cycle.id):
            for row in item.rows:
                if row.due is not None:
                    first.setdefault((item.plan, row.ref), row.due)
    return Edits(at, first)


def noted(change: Change) -> dict[str, str]:
    """What the event of a change keeps, so that it can be held against what is decided before and after it."""
    if change.plan is None or change.ref is None:
        return {}
    return {"plan": change.plan, "ref": change.ref, "part": change.part}


def taken_in(about: str, why: str, changed: Mapping[str, str], programme: Programme, now: datetime) -> Event:
    """The event of a master: ``changed`` has the parts of each ref that is another than before."""
    return Event(now, "plancycle", MASTER_TAKEN_IN, about, why, programme.id, detail=changed)


def parts_changed(before: Iterable[Action], after: Iterable[Action]) -> dict[str, str]:
    """The parts of each ref that one list of actions has otherwise than another."""
    old, new = ({action.ref: action for action in actions} for actions in (before, after))
    changed = {ref: _parts(old.get(ref), new.get(ref)) for ref in (old | new)}
    return {ref: parts for ref, parts in changed.items() if parts}


def _parts(before: Action | None, after: Action | None) -> str:
    if before is None or after is None:
        return ROW
    wording = WORDING if before.deliverable != after.deliverable else ""
    due = DUE if before.due_now != after.due_now else ""
    return f"{wording} {due}".strip()
