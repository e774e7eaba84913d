"""Withdrawing: what is open of a cancelled cycle or a withdrawn plan is taken back, with the reason (law 12)."""

from datetime import datetime

from jobs.office import Office
from ledger import assignments, events
from ledger.records import Assignment, Event
from programme.service import Programme
from programme.standing_facts import cancelled


def withdraw_one(office: Office, now: datetime) -> bool:
    """Withdraw one open assignment that a standing fact takes back. True if there was one; what was accepted stays."""
    with office.ledger.reading() as entry:
        found = next(
            (
                (item, reason)
                for item in assignments.all_open(entry)
                if (reason := _reason(office, item, now)) is not None
            ),
            None,
        )
    if found is None:
        return False
    item, reason = found
    with office.ledger.transaction() as entry:
        assignments.withdraw(entry, item.id, reason, now)
        events.record(entry, Event(now, "plancycle", "withdrawn", item.id, reason, item.programme, item.cycle))
    office.log("assignment withdrawn", assignment=item.id, reason=reason)
    return True


def _reason(office: Office, item: Assignment, now: datetime) -> str | None:
    programme: Programme | None = next((one for one in office.service.programmes if one.id == item.programme), None)
    if programme is None:
        return None
    fact = cancelled(programme, item.cycle)
    if fact is not None:
        return f"The cycle was cancelled by {fact.why.decided_by}: {fact.why.reason}."
    today, issued = programme.local(now).date(), programme.local(item.issued_at).date()
    for gone in programme.facts.withdrawn:
        if gone.plan == item.plan and issued < gone.since <= today:
            return f"The plan was withdrawn by {gone.why.decided_by}: {gone.why.reason}."
    return None
