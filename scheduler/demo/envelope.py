"""Between the demo's world and a real mailbox: the same message under an address that is the mailbox's own.

Everything that leaves is addressed to the mailbox itself and to nobody else. A tag at the end of the subject, such as
``[demo 3f9c21aa-12]``, tells the demo's messages from others, whatever a mail system makes of their headers.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from email.utils import format_datetime, formataddr

from mail.letter import UnreadableMessageError
from mail.reading import read

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.MULTILINE)
_TAG = re.compile(r"\[demo ([0-9a-f]{8}-[0-9]+)\]$")
_THREAD = frozenset({"subject", "in-reply-to", "references"})


def redirected(raw: bytes, address: str, tag: str, now: datetime) -> bytes:
    """A message of the service, to the mailbox itself; whom it was for stays to be read beside the address.

    The Message-ID and everything else stay. ``now`` is the time of sending: mail systems mistrust an old date.
    """
    meant = ", ".join(each.replace("@", " at ") for each in read(raw).recipients)
    ours = {"to": _field("To", formataddr((f"instead of {meant}", address))), "date": _date(now), "cc": b"", "bcc": b""}

    def changed(name: str, field: bytes) -> bytes:
        return _tagged(field, tag) if name == "subject" else ours.get(name, field)

    return _rewritten(raw, changed)


def posted(raw: bytes, address: str, tag: str, message_id: str, now: datetime) -> bytes:
    """A message of one of the demo's people, from the mailbox to itself: its subject, its thread and its content.

    What else a person's mail carries is left out, as a mailbox cannot send it: see ``restored``.
    """
    writer = read(raw).sender.replace("@", " at ")
    head = b"".join(
        (
            _date(now),
            _field("From", formataddr((f"demo: {writer}", address))),
            _field("To", address),
            _field("Message-ID", message_id),
        )
    )

    def kept(name: str, field: bytes) -> bytes:
        if name == "subject":
            return _tagged(field, tag)
        return field if name in _THREAD or _about_content(name) else b""

    return head + _rewritten(raw, kept)


def restored(written: bytes, arrived: bytes) -> bytes:
    """A person's message as their own mail system would have brought it.

    Its header fields are those that were written; its content, with the fields that describe it, is what arrived.
    """
    own = b"".join(field for name, field in _fields(written) if not _about_content(name))
    content = b"".join(field for name, field in _fields(arrived) if _about_content(name))
    return own + content + b"\r\n" + arrived[_end(arrived) :]


def tag_of(raw: bytes, address: str) -> str | None:
    """The tag of a message that a demo sent from this address; None for every other message, bounces among them."""
    try:
        message = read(raw)
    except UnreadableMessageError:
        return None
    found = _TAG.search(message.subject)
    return found[1] if found and message.sender.casefold() == address.casefold() else None


def _rewritten(raw: bytes, changed: Callable[[str, bytes], bytes]) -> bytes:
    return b"".join(changed(name, field) for name, field in _fields(raw)) + b"\r\n" + raw[_end(raw) :]


def _fields(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """The header fields, each with its name in small letters and whole, its line ends as they are."""
    block = raw[: _end(raw)]
    for found in _FIELD.finditer(block):
        yield found[1].decode("ascii").lower(), found[0]


def _end(raw: bytes) -> int:
    found = _HEADER_END.search(raw)
    return found.end() if found else len(raw)


def _about_content(name: str) -> bool:
    return name.startswith("content-") or name == "mime-version"


def _tagged(field: bytes, tag: str) -> bytes:
    return field.rstrip(b"\r\n") + f"\r\n [demo {tag}]\r\n".encode("ascii")


def _date(now: datetime) -> bytes:
    return _field("Date", format_datetime(now))


def _field(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")
