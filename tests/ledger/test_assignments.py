from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger import assignments, keys
from ledger.errors import LedgerError
from ledger.records import Assignment
from ledger.schema import Entry
from ledger.store import Ledger
from tests.ledger.samples import AT, LATER, an_assignment, keep_configuration

BA3, BA4 = "c5/ba3/health", "c5/ba4/housing"


@pytest.fixture
def issued(entry: Entry) -> Entry:
    keep_configuration(entry)
    assignments.add(entry, an_assignment(BA4, issued_at=LATER))
    assignments.add(entry, an_assignment(BA3))
    return entry


def test_an_assignment_comes_back_as_it_was_issued(issued: Entry) -> None:
    assert assignments.get(issued, BA3) == an_assignment(BA3)
    assert assignments.get(issued, BA3).row("3.2").token == f"{BA3}#2"


def test_an_unknown_assignment_is_a_sentence(entry: Entry) -> None:
    with pytest.raises(LedgerError, match="knows no assignment c5/ba9/nobody"):
        assignments.get(entry, "c5/ba9/nobody")


def test_a_cycle_lists_its_assignments_in_the_order_of_issue(issued: Entry) -> None:
    assignments.withdraw(issued, BA3, "merged", LATER)
    listed = assignments.of_cycle(issued, "bigactions", "c5")
    assert [(one.id, one.withdrawn) for one in listed] == [(BA3, "merged"), (BA4, None)]
    assert assignments.of_cycle(issued, "bigactions", "c6") == []
    assert assignments.of_cycle(issued, "highlights", "c5") == []


def test_an_assignment_is_withdrawn_once(issued: Entry) -> None:
    assert assignments.withdraw(issued, BA3, "a successor", AT)
    assert not assignments.withdraw(issued, BA3, "something else", LATER)
    assert not assignments.withdraw(issued, "c5/ba9/nobody", "unknown", LATER)
    assert assignments.get(issued, BA3).withdrawn == "a successor"
    posts = ["health", "housing"]
    found = assignments.of_posts(issued, "bigactions", posts)
    assert [(one.id, one.withdrawn) for one in found] == [(BA3, "a successor"), (BA4, None)]


def test_assignments_are_found_by_post(issued: Entry) -> None:
    assert [one.id for one in assignments.of_posts(issued, "bigactions", ["housing"])] == [BA4]
    assert assignments.of_posts(issued, "highlights", ["housing"]) == []
    assert assignments.of_posts(issued, "bigactions", []) == []


def test_a_later_assignment_of_plan_and_post_supersedes_while_it_is_open(issued: Entry) -> None:
    older = an_assignment(BA3)
    later = replace(older, id="c6/ba3/health", cycle="c6", rows=(), issued_at=LATER)
    assert assignments.superseding(issued, older) == []
    assignments.add(issued, later)
    assert assignments.superseding(issued, older) == [later]
    assert assignments.superseding(issued, later) == []
    assignments.withdraw(issued, later.id, "a mistake", LATER)
    assert assignments.superseding(issued, older) == []


def test_a_row_is_found_by_its_token(issued: Entry) -> None:
    assert assignments.by_tokens(issued, [f"{BA4}#2", f"{BA4}#1"]) == {BA4}
    assert assignments.by_tokens(issued, ["forged"]) == set()


def test_any_number_of_tokens_may_be_asked(issued: Entry) -> None:
    forged = {f"forged {number}" for number in range(40_000)}
    assert assignments.by_tokens(issued, forged | {f"{BA3}#1", f"{BA4}#2"}) == {BA3, BA4}


def test_a_successor_may_follow_a_withdrawn_assignment(issued: Entry) -> None:
    assignments.withdraw(issued, BA3, "a successor", AT)
    successor = replace(an_assignment(BA3), id="c5/ba3/health/2", person="bo", rows=())
    assignments.add(issued, successor)
    assert assignments.get(issued, "c5/ba3/health/2") == successor


@pytest.mark.parametrize(
    ("second", "rule"),
    [
        (replace(an_assignment(BA4), id=BA3), r"assignments\.id"),
        (replace(an_assignment(BA3), id="other", rows=()), r"assignments\.post"),
        (replace(an_assignment(BA4), rows=an_assignment(BA3).rows), r"assignment_rows\.token"),
        (replace(an_assignment(BA4), configuration="never kept"), "FOREIGN KEY"),
    ],
)
def test_rules_hold_and_take_the_transaction_back(ledger: Ledger, second: Assignment, rule: str) -> None:
    with ledger.transaction() as entry:
        keep_configuration(entry)
        assignments.add(entry, an_assignment(BA3))
    with pytest.raises(LedgerError, match=rule), ledger.transaction() as entry:
        assignments.add(entry, second)
    with ledger.reading() as entry:
        assert [one.id for one in assignments.of_cycle(entry, "bigactions", "c5")] == [BA3]


def test_keys_are_needed_by_what_is_open_and_not_long_over(issued: Entry) -> None:
    deadline = date(2026, 5, 20)
    assert keys.needed(issued, deadline) == {"k1"}
    assert keys.needed(issued, deadline + timedelta(days=1)) == set()
    assignments.add(issued, an_assignment("c5/ba5/roads", key_id="k2"))
    assert keys.needed(issued, deadline) == {"k1", "k2"}
    assignments.withdraw(issued, "c5/ba5/roads", "merged", LATER)
    assert keys.needed(issued, deadline) == {"k1"}


def test_the_last_signing_stands(entry: Entry) -> None:
    assert keys.last_signed(entry, "k1") is None
    for at in (AT, LATER, AT):
        keys.signed(entry, "k1", at)
    assert keys.last_signed(entry, "k1") == LATER
