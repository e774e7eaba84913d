"""What waits for a person."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select, update

from ledger.errors import LedgerError
from ledger.records import DeskItem
from ledger.schema import Entry
from ledger.schema import desk as table

# Asked before every message that asks, so put together once.
_WAITING = select(table).where(table.c.closed_at.is_(None)).order_by(table.c.id)

# No number that SQLite can hold is larger.
_LAST = 2**63 - 1


def open_item(entry: Entry, item: DeskItem) -> int:
    """Put an item on the desk and give it its id; the id in ``item`` is not looked at.

    Raises LedgerError when its arrival or its assignment is unknown. The transaction is then lost.
    """
    values = asdict(item)
    del values["id"]
    new_id: int = entry.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
    return new_id


def waiting(entry: Entry) -> list[DeskItem]:
    """What waits, oldest first."""
    return [DeskItem(**row._asdict()) for row in entry.execute(_WAITING)]


def of_kinds(entry: Entry, beginning: str) -> list[DeskItem]:
    """Every item whose kind begins so, closed or not, oldest first."""
    found = select(table).where(table.c.kind.startswith(beginning, autoescape=True)).order_by(table.c.id)
    return [DeskItem(**row._asdict()) for row in entry.execute(found)]


def get(entry: Entry, item_id: int) -> DeskItem:
    """One item, closed or not. Raises LedgerError for an unknown id."""
    known = 0 < item_id <= _LAST
    row = entry.execute(select(table).where(table.c.id == item_id)).one_or_none() if known else None
    if row is None:
        raise LedgerError(f"There is no item {item_id} on the desk. `plancycle status` lists what waits.")
    return DeskItem(**row._asdict())


def close(entry: Entry, item_id: int, verdict: str, by: str, why: str, at: datetime) -> bool:
    """Record a person's verdict on a waiting item. False when it was closed before, or is unknown."""
    open_one = update(table).where(table.c.id == item_id, table.c.closed_at.is_(None))
    return entry.execute(open_one.values(verdict=verdict, by=by, why=why, closed_at=at)).rowcount == 1
