"""What the conformance suite needs of an adapter: its mailbox, and the server's side of it, faked at the wire."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mail.port import Folder, Mailbox


@dataclass(frozen=True)
class Bench:
    """A mailbox, another process's view of it, and what only its server can do or see."""

    open: Callable[[], Mailbox]
    deliver: Callable[[bytes, datetime, Folder], str]
    sent: Callable[[], list[bytes]]
    batch: int
    close: Callable[[], None] = lambda: None
