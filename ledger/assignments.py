"""Assignments, frozen when they were issued."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select, update

from ledger import facts
from ledger.columns import as_written
from ledger.errors import LedgerError
from ledger.records import Assignment
from ledger.schema import Entry, assignment_rows, assignments
from programme.form import Form

# SQLite takes so many values in one statement and no more; a strange workbook may hold any number of tokens.
_AT_ONCE = 500

# When it was withdrawn is told by the event; the column is for whoever reads the table.
_COLUMNS = [column for column in assignments.c if column.name != "withdrawn_at"]

# A statement that is put together once takes a fifth of the time; these are for every return and every wake-up.
_ORDERED = select(*(as_written(column) if column.name == "rows" else column for column in _COLUMNS)).order_by(
    assignments.c.issued_at, assignments.c.id
)
_GET = _ORDERED.where(assignments.c.id == bindparam("id"))
_in_programme = assignments.c.programme == bindparam("programme")
_same_post = (assignments.c.plan == bindparam("plan"), assignments.c.post == bindparam("post"))
_OF_CYCLE = _ORDERED.where(_in_programme, assignments.c.cycle == bindparam("cycle"))
_OF_PLAN = _OF_CYCLE.where(assignments.c.plan == bindparam("plan"))
_OPEN = _ORDERED.where(_in_programme, assignments.c.withdrawn.is_(None))
_OF_POSTS = _ORDERED.where(_in_programme, assignments.c.post.in_(bindparam("posts", expanding=True)))
_SUPERSEDING = _OPEN.where(*_same_post, assignments.c.issued_at > bindparam("since"))
_IN_TURN = (
    select(assignments.c.id)
    .where(_in_programme, assignments.c.cycle == bindparam("cycle"), *_same_post)
    .order_by(assignments.c.issued_at, assignments.c.id)
)
_BY_TOKENS = select(assignment_rows.c.assignment).where(
    assignment_rows.c.token.in_(bindparam("tokens", expanding=True))
)


def add(entry: Entry, assignment: Assignment) -> None:
    """Record an assignment as issued.

    Raises LedgerError when its id or a row's token is known, when the post already has an open assignment for the
    plan in the cycle, or when its configuration was not kept. The transaction is then lost.
    """
    values = {column.name: getattr(assignment, column.name) for column in _COLUMNS}
    values |= {"form": assignment.form.frozen(), "rows": facts.of_rows(assignment.rows)}
    entry.execute(insert(assignments).values(values))
    rows = [
        {"assignment": assignment.id, "ref": row.ref, "token": row.token, "answered": False} for row in assignment.rows
    ]
    if rows:
        entry.execute(insert(assignment_rows), rows)


def get(entry: Entry, assignment_id: str) -> Assignment:
    """One assignment, withdrawn or not. Raises LedgerError for an unknown id."""
    found = _found(entry, _GET, id=assignment_id)
    if not found:
        raise LedgerError(f"The ledger knows no assignment {assignment_id}. Check the id.")
    return found[0]


def of_cycle(entry: Entry, programme: str, cycle: str) -> list[Assignment]:
    """Every assignment of a cycle in the order of issue, the withdrawn ones too."""
    return _found(entry, _OF_CYCLE, programme=programme, cycle=cycle)


def of_plan(entry: Entry, programme: str, cycle: str, plan: str) -> list[Assignment]:
    """Every assignment of a plan in a cycle in the order of issue, the withdrawn ones too."""
    return _found(entry, _OF_PLAN, programme=programme, cycle=cycle, plan=plan)


def of_posts(entry: Entry, programme: str, posts: Collection[str]) -> list[Assignment]:
    """Every assignment of these posts, of any cycle, in the order of issue, the withdrawn ones too."""
    return _found(entry, _OF_POSTS, programme=programme, posts=list(posts))


def superseding(entry: Entry, older: Assignment) -> list[Assignment]:
    """The open assignments of the same plan and post that were issued since, in the order of issue."""
    same = {"programme": older.programme, "plan": older.plan, "post": older.post}
    return _found(entry, _SUPERSEDING, **same, since=older.issued_at)


def in_turn(entry: Entry, assignment: Assignment) -> list[str]:
    """The ids of those who held this plan and post in turn in its cycle, itself among them, in the order of issue."""
    same = {name: getattr(assignment, name) for name in ("programme", "cycle", "plan", "post")}
    return list(entry.execute(_IN_TURN, same).scalars())


def by_tokens(entry: Entry, row_tokens: Collection[str]) -> set[str]:
    """The ids of the assignments in which rows with these signed tokens were issued."""
    found: set[str] = set()
    tokens = sorted(row_tokens)
    for start in range(0, len(tokens), _AT_ONCE):
        found |= set(entry.execute(_BY_TOKENS, {"tokens": tokens[start : start + _AT_ONCE]}).scalars())
    return found


def withdraw(entry: Entry, assignment_id: str, reason: str, at: datetime) -> bool:
    """Withdraw an open assignment; its accepted rows stay. False when it was not open."""
    open_one = update(assignments).where(assignments.c.id == assignment_id, assignments.c.withdrawn.is_(None))
    return entry.execute(open_one.values(withdrawn=reason, withdrawn_at=at)).rowcount == 1


def reinstate(entry: Entry, assignment_id: str) -> bool:
    """Undo a withdrawal, so that the forms that are out count again. False when it was not withdrawn.

    Raises LedgerError when the post has another open assignment for the plan in the cycle.
    """
    withdrawn = update(assignments).where(assignments.c.id == assignment_id, assignments.c.withdrawn.is_not(None))
    return entry.execute(withdrawn.values(withdrawn=None, withdrawn_at=None)).rowcount == 1


def _found(entry: Entry, wanted: Select[Any], **named: Any) -> list[Assignment]:
    return [_restored(row) for row in entry.execute(wanted, named)]


def _restored(row: Row[Any]) -> Assignment:
    values = row._asdict()
    return Assignment(**values | {"form": Form.thawed(values["form"]), "rows": facts.rows(values["rows"])})
