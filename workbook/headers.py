"""Finds the table of actions and its columns by their headers, wherever people have moved them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from programme.form import Column, Form
from workbook.action_sheet import ROW_ID_HEADER
from workbook.canvas import letter
from workbook.cleaning import bare
from workbook.contents import Note, Sheet, Sheets

ROW_ID = "row id"
LATEST_HEADER_ROW = 80

# What people put after a header, such as RAG (Feb).
_ASIDE = re.compile(r"\s*\([^()]*\)\s*\Z")

# "Row id" with whatever people put around it; longer texts, which are most, need no closer look.
_LONGEST_ROW_ID = 30


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet of actions: where its header stands, and the number of each column by id (``row id`` among them)."""

    sheet: Sheet
    header_row: int
    columns: Mapping[str, int]
    twice: tuple[tuple[str, int], ...] = ()

    def answered_cells(self, form: Form) -> int:
        """How many input cells below the header hold something."""
        numbers = {self.columns[column.id] for column in form.answered if column.id in self.columns}
        return sum(row > self.header_row and column in numbers for row, column in self.sheet.cells)


def spellings(form: Form) -> dict[str, str]:
    """Every accepted spelling of a header, normalised, to the column's id."""
    known = {bare(ROW_ID_HEADER): ROW_ID}
    for column in form.columns:
        for spelling in (column.header, *column.headers):
            known.setdefault(bare(spelling), column.id)
    return known


def named(known: Mapping[str, str], text: str) -> str | None:
    """What a text names among the known spellings, as a whole or by its first line."""
    found = known.get(bare(text))
    return known.get(bare(text.split("\n", 1)[0])) if found is None and "\n" in text else found


def tables(form: Form, sheets: Sheets) -> list[Table]:
    """Every table of actions in the file, the one with most answers first; shown sheets before hidden ones."""
    known = spellings(form)
    is_header = partial(_is_header, form)
    found = [table for sheet in sheets.sheets if (table := _table(sheet, known, is_header))]
    return sorted(found, key=lambda table: (table.sheet.hidden, -table.answered_cells(form)))


def master_tables(form: Form, sheets: Sheets) -> list[Table]:
    """Every table with the columns that the planning team fills, answers or none; shown sheets before hidden ones,
    then the fullest table first."""
    known, own = spellings(form), {column.id for column in locked(form)}
    found = [table for sheet in sheets.sheets if (table := _table(sheet, known, partial(_is_master_header, own)))]
    return sorted(found, key=lambda table: (table.sheet.hidden, -len(table.sheet.cells)))


def row_id_cells(sheets: Sheets) -> Iterator[str]:
    """The text of every cell below a header that says ``Row id``, on any sheet."""
    for sheet in sheets.sheets:
        heads = [at for at, cell in sheet.cells.items() if at[0] <= LATEST_HEADER_ROW and _heads_row_ids(cell.text)]
        for head_row, head_column in heads:
            yield from (
                cell.text for (row, column), cell in sheet.cells.items() if column == head_column and row > head_row
            )


def _heads_row_ids(text: str) -> bool:
    return len(text) <= _LONGEST_ROW_ID and bare(text) == ROW_ID


def column_notes(form: Form, table: Table) -> Iterator[Note]:
    """What the sender should know about columns: answer columns that are gone, and columns that are there twice."""
    name = table.sheet.name
    for column in form.answered:
        if column.id not in table.columns:
            sentence = f'The column "{column.header}" is not in the sheet {name}, so we took nothing for it.'
            yield Note(name, "", sentence)
    for column_id, number in table.twice:
        header = form.column(column_id).header
        kept = letter(table.columns[column_id])
        left = letter(number)
        sentence = f'Two columns are headed "{header}" in {name}: we read column {kept} and not {left}.'
        yield Note(name, f"{left}{table.header_row}", sentence)


def _table(sheet: Sheet, known: Mapping[str, str], is_header: Callable[[Mapping[str, int]], bool]) -> Table | None:
    best: Table | None = None
    for row, cells in _rows(sheet):
        columns, twice = _matched(cells, known)
        if is_header(columns) and (best is None or len(columns) > len(best.columns)):
            best = Table(sheet, row, columns, tuple(twice))
    return best


def _rows(sheet: Sheet) -> Iterable[tuple[int, list[tuple[int, str]]]]:
    rows: dict[int, list[tuple[int, str]]] = {}
    for (row, column), cell in sheet.cells.items():
        if row <= LATEST_HEADER_ROW and cell.kind == "text":
            rows.setdefault(row, []).append((column, cell.text))
    return rows.items()


def _matched(cells: list[tuple[int, str]], known: Mapping[str, str]) -> tuple[dict[str, int], list[tuple[str, int]]]:
    columns: dict[str, int] = {}
    twice: list[tuple[str, int]] = []
    vague: dict[str, list[int]] = {}
    for number, text in sorted(cells):
        column_id = named(known, text)
        if column_id in columns and column_id != ROW_ID:
            twice.append((column_id, number))
        elif column_id:
            columns.setdefault(column_id, number)
        elif column_id := known.get(bare(_ASIDE.sub("", text))):
            vague.setdefault(column_id, []).append(number)
    # A header with something in brackets after it is the column only where nothing else may be.
    columns |= {name: numbers[0] for name, numbers in vague.items() if name not in columns and len(numbers) == 1}
    return columns, twice


def _is_header(form: Form, columns: Mapping[str, int]) -> bool:
    keyed = "ref" in columns or ROW_ID in columns
    return keyed and len(columns) > 2 and any(column.id in columns for column in form.answered)


def _is_master_header(own: set[str], columns: Mapping[str, int]) -> bool:
    return len(own & columns.keys()) > 1 and bool({"ref", "deliverable"} & columns.keys())


def locked(form: Form) -> tuple[Column, ...]:
    """The columns that only the planning team fills."""
    return tuple(column for column in form.columns if not column.answered)
