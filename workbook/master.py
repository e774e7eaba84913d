"""Plan workbooks that the planning team keeps in Excel ("masters"): what a plan's actions are, never how they go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from re import compile as pattern

from programme.answer import IssuedRow
from programme.form import Column, Form, Kind
from programme.plan import Action, Plan
from workbook.canvas import letter, place
from workbook.cleaning import plain
from workbook.contents import Cell, Sheets
from workbook.dates import in_words
from workbook.headers import Table, locked, master_tables
from workbook.returned_rows import Line, lines
from workbook.sheet_setup import either
from workbook.values import Values, quoted

_ALWAYS = ("ref", "deliverable", "due")
_TOLD_BY_RETURNS = frozenset({"last_rating", "last_progress"})
_REF = pattern(r"[0-9A-Za-z][0-9A-Za-z.-]{0,19}")
_ADVICE = "put the value itself"


@dataclass(frozen=True, slots=True)
class Master:
    """A plan's actions as its master has them. Where there are ``problems`` (sentences), do not use the actions.

    ``columns`` are the ids of the reference columns that the master has: of the others it says nothing.
    """

    actions: tuple[Action, ...]
    problems: tuple[str, ...]
    columns: tuple[str, ...] = ()


def kept_columns(form: Form) -> tuple[Column, ...]:
    """The columns that a master has: the locked ones, without those that the returns tell."""
    return tuple(column for column in locked(form) if column.id not in _TOLD_BY_RETURNS)


def read_master(form: Form, sheets: Sheets) -> Master:
    """The actions of a master, whatever the order of its columns; ratings and other answers are not looked at."""
    found = master_tables(form, sheets)
    if not found:
        headers = either(tuple(column.header for column in kept_columns(form)[:2])).replace(" or ", " and ")
        return Master((), (f"No sheet has a table of actions: put one with the columns {headers} at least.",))
    table = found[0]
    problems = [*_other_tables(found), *_columns(form, table), *_cut_short(table, sheets)]
    if problems:
        return Master((), tuple(problems))
    reading = _Reading(form, table, Values(form, sheets.date1904))
    actions = tuple(action for line in lines(table) if (action := reading.action(line)))
    if not actions and not reading.problems:
        empty = f"{table.sheet.name} has no action below the headers in row {table.header_row}: put one in each row."
        reading.problems.append(empty)
    present = tuple(column.id for column in kept_columns(form) if column.id in table.columns)
    return Master(actions, tuple(reading.problems), tuple(name for name in present if name not in _ALWAYS))


def write_master(form: Form, plan: Plan) -> bytes:
    """A master that the team can start from, as an .xlsx file; the same plan gives the same bytes.

    Nothing in it is locked and nothing in it runs: every text is written as text, whatever it begins with.
    """
    from workbook.master_sheet import master_workbook

    rows = tuple(
        IssuedRow(action.ref, "", action.deliverable, action.due, reference=action.reference) for action in plan.actions
    )
    return master_workbook(form, kept_columns(form), f"{plan.label}: {plan.title}", rows)


@dataclass(slots=True)
class _Reading:
    """Reads the rows of one master; ``problems`` grow as it reads."""

    form: Form
    table: Table
    values: Values
    problems: list[str] = field(default_factory=list)
    _places: dict[str, str] = field(default_factory=dict)

    def action(self, line: Line) -> Action | None:
        """The action of a line; None where it is no action or has no sound Ref and deliverable."""
        cells = {column.id: line.cells[column.id] for column in kept_columns(self.form) if column.id in line.cells}
        if not cells:
            return None
        ref = self._ref(line, cells.get("ref"))
        deliverable = self._text(line, "deliverable", cells)
        if "deliverable" not in cells:
            self.problems.append(f"{self._at(line, 'deliverable')} is empty: put what is to be delivered.")
        due = self._date(line, "due", cells)
        reference = self._reference(line, cells)
        self._check_start(line, due, reference)
        return Action(ref, deliverable, due, reference) if ref and deliverable else None

    def _at(self, line: Line, column_id: str) -> str:
        return place(self.table.sheet.name, line.number, self.table.columns[column_id])

    def _ref(self, line: Line, cell: Cell | None) -> str:
        at = self._at(line, "ref")
        if cell is None:
            self.problems.append(f"{at} is empty: put the action's Ref, such as 3.2.")
            return ""
        if cell.kind not in ("text", "number"):
            said = f'{at} says "{quoted(cell.text)}", which is no Ref'
            self.problems.append(f"{said}: format the cell as Text and type the Ref, such as 3.2.")
            return ""
        ref = line.text("ref")
        if not _REF.fullmatch(ref):
            rule = "use letters, digits, dots and hyphens only, at most 20, such as 3.2"
            self.problems.append(f'{at} says "{quoted(ref)}", which is no Ref: {rule}.')
            return ""
        return ref if self._is_first(ref, at, cell) else ""

    def _is_first(self, ref: str, at: str, cell: Cell) -> bool:
        first = self._places.setdefault(plain(ref), at)
        if first == at:
            return True
        lost = f" If it is {ref}0, format the cell as Text and type it again." if cell.kind == "number" else ""
        cell_of_first = first.rpartition("!")[2]
        self.problems.append(f"{at} says {ref}, and so does {cell_of_first}: give every action a Ref of its own.{lost}")
        return False

    def _text(self, line: Line, column_id: str, cells: Mapping[str, Cell]) -> str:
        cell = cells.get(column_id)
        if cell is None or not self._is_value(line, column_id, cell):
            return ""
        return self.values.read(cell, Kind.TEXT, "").text

    def _date(self, line: Line, column_id: str, cells: Mapping[str, Cell]) -> date | None:
        cell = cells.get(column_id)
        if cell is None or not self._is_value(line, column_id, cell):
            return None
        at = self._at(line, column_id)
        value = self.values.read(cell, Kind.DATE, at)
        if value.problem:
            self.problems.append(value.problem)
            return None
        day = date.fromisoformat(value.text)
        if value.remark:
            self.problems.append(f'{at} says "{quoted(cell.text)}": put the date alone, such as {in_words(day)}.')
        return day

    def _is_value(self, line: Line, column_id: str, cell: Cell) -> bool:
        if cell.kind in ("formula", "error"):
            what = "holds a formula" if cell.kind == "formula" else f"shows the error {cell.text}"
            self.problems.append(f"{self._at(line, column_id)} {what}: {_ADVICE}.")
        return cell.kind not in ("formula", "error")

    def _reference(self, line: Line, cells: Mapping[str, Cell]) -> dict[str, str]:
        reference: dict[str, str] = {}
        for column in kept_columns(self.form):
            if column.id in _ALWAYS or column.id not in cells:
                continue
            if column.kind is Kind.DATE:
                day = self._date(line, column.id, cells)
                text = day.isoformat() if day else ""
            else:
                text = self._text(line, column.id, cells)
            if text:
                reference[column.id] = text
        return reference

    def _check_start(self, line: Line, due: date | None, reference: Mapping[str, str]) -> None:
        ends = [day for day in (_day(reference, "revised_due"), due) if day]
        start = _day(reference, "start")
        if start and ends and start > ends[0]:
            late = f"says {in_words(start)}, after the action is due on {in_words(ends[0])}"
            self.problems.append(f"{self._at(line, 'start')} {late}: check both dates.")


def _day(reference: Mapping[str, str], column_id: str) -> date | None:
    return date.fromisoformat(reference[column_id]) if column_id in reference else None


def _other_tables(found: list[Table]) -> Iterator[str]:
    read = found[0].sheet.name
    for table in found[1:]:
        if not table.sheet.hidden and lines(table):
            both = f"The sheets {read} and {table.sheet.name} both have a table of actions"
            yield f"{both}: keep one, and hide the other."


def _columns(form: Form, table: Table) -> Iterator[str]:
    name, row = table.sheet.name, table.header_row
    kept = {column.id: column for column in kept_columns(form)}
    for column_id in _ALWAYS:
        if column_id in kept and column_id not in table.columns:
            header = kept[column_id].header
            rest = "empty where nothing is known" if column_id == "due" else "with one for every action"
            yield f'{name} has no column headed "{header}" in row {row}: put it there, {rest}.'
    for column_id, number in table.twice:
        if column_id in kept:
            first = letter(table.columns[column_id])
            header = kept[column_id].header
            yield f'{place(name, row, number)} heads a second column "{header}", beside column {first}: keep one.'


def _cut_short(table: Table, sheets: Sheets) -> Iterator[str]:
    name = table.sheet.name
    if f'cells beyond 5,000 rows or 60 columns in "{name[:60]}"' in sheets.flags:
        rest = "what lies there was not read. Remove what is not part of the table"
        yield f"{name} goes beyond 5,000 rows or 60 columns, and {rest}."
