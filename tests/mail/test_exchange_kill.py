"""A process that is killed while it asks an Exchange server: the next one loses nothing and repeats nothing."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from mail.port import Folder, Lane, Outcome
from tests.servers.ews import EwsServer, serving
from tests.servers.ews_client import OUT, RAW, opened

NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)
IN = b"From: s@example.org\r\nMessage-ID: <in.1@example.org>\r\n\r\nhere it is\r\n"
LIFE = f"""
import sys
from mail.exchange import ExchangeMailbox, ExchangeSettings
from mail.port import Lane
endpoint, address, username, secret = sys.argv[1:]
box = ExchangeMailbox(ExchangeSettings(endpoint, address, username, auth="basic", timeout=20), secret)
box.send(box.prepare({RAW!r}))
for message in box.poll(None).messages:
    box.file(message.server_id, Lane.PROCESSED)
box.close()
"""
# The second search of Sent Items is the one just before the sending.
POINTS = [("FindItem", 2, "after"), ("CreateItem", 1, "before"), ("CreateItem", 1, "after"), ("GetItem", 1, "after")]
POINTS += [("MoveItem", 1, "after")]


@pytest.fixture
def server() -> Iterator[EwsServer]:
    with serving(EwsServer()) as running:
        yield running


def life(server: EwsServer) -> subprocess.Popen[bytes]:
    arguments = [server.endpoint, server.address, server.username, server.password]
    return subprocess.Popen([sys.executable, "-W", "error", "-c", LIFE, *arguments], stderr=subprocess.PIPE)


def lived(server: EwsServer, operation: str, number: int, stage: str) -> None:
    """Live one life, killed where the server sees the given question."""
    seen: list[str] = []
    process = life(server)

    def watch(asked: str, when: str) -> None:
        if (asked, when) == (operation, stage):
            seen.append(asked)
            if len(seen) == number:
                process.kill()
                process.wait()

    server.watcher = watch
    _, said = process.communicate(timeout=60)
    with server.lock:  # the server finishes what it was asked
        pass
    server.watcher = lambda *_: None
    assert process.returncode == -9, said.decode()


@pytest.mark.parametrize(("operation", "number", "stage"), POINTS)
def test_a_life_that_is_cut_off_is_carried_on(server: EwsServer, operation: str, number: int, stage: str) -> None:
    server.store.put(server.store.named("inbox").id, IN, NOON)
    lived(server, operation, number, stage)
    sent = operation != "FindItem"
    assert server.store.delivered == ([RAW] if sent else [])
    with opened(server) as box:
        assert box.lookup(OUT, "") is (Outcome.SENT if sent else Outcome.UNKNOWN)
        waiting = box.poll(None).messages
        filed = operation == "MoveItem"
        assert [(each.raw, each.folder) for each in waiting] == ([] if filed else [(IN, Folder.INBOX)])
        for each in waiting:
            box.file(each.server_id, Lane.PROCESSED)
        assert box.poll(None).messages == ()
    (lane,) = [folder.id for folder in server.store.folders.values() if folder.name == "Processed"]
    assert [item.raw for item in server.store.inside(lane)] == [IN]
