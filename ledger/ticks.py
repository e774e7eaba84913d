"""The service's heartbeat: when it last looked, what it saw ahead, and whether it stopped itself."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as insert_or

from ledger.records import Outlook
from ledger.schema import Entry, ticks

# A statement that is put together once takes a fifth of the time; these are for every unit of work.
_STOPPED = select(ticks.c.stopped_at, ticks.c.stopped_reason)


def last(entry: Entry) -> datetime | None:
    """When the last tick was; None before the first."""
    return entry.execute(select(ticks.c.last_at)).scalar()


def beat(entry: Entry, at: datetime, ahead: Mapping[str, Outlook]) -> None:
    """Record a tick and what comes next, in the words that ``plancycle status`` shows."""
    _set(entry, last_at=at, ahead={programme: seen.written() for programme, seen in ahead.items()})


def ahead(entry: Entry) -> dict[str, Outlook]:
    """What the last tick saw ahead; empty before the first."""
    seen = entry.execute(select(ticks.c.ahead)).scalar() or {}
    return {programme: Outlook.read(written) for programme, written in seen.items()}


def stop(entry: Entry, at: datetime, reason: str) -> None:
    """Record that the service stopped itself. A later stop while it stands changes nothing."""
    if stopped(entry) is None:
        _set(entry, stopped_at=at, stopped_reason=reason)


def stopped(entry: Entry) -> tuple[datetime, str] | None:
    """Since when and why the service stands still; None when it does not."""
    row = entry.execute(_STOPPED).one_or_none()
    return None if row is None or row.stopped_at is None else (row.stopped_at, row.stopped_reason)


def resume(entry: Entry) -> None:
    """Let the service go on. Harmless when it does."""
    _set(entry, stopped_at=None, stopped_reason=None)


def _set(entry: Entry, **values: Any) -> None:
    fresh = insert_or(ticks).values({"id": 1, "ahead": {}} | values)
    entry.execute(fresh.on_conflict_do_update(index_elements=["id"], set_=values))
