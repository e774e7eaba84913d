"""Cycles and the steps that fall due in them."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Cycle:
    """A row of the approved calendar. Moving a date never changes the id; ``label`` is what people read."""

    id: str
    label: str
    issue: date
    deadline: date
    spg: date


class StepKind(StrEnum):
    ISSUE = "issue"
    DEADLINE = "deadline"
    PAPERS = "papers"


@dataclass(frozen=True, slots=True)
class Ladder:
    """When each step falls, in the programme's own local time, and the gaps that the programme promises itself."""

    issue_at: time = time(9)
    deadline_at: time = time(17)
    papers_at: time = time(9)
    papers_days_before_spg: int = 7
    update_working_days: int = 9
    return_days_before_spg: int = 21


@dataclass(frozen=True, slots=True)
class Step:
    """Something that falls due. Instants are UTC; late work is useful until ``useful_until`` (exclusive)."""

    programme: str
    cycle: str
    kind: StepKind
    occasion: str
    due: datetime
    useful_until: datetime
    instead: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.programme, self.cycle, self.kind.value, self.occasion)
