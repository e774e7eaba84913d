"""The rows of a returned table: whose they are, what they answer, and what is said about them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from programme.answer import WITHDRAWN, Answers, IssuedRow, says_nothing
from programme.form import Column, Form, Kind
from programme.plan import due_dates
from workbook.canvas import letter, place
from workbook.cleaning import plain
from workbook.contents import Cell, Note
from workbook.headers import ROW_ID, Table, locked
from workbook.shown import shown_in_form
from workbook.values import Values, letters_only, shown_number

# Where "none" cannot be mistaken for words.
_OR_NONE = (Kind.DATE, Kind.CHOICE)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table as it lies in the file."""

    number: int
    cells: Mapping[str, Cell]

    def text(self, column_id: str) -> str:
        cell = self.cells.get(column_id)
        if cell is None:
            return ""
        return shown_number(cell.text) if cell.kind == "number" else cell.text


class RowReader:
    """Reads the rows of one table against the rows that were issued. ``notes`` grow as it reads."""

    def __init__(self, form: Form, rows: Sequence[IssuedRow], date1904: bool) -> None:
        self.notes: list[Note] = []
        self._form = form
        self._values = Values(form, date1904)
        self._by_token = {row.token: row for row in rows if row.token}
        self._by_ref = {plain(row.ref): row for row in rows}

    def read(self, table: Table) -> tuple[dict[str, Answers], tuple[str, ...]]:
        """The answers by ref, and the refs of rows that were never issued."""
        found = lines(table)
        tokens = Counter(line.text(ROW_ID) for line in found)
        claims: dict[str, list[tuple[Line, Answers]]] = {}
        unknown: list[str] = []
        for line in found:
            row = self._issued(line, tokens)
            if row is not None:
                self._compare_locked(table, line, row)
                claims.setdefault(row.ref, []).append((line, self._answers(table, line, row.ref)))
            elif self._says_something(line):
                unknown.append(self._unknown(table, line))
        return {ref: self._joined(ref, claim) for ref, claim in claims.items()}, tuple(unknown)

    def _issued(self, line: Line, tokens: Counter[str]) -> IssuedRow | None:
        """The issued row that a line answers: by its id, unless what people see says clearly that it is another."""
        by_token = self._by_token.get(line.text(ROW_ID))
        ref = plain(line.text("ref"))
        by_ref = self._by_ref.get(ref)
        if by_token is None or by_ref is by_token:
            return by_token or by_ref
        if by_ref is not None and letters_only(line.text("deliverable")) == letters_only(by_ref.deliverable):
            return by_ref
        copied = tokens[line.text(ROW_ID)] > 1
        return None if ref and by_ref is None and copied else by_token

    def _says_something(self, line: Line) -> bool:
        return any(column.id in line.cells for column in self._form.answered) or bool(line.text("ref"))

    def _unknown(self, table: Table, line: Line) -> str:
        name, ref = table.sheet.name, line.text("ref")
        at = f"{letter(table.columns.get('ref', 1))}{line.number}"
        what = f"{ref}, which is not in the plan as we issued it" if ref else "without a Ref"
        sentence = f"Row {line.number} of {name} is {what}: we left it out. If it is a new action, please tell us."
        self.notes.append(Note(name, at, sentence))
        return ref or f"row {line.number}"

    def _answers(self, table: Table, line: Line, ref: str) -> Answers:
        values: dict[str, str] = {}
        problems: dict[str, str] = {}
        places: dict[str, str] = {}
        for column in self._form.answered:
            if column.id not in table.columns:
                continue
            at = places[column.id] = place(table.sheet.name, line.number, table.columns[column.id])
            if column.id not in line.cells:
                continue
            cell = line.cells[column.id]
            value = self._values.read(cell, column.kind, at, column.choices)
            if value.problem and column.kind in _OR_NONE and cell.kind == "text" and says_nothing(cell.text):
                values[column.id] = WITHDRAWN
            elif value.problem:
                problems[column.id] = value.problem
            elif value.text:
                values[column.id] = value.text
            if value.remark:
                self.notes.append(Note(table.sheet.name, at.rpartition("!")[2], value.remark))
        return Answers(ref, values, problems, places)

    def _compare_locked(self, table: Table, line: Line, row: IssuedRow) -> None:
        for column in locked(self._form):
            if column.id in table.columns and not self._as_issued(line, column, row):
                at = f"{letter(table.columns[column.id])}{line.number}"
                self.notes.append(Note(table.sheet.name, at, self._left_alone(column, row)))

    def _as_issued(self, line: Line, column: Column, row: IssuedRow) -> bool:
        issued = shown_in_form(self._form, column, row)
        cell = line.cells.get(column.id)
        if isinstance(issued, date):
            return cell is not None and self._values.day(cell) == issued
        if column.id == "ref" and cell is not None and cell.kind == "number":
            return True  # 3.10 typed again has become the number 3.1: the row id says whose row it is
        if column.id == "due" and cell is not None and (day := self._values.day(cell)) is not None:
            return day in due_dates(row.due, row.reference)  # either of the two dates that the cell shows, on its own
        found = line.text(column.id)
        return found == issued or letters_only(found) == letters_only(issued)

    def _left_alone(self, column: Column, row: IssuedRow) -> str:
        said = f"We left {column.header} in {row.ref} as it was: only the SPG changes it"
        if column.kind is Kind.DATE and self._form.has("new_date"):
            return f"{said}; to ask, fill in {self._form.column('new_date').header}."
        return f"{said}; to ask, tell the planning team."

    def _joined(self, ref: str, claim: list[tuple[Line, Answers]]) -> Answers:
        """Several lines for one row: what agrees is taken once, what differs becomes a problem."""
        first = claim[0][1]
        if len(claim) == 1:
            return first
        values: dict[str, str] = {}
        problems: dict[str, str] = {}
        places = dict(first.places)
        for column in self._form.answered:
            said = [answers for _, answers in claim if column.id in answers.values or column.id in answers.problems]
            different = {_as_put(answers, column.id) for answers in said}
            if not said:
                continue
            places[column.id] = said[0].places[column.id]
            if len(different) > 1:
                problems[column.id] = self._disagreement(ref, column, said)
            elif column.id in said[0].values:
                values[column.id] = said[0].values[column.id]
            else:
                problems[column.id] = said[0].problems[column.id]
        return Answers(ref, values, problems, places)

    def _disagreement(self, ref: str, column: Column, said: list[Answers]) -> str:
        cells = " and ".join(answers.places[column.id] for answers in said)
        return f"{cells} answer {column.header} for {ref} differently: please keep one row for {ref}."


def _as_put(answers: Answers, column_id: str) -> str:
    return answers.values.get(column_id) or answers.problems[column_id].removeprefix(answers.places[column_id])


def lines(table: Table) -> list[Line]:
    """The rows below the header that hold something in a column that is known, from the top down."""
    by_column = {number: column_id for column_id, number in table.columns.items()}
    rows: dict[int, dict[str, Cell]] = {}
    for (row, number), cell in table.sheet.cells.items():
        if row > table.header_row and number in by_column:
            rows.setdefault(row, {})[by_column[number]] = cell
    return [Line(number, rows[number]) for number in sorted(rows)]
