"""Our own copies among the arrivals, and the stand-in for a message that cannot be handed over."""

import re
from email import message_from_bytes
from email.message import Message

from mail.addresses import addresses
from mail.compose import LOOP_HEADER

_HEADER_END = re.compile(rb"\r?\n\r?\n")
_CONTENT_FIELDS = re.compile(rb"^(?:Content-|MIME-)[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)


def headers_of(raw: bytes) -> Message:
    """The header fields alone, as they are written."""
    end = _HEADER_END.search(raw)
    return message_from_bytes(raw[: end.end()] if end else raw)


def is_our_copy(raw: bytes, address: str) -> bool:
    """Whether this is the copy of a message of ours that the mail system brought back to us.

    From and the loop header are ours, and it was carried by a mail system in an envelope that names us as its
    sender. Forwarded by somebody else it has another envelope, and is an arrival like any other.
    """
    headers = headers_of(raw)
    if not headers.get(LOOP_HEADER) or not headers.get("Received"):
        return False
    envelope = headers.get("Return-Path")
    return _is_only(str(headers.get("From", "")), address) and (envelope is None or _is_only(str(envelope), address))


def stand_in(start: bytes, sentence: str) -> bytes:
    """A message in the place of one that is not handed over: its own header lines, and the sentence."""
    end = _HEADER_END.search(start)
    block = start[: end.start()] if end else start[: start.rfind(b"\n") + 1].rstrip()
    kept = _CONTENT_FIELDS.sub(b"", block.rstrip() + b"\r\n") if block.strip() else b""
    return kept + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + sentence.encode("utf-8", "replace") + b"\r\n"


def _is_only(field: str, address: str) -> bool:
    return [found.address.casefold() for found in addresses(field)] == [address.casefold()]
