"""The life of the service: the lease, the last good configuration, edits, triggers and signals."""

import dataclasses
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs import configuration, tick
from jobs.witness import Keyring
from ledger import configurations, meta, ticks
from ledger.errors import LedgerError
from ledger.lease import lease
from ledger.store import Ledger
from mail.folder import FolderMailbox
from programme.cycle import Cycle, Ladder, StepKind
from programme.fault import ConfigurationError
from programme.loader import load
from programme.service import Service
from scheduler.places import beside, ledger_file, ledger_path
from scheduler.running import Settings, Signals, Stop, Triggers, serve, utc_now
from scheduler.secret import SecretError
from scheduler.wiring import open_mailbox
from tests.jobs.stage import EVE, ISSUE, KEYS, PLANS, Log, Stage, service
from tests.scheduler.conftest import write_config

BAD = ("strategic/plans.yaml", "sponsors: [care]", "sponsors: [nobody]")
MINUTE = timedelta(minutes=1)


def nothing() -> None:
    """Nothing happens meanwhile."""


class Clock:
    """A clock that is given: what it says, and what happens when it is read. At its end the service is told to end.

    It is read once at the start, once for the triggers and then once a turn. What lies ahead of it is past for the
    machine, so one turn is followed by another at once, and a third by the safety tick: a life here has two.
    """

    def __init__(self, now: datetime, *turns: tuple[datetime, Callable[[], object]]) -> None:
        self._script: Iterator[tuple[datetime, Callable[[], object]]] = iter([(now, nothing), (now, nothing), *turns])
        self._now = now

    def __call__(self) -> datetime:
        self._now, happens = next(self._script, (self._now, lambda: signal.raise_signal(signal.SIGTERM)))
        happens()
        return self._now


def told_to_end() -> None:
    signal.raise_signal(signal.SIGTERM)


def live(house: Path, clock: Clock, keyring: Keyring = KEYS, *, resume: bool = False) -> Log:
    """A life of the service, from its start until it is told to end."""
    log = Log()
    serve(Settings(house / "config", keyring, resume, log, clock))
    return log


def ledger_of(house: Path) -> Ledger:
    return Ledger.open(house / "ledger" / "plancycle.db", create=False)


def in_force(house: Path) -> tuple[str | None, bool]:
    with ledger_of(house) as ledger, ledger.reading() as entry:
        return configurations.in_force(entry), configurations.refused(entry) is not None


def sent(house: Path) -> int:
    return len(list((house / "mailbox" / "Sent").glob("*.eml")))


def test_a_first_life_makes_the_ledger_works_and_ends_when_told(new_house: Path) -> None:
    live(new_house, Clock(EVE, (EVE, nothing)))
    log = live(new_house, Clock(ISSUE, (ISSUE, nothing)))
    assert sent(new_house) == 2
    assert log.lines[0][0] == "started"
    assert log.lines[-1] == ("stopped", {"reason": "told to"})
    assert in_force(new_house) == (load(new_house / "config").hash, False)
    with ledger_of(new_house) as ledger, ledger.reading() as entry:
        assert meta.kind(entry) is meta.Kind.LIVE


def test_the_signals_that_were_there_before_are_put_back(new_house: Path) -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    live(new_house, Clock(EVE))
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_a_second_life_on_the_same_ledger_is_refused(house: Path) -> None:
    with (
        lease(house / "ledger" / "plancycle.db", ISSUE),
        pytest.raises(LedgerError, match=r"another plancycle .*is running"),
    ):
        live(house, Clock(ISSUE))


def test_a_ledger_named_by_a_url_is_held_alone_too(house: Path) -> None:
    place = (house / "ledger" / "plancycle.db").absolute()
    write_config(house / "config", ("service.yaml", "ledger/plancycle.db", f'"sqlite:///{place}"'))
    with lease(place, ISSUE), pytest.raises(LedgerError, match=r"another plancycle .*is running"):
        live(house, Clock(ISSUE))
    live(house, Clock(ISSUE))


def test_a_database_that_is_not_supported_is_refused(new_house: Path) -> None:
    write_config(new_house / "config", ("service.yaml", "ledger/plancycle.db", '"postgresql://db/plancycle"'))
    with pytest.raises(LedgerError, match="PostgreSQL is not supported yet"):
        live(new_house, Clock(EVE))


def test_a_demos_ledger_is_refused_by_a_live_run(new_house: Path) -> None:
    with Ledger.open(new_house / "ledger" / "plancycle.db") as ledger, ledger.transaction() as entry:
        meta.dedicate(entry, meta.Kind.DEMO)
    with pytest.raises(LedgerError, match="demo"):
        live(new_house, Clock(EVE))


def test_the_service_does_not_start_without_a_key_that_open_assignments_need(house: Path) -> None:
    with pytest.raises(SecretError, match="signed with the key k1; add it behind the newer keys"):
        live(house, Clock(ISSUE), Keyring({"k9": b"a newer key of the tests"}))
    live(house, Clock(ISSUE), Keyring({"k9": b"a newer key of the tests", "k1": KEYS.keys["k1"]}))


def test_a_first_configuration_that_is_bad_is_told_with_its_faults(new_house: Path) -> None:
    write_config(new_house / "config", BAD)
    with pytest.raises(ConfigurationError, match=r"strategic/plans.yaml:5:"):
        live(new_house, Clock(EVE))
    assert not (new_house / "ledger").exists()


def test_a_ledger_that_never_had_a_configuration_tells_the_faults_too(new_house: Path) -> None:
    Ledger.open(new_house / "ledger" / "plancycle.db").close()
    write_config(new_house / "config", BAD)
    with pytest.raises(ConfigurationError, match=r"strategic/plans.yaml:5:"):
        live(new_house, Clock(EVE))


def test_a_restart_on_a_bad_edit_goes_on_with_the_last_good_configuration(house: Path) -> None:
    good = load(house / "config").hash
    write_config(house / "config", BAD)
    log = live(house, Clock(ISSUE, (ISSUE + MINUTE, nothing)))
    assert in_force(house) == (good, True)
    assert log.said("configuration refused") == [{"faults": 1}]
    with ledger_of(house) as ledger, ledger.reading() as entry:
        assert ticks.last(entry) == ISSUE + MINUTE
    again = live(house, Clock(ISSUE + 2 * MINUTE))
    assert again.said("stopped")
    assert sent(house) == 4


def test_a_bad_edit_is_refused_while_the_service_runs_and_a_good_one_taken_in(house: Path) -> None:
    config = house / "config"
    good = load(config).hash
    bad = ISSUE + MINUTE, lambda: write_config(config, BAD)
    mended = ISSUE + 2 * MINUTE, lambda: write_config(config, ("service.yaml", "Small service", "Renamed"))

    def edited() -> None:
        write_config(config, BAD)
        told_to_end()

    live(house, Clock(ISSUE, (bad[0], edited)))
    assert in_force(house) == (good, True)

    def put_right() -> None:
        mended[1]()
        told_to_end()

    log = live(house, Clock(ISSUE + MINUTE, (mended[0], put_right)))
    assert len(log.said("configuration in force")) == 1
    assert in_force(house) == (load(config).hash, False)
    assert load(config).hash != good


def test_an_edit_that_drops_an_open_plan_is_refused_and_told(house: Path) -> None:
    good = load(house / "config").hash
    gone = ("strategic/plans.yaml", PLANS[PLANS.index("  - id: p3") :], "")
    log = live(house, Clock(ISSUE, (ISSUE + MINUTE, lambda: write_config(house / "config", gone))))
    assert log.said("configuration refused") == [{"faults": 1}]
    assert in_force(house) == (good, True)
    with ledger_of(house) as ledger, ledger.reading() as entry:
        assert "Plan 3 (p3) is gone from here" in configurations.refused_faults(entry)
    again = live(house, Clock(ISSUE + 2 * MINUTE, (ISSUE + 3 * MINUTE, lambda: write_config(house / "config"))))
    assert len(again.said("configuration in force")) == 1
    assert in_force(house) == (good, False)


def test_an_edit_that_cannot_even_be_read_is_refused_once(house: Path) -> None:
    def unreadable() -> None:
        (house / "config" / "strategic" / "plans.yaml").write_bytes(b"\xff\xfe")
        told_to_end()

    log = live(house, Clock(ISSUE, (ISSUE + MINUTE, unreadable)))
    assert log.said("configuration refused") == [{"faults": 1}]
    log = live(house, Clock(ISSUE + MINUTE, (ISSUE + 2 * MINUTE, told_to_end)))
    with ledger_of(house) as ledger:
        stood = configuration.last_good(ledger)
    assert stood is not None
    assert in_force(house) == (stood.hash, True)


def test_a_service_that_stopped_itself_goes_on_only_when_it_is_told_to(house: Path) -> None:
    with ledger_of(house) as ledger, ledger.transaction() as entry:
        ticks.stop(entry, ISSUE, "The fuse blew.")
    live(house, Clock(ISSUE + MINUTE, (ISSUE + MINUTE, told_to_end)))
    with ledger_of(house) as ledger, ledger.reading() as entry:
        assert ticks.stopped(entry) is not None
    year_on = ISSUE + timedelta(days=366)
    live(house, Clock(year_on, (year_on, told_to_end)), resume=True)
    with ledger_of(house) as ledger, ledger.reading() as entry:
        assert ticks.stopped(entry) is None


def test_a_bug_is_told_to_the_team_and_does_not_end_the_service(
    new_house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug in the issue")

    monkeypatch.setattr(tick, "FIRE", {**tick.FIRE, StepKind.ISSUE: broken})
    live(new_house, Clock(EVE, (EVE, nothing)))
    live(new_house, Clock(ISSUE, (ISSUE, nothing)))
    log = live(new_house, Clock(ISSUE, (ISSUE + MINUTE, nothing)))
    assert "a bug in the issue" in str(log.said("bug")[0]["trouble"])
    assert log.lines[-1][0] == "stopped"
    with ledger_of(new_house) as ledger, ledger.reading() as entry:
        from ledger import events

        told = [event for event in events.recent(entry, 100) if event.what == "alert"]
    assert ["Something unforeseen happened" in event.why for event in told] == [True]
    assert sent(new_house) == 2


def test_a_ledger_that_was_locked_for_long_is_told_as_that_and_not_as_a_bug(
    new_house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise LedgerError("The ledger l.sqlite cannot be used: database is locked. Another process is writing to it.")

    monkeypatch.setattr(tick, "FIRE", {**tick.FIRE, StepKind.ISSUE: locked})
    live(new_house, Clock(EVE, (EVE, nothing)))
    live(new_house, Clock(ISSUE, (ISSUE, nothing)))
    with ledger_of(new_house) as ledger, ledger.reading() as entry:
        from ledger import events

        told = [event.why for event in events.recent(entry, 100) if event.what == "alert"]
    assert len(told) == 1
    assert told[0].startswith("The ledger could not be used. The ledger l.sqlite cannot be used: database is locked.")


def soon(instant: datetime) -> Service:
    """A service whose only step ahead falls due at this instant."""
    whole = service()
    cycle = Cycle("now", "now", instant.date(), instant.date(), instant.date())
    when = instant.time()
    ladder = Ladder(issue_at=when, deadline_at=when, papers_at=when, papers_days_before_spg=0)
    working = dataclasses.replace(whole.programmes[0].working_days, week=frozenset(range(7)), region=None)
    utc = type(whole.programmes[0].zone)("UTC")
    programme = dataclasses.replace(whole.programmes[0], cycles=(cycle,), ladder=ladder, zone=utc, working_days=working)
    return dataclasses.replace(whole, programmes=(programme,), collect_every=timedelta(days=1))


def test_a_step_ahead_wakes_the_service() -> None:
    stop = Stop()
    now = utc_now()
    with Triggers(stop, Log()) as triggers:
        triggers.set(soon(now + timedelta(milliseconds=200)), now)
        assert not stop.woken.is_set() or utc_now() >= now + timedelta(milliseconds=200)
        assert stop.woken.wait(timeout=30)
        triggers.wait()
        assert not stop.woken.is_set()


def test_the_mailboxs_turn_wakes_the_service() -> None:
    stop = Stop()
    often = dataclasses.replace(service(), collect_every=timedelta(milliseconds=200), programmes=())
    with Triggers(stop, Log()) as triggers:
        triggers.set(often, EVE)
        assert stop.woken.wait(timeout=30)


def test_the_triggers_are_made_anew_for_another_configuration_alone() -> None:
    stop = Stop()
    now = utc_now()
    quiet = dataclasses.replace(service(), collect_every=timedelta(days=1), programmes=())
    with Triggers(stop, Log()) as triggers:
        triggers.set(quiet, now)
        same = dataclasses.replace(soon(now + timedelta(milliseconds=50)), hash=quiet.hash)
        triggers.set(same, now)
        assert not stop.woken.wait(timeout=0.3)
        triggers.set(dataclasses.replace(same, hash="another"), now)
        assert stop.woken.wait(timeout=30)


def test_trouble_with_a_trigger_is_logged() -> None:
    logged = threading.Event()
    said: list[dict[str, object]] = []

    class Broken(threading.Event):
        def set(self) -> None:
            raise ZeroDivisionError("cannot be woken")

    def log(what: str, /, **facts: object) -> None:
        said.append({"what": what, **facts})
        logged.set()

    stop = Stop()
    stop.woken = Broken()
    often = dataclasses.replace(service(), collect_every=timedelta(milliseconds=100), programmes=())
    with Triggers(stop, log) as triggers:
        triggers.set(often, EVE)
        assert logged.wait(timeout=30)
    assert (said[0]["what"], said[0]["job"]) == ("trigger trouble", "collect")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_asks_the_service_to_end_and_wakes_it(number: signal.Signals) -> None:
    stop = Stop()
    with Signals(stop):
        assert not stop.asked
        signal.raise_signal(number)
    assert stop.asked
    assert stop.woken.is_set()


def test_the_clock_at_the_edge_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is UTC


@pytest.mark.parametrize(
    ("named", "file"),
    [("/srv/ledger.db", "/srv/ledger.db"), ("sqlite:////srv/l.db", "/srv/l.db"), ("postgresql://db/plancycle", None)],
)
def test_the_file_of_a_ledger_is_known_however_it_is_named(named: str, file: str | None) -> None:
    assert ledger_file(named) == (Path(file) if file else None)


def test_what_is_relative_lies_beside_the_configuration(new_house: Path) -> None:
    config = new_house / "config"
    assert beside(config) == new_house.resolve()
    assert ledger_path(config) == str(new_house.resolve() / "ledger" / "plancycle.db")
    write_config(config, ("service.yaml", "ledger/plancycle.db", '"sqlite:////srv/ledger.db"'))
    assert ledger_path(config) == "sqlite:////srv/ledger.db"
    mailbox = open_mailbox(service(), config)
    assert isinstance(mailbox, FolderMailbox)
    assert str(new_house.resolve() / "mailbox") in mailbox.check()


def test_what_the_stage_of_the_tests_does_is_what_a_life_does(stage: Stage, house: Path) -> None:
    """The tests of the jobs wake the office themselves; a life of the service comes to the same ledger."""
    stage.wake(ISSUE + 10 * MINUTE)
    with stage.ledger.reading() as entry:
        ahead = ticks.ahead(entry)
    live(house, Clock(ISSUE + 20 * MINUTE, (ISSUE + 20 * MINUTE, nothing)))
    with stage.ledger.reading() as entry:
        assert ticks.ahead(entry) == ahead
