"""A cycle played once undisturbed, one process a wake-up: what every cut-off and restarted life is compared with."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from jobs import desk as word
from jobs.desk import Word
from ledger import desk, intents
from ledger.records import DeskItem, IntentKey
from ledger.store import Ledger
from mail.folder import deliver
from mail.reading import read
from programme.calendar import steps
from programme.cycle import Cycle
from programme.service import Programme, Service
from scheduler.demo import replies
from scheduler.demo.behaviours import Deed
from scheduler.demo.diary import Entry
from scheduler.demo.playing import eve, moments
from scheduler.demo.sponsors import Sponsors
from scheduler.demo.stage import MASTER, Edit, Show, Stage, prepare
from scheduler.demo.team import Team
from scheduler.journal import silent
from tests.acceptance.lives import Cast, Edition, World, canonical, compiled_once, copied, edition, exactly, live, torn
from tests.acceptance.points import Point, Points
from workbook.master import write_master
from workbook.reading import Reader

# After the last step of a cycle its decisions are written up, and told.
WRITTEN_UP = timedelta(days=6)

NAMED = "planning-officer"
VERBS = {"accepted": word.accept, "rejected": word.reject}


@dataclass(frozen=True, slots=True)
class Plot:
    """What is played: a service, a cycle of its first programme by its place, and what else happens in it."""

    service: Service
    cycle: int = 0
    incidents: Callable[[Programme, Cycle], Sequence[Entry]] = lambda _programme, _cycle: ()
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Wake:
    """One wake-up: the world before it, the configuration found, what it came to, and the points that it passed.

    ``said`` is what people said on the desk since the wake-up before; ``after`` is the canonical text of what it came
    to, and ``exactly`` its digest.
    """

    now: datetime
    before: World
    found: Edition
    said: tuple[DeskItem, ...]
    after: str
    exactly: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """A cycle played undisturbed."""

    cast: Cast
    wakes: tuple[Wake, ...]

    @property
    def signatures(self) -> frozenset[str]:
        return frozenset(point.signature for wake in self.wakes for point in wake.points)


def record(cast: Cast, plot: Plot, folder: Path, most: int | None = None) -> Recording:
    """Play one cycle, or its first ``most`` wake-ups."""
    world = World(folder / "undisturbed")
    watching = Watching(prepare(plot.service, world.folder, plot.seed, silent))
    programme = watching.service.programmes[0]
    cycle = programme.cycles[plot.cycle]
    team, sponsors = Team(watching), Sponsors(programme, cycle, world.mailbox, plot.seed)
    team.opens(programme, cycle)
    players = (sponsors, team, Incidents(watching, cycle, plot.incidents(programme, cycle)))
    until = steps(programme, cycle)[-1].due + WRITTEN_UP
    wakes = []
    with compiled_once(), Reader() as reader:
        for now in islice(moments(watching, players, eve(programme, cycle), until, lambda _: None), most):
            found, said = watching.found, tuple(watching.said()) if wakes else ()
            before, points = copied(world, folder / f"before {len(wakes)}"), Points()
            live(cast, world, now, points, found, reader)
            wakes.append(Wake(now, before, found, said, canonical(world), exactly(world), tuple(points.passed)))
            watching.look()
            team.look(now)
            sponsors.recast(watching.service)
    watching.close()
    assert not torn(world)
    return Recording(cast, tuple(wakes))


class Watching(Show):
    """The service as its team and its sponsors see it: asleep between two wake-ups, each of them another process."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.found = edition(stage.service.files)
        self._edited = dict(stage.service.files)
        self._in_force = stage.service
        self._opened: Ledger | None = None
        self._waited: set[int] = set()

    @property
    def service(self) -> Service:
        return self._in_force

    @property
    def ledger(self) -> Ledger:
        """Opened only once there is one."""
        self._opened = self._opened or Ledger.open(World(self.stage.out).ledger, create=False)
        return self._opened

    def edit(self, edits: Sequence[Edit], now: datetime) -> None:
        """Save an edit; the service takes it in or refuses it at its next wake-up."""
        for item in edits:
            text = self._edited[item.file]
            assert item.old in text, f"{item.file} has no {item.old}"
            self._edited[item.file] = text.replace(item.old, item.new, 1) if item.old else text + item.new
        self.found = edition(self._edited)
        if isinstance(self.found.declared, Service):
            self._in_force = self.found.declared

    def look(self) -> None:
        """See what waits on the desk."""
        with self.ledger.reading() as entry:
            self._waited = {item.id for item in desk.waiting(entry)}

    def said(self) -> Iterator[DeskItem]:
        """What waited at the last look and has a person's verdict now."""
        with self.ledger.reading() as entry:
            items = [desk.get(entry, number) for number in sorted(self._waited)]
        yield from (item for item in items if item.verdict in VERBS)

    def close(self) -> None:
        if self._opened:
            self._opened.close()


class Incidents:
    """What happens to one cycle beside what its people do: edits, a master saved, a message that came back."""

    def __init__(self, watching: Watching, cycle: Cycle, entries: Sequence[Entry]) -> None:
        self._watching = watching
        self._cycle = cycle
        self._entries = sorted(entries, key=lambda entry: entry.at)

    def next_deed(self) -> Deed | None:
        return next((Deed(entry.at, NAMED, "edit", entry.what, entry.expected) for entry in self._entries), None)

    def act(self) -> Deed:
        deed, entry = self.next_deed(), self._entries.pop(0)
        assert deed is not None
        if entry.edits:
            self._watching.edit(entry.edits, entry.at)
        if entry.master is not None:
            self._save_master(*entry.master)
        if entry.bounced:
            self._bounce(entry.bounced, entry.at)
        return deed

    def _save_master(self, plan_id: str, ref: str, deliverable: str) -> None:
        programme = self._watching.service.programmes[0]
        plan = programme.plan(plan_id)
        rewritten = [
            replace(action, deliverable=deliverable) if action.ref == ref else action for action in plan.actions
        ]
        content = write_master(programme.form, replace(plan, actions=tuple(rewritten)))
        (self._watching.stage.config / programme.id / MASTER).write_bytes(content)

    def _bounce(self, person: str, at: datetime) -> None:
        """The issue of the cycle did not reach somebody."""
        programme = self._watching.service.programmes[0]
        with self._watching.ledger.reading() as entry:
            sent = intents.get(entry, IntentKey(programme.id, self._cycle.id, "issue", person, "1"))
        assert sent is not None
        original = read(self._watching.ledger.blobs.get(sent.sha256))
        deliver(self._watching.stage.mailbox, replies.bounce(original, sent.address, programme.local(at), person), at)


def say_again(world: World, service: Service, said: Sequence[DeskItem]) -> None:
    """Say on the desk of another world what was said in the undisturbed one, at the same instants."""
    if not said:
        return
    with Ledger.open(world.ledger, create=False) as ledger:
        for item in said:
            assert item.verdict
            assert item.by
            assert item.closed_at
            VERBS[item.verdict](ledger, service, item.id, Word(item.by, item.why or "", item.closed_at))
