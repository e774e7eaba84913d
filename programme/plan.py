"""Plans and their actions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

# The locked column of the date that took the place of the first one.
REVISED_DUE = "revised_due"


def revised_due(reference: Mapping[str, str]) -> date | None:
    """The date that took the place of the first one, from the locked columns by id; None where none did."""
    try:
        return date.fromisoformat(reference.get(REVISED_DUE, ""))
    except ValueError:
        return None


def due_dates(due: date | None, reference: Mapping[str, str]) -> tuple[date | None, date | None]:
    """The due date in force, and the original one where the SPG has revised it since."""
    revised = revised_due(reference)
    if revised is None:
        return due, None
    return revised, None if revised == due else due


class Policy(StrEnum):
    """How several sponsors of one plan answer.

    ``all``: each returns every row, the worse rating stands. ``any``: one return serves. ``rows``: each action has an
    owner among the sponsors, and only the owner is asked for it.
    """

    ALL = "all"
    ANY = "any"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Action:
    """One row of a plan. ``ref`` is stable for the life of the plan; ``reference`` holds locked columns by id.

    ``owner`` is the post that is asked for it under the policy ``rows``.
    """

    ref: str
    deliverable: str
    due: date | None
    reference: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None

    @property
    def due_now(self) -> date | None:
        """The due date in force: the revised one where there is one."""
        return due_dates(self.due, self.reference)[0]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one workbook is about. ``sponsors`` are post ids; each pair of plan and post is an assignment.

    ``master`` names the Excel workbook, beside the programme's files, that sets the locked columns; empty for none.
    """

    id: str
    title: str
    label: str
    sponsors: tuple[str, ...]
    actions: tuple[Action, ...]
    policy: Policy = Policy.ALL
    master: str = ""
