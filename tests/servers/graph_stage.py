"""A loopback Graph server, one mailbox in it, a clock that the test moves, and processes that open the mailbox."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mail.compose import compose
from mail.graph import GraphMailbox
from mail.graph_settings import Endpoints, GraphSettings
from mail.letter import Attachment, Letter
from mail.port import MailboxError, Outcome, TransientMailboxError
from tests.servers.graph import GraphServer
from tests.servers.graph_login import CLIENT, SECRET, TENANT

ADDRESS = "plans@example.gov"
NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def letter(number: int = 1, *files: Attachment, text: str = "Please return it.\n") -> bytes:
    """A message of ours; its Message-ID follows from the number."""
    return compose(
        Letter(
            ADDRESS, "Planning", f"s{number}@example.org", "Mòrag", f"Nàdar {number}", text, "", message_id(number),
            NOON, files, "<issue@example.gov>", ("<issue@example.gov>",),
        )
    )  # fmt: skip


def message_id(number: int = 1) -> str:
    return f"<o'a+{number}@example.gov>"


def incoming(number: int, extra: str = "") -> bytes:
    head = f"From: s@example.org\r\nMessage-ID: <in.{number}@example.org>\r\nSubject: number {number}\r\n{extra}"
    return f"{head}\r\nnumber {number}\r\n".encode()


class Stage:
    """``now`` is the time of both sides, unless ``ahead`` puts our clock before or after the server's."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        self.ahead = timedelta()
        self.server = GraphServer(folder, lambda: self.now)
        self.state = self.server.mailbox(ADDRESS)
        endpoints = Endpoints(self.server.url, self.server.url)
        self.settings = GraphSettings(
            ADDRESS, TENANT, CLIENT, endpoints=endpoints, ca_bundle=self.server.ca_bundle, timeout=10
        )
        self.opened: list[GraphMailbox] = []

    def clock(self) -> datetime:
        return self.now + self.ahead

    def on(self, by: timedelta) -> None:
        self.now += by

    def open(self, secret: str = SECRET, kind: type[GraphMailbox] = GraphMailbox, **changes: object) -> GraphMailbox:
        """Another process opens the mailbox."""
        settings = replace(self.settings, **changes)  # type: ignore[arg-type]
        self.opened.append(kind(settings, secret, self.clock))
        return self.opened[-1]

    def requests(self) -> list[str]:
        """The requests about the mailbox so far, without those of the sign-in."""
        return [each for each in self.server.requests if TENANT not in each]

    def close(self) -> None:
        for box in self.opened:
            box.close()
        self.server.close()
        assert self.server.crashes == []


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    stage = Stage(folder)
    try:
        yield stage
    finally:
        stage.close()


def carry(stage: Stage, opened: Callable[[], GraphMailbox], raw: bytes, known_as: str) -> Outcome:
    """Send as the service does: look up after every error, prepare afresh what was not sent, half an hour at most."""
    for _ in range(10):
        box = opened()
        try:
            token = box.prepare(raw)
        except TransientMailboxError:
            stage.on(6 * MINUTE)
            continue
        try:
            box.send(token)
        except MailboxError:
            outcome = settled(stage, opened, known_as, token)
            if outcome is not Outcome.NOT_SENT:
                return outcome
        else:
            return Outcome.SENT
    raise AssertionError("it was never sent")


def settled(stage: Stage, opened: Callable[[], GraphMailbox], known_as: str, token: str) -> Outcome:
    """What look-ups say within half an hour; a look-up may fail as well."""
    for _ in range(30):
        stage.on(MINUTE)
        try:
            outcome = opened().lookup(known_as, token)
        except TransientMailboxError:
            continue
        if outcome is not Outcome.UNKNOWN:
            return outcome
    return Outcome.UNKNOWN
