"""``plancycle mailbox check``: every step in plain words on every system, and what a failed one says to do."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from jobs import inbox
from jobs.office import Office
from jobs.witness import Keyring
from ledger import arrivals, desk, intents
from ledger.store import Ledger
from mail.port import Folder, MailboxError
from mail.reaching import Server, connect, handshake, resolve, web_server
from mail.reading import read
from programme.loader import load_files
from programme.service import Service
from scheduler.command_line import main
from scheduler.commands.mailbox import _taken_in
from scheduler.journal import silent
from scheduler.mailbox_check import PATIENCE, Step, Trial, checked
from scheduler.wiring import open_mailbox, servers
from tests.jobs.stage import FILES, KEYS
from tests.servers.dovecot_certificate import write_certificate
from tests.servers.ews import EwsServer, serving
from tests.servers.ews import Fault as EwsFault
from tests.servers.graph import GraphServer
from tests.servers.graph_wire import Fault, Trouble
from tests.servers.rigs import ADDRESS, RIGS, Rig, rigged
from workbook.contents import Sheets

SYSTEMS = [pytest.param(name, marks=[pytest.mark.servers] * (name == "imap-dovecot")) for name in RIGS]
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


class NoWorkbooks:
    """A reader that nothing is brought to."""

    def read(self, data: bytes) -> Sheets:
        raise AssertionError(f"{len(data)} bytes were to be read")


NO_READER = NoWorkbooks()
BACK = ["receive", "clock", "file"]
THERE = ["sign in", "read", "send", "find in Sent"]
REACHED = {"folder": 0, "exchange": 1, "graph": 2, "imap": 2, "imap-dovecot": 2}


@pytest.fixture
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with rigged(request.param, tmp_path) as opened:
        yield opened


def service(rig: Rig) -> Service:
    return load_files(FILES | {"service.yaml": rig.service_yaml(FILES["service.yaml"])})


def trial(rig: Rig, **changes: object) -> Trial:
    config = Path("/nowhere/config")
    whole = Trial(
        opened=partial(open_mailbox, service(rig), config, rig.environment),
        address=ADDRESS,
        servers=servers(service(rig), config),
        delivers=rig.system != "folder",
        send=True,
        clock=rig.now,
        wait=lambda _: None,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def bring_back(rig: Rig) -> Iterator[None]:
    """What the mail system does while the check waits."""
    rig.returned()
    while True:
        yield


@pytest.mark.parametrize("rig", SYSTEMS, indirect=True)
def test_every_step_goes_well_on_every_system(rig: Rig, request: pytest.FixtureRequest) -> None:
    carried = bring_back(rig)
    steps = list(checked(trial(rig, wait=lambda _: next(carried))))
    assert [step for step in steps if not step.good] == []
    reached = ["resolve", "connect", "TLS"] * REACHED[request.node.callspec.params["rig"]]
    assert [step.name for step in steps] == ["settings", *reached, *THERE, *(BACK if rig.system != "folder" else [])]
    assert any(ADDRESS in step.sentence for step in steps if step.name == "send")


@pytest.mark.parametrize("rig", ["exchange", "graph", "imap"], indirect=True)
def test_without_sending_nothing_leaves_and_nothing_is_changed(rig: Rig) -> None:
    rig.deliver(b"From: s@example.org\r\n\r\nhello\r\n", NOW, Folder.INBOX)
    steps = list(checked(trial(rig, send=False)))
    assert steps[-1] == Step("read", True, "Inbox and Junk were read; 1 wait there.")
    assert rig.sent() == []


@pytest.mark.parametrize(
    ("keys", "lane", "says"),
    [
        (KEYS, "check", "knew it for a test, and filed it."),
        (Keyring({"k1": b"somebody else's key"}), "absence", "“absence”: the signing keys given here are not its own."),
        (None, "absence", "“absence”: no signing keys were given here."),
    ],
)
@pytest.mark.parametrize("rig", ["graph"], indirect=True)
def test_a_running_service_that_is_faster_files_the_message_and_alarms_nobody(
    rig: Rig, keys: Keyring | None, lane: str, says: str, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.db"
    config = written(rig, tmp_path)
    with Ledger.open(path) as ledger, closing(open_mailbox(service(rig), config, rig.environment)) as mailbox:
        office = Office(service(rig), ledger, mailbox, NO_READER, KEYS, silent)

        def meanwhile(_: timedelta) -> None:
            rig.returned()
            inbox.poll_once(office, rig.now())
            assert inbox.decide_one(office, rig.now())
            assert inbox.file_one(office, rig.now(), set())

        seen = partial(_taken_in, str(path))
        steps = list(checked(trial(rig, wait=meanwhile, keyring=keys, taken_in=seen)))
        assert [step for step in steps if not step.good] == []
        assert [step.name for step in steps][-3:] == BACK
        assert "running service took it in" in steps[-3].sentence
        assert steps[-1].sentence.endswith(says)
        with ledger.reading() as entry:
            assert (arrivals.get(entry, 1).lane, intents.open_intents(entry), desk.waiting(entry)) == (lane, [], [])


def test_no_ledger_has_taken_nothing_in(tmp_path: Path) -> None:
    assert _taken_in(str(tmp_path / "none.db"), "<check.1@example.gov>") is None
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(("more", "code"), [([], 1), (["--no-send"], 0)])
@pytest.mark.parametrize("rig", ["imap"], indirect=True)
def test_keys_that_no_service_could_use_end_the_command_before_anything_is_sent(
    rig: Rig,
    more: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PLANCYCLE_MAILBOX_SECRET", rig.secret)
    monkeypatch.setenv("PLANCYCLE_KEYS", "k1:short")
    assert main(["mailbox", "check", "--config", str(written(rig, tmp_path)), *more]) == code
    assert ("PLANCYCLE_KEYS is not of the form" in capsys.readouterr().err) is (code == 1)
    assert rig.sent() == []


@pytest.mark.parametrize("keys", ["k1:a-key-of-sixteen-and-more", None])
@pytest.mark.parametrize("rig", ["folder"], indirect=True)
def test_the_command_signs_with_the_keys_of_the_service_where_they_are_given(
    rig: Rig, keys: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANCYCLE_KEYS", raising=False)
    if keys is not None:
        monkeypatch.setenv("PLANCYCLE_KEYS", keys)
    assert main(["mailbox", "check", "--config", str(written(rig, tmp_path))]) == 0
    (raw,) = rig.sent()
    assert Keyring({"k1": b"a-key-of-sixteen-and-more"}).made_check(read(raw).message_id) is (keys is not None)


def failed(rig: Rig, **changes: object) -> Step:
    *before, last = checked(trial(rig, **changes))
    assert all(step.good for step in before)
    assert not last.good
    assert rig.secret not in last.sentence
    return last


@pytest.mark.parametrize("rig", ["exchange", "graph", "imap"], indirect=True)
def test_a_missing_secret_says_where_it_was_looked_for(rig: Rig) -> None:
    step = failed(rig, opened=partial(open_mailbox, service(rig), Path("/nowhere/config"), {}))
    assert step.name == "settings"
    for place in ("PLANCYCLE_MAILBOX_SECRET", "PLANCYCLE_MAILBOX_SECRET_FILE", "plancycle-mailbox-secret"):
        assert place in step.sentence


@pytest.mark.parametrize(
    ("rig", "says"),
    [
        ("exchange", "the secret is wrong or has expired"),
        ("graph", "the client secret is wrong"),
        ("imap", "Check the user name and the secret"),
    ],
    indirect=["rig"],
)
def test_a_wrong_secret_is_said_to_be_wrong(rig: Rig, says: str) -> None:
    wrong = {"PLANCYCLE_MAILBOX_SECRET": "quite-another-Secret"}
    step = failed(rig, opened=partial(open_mailbox, service(rig), Path("/nowhere/config"), wrong))
    assert step.name == "sign in"
    assert says in step.sentence
    assert "quite-another-Secret" not in step.sentence


@pytest.mark.parametrize("rig", ["graph"], indirect=True)
def test_an_application_that_was_allowed_nothing_is_told_what_to_ask_for(rig: Rig) -> None:
    assert isinstance(rig.server, GraphServer)
    rig.server.denied.add(ADDRESS)
    assert "RBAC" in failed(rig).sentence


@pytest.mark.parametrize("rig", ["graph"], indirect=True)
def test_a_throttled_mailbox_says_so(rig: Rig) -> None:
    assert isinstance(rig.server, GraphServer)
    rig.server.faults.append(Fault(Trouble.THROTTLED, on="GET .*mailFolders"))
    step = failed(rig)
    assert (step.name, "wait" in step.sentence or "later" in step.sentence) == ("sign in", True)


@pytest.mark.parametrize("rig", ["exchange"], indirect=True)
def test_ews_that_is_blocked_says_what_to_do(rig: Rig) -> None:
    assert isinstance(rig.server, EwsServer)
    rig.server.plan("GetFolder", EwsFault.FORBIDDEN)
    assert "Ask IT to allow EWS" in failed(rig).sentence


@pytest.mark.parametrize("rig", ["graph"], indirect=True)
def test_a_message_that_does_not_come_back_is_looked_for_two_minutes(rig: Rig) -> None:
    waited: list[timedelta] = []
    step = failed(rig, wait=waited.append)
    assert (step.name, sum(waited, timedelta())) == ("receive", PATIENCE)
    assert "filter" in step.sentence


@pytest.mark.parametrize("rig", ["exchange"], indirect=True)
def test_a_clock_that_is_wrong_is_noticed(rig: Rig) -> None:
    step = failed(rig, clock=lambda: rig.now() + timedelta(hours=1))
    assert step.name == "clock"
    assert "NTP" in step.sentence


def unheard() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize(
    ("name", "deed", "says"),
    [
        ("no.such.host.invalid", resolve, "Correct the name"),
        ("127.0.0.1", connect, "Is the port right"),
    ],
)
def test_a_server_that_is_not_there(name: str, deed: object, says: str) -> None:
    with pytest.raises(MailboxError, match=says):
        deed(Server("reading", name, unheard()))  # type: ignore[operator]


def test_a_certificate_that_is_not_believed(tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    write_certificate(certificate, key)
    both = tmp_path / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    with serving(EwsServer(), both) as server:
        with pytest.raises(MailboxError, match=r"not believed.*ca_bundle.*clock"):
            handshake(web_server("Exchange", server.endpoint, None), NOW)
        known = handshake(web_server("Exchange", server.endpoint, certificate), NOW)
        assert "is believed, and good until" in known


def test_a_port_without_tls_says_what_may_be_wrong() -> None:
    with serving(EwsServer()) as server, pytest.raises(MailboxError, match="starttls"):
        handshake(Server("reading", "localhost", server.port), NOW)


def test_a_proxy_is_reached_in_place_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    beyond = web_server("Graph", "https://graph.example/", None)
    assert (beyond.proxy, web_server("Graph", "https://localhost/", None).proxy) == ("127.0.0.1:3128", "")
    assert "through the proxy 127.0.0.1:3128" in resolve(beyond)
    assert "with the sign-in" in handshake(beyond, NOW)


@pytest.mark.parametrize("rig", ["imap"], indirect=True)
def test_the_command_tells_each_step_and_ends_with_0(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = written(rig, tmp_path)
    monkeypatch.setenv("PLANCYCLE_MAILBOX_SECRET", rig.secret)
    assert main(["mailbox", "check", "--no-send", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("ok      settings: ")
    assert said.endswith("The mailbox works.\n")


@pytest.mark.parametrize("rig", ["imap"], indirect=True)
def test_the_command_tells_machines_which_step_failed_and_ends_with_1(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = written(rig, tmp_path)
    monkeypatch.setenv("PLANCYCLE_MAILBOX_SECRET", "wrong")
    assert main(["mailbox", "check", "--json", "--config", str(config)]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["good"], said["steps"][-1]["name"], said["steps"][-1]["good"]) == (False, "sign in", False)


def written(rig: Rig, folder: Path) -> Path:
    for name, text in (FILES | {"service.yaml": rig.service_yaml(FILES["service.yaml"])}).items():
        path = folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "config"


@pytest.mark.parametrize("rig", ["graph"], indirect=True)
def test_a_message_that_is_never_found_among_the_sent_cannot_be_proved(rig: Rig) -> None:
    assert isinstance(rig.server, GraphServer)
    rig.server.mailboxes[ADDRESS].slow_to_leave = True
    step = failed(rig)
    assert step.name == "find in Sent"
    assert "Every sending would end in doubt" in step.sentence


@pytest.mark.parametrize("rig", ["exchange", "graph", "imap"], indirect=True)
def test_a_full_inbox_is_read_to_its_end(rig: Rig) -> None:
    for number in range(60):
        raw = f"From: s@example.org\r\nMessage-ID: <in.{number}@example.org>\r\n\r\nhello\r\n".encode()
        rig.deliver(raw, NOW, Folder.INBOX)
    assert list(checked(trial(rig, send=False)))[-1].sentence == "Inbox and Junk were read; 60 wait there."


def test_a_ca_bundle_that_is_not_there_is_named(tmp_path: Path) -> None:
    with serving(EwsServer()) as server, pytest.raises(MailboxError, match="cannot be used"):
        handshake(Server("reading", "localhost", server.port, ca_bundle=tmp_path / "gone.pem"), NOW)


@pytest.mark.parametrize("rig", ["imap"], indirect=True)
def test_what_a_check_is_made_with_does_not_show_the_environment(rig: Rig) -> None:
    assert rig.secret not in repr(trial(rig))
