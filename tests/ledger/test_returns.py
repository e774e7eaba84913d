from dataclasses import replace

import pytest

from ledger import assignments, returns
from ledger.errors import LedgerError
from ledger.records import Return
from ledger.schema import Entry
from ledger.store import Ledger
from programme.answer import RowState
from tests.ledger.samples import a_return, a_verdict, an_arrival, an_assignment, keep_configuration

BA3, BA4 = "c5/ba3/health", "c5/ba4/housing"


@pytest.fixture
def issued(entry: Entry) -> Entry:
    keep_configuration(entry)
    for name in (BA3, BA4):
        assignments.add(entry, an_assignment(name))
    return entry


def answered(entry: Entry, assignment: str) -> list[str]:
    query = "SELECT ref FROM assignment_rows WHERE assignment = ? AND answered ORDER BY ref"
    return list(entry.exec_driver_sql(query, (assignment,)).scalars())


def test_a_return_comes_back_with_its_verdicts(issued: Entry) -> None:
    refused = a_verdict("3.2", RowState.REFUSED, rating="mauve")
    given = a_return(an_arrival(issued), a_verdict("3.1", rating="red", progress="Slow"), refused)
    new_id = returns.add(issued, given)
    assert returns.of_assignment(issued, BA3) == [replace(given, id=new_id)]
    assert returns.of_assignment(issued, BA4) == []


def test_returns_are_in_the_order_of_arrival_whenever_they_were_understood(issued: Entry) -> None:
    early, late = an_arrival(issued, "1"), an_arrival(issued, "2")
    for arrival in (late, early, late):
        returns.add(issued, a_return(arrival, a_verdict("3.1", rating="green" if arrival == late else "red")))
    assert [one.arrival for one in returns.of_assignment(issued, BA3)] == [early, late, late]
    assert returns.position(issued, BA3) == {"3.1": {"rating": "green"}}


def test_a_cycle_has_the_returns_of_all_its_assignments(issued: Entry) -> None:
    first, second = an_arrival(issued, "1"), an_arrival(issued, "2")
    returns.add(issued, a_return(second, assignment=BA3))
    returns.add(issued, a_return(first, assignment=BA4))
    assignments.withdraw(issued, BA4, "merged", an_assignment().issued_at)
    assert [one.assignment for one in returns.of_cycle(issued, "bigactions", "c5")] == [BA4, BA3]
    assert returns.of_cycle(issued, "bigactions", "c6") == []


def test_the_position_is_the_fold_and_blanks_erase_nothing(issued: Entry) -> None:
    arrival = an_arrival(issued)
    returns.add(issued, a_return(arrival, a_verdict("3.1", rating="red", progress="Slow")))
    returns.add(issued, a_return(arrival, a_verdict("3.1", rating="green"), a_verdict("3.2", RowState.BLANK)))
    assert returns.position(issued, BA3) == {"3.1": {"rating": "green", "progress": "Slow"}}
    assert returns.position(issued, BA4) == {}


def test_only_accepted_rows_count_as_answered_and_only_where_they_were_asked(issued: Entry) -> None:
    arrival = an_arrival(issued)
    returns.add(issued, a_return(arrival, a_verdict("3.1", RowState.BLANK), a_verdict("3.2", RowState.REFUSED)))
    assert answered(issued, BA3) == []
    returns.add(issued, a_return(arrival, a_verdict("3.2", rating="red"), a_verdict("9.9", rating="red")))
    returns.add(issued, a_return(arrival, a_verdict("3.2", RowState.BLANK)))
    assert (answered(issued, BA3), answered(issued, BA4)) == (["3.2"], [])


@pytest.mark.parametrize("wrong", [a_return(99), a_return(1, assignment="c5/ba9/nobody")])
def test_a_return_belongs_to_an_arrival_and_an_assignment(ledger: Ledger, wrong: Return) -> None:
    with ledger.transaction() as entry:
        keep_configuration(entry)
        assignments.add(entry, an_assignment(BA3))
        an_arrival(entry)
    with pytest.raises(LedgerError, match="FOREIGN KEY"), ledger.transaction() as entry:
        returns.add(entry, wrong)
