"""One life of the service in a folder of its own: what it may be killed at, and what it leaves behind."""

import hashlib
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from jobs import configuration
from jobs.office import Office
from jobs.tick import wake
from ledger import meta
from ledger.dump import dump
from ledger.schema import Entry
from ledger.store import Ledger
from mail.folder import SENT, FolderMailbox
from mail.port import Mailbox
from programme.service import Service
from scheduler.demo.stage import DEMO_KEY, LEDGER
from scheduler.journal import silent
from workbook.reading import Reader

Deadly = Callable[[Sequence[str], str], bool]
"""Whether a life ends here: given the names of the points that it passed, and of the one that it has reached."""


def never(_: Sequence[str], __: str) -> bool:
    return False


class Points:
    """Numbers the points that a life passes and ends it, as nothing can refuse to, at the deadly one."""

    def __init__(self, deadly: Deadly = never) -> None:
        self.passed: list[str] = []
        self._deadly = deadly

    def reach(self, name: str) -> None:
        if self._deadly(self.passed, name):
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(name)


class ForgetfulMailbox(FolderMailbox):
    """A mailbox that sends again what it sent before, as most systems would: it is the service that must not ask."""

    def prepare(self, raw: bytes) -> str:
        sent = self._root / SENT
        before = {path.name for path in sent.glob("*.eml")} if sent.exists() else set()
        for name in before & {_token_of(raw)}:
            (sent / name).rename(sent / f"before {len(before)} {name}")
        return super().prepare(raw)


class WatchedMailbox:
    """Any mailbox, with a point before and after every call of the port."""

    def __init__(self, mailbox: Mailbox, points: Points) -> None:
        self._mailbox = mailbox
        self._points = points

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._mailbox, name)

        def watched(*given: Any) -> Any:
            self._points.reach(f"before {name}")
            answer = call(*given)
            self._points.reach(f"after {name}")
            return answer

        return watched


@dataclass(frozen=True, slots=True)
class World:
    """Everything that outlives the service: its ledger and its mailbox, in one folder."""

    folder: Path

    @property
    def ledger(self) -> Path:
        return self.folder / LEDGER

    @property
    def mailbox(self) -> Path:
        return self.folder / "mailbox"


@dataclass(frozen=True, slots=True)
class Cast:
    """What every life has in common: the configuration, and what it takes for its mailbox.

    ``torn``: there is a point before and after every rename, too, where a file is written and has no name yet, or has
    its name and nothing names it.
    """

    service: Service
    mailbox: Callable[[Path], Mailbox] = ForgetfulMailbox
    torn: bool = False


def live(cast: Cast, world: World, now: datetime, points: Points) -> None:
    """Start the service, wake it once at ``now``, and end it: a process that keeps nothing in its memory."""
    world.mailbox.mkdir(parents=True, exist_ok=True)
    renames = _watched_renames(points) if cast.torn else nullcontext()
    with renames, _watched_ledger(points).open(world.ledger) as ledger, Reader() as reader:
        with ledger.transaction() as entry:
            meta.dedicate(entry, meta.Kind.DEMO)
        configuration.adopt(ledger, cast.service, now)
        mailbox: Any = WatchedMailbox(cast.mailbox(world.mailbox), points)
        wake(Office(cast.service, ledger, mailbox, reader, DEMO_KEY, silent), now)


def _watched_ledger(points: Points) -> type[Ledger]:
    class Watched(Ledger):
        """Has a point before and after every commit."""

        @contextmanager
        def transaction(self) -> Iterator[Entry]:
            with super().transaction() as entry:
                yield entry
                points.reach("before commit")
            points.reach("after commit")

    return Watched


@contextmanager
def _watched_renames(points: Points) -> Iterator[None]:
    rename = Path.replace

    def watched(source: Path, target: Path) -> Path:
        points.reach("before rename")
        renamed = rename(source, target)
        points.reach("after rename")
        return renamed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", watched)
        yield


def copied(world: World, to: Path) -> World:
    """The world as it is, in another folder: bytes, names and times.

    Only the database is ever written in place; everything else is renamed whole, so that a second name for it is a
    copy. The database's shared memory is left out, as it is when the machine loses power.
    """
    for source in world.folder.rglob("*"):
        target = to / source.relative_to(world.folder)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif source.name == world.ledger.name or source.name == f"{world.ledger.name}-wal":
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        elif not source.name.endswith("-shm"):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, target)
    return World(to)


def canonical(world: World) -> str:
    """The ledger and the mailbox as text: equal where the same happened."""
    with Ledger.open(world.ledger, create=False) as ledger:
        return dump(ledger) + "".join(f"{line}\n" for line in _listing(world.mailbox))


def sent_more_than_once(world: World) -> list[str]:
    """The Message-IDs that lie in Sent twice or more."""
    counted = Counter(_message_id(path.read_bytes()) for path in (world.mailbox / SENT).glob("*.eml"))
    return [message_id for message_id, count in counted.items() if count > 1]


def _listing(mailbox: Path) -> list[str]:
    files = sorted(path for path in mailbox.rglob("*") if path.is_file())
    return [f"{path.relative_to(mailbox)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]


def _message_id(raw: bytes) -> str:
    found = re.search(rb"(?im)^Message-ID:\s*(<[^>]+>)", raw)
    assert found, "a message of ours has a Message-ID"
    return found[1].decode()


def _token_of(raw: bytes) -> str:
    return hashlib.sha256(_message_id(raw).encode()).hexdigest()[:32] + ".eml"
