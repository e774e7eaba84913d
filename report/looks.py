"""How cells of the papers look, and how much text a cell can hold: no spreadsheet library is needed for that."""

import textwrap
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from programme.form import Rating
from report.prose import brief_date, clean, filled
from report.summary import NO_RETURN, PlacedRow

FONT = "Arial"
INK = "#1B1B1B"
MOST_LINES = 28
_LINE_POINTS = 1.29
_TALLEST = 409.0


@dataclass(frozen=True, slots=True)
class Look:
    """One cell format. ``size`` is in points; colours are ``#RRGGBB``; ``border`` is none, thin or dashed;
    ``pattern`` is the number format of a date or a count."""

    bold: bool = False
    size: float = 10
    ink: str = INK
    fill: str = ""
    border: str = "none"
    centred: bool = False
    middle: bool = False
    pattern: str = ""


PLAIN = Look()
TITLE = Look(bold=True, size=16)
SUBTITLE = Look(size=11, ink="#44494D")
HEADING = Look(bold=True, size=12, ink="#12436D")
HEADER = Look(bold=True, fill="#E3E9EF", border="thin", middle=True)
HEADER_CENTRED = replace(HEADER, centred=True)
BODY = Look(border="thin")
MIDDLE = Look(border="thin", middle=True)
STRONG = Look(bold=True, border="thin")
STRONG_MIDDLE = replace(STRONG, middle=True)
COUNT = Look(border="thin", centred=True, pattern='0;-0;"–"')
GROUP_COUNT = replace(HEADER_CENTRED, pattern=COUNT.pattern)
DATE = Look(border="thin", pattern="d mmm yyyy")
STATUS = Look(bold=True, fill="#FFFFFF", border="dashed", centred=True)


@dataclass(frozen=True, slots=True)
class Box:
    """What goes into one cell, or into ``span`` merged ones. Text is never anything but text."""

    value: str | int | date = ""
    look: Look = BODY
    span: int = 1


@lru_cache(maxsize=64)
def rating_look(rating: Rating) -> Look:
    """The rating's own colours."""
    return Look(bold=True, ink=rating.ink, fill=rating.fill, border="thin", centred=True)


def rating_box(placed: PlacedRow) -> Box:
    """The word of a rating on its colour; a row without one says why, white with a dashed border."""
    if placed.after:
        return Box(placed.after.word, rating_look(placed.after))
    return Box("No return" if placed.row.status == NO_RETURN else "Not updated", STATUS)


def due_box(due: date | None, original: date | None) -> Box:
    """A due date; where it was revised the first one stands under it."""
    if original is None or original == due:
        return Box(due or "", DATE)
    return Box(f"{brief_date(due) if due else 'none'}\n(was {brief_date(original)})", BODY)


def lines_of(text: str, width: float, look: Look = BODY) -> int:
    """How many lines the text takes in a column ``width`` characters wide, reckoned on the safe side."""
    return _how_many_lines(text, _usual(width, look)) if text else 1


@lru_cache(maxsize=20_000)
def _how_many_lines(text: str, usual: float) -> int:
    """The same texts stand in several papers."""
    return len(_wrapped(text, _characters(text, usual)))


def sure_line(width: float, look: Look = BODY) -> int:
    """How many characters always fit one line of a column, whatever they are: nearly all texts of a table do."""
    return _held(1.0, _usual(width, look))


def points(lines: int, size: float = 10) -> float:
    """The height in points of a row with this many lines, no more than a spreadsheet allows."""
    return min(_TALLEST, round(lines * size * _LINE_POINTS + 5, 2))


def portions(text: str, width: float, look: Look = BODY) -> list[str]:
    """The text in portions that each fit the tallest row: itself alone, nearly always."""
    text = clean(text).strip()
    if len(text) <= MOST_LINES // 2 * sure_line(width, look) and "\n" not in text and "\t" not in text:
        return [text]  # two lines that follow each other hold more than one line's characters between them
    lines = _wrapped(text, _characters(text, _usual(width, look)))
    if len(lines) <= MOST_LINES:
        return [text]
    starts = range(0, len(lines), MOST_LINES)
    return ["".join(lines[start : start + MOST_LINES]).strip() for start in starts]


def _characters(text: str, usual: float) -> int:
    """How many characters of this text a line holds; capitals are wider than the rest."""
    return _held(sum(map(str.isupper, text)) / max(len(text), 1), usual)


def _usual(width: float, look: Look) -> float:
    """How many small letters a line holds."""
    return (width - 1.5) * (1.06 if look.bold else 1.16) * 10 / look.size


def _held(capitals: float, usual: float) -> int:
    return max(4, int(usual / (1 + 0.45 * capitals)))


@lru_cache(maxsize=20_000)
def _folded(paragraph: str, characters: int) -> tuple[str, ...]:
    """The lines of a paragraph: most are one, and the same texts stand in several papers."""
    if len(paragraph) <= characters and "\t" not in paragraph:
        return (paragraph.rstrip(" "),)
    words = paragraph.split(" ")
    if "-" in paragraph or "\t" in paragraph or "" in words or max(map(len, words)) > characters:
        return tuple(textwrap.wrap(paragraph, characters)) or ("",)
    return tuple(filled(words, characters))


def _wrapped(text: str, characters: int) -> list[str]:
    """The lines, each with the space or the line break that it ends with."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        folded = _folded(paragraph, characters)
        lines += [f"{line} " for line in folded[:-1]] + [f"{folded[-1]}\n"]
    return lines
