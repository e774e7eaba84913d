"""Cycles and the steps that fall due in them."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Cycle:
    """A row of the approved calendar. Moving a date never changes the id; ``label`` is what people read.

    ``period`` is what is reported on, in words, and may end after the deadline; ``number`` is the report's own.
    """

    id: str
    label: str
    issue: date
    deadline: date
    spg: date
    period: str = ""
    number: int | None = None


class StepKind(StrEnum):
    """What falls due in a cycle."""

    DIGEST = "digest"
    ISSUE = "issue"
    REMINDER = "reminder"
    DEADLINE = "deadline"
    REVIEW = "review"
    CHASE = "chase"
    DRAFT = "draft"
    PAPERS = "papers"
    ADDENDUM = "addendum"
    SPG = "spg"


# The steps that ask sponsors for what they owe: never in doubt.
ASKING = frozenset({StepKind.REMINDER, StepKind.CHASE})


class Asked(StrEnum):
    """Whom a rung of the chase ladder writes to."""

    SPONSOR = "sponsor"
    DELEGATE = "delegate"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the chase ladder: so many working days after the deadline, these people are asked."""

    working_days: int
    asks: tuple[Asked, ...]


DEFAULT_RUNGS = (
    Rung(2, (Asked.SPONSOR,)),
    Rung(4, (Asked.SPONSOR, Asked.DELEGATE)),
    Rung(6, (Asked.SPONSOR, Asked.ESCALATION)),
)


@dataclass(frozen=True, slots=True)
class Ladder:
    """When each step falls, in the programme's own local time, and the gaps that the programme promises itself.

    ``*_days`` count working days: the reminder before the deadline, the draft before the papers. A step whose time is
    None does not take place. ``first_draft_waits``: the first live cycle's papers wait for a person's release.
    """

    issue_at: time = time(9)
    deadline_at: time = time(17)
    papers_at: time = time(9)
    papers_days_before_spg: int = 7
    update_working_days: int = 9
    return_days_before_spg: int = 21
    digest_at: time | None = time(8, 30)
    reminder_at: time | None = time(9, 30)
    reminder_days: int = 3
    review_at: time | None = time(9, 30)
    chase_at: time = time(9, 30)
    rungs: tuple[Rung, ...] = DEFAULT_RUNGS
    draft_at: time | None = time(9)
    draft_days: int = 2
    addendum_at: time | None = time(15)
    spg_at: time = time(8)


# The steps of one chain happen in order; chains do not wait for each other.
MAIN = "main"
DIGESTS = "digests"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that falls due. Instants are UTC; late work is useful until ``useful_until`` (exclusive).

    ``instead`` is the sentence for when it was missed. ``deadline`` is set on the steps of an extension: they are
    about the assignments with that own deadline; None is about all that keep the cycle's. ``rung`` counts from 1.
    """

    programme: str
    cycle: str
    kind: StepKind
    occasion: str
    due: datetime
    useful_until: datetime
    instead: str
    chain: str = MAIN
    deadline: date | None = None
    rung: int = 0

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.programme, self.cycle, self.kind.value, self.occasion)
