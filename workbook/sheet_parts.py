"""The parts that hold cells: shared strings, number formats, sheets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from workbook.cleaning import cleaned
from workbook.contents import Cell
from workbook.dates import from_serial
from workbook.gates import unsafe
from workbook.streaming import MAIN, named

MAX_STRINGS = 200_000
MAX_CELLS = 300_000
MAX_MERGES = 2_000
MAX_AREA = 20_000
MAX_ROW = 1_048_576
MAX_COLUMN = 16_384
MOST_ROWS_READ = 5_000
MOST_COLUMNS_READ = 60

_DATE_FORMATS = frozenset({14, 15, 16, 17, 22, *range(27, 37), *range(50, 59)})
_PERCENT_FORMATS = frozenset({9, 10})
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,10})")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class SharedStrings:
    """The strings that cells refer to by number; formatting is joined, phonetic guides are dropped."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self._parts: list[str] = []
        self._open = False
        self._phonetic = False
        self._names = named(MAIN, "si", "t", "rPh")

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        local = self._names.get(name)
        if local == "si":
            self._parts.clear()
        elif local == "rPh":
            self._phonetic = True
        elif local == "t":
            self._open = not self._phonetic

    def end(self, name: str) -> None:
        local = self._names.get(name)
        if local == "t":
            self._open = False
        elif local == "rPh":
            self._phonetic = False
        elif local == "si":
            self._add()

    def _add(self) -> None:
        if len(self.strings) >= MAX_STRINGS:
            raise unsafe(f"it holds more than {MAX_STRINGS:,} different texts")
        self.strings.append(cleaned("".join(self._parts)))

    def text(self, data: str) -> None:
        if self._open:
            self._parts.append(data)


class NumberFormats:
    """Which cell styles show a number as a date or as a percentage."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self._custom: dict[int, str] = {}
        self._in_cells = False
        self._names = named(MAIN, "numFmt", "cellXfs", "xf")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        local = self._names.get(name)
        if local == "numFmt":
            self._custom[_whole(attributes.get("numFmtId"))] = _kind_of_code(attributes.get("formatCode", ""))
        elif local == "cellXfs":
            self._in_cells = True
        elif local == "xf" and self._in_cells:
            self.kinds.append(self._kind(_whole(attributes.get("numFmtId"))))

    def end(self, name: str) -> None:
        if self._names.get(name) == "cellXfs":
            self._in_cells = False

    def text(self, _data: str) -> None:
        """Styles have no text."""

    def _kind(self, number: int) -> str:
        if number in _DATE_FORMATS:
            return "date"
        return "percent" if number in _PERCENT_FORMATS else self._custom.get(number, "")


@dataclass(slots=True)
class Book:
    """What the cells of every sheet refer to, and the one count of filled cells."""

    strings: list[str] = field(default_factory=list)
    formats: list[str] = field(default_factory=list)
    date1904: bool = False
    filled: int = 0


class SheetCells:
    """The filled cells of one sheet, sparse, by the reference that each carries."""

    def __init__(self, book: Book) -> None:
        self.cells: dict[tuple[int, int], Cell] = {}
        self.cut_short = False
        self._book = book
        self._row = self._column = self._merges = self._rows_read = self._last_row = 0
        self._type = self._style = ""
        self._value: list[str] = []
        self._formula: list[str] | None = None
        self._open: list[str] | None = None
        self._phonetic = False
        self._names = named(MAIN, "row", "c", "v", "f", "t", "rPh", "mergeCell", "hyperlink")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        local = self._names.get(name)
        if local is None:
            return
        if local == "c":
            self._start_cell(attributes)
        elif local in ("v", "t"):
            self._open = None if self._phonetic else self._value
        elif local == "row":
            self._start_row(attributes)
        elif local == "f":
            self._open = self._formula = []
        elif local == "rPh":
            self._phonetic = True
        else:
            self._check_area(local, attributes.get("ref", ""))

    def end(self, name: str) -> None:
        local = self._names.get(name)
        if local == "c":
            self._end_cell()
        elif local in ("v", "t", "f"):
            self._open = None
        elif local == "rPh":
            self._phonetic = False

    def text(self, data: str) -> None:
        if self._open is not None:
            self._open.append(data)

    def _start_row(self, attributes: Mapping[str, str]) -> None:
        number = attributes.get("r")
        self._row = self._row + 1 if number is None else _whole(number)
        self._column = 0
        if not 1 <= self._row <= MAX_ROW:
            raise unsafe("it names a row that no sheet has")

    def _start_cell(self, attributes: Mapping[str, str]) -> None:
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            self._row, self._column = _position(reference)
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._value, self._formula, self._open = [], None, None

    def _end_cell(self) -> None:
        cell = self._cell()
        if cell is None:
            return
        self._book.filled += 1
        if self._book.filled > MAX_CELLS:
            raise unsafe(f"it holds more than {MAX_CELLS:,} filled cells")
        if self._row != self._last_row:
            self._rows_read += 1
            self._last_row = self._row
        if self._rows_read > MOST_ROWS_READ or self._column > MOST_COLUMNS_READ:
            self.cut_short = True
        else:
            self.cells[self._row, self._column] = cell

    def _cell(self) -> Cell | None:
        if self._formula is not None:
            return Cell("formula", cleaned("=" + "".join(self._formula)))
        if not self._value:
            return None
        text = "".join(self._value)
        if self._type == "s":
            text = self._shared(text)
            return Cell("text", text) if text else None
        if self._type in ("inlineStr", "str"):
            text = cleaned(text)
            return Cell("text", text) if text else None
        return self._typed(text.strip())

    def _shared(self, number: str) -> str:
        index = _whole(number.strip())
        return self._book.strings[index] if 0 <= index < len(self._book.strings) else ""

    def _typed(self, text: str) -> Cell | None:
        if self._type == "b":
            return Cell("tick", "TRUE" if text in ("1", "true") else "FALSE")
        if self._type == "e":
            return Cell("error", cleaned(text)[:40])
        if self._type == "d" and _ISO_DAY.match(text):
            return Cell("date", text[:10])
        if _NUMBER.fullmatch(text):
            return self._number(text)
        text = cleaned(text)
        return Cell("text", text) if text else None

    def _number(self, text: str) -> Cell:
        style = _whole(self._style)
        kind = self._book.formats[style] if 0 <= style < len(self._book.formats) else ""
        if kind == "percent":
            return Cell("text", f"{float(text) * 100:.10g}%")
        day = from_serial(float(text), self._book.date1904) if kind == "date" else None
        return Cell("date", day.isoformat()) if day else Cell("number", text)

    def _check_area(self, local: str, reference: str) -> None:
        if local == "mergeCell":
            self._merges += 1
        first, _, last = reference.partition(":")
        (top, left), (bottom, right) = _position(first), _position(last or first)
        if self._merges > MAX_MERGES or (abs(bottom - top) + 1) * (abs(right - left) + 1) > MAX_AREA:
            raise unsafe("it merges or links more cells than a form has")


@lru_cache(maxsize=20_000)
def _position(reference: str) -> tuple[int, int]:
    """The row and column of a reference such as G7: every form has the same."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise unsafe("it names a cell that no sheet has")
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    row = int(found[2])
    if not 1 <= row <= MAX_ROW or column > MAX_COLUMN:
        raise unsafe("it names a cell that no sheet has")
    return row, column


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 11 else -1


def _kind_of_code(code: str) -> str:
    bare = _QUOTED.sub("", code).casefold()
    if "%" in bare:
        return "percent"
    return "date" if "y" in bare or "d" in bare else ""
