"""The kill harness: a cycle is played once undisturbed, then killed at a point and restarted, once for each point.

The clock and what comes in are the same both times, so that the ledger and the mailbox must be the same, too, after
the wake-up that was cut off; and what they are then decides all that follows. Nothing here knows what kinds of
messages or steps there are: whatever the service does at a wake-up has its points.
"""

import difflib
import gc
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from ledger.dump import missing_blobs
from ledger.store import Ledger
from scheduler.playing import moments
from scheduler.sponsors import Sponsors
from tests.acceptance.lives import Cast, Deadly, Points, World, canonical, copied, live, sent_more_than_once

A_LIFE = 60
"""Seconds after which a life that neither ended nor died is ended, and counts as a problem."""


@dataclass(frozen=True, slots=True)
class Wake:
    """One wake-up of the undisturbed run: the world before it, what it came to, and the points that it passed."""

    now: datetime
    before: World
    after: str
    points: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """A cycle played undisturbed."""

    cast: Cast
    wakes: tuple[Wake, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """Lives that are cut off one after the other at one wake-up, before one that is left alone.

    ``onward``: the rest of the cycle is played, too, and compared at its end.
    """

    name: str
    wake: int
    deaths: tuple[Deadly, ...]
    onward: bool = False


def record(cast: Cast, seed: int, folder: Path, most: int | None = None) -> Recording:
    """Play the demo's first cycle, or the first ``most`` wake-ups of it, each by a process of its own."""
    world = World(folder / "undisturbed")
    world.mailbox.mkdir(parents=True)
    onlooker = _Onlooker(cast, world)
    programme = cast.service.programmes[0]
    sponsors = Sponsors(programme, programme.cycles[0], world.mailbox, seed)
    wakes = []
    for now in islice(moments(onlooker, programme, programme.cycles[0], sponsors, lambda _: None), most):
        before = copied(world, folder / f"before {len(wakes)}")
        points = Points()
        live(cast, world, now, points)
        wakes.append(Wake(now, before, canonical(world), tuple(points.passed)))
    onlooker.close()
    return Recording(cast, tuple(wakes))


class _Onlooker:
    """Sees what comes next, as the demo does; it opens the ledger only once there is one."""

    def __init__(self, cast: Cast, world: World) -> None:
        self.service = cast.service
        self._world = world
        self._ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        self._ledger = self._ledger or Ledger.open(self._world.ledger, create=False)
        return self._ledger

    def close(self) -> None:
        if self._ledger:
            self._ledger.close()


def every_point(recording: Recording, onward_every: int | None = None) -> Iterator[Trial]:
    """A trial for every point of every wake-up; each so-many-th is played on to the end, or none."""
    places = [(wake, place) for wake, item in enumerate(recording.wakes) for place in range(len(item.points))]
    for number, (wake, place) in enumerate(places):
        point = recording.wakes[wake].points[place]
        onward = onward_every is not None and number % onward_every == 0
        yield Trial(f"wake-up {wake}, point {place}: {point}", wake, (_at(place),), onward)


def every_look_up(recording: Recording) -> Iterator[Trial]:
    """For every message that was cut off at its sending: killed at the look-up that follows, and at its commit."""
    for wake, item in enumerate(recording.wakes):
        for place, point in enumerate(item.points):
            if point in ("before send", "after send"):
                deaths = (
                    _at(place),
                    _first("before lookup"),
                    _first("after lookup"),
                    *map(_settling, ("before", "after")),
                )
                yield Trial(f"wake-up {wake}, point {place}: {point}, then at each look-up", wake, deaths)


def _at(place: int) -> Deadly:
    return lambda passed, _: len(passed) == place


def _first(name: str) -> Deadly:
    return lambda _, reached: reached == name


def _settling(when: str) -> Deadly:
    return lambda passed, reached: reached == f"{when} commit" and "after lookup" in passed


def problems(recording: Recording, trials: Sequence[Trial], folder: Path) -> list[str]:
    """Everything that any trial left different from the undisturbed run, a sentence each. Uses every core."""
    gc.collect()
    gc.freeze()  # what exists now is not looked at by any life to come, and so stays shared with them
    cores = min(os.cpu_count() or 1, len(trials))
    places = [folder / f"worker {number}" for number in range(cores)]
    workers = [_forked(partial(_work, recording, trials[n::cores], place)) for n, place in enumerate(places)]
    found = []
    for process, place in zip(workers, places, strict=True):
        _, status = os.waitpid(process, 0)
        report = place / "problems.json"
        found += json.loads(report.read_text()) if report.exists() else [f"A worker ended with {status}."]
    gc.unfreeze()
    return found


def _work(recording: Recording, trials: Sequence[Trial], folder: Path) -> None:
    tests, found = os.getppid(), []
    for trial in trials:
        if os.getppid() != tests:
            return  # the tests were ended, and nobody will read what this comes to
        found += [f"{trial.name}: {problem}" for problem in _tried(recording, trial, folder)]
    (folder / "problems.json").write_text(json.dumps(found))


def _tried(recording: Recording, trial: Trial, folder: Path) -> list[str]:
    shutil.rmtree(folder, ignore_errors=True)
    wake = recording.wakes[trial.wake]
    world = copied(wake.before, folder)
    for number, deadly in enumerate(trial.deaths):
        if not _killed(partial(live, recording.cast, world, wake.now, Points(deadly))):
            return [f"life {number} was not killed, or ended otherwise"]
        found = _torn(world)
        if found:
            return found
    try:
        live(recording.cast, world, wake.now, Points())
        return _differences(wake, world) or (_onward(recording, trial, world) if trial.onward else [])
    except Exception:  # whatever it is, it belongs into the report of this trial
        return [traceback.format_exc()]


def _torn(world: World) -> list[str]:
    """What a kill must never leave: a ledger that does not open, or a name without its bytes."""
    if not world.ledger.exists() or world.ledger.stat().st_size == 0:
        return []
    with Ledger.open(world.ledger) as ledger:
        return [f"the ledger names {sha256}, whose bytes are not there" for sha256 in missing_blobs(ledger)]


def _onward(recording: Recording, trial: Trial, world: World) -> list[str]:
    """Play the rest of the cycle: what came in comes in again, at the same instants."""
    for wake in recording.wakes[trial.wake + 1 :]:
        for place in ("Inbox", "Junk"):
            for path in (wake.before.mailbox / place).glob("*.eml"):
                (world.mailbox / place).mkdir(exist_ok=True)
                if not (world.mailbox / place / path.name).exists():
                    os.link(path, world.mailbox / place / path.name)
        live(recording.cast, world, wake.now, Points())
    return [f"at the end of the cycle: {problem}" for problem in _differences(recording.wakes[-1], world)]


def _differences(wake: Wake, world: World) -> list[str]:
    found = [f"{message_id} was sent more than once" for message_id in sent_more_than_once(world)]
    left, put_back = forgiven(canonical(world))
    if put_back > 1:
        found.append(f"one kill put {put_back} messages back")
    lines = difflib.unified_diff(wake.after.splitlines(), left.splitlines(), "undisturbed", "killed", n=0, lineterm="")
    different = [line[:240] for line in lines]
    return [*found, "\n".join(different[:12])] if different else found


CUT_OFF = {"what": "not sent", "why": "its sending was cut off; decided afresh"}
FOUND = "found among the sent messages"


def forgiven(text: str) -> tuple[str, int]:
    """The canonical text without the two things in which a killed run may differ, and how often the first was there.

    Every decision is an event, so a message that is decided afresh because its sending was cut off leaves one. And a
    message whose outcome was learned by a look-up says so, in its row and in its event. Both are wanted: they tell
    whoever looks what happened. Everything else must be the same to the byte.
    """
    kept, put_back = [], 0
    for line in text.splitlines():
        table, _, row = line.partition(" ")
        if table == "events" and CUT_OFF.items() <= json.loads(row).items():
            put_back += 1
        elif table in ("events", "intents") and FOUND in row:
            said = json.loads(row)
            name = "why" if table == "events" else "reason"
            kept.append(f"{table} {json.dumps(said | {name: ''}, ensure_ascii=False, sort_keys=True)}")
        else:
            kept.append(line)
    return "\n".join(_in_order(kept)) + "\n", put_back


def _in_order(lines: list[str]) -> list[str]:
    """Rows whose words were taken away stand where they would have stood without them."""
    sorted_tables = ("events ", "intents ")
    places = {table: [number for number, line in enumerate(lines) if line.startswith(table)] for table in sorted_tables}
    ordered = list(lines)
    for numbers in places.values():
        for number, line in zip(numbers, sorted(lines[number] for number in numbers), strict=True):
            ordered[number] = line
    return ordered


def _killed(life: Callable[[], None]) -> bool:
    _, status = os.waitpid(_forked(life, A_LIFE), 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _forked(work: Callable[[], None], seconds: int = 0) -> int:
    """Do the work in a copy of this process, which never returns from here; it ends after so many seconds, if any."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        signal.alarm(seconds)
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
