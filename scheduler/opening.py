"""The ledger beside a configuration, and the configuration in force, whatever state the newest edit is in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.configuration import last_good
from ledger.store import Ledger
from programme.loader import load
from programme.service import Service
from scheduler.places import ledger_path


@contextmanager
def in_force(config: Path) -> Iterator[tuple[Service, Ledger]]:
    """The ledger with the configuration in force, for commands beside the service: a bad edit does not stop them.

    Raises ConfigurationError where nothing was ever in force and the folder's own has faults, LedgerError as
    ``Ledger.open``.
    """
    with Ledger.open(ledger_path(config), create=False) as ledger:
        yield last_good(ledger) or load(config), ledger
