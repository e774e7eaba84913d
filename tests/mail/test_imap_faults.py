"""Faults at every command of every call: nothing is lost, a message goes once or is in doubt, no secret is told."""

import logging
import re
import socket
import ssl
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mail.imap import ImapMailbox
from mail.imap_faults import said
from mail.imap_settings import Endpoint, ImapSettings, Secret
from mail.port import Lane, Outcome, PermanentMailboxError, TransientMailboxError
from tests.conformance.imap_bench import ADDRESS, USERS, Loopback
from tests.servers.loopback import Stage

NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)
OUT = b"From: plans@example.gov\r\nTo: s@example.org\r\nMessage-ID: <1@example.gov>\r\nX-Plancycle: 1\r\n\r\nout\r\n"
IN = b"From: s@example.org\r\nMessage-ID: <in@example.org>\r\n\r\nin\r\n"
ID = "<1@example.gov>"
SECRET = USERS["plans"]
CUTS = (Stage.BEFORE, Stage.AFTER, Stage.MID, Stage.NONSENSE)
SHORT = 0.5


@pytest.fixture
def loop() -> Iterator[Loopback]:
    loopback = Loopback()
    loopback.start()
    yield loopback
    loopback.stop()


class Round:
    """A mailbox with one arrival, and a message that is prepared; then one call is made under a fault."""

    def __init__(self, timeout: float = 20) -> None:
        self.loop = Loopback()
        self.loop.start()
        self.arrival = self.loop.deliver(IN, NOON + timedelta(days=1))
        self.box = self.loop.open(timeout)
        self.token = ""
        self.errors: list[TransientMailboxError] = []

    def call(self, name: str, server: str, number: int, stage: Stage) -> bool:
        """Make the call with a fault at the server's command of that number; False when there was none so late."""
        if name in ("send", "lookup after sending"):
            self.token = self.box.prepare(OUT)
        if name == "lookup after sending":
            self.box.send(self.token)
            self.box = self.loop.open()
        faults = self.loop.imap.faults if server == "imap" else self.loop.smtp.faults
        faults.cut(number, stage)
        try:
            CALLS[name](self)
        except TransientMailboxError as error:
            self.errors.append(error)
        reached = faults.seen >= number
        faults.cut(0, stage)
        return reached

    def require_nothing_lost_nor_sent_twice(self) -> None:
        """By what the servers have, and by what this process and a later one are told afterwards."""
        assert not any(map(told, self.errors))
        times = len(self.loop.world)
        assert times <= 1
        for box in (self.box, self.loop.open()):
            outcome = box.lookup(ID, self.token)
            assert outcome is not (Outcome.NOT_SENT if times else Outcome.SENT)
            batch = box.poll(None)
            places = [name for name, shelf in self.loop.imap.shelves.items() for each in shelf.kept if each.raw == IN]
            assert set(places) <= {"INBOX", "Processed"}
            assert places
            assert [each.raw for each in batch.messages] == [IN] * places.count("INBOX")
        if times:
            assert self.loop.open().lookup(ID, self.token) is Outcome.SENT


CALLS: dict[str, Callable[[Round], object]] = {
    "check": lambda self: self.box.check(),
    "prepare": lambda self: self.box.prepare(OUT),
    "send": lambda self: self.box.send(self.token),
    "lookup after sending": lambda self: self.box.lookup(ID, self.token),
    "poll": lambda self: self.box.poll(None),
    "file": lambda self: self.box.file(self.arrival, Lane.PROCESSED),
}


@pytest.mark.parametrize("stage", CUTS)
@pytest.mark.parametrize("server", ["imap", "smtp"])
@pytest.mark.parametrize("name", CALLS)
def test_a_connection_cut_anywhere_loses_nothing_and_sends_once(name: str, server: str, stage: Stage) -> None:
    number, reached = 1, True
    while reached:
        attempt = Round()
        reached = attempt.call(name, server, number, stage)
        attempt.require_nothing_lost_nor_sent_twice()
        attempt.loop.stop()
        number += 1
    talks_to = {"check": ("imap", "smtp"), "prepare": ("imap", "smtp"), "send": ("smtp",)}
    assert (number > 4) is (server in talks_to.get(name, ("imap",)))


@pytest.mark.parametrize(("name", "server"), [("send", "smtp"), ("poll", "imap"), ("file", "imap")])
def test_a_server_that_falls_silent_is_given_up(name: str, server: str) -> None:
    number, reached = 1, True
    while reached:
        attempt = Round()
        attempt.box.close()
        attempt.box = attempt.loop.open(SHORT)
        reached = attempt.call(name, server, number, Stage.SILENT)
        attempt.box = attempt.loop.open()
        attempt.require_nothing_lost_nor_sent_twice()
        attempt.loop.stop()
        number += 1
    assert number > 4


@pytest.mark.parametrize("server", ["imap", "smtp"])
def test_an_answer_that_comes_drop_by_drop_is_given_up(
    loop: Loopback, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = loop.open(2)
    box.check()
    monkeypatch.setattr("mail.imap_patience.WHOLE_CALL", 2)
    (loop.imap if server == "imap" else loop.smtp).faults.cut(2, Stage.DROPS)
    with pytest.raises(TransientMailboxError, match="it was given up"):
        box.poll(None) if server == "imap" else box.prepare(OUT)
    assert loop.open().check()


def test_a_message_taken_whose_answer_was_lost_is_proved_by_its_copy(loop: Loopback) -> None:
    box = loop.open()
    token = box.prepare(OUT)
    loop.smtp.faults.cut(6, Stage.AFTER)
    with pytest.raises(TransientMailboxError):
        box.send(token)
    assert len(loop.world) == 1
    assert box.lookup(ID, token) is Outcome.SENT


def test_a_message_lost_with_its_connection_stays_unknown(loop: Loopback) -> None:
    box = loop.open()
    token = box.prepare(OUT)
    loop.smtp.faults.cut(6, Stage.BEFORE)
    with pytest.raises(TransientMailboxError):
        box.send(token)
    assert loop.world == []
    assert box.lookup(ID, token) is Outcome.UNKNOWN


@pytest.mark.parametrize("server", ["imap", "smtp"])
def test_the_next_call_connects_again(loop: Loopback, server: str) -> None:
    box = loop.open()
    box.check()
    faults = loop.imap.faults if server == "imap" else loop.smtp.faults
    faults.cut(1, Stage.BEFORE)
    assert box.check()
    assert faults.seen > 1


@pytest.mark.parametrize("auth", ["plain", "xoauth2"])
@pytest.mark.parametrize("server", ["imap", "smtp"])
def test_a_wrong_secret_needs_a_person_and_is_not_told(
    loop: Loopback, auth: str, server: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (loop.smtp if server == "imap" else loop.imap).users = {"plans": "another sécret"}
    (loop.imap if server == "imap" else loop.smtp).users = {"plans": "the right one"}
    found = loop.settings()
    settings = ImapSettings(ADDRESS, found.imap, found.smtp, "plans", auth="xoauth2" if auth == "xoauth2" else "plain")
    box = ImapMailbox(settings, "another sécret")
    loop.opened.append(box)
    with pytest.raises(PermanentMailboxError, match=r"refuses the sign-in of plans: .*Check the user name") as refused:
        box.check()
    words = "".join(traceback.format_exception(refused.value)) + caplog.text + repr(vars(box)) + repr(settings)
    assert not told(words, "another sécret")


def test_no_log_and_no_representation_holds_the_secret(loop: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    box = loop.open()
    token = box.prepare(OUT)
    box.send(token)
    box.poll(None)
    words = caplog.text + repr(box) + repr(vars(box)) + repr(vars(box._sending)) + repr(Secret(SECRET, "plans"))
    assert not told(words)


def test_an_echo_of_the_secret_is_scrubbed_in_every_spelling() -> None:
    secret = Secret(SECRET, "plans")
    echoes = [secret.password(), *(b64encode(each.encode()).decode() for each in (secret.plain(), secret.xoauth2()))]
    assert [secret.scrub(f"no: {echo}!") for echo in echoes] == ["no: …!"] * 3
    assert Secret("", "plans").scrub("as it is") == "as it is"


@pytest.mark.parametrize(
    ("command", "answer", "kind", "words"),
    [
        ("SELECT", "NO [UNAVAILABLE] later", TransientMailboxError, "could not do it"),
        ("SELECT", "BAD what", TransientMailboxError, "could not do it"),
        ("SELECT", "NO [NOPERM] not yours", PermanentMailboxError, "Ask the mail administrators"),
        ("AUTHENTICATE", "NO [UNAVAILABLE] later", TransientMailboxError, "not let us sign in for now"),
        ("AUTHENTICATE", "NO nope", PermanentMailboxError, "Check the user name and the secret"),
        ("LIST", "NO [SERVERBUG] oh", TransientMailboxError, "oh"),
    ],
)
def test_imap_refusals_pass_or_need_a_person(
    loop: Loopback, command: str, answer: str, kind: type[Exception], words: str
) -> None:
    loop.imap.faults.answers[command] = answer
    with pytest.raises(kind, match=words):
        loop.open().poll(None)


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("UID MOVE", "NO [OVERQUOTA] full", PermanentMailboxError),
        ("UID MOVE", "NO [INUSE] busy", TransientMailboxError),
        ("CREATE", "NO [NOPERM] not yours", PermanentMailboxError),
    ],
)
def test_a_message_that_cannot_be_moved_stays(loop: Loopback, command: str, answer: str, kind: type[Exception]) -> None:
    server_id = loop.deliver(IN, NOON)
    loop.imap.faults.answers[command] = answer
    with pytest.raises(kind):
        loop.open().file(server_id, Lane.PROCESSED)
    assert len(loop.open().poll(None).messages) == 1


@pytest.mark.parametrize(
    ("command", "answer", "kind"),
    [
        ("GREETING", "554 go away", PermanentMailboxError),
        ("GREETING", "421 later", TransientMailboxError),
        ("AUTH", "454 4.7.0 later", TransientMailboxError),
        ("AUTH", "999", TransientMailboxError),
        ("EHLO", "502 what", PermanentMailboxError),
    ],
)
def test_smtp_refusals_pass_or_need_a_person(loop: Loopback, command: str, answer: str, kind: type[Exception]) -> None:
    loop.smtp.faults.answers[command] = answer
    with pytest.raises(kind):
        loop.open().check()


def test_a_host_that_is_not_there_is_asked_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    nobody = Endpoint("127.0.0.1", port, "none")
    with pytest.raises(TransientMailboxError, match="refuses connections: check host and port"):
        ImapMailbox(ImapSettings(ADDRESS, nobody, nobody, "plans"), SECRET).check()


def test_a_name_that_is_not_known_is_asked_again() -> None:
    nowhere = Endpoint("nowhere.invalid", 993)
    with pytest.raises(TransientMailboxError, match=r"nowhere\.invalid cannot be resolved"):
        ImapMailbox(ImapSettings(ADDRESS, nowhere, nowhere, "plans"), SECRET).check()


@pytest.mark.parametrize("server", ["imap", "smtp"])
def test_tls_at_a_port_without_it_says_what_to_change(loop: Loopback, server: str) -> None:
    found = loop.settings()
    for security, words in (("tls", "does not speak TLS from the first byte"), ("starttls", "does not offer STARTTLS")):
        plain = getattr(found, server)
        changed = Endpoint(plain.host, plain.port, "tls" if security == "tls" else "starttls")
        ends = (changed, found.smtp) if server == "imap" else (found.imap, changed)
        loop.opened.append(ImapMailbox(ImapSettings(ADDRESS, *ends, "plans", timeout=5), SECRET))
        with pytest.raises(PermanentMailboxError, match=words):
            loop.opened[-1].check()


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_ca_bundle_that_cannot_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    bundle = tmp_path / "authorities.pem"
    if content is not None:
        bundle.write_text(content)
    end = Endpoint("localhost", 993)
    with pytest.raises(PermanentMailboxError, match=r"authorities\.pem cannot be used"):
        ImapMailbox(ImapSettings(ADDRESS, end, end, "plans", ca_bundle=bundle), SECRET)


def test_certificate_and_host_name_are_always_checked() -> None:
    end = Endpoint("localhost", 993)
    trust = ImapSettings(ADDRESS, end, end, "plans").trust()
    assert trust is not None
    assert (trust.verify_mode, trust.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_what_a_server_says_is_one_line_that_ends() -> None:
    assert said(b"no\r\n\x1b[31m way" + b"!" * 500).startswith("“no [31m way!!!")
    assert len(said("x" * 1_000)) < 310


def told(error: Exception | str, secret: str = SECRET) -> bool:
    """Whether the secret, or what carries it to a server, can be read there."""
    words = error if isinstance(error, str) else "".join(traceback.format_exception(error))
    carriers = (f"\0plans\0{secret}", f"user=plans\1auth=Bearer {secret}\1\1", secret)
    spellings = [secret, *(b64encode(each.encode()).decode() for each in carriers)]
    return any(re.search(re.escape(each), words) for each in spellings)
