"""The plan workbooks that the team keeps, as they were taken in; the newest of a plan counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, select

from ledger.schema import Entry, masters
from programme.plan import Action

_NEWEST = (
    select(masters.c.plan, masters.c.sha256, masters.c.actions)
    .where(masters.c.programme == bindparam("programme"))
    .order_by(masters.c.id)
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A master as it was taken in: the SHA-256 of its bytes, which lie in the blobs, and its actions.

    ``columns`` are the ids of the reference columns that it has: of the others it says nothing.
    """

    sha256: str
    actions: tuple[Action, ...]
    columns: tuple[str, ...] = ()


def add(entry: Entry, where: tuple[str, str], master: Kept, at: datetime) -> None:
    """Record a master of (programme, plan)."""
    kept = [
        {
            "ref": action.ref,
            "deliverable": action.deliverable,
            "due": action.due.isoformat() if action.due else None,
            "reference": dict(action.reference),
            "owner": action.owner,
            "columns": list(master.columns),
        }
        for action in master.actions
    ]
    values = {"at": at, "programme": where[0], "plan": where[1], "sha256": master.sha256, "actions": kept}
    entry.execute(insert(masters).values(values))


def newest(entry: Entry, programme: str) -> dict[str, Kept]:
    """The newest master of each plan that has one, by plan."""
    rows = entry.execute(_NEWEST, {"programme": programme})
    return {row.plan: Kept(row.sha256, tuple(map(_action, row.actions)), _columns(row.actions)) for row in rows}


def _columns(kept: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The columns stand with every action. Of a master that was kept without them: those that it filled in."""
    named = (action.get("columns", action["reference"]) for action in kept)
    return tuple(dict.fromkeys(column for columns in named for column in columns))


def _action(kept: dict[str, Any]) -> Action:
    due = date.fromisoformat(kept["due"]) if kept["due"] else None
    return Action(kept["ref"], kept["deliverable"], due, kept["reference"], kept["owner"])
