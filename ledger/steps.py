"""Steps that are settled. The natural key lets each fire once."""

from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as insert_or

from ledger.errors import AlreadySettledError
from ledger.records import StepRecord
from ledger.schema import Entry, cycles_seen, steps

# In the order of the record: every wake-up reads them all, and names would take longer than the values.
_COLUMNS = [steps.c[field.name] for field in fields(StepRecord)]


def settle(entry: Entry, record: StepRecord) -> None:
    """Record that a step is done or missed. Raises AlreadySettledError, changing nothing, when it was settled."""
    if entry.execute(insert_or(steps).values(asdict(record)).on_conflict_do_nothing()).rowcount == 0:
        step = "/".join((record.programme, record.cycle, record.kind, record.occasion))
        raise AlreadySettledError(f"The step {step} was settled before and does not fire again.")


def settled(entry: Entry, programme: str) -> dict[tuple[str, str, str, str], StepRecord]:
    """Every settled step of a programme by its key (programme, cycle, kind, occasion)."""
    rows = entry.execute(select(*_COLUMNS).where(steps.c.programme == programme))
    return {tuple(row[:4]): StepRecord(*row) for row in rows}


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
    rows = select(cycles_seen.c.cycle, cycles_seen.c.first_seen_at).where(cycles_seen.c.programme == programme)
    return {row.cycle: row.first_seen_at for row in entry.execute(rows)}
