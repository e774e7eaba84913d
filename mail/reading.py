"""Reading: the bytes of a received message become a Message, whatever state they are in.

Nothing is fetched, run or guessed about who sent it. The raw bytes are what is kept; this is only what they say.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mail.addresses import Address, addresses
from mail.encodings import clean, header_text, text_of
from mail.letter import Attachment, Message, UnreadableMessageError
from mail.markup import to_text
from mail.parts import LIMITS, Headers, Limits, Part, cut

__all__ = ["LIMITS", "Limits", "UnreadableMessageError", "read"]

_MESSAGE_ID = re.compile(r"<([^<>]{1,900})>")
_SPACES = re.compile(r"\s+")
_PATH = re.compile(r".*[/\\]", re.DOTALL)
_LONGEST_SUBJECT = 1_000
_LONGEST_NAME = 200
_LONGEST_THREAD = 500
_MOST_HTML = 2 * 1024 * 1024
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_BODIES = frozenset({"text/plain", "text/html"})
_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "message/feedback-report"})
_ENDINGS = {
    "application/ms-tnef": ".dat",
    "application/vnd.ms-tnef": ".dat",
    "application/msword": ".doc",
    "application/pdf": ".pdf",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-excel.sheet.macroenabled.12": ".xlsm",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/zip": ".zip",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
}


def read(raw: bytes, limits: Limits = LIMITS) -> Message:
    """Read a message tolerantly.

    ``sender`` is empty when From is missing, is no address, or names several: nobody is guessed. ``content_types``
    are those of the message's own parts, not of messages forwarded in it; its delivery reports are among the
    attachments, signatures are not. Raises UnreadableMessageError, and nothing else, when the message is empty or
    past a limit, or malformed past reading.
    """
    if not raw.strip():
        raise UnreadableMessageError("The message is empty: there is nothing to read.")
    try:
        return _read(raw, limits)
    except UnreadableMessageError:
        raise
    except Exception as fault:  # what a stranger wrote must never stop whoever reads it
        raise UnreadableMessageError(f"The message is malformed in a way that is not read ({fault!r}).") from fault


def _read(raw: bytes, limits: Limits) -> Message:
    root = cut(raw, limits)
    sender = _sender(root)
    return Message(
        message_id=_first_id(root.header("message-id")),
        sender=sender.address,
        sender_name=sender.name,
        recipients=tuple(_recipients(root)),
        subject=_SPACES.sub(" ", header_text(root.header("subject")[:_LONGEST_SUBJECT])).strip(),
        date=_date(root.header("date")),
        thread=_thread(root),
        text=_text(root),
        attachments=tuple(_attachments(root)),
        headers=_by_name(root.headers),
        content_types=tuple(part.content_type for part in _own_parts(root)),
    )


def _sender(root: Part) -> Address:
    """Mail programs differ in which of several senders they show: then it has none."""
    written = [address for name, value in root.headers if name == "from" for address in addresses(value)]
    if len({address.address.casefold() for address in written}) != 1:
        return Address("", "")
    return Address(written[0].address, _SPACES.sub(" ", written[0].name)[:_LONGEST_NAME])


def _recipients(root: Part) -> Iterator[str]:
    seen: set[str] = set()
    for name, value in root.headers:
        for found in addresses(value) if name in ("to", "cc") else ():
            if found.address.casefold() not in seen:
                seen.add(found.address.casefold())
                yield found.address


def _date(value: str) -> datetime | None:
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        written = parsedate_to_datetime(value[:200])
        return (written if written.tzinfo else written.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def _first_id(value: str) -> str:
    """A Message-ID with its brackets; some programs leave them out."""
    found = next(_ids(value), "")
    bare = _SPACES.sub("", value)
    return found or (f"<{bare[:900]}>" if bare.strip("<>") else "")


def _ids(value: str) -> Iterator[str]:
    """Brackets delimit the ids, so commas between them, as Exchange and iOS write, do no harm."""
    for found in _MESSAGE_ID.finditer(value):
        if bare := _SPACES.sub("", found[1]):
            yield f"<{bare}>"


def _thread(root: Part) -> tuple[str, ...]:
    """What it answers, then what forwarded or returned messages inside are and answer."""
    found = [each for name in ("in-reply-to", "references") for each in _ids(root.header(name))]
    for part in root.walk():
        if part.is_message:
            found += _inner_ids(part.parts[0])
        elif part.content_type == "text/rfc822-headers":
            found += _inner_ids(cut(part.content() + b"\n\n"))
    return tuple(dict.fromkeys(found))[:_LONGEST_THREAD]


def _inner_ids(part: Part) -> Iterator[str]:
    for name in ("message-id", "in-reply-to", "references"):
        yield from _ids(part.header(name))


def _own_parts(part: Part) -> Iterator[Part]:
    """The parts of this message itself: what a forwarded message contains is not among them."""
    yield part
    for child in () if part.is_message else part.parts:
        yield from _own_parts(child)


def _text(root: Part) -> str:
    """The best plain text, in order. A fixed amount of HTML is reduced in one message, however many parts it has."""
    allowance = _MOST_HTML
    texts: list[str] = []
    for part in _bodies(root):
        text = text_of(part.content(), part.parameter("content-type", "charset"))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if part.content_type == "text/html":
            text, allowance = text[:allowance], max(0, allowance - len(text))
            text = to_text(text)
        texts.append(text)
    return "\n".join(filter(str.strip, texts))


def _bodies(part: Part) -> list[Part]:
    """The leaves to be read: of alternatives the plain one unless it is blank, of other parts all in order."""
    if part.content_type == "multipart/alternative":
        ordered = sorted(part.parts, key=lambda child: child.content_type != "text/plain")
        return next(filter(None, map(_bodies, ordered)), [])
    if part.is_multipart:
        return [leaf for child in part.parts for leaf in _bodies(child)]
    return [part] if not part.is_message and _is_body(part) and part.content().strip() else []


def _is_body(part: Part) -> bool:
    disposition = part.header("content-disposition").split(";", 1)[0].strip().lower()
    return part.content_type in _BODIES and disposition != "attachment" and not _written_name(part)


def _attachments(root: Part) -> Iterator[Attachment]:
    own = {id(part) for part in _own_parts(root)}
    for number, part in enumerate(part for part in root.walk() if not part.parts and not part.is_multipart):
        foreign_report = part.content_type in _REPORTS and id(part) not in own
        if not (_is_body(part) or foreign_report or part.content_type in _SIGNATURES):
            yield Attachment(_name(part, number + 1), part.content(), part.content_type)


def _written_name(part: Part) -> str:
    """The name that the sender gave, without a path; Content-Disposition before Content-Type."""
    written = part.parameter("content-disposition", "filename") or part.parameter("content-type", "name")
    bare = _PATH.sub("", _SPACES.sub(" ", clean(written)).strip()).strip()
    return bare if len(bare) <= _LONGEST_NAME else bare[: _LONGEST_NAME - 10] + bare[-10:]


def _name(part: Part, number: int) -> str:
    return _written_name(part) or f"attachment-{number}{_ENDINGS.get(part.content_type, '')}"


def _by_name(headers: Iterable[tuple[str, str]] | Headers) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}
