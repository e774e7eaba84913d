"""Plans and their actions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Policy(StrEnum):
    """How several sponsors of one plan answer. ``all``: each returns every row, the worse rating stands."""

    ALL = "all"


@dataclass(frozen=True, slots=True)
class Action:
    """One row of a plan. ``ref`` is stable for the life of the plan; ``reference`` holds locked columns by id."""

    ref: str
    deliverable: str
    due: date | None
    reference: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one workbook is about. ``sponsors`` are post ids; each pair of plan and post is an assignment."""

    id: str
    title: str
    label: str
    sponsors: tuple[str, ...]
    actions: tuple[Action, ...]
    policy: Policy = Policy.ALL
