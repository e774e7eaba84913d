"""The demo's stage: the service and its sponsors, alternating on a clock that leaps from one moment to the next."""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from jobs import configuration
from jobs.due import ahead
from jobs.office import Log, Office
from jobs.standing import standing
from jobs.tick import known, wake
from jobs.witness import Keyring
from ledger import desk, intents, meta
from ledger.records import DeskItem
from ledger.store import Ledger
from mail.folder import FolderMailbox, sent_messages
from mail.letter import Message
from mail.reading import read
from programme.calendar import steps
from programme.cycle import Cycle
from programme.loader import load_files
from programme.service import Programme, Service
from report.compiled import compiled_workbook, file_name
from report.page import summary_html
from report.standing import Standing
from scheduler.demo.behaviours import Deed
from scheduler.demo.sponsors import Sponsors
from workbook.reading import Reader

# The demo signs with a key that everybody knows: its ledger is refused by a live run.
LEDGER = "ledger/ledger.db"

DEMO_KEY = Keyring({"demo": b"a key for demonstrations only"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a played cycle came to."""

    cycle: Cycle
    standing: Standing
    deeds: tuple[Deed, ...]
    desk: tuple[DeskItem, ...]
    sent: dict[str, int]
    issued_to: int
    assignments: int
    papers: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """One demo: a configuration, a folder for everything it leaves, a seed, and a log."""

    service: Service
    programme: Programme
    out: Path
    seed: int
    log: Log

    @property
    def mailbox(self) -> Path:
        return self.out / "mailbox"


def prepare(service: Service, out: Path, seed: int, log: Log) -> Stage:
    """An empty stage: what an earlier demo left in its own folders is removed, anything else is left alone."""
    for name in ("mailbox", "ledger", "workbooks", "returned", "papers", "config"):
        shutil.rmtree(out / name, ignore_errors=True)
    (out / "mailbox").mkdir(parents=True)
    own = load_files({name: _own(text) if name == "service.yaml" else text for name, text in service.files.items()})
    for name, text in own.files.items():
        place = out / "config" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return Stage(own, own.programmes[0], out, seed, log)


def _own(text: str) -> str:
    """The service file with the demo's own ledger and mailbox, so that status and desk can be tried on the demo."""
    text = re.sub(r"(?m)^ledger:.*$", f"ledger: {LEDGER}", text)
    return re.sub(r"(?m)^(\s+path:).*$", r"\1 mailbox", text)


@contextmanager
def office_on(stage: Stage) -> Iterator[Office]:
    """The service at work in the demo's own ledger and mailbox."""
    with Ledger.open(stage.out / LEDGER) as ledger, Reader() as reader:
        with ledger.transaction() as entry:
            meta.dedicate(entry, meta.Kind.DEMO)
        mailbox = FolderMailbox(stage.mailbox)
        yield Office(stage.service, ledger, mailbox, reader, DEMO_KEY, stage.log)
        mailbox.close()


def play(stage: Stage, cycles: int, progress: Callable[[str], None]) -> Iterator[Outcome]:
    """Play the first cycles of the programme, one outcome each."""
    with office_on(stage) as office:
        for cycle in stage.programme.cycles[:cycles]:
            sponsors = Sponsors(stage.programme, cycle, stage.mailbox, stage.seed)
            for now in moments(office, stage.programme, cycle, sponsors, progress):
                configuration.adopt(office.ledger, office.service, now)
                wake(office, now)
            yield _outcome(stage, office, cycle, sponsors.done())


def moments(
    office: Office, programme: Programme, cycle: Cycle, sponsors: Sponsors, progress: Callable[[str], None]
) -> Iterator[datetime]:
    """The instants at which something happens in a cycle: the eve, each step, and the collect after each deed."""
    now = steps(programme, cycle)[0].due - timedelta(days=1)
    progress(f"{now:%a %d %b %Y}  the service starts")
    yield now
    while True:
        with office.ledger.reading() as entry:
            coming = ahead(programme, known(entry, programme), now)
        step = next((item for item in coming if item.cycle == cycle.id), None)
        deed = sponsors.next_deed()
        if deed is not None and (step is None or deed.at < step.due):
            done = sponsors.act()
            progress(f"{programme.local(done.at):%a %d %b %H:%M}  {done.what}")
            now = max(now, done.at) + office.service.collect_every
        elif step is not None:
            now = step.due
            progress(f"{programme.local(now):%a %d %b %H:%M}  {step.kind.value}")
        else:
            return
        yield now


def _outcome(stage: Stage, office: Office, cycle: Cycle, deeds: tuple[Deed, ...]) -> Outcome:
    programme = stage.programme
    now = steps(programme, cycle)[-1].due
    with office.ledger.reading() as entry:
        final = standing(entry, programme, cycle, now, draft=False)
        waiting = tuple(desk.waiting(entry))
        sent = intents.counts_by_kind(entry, programme.id, cycle.id)
    return Outcome(
        cycle=cycle,
        standing=final,
        deeds=deeds,
        desk=waiting,
        sent=dict(sent),
        issued_to=sent.get("issue", 0),
        assignments=sum(len(plan.sponsors) for plan in final.plans),
        papers=_papers(stage, final),
    )


def _papers(stage: Stage, final: Standing) -> tuple[Path, ...]:
    """Lay the papers and the issued workbooks where a person finds them."""
    folder = stage.out / "papers"
    folder.mkdir(exist_ok=True)
    workbook = folder / file_name(final)
    workbook.write_bytes(compiled_workbook(final))
    page = workbook.with_suffix(".html")
    page.write_text(summary_html(final), encoding="utf-8")
    for path in sent_messages(stage.mailbox):
        message = read(path.read_bytes())
        _lay_out(message, stage.out / "workbooks", message.recipients[0])
    for path in sorted((stage.mailbox / "Processed").glob("*.eml")):
        message = read(path.read_bytes())
        _lay_out(message, stage.out / "returned", message.sender)
    return workbook, page


def _lay_out(message: Message, folder: Path, who: str) -> None:
    """Lay a message's workbooks into a folder, named by the person at the other end."""
    folder.mkdir(exist_ok=True)
    for attachment in message.attachments:
        if attachment.name.endswith(".xlsx"):
            (folder / f"{who.partition('@')[0]} - {attachment.name}").write_bytes(attachment.content)
