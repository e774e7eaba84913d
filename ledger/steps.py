"""Steps that are settled. The natural key lets each fire once."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from ledger.errors import AlreadySettledError
from ledger.records import StepRecord
from ledger.schema import REMEMBERED, Entry, cycles_seen, steps

Settled = Mapping[tuple[str, str, str, str], StepRecord]
"""Settled steps by their key (programme, cycle, kind, occasion)."""

# In the order of the record: names would take longer than the values. Every statement is put together once.
_COLUMNS = [steps.c[field.name] for field in fields(StepRecord)]
_SETTLED = select(*_COLUMNS).where(steps.c.programme == bindparam("programme"))
_HOW_MANY = select(func.count()).where(steps.c.programme == bindparam("programme"))
_SEEN = select(cycles_seen.c.cycle, cycles_seen.c.first_seen_at).where(
    cycles_seen.c.programme == bindparam("programme")
)
_SETTLE = insert_or(steps).on_conflict_do_nothing()


def settle(entry: Entry, record: StepRecord) -> None:
    """Record that a step is done or missed. Raises AlreadySettledError, changing nothing, when it was settled."""
    if entry.execute(_SETTLE, asdict(record)).rowcount == 0:
        step = "/".join((record.programme, record.cycle, record.kind, record.occasion))
        raise AlreadySettledError(f"The step {step} was settled before and does not fire again.")


def settled(entry: Entry, programme: str) -> Settled:
    """Every settled step of a programme by its key.

    A settled step is neither changed nor removed, so that a later snapshot with as many of them has the same ones.
    """
    remembered: dict[str, Settled] | None = entry.info.get(REMEMBERED)
    if remembered is None:
        return _settled(entry, programme)
    how_many = entry.execute(_HOW_MANY, {"programme": programme}).scalar_one()
    if len(remembered.get(programme, ())) != how_many:
        remembered[programme] = _settled(entry, programme)
    return remembered.get(programme, {})


def _settled(entry: Entry, programme: str) -> Settled:
    rows = entry.execute(_SETTLED, {"programme": programme})
    return MappingProxyType({tuple(row[:4]): StepRecord(*row) for row in rows})


def first_seen(entry: Entry, programme: str, cycle: str, at: datetime) -> datetime:
    """When a cycle was first seen: ``at``, the first time that this is asked."""
    entry.execute(
        insert_or(cycles_seen).values(programme=programme, cycle=cycle, first_seen_at=at).on_conflict_do_nothing()
    )
    key = (cycles_seen.c.programme == programme, cycles_seen.c.cycle == cycle)
    seen: datetime = entry.execute(select(cycles_seen.c.first_seen_at).where(*key)).scalar_one()
    return seen


def seen(entry: Entry, programme: str) -> dict[str, datetime]:
    """When each cycle of a programme was first seen, by cycle; those never seen are absent."""
    return {row[0]: row[1] for row in entry.execute(_SEEN, {"programme": programme})}
