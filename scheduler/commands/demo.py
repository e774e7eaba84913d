"""``plancycle demo``: the year in seconds, in a folder mailbox, with people who behave like people."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from programme.loader import load
from scheduler.command_line import CommandError
from scheduler.demo.behaviours import NotShippedError
from scheduler.demo.playing import Outcome, lay_out, play
from scheduler.demo.stage import prepare
from scheduler.demo.table import year_table
from scheduler.journal import silent

# What happened is told message by message where so few cycles were asked for.
TOLD_IN_FULL = 1


def run(chosen: argparse.Namespace) -> int:
    service = load(chosen.config)
    most = max(len(programme.cycles) for programme in service.programmes)
    if chosen.cycles is not None and not 1 <= chosen.cycles <= most:
        raise CommandError(f"--cycles must be from 1 to {most}: no programme has more.")
    chosen.out.mkdir(parents=True, exist_ok=True)
    stage = prepare(service, chosen.out.resolve(), chosen.seed, silent, chosen.cycles)
    in_full = chosen.cycles is not None and chosen.cycles <= TOLD_IN_FULL
    tallies = []
    try:
        for outcome in play(stage, _line if in_full else _updated):
            tallies.append(outcome.tally)
            _cleared()
            _write(*(told(outcome) if in_full else (in_short(outcome),)))
    except NotShippedError as fault:
        raise CommandError(str(fault)) from fault
    lay_out(stage)
    _write("", *year_table(tallies), *where(stage.out))
    return 0


def _write(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _line(line: str) -> None:
    """Progress as it happens, a line each."""
    if sys.stdout.isatty():
        _write(f"  {line}")


def _updated(line: str) -> None:
    """Progress as it happens, on one line that is written over."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\x1b[K  {line[:100]}")
        sys.stdout.flush()


def _cleared() -> None:
    if sys.stdout.isatty():
        sys.stdout.write("\r\x1b[K")


def in_short(outcome: Outcome) -> str:
    """A cycle in a line."""
    tally = outcome.tally
    back = ", ".join(f"{tally.counted[name]} {name}" for name in ("on time", "late", "in part", "never"))
    return (
        f"{tally.programme}, {tally.cycle}: {tally.issued_to} people issued, {tally.assignments} assignments; {back};"
        f" {sum(tally.sent.values())} messages"
    )


def told(outcome: Outcome) -> Iterator[str]:
    """What happened, sponsor by sponsor and message by message."""
    tally = outcome.tally
    yield ""
    yield f"{tally.programme}, {tally.cycle}: {tally.issued_to} people issued, {tally.assignments} assignments."
    yield "Sent: " + ", ".join(f"{count} {kind}" for kind, count in sorted(tally.sent.items())) + "."
    yield ""
    for plan in outcome.standing.plans:
        for sponsor in plan.sponsors:
            late = ", late" if sponsor.late else ""
            rows = f"{sponsor.rows_in} of {sponsor.rows_asked}{late}"
            yield f"  {plan.label:<14} {sponsor.person:<34} {sponsor.state} ({rows})"
    yield ""
    yield "What people did, and what should become of it:"
    for deed in outcome.deeds:
        yield f"  {deed.behaviour:<14} {deed.what}"
        yield f"  {'':<14} -> {deed.expected}"
    if outcome.desk:
        yield ""
        yield "On the desk, for a person:"
        yield from (f"  {item.id:>3} {item.kind}: {item.reason}" for item in outcome.desk)


def where(out: Path) -> Iterator[str]:
    """Where everything lies."""
    yield "Ask it how things stand:"
    yield f"  plancycle status --config {out / 'config'}"
    yield f"  plancycle desk list --config {out / 'config'}"
    yield f"  plancycle history --config {out / 'config'}"
    yield ""
    yield "To open:"
    for name, what in (
        ("papers", "the compiled workbooks and the summaries as pages"),
        ("workbooks", "every workbook that was sent"),
        ("returned", "every workbook that came back and was taken"),
        ("mailbox/Sent", "every message that was sent, as .eml"),
        ("mailbox/Processed", "what came back and was dealt with"),
        ("mailbox/Attention", "what waits for a person"),
        ("ledger", "the ledger"),
    ):
        yield f"  {out / name}  {what}"
