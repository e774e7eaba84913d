"""``plancycle history``: ratings, dates, timeliness and decisions, per action and cycle."""

import argparse
import sys

from jobs.configuration import last_good
from jobs.history import history
from ledger.store import Ledger
from programme.loader import load
from report.history import history_csv, history_workbook
from scheduler.command_line import CommandError
from scheduler.wiring import ledger_path


def run(chosen: argparse.Namespace) -> int:
    declared = load(chosen.config)
    with Ledger.open(ledger_path(declared, chosen.config), create=False) as ledger:
        service = last_good(ledger) or declared
        wanted = chosen.programme or service.programmes[0].id
        programme = next((item for item in service.programmes if item.id == wanted), None)
        if programme is None:
            known = ", ".join(item.id for item in service.programmes)
            raise CommandError(f"There is no programme {wanted}; there are {known}.")
        with ledger.reading() as entry:
            rows = list(history(entry, programme))
    if chosen.out is None:
        sys.stdout.write(history_csv(rows))
    elif chosen.out.suffix.casefold() == ".xlsx":
        chosen.out.write_bytes(history_workbook(rows))
    else:
        chosen.out.write_text(history_csv(rows), encoding="utf-8")
    return 0
