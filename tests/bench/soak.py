"""Ten thousand polls of every mailbox by one process, whose memory must stay flat.

Usage: python -m tests.bench.soak [--polls N] [--systems folder exchange graph imap]
"""

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mail.port import Folder, Lane, Mailbox
from programme.loader import load_files
from scheduler.wiring import open_mailbox
from tests.jobs.stage import FILES
from tests.servers.rigs import Rig, rigged

SYSTEMS = ("folder", "exchange", "graph", "imap", "imap-dovecot")
# One message comes, is read and is filed in so many polls.
A_MESSAGE_IN = 20
# What the allocator may keep over a run of any length, in MiB.
FLAT = 4.0
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Soaked:
    """MiB in use after the first tenth and at the end, seconds in all, and how many messages were read."""

    early: float
    late: float
    seconds: float
    read: int

    @property
    def grown(self) -> float:
        return self.late - self.early


def main() -> int:
    chosen = _arguments()
    good = True
    for system in chosen.systems:
        found = soaked(system, chosen.polls)
        flat = found.grown <= FLAT
        good = good and flat
        sys.stdout.write(
            f"{system:14}{chosen.polls:>7,} polls, {found.read} messages, {found.seconds:.0f} s:"
            f" {found.early:.1f} MiB after a tenth, {found.late:.1f} at the end{'' if flat else '  NOT flat'}\n"
        )
        sys.stdout.flush()
    return 0 if good else 1


def soaked(system: str, polls: int) -> Soaked:
    """Poll so often, in a process of its own: the server lives in this one."""
    with tempfile.TemporaryDirectory() as folder, rigged(system, Path(folder)) as rig:
        incoming, told = os.pipe()
        asking, asked = os.pipe()
        process = os.fork()
        if process == 0:
            os.close(incoming)
            os.close(asked)
            _life(rig, polls, told, asking)
        os.close(told)
        os.close(asking)
        return _attended(rig, process, incoming, asked)


def _attended(rig: Rig, process: int, incoming: int, asked: int) -> Soaked:
    """Deliver a message whenever the process asks for one, until it says what it took."""
    at = datetime(2020, 1, 31, 12, tzinfo=UTC)
    with os.fdopen(incoming, "r") as lines, os.fdopen(asked, "w") as answers:
        for line in lines:
            if line.startswith("{"):
                os.waitpid(process, 0)
                return Soaked(**json.loads(line))
            at += timedelta(seconds=1)
            rig.deliver(_message(int(line)), at, Folder.INBOX)
            answers.write("there\n")
            answers.flush()
    raise RuntimeError(f"The process that polled ended without a word: {os.waitpid(process, 0)[1]}.")


def _message(number: int) -> bytes:
    words = f"From: s@example.org\r\nMessage-ID: <soak.{number}@example.org>\r\nSubject: {number}\r\n\r\n"
    return words.encode() + b"All is well. " * 2_000


def _life(rig: Rig, polls: int, told: int, asking: int) -> None:
    code = 1
    try:
        declared = load_files(FILES | {"service.yaml": rig.service_yaml(FILES["service.yaml"])})
        box = open_mailbox(declared, Path("/nowhere/config"), rig.environment)
        with os.fdopen(told, "w") as words, os.fdopen(asking, "r") as answers:

            def another(number: int) -> None:
                words.write(f"{number}\n")
                words.flush()
                answers.readline()

            found = _polled(box, polls, another)
            words.write(json.dumps({name: getattr(found, name) for name in Soaked.__dataclass_fields__}) + "\n")
        code = 0
    finally:
        os._exit(code)


def _polled(box: Mailbox, polls: int, another: Callable[[int], None]) -> Soaked:
    cursor: str | None = None
    began, read, early = time.monotonic(), 0, 0.0
    for number in range(polls):
        if number % A_MESSAGE_IN == 0:
            another(number)
        batch = box.poll(cursor)
        cursor = batch.cursor
        for message in batch.messages:
            box.file(message.server_id, Lane.PROCESSED)
            read += 1
        if number == polls // 10:
            early = _in_use()
    return Soaked(early, _in_use(), time.monotonic() - began, read)


def _in_use() -> float:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1024 / 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polls", type=int, default=10_000)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
