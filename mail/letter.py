"""A message to be sent, and a message that was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file with its bytes. ``media_type`` is such as ``application/pdf``."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one person. ``message_id`` and references carry their angle brackets; ``date`` is UTC."""

    from_address: str
    from_name: str
    to_address: str
    to_name: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    attachments: tuple[Attachment, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A received message, read tolerantly. Header names in ``headers`` are lower case, values in order.

    ``thread`` holds every Message-ID of In-Reply-To and References, with angle brackets. ``text`` is the best
    plain text of the body (HTML reduced to text where there is nothing else), with what it quotes.
    ``attachments`` hold every file, those inside forwarded messages too.
    """

    message_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    date: datetime | None
    thread: tuple[str, ...]
    text: str
    attachments: tuple[Attachment, ...]
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    content_types: tuple[str, ...] = ()


class UnreadableMessageError(Exception):
    """The bytes are not a message that we read: the sentence says which limit or what is broken."""
