"""The graph adapter on the bench: msal and requests, unpatched, against the loopback Graph server."""

from datetime import UTC, datetime
from pathlib import Path

from mail.graph import GraphMailbox
from mail.graph_settings import Endpoints, GraphSettings
from mail.port import Folder
from tests.conformance.bench import Bench
from tests.servers.graph import GraphServer
from tests.servers.graph_login import CLIENT, SECRET, TENANT

ADDRESS = "plans@example.gov"
FOLDERS = {Folder.INBOX: "inbox", Folder.JUNK: "junkemail"}


def graph_bench(root: Path) -> Bench:
    """A server of its own for every test; a mailbox that is opened is another process's view of it."""
    server = GraphServer(root)
    state = server.mailbox(ADDRESS)
    endpoints = Endpoints(server.url, server.url)
    settings = GraphSettings(ADDRESS, TENANT, CLIENT, endpoints=endpoints, ca_bundle=server.ca_bundle, timeout=20)
    opened: list[GraphMailbox] = []

    def mailbox() -> GraphMailbox:
        opened.append(GraphMailbox(settings, SECRET, lambda: datetime.now(UTC)))
        return opened[-1]

    def close() -> None:
        for box in opened:
            box.close()
        server.close()
        assert server.crashes == []

    def deliver(raw: bytes, at: datetime, folder: Folder) -> str:
        return f"{folder}/{state.deliver(raw, at, FOLDERS[folder])}"

    return Bench(mailbox, deliver, lambda: state.sent, GraphMailbox.batch_messages, close)
