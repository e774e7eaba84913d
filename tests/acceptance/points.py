"""Where a life may end: every commit, every call of the mailbox and every rename, and the work that each is part of.

What a point is part of is read off the calls that led to it, and off the values that they work with: a step, a message
of ours, one that came in. So a new job, a new kind of message or a new step has its own points without being named.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from jobs.lanes import Decision
from jobs.tick import WakeUp
from ledger.records import Arrival, Intent
from ledger.schema import Entry
from ledger.store import Ledger
from mail.port import Batch, Mailbox, Outcome
from programme.cycle import Step

# From here on it is a matter of its own, however often it comes in one unit of work.
OFTEN = 3

ABOUT: Mapping[type, Callable[[Any], str]] = {
    Intent: lambda intent: f"message {intent.key.kind}",
    Step: lambda step: f"step {step.kind.value}",
    Decision: lambda decision: f"decided {decision.lane}",
    Arrival: lambda arrival: f"arrival {arrival.lane}" if arrival.lane else "",
    Batch: lambda batch: "with mail" if batch.messages else "without mail",
    Outcome: lambda outcome: outcome.value,
}


@dataclass(frozen=True, slots=True)
class Point:
    """One place of a life. ``name`` is the call and its side, ``work`` what it is part of."""

    name: str
    work: str

    @property
    def signature(self) -> str:
        return f"{self.work}: {self.name}"


Deadly = Callable[[Sequence[Point], str], bool]
"""Whether a life ends here: given the points that it passed, and the name of the one that it has reached."""


def never(_: Sequence[Point], __: str) -> bool:
    return False


class Points:
    """Numbers the points that a life passes and ends it, as nothing can refuse to, at the deadly one."""

    def __init__(self, deadly: Deadly = never) -> None:
        self.passed: list[Point] = []
        self._deadly = deadly
        self._unit: FrameType | None = None
        self._counted: Counter[str] = Counter()

    def reach(self, name: str) -> None:
        if self._deadly(self.passed, name):
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(Point(name, self._work(name)))

    def _work(self, name: str) -> str:
        callers, about, unit = _led_here(sys._getframe(2))
        if unit is not self._unit:
            self._unit, self._counted = unit, Counter()
        work = " > ".join(callers)
        self._counted[f"{work} {name}"] += 1
        time = min(self._counted[f"{work} {name}"], OFTEN)
        return " ".join((work, *about, *([f"({time})"] if time > 1 else [])))


def _led_here(frame: FrameType | None) -> tuple[list[str], list[str], FrameType | None]:
    """The jobs that called for this, the outermost first, what they are about, and the unit of work that they are."""
    callers: list[str] = []
    about: dict[str, None] = {}
    while frame is not None and frame.f_code is not WakeUp.work_once.__code__:
        room, _, module = str(frame.f_globals.get("__name__")).partition(".")
        if room == "jobs" and frame.f_code.co_name != "<lambda>":
            callers.append(f"{module}.{frame.f_code.co_name}")
        values = (value for value in frame.f_locals.values() if type(value) in ABOUT)
        about |= dict.fromkeys(ABOUT[type(value)](value) for value in values)
        frame = frame.f_back
    return callers[::-1], [words for words in about if words], frame


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


def watched_ledger(points: Points) -> type[Ledger]:
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
def watched_renames(points: Points) -> Iterator[None]:
    """A point before and after every rename, where a file is written and has no name yet, or nothing names it."""
    rename = Path.replace

    def watched(source: Path, target: Path) -> Path:
        points.reach("before rename")
        renamed = rename(source, target)
        points.reach("after rename")
        return renamed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", watched)
        yield
