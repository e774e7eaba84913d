"""What kind of ledger this is."""

from enum import StrEnum

from sqlalchemy import insert, select

from ledger.errors import LedgerError
from ledger.schema import Entry, meta

_KIND = select(meta.c.value).where(meta.c.name == "kind")


class Kind(StrEnum):
    """A ledger is for one kind of run, for ever: what was only tried out must not count as sent."""

    LIVE = "live"
    DEMO = "demo"


def kind(entry: Entry) -> Kind | None:
    """What kind of run this ledger is for; None before the first."""
    found = entry.execute(_KIND).scalar()
    return None if found is None else Kind(found)


def dedicate(entry: Entry, to: Kind) -> None:
    """Make this ledger one of that kind. Harmless when it is; raises LedgerError when it is of the other kind."""
    found = kind(entry)
    if found is None:
        entry.execute(insert(meta).values(name="kind", value=to.value))
    elif found is not to:
        raise LedgerError(
            f"This is the ledger of a {found} run, and this is a {to} run. Give each a ledger of its own."
        )
