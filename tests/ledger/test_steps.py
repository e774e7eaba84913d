from contextlib import suppress
from dataclasses import replace

import pytest

from ledger import steps
from ledger.errors import AlreadySettledError, LedgerError
from ledger.schema import Entry
from ledger.store import Ledger
from tests.ledger.samples import AT, LATER, a_step


def test_settled_steps_come_back_by_key_and_programme(entry: Entry) -> None:
    missed = replace(a_step("papers"), outcome="missed", reason="The SPG had met.")
    for record in (a_step(), missed, a_step(programme="highlights")):
        steps.settle(entry, record)
    assert steps.settled(entry, "bigactions") == {
        ("bigactions", "c5", "issue", "1"): a_step(),
        ("bigactions", "c5", "papers", "1"): missed,
    }


def test_a_step_fires_once_and_the_transaction_goes_on(entry: Entry) -> None:
    steps.settle(entry, a_step())
    with pytest.raises(AlreadySettledError, match="bigactions/c5/issue/1 was settled before"):
        steps.settle(entry, replace(a_step(), outcome="missed"))
    steps.settle(entry, a_step("papers"))
    assert [record.outcome for record in steps.settled(entry, "bigactions").values()] == ["done", "done"]


def test_an_outcome_is_done_or_missed(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="step_outcome"), ledger.transaction() as entry:
        steps.settle(entry, replace(a_step(), outcome="perhaps"))


def test_a_cycle_is_first_seen_once(entry: Entry) -> None:
    assert steps.first_seen(entry, "bigactions", "c5", AT) == AT
    assert steps.first_seen(entry, "bigactions", "c5", LATER) == AT
    assert steps.first_seen(entry, "bigactions", "c6", LATER) == LATER
    steps.first_seen(entry, "highlights", "c6", AT)
    assert steps.seen(entry, "bigactions") == {"c5": AT, "c6": LATER}


def test_a_later_snapshot_sees_what_was_settled_since_and_nothing_that_was_undone(ledger: Ledger) -> None:
    issue, undone, papers = a_step(), a_step("review"), a_step("papers")

    def seen() -> set[str]:
        with ledger.reading() as entry:
            return {key[2] for key in steps.settled(entry, "bigactions")}

    with ledger.transaction() as entry:
        steps.settle(entry, issue)
    assert seen() == {"issue"}
    with suppress(AlreadySettledError), ledger.transaction() as entry:
        steps.settle(entry, undone)
        assert len(steps.settled(entry, "bigactions")) == 2
        steps.settle(entry, undone)
    assert seen() == {"issue"}
    with ledger.transaction() as entry:
        steps.settle(entry, papers)
        assert seen() == {"issue"}
    assert seen() == {"issue", "papers"}
