"""Withdrawing: what is open of a cancelled cycle or a withdrawn plan is taken back, with the reason (law 12).

Where that is undone, what was taken back is open again, and the forms that are out count.
"""

from collections.abc import Iterator
from datetime import date, datetime

from jobs.alert import raise_alert
from jobs.entitled import declared
from jobs.office import Office
from jobs.succession import open_cycles
from ledger import assignments, events
from ledger.records import Assignment, Event
from ledger.store import Entry
from programme.cycle import Cycle
from programme.service import Programme

CYCLE_OFF = "The cycle was cancelled by "
PLAN_OFF = "The plan was withdrawn by "


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


def reinstate_one(office: Office, now: datetime) -> bool:
    """Open one assignment again whose cycle, or whose plan, takes place after all. True if there was one."""
    with office.ledger.reading() as entry:
        found = next((each for one in office.service.programmes for each in _given_back(entry, one, now)), None)
    if found is None:
        return False
    reason = f"What took it back was undone. Before: {found.withdrawn}"
    with office.ledger.transaction() as entry:
        assignments.reinstate(entry, found.id)
        events.record(entry, Event(now, "plancycle", "reinstated", found.id, reason, found.programme, found.cycle))
        title, words = "Forms that were withdrawn are open again", _words(office, found)
        own = office.of(office.service.programme(found.programme))
        raise_alert(own, entry, f"reinstated {found.programme}/{found.cycle} {now.isoformat()}", title, words, now)
    office.log("assignment reinstated", assignment=found.id)
    return True


def _words(office: Office, found: Assignment) -> tuple[str, str]:
    label = office.service.programme(found.programme).cycle(found.cycle).label
    return (
        f"What was withdrawn in {label} is open again, because its cancellation or withdrawal was undone.",
        "The forms that are out count again. Reprocess on the desk what came back meanwhile.",
    )


def _given_back(entry: Entry, programme: Programme, now: datetime) -> Iterator[Assignment]:
    """What a fact took back that stands no more, in the cycles whose papers are still of use."""
    for cycle in open_cycles(entry, programme, now):
        every = assignments.of_cycle(entry, programme.id, cycle.id)
        newest = {(item.plan, item.post): item for item in every}
        # One that was issued anew is open in other hands, or was withdrawn as such.
        still_open = {(item.plan, item.post) for item in every if item.withdrawn is None}
        off = {gone.plan for gone in programme.facts.withdrawn if gone.since <= _last_day(programme, cycle, now)}
        for place, item in newest.items():
            by_fact = (item.withdrawn or "").startswith((CYCLE_OFF, PLAN_OFF))
            if by_fact and place not in still_open and item.plan not in off and declared(programme, item):
                yield item


def _last_day(programme: Programme, cycle: Cycle, now: datetime) -> date:
    """A plan that is withdrawn later than this is part of the cycle."""
    return min(programme.local(now).date(), cycle.spg)


def _taken_back(entry: Entry, programme: Programme, now: datetime) -> Iterator[tuple[Assignment, str]]:
    """Open assignments of cancelled cycles, and of withdrawn plans in the cycles that were not over by that day."""
    for off in programme.facts.cancelled:
        for item in _open(entry, programme, off.cycle):
            yield item, f"{CYCLE_OFF}{off.why.decided_by}: {off.why.reason}."
    for gone in programme.facts.withdrawn:
        for cycle in programme.cycles:
            if gone.since <= _last_day(programme, cycle, now):
                for item in _open(entry, programme, cycle.id):
                    if item.plan == gone.plan:
                        yield item, f"{PLAN_OFF}{gone.why.decided_by}: {gone.why.reason}."


def _open(entry: Entry, programme: Programme, cycle: str) -> list[Assignment]:
    return [item for item in assignments.of_cycle(entry, programme.id, cycle) if item.withdrawn is None]
