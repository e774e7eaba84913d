"""The imap adapter on the bench: against the small loopback servers, and against a real Dovecot."""

import atexit
import functools
import os
import shutil
import tempfile
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest

from mail.imap import ImapMailbox
from mail.imap_settings import Endpoint, ImapSettings
from mail.port import Folder
from tests.conformance.bench import Bench
from tests.servers import dovecot
from tests.servers.imap import ImapServer
from tests.servers.smtp import Envelope, SmtpServer

ADDRESS = "plans@example.gov"
USERS = {"plans": "the sécret of the tests"}
SECONDS = 10.0


class Loopback:
    """An IMAP and an SMTP server with one mailbox behind both; what is sent to others lies in ``world``."""

    def __init__(self) -> None:
        self.imap = ImapServer(USERS)
        self.smtp = SmtpServer(self._carry, USERS)
        self.arrives_at: datetime | None = None
        self.world: list[bytes] = []
        self.opened: list[ImapMailbox] = []

    def start(self) -> None:
        self.imap.start()
        self.smtp.start()

    def stop(self) -> None:
        for box in self.opened:
            box.close()
        self.imap.stop()
        self.smtp.stop()

    def settings(self, timeout: float = SECONDS) -> ImapSettings:
        imap = Endpoint("127.0.0.1", self.imap.port, "none")
        return ImapSettings(ADDRESS, imap, Endpoint("127.0.0.1", self.smtp.port, "none"), "plans", timeout=timeout)

    def open(self, timeout: float = SECONDS) -> ImapMailbox:
        self.opened.append(ImapMailbox(self.settings(timeout), USERS["plans"]))
        return self.opened[-1]

    def deliver(self, raw: bytes, at: datetime, folder: Folder = Folder.INBOX) -> str:
        shelf = self.imap.shelves["INBOX" if folder is Folder.INBOX else "Junk"]
        with self.imap.lock:
            return f"{folder}/{shelf.validity}/{shelf.add(raw, at)}"

    def _carry(self, envelope: Envelope) -> None:
        if set(envelope.recipients) - {ADDRESS}:
            self.world.append(envelope.raw)
        if ADDRESS in envelope.recipients:
            trace = f"Return-Path: <{envelope.sender}>\r\nReceived: from a by b; Fri, 31 Jan 2020 12:00:00 +0000\r\n"
            self.deliver(trace.encode() + envelope.raw, datetime.fromisoformat("2020-01-31T12:00:00+00:00"))


def imap_bench(root: Path) -> Bench:
    loopback = Loopback()
    loopback.start()
    return Bench(loopback.open, loopback.deliver, lambda: loopback.world, ImapMailbox.batch_messages, loopback.stop)


def dovecot_bench(root: Path) -> Bench:
    server = running_dovecot()
    server.new_box(ADDRESS)
    opened: list[ImapMailbox] = []

    def mailbox() -> ImapMailbox:
        opened.append(ImapMailbox(dovecot_settings(server), dovecot.PASSWORD))
        return opened[-1]

    def close() -> None:
        for box in opened:
            box.close()

    return Bench(mailbox, server.deliver, server.sent, ImapMailbox.batch_messages, close)


def dovecot_settings(server: dovecot.Dovecot) -> ImapSettings:
    return ImapSettings(
        address=server.address,
        imap=Endpoint("localhost", server.ports.imaps, "tls"),
        smtp=Endpoint("localhost", server.ports.submission, "starttls"),
        username=server.local,
        ca_bundle=server.certificate,
        timeout=SECONDS,
    )


@functools.cache
def running_dovecot() -> dovecot.Dovecot:
    """The one Dovecot of this test run, started at its first use and stopped at the end."""
    if lacking := dovecot.missing():
        if os.environ.get("PLANCYCLE_REQUIRE_SERVERS"):
            pytest.fail(lacking)
        pytest.skip(lacking)
    root = Path(tempfile.mkdtemp(prefix="plancycle-dovecot-"))
    root.chmod(0o755)
    stack = ExitStack()
    atexit.register(stack.close)
    stack.callback(shutil.rmtree, root, ignore_errors=True)
    return stack.enter_context(dovecot.running(root))
