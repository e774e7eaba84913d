"""What ``plancycle status`` shows, read with nothing but the standard library so that it answers at once."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from ledger.errors import LedgerError
from ledger.records import OWN_DEADLINE, DeskItem, IntentKey, IntentState, Outlook
from programme.form import Form
from programme.plan import Policy

Seen = TypeVar("Seen")


@dataclass(frozen=True, slots=True)
class AssignmentGlance:
    """How far one assignment is: rows with an accepted answer of those asked.

    A row that was agreed as complete is not asked. What a predecessor in the post returned counts. ``rows_owed`` are
    still needed: where one return serves the plan, none that a fellow sponsor has answered. ``deadline`` is the one in
    force: extended, or moved, where it was.
    """

    id: str
    plan: str
    post: str
    person: str
    deadline: date
    rows_asked: int
    rows_answered: int
    rows_owed: int


@dataclass(frozen=True, slots=True)
class CycleGlance:
    """A cycle that is open, or the programme's newest: its assignments and how many messages went, by kind."""

    programme: str
    cycle: str
    assignments: tuple[AssignmentGlance, ...]
    sent: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class IntentGlance:
    """A message that was decided and is not settled."""

    key: IntentKey
    address: str
    state: IntentState
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A bad edit that stands; nothing good was given since."""

    hash: str
    since: datetime
    faults: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The service stopped itself."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Glance:
    """The ledger at one moment. ``undecided`` counts messages that came in and were not dealt with yet.

    ``kind`` is live or demo, None before the first run. ``ahead`` is what the last tick saw coming, in words.
    """

    kind: str | None
    last_tick: datetime | None
    stop: Stop | None
    ahead: Mapping[str, Outlook]
    configuration: str | None
    refusal: Refusal | None
    read_to_end_at: datetime | None
    undecided: int
    cycles: tuple[CycleGlance, ...]
    desk: tuple[DeskItem, ...]
    intents: tuple[IntentGlance, ...]


def glance(path: Path) -> Glance:
    """Look at the ledger without touching it, whether or not the service runs.

    Raises LedgerError when there is none at ``path`` or this version cannot read it.
    """
    if not path.exists():
        raise LedgerError(f"There is no ledger at {path} yet. Check the path; `plancycle run` makes it.")
    try:
        with _snapshot(path) as rows:
            return _seen(rows)
    except sqlite3.Error as fault:
        raise LedgerError(
            f"The ledger {path} cannot be read: {fault}. Check the path; if plancycle was just upgraded, "
            "back it up and run `plancycle ledger upgrade`."
        ) from fault


@contextmanager
def _snapshot(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(_connected(path)) as rows:
        rows.row_factory = sqlite3.Row
        rows.execute("PRAGMA busy_timeout = 10000")
        rows.execute("BEGIN")
        yield rows


def _connected(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        return _readable(uri)
    except sqlite3.OperationalError:
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise
        # Nobody has it open, and whoever asks may not write in its folder, as a reader of its log would have to.
        return _readable(f"{uri}&immutable=1")


def _readable(uri: str) -> sqlite3.Connection:
    rows = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        rows.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.Error:
        rows.close()
        raise
    return rows


def _seen(rows: sqlite3.Connection) -> Glance:
    tick = rows.execute("SELECT * FROM ticks").fetchone()
    stopped = tick is not None and tick["stopped_at"] is not None
    return Glance(
        kind=_only(rows, "SELECT value FROM meta WHERE name = 'kind'", str),
        last_tick=_only(rows, "SELECT last_at FROM ticks", datetime.fromisoformat),
        stop=Stop(datetime.fromisoformat(tick["stopped_at"]), tick["stopped_reason"]) if stopped else None,
        ahead=_only(rows, "SELECT ahead FROM ticks", _ahead) or {},
        configuration=_only(rows, "SELECT hash FROM in_force ORDER BY id DESC LIMIT 1", str),
        refusal=_refusal(rows),
        read_to_end_at=_only(rows, "SELECT read_to_end_at FROM mailbox", datetime.fromisoformat),
        undecided=_only(rows, "SELECT count(*) FROM arrivals WHERE lane IS NULL", int) or 0,
        cycles=_cycles(rows),
        desk=_desk(rows),
        intents=_intents(rows),
    )


def _ahead(written: str) -> dict[str, Outlook]:
    return {programme: Outlook.read(seen) for programme, seen in json.loads(written).items()}


def _only(rows: sqlite3.Connection, query: str, restore: Callable[[str], Seen]) -> Seen | None:
    row = rows.execute(query).fetchone()
    return None if row is None or row[0] is None else restore(row[0])


def _refusal(rows: sqlite3.Connection) -> Refusal | None:
    row = rows.execute("SELECT hash, first_seen_at, faults FROM refusal").fetchone()
    return None if row is None else Refusal(row["hash"], datetime.fromisoformat(row["first_seen_at"]), row["faults"])


# Papers settle a cycle. Where every cycle is settled, the newest one is still what people ask about.
_CYCLES_SHOWN = """
    WITH issued AS (
        SELECT programme, cycle, min(issued_at) AS at,
            EXISTS (SELECT 1 FROM steps WHERE steps.programme = assignments.programme
                AND steps.cycle = assignments.cycle AND steps.kind = 'papers') AS over
        FROM assignments WHERE withdrawn IS NULL GROUP BY programme, cycle
    )
    SELECT programme, cycle FROM issued
    WHERE NOT over OR (
        at = (SELECT max(at) FROM issued AS later WHERE later.programme = issued.programme)
        AND NOT EXISTS (SELECT 1 FROM issued AS other WHERE other.programme = issued.programme AND NOT other.over)
    )
    ORDER BY programme, at
"""

_ASSIGNMENTS = """
    SELECT id, plan, post, person, deadline, policy, form, "rows" FROM assignments
    WHERE programme = ? AND cycle = ? AND withdrawn IS NULL ORDER BY plan, post
"""

# By place, not by assignment: what a predecessor in the post returned stands.
_ANSWERED = """
    SELECT DISTINCT plan, post, ref FROM assignments JOIN assignment_rows ON assignment = id
    WHERE programme = ? AND cycle = ? AND answered
"""

_OWN_DEADLINES = "SELECT detail FROM events WHERE programme = ? AND cycle = ? AND what = ? ORDER BY id"

_SENT = """
    SELECT kind, count(*) FROM intents
    WHERE programme = ? AND cycle = ? AND state = 'sent' GROUP BY kind ORDER BY kind
"""


def _cycles(rows: sqlite3.Connection) -> tuple[CycleGlance, ...]:
    return tuple(_cycle(rows, row["programme"], row["cycle"]) for row in rows.execute(_CYCLES_SHOWN).fetchall())


def _cycle(rows: sqlite3.Connection, programme: str, cycle: str) -> CycleGlance:
    answered = {tuple(row) for row in rows.execute(_ANSWERED, (programme, cycle))}
    moved = [json.loads(row["detail"]) for row in rows.execute(_OWN_DEADLINES, (programme, cycle, OWN_DEADLINE))]
    until = {(each["plan"], each["post"]): each["until"] for each in moved}
    found = [_Asked.of(row, answered) for row in rows.execute(_ASSIGNMENTS, (programme, cycle))]
    assignments = tuple(_assignment(item, found, until) for item in found)
    sent = dict(rows.execute(_SENT, (programme, cycle)).fetchall())
    return CycleGlance(programme, cycle, assignments, sent)


@dataclass(frozen=True, slots=True)
class _Asked:
    """An assignment as it lies in its table, the refs that were open when they were issued, and those not answered."""

    row: sqlite3.Row
    refs: Sequence[str]
    missing: frozenset[str]

    @staticmethod
    def of(row: sqlite3.Row, answered: Set[tuple[str, ...]]) -> "_Asked":
        form = Form.thawed(row["form"])
        refs = [issued["ref"] for issued in json.loads(row["rows"]) if not form.skips(issued["last"]["agreed"])]
        missing = (ref for ref in refs if (row["plan"], row["post"], ref) not in answered)
        return _Asked(row, refs, frozenset(missing))

    def owed(self, every: Sequence["_Asked"]) -> frozenset[str]:
        """What is still needed, as ``unanswered`` in jobs/owed.py has it for those who are asked."""
        if self.row["policy"] != Policy.ANY:
            return self.missing
        return self.missing.intersection(*(other.missing for other in every if other.row["plan"] == self.row["plan"]))


def _assignment(item: _Asked, every: Sequence[_Asked], until: Mapping[tuple[str, str], str]) -> AssignmentGlance:
    row = item.row
    plan, post = row["plan"], row["post"]
    deadline = date.fromisoformat(until.get((plan, post), row["deadline"]))
    asked, answered, owed = len(item.refs), len(item.refs) - len(item.missing), len(item.owed(every))
    return AssignmentGlance(row["id"], plan, post, row["person"], deadline, asked, answered, owed)


def _desk(rows: sqlite3.Connection) -> tuple[DeskItem, ...]:
    columns = "id, opened_at, kind, reason, advice, arrival, intent, assignment"
    waiting = rows.execute(f"SELECT {columns} FROM desk WHERE closed_at IS NULL ORDER BY id")  # noqa: S608
    return tuple(DeskItem(**{**row, "opened_at": datetime.fromisoformat(row["opened_at"])}) for row in waiting)


def _intents(rows: sqlite3.Connection) -> tuple[IntentGlance, ...]:
    unsettled = rows.execute("SELECT * FROM intents WHERE state IN ('decided', 'sending') ORDER BY id")
    return tuple(map(_intent, unsettled))


def _intent(row: sqlite3.Row) -> IntentGlance:
    key = IntentKey(row["programme"], row["cycle"], row["kind"], row["person"], row["occasion"])
    return IntentGlance(key, row["address"], IntentState(row["state"]), datetime.fromisoformat(row["decided_at"]))
