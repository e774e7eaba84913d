"""Decisions are recorded once and given back exactly, in the order of recording."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ledger import decisions
from ledger.errors import LedgerError
from ledger.records import Decision
from ledger.store import Ledger

AT = datetime(2020, 2, 21, 15, tzinfo=UTC)


def test_given_back_exactly_and_in_order(tmp_path: Path) -> None:
    first = Decision(AT, "sp", "4", "ba1", "1.1", "row", "planning-officer", agreed="green", words="Agreed as Green.")
    second = Decision(
        AT, "sp", "4", "ba1", "1.2", "row", "planning-officer", revised_due=date(2021, 3, 31), closed=True
    )
    other = Decision(AT, "sp", "5", "ba1", "1.9", "new", "planning-officer", deliverable="Open the hub")
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        with ledger.transaction() as entry:
            for decision in (first, second, other):
                decisions.add(entry, decision)
        with ledger.reading() as entry:
            assert decisions.of_programme(entry, "sp") == [first, second, other]
            assert decisions.of_cycle(entry, "sp", "4") == [first, second]
            assert decisions.of_programme(entry, "hr") == []


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        with pytest.raises(LedgerError), ledger.transaction() as entry:
            decisions.add(entry, Decision(AT, "sp", "4", "ba1", "1.1", "maybe", "planning-officer"))
        with ledger.reading() as entry:
            assert decisions.of_programme(entry, "sp") == []
