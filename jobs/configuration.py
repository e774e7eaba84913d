"""Which configuration is in force: the newest good one, kept whole in the ledger, also across restarts (law 8)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from jobs.alert import raise_alert
from jobs.changes import take_in
from jobs.dropped import dropped
from jobs.office import Office
from ledger import configurations, events
from ledger.records import Event
from ledger.store import Entry, Ledger
from programme.fault import ConfigurationError, Fault
from programme.loader import load_files
from programme.service import Service


def adopt(ledger: Ledger, service: Service, now: datetime) -> None:
    """Put a good configuration in force; nothing happens where it is already and no bad edit stands."""
    with ledger.transaction() as entry:
        before = configurations.in_force(entry)
        if before == service.hash and configurations.refused(entry) is None:
            return
        _put_in_force(entry, service, now)
        if before not in (None, service.hash):
            why = f"It takes the place of {before} unseen: what is different was neither worked out nor told."
            events.record(entry, Event(now, "plancycle", "configuration replaced", service.hash, why))


def _put_in_force(entry: Entry, service: Service, now: datetime) -> None:
    configurations.keep(entry, service.hash, service.files, now)
    configurations.put_in_force(entry, service.hash, now)
    configurations.clear_refusal(entry)
    events.record(entry, Event(now, "plancycle", "configuration in force", service.hash))


def change(office: Office, service: Service, now: datetime) -> Office:
    """Put an edit in force and carry out its consequences, in one commit; return the office under it.

    Raises ConfigurationError, and changes nothing, where it drops what is open: that is a bad edit.
    """
    after = replace(office, service=service)
    with office.ledger.transaction() as entry:
        faults = dropped(entry, office.service, service, now)
        if faults:
            raise ConfigurationError(faults)
        _put_in_force(entry, service, now)
        take_in(after, entry, office.service, now)
    return after


def last_good(ledger: Ledger) -> Service | None:
    """The configuration in force as the ledger keeps it, or None before the first.

    None, too, where a newer plancycle reads that one as faulty: the folder's then takes its place.
    """
    with ledger.reading() as entry:
        in_force = configurations.in_force(entry)
        files = configurations.files(entry, in_force) if in_force else {}
    try:
        return load_files(files) if in_force else None
    except ConfigurationError:
        return None


def refuse(office: Office, edit: str, faults: Sequence[Fault], now: datetime) -> None:
    """Note a bad edit (named by its hash) and tell the team, once; the last good one stays in force."""
    listing = tuple(str(fault) for fault in faults if not fault.warning)
    with office.ledger.transaction() as entry:
        standing = configurations.refused(entry)
        if standing is not None and standing[0] == edit:
            return
        configurations.refuse(entry, edit, "\n".join(listing), now)
        events.record(entry, Event(now, "plancycle", "configuration refused", edit, "; ".join(listing[:20])))
        words = (
            " ".join(listing[:10]),
            "Put it right and run plancycle check; until then the last good one is in force.",
        )
        raise_alert(office, entry, f"configuration {edit}", "An edit of the configuration cannot be used", words, now)
