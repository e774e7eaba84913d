import json
from pathlib import Path

from ledger import arrivals, assignments, configurations, desk, events, intents, returns
from ledger.dump import dump, missing_blobs
from ledger.records import DeskItem
from ledger.store import Ledger
from tests.ledger.samples import (
    AT,
    LATER,
    Facts,
    a_key,
    a_return,
    a_verdict,
    an_assignment,
    an_event,
    an_intent,
    keep_configuration,
)


def live_through(path: Path, *, stumbling: bool) -> str:
    """The same story in two ways: at one go, or with detours that leave other numbers and tokens behind."""
    at = LATER if stumbling else AT
    people = ["bo", "ana"] if stumbling else ["ana", "bo"]
    with Ledger.open(path) as ledger:
        with ledger.transaction() as entry:
            keep_configuration(entry)
            configurations.put_in_force(entry, "good", at)
            assignments.add(entry, an_assignment())
            if stumbling:
                # A number is used up, as a failed attempt would.
                entry.exec_driver_sql("INSERT INTO sqlite_sequence VALUES ('arrivals', 40), ('desk', 7)")
            for person in people:
                intents.add(entry, an_intent(a_key(person)))
                intents.claim(entry, a_key(person), f"random {at}", at)
                events.record(entry, an_event(f"issued to {person}"))
            arrivals.save_cursor(entry, f"random {at}", at, True)
            for server_id in ("1", "2"):
                arrival = arrivals.store(entry, Facts(server_id), ledger.blobs.put(b"raw"), "", at)
            assert arrival is not None
            returns.add(entry, a_return(arrival, a_verdict("3.1", rating="red"), sha256=ledger.blobs.put(b"xlsx")))
            desk.open_item(entry, DeskItem(0, at, "question", "", "", arrival=arrival))
        return dump(ledger, instants=False)


def test_the_same_story_gives_the_same_text(tmp_path: Path) -> None:
    straight = live_through(tmp_path / "a.sqlite", stumbling=False)
    assert live_through(tmp_path / "b.sqlite", stumbling=True) == straight
    assert '"arrival": 2' in straight
    assert "random" not in straight


def test_another_story_gives_another_text(ledger: Ledger) -> None:
    before = dump(ledger)
    with ledger.transaction() as entry:
        events.record(entry, an_event("issued"))
    assert dump(ledger) != before


def test_the_order_of_arrival_matters(tmp_path: Path) -> None:
    texts = []
    for order in ("12", "21"):
        with Ledger.open(tmp_path / f"{order}.sqlite") as ledger:
            with ledger.transaction() as entry:
                for server_id in order:
                    arrivals.store(entry, Facts(server_id), "a" * 64, "", AT)
            texts.append(dump(ledger))
    assert texts[0] != texts[1]


def test_every_row_is_a_line_of_json_with_its_instants(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        events.record(entry, an_event("issued"))
    (line,) = dump(ledger).splitlines()
    table, _, row = line.partition(" ")
    assert table == "events"
    assert json.loads(row)["at"] == str(AT)
    assert '"at"' not in dump(ledger, instants=False)


def test_names_without_bytes_are_found(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        arrivals.store(entry, Facts(), ledger.blobs.put(b"raw"), "", AT)
        intents.add(entry, an_intent())
    assert missing_blobs(ledger) == ["5" * 64]
    assert f"blob {'5' * 64}" in dump(ledger)
