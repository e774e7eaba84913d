"""``plancycle demo``: a cycle in seconds, in a folder mailbox, with sponsors who behave like people."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from programme.loader import load
from scheduler.command_line import CommandError
from scheduler.demo.playing import Outcome, play, prepare
from scheduler.journal import silent


def run(chosen: argparse.Namespace) -> int:
    service = load(chosen.config)
    programme = service.programmes[0]
    if not 1 <= chosen.cycles <= len(programme.cycles):
        raise CommandError(f"--cycles must be from 1 to {len(programme.cycles)}: {programme.title} has that many.")
    chosen.out.mkdir(parents=True, exist_ok=True)
    stage = prepare(service, chosen.out.resolve(), chosen.seed, silent)
    for outcome in play(stage, chosen.cycles, lambda line: print_line(line)):
        sys.stdout.write("\n".join(told(outcome)) + "\n\n")
    sys.stdout.write("\n".join(where(stage.out)) + "\n")
    return 0


def print_line(line: str) -> None:
    """Progress, as it happens."""
    sys.stdout.write(f"  {line}\n")
    sys.stdout.flush()


def told(outcome: Outcome) -> Iterator[str]:
    """What happened, sponsor by sponsor and message by message."""
    yield ""
    yield f"{outcome.cycle.label}: {outcome.issued_to} people issued, {outcome.assignments} assignments."
    yield "Sent: " + ", ".join(f"{count} {kind}" for kind, count in sorted(outcome.sent.items())) + "."
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
    yield ""
    yield "On the desk, for a person:"
    yield from (f"  {item.id:>3} {item.kind}: {item.reason}" for item in outcome.desk)


def where(out: Path) -> Iterator[str]:
    """Where everything lies."""
    yield "Ask it how things stand:"
    yield f"  plancycle status --config {out / 'config'}"
    yield f"  plancycle desk list --config {out / 'config'}"
    yield ""
    yield "To open:"
    for name, what in (
        ("papers", "the compiled workbook and the summary as a page"),
        ("workbooks", "every workbook that was sent"),
        ("returned", "every workbook that came back and was taken"),
        ("mailbox/Sent", "every message that was sent, as .eml"),
        ("mailbox/Processed", "what came back and was dealt with"),
        ("mailbox/Attention", "what waits for a person"),
        ("ledger", "the ledger"),
    ):
        yield f"  {out / name}  {what}"
