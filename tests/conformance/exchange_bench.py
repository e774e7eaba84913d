"""The exchange adapter on the bench: exchangelib, unpatched, against the loopback EWS server."""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from mail.exchange import ExchangeMailbox, ExchangeSettings
from mail.port import Folder
from tests.conformance.bench import Bench
from tests.servers.ews import EwsServer, serving

FOLDERS = {Folder.INBOX: "inbox", Folder.JUNK: "junkemail"}


def exchange_bench(_root: Path) -> Bench:
    """A server of its own for every test; a mailbox that is opened is another process's view of it."""
    return _bench(EwsServer())


def poorer_bench(_root: Path) -> Bench:
    """A server that tells no changes, answers tersely, and does not know every property."""
    server = EwsServer(lacking={"SyncFolderItems": "ErrorInvalidOperation"})
    server.operations.terse = True
    server.store.lacks = {"item:InternetMessageHeaders", "item:Attachments"}
    return _bench(server)


def _bench(made: EwsServer) -> Bench:
    stack = ExitStack()
    server = stack.enter_context(serving(made))
    settings = ExchangeSettings(server.endpoint, server.address, server.username, auth="basic", timeout=20)

    def opened() -> ExchangeMailbox:
        box = ExchangeMailbox(settings, server.password)
        stack.callback(box.close)
        return box

    def deliver(raw: bytes, at: datetime, folder: Folder) -> str:
        return server.store.put(server.store.named(FOLDERS[folder]).id, raw, at).id

    return Bench(opened, deliver, lambda: server.store.delivered, ExchangeMailbox.batch_messages, stack.close)
