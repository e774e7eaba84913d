import sqlite3
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest

from ledger import events, meta, ticks
from ledger.columns import NaiveInstantError
from ledger.errors import LedgerError
from ledger.records import Outlook
from ledger.schema import Entry
from ledger.store import Ledger
from tests.ledger.samples import AT, LATER, an_event


def test_it_is_made_with_its_folder_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "var" / "lib" / "ledger.sqlite"
    with Ledger.open(path) as ledger, ledger.transaction() as entry:
        ticks.beat(entry, AT, {})
    with Ledger.open(f"sqlite:///{path}", create=False) as again, again.reading() as entry:
        assert ticks.last(entry) == AT
    assert again.path == path


def test_it_writes_ahead_syncs_fully_and_keeps_references(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        found = [
            entry.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert found == ["wal", 2, 1, 10_000]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://planner:secret@db/plans", "PostgreSQL is not supported yet"),
        ("postgres+psycopg://db/plans", "PostgreSQL is not supported yet"),
        ("mysql://planner:secret@db/plans", "cannot be kept at that mysql URL"),
        ("nonsense://x:y:z", "cannot be kept at that nonsense URL"),
        ("sqlite://", "cannot be kept at that sqlite URL"),
        ("sqlite:///:memory:", "cannot be kept at that sqlite URL"),
    ],
)
def test_urls_that_it_cannot_keep_a_ledger_at_are_refused_without_their_password(url: str, sentence: str) -> None:
    with pytest.raises(LedgerError, match=sentence) as refused:
        Ledger.open(url)
    assert "secret" not in str(refused.value)


def test_a_missing_ledger_is_not_made_where_it_must_exist(path: Path) -> None:
    with pytest.raises(LedgerError, match=r"There is no ledger at .*ledger\.sqlite\. Check the path"):
        Ledger.open(path, create=False)
    assert not path.exists()


def test_a_file_that_is_no_database_is_refused_and_kept(path: Path) -> None:
    path.write_text("Dear all, " * 500)
    with pytest.raises(LedgerError, match="file is not a database"):
        Ledger.open(path)
    assert path.read_text().startswith("Dear all")


def test_a_database_of_something_else_is_refused(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE recipes (name TEXT)")
    other.close()
    with pytest.raises(LedgerError, match="is a database, but not a ledger of plancycle"):
        Ledger.open(path)


def test_a_folder_is_not_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="unable to open database file"):
        Ledger.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"The folder .*file cannot be made"):
        Ledger.open(tmp_path / "file" / "ledger.sqlite")


def test_an_error_takes_back_the_whole_transaction(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_after_writing(ledger)
    with ledger.reading() as entry:
        assert (events.recent(entry, 9), ticks.last(entry)) == ([], None)


def test_a_snapshot_sees_no_later_commit(ledger: Ledger) -> None:
    with ledger.reading() as before:
        with ledger.transaction() as entry:
            ticks.beat(entry, AT, {})
        assert ticks.last(before) is None
    with ledger.reading() as after:
        assert ticks.last(after) == AT


def test_a_snapshot_writes_nothing(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="attempt to write a readonly database"), ledger.reading() as entry:
        ticks.beat(entry, AT, {})
    with ledger.transaction() as entry:
        assert ticks.last(entry) is None


def test_a_second_writer_waits_its_turn(ledger: Ledger) -> None:
    began = threading.Event()

    def second() -> None:
        began.set()
        with Ledger.open(ledger.path) as beside, beside.transaction() as entry:
            ticks.beat(entry, LATER, {"saw": Outlook(str(ticks.last(entry)))})

    thread = threading.Thread(target=second)
    with ledger.transaction() as entry:
        thread.start()
        assert began.wait(60)
        ticks.beat(entry, AT, {})
    thread.join(60)
    with ledger.reading() as entry:
        assert (ticks.last(entry), ticks.ahead(entry)) == (LATER, {"saw": Outlook(str(AT))})


def test_a_writer_that_waits_too_long_says_so(ledger: Ledger) -> None:
    beside = Ledger.open(ledger.path, patience=0.01)
    with ledger.transaction(), pytest.raises(LedgerError, match="Another process is writing to it for long"):
        _tick(beside)
    _tick(beside)


def test_readers_are_not_held_up_by_a_writer(ledger: Ledger) -> None:
    with Ledger.open(ledger.path, patience=0.01) as beside, ledger.transaction() as entry:
        ticks.beat(entry, AT, {})
        with beside.reading() as aside:
            assert ticks.last(aside) is None


def test_a_full_disk_is_a_sentence(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="Make room on its disk"):
        _write_on_a_full_disk(ledger)
    with ledger.reading() as entry:
        assert events.recent(entry, 9) == []


def test_a_broken_rule_is_a_sentence(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match=r"refused an entry that breaks its rules: .*meta\.name"):
        _write_twice(ledger)


def test_a_naive_instant_is_refused(entry: Entry) -> None:
    with pytest.raises(NaiveInstantError, match="2026-05-07T09:00:00 has no time zone"):
        ticks.beat(entry, datetime(2026, 5, 7, 9), {})  # noqa: DTZ001


def test_instants_lie_as_text_that_sorts_as_time(entry: Entry) -> None:
    ticks.beat(entry, AT.replace(microsecond=0), {})
    assert entry.exec_driver_sql("SELECT last_at FROM ticks").scalar() == "2026-05-07T08:00:00.000000+00:00"


def test_what_no_database_can_store_is_marked_not_refused(entry: Entry) -> None:
    events.record(entry, an_event("caf\udce9 \U0001f600"))
    assert events.recent(entry, 1)[0].what == "caf\ufffd \U0001f600"


def test_a_ledger_may_be_closed_twice(ledger: Ledger) -> None:
    ledger.close()
    ledger.close()
    _tick(ledger)


def test_it_is_of_one_kind_for_ever(entry: Entry) -> None:
    assert meta.kind(entry) is None
    meta.dedicate(entry, meta.Kind.DEMO)
    meta.dedicate(entry, meta.Kind.DEMO)
    assert meta.kind(entry) is meta.Kind.DEMO
    with pytest.raises(LedgerError, match="ledger of a demo run, and this is a live run"):
        meta.dedicate(entry, meta.Kind.LIVE)


KILLED = """
import os, sys
from datetime import UTC, datetime
from ledger import ticks
from ledger.store import Ledger
ledger = Ledger.open(sys.argv[1])
with ledger.transaction() as entry:
    ticks.beat(entry, datetime(2026, 5, 7, 8, tzinfo=UTC), {})
    if sys.argv[2] == "within":
        os._exit(9)
os._exit(9)
"""


@pytest.mark.parametrize(("when", "kept"), [("within", False), ("after", True)])
def test_a_killed_process_leaves_whole_transactions_only(path: Path, when: str, kept: bool) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, str(path), when], check=False).returncode == 9
    with Ledger.open(path) as ledger, ledger.reading() as entry:
        assert (ticks.last(entry) is not None) is kept


def _fail_after_writing(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        events.record(entry, an_event("issued"))
        ticks.beat(entry, AT, {})
        _ = 1 / 0


def _write_on_a_full_disk(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        pages = entry.exec_driver_sql("PRAGMA page_count").scalar()
        entry.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        events.record(entry, an_event("x" * 100_000))


def _tick(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        ticks.beat(entry, AT, {})


def _write_twice(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        for _ in range(2):
            entry.exec_driver_sql("INSERT INTO meta VALUES ('kind', 'live')")
