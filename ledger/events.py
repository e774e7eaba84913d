"""Every decision: who, what, when, why."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from ledger.records import Event
from ledger.schema import Entry, events

_COLUMNS = [column for column in events.c if column.name != "id"]
_RECORD = insert(events)
_RECENT = select(*_COLUMNS).order_by(events.c.id.desc()).limit(bindparam("limit"))
_RECENT_ABOUT = _RECENT.where(events.c.about == bindparam("about"))
_OF_CYCLE = (
    select(*_COLUMNS)
    .where(events.c.programme == bindparam("programme"), events.c.cycle == bindparam("cycle"))
    .order_by(events.c.id)
)


def record(entry: Entry, event: Event) -> None:
    """Record an event. Events are never changed."""
    values = {column.name: getattr(event, column.name) for column in _COLUMNS}
    entry.execute(_RECORD, values | {"detail": dict(event.detail)})


def recent(entry: Entry, limit: int, about: str | None = None) -> list[Event]:
    """The latest events, newest first: at most ``limit``, of everything or about one thing."""
    wanted = _RECENT if about is None else _RECENT_ABOUT
    return [_restored(row) for row in entry.execute(wanted, {"limit": limit, "about": about})]


def since(entry: Entry, what: str, at: datetime) -> list[Event]:
    """The events of one kind from an instant on, oldest first."""
    wanted = select(*_COLUMNS).where(events.c.what == what, events.c.at >= at).order_by(events.c.id)
    return [_restored(row) for row in entry.execute(wanted)]


def of_cycle(entry: Entry, programme: str, cycle: str) -> list[Event]:
    """The events of a cycle, oldest first."""
    return [_restored(row) for row in entry.execute(_OF_CYCLE, {"programme": programme, "cycle": cycle})]


def _restored(row: Row[Any]) -> Event:
    return Event(**row._asdict())
