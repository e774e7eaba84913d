"""Killed at any call of any mailbox and started again: sent once or on the desk, received once, and filed.

The servers run in the process of the tests, and so outlive every life of the service.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from jobs import configuration
from jobs.office import Office
from jobs.tick import wake
from ledger import desk, intents, schema
from ledger.store import Ledger
from mail.port import Folder
from mail.reading import read
from programme.loader import load_files
from scheduler.journal import silent
from scheduler.wiring import open_mailbox
from tests.acceptance.killing import _killed as killed
from tests.acceptance.points import Deadly, Point, Points, WatchedMailbox, never
from tests.jobs.stage import DURING, EVE, FILES, ISSUE, KEYS, OURS, Stage, copied, mail
from tests.servers.ews import EwsServer
from tests.servers.rigs import ADDRESS, Rig, rigged
from workbook.reading import Reader

pytestmark = pytest.mark.slow

SYSTEMS = ("exchange", "graph", "imap")
# After which what is still in doubt is a person's.
LATER = timedelta(minutes=35)
LEDGER = Path("ledger") / "plancycle.db"


@dataclass(frozen=True)
class Scene:
    """A wake-up: the ledger before it, its instant, and what lies in the Inbox."""

    name: str
    house: Path
    now: datetime
    inbox: tuple[bytes, ...] = ()


@pytest.fixture(scope="module")
def scenes(quick_folder: Path) -> dict[str, Scene]:
    """The issue, and a return with its receipt: between them they send, poll and move."""
    with Reader() as reader:
        stage = Stage(quick_folder / "before", reader)
        stage.declare(stage.office.service)
        stage.wake(EVE)
        eve = copied(stage.root, quick_folder / "eve")
        stage.wake(ISSUE)
        answer = mail("ann@ours.example", stage.returned("p1"), number=1).replace(OURS.encode(), ADDRESS.encode())
        stage.close()
    return {
        "issue": Scene("issue", eve, ISSUE),
        "return": Scene("return", stage.root, DURING, (answer,)),
    }


def counted(points: Sequence[Point]) -> list[str]:
    """The points at a question to the server: a forecast asks it nothing."""
    return [point.name for point in points if not point.name.endswith("warnings")]


@dataclass(frozen=True)
class World:
    """What outlives the service: its ledger's folder and its mail server."""

    house: Path
    rig: Rig

    def live(self, now: datetime, deadly: Deadly = never) -> list[str]:
        """One life of the service, which keeps nothing in its memory: the points that it passed."""
        service = load_files(FILES | {"service.yaml": self.rig.service_yaml(FILES["service.yaml"])})
        points = Points(deadly)
        box = open_mailbox(service, self.house / "config", self.rig.environment)
        watched: Any = WatchedMailbox(box, points)
        with Ledger.open(self.house / LEDGER) as ledger, Reader() as reader:
            configuration.adopt(ledger, service, now)
            wake(Office(service, ledger, watched, reader, KEYS, silent), now)
        box.close()
        return counted(points.passed)

    def sent(self) -> Counter[str]:
        return Counter(read(raw).message_id for raw in self.rig.sent())

    def in_doubt(self) -> Counter[str]:
        """The Message-IDs of which nobody can tell, once for each item on the desk."""
        with Ledger.open(self.house / LEDGER) as ledger, ledger.reading() as entry:
            waiting = Counter(item.intent for item in desk.waiting(entry) if item.kind == "unknown sending")
            every = intents.by_message_id(entry, entry.execute(select(schema.intents.c.message_id)).scalars().all())
            return Counter({item.message_id: waiting[str(item.key)] for item in every if waiting[str(item.key)]})

    def received(self, raw: bytes) -> int:
        """How many times a message is in the ledger."""
        with Ledger.open(self.house / LEDGER) as ledger, ledger.reading() as entry:
            digests = entry.execute(select(schema.arrivals.c.sha256)).scalars()
            return list(digests).count(hashlib.sha256(raw).hexdigest())

    def waiting(self) -> int:
        """How many messages lie in Inbox and Junk, as a new process sees them."""
        service = load_files(FILES | {"service.yaml": self.rig.service_yaml(FILES["service.yaml"])})
        with closing(open_mailbox(service, self.house / "config", self.rig.environment)) as box:
            return len(box.poll(None).messages)


@contextmanager
def staged(scene: Scene, system: str, folder: Path) -> Iterator[World]:
    """The scene with a mail server of its own."""
    folder.mkdir()
    with rigged(system, folder) as rig:
        for raw in scene.inbox:
            rig.deliver(raw, scene.now - timedelta(minutes=5), Folder.INBOX)
        yield World(copied(scene.house, folder / "house"), rig)


@pytest.mark.parametrize("name", ["issue", "return"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_killed_at_every_call_it_is_sent_once_or_on_the_desk_and_received_once(
    system: str, name: str, scenes: dict[str, Scene], quick_folder: Path
) -> None:
    scene, folder = scenes[name], quick_folder / f"{system} {name}"
    folder.mkdir()
    with staged(scene, system, folder / "undisturbed") as world:
        points = world.live(scene.now)
        wanted = world.sent()
    called = {"issue": {"prepare", "send", "poll"}, "return": {"prepare", "send", "poll", "file"}}[name]
    assert set(points) == {f"{when} {call}" for when in ("before", "after") for call in called}
    assert set(wanted.values()) == {1}
    for place, point in enumerate(points):
        with staged(scene, system, folder / str(place)) as world:
            assert killed(partial(world.live, scene.now, at(place))), f"{point}: it was not killed"
            assert problems(world, scene, set(wanted)) == [], f"{system}, killed {point} ({place})"


def at(place: int) -> Deadly:
    def deadly(passed: Sequence[Point], reached: str) -> bool:
        return len(counted(passed)) == place and not reached.endswith("warnings")

    return deadly


def problems(world: World, scene: Scene, wanted: set[str]) -> list[str]:
    """What two later lives leave wrong."""
    world.live(scene.now)
    world.live(scene.now + LATER)
    sent, doubted = world.sent(), world.in_doubt()
    found = [f"{each} was sent {count} times" for each, count in sent.items() if count > 1]
    found += [
        f"{each}: sent {sent[each]}, on the desk {doubted[each]}" for each in wanted if sent[each] + doubted[each] != 1
    ]
    found += [f"received {world.received(raw)} times" for raw in scene.inbox if world.received(raw) != 1]
    return [*found, *(["something lies in the Inbox"] if world.waiting() else [])]


def test_what_no_exchange_server_can_tell_is_on_the_desk_once(scenes: dict[str, Scene], quick_folder: Path) -> None:
    with staged(scenes["issue"], "exchange", quick_folder / "doubt") as world:
        assert killed(partial(world.live, ISSUE, lambda _, reached: reached == "before send"))
        assert problems(world, scenes["issue"], set()) == []
        assert list(world.in_doubt().values()) == [1]
        assert problems(world, scenes["issue"], {"<never@ours.example>"}) != []


def test_the_harness_catches_what_goes_twice_or_comes_twice(scenes: dict[str, Scene], quick_folder: Path) -> None:
    with staged(scenes["return"], "exchange", quick_folder / "twice") as world:
        world.live(DURING)
        assert isinstance(world.rig.server, EwsServer)
        world.rig.server.store.delivered *= 2
        unseen = replace(scenes["return"], inbox=(b"From: s@example.org\r\n\r\nnever seen\r\n",))
        found = problems(world, unseen, set(world.sent()))
        assert any("was sent 2 times" in problem for problem in found)
        assert "received 0 times" in found
