"""The service as it is, woken at the instants of one cycle: ledger, folder mailbox and their syncs included.

Usage: python -m tests.bench.ours issue|collate FOLDER
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from jobs import configuration
from jobs.office import Office
from jobs.tick import wake
from jobs.witness import Keyring
from ledger.store import Ledger
from mail.folder import FolderMailbox
from programme.calendar import steps
from programme.cycle import StepKind
from programme.loader import load
from programme.service import Service
from scheduler.journal import silent
from workbook.reading import Reader

KEYS = Keyring({"speed": b"a key for measuring only"})


@contextmanager
def office_in(folder: Path) -> Iterator[Office]:
    """The service with its ledger and mailbox in this folder."""
    service = load(folder / "config")
    (folder / "mailbox").mkdir(exist_ok=True)
    with Ledger.open(folder / "ledger" / "ledger.db") as ledger, Reader() as reader:
        mailbox = FolderMailbox(folder / "mailbox")
        yield Office(service, ledger, mailbox, reader, KEYS, silent)
        mailbox.close()


def falls_due(service: Service) -> dict[StepKind, datetime]:
    programme = service.programmes[0]
    return {step.kind: step.due for step in steps(programme, programme.cycles[0])}


def play(folder: Path, half: str) -> dict[str, float]:
    """Play one half of the cycle and say how many seconds each wake-up took."""
    took = {}
    with office_in(folder) as office:
        configuration.adopt(office.ledger, office.service, _instants(office.service, half)[0][1])
        for name, now in _instants(office.service, half):
            began = time.perf_counter()
            wake(office, now)
            took[name] = time.perf_counter() - began
    return took


def _instants(service: Service, half: str) -> list[tuple[str, datetime]]:
    due = falls_due(service)
    if half == "issue":
        return [("eve", due[StepKind.ISSUE] - timedelta(days=1)), ("issue", due[StepKind.ISSUE])]
    collect = due[StepKind.DEADLINE] - timedelta(days=2)
    return [("collect", collect), ("deadline", due[StepKind.DEADLINE]), ("papers", due[StepKind.PAPERS])]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(play(Path(sys.argv[2]), sys.argv[1])))
