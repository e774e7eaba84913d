"""Whose desk: a planning team reads what waits for it, and not what sponsors of another programme wrote.

What the course of things made good is taken off it again without anybody's word.
"""

from collections.abc import Collection
from datetime import datetime

from ledger import assignments, desk, events
from ledger.records import DeskItem
from ledger.store import Entry
from programme.service import Programme

# What the kind of the item begins with that a programme's first papers wait on; the programme and the cycle follow.
RELEASE = "release papers of "

# The kind of the item where nobody holds a post with something to return.
VACANT_POST = "vacant post"

# What stands where a programme's id stands, of what belongs to none.
NO_PROGRAMME = frozenset({"", "service"})


def waiting_for(entry: Entry, programme: Programme) -> list[DeskItem]:
    """What waits and is this programme's, or no programme's in particular, oldest first."""
    named = ((item, _programmes(entry, item) - NO_PROGRAMME) for item in desk.waiting(entry))
    return [item for item, programmes in named if not programmes or programme.id in programmes]


def made_good(entry: Entry, kinds: Collection[str], of: Collection[str], why: str, now: datetime) -> None:
    """Close what waits of these kinds about these assignments, by their ids: nobody need do anything about it now."""
    for item in desk.waiting(entry):
        if item.kind in kinds and item.assignment in of:
            desk.close(entry, item.id, "made good", "plancycle", why, now)


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
