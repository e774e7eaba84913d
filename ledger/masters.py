"""The plan workbooks that the team keeps, as they were taken in; the newest of a plan counts."""

from collections.abc import Sequence
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


def add(entry: Entry, where: tuple[str, str], sha256: str, actions: Sequence[Action], at: datetime) -> None:
    """Record a master of (programme, plan): the SHA-256 of its bytes, which lie in the blobs, and its actions."""
    kept = [
        {
            "ref": action.ref,
            "deliverable": action.deliverable,
            "due": action.due.isoformat() if action.due else None,
            "reference": dict(action.reference),
            "owner": action.owner,
        }
        for action in actions
    ]
    values = {"at": at, "programme": where[0], "plan": where[1], "sha256": sha256, "actions": kept}
    entry.execute(insert(masters).values(values))


def newest(entry: Entry, programme: str) -> dict[str, tuple[str, tuple[Action, ...]]]:
    """The newest master of each plan that has one: its SHA-256 and its actions, by plan."""
    rows = entry.execute(_NEWEST, {"programme": programme})
    return {row.plan: (row.sha256, tuple(map(_action, row.actions))) for row in rows}


def _action(kept: dict[str, Any]) -> Action:
    due = date.fromisoformat(kept["due"]) if kept["due"] else None
    return Action(kept["ref"], kept["deliverable"], due, kept["reference"], kept["owner"])
