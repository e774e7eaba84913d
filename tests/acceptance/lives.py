"""One life of the service in a folder of its own, and what it leaves behind."""

import hashlib
import os
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from jobs import configuration, masters
from jobs.office import Office
from jobs.tick import wake
from ledger import configurations, meta, store
from ledger.blobs import Blobs
from ledger.dump import dump, missing_blobs
from ledger.store import Ledger
from mail.folder import SENT, FolderMailbox
from mail.port import Mailbox
from programme.build import configuration_hash
from programme.fault import ConfigurationError
from programme.loader import load_files
from programme.service import Service
from scheduler import beside
from scheduler.demo.service_file import LEDGER
from scheduler.demo.stage import DEMO_KEY
from scheduler.journal import silent
from tests.acceptance.points import Points, WatchedMailbox, watched_ledger, watched_renames
from workbook.reading import Reader


class ForgetfulMailbox(FolderMailbox):
    """A mailbox that sends again what it sent before, as most systems would: it is the service that must not ask."""

    def prepare(self, raw: bytes) -> str:
        sent = self._root / SENT
        before = {path.name for path in sent.glob("*.eml")} if sent.exists() else set()
        for name in before & {_token_of(raw)}:
            (sent / name).rename(sent / f"before {len(before)} {name}")
        return super().prepare(raw)


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

    @property
    def config(self) -> Path:
        """What lies beside the YAML: the team's masters."""
        return self.folder / "config"


@dataclass(frozen=True, slots=True)
class Cast:
    """What every life has in common: what it takes for its mailbox, and whether its writes may be torn.

    ``torn``: there is a point before and after every rename, too.
    """

    mailbox: Callable[[Path], Mailbox] = ForgetfulMailbox
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """The configuration as it lies in its folder: its hash, and the service that it declares or what is wrong."""

    hash: str
    declared: Service | ConfigurationError


def edition(files: Mapping[str, str]) -> Edition:
    try:
        service = load_files(files)
    except ConfigurationError as fault:
        return Edition(configuration_hash(files), fault)
    return Edition(service.hash, service)


@contextmanager
def compiled_once() -> Iterator[None]:
    """Whoever opens a ledger at the same path again finds its SQL compiled, a quarter of the work of a short life.

    Closing a ledger closes its connections, so that nothing but the text of the SQL is kept.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_engine", cache(store._engine))
        yield


def live(cast: Cast, world: World, now: datetime, points: Points, found: Edition, reader: Reader) -> None:
    """Start the service, wake it once at ``now``, and end it: a process that keeps nothing in its memory.

    The reader of workbooks is a process of its own, which knows nothing of the file before: lives may share one.
    """
    world.mailbox.mkdir(parents=True, exist_ok=True)
    renames = watched_renames(points) if cast.torn else nullcontext()
    with renames, watched_ledger(points).open(world.ledger) as ledger:
        with ledger.transaction() as entry:
            meta.dedicate(entry, meta.Kind.DEMO)
        mailbox: Any = WatchedMailbox(cast.mailbox(world.mailbox), points)
        office = _with_edits(
            Office(_in_force(ledger, found, now), ledger, mailbox, reader, DEMO_KEY, silent), found, now
        )
        masters.refresh(office, beside.masters(office.service, world.config, silent), now)
        wake(office, now)


def _in_force(ledger: Ledger, found: Edition, now: datetime) -> Service:
    """The last good configuration; before the first, the one that was found."""
    with ledger.reading() as entry:
        kept = configurations.in_force(entry)
    if isinstance(found.declared, Service) and kept in (None, found.hash):
        configuration.adopt(ledger, found.declared, now)
        return found.declared
    service = configuration.last_good(ledger)
    assert service is not None, "a world begins with a good configuration"
    return service


def _with_edits(office: Office, found: Edition, now: datetime) -> Office:
    """The office after an edit is taken in or refused, as by the loop of the service."""
    if isinstance(found.declared, ConfigurationError):
        configuration.refuse(office, found.hash, found.declared.faults, now)
        return office
    return configuration.change(office, found.declared, now) if office.service.hash != found.hash else office


def copied(world: World, to: Path) -> World:
    """The world as it is, in another folder: bytes, names and times.

    Only the database and the team's own files are ever written in place; everything else is renamed whole, so that a
    second name for it is a copy. The database's shared memory is left out, as it is when the machine loses power.
    """
    for source in world.folder.rglob("*"):
        target = to / source.relative_to(world.folder)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif not source.name.endswith("-shm"):
            target.parent.mkdir(parents=True, exist_ok=True)
            (shutil.copy2 if source.is_relative_to(world.config) or _database(world, source) else os.link)(
                source, target
            )
    return World(to)


def _database(world: World, file: Path) -> bool:
    return file.name in (world.ledger.name, f"{world.ledger.name}-wal")


def canonical(world: World) -> str:
    """The ledger and the mailbox as text: equal where the same happened."""
    with Ledger.open(world.ledger, create=False) as ledger:
        return dump(ledger) + "".join(f"{line}\n" for line in _listing(world.mailbox))


def exactly(world: World) -> str:
    """A digest of every row of the ledger, with its numbers and tokens and in its place, and of the mailbox.

    A life is given nothing else but its clock, its configuration and what comes in, so that two worlds with the same
    digest have the same future: blobs are what their names say, and one that nothing names is not read. The canonical
    text is equal then, too.
    """
    digest = hashlib.sha256()
    with closing(sqlite3.connect(world.ledger)) as database:
        for (table,) in database.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        ).fetchall():
            digest.update(f"table {table}".encode())
            for row in database.execute(f'SELECT rowid, * FROM "{table}" ORDER BY rowid'):
                digest.update(repr(row).encode())
    digest.update("\n".join(_listing(world.mailbox)).encode())
    return digest.hexdigest()


def torn(world: World, before: World | None = None) -> list[str]:
    """What a kill must never leave: a ledger that does not open, or a name without its bytes.

    What is the same file as in the world before is not read again.
    """
    if not world.ledger.exists() or world.ledger.stat().st_size == 0:
        return []
    with Ledger.open(world.ledger) as ledger:
        if before is not None:
            ledger.blobs = _CopiedBlobs(ledger.blobs.folder, before.ledger.parent / ledger.blobs.folder.name)
        return [f"the ledger names {sha256}, whose bytes are not there" for sha256 in missing_blobs(ledger)]


class _CopiedBlobs(Blobs):
    """The blobs of a world that began as a copy of another, whose own are whole."""

    def __init__(self, folder: Path, whole: Path) -> None:
        super().__init__(folder)
        self._whole = Blobs(whole)

    def has(self, sha256: str) -> bool:
        own, other = self._place(sha256), self._whole._place(sha256)
        return (own.exists() and other.exists() and own.samefile(other)) or super().has(sha256)


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
