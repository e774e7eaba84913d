"""What the SPG decided: recorded once, never changed; the newest word on a row counts."""

from dataclasses import asdict

from sqlalchemy import insert, select

from ledger.records import Decision
from ledger.schema import Entry, decisions


def add(entry: Entry, decision: Decision) -> None:
    """Record one decision."""
    entry.execute(insert(decisions).values(asdict(decision)))


def of_programme(entry: Entry, programme: str) -> list[Decision]:
    """Every decision of a programme, in the order of recording."""
    rows = entry.execute(select(decisions).where(decisions.c.programme == programme).order_by(decisions.c.id))
    return [Decision(**{name: value for name, value in row._asdict().items() if name != "id"}) for row in rows]


def of_cycle(entry: Entry, programme: str, cycle: str) -> list[Decision]:
    """What was decided at one meeting, in the order of recording."""
    return [item for item in of_programme(entry, programme) if item.cycle == cycle]
