"""Assignments, frozen when they were issued."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update

from ledger import facts
from ledger.errors import LedgerError
from ledger.records import Assignment
from ledger.schema import Entry, assignment_rows, assignments
from programme.form import Form

# SQLite takes so many values in one statement and no more; a strange workbook may hold any number of tokens.
_AT_ONCE = 500

# When it was withdrawn is told by the event; the column is for whoever reads the table.
_COLUMNS = [column for column in assignments.c if column.name != "withdrawn_at"]


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
    found = _found(entry, assignments.c.id == assignment_id)
    if not found:
        raise LedgerError(f"The ledger knows no assignment {assignment_id}. Check the id.")
    return found[0]


def of_cycle(entry: Entry, programme: str, cycle: str) -> list[Assignment]:
    """Every assignment of a cycle in the order of issue, the withdrawn ones too."""
    return _found(entry, assignments.c.programme == programme, assignments.c.cycle == cycle)


def of_person(entry: Entry, programme: str, cycle: str, person: str) -> list[Assignment]:
    """Every assignment of a cycle that was issued to this person, the withdrawn ones too."""
    in_cycle = (assignments.c.programme == programme, assignments.c.cycle == cycle)
    return _found(entry, *in_cycle, assignments.c.person == person)


def of_posts(entry: Entry, programme: str, posts: Collection[str]) -> list[Assignment]:
    """Every assignment of these posts, of any cycle, in the order of issue, the withdrawn ones too."""
    return _found(entry, assignments.c.programme == programme, assignments.c.post.in_(posts))


def superseding(entry: Entry, older: Assignment) -> list[Assignment]:
    """The open assignments of the same plan and post that were issued since, in the order of issue."""
    same = (assignments.c.plan == older.plan, assignments.c.post == older.post)
    return _found(entry, *_open_in(older.programme), *same, assignments.c.issued_at > older.issued_at)


def in_turn(entry: Entry, assignment: Assignment) -> list[str]:
    """The ids of those who held this plan and post in turn in its cycle, itself among them, in the order of issue."""
    names = ("programme", "cycle", "plan", "post")
    same = (assignments.c[name] == getattr(assignment, name) for name in names)
    found = select(assignments.c.id).where(*same).order_by(assignments.c.issued_at, assignments.c.id)
    return list(entry.execute(found).scalars())


def by_tokens(entry: Entry, row_tokens: Collection[str]) -> set[str]:
    """The ids of the assignments in which rows with these signed tokens were issued."""
    found: set[str] = set()
    tokens = sorted(row_tokens)
    for start in range(0, len(tokens), _AT_ONCE):
        some = assignment_rows.c.token.in_(tokens[start : start + _AT_ONCE])
        found |= set(entry.execute(select(assignment_rows.c.assignment).where(some).distinct()).scalars())
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


def _open_in(programme: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return assignments.c.programme == programme, assignments.c.withdrawn.is_(None)


def _found(entry: Entry, *wanted: ColumnElement[bool]) -> list[Assignment]:
    order = (assignments.c.issued_at, assignments.c.id)
    return [_restored(row) for row in entry.execute(select(*_COLUMNS).where(*wanted).order_by(*order))]


def _restored(row: Row[Any]) -> Assignment:
    values = row._asdict()
    return Assignment(**values | {"form": _thawed(values["form"]), "rows": facts.rows(values["rows"])})


@lru_cache(maxsize=16)
def _thawed(frozen: str) -> Form:
    """A cycle's assignments share their form, and a form never changes."""
    return Form.thawed(frozen)
