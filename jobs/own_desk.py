"""Whose desk: a planning team reads what waits for it, and not what sponsors of another programme wrote."""

from ledger import assignments, desk, events
from ledger.records import DeskItem
from ledger.store import Entry
from programme.service import Programme

# What the kind of the item begins with that a programme's first papers wait on; the programme and the cycle follow.
RELEASE = "release papers of "

# What stands where a programme's id stands, of what belongs to none.
NO_PROGRAMME = frozenset({"", "service"})


def waiting_for(entry: Entry, programme: Programme) -> list[DeskItem]:
    """What waits and is this programme's, or no programme's in particular, oldest first."""
    named = ((item, _programmes(entry, item) - NO_PROGRAMME) for item in desk.waiting(entry))
    return [item for item, programmes in named if not programmes or programme.id in programmes]


def _programmes(entry: Entry, item: DeskItem) -> set[str]:
    if item.assignment is not None:
        assignment = assignments.get(entry, item.assignment)
        return {assignment.programme} if assignment is not None else set()
    if item.intent is not None:
        return {item.intent.split("/", 1)[0]}
    if item.arrival is not None:
        return {event.programme for event in events.recent(entry, 20, about=f"message {item.arrival}")}
    if item.kind.startswith(RELEASE):
        return {item.kind.removeprefix(RELEASE).split("/", 1)[0]}
    return set()
