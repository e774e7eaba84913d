"""Plans and their actions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

# The locked column of the date that took the place of the first one.
REVISED_DUE = "revised_due"


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
        try:
            return date.fromisoformat(self.reference.get(REVISED_DUE, ""))
        except ValueError:
            return self.due


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
