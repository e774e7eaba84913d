"""A workbook of papers being written: the only home of XlsxWriter.

Everything that comes from people is written as text, whatever it begins with: nothing is ever a formula or a link.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from report.looks import FONT, HEADER, HEADER_CENTRED, PLAIN, Box, Look, lines_of, points, sure_line
from report.prose import clean, cut, long_day, moment
from report.standing import Standing
from workbook.contents import IDENTITY_SHEET, PAPERS

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_MOST_CHARACTERS = 32_000
_NAME_LIMIT = 31
_SMALL = '&"Arial,Regular"&9 '
_BORDERS = {"thin": 1, "dashed": 3}


@dataclass(frozen=True, slots=True)
class Place:
    """A cell, counted from 0."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Imprint:
    """What every printed page says of the workbook: ``occasion`` right of the title, ``as_at`` at the foot."""

    title: str
    author: str
    created: datetime
    occasion: str
    as_at: str
    draft: bool = False


def imprint(standing: Standing) -> Imprint:
    """The papers of a standing."""
    return Imprint(
        title=f"{standing.programme} {standing.cycle}",
        author=standing.team,
        created=standing.as_at,
        occasion=f"SPG {long_day(standing.spg)}",
        as_at=f"As it stood at {moment(standing.as_at)}",
        draft=standing.draft,
    )


class Book:
    """A workbook of papers. The same calls give the same bytes."""

    def __init__(self, imprint: Imprint) -> None:
        from xlsxwriter.workbook import Workbook

        self._bytes = BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self.workbook = Workbook(self._bytes, options | {"strings_to_numbers": False})
        self._imprint = imprint
        self._formats: dict[Look, Format] = {}
        self._names: set[str] = {IDENTITY_SHEET}
        self.workbook.set_properties(self._properties())

    def page(self, name: str, widths: Sequence[float]) -> "Page":
        """A new sheet with these column widths, in characters, set up for print."""
        sheet = self.workbook.add_worksheet(self._free_name(name))
        page = Page(self, sheet, tuple(widths))
        self._set_up(sheet)
        return page

    def format(self, look: Look) -> "Format":
        """The workbook's format for a look, made once."""
        if look not in self._formats:
            self._formats[look] = self.workbook.add_format(_format_properties(look))
        return self._formats[look]

    def finished(self) -> bytes:
        """Close the workbook and return its bytes. A hidden sheet says that it is no form, should it come back."""
        sheet = self.workbook.add_worksheet(IDENTITY_SHEET)
        sheet.write_row(0, 0, ("plan", PAPERS))
        sheet.very_hidden()
        self.workbook.close()
        return self._bytes.getvalue()

    def _properties(self) -> dict[str, Any]:
        draft = "DRAFT: " if self._imprint.draft else ""
        return {
            "title": cut(f"{draft}{self._imprint.title}", 200),
            "author": cut(self._imprint.author, 100),
            "created": self._imprint.created.astimezone(UTC).replace(tzinfo=None),
        }

    def _set_up(self, sheet: "Worksheet") -> None:
        own = self._imprint
        draft = '&C&"Arial,Bold"&14DRAFT' if own.draft else ""
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.65)
        sheet.hide_gridlines(2)
        sheet.set_header(f"&L{_SMALL}{_in_header(own.title)}{draft}&R{_SMALL}{_in_header(own.occasion)}")
        page = "DRAFT, page &P of &N" if own.draft else "Page &P of &N"
        sheet.set_footer(f"&L{_SMALL}{_in_header(own.as_at)}&C{_SMALL}{page}&R{_SMALL}&A")

    def _free_name(self, name: str) -> str:
        """A sheet name that spreadsheet programs accept and that is not taken yet."""
        plain = "".join(" " if char in "[]:*?/\\'" else char for char in cut(name, _NAME_LIMIT)).strip() or "Plan"
        number, free = 1, plain
        while free.casefold() in self._names | {"history"}:
            number += 1
            free = f"{plain[: _NAME_LIMIT - 5].rstrip()} ({number})"
        self._names.add(free.casefold())
        return free


class Page:
    """A sheet that is written from the top down. ``row`` is the next row, counted from 0."""

    def __init__(self, book: Book, sheet: "Worksheet", widths: tuple[float, ...]) -> None:
        self.book, self.sheet, self.widths = book, sheet, widths
        self.row = 0
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width, book.format(PLAIN))

    @property
    def name(self) -> str:
        return str(self.sheet.get_name())

    def line(self, boxes: Sequence[Box], at_least: float = 0) -> None:
        """Write one row with a height, in points, that shows all of its text, and go on to the next."""
        column, height = 0, at_least
        for box in boxes:
            self.write(Place(self.row, column), box)
            width = sum(self.widths[column : column + box.span])
            if isinstance(box.value, str):
                height = max(height, points(lines_of(clean(box.value), width, box.look), box.look.size))
            column += box.span
        self.sheet.set_row(self.row, height or points(1))
        self.row += 1

    def wide(self, text: str, look: Look = PLAIN) -> None:
        """Write a row with one text over all columns."""
        self.line([Box(text, look, len(self.widths))])

    def gap(self) -> None:
        """Leave a narrow row empty."""
        self.sheet.set_row(self.row, 8)
        self.row += 1

    def header(self, titles: Sequence[str], counts: Sequence[str] = ()) -> int:
        """Write the header of a table, repeated on every printed page and frozen, and return its row.

        ``counts`` are the titles of further columns, centred over their numbers.
        """
        self.line([*(Box(title, HEADER) for title in titles), *(Box(title, HEADER_CENTRED) for title in counts)])
        self.sheet.repeat_rows(self.row - 1)
        self.sheet.freeze_panes(self.row, 0)
        return self.row - 1

    def table(self, looks: Mapping[int, Look]) -> "Table":
        """The rows of a long table below, a look for each column that is written, by its number counted from 0;
        ``line`` is for everything else."""
        return Table(self, looks)

    def filtered(self, header: int) -> None:
        """Put a filter on the table that began at this header and ended above the next row."""
        self.sheet.autofilter(header, 0, max(self.row - 1, header), len(self.widths) - 1)

    def write(self, place: Place, box: Box) -> None:
        """Write one cell, or merged ones; the height of its row is left to the caller."""
        style = self.book.format(box.look)
        if box.span > 1:
            self.sheet.merge_range(place.row, place.column, place.row, place.column + box.span - 1, "", style)
        if isinstance(box.value, int):
            self.sheet.write_number(place.row, place.column, box.value, style)
        elif isinstance(box.value, date):
            self.sheet.write_datetime(place.row, place.column, box.value, style)
        else:
            self.sheet.write_string(place.row, place.column, clean(str(box.value))[:_MOST_CHARACTERS], style)


class Table:
    """Rows whose cells look alike column by column: what is the same for all of them is worked out once."""

    def __init__(self, page: Page, looks: Mapping[int, Look]) -> None:
        self._page, self._sheet = page, page.sheet
        widths = [page.widths[column] for column in looks]
        styles = map(page.book.format, looks.values())
        sure = map(sure_line, widths, looks.values())
        self._columns = tuple(zip(looks, looks.values(), styles, widths, sure, strict=True))

    def row(self, values: Sequence[str | date | Box]) -> None:
        """Write one row, as high as its texts ask: a value for each column that is written, in their order.

        A text is cleaned already; a box of one line brings its own look.
        """
        page, number, height = self._page, self._page.row, points(1)
        for value, (column, look, style, width, sure) in zip(values, self._columns, strict=True):
            if isinstance(value, Box):
                page.write(Place(number, column), value)
            elif isinstance(value, date):
                self._sheet.write_datetime(number, column, value, style)
            else:
                self._sheet.write_string(number, column, value[:_MOST_CHARACTERS], style)
                if len(value) > sure or "\n" in value or "\t" in value:
                    height = max(height, points(lines_of(value, width, look), look.size))
        self._sheet.set_row(number, height)
        page.row += 1


def _in_header(text: str) -> str:
    """An ampersand begins a command in a printed header."""
    return cut(text, 60).replace("&", "&&")


def _format_properties(look: Look) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "font_name": FONT,
        "font_size": look.size,
        "font_color": look.ink,
        "bold": look.bold,
        "text_wrap": True,
        "valign": "vcenter" if look.centred or look.middle else "top",
        "align": "center" if look.centred else "left",
    }
    if look.fill:
        properties["bg_color"] = look.fill
    if look.border in _BORDERS:
        colour = "#44494D" if look.border == "dashed" else "#B3BAC0"
        properties |= {"border": _BORDERS[look.border], "border_color": colour}
    if look.border != "none" and not look.centred:
        properties["indent"] = 1
    if look.pattern:
        properties["num_format"] = look.pattern
    return properties
