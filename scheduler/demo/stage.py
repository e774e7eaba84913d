"""The demo's stage: the service at work in a folder of its own, and the configuration that its team edits."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jobs import configuration, masters
from jobs.office import Log, Office
from jobs.tick import wake
from jobs.witness import Keyring
from ledger import meta
from ledger.store import Ledger
from mail.folder import FolderMailbox
from mail.port import Mailbox
from programme.build import configuration_hash
from programme.cycle import Cycle
from programme.fault import ConfigurationError
from programme.loader import load_files
from programme.service import MailboxSettings, Programme, Service
from report.prose import joined
from scheduler import beside
from scheduler.command_line import CommandError
from scheduler.demo.behaviours import NotShippedError
from scheduler.demo.service_file import LEDGER, in_folders
from workbook.master import write_master
from workbook.reading import Reader

# The demo signs with a key that everybody knows: its ledger is refused by a live run.
DEMO_KEY = Keyring({"demo": b"a key for demonstrations only"})

# The plan that the demo's team keeps in Excel.
KEPT_IN_EXCEL = "ba6"
MASTER = "big-action-6.xlsx"


@dataclass(frozen=True, slots=True)
class Stage:
    """One demo: a configuration, a folder for everything it leaves, a seed, and a log.

    ``courier`` is the mailbox that the service works in; None for the folder that the people write to. The keys sign.
    """

    service: Service
    out: Path
    seed: int
    log: Log
    courier: Mailbox | None = None
    keyring: Keyring = DEMO_KEY

    @property
    def mailbox(self) -> Path:
        return self.out / "mailbox"

    @property
    def config(self) -> Path:
        return self.out / "config"


# What the demo makes, and the file by which it knows its own again.
FOLDERS = ("config", "ledger", "mailbox", "papers", "returned", "workbooks")
MARK = "made by plancycle demo.txt"


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody changes in one file of the configuration; where ``old`` is empty, ``new`` is added at the end."""

    file: str
    old: str
    new: str


def prepare(
    service: Service,
    out: Path,
    seed: int,
    log: Log,
    cycles: int | None = None,
    writes_as: MailboxSettings | None = None,
) -> Stage:
    """An empty stage: what an earlier demo left in its own folders is removed, anything else is left alone.

    ``cycles`` keeps only so many cycles of each programme's calendar; None keeps them all. ``writes_as`` has the
    service's address and name, where they are not the configuration's. Raises CommandError where one of the folders is
    there and no demo made it: it may be somebody's real one.
    """
    own = in_folders(service.files["service.yaml"], writes_as or service.mailbox)
    _clear(out)
    (out / "mailbox").mkdir(parents=True)
    files = dict(service.files) | {"service.yaml": own}
    for programme in service.programmes:
        if cycles is not None and cycles < len(programme.cycles):
            files[f"{programme.id}/cycles.yaml"] = _calendar(programme, programme.cycles[:cycles])
        if any(plan.id == KEPT_IN_EXCEL and not plan.master for plan in programme.plans):
            files[f"{programme.id}/plans.yaml"] = _kept_in_excel(files[f"{programme.id}/plans.yaml"])
    stage = Stage(load_files(files), out, seed, log)
    _write(stage)
    return stage


def _clear(out: Path) -> None:
    there = [name for name in FOLDERS if (out / name).exists()]
    if there and not (out / MARK).exists():
        raise CommandError(
            f"{out} has {joined(there)}, and no demo made them: nothing was touched. Name another folder with --out."
        )
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).write_text("The demo made the folders beside this file, and removes them when it runs again.\n")
    for name in there:
        shutil.rmtree(out / name)


def _write(stage: Stage) -> None:
    for name, text in stage.service.files.items():
        place = stage.config / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    for programme in stage.service.programmes:
        for plan in programme.plans:
            if plan.master == MASTER:
                (stage.config / programme.id / MASTER).write_bytes(write_master(programme.form, plan))


def _kept_in_excel(text: str) -> str:
    return text.replace(f"  - id: {KEPT_IN_EXCEL}\n", f"  - id: {KEPT_IN_EXCEL}\n    master: {MASTER}\n", 1)


def _calendar(programme: Programme, cycles: Sequence[Cycle]) -> str:
    """The calendar file with these cycles alone."""
    lines = ["# The first cycles of the calendar: the demo was asked for no more.", "", "cycles:"]
    for cycle in cycles:
        said = f'id: "{cycle.id}", label: {cycle.label}'
        said += f", number: {cycle.number}" if cycle.number is not None else ""
        said += f", period: {cycle.period}" if cycle.period else ""
        lines.append(f"  - {{{said}, issue: {cycle.issue}, deadline: {cycle.deadline}, spg: {cycle.spg}}}")
    if programme.start_from in {cycle.id for cycle in cycles}:
        lines.append(f'start_from: "{programme.start_from}"')
    return "\n".join(lines) + "\n"


class Show:
    """The service on its stage, woken by hand, under a configuration that may be edited while it runs."""

    def __init__(self, stage: Stage, office: Office) -> None:
        self.stage = stage
        self.office = office
        self._files = dict(stage.service.files)

    @property
    def service(self) -> Service:
        return self.office.service

    @property
    def ledger(self) -> Ledger:
        return self.office.ledger

    def wake(self, now: datetime) -> None:
        """One wake-up, as the running service has them: the masters first, then everything that is due."""
        masters.refresh(self.office, beside.masters(self.service, self.stage.config, self.stage.log), now)
        wake(self.office, now)

    def edit(self, edits: Sequence[Edit], now: datetime) -> None:
        """Save an edit of the configuration, which the service takes in or refuses.

        Raises NotShippedError, as a sentence, where the text to be changed is not the shipped one.
        """
        for item in edits:
            text = self._files[item.file]
            if item.old not in text:
                raise NotShippedError(
                    f"The demo's team edits only the shipped configuration: {item.file} has no {item.old}"
                )
            changed = text.replace(item.old, item.new, 1) if item.old else text + item.new
            self._files[item.file] = changed
            (self.stage.config / item.file).write_text(changed, encoding="utf-8")
        try:
            self.office = configuration.change(self.office, load_files(self._files), now)
        except ConfigurationError as fault:
            configuration.refuse(self.office, configuration_hash(self._files), fault.faults, now)


@contextmanager
def show_on(stage: Stage) -> Iterator[Show]:
    """The service at work in the demo's own ledger and mailbox."""
    with Ledger.open(stage.out / LEDGER) as ledger, Reader() as reader:
        with ledger.transaction() as entry:
            meta.dedicate(entry, meta.Kind.DEMO)
        mailbox = stage.courier or FolderMailbox(stage.mailbox)
        yield Show(stage, Office(stage.service, ledger, mailbox, reader, stage.keyring, stage.log))
        mailbox.close()
