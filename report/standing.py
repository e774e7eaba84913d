"""The position of a cycle as the papers need it: plain values, already decided by the jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from programme.answer import LastKnown, Query
from programme.form import Form

# The state of a sponsor from whom nothing is needed: of this plan one return serves, and another sponsor made it.
SERVED = "served"


@dataclass(frozen=True, slots=True)
class Difference:
    """What one sponsor of a joint plan rated a row."""

    post: str
    rating: str


@dataclass(frozen=True, slots=True)
class RowStanding:
    """One action. ``rating`` is a rating id, or None with ``status`` "not updated" or "no return" (never a colour).

    ``original_due`` is the date first agreed, where the SPG has revised it since; ``due`` is the one in force.
    ``last_on`` is the date of the meeting that the last rating was for.
    """

    ref: str
    deliverable: str
    due: date | None
    rating: str | None
    status: str
    last: LastKnown
    values: Mapping[str, str] = field(default_factory=dict)
    reference: Mapping[str, str] = field(default_factory=dict)
    late: bool = False
    differences: tuple[Difference, ...] = ()
    queries: tuple[Query, ...] = ()
    original_due: date | None = None
    last_on: date | None = None


@dataclass(frozen=True, slots=True)
class SponsorStanding:
    """One assignment: ``state`` is returned, partial, no return, or ``served`` where another sponsor's return serves.

    Times are local to the programme.

    ``missing`` are the refs that this sponsor has not answered; ``note`` says why they were not asked, or need not
    answer, or have longer: an excuse, an extension, a vacant post.
    """

    post: str
    person: str
    state: str
    rows_in: int
    rows_asked: int
    last_received: datetime | None = None
    late: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanStanding:
    """One plan with its sponsors and rows, in the plan's own order.

    ``worst`` is its colour, the rating id of its worst open row: None where nothing open was rated.
    """

    id: str
    label: str
    title: str
    sponsors: tuple[SponsorStanding, ...]
    rows: tuple[RowStanding, ...]
    worst: str | None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One message that came in, for the returns log. ``received`` is local."""

    received: datetime
    sender: str
    plan: str
    file_name: str
    outcome: str
    rows_accepted: int = 0
    queries: int = 0
    on_time: bool | None = None


@dataclass(frozen=True, slots=True)
class CycleTally:
    """How many rows an earlier cycle had of each rating id, of "not updated" and of "no return"."""

    cycle: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A cycle as it stands at ``as_at`` (local). ``draft`` papers say so on every page.

    ``history`` are the earlier cycles, oldest first; ``decided`` are ready sentences on last time's decisions and what
    became of them; ``unrecorded`` is the last cycle's label where the SPG's decisions on it were never recorded.
    ``period`` is what a report is on, in words; empty where the cycle names none.
    """

    programme: str
    cycle: str
    issue: date
    deadline: date
    spg: date
    spg_name: str
    team: str
    phone: str
    form: Form
    plans: tuple[PlanStanding, ...]
    log: tuple[LogLine, ...]
    as_at: datetime
    draft: bool
    waiting: tuple[str, ...] = ()
    history: tuple[CycleTally, ...] = ()
    decided: tuple[str, ...] = ()
    unrecorded: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class One:
    """One and the same standing, which is summarised once for all its readers; an equal one is another."""

    standing: Standing

    def __hash__(self) -> int:
        return id(self.standing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, One) and other.standing is self.standing
