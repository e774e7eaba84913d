"""The mailbox under test, opened on a loopback Exchange server."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from mail.exchange import ExchangeMailbox, ExchangeSettings
from tests.servers.ews import EwsServer

RAW = (
    b"Message-ID: <out.1@plans.example>\r\nFrom: plans@example.gov\r\nTo: sponsor@example.org\r\n"
    b"Subject: Your plan\r\n\r\nPlease return it.\r\n"
)
OUT = "<out.1@plans.example>"


def settings(server: EwsServer, **changes: object) -> ExchangeSettings:
    basic = ExchangeSettings(server.endpoint, server.address, server.username, auth="basic", timeout=20)
    return replace(basic, **changes)  # type: ignore[arg-type]


@contextmanager
def opened(
    server: EwsServer, secret: str = "", clock: Callable[[], float] = lambda: 0.0, **changes: object
) -> Iterator[ExchangeMailbox]:
    box = ExchangeMailbox(settings(server, **changes), secret or server.password, clock)
    try:
        yield box
    finally:
        box.close()
