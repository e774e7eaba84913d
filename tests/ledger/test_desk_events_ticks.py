from dataclasses import replace

import pytest

from ledger import desk, events, ticks
from ledger.errors import LedgerError
from ledger.records import DeskItem, Outlook
from ledger.schema import Entry
from ledger.store import Ledger
from tests.ledger.samples import AT, LATER, an_event

ITEM = DeskItem(0, AT, "stranger", "Nobody knows this address.", "Vouch for it, or close it.")


def test_what_waits_is_listed_until_a_person_closes_it(entry: Entry) -> None:
    first, second = desk.open_item(entry, ITEM), desk.open_item(entry, ITEM)
    assert [item.id for item in desk.waiting(entry)] == [first, second]
    assert desk.close(entry, first, "dropped", "planner", "It is spam.", LATER)
    assert not desk.close(entry, first, "vouched", "planner", "It is not.", LATER)
    assert not desk.close(entry, 99, "dropped", "planner", "Unknown.", LATER)
    assert [item.id for item in desk.waiting(entry)] == [second]
    closed = desk.get(entry, first)
    assert (closed.verdict, closed.by, closed.why, closed.closed_at) == ("dropped", "planner", "It is spam.", LATER)


def test_items_are_found_by_how_their_kind_begins(entry: Entry) -> None:
    kinds = ("release papers of a/1", "release_papers of a/1", "release papers of b/2", "stranger")
    for kind in kinds:
        desk.open_item(entry, replace(ITEM, kind=kind))
    desk.close(entry, 1, "accepted", "planner", "They are good.", LATER)
    assert [item.kind for item in desk.of_kinds(entry, "release papers of ")] == [kinds[0], kinds[2]]
    assert desk.of_kinds(entry, "release%") == []


def test_an_unknown_item_is_a_sentence(entry: Entry) -> None:
    with pytest.raises(LedgerError, match=r"no item 7 on the desk\. `plancycle status`"):
        desk.get(entry, 7)


def test_an_item_is_about_something_that_exists(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="FOREIGN KEY"), ledger.transaction() as entry:
        desk.open_item(entry, DeskItem(0, AT, "stranger", "", "", arrival=99))


def test_recent_events_are_newest_first_and_may_be_about_one_thing(entry: Entry) -> None:
    for what, about in (("issued", "ba3"), ("returned", "ba3"), ("issued", "ba4")):
        events.record(entry, an_event(what, about))
    assert events.recent(entry, 2) == [an_event("issued", "ba4"), an_event("returned", "ba3")]
    assert events.recent(entry, 9, "ba3") == [an_event("returned", "ba3"), an_event("issued", "ba3")]


def test_the_events_of_a_cycle_are_oldest_first(entry: Entry) -> None:
    for what, cycle in (("one", "c5"), ("two", "c6"), ("three", "c5")):
        events.record(entry, an_event(what, cycle=cycle))
    assert [event.what for event in events.of_cycle(entry, "bigactions", "c5")] == ["one", "three"]


def test_events_of_one_kind_since_an_instant_are_oldest_first(entry: Entry) -> None:
    for what, at in (("tried", AT), ("tried", LATER), ("done", LATER), ("tried", LATER)):
        events.record(entry, replace(an_event(what), at=at))
    assert [event.at for event in events.since(entry, "tried", AT)] == [AT, LATER, LATER]
    assert [event.at for event in events.since(entry, "tried", LATER)] == [LATER, LATER]


def test_a_beat_replaces_the_last_one(entry: Entry) -> None:
    assert (ticks.last(entry), ticks.ahead(entry)) == (None, {})
    ticks.beat(entry, AT, {"Plan": Outlook("tomorrow at 09:00")})
    ticks.beat(entry, LATER, {"Plan": Outlook("Friday", ("issue",))})
    assert (ticks.last(entry), ticks.ahead(entry)) == (LATER, {"Plan": Outlook("Friday", ("issue",))})


def test_a_stop_keeps_its_first_reason_until_resumed(entry: Entry) -> None:
    assert ticks.stopped(entry) is None
    ticks.stop(entry, AT, "The clock went back.")
    ticks.stop(entry, LATER, "Something else.")
    ticks.beat(entry, LATER, {})
    assert ticks.stopped(entry) == (AT, "The clock went back.")
    ticks.resume(entry)
    assert ticks.stopped(entry) is None
    assert ticks.last(entry) == LATER


def test_resuming_what_never_began_is_harmless(entry: Entry) -> None:
    ticks.resume(entry)
    assert (ticks.stopped(entry), ticks.last(entry), ticks.ahead(entry)) == (None, None, {})
