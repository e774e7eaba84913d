"""Configurations, each kept whole under its hash; which is in force, and whether a bad edit stands."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or

from ledger.errors import LedgerError
from ledger.schema import Entry, configurations, refusal
from ledger.schema import in_force as in_force_table

# Asked at every wake-up, so put together once.
_REFUSED = select(refusal.c.hash, refusal.c.first_seen_at)


# The parameter is called what the design calls it.
def keep(entry: Entry, hash: str, files: Mapping[str, str], at: datetime) -> None:  # noqa: A002
    """Keep a configuration's files, text by path. Keeping it again changes nothing."""
    entry.execute(insert_or(configurations).values(hash=hash, files=dict(files), kept_at=at).on_conflict_do_nothing())


def put_in_force(entry: Entry, hash: str, at: datetime) -> None:  # noqa: A002
    """Put a kept configuration in force. Harmless when it is; raises LedgerError for one that was not kept."""
    files(entry, hash)
    if in_force(entry) != hash:
        entry.execute(insert(in_force_table).values(hash=hash, at=at))


def in_force(entry: Entry) -> str | None:
    """The hash of the configuration in force, or None before the first."""
    return entry.execute(select(in_force_table.c.hash).order_by(in_force_table.c.id.desc()).limit(1)).scalar()


def files(entry: Entry, hash: str) -> dict[str, str]:  # noqa: A002
    """The files of a configuration, text by path. Raises LedgerError for one that was not kept."""
    found = entry.execute(select(configurations.c.files).where(configurations.c.hash == hash)).scalar()
    if found is None:
        raise LedgerError(f"The ledger does not keep the configuration {hash[:12]}. Load it from its files again.")
    return dict(found)


def refuse(entry: Entry, hash: str, faults: str, at: datetime) -> None:  # noqa: A002
    """Note that a bad edit stands.

    A later bad edit replaces the hash and the faults but not the instant: since then nothing good was given.
    """
    standing = refused(entry)
    clear_refusal(entry)
    since = at if standing is None else standing[1]
    entry.execute(insert(refusal).values(id=1, hash=hash, faults=faults, first_seen_at=since))


def refused(entry: Entry) -> tuple[str, datetime] | None:
    """The hash of the bad edit that stands and since when no good one was given; None when none stands."""
    row = entry.execute(_REFUSED).one_or_none()
    return None if row is None else (row.hash, row.first_seen_at)


def refused_faults(entry: Entry) -> str:
    """The faults of the bad edit that stands, a line each; empty when none stands."""
    return entry.execute(select(refusal.c.faults)).scalar() or ""


def clear_refusal(entry: Entry) -> None:
    """Note that no bad edit stands any more."""
    entry.execute(delete(refusal))
