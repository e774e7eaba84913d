"""The mailbox's secret shows nowhere: not in a log, an error, a repr or the ledger, whatever goes wrong."""

import base64
import io
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from mail.port import Folder, Lane, Mailbox, MailboxError
from programme.loader import load_files
from programme.service import Service
from scheduler.journal import journal
from scheduler.wiring import Opening, open_mailbox
from tests.conformance.imap_bench import Loopback
from tests.jobs.stage import EVE, FILES, ISSUE, Stage
from tests.servers.ews import EwsServer
from tests.servers.ews import Fault as EwsFault
from tests.servers.ews_client import OUT, RAW
from tests.servers.graph import GraphServer
from tests.servers.graph_wire import Fault, Trouble
from tests.servers.loopback import Stage as CutAt
from tests.servers.rigs import Rig, rigged
from workbook.reading import Reader

SYSTEMS = ("exchange", "graph", "imap")
WRONG = "Marked-Wrong-Secret-4711"
CONFIG = Path("/nowhere/config")
HOUR = timedelta(hours=1)
# Those that are waited for; the adapters' own tests have them.
PATIENT = {"SLOW", "DRIPPING", "SILENT", "DROPS"}


def forms(secret: str) -> list[bytes]:
    """How a secret may look when a library, a protocol or a server has written it."""
    texts = [
        secret,
        secret.encode("ascii", "ignore").decode(),
        quote(secret),
        repr(secret)[1:-1],
        secret.encode("utf-7").decode("ascii"),
    ]
    told = [f"plans:{secret}", f"\0plans\0{secret}", secret]
    return [each.encode() for each in texts] + [base64.b64encode(each.encode())[:-4] for each in told]


def in_sign_ins(secret: str) -> list[str]:
    """What a server was told, and may repeat."""
    return [secret, *(base64.b64encode(each.encode()).decode() for each in (secret, f"\0plans\0{secret}"))]


def seen_in(text: bytes, secret: str) -> list[bytes]:
    """The lines in which it shows."""
    return [line for line in text.splitlines() for form in forms(secret) if form in line]


def service(rig: Rig) -> Service:
    return load_files(FILES | {"service.yaml": rig.service_yaml(FILES["service.yaml"])})


def opened(rig: Rig, secret: str = "") -> Mailbox:
    return open_mailbox(service(rig), CONFIG, {"PLANCYCLE_MAILBOX_SECRET": secret or rig.secret})


def exchange_troubles(server: EwsServer) -> Iterator[None]:
    for fault in EwsFault:
        for operation in ("GetFolder", "FindItem", "CreateItem", "SyncFolderItems"):
            if fault.name not in PATIENT:
                server.plan(operation, fault)
                yield
                server._plans.clear()


def graph_troubles(server: GraphServer) -> Iterator[None]:
    for trouble in Trouble:
        for skip in (0, 1, 2, 4):
            if trouble.name not in PATIENT and not (skip == 0 and trouble.name in ("GONE", "UNCONVERTIBLE")):
                server.faults[:] = [Fault(trouble, skip=skip, times=2)]
                yield
    server.faults.clear()


def imap_troubles(loopback: Loopback) -> Iterator[None]:
    for server in (loopback.imap, loopback.smtp):
        for stage in CutAt:
            for number in (1, 2, 3, 5, 8):
                if stage.name not in PATIENT:
                    server.faults.cut(number, stage)
                    yield
        server.faults.cut(0, CutAt.BEFORE)
    for repeated in in_sign_ins(loopback.imap.users["plans"]):
        loopback.imap.faults.answers = {"SELECT": f"NO {repeated}"}
        yield
    loopback.imap.faults.answers = {}


TROUBLES: dict[str, Callable[..., Iterator[None]]] = {
    "exchange": exchange_troubles,
    "graph": graph_troubles,
    "imap": imap_troubles,
}


def tried(box: Mailbox) -> list[str]:
    """Every call of the port, and all that can be read of what it raised."""
    said = [repr(box), str(box)]
    calls: list[Callable[[], object]] = [
        box.check,
        lambda: box.send(box.prepare(RAW)),
        lambda: box.lookup(OUT, "token"),
        lambda: [box.file(each.server_id, Lane.PROCESSED) for each in box.poll(None).messages],
        box.close,
    ]
    for call in calls:
        try:
            call()
        except MailboxError as error:
            said += [repr(error), str(error), "".join(traceback.format_exception(error)), repr(error.args)]
    return said


@contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """All that any library would ever log, at its most talkative."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


@pytest.mark.parametrize("system", SYSTEMS)
def test_whatever_goes_wrong_no_error_no_log_and_no_repr_shows_the_secret(system: str, tmp_path: Path) -> None:
    said: list[str] = []
    with rigged(system, tmp_path) as rig, everything_logged() as heard:
        for _ in TROUBLES[system](rig.server):
            rig.deliver(b"From: s@example.org\r\n\r\nhello\r\n", datetime(2020, 1, 31, tzinfo=UTC), Folder.INBOX)
            said += tried(opened(rig))
        failures = sum("Error(" in each for each in said)
        said += tried(opened(rig, WRONG))
    assert failures > 50
    everything = ("\n".join(said) + heard.getvalue()).encode()
    assert seen_in(everything, rig.secret) == []
    assert seen_in(everything, WRONG) == []


@pytest.mark.parametrize("system", SYSTEMS)
def test_neither_the_journal_nor_the_ledger_holds_it_after_a_day_of_trouble(system: str, tmp_path: Path) -> None:
    lines = io.StringIO()
    with rigged(system, tmp_path) as rig, Reader() as reader:
        stage = Stage(tmp_path / "house", reader, service(rig))
        stage.office = replace(stage.office, log=journal(lambda: EVE, lines))
        stage.declare(service(rig))
        stage.through(opened(rig))
        stage.wake(EVE)
        stage.office.mailbox.close()
        stage.through(opened(rig, WRONG))
        for hours in range(4):
            stage.wake(ISSUE + hours * HOUR)
        stage.office.mailbox.close()
        stage.through(opened(rig))
        stage.wake(ISSUE + 5 * HOUR)
        letters = [stage.ledger.blobs.get(intent.sha256) for intent in stage.intents()]
        assert len(rig.sent()) > 3, "with the right secret the mailing goes"
        assert any("cannot be read" in intent.subject for intent in stage.intents("alert"))
        stage.office.mailbox.close()
        stage.close()
    stored = [path.read_bytes() for path in (tmp_path / "house").rglob("*") if path.is_file()]
    everything = b"\n".join([lines.getvalue().encode(), *letters, *stored])
    assert '"event": "mailbox trouble"' in lines.getvalue()
    assert seen_in(everything, rig.secret) == []
    assert seen_in(everything, WRONG) == []


def test_what_a_mailbox_is_opened_with_does_not_show_the_environment() -> None:
    given = Opening(load_files(FILES).mailbox, Path("/srv"), {"PLANCYCLE_MAILBOX_SECRET": WRONG})
    assert WRONG not in repr(given) + str(given)
