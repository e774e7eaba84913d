"""``plancycle status``: how things stand, read beside the running service and at once."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from ledger.glance import AssignmentGlance, CycleGlance, Glance, glance
from scheduler.command_line import CommandError
from scheduler.places import ledger_file, ledger_path

SILENT_FOR = timedelta(minutes=10)


def run(chosen: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    file = ledger_file(ledger_path(chosen.config))
    if file is None:
        raise CommandError("The ledger is not a SQLite file; this version reads no other.")
    seen = glance(file)
    if chosen.json:
        sys.stdout.write(json.dumps(asdict(seen), ensure_ascii=False, indent=2, default=str) + "\n")
    else:
        sys.stdout.write("\n".join(told(seen, now)) + "\n")
    return 0


def told(seen: Glance, now: datetime) -> Iterator[str]:
    """The status in lines: first whether it works, then what needs somebody, then who is in."""
    yield working(seen, now)
    yield from _needs(seen)
    for cycle in seen.cycles:
        yield ""
        yield from _cycle(cycle)
    for programme, outlook in seen.ahead.items():
        yield ""
        yield f"Next in {programme}: {outlook.next}."


def working(seen: Glance, now: datetime) -> str:
    """One line that says whether the service works, and since when not."""
    if seen.last_tick is None:
        return "The service has not run yet."
    if seen.stop is not None:
        return f"STOPPED since {_when(seen.stop.at)}: {seen.stop.reason}"
    if now - seen.last_tick > SILENT_FOR:
        return f"NOT RUNNING: the last sign of life was {_when(seen.last_tick)}."
    read = f"inbox read {_when(seen.read_to_end_at)}" if seen.read_to_end_at else "the inbox was never read to its end"
    return f"Working: last tick {_when(seen.last_tick)}, {read}."


def _needs(seen: Glance) -> Iterator[str]:
    if seen.refusal is not None:
        yield f"The configuration edited {_when(seen.refusal.since)} cannot be used; the last good one is in force:"
        yield from (f"  {fault}" for fault in seen.refusal.faults.splitlines()[:10])
    for programme, outlook in seen.ahead.items():
        yield from (f"NOT DONE in {programme}: {late}" for late in outlook.late)
    if seen.undecided:
        yield f"{seen.undecided} messages came in and are not dealt with yet."
    for intent in seen.intents:
        yield f"Not sent yet: {intent.key} to {intent.address} ({intent.state})."
    if not seen.desk:
        yield "Nothing waits for a person."
    for item in seen.desk:
        yield f"Needs you: {item.id} {item.kind}: {item.reason}"


def _cycle(cycle: CycleGlance) -> Iterator[str]:
    complete = sum(1 for item in cycle.assignments if not item.rows_owed)
    sent = ", ".join(f"{count} {kind}" for kind, count in cycle.sent.items()) or "nothing"
    yield f"{cycle.programme} {cycle.cycle}: {complete} of {len(cycle.assignments)} returns complete; sent: {sent}"
    plans = max((len(item.plan) for item in cycle.assignments), default=0)
    people = max((len(item.person) for item in cycle.assignments), default=0)
    for item in cycle.assignments:
        yield f"  {item.plan:<{plans}}  {item.person:<{people}}  due {item.deadline:%a %d %b}  {_progress(item)}"


def _progress(item: AssignmentGlance) -> str:
    if not item.rows_owed:
        return "returned" if item.rows_answered else "not needed: another sponsor’s return serves"
    return f"{item.rows_answered} of {item.rows_asked} rows" if item.rows_answered else "no return"


def _when(instant: datetime) -> str:
    return f"{instant:%d %b %Y %H:%M} UTC"
