"""The mailbox port: what every adapter promises, whatever system stands behind it.

The contract is written so that a process may be killed between any two lines of the caller and carry on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable


class MailboxError(Exception):
    """The mailbox could not do it. ``permanent``: trying again without a person changes nothing."""

    permanent = False


class TransientMailboxError(MailboxError):
    """Worth trying again: the network, a busy server, a lock."""


class PermanentMailboxError(MailboxError):
    """Needs a person: a refused sign-in, a refused recipient, a missing folder that cannot be made."""

    permanent = True


class Folder(StrEnum):
    """The folders that are read."""

    INBOX = "inbox"
    JUNK = "junk"


class Lane(StrEnum):
    """Where a message is filed once what it caused is committed."""

    PROCESSED = "processed"
    ATTENTION = "attention"


class Outcome(StrEnum):
    """What a look-up proves of one message. ``not sent`` is a proof, never an absence of proof."""

    SENT = "sent"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Received:
    """One message as the server has it. ``received_at`` is UTC, None where the server does not say.

    ``extra_headers`` are headers that the server shows beside the MIME; ``cloud_links`` are attachments
    that are only links. ``raw`` is the message byte for byte.
    """

    server_id: str
    raw: bytes
    received_at: datetime | None
    folder: Folder
    item_class: str | None = None
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    cloud_links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages not yet returned under the cursor given, the next cursor, and whether more wait now."""

    messages: tuple[Received, ...]
    cursor: str
    more: bool


class Mailbox(Protocol):
    """One mailbox. Every method raises only TransientMailboxError or PermanentMailboxError."""

    def check(self) -> str:
        """Say in one sentence which mailbox this is, having really reached it. Changes nothing; may be repeated."""
        ...

    def prepare(self, raw: bytes) -> str:
        """Make ready to send these bytes and return a token that ``lookup`` understands in a later process.

        Sends nothing. Called twice with the same Message-ID, the later call supersedes the earlier: at most
        one of the tokens can ever be sent. A recipient who is certain to be refused is a permanent error here,
        and so is a message that the server can see was sent already: ``lookup`` then answers SENT.
        """
        ...

    def send(self, token: str) -> None:
        """Send what was prepared under the token, once, in the process that prepared it.

        On return the message is sent. Any error leaves the outcome open: ask ``lookup``. Called twice with
        one token, the second call sends nothing and raises PermanentMailboxError.
        """
        ...

    def lookup(self, message_id: str, token: str) -> Outcome:
        """Say what became of a message, from what the server says or has said to this process. Changes nothing.

        May be repeated. ``message_id`` has its angle brackets. NOT_SENT is answered only where the server proves
        it: a message that was prepared and cannot be found anywhere is UNKNOWN.
        """
        ...

    def poll(self, cursor: str | None) -> Batch:
        """Return some messages of Inbox and Junk that were not yet returned under this cursor, oldest first.

        Oldest among those that the server shows now: a later batch may bring an earlier ``received_at``.

        None starts afresh. The same cursor given again returns the same messages again (those since filed
        excepted), so the caller commits the messages and the cursor together. A cursor that is no longer
        known starts afresh: the caller must know its duplicates.
        """
        ...

    def file(self, server_id: str, lane: Lane) -> None:
        """Move a message out of Inbox or Junk into the lane's folder, making the folder where it is missing.

        Called again, or for a message that is no longer there, it does nothing.
        """
        ...

    def close(self) -> None:
        """Let go of connections. May be called twice."""
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """A mailbox that knows of something that will stop it, such as a secret that expires. Not every one does."""

    def warnings(self) -> tuple[str, ...]:
        """A sentence for each, with what to do, weeks before. Asks the server nothing; raises the port's errors."""
        ...
