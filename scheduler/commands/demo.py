"""``plancycle demo``: the year in seconds, in a folder mailbox, with people who behave like people.

With ``--mailbox`` the service works in a real mailbox, and one cycle is played.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from jobs.witness import Keyring
from mail.port import Lane
from programme.declared import SERVICE
from programme.fault import ConfigurationError
from programme.loader import load, load_files
from programme.service import MailboxSettings, Service
from scheduler.command_line import CommandError
from scheduler.demo.behaviours import NotShippedError
from scheduler.demo.courier import Courier, Left, Trial, lying
from scheduler.demo.playing import Outcome, lay_out, play
from scheduler.demo.service_file import with_programmes
from scheduler.demo.stage import Stage, prepare
from scheduler.demo.table import Tally, year_table
from scheduler.journal import silent
from scheduler.running import utc_now
from scheduler.waiting import sleep
from scheduler.wiring import open_mailbox

# What happened is told message by message where so few cycles were asked for.
TOLD_IN_FULL = 1


def run(chosen: argparse.Namespace) -> int:
    service = load(chosen.config)
    most = max(len(programme.cycles) for programme in service.programmes)
    if chosen.cycles is not None and not 1 <= chosen.cycles <= most:
        raise CommandError(f"--cycles must be from 1 to {most}: no programme has more.")
    if chosen.mailbox is not None and chosen.cycles != 1:
        raise CommandError("With --mailbox one cycle is played: give --cycles 1 with it.")
    if chosen.yes and chosen.mailbox is None:
        raise CommandError("--yes is about the messages in a mailbox: give --mailbox FILE with it, or leave it out.")
    if chosen.mailbox is not None:
        _in_mailbox(service, chosen)
    else:
        stage = _laid(service, chosen)
        _told_to_the_end(stage, _played(stage, chosen))
    return 0


def _laid(service: Service, chosen: argparse.Namespace, writes_as: MailboxSettings | None = None) -> Stage:
    return prepare(service, chosen.out.resolve(), chosen.seed, silent, chosen.cycles, writes_as)


def _played(stage: Stage, chosen: argparse.Namespace) -> list[Tally]:
    """Play the stage, telling each cycle as it ends."""
    in_full = chosen.cycles is not None and chosen.cycles <= TOLD_IN_FULL
    tallies = []
    try:
        for outcome in play(stage, _line if in_full else _updated):
            tallies.append(outcome.tally)
            _cleared()
            _write(*(told(outcome) if in_full else (in_short(outcome),)))
    except NotShippedError as fault:
        raise CommandError(str(fault)) from fault
    return tallies


def _told_to_the_end(stage: Stage, tallies: list[Tally]) -> None:
    lay_out(stage)
    _write("", *year_table(tallies), *where(stage.out))


def _in_mailbox(service: Service, chosen: argparse.Namespace) -> None:
    """Play in the mailbox of another service.yaml; whatever happens, say what was left in it."""
    declared = _declared(service, chosen.mailbox)
    own = declared.mailbox
    if own.system == "folder":
        raise CommandError(f"{chosen.mailbox} names a folder mailbox, in which the demo plays without --mailbox.")
    run_id = uuid4().hex[:8]
    with closing(open_mailbox(declared, chosen.mailbox.resolve().parent, os.environ)) as mailbox:
        trial = Trial(mailbox, own.address, run_id, utc_now, sleep, _line)
        _write(mailbox.check())
        before = lying(trial, any_will_do=not chosen.yes)
        if before.others and not chosen.yes:
            many = f"{before.others}{'' if before.whole else ' or more'}"
            raise CommandError(
                f"{many} other messages lie in Inbox and Junk of {own.address}: a trial wants a mailbox of its own."
                " Name another one, or give --yes: the demo leaves them where they are."
            )
        stage = _laid(service, chosen, own)
        courier = Courier(trial, stage.mailbox, before)
        keys = Keyring({"demo": f"a key for demonstrations only, {run_id}".encode()})
        try:
            stage = replace(stage, courier=courier, keyring=keys)
            tallies = _played(stage, chosen)
            courier.tidy()
        finally:
            _write("", *left_there(own.address, run_id, courier.left))
        _told_to_the_end(stage, tallies)


def _declared(service: Service, file: Path) -> Service:
    """The configuration with the service.yaml of this file in the place of its own, and its own programmes.

    Raises ConfigurationError for faults of the file, and where somebody in the configuration has its address.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as trouble:
        said = trouble.strerror if isinstance(trouble, OSError) else "it is not UTF-8 text"
        raise CommandError(f"--mailbox {file} cannot be read: {said}. Name a service.yaml.") from None
    text = with_programmes(text, [programme.id for programme in service.programmes], str(file))
    try:
        return load_files(dict(service.files) | {SERVICE: text})
    except ConfigurationError as error:
        faults = (replace(fault, file=str(file)) if fault.file == SERVICE else fault for fault in error.faults)
        raise ConfigurationError([*faults]) from None


def left_there(address: str, run_id: str, left: Left) -> Iterator[str]:
    """What the demo leaves in a mailbox, and how to find it."""
    filed = ", ".join(f"{left.filed[lane]} went to {lane.value.capitalize()}" for lane in Lane)
    yield f"In {address}: {left.sent} messages were sent, to this mailbox alone; of what came in, {filed}."
    yield f"The demo deletes nothing. Its messages have “[demo {run_id}-” and a number at the end of their subjects:"
    yield "search for it in all folders, Sent among them, and delete what is found, when you have seen enough."
    if left.untouched:
        yield f"{left.untouched} other messages in Inbox and Junk were left where they lie."


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
    returned = [(plan.label, sponsor) for plan in outcome.standing.plans for sponsor in plan.sponsors]
    plans, people = _widest(label for label, _ in returned), _widest(sponsor.person for _, sponsor in returned)
    for label, sponsor in returned:
        late = ", late" if sponsor.late else ""
        rows = f"{sponsor.rows_in} of {sponsor.rows_asked}{late}"
        yield f"  {label:<{plans}}  {sponsor.person:<{people}}  {sponsor.state} ({rows})"
    yield ""
    yield "What people did, and what should become of it:"
    behaviours = _widest(deed.behaviour for deed in outcome.deeds)
    for deed in outcome.deeds:
        yield f"  {deed.behaviour:<{behaviours}}  {deed.what}"
        yield f"  {'':<{behaviours}}  -> {deed.expected}"
    if outcome.desk:
        yield ""
        yield "On the desk, for a person:"
        yield from (f"  {item.id:>3} {item.kind}: {item.reason}" for item in outcome.desk)


def _widest(texts: Iterable[str]) -> int:
    return max(map(len, texts), default=0)


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
