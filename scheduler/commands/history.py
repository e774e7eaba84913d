"""``plancycle history``: ratings, dates, timeliness and decisions, per action and cycle."""

import argparse
import sys

from jobs.history import history
from report.history import history_csv, history_workbook
from scheduler.command_line import CommandError
from scheduler.opening import in_force


def run(chosen: argparse.Namespace) -> int:
    if chosen.out is not None and chosen.out.suffix.casefold() not in (".csv", ".xlsx"):
        raise CommandError(f"{chosen.out} is neither a .csv nor an .xlsx file. Name one of these.")
    with in_force(chosen.config) as (service, ledger):
        wanted = chosen.programme or service.programmes[0].id
        programme = service.known(wanted)
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
