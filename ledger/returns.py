"""Returns with their verdicts, and the position that they fold into."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, select, update

from ledger import facts
from ledger.columns import as_written
from ledger.records import Return
from ledger.schema import Entry, assignment_rows, assignments, returns
from programme.answer import RowState
from programme.position import fold

# A statement that is put together once takes a fifth of the time; these are for every message.
_ADD = insert(returns).returning(returns.c.id)
_in_cycle = select(assignments.c.id).where(
    assignments.c.programme == bindparam("programme"), assignments.c.cycle == bindparam("cycle")
)
# By arrival first: a message that somebody vouched for later is still as old as its arrival.
_COLUMNS = [as_written(column) if column.name == "verdicts" else column for column in returns.c]
_ORDERED = select(*_COLUMNS).order_by(returns.c.arrival, returns.c.id)
_OF_CYCLE = _ORDERED.where(returns.c.assignment.in_(_in_cycle))
_OF_ASSIGNMENT = _ORDERED.where(returns.c.assignment == bindparam("assignment"))


def add(entry: Entry, returned: Return) -> int:
    """Record a return and give it its id; the id in ``returned`` is not looked at.

    Raises LedgerError when its arrival or its assignment is unknown. The transaction is then lost.
    """
    values = {column.name: getattr(returned, column.name) for column in returns.c if column.name != "id"}
    values |= {
        "verdicts": facts.of_verdicts(returned.verdicts),
        "fields": dict(returned.fields),
        "notes": list(returned.notes),
    }
    new_id: int = entry.execute(_ADD, values).scalar_one()
    _mark_answered(entry, returned)
    return new_id


def of_assignment(entry: Entry, assignment_id: str) -> list[Return]:
    """The returns of one assignment in the order of arrival."""
    return _found(entry, _OF_ASSIGNMENT, assignment=assignment_id)


def of_cycle(entry: Entry, programme: str, cycle: str) -> list[Return]:
    """The returns of a cycle in the order of arrival, those of withdrawn assignments too."""
    return _found(entry, _OF_CYCLE, programme=programme, cycle=cycle)


def position(entry: Entry, assignment_id: str) -> Mapping[str, Mapping[str, str]]:
    """What is known of each answered row by ref: the fold of its verdicts in the order of arrival."""
    return fold(returned.verdicts for returned in of_assignment(entry, assignment_id))


def _mark_answered(entry: Entry, returned: Return) -> None:
    refs = [verdict.ref for verdict in returned.verdicts if verdict.state is RowState.ACCEPTED]
    answered = (assignment_rows.c.assignment == returned.assignment, assignment_rows.c.ref.in_(refs))
    entry.execute(update(assignment_rows).where(*answered).values(answered=True))


def _found(entry: Entry, wanted: Select[Any], **named: str) -> list[Return]:
    return [_restored(row) for row in entry.execute(wanted, named)]


def _restored(row: Row[Any]) -> Return:
    values = row._asdict()
    return Return(**values | {"verdicts": facts.verdicts(values["verdicts"]), "notes": tuple(values["notes"])})
