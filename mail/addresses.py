"""Address headers, read in one pass; an address is never taken from a display name."""

import re
from dataclasses import dataclass

from mail.encodings import header_text

_TOKEN = re.compile(
    r'(?P<quoted>"(?:[^"\\]|\\.)*+"?+)'
    r"|(?P<comment>\([^()]*+\)?+)"
    r"|<(?P<angle>[^<>]*+)>?+"
    r"|(?P<end>[,;])"
    r"|(?P<group>:)"
    r'|(?P<words>[^"(<,;:]++)',
    re.DOTALL,
)
_ADDRESS = re.compile(r'[^\s@<>"(),:;\\]{1,64}@[^\s@<>"(),:;\\]{1,255}')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it was written, and the display name beside it, decoded."""

    address: str
    name: str


@dataclass(slots=True)
class _Entry:
    """One entry of a list while it is read; ``angles`` counts its <…>, of which there may be one."""

    words: str = ""
    quoted: bool = False
    angle: str = ""
    angles: int = 0

    def address(self) -> Address | None:
        if self.angles > 1 or (self.quoted and not self.angles):
            return None
        found = self.angle if self.angles else self.words
        name = header_text(self.words.strip()).strip() if self.angles else ""
        return Address(found.strip(), name) if _ADDRESS.fullmatch(found.strip()) else None


def addresses(value: str) -> tuple[Address, ...]:
    """The addresses of a From, To or Cc header. What is not an address is left out; nothing is guessed."""
    entries = [_Entry()]
    for token in _TOKEN.finditer(value[:_LONGEST]):
        entry = entries[-1]
        if token["end"]:
            entries.append(_Entry())
        elif token["group"]:
            entry.words = ""
        elif token["angle"] is not None:
            entry.angle, entry.angles = token["angle"], entry.angles + 1
        elif token["quoted"]:
            entry.quoted = True
            entry.words += _ESCAPED.sub(r"\1", token["quoted"].strip('"'))
        elif token["words"]:
            entry.words += token["words"]
    return tuple(address for entry in entries if (address := entry.address()) is not None)
