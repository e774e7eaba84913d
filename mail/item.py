"""From an item of an Exchange store (EWS or Graph) to the message handed over; and what is read of one to go out."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.utils import getaddresses
from html import unescape

from mail.encodings import text_of
from mail.parts import cut
from mail.port import Folder, PermanentMailboxError, Received

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_NAME = re.compile(rb"^([!-9;-~]+)[ \t]*:", re.MULTILINE)
_WRITABLE = re.compile(r"[!-9;-~]{1,200}")
_ABOUT_CONTENT = ("content-", "mime-")
_MOST_TEXT = 2 * 1024 * 1024
_MOST_LINKS = 50
_HOSTS = (
    r"[\w-]+\.sharepoint\.com|1drv\.ms|onedrive\.live\.com|docs\.google\.com|drive\.google\.com|(?:www\.)?dropbox\.com"
    r"|[\w.-]*\bbox\.com|we\.tl|wetransfer\.com|www\.icloud\.com|workdrive\.zoho\.[a-z]+|[\w-]+\.egnyte\.com"
)
_CLOUD = re.compile(rf"""https://(?:{_HOSTS})/[^\s"'<>\\^`{{|}}]{{1,1900}}""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """What the server says of one item, as far as it was asked. ``message_id`` has no brackets.

    ``mime`` is None where it has none; ``trouble`` then says why, if it does.
    """

    message_id: str = ""
    mime: bytes | None = None
    received_at: datetime | None = None
    item_class: str | None = None
    subject: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    trouble: str = ""


def received(server_id: str, folder: Folder, item: Item, received_at: datetime | None) -> Received:
    """Make what is handed over. An item without bytes becomes a short message that says so."""
    raw = item.mime if item.mime else stand_in(item, f"The item {server_id} has no message text: {_why(item)}.")
    links = dict.fromkeys((*item.links, *cloud_links(raw)))
    return Received(
        server_id=server_id,
        raw=raw,
        received_at=item.received_at or received_at,
        folder=folder,
        item_class=item.item_class,
        extra_headers=_beside(raw, item.headers),
        cloud_links=tuple(links),
    )


def stand_in(item: Item, sentence: str) -> bytes:
    """A message in the place of one that cannot be handed over: its own header lines, and the sentence."""
    lines = [
        f"{name}: {' '.join(value.split())}"
        for name, value in item.headers
        if _WRITABLE.fullmatch(name) and not name.lower().startswith(_ABOUT_CONTENT)
    ]
    if not any(line.lower().startswith("subject:") for line in lines) and item.subject:
        lines.append(f"Subject: {' '.join(item.subject.split())}")
    lines += ["Content-Type: text/plain; charset=utf-8", "", sentence, ""]
    return "\r\n".join(lines).encode("utf-8", "replace")


def cloud_links(raw: bytes) -> Iterator[str]:
    """The links in a message's own text that lead to a file in a cloud store, at most fifty.

    Of a message that is malformed past reading those that come before the fault: nothing is raised.
    """
    found: dict[str, None] = {}
    with suppress(Exception):  # before its bytes are stored, what a stranger wrote must never stop a poll
        for part in cut(raw).walk():
            if part.content_type in ("text/plain", "text/html") and not part.parts:
                text = text_of(part.content()[:_MOST_TEXT], part.parameter("content-type", "charset"))
                text = unescape(text) if part.content_type == "text/html" else text
                found.update(dict.fromkeys(link.rstrip(".,;:!?)]") for link in _CLOUD.findall(text)))
    yield from list(found)[:_MOST_LINKS]


def outgoing_id(raw: bytes) -> str:
    """The Message-ID of a message to be sent. Raises PermanentMailboxError where it could not go out or be found."""
    headers = message_from_bytes(_block(raw))
    message_id = str(headers.get("Message-ID", "")).strip()
    if not message_id:
        raise PermanentMailboxError("The message to be sent has no Message-ID: it cannot be looked up later.")
    written = [str(value) for name in ("To", "Cc", "Bcc") for value in headers.get_all(name, [])]
    addresses = [address for _, address in getaddresses(written) if address]
    if not addresses:
        raise PermanentMailboxError(f"The message {message_id} to be sent names no recipient.")
    for address in addresses:
        local, _, domain = address.rpartition("@")
        if not local or not domain or re.search(r"\s", address):
            raise PermanentMailboxError(
                f"The message {message_id} to be sent names {address!r}, which is no address: correct it."
            )
    return message_id


def _beside(raw: bytes, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The headers that the server shows and the message itself has lost; of a repeated one the first."""
    in_message = {name.lower() for name in _NAME.findall(_block(raw))}
    beside: dict[str, str] = {}
    for name, value in headers:
        if name and name.lower().encode("utf-8", "replace") not in in_message:
            beside.setdefault(name, value)
    return beside


def _block(raw: bytes) -> bytes:
    end = _HEADER_END.search(raw)
    return raw[: end.end()] if end else raw


def _why(item: Item) -> str:
    return item.trouble or f"the server has none for items of the class {item.item_class or 'unknown'}"
