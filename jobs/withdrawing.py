"""Withdrawing: what is open of a cancelled cycle or a withdrawn plan is taken back, with the reason (law 12)."""

from collections.abc import Iterator
from datetime import datetime

from jobs.office import Office
from ledger import assignments, events
from ledger.records import Assignment, Event
from ledger.store import Entry
from programme.service import Programme


def withdraw_one(office: Office, now: datetime) -> bool:
    """Withdraw one open assignment that a standing fact takes back. True if there was one; what was accepted stays."""
    with office.ledger.reading() as entry:
        found = next((each for one in office.service.programmes for each in _taken_back(entry, one, now)), None)
    if found is None:
        return False
    item, reason = found
    with office.ledger.transaction() as entry:
        assignments.withdraw(entry, item.id, reason, now)
        events.record(entry, Event(now, "plancycle", "withdrawn", item.id, reason, item.programme, item.cycle))
    office.log("assignment withdrawn", assignment=item.id, reason=reason)
    return True


def _taken_back(entry: Entry, programme: Programme, now: datetime) -> Iterator[tuple[Assignment, str]]:
    """Open assignments of cancelled cycles, and of withdrawn plans in the cycles that were not over by that day."""
    today = programme.local(now).date()
    for off in programme.facts.cancelled:
        for item in _open(entry, programme, off.cycle):
            yield item, f"The cycle was cancelled by {off.why.decided_by}: {off.why.reason}."
    for gone in programme.facts.withdrawn:
        for cycle in programme.cycles:
            if gone.since <= min(today, cycle.spg):
                for item in _open(entry, programme, cycle.id):
                    if item.plan == gone.plan:
                        yield item, f"The plan was withdrawn by {gone.why.decided_by}: {gone.why.reason}."


def _open(entry: Entry, programme: Programme, cycle: str) -> list[Assignment]:
    return [item for item in assignments.of_cycle(entry, programme.id, cycle) if item.withdrawn is None]
