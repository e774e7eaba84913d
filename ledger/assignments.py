"""Assignments, frozen when they were issued."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update

from ledger import facts
from ledger.errors import LedgerError
from ledger.records import Assignment
from ledger.schema import Entry, assignment_rows, assignments
from programme.form import Form

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


def all_open(entry: Entry) -> list[Assignment]:
    """Every assignment that was not withdrawn, in the order of issue."""
    return _found(entry, assignments.c.withdrawn.is_(None))


def by_token(entry: Entry, row_token: str) -> str | None:
    """The id of the assignment in which a row with this signed token was issued."""
    wanted = select(assignment_rows.c.assignment).where(assignment_rows.c.token == row_token)
    return entry.execute(wanted).scalar()


def withdraw(entry: Entry, assignment_id: str, reason: str, at: datetime) -> bool:
    """Withdraw an open assignment; its accepted rows stay. False when it was not open."""
    open_one = update(assignments).where(assignments.c.id == assignment_id, assignments.c.withdrawn.is_(None))
    return entry.execute(open_one.values(withdrawn=reason, withdrawn_at=at)).rowcount == 1


def _found(entry: Entry, *wanted: ColumnElement[bool]) -> list[Assignment]:
    order = (assignments.c.issued_at, assignments.c.id)
    return [_restored(row) for row in entry.execute(select(*_COLUMNS).where(*wanted).order_by(*order))]


def _restored(row: Row[Any]) -> Assignment:
    values = row._asdict()
    return Assignment(**values | {"form": Form.thawed(values["form"]), "rows": facts.rows(values["rows"])})
