"""Which signing keys were used when, and which are still needed to verify what is out."""

from datetime import date, datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from ledger.schema import Entry, assignments, keys

# Asked of every return, so put together once.
_LAST_SIGNED = select(keys.c.last_signed_at).where(keys.c.id == bindparam("id"))


def signed(entry: Entry, key_id: str, at: datetime) -> None:
    """Record that a key signed something. The latest instant stands."""
    used = insert_or(keys).values(id=key_id, last_signed_at=at)
    latest = func.max(keys.c.last_signed_at, used.excluded.last_signed_at)
    entry.execute(used.on_conflict_do_update(index_elements=["id"], set_={"last_signed_at": latest}))


def last_signed(entry: Entry, key_id: str) -> datetime | None:
    """When a key last signed something; None when it never did."""
    return entry.execute(_LAST_SIGNED, {"id": key_id}).scalar()


def needed(entry: Entry, since: date) -> set[str]:
    """The ids of the keys that signed assignments which are open and whose deadline was on ``since`` or later."""
    out = (assignments.c.withdrawn.is_(None), assignments.c.deadline >= since)
    return set(entry.execute(select(assignments.c.key_id).where(*out).distinct()).scalars())
