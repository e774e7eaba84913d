"""A ledger as canonical text, to compare what happened whatever was killed in between."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, select

from ledger.columns import Instant
from ledger.schema import Entry, alembic_version, arrivals, in_force, intents, mailbox, masters, metadata, returns
from ledger.store import Ledger

# Numbers that only count, and what a mailbox may make up at random.
_LEFT_OUT = frozenset({intents.c.token, mailbox.c.cursor})
_IN_ORDER = (arrivals, in_force)


def dump(ledger: Ledger, *, instants: bool = True) -> str:
    """Everything that matters, a JSON line per row under its table's name, then the blobs that are named.

    Two ledgers in which the same happened give the same text: rows are sorted by what they say, but those whose
    order of arrival matters. ``instants=False`` leaves out when, and compares only what.
    """
    with ledger.reading() as entry:
        order = _order_of_arrival(entry)
        tables = [table for table in metadata.sorted_tables if table is not alembic_version]
        lines = [line for table in tables for line in _lines(entry, table, order, instants)]
        return "\n".join([*lines, *(f"blob {name}" for name in _named(entry))]) + "\n"


def missing_blobs(ledger: Ledger) -> list[str]:
    """The SHA-256s that the ledger names and whose bytes are missing or damaged, sorted. It reads them all."""
    with ledger.reading() as entry:
        return [sha256 for sha256 in _named(entry) if not ledger.blobs.has(sha256)]


def _lines(entry: Entry, table: Table, order: dict[int, int], instants: bool) -> Iterator[str]:
    counted = table.c[0] if table.dialect_options["sqlite"]["autoincrement"] else None
    rows = [row._asdict() for row in entry.execute(select(table).order_by(table.c[0]))]
    skipped = {column.name for column in table.c if column in _LEFT_OUT or column is counted}
    skipped |= {column.name for column in table.c if isinstance(column.type, Instant) and not instants}
    lines = [_line({name: value for name, value in row.items() if name not in skipped}, order) for row in rows]
    yield from (f"{table.name} {line}" for line in (lines if table in _IN_ORDER else sorted(lines)))


def _line(row: dict[str, Any], order: dict[int, int]) -> str:
    if row.get("arrival") is not None:
        row["arrival"] = order[row["arrival"]]
    return json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)


def _order_of_arrival(entry: Entry) -> dict[int, int]:
    ids = entry.execute(select(arrivals.c.id).order_by(arrivals.c.id)).scalars()
    return {arrival: place for place, arrival in enumerate(ids, start=1)}


def _named(entry: Entry) -> list[str]:
    tables = (arrivals, intents, masters, returns)
    return sorted({name for table in tables for name in entry.execute(select(table.c.sha256)).scalars()})
