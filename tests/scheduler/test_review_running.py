"""Faults of the service's life that a review brought out: upgrades, edits that are undone, and full disks."""

from pathlib import Path

import pytest
from sqlalchemy import update

from jobs import configuration
from ledger import events, schema
from ledger.errors import LedgerError
from programme.loader import load
from tests.jobs.stage import ISSUE
from tests.scheduler.conftest import write_config
from tests.scheduler.test_running import BAD, MINUTE, Clock, in_force, ledger_of, live, nothing, told_to_end

RENAMED = ("service.yaml", "Small service", "Renamed")


def test_a_refused_edit_that_is_undone_while_the_service_is_down_is_forgotten(house: Path) -> None:
    good = load(house / "config").hash
    write_config(house / "config", BAD)
    live(house, Clock(ISSUE, (ISSUE + MINUTE, told_to_end)))
    assert in_force(house) == (good, True)
    write_config(house / "config")
    live(house, Clock(ISSUE + 2 * MINUTE, (ISSUE + 3 * MINUTE, told_to_end)))
    assert in_force(house) == (good, False)


def test_an_upgrade_that_reads_the_configuration_in_force_as_faulty_takes_the_folders(house: Path) -> None:
    with ledger_of(house) as ledger:
        with ledger.transaction() as entry:
            kept = schema.configurations
            older = {"service.yaml": "name: As an older version had it\n"}
            entry.execute(update(kept).where(kept.c.hash == load(house / "config").hash).values(files=older))
        assert configuration.last_good(ledger) is None
    write_config(house / "config", RENAMED)
    log = live(house, Clock(ISSUE, (ISSUE + MINUTE, told_to_end)))
    assert log.lines[-1] == ("stopped", {"reason": "told to"})
    assert in_force(house) == (load(house / "config").hash, False)
    with ledger_of(house) as ledger, ledger.reading() as entry:
        assert "configuration replaced" in [event.what for event in events.recent(entry, 100)]


def test_a_bug_in_taking_in_an_edit_refuses_it_and_does_not_end_the_service(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug in the edit")

    good = load(house / "config").hash
    monkeypatch.setattr(configuration, "take_in", broken)
    write_config(house / "config", RENAMED)
    log = live(house, Clock(ISSUE, (ISSUE + MINUTE, told_to_end)))
    assert log.lines[-1] == ("stopped", {"reason": "told to"})
    assert in_force(house) == (good, True)
    with ledger_of(house) as ledger, ledger.reading() as entry:
        [refused] = [event for event in events.recent(entry, 100) if event.what == "configuration refused"]
    assert "ZeroDivisionError: a bug in the edit" in refused.why
    monkeypatch.undo()
    live(house, Clock(ISSUE + 2 * MINUTE, (ISSUE + 3 * MINUTE, told_to_end)))
    assert in_force(house) == (load(house / "config").hash, False)


def test_an_edit_that_the_disk_would_not_take_is_taken_at_the_next_turn(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise LedgerError("The disk is full.")

    with monkeypatch.context() as broken:
        broken.setattr(configuration, "take_in", full)
        write_config(house / "config", RENAMED)
        log = live(house, Clock(ISSUE, (ISSUE + MINUTE, nothing)))
    assert "The disk is full." in str(log.said("bug")[0]["trouble"])
    assert not in_force(house)[1]
    live(house, Clock(ISSUE + 2 * MINUTE, (ISSUE + 3 * MINUTE, told_to_end)))
    assert in_force(house) == (load(house / "config").hash, False)


def test_a_bug_that_cannot_even_be_told_does_not_end_the_service(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scheduler import running

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug at a bad time")

    monkeypatch.setattr(running, "wake", broken)
    monkeypatch.setattr(running, "raise_alert", broken)
    log = live(house, Clock(ISSUE, (ISSUE + MINUTE, told_to_end)))
    assert log.said("bug not told")
    assert log.lines[-1] == ("stopped", {"reason": "told to"})
