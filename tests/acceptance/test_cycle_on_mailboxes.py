"""The demo's first cycle on every mailbox system: the same mail, the same papers, the same desk as in folders."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

import scheduler.running
from jobs import configuration
from jobs.office import Office
from jobs.standing import standing
from jobs.tick import wake
from ledger import desk, intents
from ledger.store import Ledger
from mail.port import Folder
from mail.reading import read
from programme.calendar import steps
from programme.loader import load_files, read_files
from programme.service import Service
from report.standing import Standing
from scheduler.demo.playing import eve, moments
from scheduler.demo.sponsors import Sponsors
from scheduler.demo.stage import DEMO_KEY
from scheduler.journal import silent
from scheduler.wiring import open_mailbox
from tests.servers.graph import GraphServer
from tests.servers.rigs import ADDRESS, Rig, rigged
from workbook.reading import Reader

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
FILES = read_files(ROOT / "config")
# The other programme's year is another one.
ANOTHER = "  - highlight-reports\n"
# The first cycle is over, and the next one has not begun.
END = datetime(2019, 10, 12, tzinfo=UTC)
SYSTEMS = [
    "exchange",
    "graph",
    "imap",
    pytest.param("imap-dovecot", marks=pytest.mark.servers),
]


@dataclass(frozen=True)
class Played:
    """What a cycle came to, without what differs from one mail system to another."""

    sent: Counter[str]
    kinds: dict[str, int]
    standing: Standing
    desk: tuple[tuple[str, str], ...]
    left_in_inbox: int


class Clock:
    """The demo's clock, for whatever asks the machine's."""

    def __init__(self) -> None:
        self.now = datetime(2019, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Post:
    """Carries mail between the demo's people, who live in folders, and the mail server of the service."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self._rig = rig
        self.folder = folder
        self._carried = 0
        (folder / "Sent").mkdir(parents=True)

    def to_service(self) -> None:
        for name, folder in (("Inbox", Folder.INBOX), ("Junk", Folder.JUNK)):
            for path in sorted((self.folder / name).glob("*.eml"), key=lambda each: each.stat().st_mtime_ns):
                received = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                self._rig.deliver(path.read_bytes(), received, folder)
                path.unlink()

    def to_people(self) -> None:
        for raw in self._rig.sent()[self._carried :]:
            self._carried += 1
            path = self.folder / "Sent" / f"{self._carried:04}.eml"
            path.write_bytes(raw)
            os.utime(path, (self._carried, self._carried))


def declared(rig: Rig) -> Service:
    return load_files(FILES | {"service.yaml": rig.service_yaml(FILES["service.yaml"]).replace(ANOTHER, "")})


def play(rig: Rig, folder: Path, clock: Clock) -> Played:
    service, post = declared(rig), Post(rig, folder / "post")
    programme = service.programmes[0]
    cycle = programme.cycles[0]
    with ExitStack() as stack:
        ledger = stack.enter_context(Ledger.open(folder / "ledger" / "ledger.db"))
        reader = stack.enter_context(Reader())
        mailbox = stack.enter_context(closing(open_mailbox(service, folder / "config", rig.environment)))
        office = Office(service, ledger, mailbox, reader, DEMO_KEY, silent)
        sponsors = Sponsors(programme, cycle, post.folder, seed=1)
        for now in moments(office, (sponsors,), eve(programme, cycle), END, lambda _: None):
            clock.now = now
            post.to_service()
            configuration.adopt(ledger, service, now)
            wake(office, now)
            post.to_people()
        with ledger.reading() as entry:
            return Played(
                sent=Counter(read(raw).message_id for raw in rig.sent()),
                kinds=dict(intents.counts_by_kind(entry, programme.id, cycle.id)),
                standing=standing(entry, programme, cycle, steps(programme, cycle)[-1].due, draft=False),
                desk=tuple(sorted((item.kind, item.reason) for item in desk.waiting(entry))),
                left_in_inbox=len(mailbox.poll(None).messages),
            )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(scheduler.running, "utc_now", made)
    return made


@pytest.fixture(scope="module")
def in_folders(quick_folder: Path) -> Iterator[Played]:
    (quick_folder / "folders").mkdir()
    with rigged("folder", quick_folder / "folders") as rig:
        yield play(rig, quick_folder / "folders", Clock())


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_cycle_comes_to_the_same_on_every_mailbox(
    system: str, in_folders: Played, quick_folder: Path, clock: Clock
) -> None:
    folder = quick_folder / system
    folder.mkdir()
    with rigged(system, folder) as rig:
        if isinstance(rig.server, GraphServer):
            rig.server.clock = rig.server.mailboxes[ADDRESS].clock = clock
        played = play(rig, folder, clock)
    assert played == in_folders
    assert sum(played.sent.values()) == len(played.sent) >= 30
    assert {"issue", "receipt", "deadline", "papers"} <= set(played.kinds)
    assert played.left_in_inbox == 0
