"""Received messages, from the server's inbox to their lane, and how far the mailbox was read."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Row, bindparam, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from ledger.errors import LedgerError
from ledger.records import Arrival
from ledger.schema import Entry, arrivals, mailbox

# When they happened is told by the events; the columns are for whoever reads the table.
_COLUMNS = [column for column in arrivals.c if column.name not in ("decided_at", "filed_at")]

# Asked before every message that goes, so put together once.
_oldest = select(func.min(arrivals.c.id)).where(arrivals.c.lane.is_(None)).scalar_subquery()
_UNDECIDED = select(*_COLUMNS).where(arrivals.c.id == _oldest)
_oldest_unfiled = (
    select(func.min(arrivals.c.id))
    .where(arrivals.c.lane.is_not(None), arrivals.c.filed.is_(False))
    .where(arrivals.c.id.not_in(bindparam("but", expanding=True)))
    .scalar_subquery()
)
_UNFILED = select(*_COLUMNS).where(arrivals.c.id == _oldest_unfiled)
_GET = select(*_COLUMNS).where(arrivals.c.id == bindparam("id"))
_DUPLICATES = (
    select(*_COLUMNS)
    .where(arrivals.c.id < bindparam("before"))
    .where(
        or_(
            arrivals.c.sha256 == bindparam("sha256"),
            (arrivals.c.message_id == bindparam("message")) & (arrivals.c.message_id != ""),
        )
    )
    .order_by(arrivals.c.id)
)
_BY_MESSAGE_ID = (
    select(*_COLUMNS)
    .where(arrivals.c.message_id == bindparam("message"), arrivals.c.filed.is_(True))
    .order_by(arrivals.c.id)
    .limit(1)
)
_KNOWN = select(arrivals.c.id).where(
    arrivals.c.server_id == bindparam("server"), arrivals.c.sha256 == bindparam("sha256")
)
_STORE = insert(arrivals).returning(arrivals.c.id)
_DECIDE = (
    update(arrivals)
    .where(arrivals.c.id == bindparam("own"), arrivals.c.lane.is_(None))
    .values(lane=bindparam("lane"), reason=bindparam("reason"), decided_at=bindparam("decided_at"))
)
_FILED = update(arrivals).where(arrivals.c.id == bindparam("own")).values(filed=True, filed_at=bindparam("filed_at"))
_CURSOR = select(mailbox.c.cursor)
_READ_TO_END = select(mailbox.c.read_to_end_at)


class ServerFacts(Protocol):
    """What the server says of a message beside its bytes; the mailbox port's Received is one."""

    @property
    def server_id(self) -> str: ...
    @property
    def received_at(self) -> datetime | None: ...
    @property
    def folder(self) -> str: ...
    @property
    def item_class(self) -> str | None: ...
    @property
    def extra_headers(self) -> Mapping[str, str]: ...
    @property
    def cloud_links(self) -> tuple[str, ...]: ...


def store(entry: Entry, received: ServerFacts, sha256: str, message_id: str, at: datetime) -> int | None:
    """Record a message whose bytes are the blob ``sha256``; ``message_id`` is empty where it has none.

    Returns its id, which grows in the order of arrival, or None when the server gave the same message before.
    Where the server says no time of receipt, ``at`` stands for it.
    """
    if entry.execute(_KNOWN, {"server": received.server_id, "sha256": sha256}).first() is not None:
        return None
    values = {
        "server_id": received.server_id,
        "sha256": sha256,
        "message_id": message_id,
        "received_at": received.received_at or at,
        "stored_at": at,
        "folder": str(received.folder),
        "item_class": received.item_class,
        "extra_headers": dict(received.extra_headers),
        "cloud_links": list(received.cloud_links),
        "reason": "",
        "filed": False,
    }
    new_id: int = entry.execute(_STORE, values).scalar_one()
    return new_id


def get(entry: Entry, arrival_id: int) -> Arrival:
    """One arrival. Raises LedgerError for an unknown id."""
    found = next(map(_restored, entry.execute(_GET, {"id": arrival_id})), None)
    if found is None:
        raise LedgerError(f"The ledger knows no received message number {arrival_id}. Check the number.")
    return found


def duplicates(entry: Entry, sha256: str, message_id: str, before_id: int) -> list[Arrival]:
    """Earlier arrivals with the same bytes or the same Message-ID, oldest first. No Message-ID is like no other."""
    named = {"sha256": sha256, "message": message_id, "before": before_id}
    return [_restored(row) for row in entry.execute(_DUPLICATES, named)]


def by_message_id(entry: Entry, message_id: str) -> Arrival | None:
    """The first arrival with this Message-ID that has left the inbox for its lane; None where there is none."""
    return next(map(_restored, entry.execute(_BY_MESSAGE_ID, {"message": message_id})), None)


def undecided(entry: Entry) -> Arrival | None:
    """The oldest arrival of which nothing was decided yet."""
    return next(map(_restored, entry.execute(_UNDECIDED)), None)


def decide(entry: Entry, arrival_id: int, lane: str, reason: str, at: datetime) -> bool:
    """Record where a message goes and why, with all that it caused. False when that was decided before."""
    named = {"own": arrival_id, "lane": lane, "reason": reason, "decided_at": at}
    return entry.execute(_DECIDE, named).rowcount == 1


def unfiled(entry: Entry, left: Collection[int] = ()) -> Arrival | None:
    """The oldest arrival that was decided and still lies in the inbox, as far as we know, but those ``left``."""
    return next(map(_restored, entry.execute(_UNFILED, {"but": list(left)})), None)


def filed(entry: Entry, arrival_id: int, at: datetime) -> None:
    """Record that the message left the inbox for its lane. Raises LedgerError (at commit) if it was not decided."""
    entry.execute(_FILED, {"own": arrival_id, "filed_at": at})


def reopen(entry: Entry, arrival_id: int, vouched_by: str | None) -> None:
    """Have a message decided afresh, on the word of ``vouched_by`` where somebody vouches for its sender."""
    values = {"lane": None, "reason": "", "decided_at": None, "filed": False, "filed_at": None}
    entry.execute(update(arrivals).where(arrivals.c.id == arrival_id).values(values | {"vouched_by": vouched_by}))


def cursor(entry: Entry) -> str | None:
    """Where the next poll goes on; None before the first."""
    return entry.execute(_CURSOR).scalar()


def save_cursor(entry: Entry, cursor: str, at: datetime, complete: bool) -> None:
    """Record how far the mailbox was read; ``complete`` when Inbox and Junk were read to the end."""
    read = {"cursor": cursor, "polled_at": at} | ({"read_to_end_at": at} if complete else {})
    entry.execute(insert_or(mailbox).values(id=1, **read).on_conflict_do_update(index_elements=["id"], set_=read))


def read_to_end_at(entry: Entry) -> datetime | None:
    """When Inbox and Junk were last read to the end; None when they never were."""
    return entry.execute(_READ_TO_END).scalar()


def _restored(row: Row[Any]) -> Arrival:
    values = row._asdict()
    return Arrival(**values | {"cloud_links": tuple(values["cloud_links"])})
