"""Matches a returned workbook with what was issued: sheets by their headers, rows by id then Ref, never by place."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from programme.answer import Answers, IssuedRow
from programme.form import Form
from workbook.cleaning import bare, plain
from workbook.contents import IDENTITY_SHEET, PAPERS, Note, ReturnedForm, Sheet, Sheets
from workbook.fields import read_fields
from workbook.headers import Table, column_notes, row_id_cells, tables
from workbook.returned_rows import RowReader, lines

_IDENTITY_KEYS = frozenset({"programme", "cycle", "plan"})


def identity(sheets: Sheets) -> dict[str, str] | None:
    """The keys and values of the identity sheet, found by its name or else by what it holds; None without one."""
    named = [sheet for sheet in sheets.sheets if plain(sheet.name).startswith(IDENTITY_SHEET)]
    for sheet in (*named, *sheets.sheets):
        found = _pairs(sheet)
        if found and (sheet in named or found.keys() >= _IDENTITY_KEYS):
            return found
    return None


def row_tokens(sheets: Sheets) -> frozenset[str]:
    """Every text in a column headed ``Row id``, on any sheet, whatever form it belongs to."""
    return frozenset(row_id_cells(sheets))


def are_papers(sheets: Sheets) -> bool:
    """Whether this is a workbook of papers of ours: it holds everybody's ratings, and is nobody's return."""
    return (identity(sheets) or {}).get("plan") == PAPERS


def of_several_plans(form: Form, sheets: Sheets) -> bool:
    """Whether there are tables with answers whose rows have no Ref in common: no one plan's form looks so."""
    found = [table for table in tables(form, sheets) if table.answered_cells(form)]
    refs = [frozenset(plain(line.text("ref")) for line in lines(table)) - {""} for table in found]
    return any(one.isdisjoint(other) for one, other in combinations(filter(None, refs), 2))


def match(form: Form, rows: Sequence[IssuedRow], sheets: Sheets) -> ReturnedForm:
    """What was filled in, row by row in the issued order.

    A cell that cannot be understood becomes a problem of its row; what was ignored or assumed becomes a note.
    Nothing is refused here.
    """
    found = tables(form, sheets)
    fields, places, field_notes = read_fields(form, sheets, {table.sheet.name: table.header_row for table in found})
    notes = [*_comments(sheets), *field_notes]
    if not found:
        notes.insert(0, _no_table(form))
        every = tuple(row.ref for row in rows)
        return ReturnedForm((), fields, row_tokens(sheets), tuple(notes), every, places=places)
    reader = RowReader(form, rows, sheets.date1904)
    answers, unknown = reader.read(found[0])
    notes = [*_other_tables(form, found), *column_notes(form, found[0]), *reader.notes, *notes]
    missing = tuple(row.ref for row in rows if row.ref not in answers)
    ordered = tuple(answers[row.ref] for row in rows if row.ref in answers)
    return ReturnedForm(ordered, fields, row_tokens(sheets), tuple(notes), missing, unknown, places)


def unchanged(returned: ReturnedForm) -> bool:
    """Whether nothing at all was filled in: the issued file came back as it went."""
    return not (returned.fields or returned.unknown or any(_filled(row) for row in returned.rows))


def _filled(row: Answers) -> bool:
    return bool(row.values or row.problems)


def _pairs(sheet: Sheet) -> dict[str, str]:
    cells: Mapping[tuple[int, int], object] = sheet.cells
    rows = sorted(row for row, column in cells if column == 1)
    return {
        sheet.cells[row, 1].text: sheet.cells[row, 2].text if (row, 2) in sheet.cells else ""
        for row in rows
        if sheet.cells[row, 1].kind == "text"
    }


def _comments(sheets: Sheets) -> list[Note]:
    if "comments" not in sheets.flags:
        return []
    sentence = "The file has comments, which we do not read: please put what they say into the cells."
    return [Note("", "", sentence)]


def _no_table(form: Form) -> Note:
    headers = ", ".join(column.header for column in form.columns if column.id == "ref" or column.answered)
    return Note(
        "", "", f"We found no sheet with the columns of the form ({headers}): please use the form that we sent."
    )


def _other_tables(form: Form, found: list[Table]) -> list[Note]:
    read = found[0].sheet.name
    others = [table.sheet.name for table in found[1:] if table.answered_cells(form) and not _same(table, found[0])]
    return [
        Note(name, "", f"The sheets {read} and {name} both have answers and they differ: we read {read}.")
        for name in others
    ]


def _same(one: Table, other: Table) -> bool:
    return [bare(cell.text) for _, cell in sorted(one.sheet.cells.items(), key=lambda it: it[0])] == [
        bare(cell.text) for _, cell in sorted(other.sheet.cells.items(), key=lambda it: it[0])
    ]
