"""What becomes of one message: its lane, what it causes, and its lines of the returns log."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.minutes import Minutes
from jobs.outbox import Outgoing
from jobs.taking import Minuted, NotTaken, Taken
from ledger.records import DeskItem, Intent, Return


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the returns log: what one file or message came to."""

    outcome: str
    plan: str = ""
    file_name: str = ""
    cycle: tuple[str, str] = ("", "")
    returned: Return | None = None
    bounced: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one message; nothing of it has happened yet."""

    lane: str
    reason: str
    sender: str = ""
    lines: tuple[Line, ...] = ()
    returns: tuple[Return, ...] = ()
    messages: tuple[Outgoing, ...] = ()
    desk: tuple[DeskItem, ...] = ()
    alert: str = ""
    minutes: tuple[Minutes, ...] = ()
    closes: tuple[str, ...] = ()
    """Assignments whose waiting unreadable or missing files this message makes good."""


def minuted_line(item: Minuted) -> Line:
    return Line(f"{len(item.minutes.decided)} decisions recorded", file_name=item.file_name, cycle=item.meeting)


def taken_line(item: Taken) -> Line:
    rows = sum(1 for verdict in item.returned.verdicts if verdict.state == "accepted")
    outcome = "no changes found" if item.unchanged else f"accepted as {item.returned.role}"
    cycle = (item.assignment.programme, item.assignment.cycle)
    outcome += "" if rows or item.unchanged else ": no row with a rating"
    return Line(outcome, item.assignment.plan, item.returned.file_name, cycle, item.returned)


def not_taken_lines(items: Sequence[NotTaken], cycle: tuple[str, str] = ("", "")) -> tuple[Line, ...]:
    """The lines of files that do not count, each in its own cycle where that is known and else in ``cycle``."""
    return tuple(_not_taken_line(item, cycle) for item in items)


def conflict_line(item: Taken) -> Line:
    """The line of one of several files for one plan, in one message, that say different things."""
    about = item.assignment
    why = "not taken: two files for one plan say different things"
    return Line(why, about.plan, item.returned.file_name, (about.programme, about.cycle))


def lines_about(about: Sequence[Intent], reason: str) -> tuple[Line, ...]:
    return tuple(Line(reason, cycle=(item.key.programme, item.key.cycle)) for item in about[:1])


def _not_taken_line(item: NotTaken, cycle: tuple[str, str]) -> Line:
    plan = ""
    if item.assignment is not None:
        plan, cycle = item.assignment.plan, (item.assignment.programme, item.assignment.cycle)
    return Line(f"not taken: {item.problem or item.doubt}", plan, item.file_name, cycle)
