from datetime import timedelta

import pytest

from ledger import arrivals
from ledger.errors import LedgerError
from ledger.records import Arrival
from ledger.schema import Entry
from ledger.store import Ledger
from mail.port import Folder, Received
from tests.ledger.samples import AT, LATER, Facts, an_arrival


def test_the_facts_of_the_server_come_back(entry: Entry) -> None:
    received = Received("inbox/7", b"raw", AT, Folder.JUNK, "IPM.Note", {"X-Spam": "no"}, ("https://drive/x",))
    stored = arrivals.store(entry, received, "a" * 64, "<m@them>", LATER)
    assert stored is not None
    assert arrivals.get(entry, stored) == Arrival(
        id=stored,
        server_id="inbox/7",
        sha256="a" * 64,
        message_id="<m@them>",
        received_at=AT,
        stored_at=LATER,
        folder="junk",
        item_class="IPM.Note",
        extra_headers={"X-Spam": "no"},
        cloud_links=("https://drive/x",),
    )


def test_a_server_without_a_time_is_taken_at_ours(entry: Entry) -> None:
    stored = arrivals.store(entry, Facts(received_at=None), "a" * 64, "", LATER)
    assert stored is not None
    assert arrivals.get(entry, stored).received_at == LATER


def test_a_poll_that_is_resumed_stores_nothing_twice(entry: Entry) -> None:
    first = arrivals.store(entry, Facts("1"), "a" * 64, "<m@them>", AT)
    assert arrivals.store(entry, Facts("1"), "a" * 64, "<m@them>", LATER) is None
    other = [arrivals.store(entry, Facts("2"), "a" * 64, "", AT), arrivals.store(entry, Facts("1"), "b" * 64, "", AT)]
    assert [first, *other] == [1, 2, 3]


def test_duplicates_share_bytes_or_message_id_and_came_before(entry: Entry) -> None:
    arrived = [("1", "a", "<m@them>"), ("2", "b", "<m@them>"), ("3", "a", ""), ("4", "c", ""), ("5", "a", "<m@them>")]
    for server_id, letter, message_id in arrived:
        arrivals.store(entry, Facts(server_id), letter * 64, message_id, AT)
    found = arrivals.duplicates(entry, "a" * 64, "<m@them>", 5)
    assert [one.id for one in found] == [1, 2, 3]
    assert [one.id for one in arrivals.duplicates(entry, "c" * 64, "", 5)] == [4]
    assert arrivals.duplicates(entry, "a" * 64, "<m@them>", 1) == []


def test_a_message_is_found_by_its_id_once_it_has_left_the_inbox(entry: Entry) -> None:
    first, second = an_arrival(entry, "1"), an_arrival(entry, "2")
    assert arrivals.by_message_id(entry, "<m1@them>") is None
    for number in (second, first):
        assert arrivals.decide(entry, number, "return", "", AT)
        arrivals.filed(entry, number, LATER)
    found = arrivals.by_message_id(entry, "<m1@them>")
    assert found is not None
    assert found.id == first
    assert arrivals.by_message_id(entry, "<m2@them>") is None


def test_messages_are_decided_and_filed_oldest_first(entry: Entry) -> None:
    first, second = an_arrival(entry, "1"), an_arrival(entry, "2")
    assert arrivals.unfiled(entry) is None
    for expected in (first, second):
        waiting = arrivals.undecided(entry)
        assert waiting is not None
        assert waiting.id == expected
        assert arrivals.decide(entry, expected, "processed", "a return", LATER)
    assert arrivals.undecided(entry) is None
    for expected in (first, second):
        waiting = arrivals.unfiled(entry)
        assert waiting is not None
        assert (waiting.id, waiting.lane, waiting.reason) == (expected, "processed", "a return")
        arrivals.filed(entry, expected, LATER)
    assert arrivals.unfiled(entry) is None
    assert arrivals.get(entry, first).filed


def test_a_message_is_decided_once(entry: Entry) -> None:
    stored = an_arrival(entry)
    assert arrivals.decide(entry, stored, "attention", "a stranger", AT)
    assert not arrivals.decide(entry, stored, "processed", "a return", LATER)
    assert arrivals.get(entry, stored).reason == "a stranger"


def test_nothing_is_filed_before_it_was_decided(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="filed_once_decided"), ledger.transaction() as entry:
        arrivals.filed(entry, an_arrival(entry), AT)


def test_a_message_that_somebody_vouches_for_is_decided_afresh(entry: Entry) -> None:
    stored = an_arrival(entry)
    fresh = arrivals.get(entry, stored)
    arrivals.decide(entry, stored, "attention", "a stranger", AT)
    arrivals.filed(entry, stored, AT)
    arrivals.reopen(entry, stored, "admin")
    again = arrivals.undecided(entry)
    assert again is not None
    assert again.vouched_by == "admin"
    arrivals.reopen(entry, stored, None)
    assert arrivals.get(entry, stored) == fresh


def test_an_unknown_arrival_is_a_sentence(entry: Entry) -> None:
    with pytest.raises(LedgerError, match="no received message number 7"):
        arrivals.get(entry, 7)


def test_the_mailbox_counts_as_read_only_to_its_end(entry: Entry) -> None:
    assert (arrivals.cursor(entry), arrivals.read_to_end_at(entry)) == (None, None)
    arrivals.save_cursor(entry, "page 1", AT, False)
    assert (arrivals.cursor(entry), arrivals.read_to_end_at(entry)) == ("page 1", None)
    arrivals.save_cursor(entry, "page 2", LATER, True)
    arrivals.save_cursor(entry, "page 3", LATER + timedelta(hours=1), False)
    assert (arrivals.cursor(entry), arrivals.read_to_end_at(entry)) == ("page 3", LATER)
