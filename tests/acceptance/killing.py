"""The kill harness: a recorded cycle is killed at a point and restarted, once for each point that is tried.

The clock, the configuration and what comes in are the same both times, so that the ledger and the mailbox must be the
same, too, after the wake-up that was cut off; and what they are then decides all that follows. Nothing here knows what
kinds of messages or steps there are: whatever the service does at a wake-up has its points.

Where every row is the same, with its number and in its place, and every file of the mailbox, nothing that follows can
be another: a life is given nothing else. So the rest of the cycle is played, at some points, only where the rows differ
in what is forgiven: where a sending was cut off.
"""

import difflib
import gc
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from programme.service import Service
from tests.acceptance.lives import World, canonical, compiled_once, copied, exactly, live, sent_more_than_once, torn
from tests.acceptance.points import Deadly, Points
from tests.acceptance.recording import Recording, Wake, say_again
from workbook.reading import Reader

A_LIFE = 60
"""Seconds after which a life that neither ended nor died is ended, and counts as a problem."""

A_TURN = 4
"""The bytes of a turn's number."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Lives that are cut off one after the other at one wake-up, before one that is left alone.

    ``onward``: unless every row is the same, the rest of the cycle is played, too, and compared at its end.
    """

    name: str
    wake: int
    deaths: tuple[Deadly, ...]
    onward: bool = False


def every_point(recording: Recording) -> Iterator[Trial]:
    """A trial for every point of every wake-up."""
    return (_trial(recording, wake, place) for wake, place in _places(recording))


def chosen_points(recording: Recording, known: Collection[str] = (), onward_every: int = 0) -> Iterator[Trial]:
    """A trial for the first two and the last of the points of each signature, but for those ``known`` already.

    Each so-many-th of those at a sending is played on to the end of the recording; none where that is 0.
    """
    places = sorted(place for group in _by_signature(recording, known).values() for place in {*group[:2], group[-1]})
    sendings = [(wake, place) for wake, place in places if recording.wakes[wake].points[place].name.endswith(" send")]
    onward = set(sendings[::onward_every]) if onward_every else set()
    for wake, place in places:
        yield _trial(recording, wake, place, onward=(wake, place) in onward)


def every_look_up(recording: Recording, known: Collection[str] = ()) -> Iterator[Trial]:
    """For the first message of every kind, cut off at its sending: killed at the look-ups that follow, and commits."""
    for signature, group in _by_signature(recording, known).items():
        if signature.endswith((": before send", ": after send")):
            wake, place = group[0]
            after = (_first("before lookup"), _first("after lookup"), *map(_settling, ("before", "after")))
            trial = _trial(recording, wake, place)
            yield replace(trial, name=f"{trial.name}, then at each look-up", deaths=(*trial.deaths, *after))


def _places(recording: Recording) -> list[tuple[int, int]]:
    return [(wake, place) for wake, item in enumerate(recording.wakes) for place in range(len(item.points))]


def _by_signature(recording: Recording, known: Collection[str]) -> dict[str, list[tuple[int, int]]]:
    found: dict[str, list[tuple[int, int]]] = {}
    for wake, place in _places(recording):
        found.setdefault(recording.wakes[wake].points[place].signature, []).append((wake, place))
    return {signature: group for signature, group in found.items() if signature not in known}


def _trial(recording: Recording, wake: int, place: int, onward: bool = False) -> Trial:
    point = recording.wakes[wake].points[place]
    return Trial(f"wake-up {wake}, point {place}: {point.signature}", wake, (_at(place),), onward)


def _at(place: int) -> Deadly:
    return lambda passed, _: len(passed) == place


def _first(name: str) -> Deadly:
    return lambda _, reached: reached == name


def _settling(when: str) -> Deadly:
    return lambda passed, reached: reached == f"{when} commit" and "after lookup" in {point.name for point in passed}


def problems(recording: Recording, trials: Sequence[Trial], folder: Path) -> list[str]:
    """Everything that any trial left different from the undisturbed run, a sentence each. Uses every core."""
    gc.collect()
    gc.freeze()  # what exists now is not looked at by any life to come, and so stays shared with them
    cores = min(os.cpu_count() or 1, len(trials))
    places = [folder / f"worker {number}" for number in range(cores)]
    turns = _turns(len(trials))
    workers = [_forked(partial(_work, recording, trials, turns, place)) for place in places]
    os.close(turns)
    found = []
    for process, place in zip(workers, places, strict=True):
        _, status = os.waitpid(process, 0)
        report = place / "problems.json"
        found += json.loads(report.read_text()) if report.exists() else [f"A worker ended with {status}."]
    gc.unfreeze()
    return found


def _turns(count: int) -> int:
    """A pipe with the numbers from 0, which ends after the last: whoever reads one has the next trial."""
    reading, writing = os.pipe()
    assert os.write(writing, b"".join(number.to_bytes(A_TURN, "big") for number in range(count))) == A_TURN * count
    os.close(writing)
    return reading


def _work(recording: Recording, trials: Sequence[Trial], turns: int, folder: Path) -> None:
    tests, found = os.getppid(), []
    with compiled_once(), Reader() as reader:
        while turn := os.read(turns, A_TURN):
            if os.getppid() != tests:
                return  # the tests were ended, and nobody will read what this comes to
            trial = trials[int.from_bytes(turn, "big")]
            found += [f"{trial.name}: {problem}" for problem in _tried(recording, trial, folder, reader)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "problems.json").write_text(json.dumps(found))


def _tried(recording: Recording, trial: Trial, folder: Path, reader: Reader) -> list[str]:
    shutil.rmtree(folder, ignore_errors=True)
    wake = recording.wakes[trial.wake]
    world = copied(wake.before, folder)
    for number, deadly in enumerate(trial.deaths):
        if not _killed(partial(live, recording.cast, world, wake.now, Points(deadly), wake.found, reader)):
            return [f"life {number} was not killed, or ended otherwise"]
        found = torn(world, wake.before)
        if found:
            return found
    try:
        live(recording.cast, world, wake.now, Points(), wake.found, reader)
        if exactly(world) == wake.exactly:
            return _sent_again(world)
        return _differences(wake, world) or (_onward(recording, trial, world, reader) if trial.onward else [])
    except Exception:  # whatever it is, it belongs into the report of this trial
        return [traceback.format_exc()]


def _onward(recording: Recording, trial: Trial, world: World, reader: Reader) -> list[str]:
    """Play the rest of the cycle: what came in comes in again, and what people said is said, at the same instants."""
    in_force = next(
        wake.found.declared
        for wake in reversed(recording.wakes[: trial.wake + 1])
        if isinstance(wake.found.declared, Service)
    )
    for wake in recording.wakes[trial.wake + 1 :]:
        for place in ("Inbox", "Junk"):
            for path in (wake.before.mailbox / place).glob("*.eml"):
                (world.mailbox / place).mkdir(exist_ok=True)
                if not (world.mailbox / place / path.name).exists():
                    os.link(path, world.mailbox / place / path.name)
        if isinstance(wake.found.declared, Service):
            in_force = wake.found.declared
        shutil.copytree(wake.before.config, world.config, dirs_exist_ok=True)
        say_again(world, in_force, wake.said)
        live(recording.cast, world, wake.now, Points(), wake.found, reader)
    return [f"at the end of the cycle: {problem}" for problem in _differences(recording.wakes[-1], world)]


def _differences(wake: Wake, world: World) -> list[str]:
    found = _sent_again(world)
    left, put_back = forgiven(canonical(world))
    if put_back > 1:
        found.append(f"one kill put {put_back} messages back")
    lines = difflib.unified_diff(wake.after.splitlines(), left.splitlines(), "undisturbed", "killed", n=0, lineterm="")
    different = [line[:240] for line in lines]
    return [*found, "\n".join(different[:12])] if different else found


def _sent_again(world: World) -> list[str]:
    return [f"{message_id} was sent more than once" for message_id in sent_more_than_once(world)]


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
    sys.settrace(None)  # nobody gathers what a copy that is killed, or leaves without a word, would measure
    try:
        signal.alarm(seconds)
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
