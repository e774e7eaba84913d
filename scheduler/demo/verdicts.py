"""What the SPG decides, as the planning team fills it in on the decisions workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from jobs import minutes
from programme.cycle import Cycle
from programme.service import Programme
from scheduler.demo.chance import pick
from scheduler.demo.year import number_of
from workbook import filling
from workbook.headers import tables
from workbook.unpacking import unpack

Answers = dict[str, dict[str, str | date]]

# The meeting of this cycle is never written up: the next issue says so.
NEVER_RECORDED = 10
CLOSES_AND_ADDS = 2
NEW_ACTION = "Big Action 4; 4.7; Agree the winter plan with the acute hospital; {due}; SM Homecare"


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the decisions workbook as the team reads it."""

    ref: str
    rating: str
    ask: str
    due: date | None


def never_recorded(programme: Programme, cycle: Cycle) -> bool:
    """Whether nobody writes up what this meeting decided."""
    return number_of(programme, cycle) == NEVER_RECORDED


def filled_in(programme: Programme, cycle: Cycle, issued: bytes, seed: int) -> bytes:
    """The decisions workbook of a meeting, filled in: endorsed, but for what was decided otherwise."""
    form = minutes.form(programme.form)
    answers: Answers = {}
    found = _lines(programme, issued)
    _asked(cycle, found, answers)
    _rated_otherwise(programme, cycle, found, seed, answers)
    fields: dict[str, str | date] = {"endorsed": minutes.YES}
    if number_of(programme, cycle) == CLOSES_AND_ADDS and len(programme.plans) > len(found) // 6 > 1:
        _closed(found, answers)
        fields["new_actions"] = NEW_ACTION.format(due=cycle.spg + timedelta(days=300))
    return filling.fill(issued, answers, form, fields=fields)


def _lines(programme: Programme, issued: bytes) -> list[Line]:
    table = tables(minutes.form(programme.form), unpack(issued))[0]
    cells, columns = table.sheet.cells, table.columns
    numbers = sorted({row for row, column in cells if row > table.header_row and column == columns["ref"]})

    def text(row: int, column: str) -> str:
        cell = cells.get((row, columns[column]))
        return cell.text if cell else ""

    return [
        Line(text(row, "ref"), text(row, "last_rating"), text(row, "ask"), _due(text(row, "due"))) for row in numbers
    ]


def _due(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _asked(cycle: Cycle, found: Sequence[Line], answers: Answers) -> None:
    """Where a sponsor asks for another date, the SPG agrees one."""
    for line in found:
        if line.ask and line.rating == "Red":
            due = (line.due or cycle.spg) + timedelta(days=184)
            answers[line.ref] = {"new_date": due, "progress": "The new date is agreed; a report at the next meeting."}


def _rated_otherwise(programme: Programme, cycle: Cycle, found: Sequence[Line], seed: int, answers: Answers) -> None:
    """One Green that the SPG does not believe, and one Amber that it does."""
    said: Mapping[str, tuple[str, str]] = {
        "Green": ("amber", "The SPG is not persuaded that this is on track."),
        "Amber": ("green", "The SPG agrees the way back as it is."),
    }
    for rating, (agreed, words) in said.items():
        rated = [line for line in found if line.rating == rating and line.ref not in answers]
        if len(rated) > 2:
            line = pick(seed, f"{programme.id} {cycle.id} {rating}", rated)
            answers[line.ref] = {"rating": agreed, "progress": words}


def _closed(found: Sequence[Line], answers: Answers) -> None:
    line = next(line for line in found if line.ref.startswith("1.") and line.ref not in answers)
    answers[line.ref] = {"closed": minutes.YES, "progress": "Closed: it goes on as everyday work."}
