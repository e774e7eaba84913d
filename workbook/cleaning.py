"""Text as it may be shown: cleaned when it comes in, made harmless when it goes out."""

import re
import unicodedata
from functools import lru_cache

MAX_CHARACTERS = 32_767

_SHORT = 200

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_UNWANTED = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_LINE_ENDS = re.compile("\r\n|\r|\x85|\u2028|\u2029")
_SPACES = re.compile("[\u00a0\u202f\u2007]")


def cleaned(text: str) -> str:
    """The text of a returned cell: escapes decoded once, nothing invisible, NFC, trimmed, at most 32,767 characters."""
    if text.isascii() and text.isprintable() and "_x" not in text:
        return text.strip()[:MAX_CHARACTERS]
    decoded = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    visible = _UNWANTED.sub("", _SPACES.sub(" ", _LINE_ENDS.sub("\n", decoded)))
    return unicodedata.normalize("NFC", visible).strip()[:MAX_CHARACTERS]


def writable(text: str) -> str:
    """Text that a workbook can carry: no character that XML forbids, and no accidental ``_xHHHH_`` escape."""
    if text.isascii() and text.isprintable() and "_x" not in text:
        return text[:MAX_CHARACTERS]
    visible = _UNWANTED.sub("", _LINE_ENDS.sub("\n", text))[: MAX_CHARACTERS // 2]
    return _LOOKS_ESCAPED.sub("_x005F_", visible)


def plain(text: str) -> str:
    """What two texts are compared by: compatibility forms, case and runs of spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def bare(text: str) -> str:
    """``plain`` text without the punctuation, ticks and emoji around it."""
    return _known_bare(text) if len(text) <= _SHORT else _stripped(plain(text))


# Headers and short answers are asked about again and again, in one workbook and in the next.
@lru_cache(maxsize=10_000)
def _known_bare(text: str) -> str:
    return _stripped(plain(text))


def _stripped(text: str) -> str:
    start, end = 0, len(text)
    while start < end and not text[start].isalnum():
        start += 1
    while start < end and not text[end - 1].isalnum():
        end -= 1
    return text[start:end]
