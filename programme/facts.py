"""Standing facts: what was decided about a cycle, a plan or a sponsor, by whom and why."""

from dataclasses import dataclass
from datetime import date

from programme.cycle import StepKind


@dataclass(frozen=True, slots=True)
class Decided:
    """Why a fact stands, and who decided it."""

    reason: str
    decided_by: str


@dataclass(frozen=True, slots=True)
class Extension:
    """A later deadline for one plan of a cycle (of one sponsor where ``post`` is named).

    ``after_papers``: it may pass the papers' day; such a return comes with the addendum.
    """

    cycle: str
    plan: str
    until: date
    why: Decided
    post: str | None = None
    after_papers: bool = False


@dataclass(frozen=True, slots=True)
class Excuse:
    """A plan (of one sponsor where ``post`` is named) that need not be returned in a cycle: the papers say so."""

    cycle: str
    plan: str
    why: Decided
    post: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Steps of a cycle that wait for a person, of everybody or of one plan or post, until a day or for good."""

    cycle: str
    steps: tuple[StepKind, ...]
    why: Decided
    plan: str | None = None
    post: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A cycle that does not take place. What was sent stays sent, and those who were asked are told."""

    cycle: str
    why: Decided


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A plan that is no longer reported from a day on."""

    plan: str
    since: date
    why: Decided


@dataclass(frozen=True, slots=True)
class Merged:
    """Plans that are reported as one from a day on; their old reports stay."""

    plans: tuple[str, ...]
    into: str
    since: date
    why: Decided


@dataclass(frozen=True, slots=True)
class Facts:
    """Every standing fact of a programme."""

    extensions: tuple[Extension, ...] = ()
    excuses: tuple[Excuse, ...] = ()
    holds: tuple[Hold, ...] = ()
    cancelled: tuple[Cancelled, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    merged: tuple[Merged, ...] = ()
