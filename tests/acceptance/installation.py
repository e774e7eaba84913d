"""An installation of the service as an administrator would have it: a folder, a configuration, and real processes."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

from ledger.store import Ledger
from mail.folder import SENT, sent_messages
from mail.letter import Message
from mail.reading import read
from programme.loader import load
from programme.whereabouts import ledger_setting

CHECKOUT = Path(__file__).resolve().parents[2]
PLANCYCLE = "import sys; sys.path.insert(0, {checkout!r}); from scheduler.command_line import main; sys.exit(main())"
KEY = "PLANCYCLE_KEYS"
PATIENCE = 60.0
ONE_DAY = timedelta(days=1)


def until(wanted: Callable[[], bool], what: str) -> None:
    """Return as soon as it is so; fail when it is not so in time."""
    deadline = time.monotonic() + PATIENCE
    while not wanted():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} seconds in vain until {what}"
        time.sleep(0.02)


def zone_ahead(hours: int) -> str:
    """The zone that is so many hours ahead of UTC; the names of these zones count westwards."""
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


@dataclass(frozen=True, slots=True)
class Times:
    """When the steps take place; the others, which fall on days of their own or need nobody, are off.

    A sponsor gets three messages a day at most, and everything here happens on one day: ``chase_after`` says after how
    many working days somebody is chased, and five are after the papers. The draft falls due with its day.
    """

    issue: str = "23:00"
    papers: str = "23:00"
    chase_after: int = 5

    def ladder(self) -> str:
        return f"""
digest: {{at: off}}
issue: {{at: "{self.issue}"}}
reminder: {{at: off}}
deadline: {{at: "00:01"}}
review: {{at: off}}
chase: {{at: "00:01", rungs: [{{working_days: {self.chase_after}, asks: [sponsor]}}]}}
draft: {{at: "00:01", working_days_before_papers: 1}}
papers: {{at: "{self.papers}", days_before_spg: 1}}
addendum: {{at: off}}
rule: {{working_days_to_update: 0, days_from_deadline_to_spg: 0}}
"""


class Installation:
    """A folder with the shipped configuration and a calendar of one cycle that begins today."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config"
        self.mailbox = folder / "var" / "mailbox"
        self.mailbox.mkdir(parents=True)
        copytree(CHECKOUT / "config", self.config)
        # In this zone it is about noon, so that no test is ever near midnight.
        self.ahead = 12 - datetime.now(UTC).hour
        self.change("service.yaml", r"collect_every: .*", "collect_every: 1 second")
        self.change("strategic-plan/people.yaml", r"(?m)^zone: .*", f"zone: {zone_ahead(self.ahead)}")
        self.write("strategic-plan/holidays.yaml", "working_week: [mon, tue, wed, thu, fri, sat, sun]\nregion: none\n")
        self._times = Times()
        self.at()
        self.begin(days_ago=0)
        self.programme = load(self.config).programmes[0]
        self.processes: list[subprocess.Popen[bytes]] = []

    def at(self, **times: object) -> None:
        """Change some of the times of the ladder, and keep the others."""
        self._times = replace(self._times, **times)  # type: ignore[arg-type]
        self.write("strategic-plan/ladder.yaml", self._times.ladder())

    def in_a_moment(self) -> str:
        """A local time of day that comes in two seconds."""
        return f"{self.programme.local(datetime.now(UTC) + timedelta(seconds=2)):%H:%M:%S}"

    def begin(self, days_ago: int) -> None:
        """Move the cycle: issued so many days ago, the deadline a day later, and the papers on the third day."""
        issue = (datetime.now(UTC) + timedelta(hours=self.ahead)).date() - days_ago * ONE_DAY
        dates = f"issue: {issue}, deadline: {issue + ONE_DAY}, spg: {issue + 3 * ONE_DAY}"
        self.write("strategic-plan/cycles.yaml", f"cycles:\n  - {{id: now-1, label: update 1, {dates}}}\n")

    def write(self, name: str, text: str) -> None:
        """Put a file of the configuration in its place, whole, as editors do."""
        aside = self.config / f"{name}.new"
        aside.write_text(text, encoding="utf-8")
        aside.replace(self.config / name)

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.config / name).read_text(encoding="utf-8")
        changed, count = re.subn(old, new, text)
        assert count == 1, f"{name} has {count} times {old}"
        self.write(name, changed)

    def start(self) -> "Running":
        """``plancycle run`` in a process of its own, its log in a file of its own."""
        log = self.folder / f"log {len(self.processes)}"
        with log.open("wb") as errors:
            process = subprocess.Popen(self.command("run"), env=environment(), stderr=errors, stdout=errors)
        self.processes.append(process)
        return Running(process, log)

    def say(self, *words: str, keys: bool = True) -> subprocess.CompletedProcess[str]:
        """Another command, to its end."""
        return subprocess.run(
            self.command(*words), env=environment(keys), capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def command(self, *words: str) -> list[str]:
        program = PLANCYCLE.format(checkout=str(CHECKOUT))
        return [sys.executable, "-c", program, *words, "--config", str(self.config)]

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with Ledger.open(self.ledger_path, create=False) as ledger:
            yield ledger

    @property
    def ledger_path(self) -> Path:
        return self.folder / ledger_setting(self.config)

    def age(self, days: int) -> None:
        """So many days pass, as far as what was issued can tell; the service must not run."""
        with closing(sqlite3.connect(self.ledger_path)) as database, database:
            for table, column in (("assignments", "issued_at"), ("intents", "settled_at")):
                for row, at in database.execute(f"SELECT rowid, {column} FROM {table}").fetchall():
                    if at is not None:
                        then = datetime.fromisoformat(at) - timedelta(days=days)
                        stamp = then.isoformat(timespec="microseconds")
                        database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (stamp, row))

    def sent(self) -> list[Message]:
        return [read(path.read_bytes()) for path in sent_messages(self.mailbox)]

    def sent_about(self, words: str) -> list[Message]:
        return [message for message in self.sent() if words in message.subject]

    def count_sent(self) -> int:
        return len(list((self.mailbox / SENT).glob("*.eml")))


class Running:
    """One process of the service."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def lines(self) -> list[dict[str, object]]:
        """Every whole line of its log, each of which must be a JSON object."""
        whole, _, _ = self._log.read_text(encoding="utf-8").rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def has_said(self, what: str) -> bool:
        assert self.process.poll() is None, f"it ended: {self._log.read_text(encoding='utf-8')}"
        return any(line["event"] == what for line in self.lines())

    def until_said(self, what: str) -> dict[str, object]:
        """The first line that says it, as soon as there is one."""
        until(lambda: self.has_said(what), f"the log says {what!r}")
        return next(line for line in self.lines() if line["event"] == what)

    def told_to_stop(self) -> int:
        """The exit code after SIGTERM."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def killed(self) -> int:
        self.process.kill()
        return self.process.wait(PATIENCE)


def environment(keys: bool = True) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PLANCYCLE", "COV_"))}
    return kept | ({KEY: "k1:a secret of nobody's".replace(" ", "-")} if keys else {})
