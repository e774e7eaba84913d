"""The cells of one sheet, set down row by row as they will stand in the file."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from xml.sax.saxutils import escape

from workbook.cleaning import writable

_SIZE, _FONT = '<sz val="11"/>', '<rFont val="Calibri"/><family val="2"/>'
_EPOCH = date(1899, 12, 30).toordinal()


@cache
def letter(column: int) -> str:
    """The letters of a column counted from 1: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def place(sheet: str, row: int, column: int) -> str:
    """Where a cell is, as people say it: ``Actions!F9``."""
    return f"{sheet}!{letter(column)}{row}"


def _text(value: str) -> str:
    return f'<t xml:space="preserve">{escape(writable(value))}</t>'


@dataclass(slots=True)
class Canvas:
    """Cells in the order in which they are put: row by row, left to right. ``texts_as_numbers`` names cells whose
    text looks like a number, so that Excel does not mark them as mistakes."""

    texts_as_numbers: str = ""
    _rows: list[str] = field(default_factory=list)
    _cells: list[str] = field(default_factory=list)
    _widest: int = 1
    _last: int = 1

    def put(self, row: int, column: int, value: str | date, style: int) -> None:
        """A text (never a formula, whatever it begins with), a date, or an empty styled cell."""
        at = f'<c r="{letter(column)}{row}" s="{style}"'
        self._widest = max(self._widest, column)
        if isinstance(value, date):
            self._cells.append(f"{at}><v>{value.toordinal() - _EPOCH}</v></c>")
        elif value:
            self._cells.append(f'{at} t="inlineStr"><is>{_text(value)}</is></c>')
        else:
            self._cells.append(f"{at}/>")

    def put_question(self, row: int, column: int, question: str, hint: str, style: int) -> None:
        """A question in bold, with its hint in plain grey on the lines below."""
        runs = f"<r><rPr><b/>{_SIZE}{_FONT}</rPr>{_text(question)}</r>"
        if hint:
            runs += f'<r><rPr>{_SIZE}<color rgb="FF52606D"/>{_FONT}</rPr>{_text(chr(10) + hint)}</r>'
        self._cells.append(f'<c r="{letter(column)}{row}" s="{style}" t="inlineStr"><is>{runs}</is></c>')

    def put_formula(self, row: int, column: int, formula: str, cached: str, style: int) -> None:
        """A formula without its equals sign, with the text that it has when nothing is filled in."""
        at = f'<c r="{letter(column)}{row}" s="{style}" t="str">'
        self._cells.append(f"{at}<f>{escape(formula)}</f><v>{escape(cached)}</v></c>")

    def end_row(self, row: int, height: float) -> None:
        """Close the row whose cells were put. ``height`` is in points."""
        self._rows.append(f'<row r="{row}" ht="{height:g}" customHeight="1">{"".join(self._cells)}</row>')
        self._cells.clear()
        self._last = row

    def extent(self) -> str:
        return f"A1:{letter(self._widest)}{self._last}"

    def set_into(self, sheet: bytes) -> bytes:
        """The sheet's XML with these cells in the empty place that was left for them."""
        # openpyxl writes with lxml where that is installed, and lxml leaves out the space.
        gap = b"<sheetData />" if b"<sheetData />" in sheet else b"<sheetData/>"
        filled = sheet.replace(gap, f"<sheetData>{''.join(self._rows)}</sheetData>".encode(), 1)
        if not self.texts_as_numbers:
            return filled
        told = f'<ignoredErrors><ignoredError sqref="{self.texts_as_numbers}" numberStoredAsText="1"/></ignoredErrors>'
        return filled.replace(b"</headerFooter>", b"</headerFooter>" + told.encode(), 1)
