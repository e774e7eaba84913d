"""The life of the service: it holds the lease, wakes on the calendar's dates, and ends when it is told to."""

import signal
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Protocol

from jobs import configuration, masters
from jobs.alert import raise_alert
from jobs.office import Log, Office
from jobs.send import go_on
from jobs.tick import wake
from jobs.witness import VERIFIES_FOR, Keyring
from ledger import configurations, keys, meta, ticks
from ledger.errors import LedgerError
from ledger.lease import lease
from ledger.store import Ledger
from programme.build import configuration_hash
from programme.calendar import next_instants
from programme.fault import ConfigurationError, Fault
from programme.loader import load_files, read_files
from programme.service import Service
from scheduler import beside
from scheduler.places import ledger_file, ledger_path
from scheduler.secret import SecretError
from scheduler.wiring import open_mailbox
from workbook.reading import Reader

SAFETY_TICK = timedelta(seconds=60)


class Clock(Protocol):
    """Says what time it is, in UTC."""

    def __call__(self) -> datetime: ...


def utc_now() -> datetime:
    """The machine's clock: read here, at the edge, and given to everything else."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Settings:
    """What ``run`` was started with."""

    config: Path
    keyring: Keyring
    resume: bool
    log: Log
    clock: Clock = utc_now


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, finishing the unit in hand.

    Raises LedgerError (another instance, a stale schema, a demo's ledger), ConfigurationError (a bad first
    configuration), SecretError (a key that open assignments need is missing).
    """
    stop = Stop()
    with ExitStack() as stack:
        service, ledger = _opened(settings, stack)
        declared = _declared(settings.config)
        # What was edited while the service was down holds for the mailbox, which is opened only once.
        mailbox = open_mailbox(declared if isinstance(declared, Service) else service, settings.config)
        stack.callback(mailbox.close)
        reader = stack.enter_context(Reader())
        office = Office(service, ledger, mailbox, reader, settings.keyring, settings.log)
        reached = mailbox.check()
        triggers = stack.enter_context(Triggers(stop, settings.log))
        # Whoever reads that it has started may ask it to stop.
        stack.enter_context(stop.on_signals())
        settings.log("started", mailbox=reached, configuration=service.hash[:12])
        _loop(settings, office, triggers, stop)
    settings.log("stopped", reason="told to")


def _opened(settings: Settings, stack: ExitStack) -> tuple[Service, Ledger]:
    """The ledger, held alone, with a configuration in force: the folder's where it is good, else the last good one."""
    now = settings.clock()
    found = _declared(settings.config)
    path = ledger_path(settings.config)
    file = ledger_file(path)
    if isinstance(found, ConfigurationError) and file is not None and not file.exists():
        # Nothing ever ran here, so there is no last good configuration: the faults are what to tell.
        raise found
    if file is not None:
        stack.enter_context(lease(file, now))
    ledger = stack.enter_context(Ledger.open(path, create=isinstance(found, Service)))
    with ledger.transaction() as entry:
        meta.dedicate(entry, meta.Kind.LIVE)
        if settings.resume:
            go_on(entry, now)
            ticks.beat(entry, now, {})
        needed = keys.needed(entry, (now - VERIFIES_FOR).date())
    missing = sorted(needed - set(settings.keyring.keys))
    if missing:
        raise SecretError(
            f"Open assignments were signed with the key {', '.join(missing)}; add it behind the newer keys."
        )
    kept = configuration.last_good(ledger)
    if kept is not None:
        # What was edited while nobody was watching is taken in by the loop, as any other edit.
        return kept, ledger
    if isinstance(found, ConfigurationError):
        raise found
    # The first configuration of all, or the folder's after an upgrade that reads the one in force as faulty.
    configuration.adopt(ledger, found, now)
    return found, ledger


def _declared(config: Path) -> Service | ConfigurationError:
    try:
        return load_files(read_files(config), config)
    except ConfigurationError as fault:
        return fault


def _loop(settings: Settings, office: Office, triggers: "Triggers", stop: "Stop") -> None:
    seen = _first_seen(office)
    triggers.set(office.service, settings.clock())
    while not stop.asked:
        now = settings.clock()
        office, seen = _with_edits(settings, office, seen, now)
        triggers.set(office.service, now)
        _woken(settings.config, office, now, stop)
        triggers.wait()


def _first_seen(office: Office) -> str:
    """The edit that needs nothing more: none while a refusal stands, for it may have been undone since."""
    with office.ledger.reading() as entry:
        return office.service.hash if configurations.refused(entry) is None else ""


def _with_edits(settings: Settings, office: Office, seen: str, now: datetime) -> tuple[Office, str]:
    """Take in an edit. One that brings out a bug is refused; one that the disk would not take is tried again."""
    try:
        return _edited(settings, office, seen, now)
    except Exception as bug:  # the loop's boundary: what it catches reaches a person
        settings.log("bug", trouble=repr(bug), trace=traceback.format_exc())
        if isinstance(bug, LedgerError | OSError):
            return office, seen
        return office, _refused_for(settings, office, seen, bug, now)


def _refused_for(settings: Settings, office: Office, seen: str, bug: Exception, now: datetime) -> str:
    fix = "The last good configuration stays in force. Send this to whoever maintains plancycle."
    fault = Fault("service.yaml", 0, 0, f"Taking in the edit brought out {type(bug).__name__}: {bug}.", fix)
    try:
        edit = _name_of(settings.config, ConfigurationError([fault]))
        configuration.refuse(office, edit, [fault], now)
    except Exception as trouble:  # a full disk, perhaps: it is tried again
        settings.log("bug not told", trouble=repr(trouble))
        return seen
    return edit


def _edited(settings: Settings, office: Office, seen: str, now: datetime) -> tuple[Office, str]:
    """Take in an edit of the configuration. A bad one is refused, and the last good one stays in force."""
    try:
        files = read_files(settings.config)
        edit = configuration_hash(files)
        if edit == seen:
            return office, seen
        service = load_files(files, settings.config)
        after = configuration.change(office, service, now)
    except ConfigurationError as fault:
        edit = _name_of(settings.config, fault)
        if edit != seen:
            configuration.refuse(office, edit, fault.faults, now)
            settings.log("configuration refused", faults=len(fault.faults))
        return office, edit
    settings.log("configuration in force", configuration=service.hash[:12])
    if (service.mailbox, service.ledger) != (office.service.mailbox, office.service.ledger):
        settings.log("restart needed", reason="the mailbox or the ledger changed; they are opened at the start only")
    return after, edit


def _tell_of_disk(office: Office, trouble: Exception, now: datetime) -> None:
    """Once a day: the service tries again by itself, and whoever looks after the machine can do more than we."""
    words = (f"{trouble}".rstrip(".") + ".", "The service tries again by itself. If this stays, ask IT about its disk.")
    with office.ledger.transaction() as entry:
        raise_alert(office, entry, f"ledger {now.date()}", "The ledger could not be used", words, now)


def _name_of(config: Path, fault: ConfigurationError) -> str:
    """The hash of a bad edit; of its faults where its files cannot even be read."""
    try:
        return configuration_hash(read_files(config))
    except ConfigurationError:
        return configuration_hash({"faults": str(fault)})


def _woken(config: Path, office: Office, now: datetime, stop: "Stop") -> None:
    """One wake-up. What nobody foresaw is logged and told to the team; it ends neither the service nor the rest."""
    units: tuple[Callable[[], None], ...] = (
        lambda: masters.refresh(office, beside.masters(office.service, config, office.log), now),
        lambda: wake(office, now, lambda: stop.asked),
    )
    for unit in units:
        _guarded(office, now, unit)


def _guarded(office: Office, now: datetime, unit: Callable[[], None]) -> None:
    try:
        unit()
    except Exception as bug:  # the loop's boundary: what it catches reaches a person
        office.log("bug", trouble=repr(bug), trace=traceback.format_exc())
        try:
            _tell(office, bug, now)
        except Exception as trouble:  # a full disk, perhaps: the log is all that is left to tell
            office.log("bug not told", trouble=repr(trouble))


def _tell(office: Office, bug: Exception, now: datetime) -> None:
    if isinstance(bug, LedgerError | OSError):
        _tell_of_disk(office, bug, now)
        return
    where = traceback.extract_tb(bug.__traceback__)[-1]
    words = (
        f"{type(bug).__name__}: {bug} ({where.filename}:{where.lineno}).",
        "Send this to whoever maintains it.",
    )
    with office.ledger.transaction() as entry:
        raise_alert(office, entry, f"bug {now.date()} {where.lineno}", "Something unforeseen happened", words, now)


class Stop:
    """Whether the service was asked to end, by a signal."""

    def __init__(self) -> None:
        self.asked = False
        self.woken = threading.Event()

    def on_signals(self) -> "Signals":
        return Signals(self)

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True
        self.woken.set()


class Signals:
    """SIGTERM and SIGINT ask the service to end, for as long as the block lasts."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._before: Mapping[int, object] = {}

    def __enter__(self) -> "Signals":
        self._before = {number: signal.signal(number, self._stop.ask) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


class Triggers:
    """APScheduler's part: it wakes the loop, on time and often enough, and knows nothing of what is due.

    A date job for each step ahead, an interval for the mailbox, and a short safety tick for what a suspended
    machine slept through. Nothing is stored: the jobs are made anew from the calendar.
    """

    def __init__(self, stop: Stop, log: Log) -> None:
        from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED
        from apscheduler.schedulers.background import BackgroundScheduler

        self._woken = stop.woken
        self._set_for = ""
        self._scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._scheduler.add_listener(
            lambda event: log("trigger trouble", job=event.job_id, code=event.code), EVENT_JOB_ERROR | EVENT_JOB_MISSED
        )

    def __enter__(self) -> "Triggers":
        self._scheduler.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A job that runs while the scheduler shuts down would end its thread with a trace: none is left to run.
        self._scheduler.remove_all_jobs()
        self._scheduler.shutdown(wait=False)

    def set(self, service: Service, now: datetime) -> None:
        """Make the jobs for this configuration; nothing happens while it is the same."""
        if self._set_for == service.hash:
            return
        self._scheduler.remove_all_jobs()
        wake_up: Callable[[], None] = self._woken.set
        every = service.collect_every.total_seconds()
        self._scheduler.add_job(wake_up, "interval", seconds=every, id="collect")
        self._scheduler.add_job(wake_up, "interval", seconds=SAFETY_TICK.total_seconds(), id="safety tick")
        instants = {instant for programme in service.programmes for instant in next_instants(programme, now)}
        for instant in sorted(instants):
            self._scheduler.add_job(wake_up, "date", run_date=instant, id=instant.isoformat())
        self._set_for = service.hash

    def wait(self) -> None:
        """Sleep until something wakes us."""
        self._woken.wait()
        self._woken.clear()
