"""``plancycle ledger upgrade``: bring the ledger to this version's schema."""

import argparse
import sys

from ledger.store import Ledger
from scheduler.places import ledger_path


def run(chosen: argparse.Namespace) -> int:
    before, after = Ledger.upgrade(ledger_path(chosen.config))
    said = "is at this version's schema already" if before == after else f"was brought from {before} to {after}"
    sys.stdout.write(f"The ledger {said}.\n")
    return 0
