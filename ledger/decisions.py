"""What the SPG decided: recorded once, never changed; the newest word on a row counts."""

from dataclasses import asdict, fields

from sqlalchemy import bindparam, insert, select

from ledger.records import Decision
from ledger.schema import Entry, decisions

_COLUMNS = [decisions.c[field.name] for field in fields(Decision)]
_OF_PROGRAMME = select(*_COLUMNS).where(decisions.c.programme == bindparam("programme")).order_by(decisions.c.id)
_OF_CYCLE = _OF_PROGRAMME.where(decisions.c.cycle == bindparam("cycle"))


def add(entry: Entry, decision: Decision) -> None:
    """Record one decision."""
    entry.execute(insert(decisions).values(asdict(decision)))


def of_programme(entry: Entry, programme: str) -> list[Decision]:
    """Every decision of a programme, in the order of recording."""
    return [Decision(*row) for row in entry.execute(_OF_PROGRAMME, {"programme": programme})]


def of_cycle(entry: Entry, programme: str, cycle: str) -> list[Decision]:
    """What was decided at one meeting, in the order of recording."""
    return [Decision(*row) for row in entry.execute(_OF_CYCLE, {"programme": programme, "cycle": cycle})]
