"""Composing: a letter becomes the bytes that are committed, and then sent.

Written out by hand rather than through EmailMessage, which takes some twenty times as long and folds file names in
ways that some mail programs do not read.
"""

import binascii
import hashlib
import re
import unicodedata
from base64 import b64encode
from datetime import UTC
from email.utils import format_datetime
from functools import lru_cache
from itertools import chain
from urllib.parse import quote

from mail.letter import Attachment, Letter

LOOP_HEADER = "X-Plancycle"

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$&()+,;=@\[\]^_`{}~.-]{1,60}")
_LINE = 76
_BLOCK = 50
_LONGEST_NAME = 255
# An encoded word may have 75 characters, of which =?utf-8?b? and ?= take 12.
_WORD_BYTES = 45


class UnsendableLetterError(ValueError):
    """The letter cannot be written as a message: the sentence says which part, and what is wrong with it."""


def compose(letter: Letter) -> bytes:
    """Write the letter as a MIME message, the same bytes every time, every line below 998 bytes.

    Raises UnsendableLetterError for a line break or another control character in a header, and for an address, a
    Message-ID, a media type or a file name that cannot be written.
    """
    return b"".join(composed(letter))


def composed(letter: Letter) -> list[bytes]:
    """The message of ``compose`` in pieces: each file's content is one of them, and all others are small.

    Of a file that goes to one reader after another the content is one and the same object.
    """
    seed = hashlib.sha256(letter.message_id.encode("utf-8", "replace")).hexdigest()[:32]
    body = _alternative(letter, f"=_{seed}_words")
    if letter.attachments:
        body = _multipart("mixed", f"=_{seed}_files", [body, *map(_file, letter.attachments)])
    return ["".join(f"{line}\r\n" for line in _headers(letter)).encode("ascii"), *body]


def _headers(letter: Letter) -> list[str]:
    if letter.date.tzinfo is None:
        raise UnsendableLetterError("The letter's date has no time zone: give it in UTC.")
    lines = [
        f"Date: {format_datetime(letter.date.astimezone(UTC))}",
        f"From: {_mailbox('From', letter.from_name, letter.from_address)}",
        f"To: {_mailbox('To', letter.to_name, letter.to_address)}",
        f"Subject: {_words('Subject', letter.subject)}",
        f"Message-ID: {_id('Message-ID', letter.message_id)}",
    ]
    if letter.in_reply_to:
        lines.append(f"In-Reply-To: {_id('In-Reply-To', letter.in_reply_to)}")
    if letter.references:
        lines.append("References: " + "\r\n ".join(_id("References", each) for each in letter.references))
    # Suppressing "All" would also suppress the non-delivery reports, and hide that an address is dead.
    lines += [
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: OOF, AutoReply",
        f"{LOOP_HEADER}: 1",
        "MIME-Version: 1.0",
    ]
    return lines


def _alternative(letter: Letter, boundary: str) -> list[bytes]:
    parts = [_text("plain", letter.text)]
    if letter.html:
        parts.append(_text("html", letter.html))
    return _multipart("alternative", boundary, parts)


def _multipart(subtype: str, boundary: str, parts: list[list[bytes]]) -> list[bytes]:
    """Neither quoted-printable nor base64 can contain "=_", so the boundary never occurs in a part."""
    mark = f"--{boundary}".encode("ascii")
    head = f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode("ascii")
    marked = ([mark, b"\r\n", *part, b"\r\n"] for part in parts)
    return [head, *chain.from_iterable(marked), mark + b"--\r\n"]


def _text(subtype: str, text: str) -> list[bytes]:
    unix = text.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace")
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    lines = unix.splitlines(keepends=True)
    blocks = (b"".join(lines[start : start + _BLOCK]) for start in range(0, len(lines), _BLOCK))
    return [head.encode("ascii"), *map(_quoted, blocks)]


@lru_cache(maxsize=256)
def _quoted(block: bytes) -> bytes:
    """Whole lines as quoted-printable, which knows nothing of the lines around them: most are every reader's."""
    return binascii.b2a_qp(block, istext=True).replace(b"\n", b"\r\n")


def _file(attachment: Attachment) -> list[bytes]:
    media_type = attachment.media_type
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise UnsendableLetterError(
            f"The file {attachment.name!r} has {media_type!r} for a media type: use type/subtype."
        )
    if media_type.lower().startswith(("message/", "multipart/")):
        media_type = "application/octet-stream"  # those two may not be written as base64
    old, new = _file_name(attachment.name)
    head = (
        f"Content-Type: {media_type};\r\n name={old}\r\n"
        f"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n {new}\r\n\r\n"
    )
    return [head.encode("ascii"), _base64(attachment.content)]


@lru_cache(maxsize=1)
def _base64(content: bytes) -> bytes:
    """One and the same file goes to reader after reader, and is encoded for the first."""
    encoded = b64encode(content)
    return b"\r\n".join(encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE))


def _file_name(name: str) -> tuple[str, str]:
    """The name twice: as an encoded word for older Outlook and Exchange, and as RFC 2231 for everyone else."""
    _refuse_controls("the name of an attachment", name)
    encoded = name.encode("utf-8")
    if not 0 < len(encoded) <= _LONGEST_NAME:
        raise UnsendableLetterError(f"The file name {name!r} has {len(encoded)} bytes: use 1 to {_LONGEST_NAME}.")
    if _PLAIN_NAME.fullmatch(name) and name == name.strip():
        return f'"{name}"', f'filename="{name}"'
    return f'"{_encoded_words(name)}"', f"filename*=utf-8''{quote(encoded, safe='')}"


def _mailbox(header: str, name: str, address: str) -> str:
    _refuse_controls(header, address)
    if not _ADDRESS.fullmatch(address):
        raise UnsendableLetterError(
            f"The {header} address {address!r} cannot be written: use name@example.org, in ASCII."
        )
    _refuse_controls(header, name)
    if not name:
        return address
    if _PLAIN_NAME.fullmatch(name) and name == name.strip():
        return f'"{name}"\r\n <{address}>'
    return f"{_encoded_words(name)}\r\n <{address}>"


def _words(header: str, text: str) -> str:
    """Plain words where they survive folding exactly as they are, otherwise encoded words."""
    _refuse_controls(header, text)
    words = text.split(" ")
    if not text.isascii() or "=?" in text or not all(0 < len(word) <= 60 for word in words):
        return _encoded_words(text)
    lines = [words[0]]
    room = _LINE - len(header) - 2
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
            room = _LINE - 1
        else:
            lines[-1] += f" {word}"
    return "\r\n ".join(lines)


def _encoded_words(text: str) -> str:
    chunks: list[bytes] = []
    chunk = b""
    for character in text:
        encoded = character.encode("utf-8")
        if len(chunk) + len(encoded) > _WORD_BYTES:
            chunks.append(chunk)
            chunk = b""
        chunk += encoded
    chunks.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(each).decode('ascii')}?=" for each in chunks if each)


def _id(header: str, message_id: str) -> str:
    _refuse_controls(header, message_id)
    if not _MESSAGE_ID.fullmatch(message_id):
        raise UnsendableLetterError(f"The {header} {message_id!r} is not a Message-ID in angle brackets.")
    return message_id


def _refuse_controls(place: str, value: str) -> None:
    """A line break would begin a header of the sender's choice; some readers break lines at the other controls too."""
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            raise UnsendableLetterError(
                f"In {place}, {value[:60]!r} contains the control character {character!r}: take it out."
            )
