"""Octets to text: charsets, encoded words and transfer encodings, whatever a message claims about them."""

import binascii
import codecs
import re
from base64 import b64decode
from contextlib import suppress

_CHARSET = re.compile(r"[A-Za-z0-9_:-]{1,40}")
# Each alternative stops at the next question mark, so that a header full of "=?" is still read in one pass.
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# What senders write beside what they mean; empty is to be guessed. Some codecs of Python are no charsets of mail, or
# take a time that grows with the square of the input.
_REALLY = {
    "ascii": "",
    "iso8859-1": "cp1252",
    **dict.fromkeys(("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"), ""),
}


def text_of(octets: bytes, charset: str = "") -> str:
    """Decode octets in the charset named, or where that cannot be, as UTF-8, else Windows-1252. Never fails.

    Controls other than tab and line ends are dropped.
    """
    return clean(_decoded(octets, _codec(charset)))


def clean(text: str) -> str:
    """Drop the characters that no reader needs and that a database or a document may refuse."""
    return _UNWANTED.sub("", text)


def header_text(value: str) -> str:
    """Decode the encoded words of a header value; words of one charset are joined before they are decoded."""
    joined = _BETWEEN_WORDS.sub(r"\1", value)
    pieces: list[str] = []
    octets, charset, end = b"", "", 0
    for word in _ENCODED_WORD.finditer(joined):
        between = joined[end : word.start()]
        if octets and (between or word[1].lower() != charset):
            pieces.append(text_of(octets, charset))
            octets = b""
        pieces.append(between)
        charset, end = word[1].lower(), word.end()
        octets += _word_octets(word[2].lower(), word[3])
    pieces.append(text_of(octets, charset))
    return clean("".join(pieces) + joined[end:])


def content_of(body: bytes, transfer_encoding: str) -> bytes:
    """Undo a transfer encoding as far as it can be undone; an unknown one leaves the octets as they are."""
    encoding = transfer_encoding.strip().strip('"').lower()
    if encoding == "base64":
        return _unbase64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    return body


def _codec(charset: str) -> str:
    named = charset.strip().strip("'\"").split("*", 1)[0]
    if not _CHARSET.fullmatch(named):
        return ""
    with suppress(LookupError, ValueError):
        name = codecs.lookup(named).name.replace("_", "-")
        return _REALLY.get(name, name)
    return ""


def _decoded(octets: bytes, codec: str) -> str:
    with suppress(LookupError, ValueError):
        if codec:
            return octets.decode(codec, "replace")
    with suppress(UnicodeDecodeError):
        return octets.decode("utf-8")
    return octets.decode("cp1252", "replace")


def _word_octets(encoding: str, word: str) -> bytes:
    octets = word.encode("utf-8", "replace")
    return _unbase64(octets) if encoding == "b" else binascii.a2b_qp(octets, header=True)


def _unbase64(body: bytes) -> bytes:
    with suppress(binascii.Error):
        return binascii.a2b_base64(body)
    letters = _NOT_BASE64.sub(b"", body)
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    return b64decode(letters + b"=" * (-len(letters) % 4))
