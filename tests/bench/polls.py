"""What a poll asks and carries with few and with very many messages in Processed: it must be the same.

Usage: python -m tests.bench.polls [--lying 100 10000 100000] [--systems exchange graph imap]
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mail.port import Folder, Lane, Mailbox
from programme.loader import load_files
from programme.service import Service
from scheduler.wiring import open_mailbox
from tests.bench.relay import Relay
from tests.conformance.imap_bench import Loopback
from tests.jobs.stage import FILES
from tests.servers.dovecot import Dovecot
from tests.servers.ews import EwsServer
from tests.servers.graph import GraphServer
from tests.servers.graph_mailbox import Item
from tests.servers.rigs import ADDRESS, Rig, rigged

SYSTEMS = ("exchange", "graph", "imap", "imap-dovecot")
LYING = (100, 10_000, 100_000)
NOON = datetime(2020, 1, 31, 12, tzinfo=UTC)
OLD = b"From: s@example.org\r\nMessage-ID: <old@example.org>\r\nSubject: old\r\n\r\nold\r\n"
NEW = b"From: s@example.org\r\nMessage-ID: <new@example.org>\r\nSubject: new\r\n\r\nnew\r\n"
# Numbers and states grow by a few digits with what they count.
DIGITS = 200


@dataclass(frozen=True, slots=True)
class Cost:
    """What was asked and carried. ``requests`` is 0 where the server does not say."""

    requests: int
    octets: int

    def like(self, other: "Cost") -> bool:
        return self.requests == other.requests and abs(self.octets - other.octets) <= DIGITS


def main() -> int:
    chosen = _arguments()
    good = True
    sys.stdout.write("A poll with so many messages in Processed: requests and bytes, both ways\n")
    for system in chosen.systems:
        costs = {lying: measured(system, lying) for lying in chosen.lying}
        for lying, cost in costs.items():
            told = ", ".join(f"{name} {each.requests} / {each.octets:,}" for name, each in cost.items())
            sys.stdout.write(f"{system:14}{lying:>9,}   {told}\n")
        good = good and the_same(list(costs.values()))
    sys.stdout.write("The same everywhere.\n" if good else "NOT the same.\n")
    return 0 if good else 1


def the_same(costs: Sequence[dict[str, Cost]]) -> bool:
    """Whether every kind of poll cost the same, however much lay there."""
    return all(cost[name].like(costs[0][name]) for cost in costs for name in cost)


def measured(system: str, lying: int) -> dict[str, Cost]:
    """A poll with nothing new, one with one new message, and one that starts afresh."""
    with tempfile.TemporaryDirectory() as folder, rigged(system, Path(folder)) as rig, relayed(rig) as (through, relay):
        box = open_mailbox(_declared(through), Path("/nowhere/config"), rig.environment)
        _settled(rig, box)
        fill(rig, lying)
        cursor = box.poll(box.poll(None).cursor).cursor

        def cost(work: Callable[[], object]) -> Cost:
            asked, passed = len(rig.asked()), relay.passed
            work()
            return Cost(len(rig.asked()) - asked, relay.passed - passed)

        nothing = cost(lambda: box.poll(cursor))
        rig.deliver(NEW, NOON, Folder.INBOX)
        one = cost(lambda: box.poll(cursor))
        afresh = cost(lambda: box.poll(None))
        box.close()
        return {"nothing new": nothing, "one new": one, "afresh": afresh}


def _settled(rig: Rig, box: Mailbox) -> None:
    """Signed in, with a Processed folder."""
    rig.deliver(OLD, NOON - timedelta(days=2), Folder.INBOX)
    (message,) = box.poll(None).messages
    box.file(message.server_id, Lane.PROCESSED)


def fill(rig: Rig, lying: int) -> None:
    """Put so many messages into Processed, on the server's side."""
    server = rig.server
    at = NOON - timedelta(days=2)
    if isinstance(server, EwsServer):
        folder = next(each.id for each in server.store.folders.values() if each.name == "Processed")
        for _ in range(lying):
            server.store.put(folder, OLD, at)
    elif isinstance(server, GraphServer):
        state = server.mailboxes[ADDRESS]
        folder = next(key for key, name in state.folders.items() if name == "Processed")
        state.items.update({f"old-{n}": Item(f"old-{n}", folder, OLD, at, at) for n in range(lying)})
    elif isinstance(server, Loopback):
        for _ in range(lying):
            server.imap.shelves["Processed"].add(OLD, at)
    elif isinstance(server, Dovecot):
        place = server.maildir() / ".Processed" / "cur"
        for number in range(lying):
            (place / f"{1_580_000_000 + number}.M{number}P1.bench:2,S").write_bytes(OLD)


@contextmanager
def relayed(rig: Rig) -> Iterator[tuple[Rig, Relay]]:
    """The rig as it is reached through a relay."""
    server = rig.server
    port = {
        EwsServer: lambda: server.port,
        GraphServer: lambda: int(server.url.rpartition(":")[2]),
        Loopback: lambda: server.imap.port,
        Dovecot: lambda: server.ports.imaps,
    }[type(server)]()
    relay = Relay(port)
    if isinstance(server, GraphServer):
        # It checks what a token is for, and says where its next page is.
        state = server.mailboxes[ADDRESS]
        server.url = server.login.base = f"https://127.0.0.1:{relay.port}"
        state.url = state.url.replace(f":{port}/", f":{relay.port}/")
    try:
        yield replace(rig, settings=rig.settings.replace(str(port), str(relay.port))), relay
    finally:
        relay.close()


def _declared(rig: Rig) -> Service:
    return load_files(FILES | {"service.yaml": rig.service_yaml(FILES["service.yaml"])})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lying", type=int, nargs="+", default=LYING)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
