"""A server of each system, with the lines of service.yaml that name it and the secret that opens its mailbox."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mail.folder import deliver, sent_messages
from mail.port import Folder
from tests.conformance.exchange_bench import FOLDERS
from tests.conformance.imap_bench import USERS, Loopback, running_dovecot
from tests.servers.dovecot import PASSWORD
from tests.servers.ews import EwsServer, serving
from tests.servers.graph import GraphServer
from tests.servers.graph_login import CLIENT, SECRET, TENANT

ADDRESS = "plans@example.gov"


@dataclass(frozen=True)
class Rig:
    """A running server and one mailbox on it.

    ``settings`` are lines under ``mailbox:``, without the address and the name. ``deliver`` puts a message into a
    folder as received at an instant, ``sent`` are the messages that left, in their order. ``asked`` says what the
    server was asked so far. ``now`` is the server's clock. ``returned`` brings what was last sent back to the mailbox
    itself, where the server does not.
    """

    system: str
    settings: str
    secret: str
    deliver: Callable[[bytes, datetime, Folder], str]
    sent: Callable[[], list[bytes]]
    asked: Callable[[], list[str]]
    server: object = None
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    returned: Callable[[], object] = lambda: None

    @property
    def environment(self) -> dict[str, str]:
        return {"PLANCYCLE_MAILBOX_SECRET": self.secret}

    def service_yaml(self, text: str) -> str:
        """A service.yaml with this mailbox in the place of its own."""
        before, _, after = text.partition("mailbox:\n")
        rest = after[len("".join(_indented(after))) :]
        mine = "".join(f"  {line}\n" for line in [*self.settings.splitlines(), f"address: {ADDRESS}", "name: Planning"])
        return f"{before}mailbox:\n{mine}{rest}"


def _indented(text: str) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        if not line.startswith(" "):
            return
        yield line


@contextmanager
def folder_rig(root: Path) -> Iterator[Rig]:
    box = root / "mailbox"
    box.mkdir()
    yield Rig(
        system="folder",
        settings=f"system: folder\npath: {box}",
        secret="",
        deliver=lambda raw, at, folder: deliver(box, raw, at, folder),
        sent=lambda: [path.read_bytes() for path in sent_messages(box)],
        asked=list,
        server=box,
    )


@contextmanager
def exchange_rig(_root: Path) -> Iterator[Rig]:
    with serving(EwsServer(ADDRESS)) as server:
        yield Rig(
            system="exchange",
            settings=f"system: exchange\nexchange: {{endpoint: {server.endpoint}, username: plans, auth: basic}}",
            secret=server.password,
            deliver=lambda raw, at, folder: server.store.put(server.store.named(FOLDERS[folder]).id, raw, at).id,
            sent=lambda: list(server.store.delivered),
            asked=lambda: list(server.asked),
            server=server,
            now=lambda: server.store.now,
        )


@contextmanager
def graph_rig(root: Path) -> Iterator[Rig]:
    server = GraphServer(root)
    state = server.mailbox(ADDRESS)
    try:
        yield Rig(
            system="graph",
            settings=(
                f"system: graph\ngraph:\n  tenant_id: {TENANT}\n  client_id: {CLIENT}\n"
                f"  ca_bundle: {server.ca_bundle}\n"
                f"  endpoints: {{login: '{server.url}', graph: '{server.url}'}}"
            ),
            secret=SECRET,
            deliver=lambda raw, at, folder: f"{folder}/{state.deliver(raw, at, FOLDERS[folder])}",
            sent=lambda: list(state.sent),
            asked=lambda: list(server.requests),
            server=server,
            returned=lambda: state.deliver(state.sent[-1], datetime.now(UTC)),
        )
    finally:
        server.close()
        assert server.crashes == []


@contextmanager
def imap_rig(_root: Path) -> Iterator[Rig]:
    loopback = Loopback()
    loopback.start()
    incoming, outgoing = (
        f"{{host: 127.0.0.1, port: {server.port}, security: none}}" for server in (loopback.imap, loopback.smtp)
    )
    try:
        yield Rig(
            system="imap",
            settings=f"system: imap\nimap:\n  username: plans\n  incoming: {incoming}\n  outgoing: {outgoing}",
            secret=USERS["plans"],
            deliver=loopback.deliver,
            sent=lambda: list(loopback.world),
            asked=lambda: list(loopback.imap.commands),
            server=loopback,
            now=lambda: datetime(2020, 1, 31, 12, tzinfo=UTC),
        )
    finally:
        loopback.stop()


@contextmanager
def dovecot_rig(_root: Path) -> Iterator[Rig]:
    server = running_dovecot()
    server.new_box(ADDRESS)
    yield Rig(
        system="imap",
        settings=(
            f"system: imap\nimap:\n  username: {server.local}\n  ca_bundle: {server.certificate}\n"
            f"  incoming: {{host: localhost, port: {server.ports.imaps}}}\n"
            f"  outgoing: {{host: localhost, port: {server.ports.submission}, security: starttls}}"
        ),
        secret=PASSWORD,
        deliver=server.deliver,
        sent=server.sent,
        asked=list,
        server=server,
    )


RIGS = {
    "folder": folder_rig,
    "exchange": exchange_rig,
    "graph": graph_rig,
    "imap": imap_rig,
    "imap-dovecot": dovecot_rig,
}


@contextmanager
def rigged(name: str, root: Path) -> Iterator[Rig]:
    """The server of this name, for as long as the block runs."""
    with ExitStack() as stack:
        yield stack.enter_context(RIGS[name](root))
