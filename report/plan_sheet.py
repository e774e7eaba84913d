"""One sheet of the papers for each plan: every column, both sponsors' ratings, and the free text below."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from programme.form import Column, Form, Kind
from report.answers import differences, last_rating
from report.book import Book, Page
from report.exceptions_sheet import notes
from report.looks import (
    BODY,
    DATE,
    HEADING,
    MOST_LINES,
    PLAIN,
    STRONG,
    SUBTITLE,
    TITLE,
    Box,
    Look,
    portions,
    rating_box,
)
from report.prose import clean, date_of, long_day, moment, says_nothing, shown
from report.standing import PlanStanding, RowStanding, SponsorStanding, Standing
from report.summary import PlacedRow
from report.summary_sheet import STATES, worst_box

# A text below this length fits a cell whatever it is, one character a line.
_SHORT = MOST_LINES
_NARROWEST, _LOCKED_WIDEST, _ANSWER_WIDEST = 7.0, 28.0, 36.0
_BOTH = Column("_sponsors", "Sponsors' ratings", width=22)
_ORIGINAL = Column("_original_due", "Original due", Kind.DATE, width=12)
_MOVEMENT = Column("_movement", "Since last", width=14)
_NOTES = Column("_notes", "To note", width=26)


_KNOWN: Mapping[str, Callable[[Form, PlacedRow], str]] = {
    "ref": lambda _, placed: placed.row.ref,
    "deliverable": lambda _, placed: placed.row.deliverable,
    "due": lambda _, placed: placed.row.due.isoformat() if placed.row.due else "",
    _ORIGINAL.id: lambda _, placed: _original(placed.row),
    "last_rating": lambda form, placed: last_rating(form, placed.row),
    "last_progress": lambda _, placed: placed.row.last.progress,
    _MOVEMENT.id: lambda _, placed: placed.movement.value,
    _BOTH.id: lambda form, placed: differences(form, placed.row),
    _NOTES.id: lambda _, placed: notes(placed.row),
}


@dataclass(frozen=True, slots=True)
class _Rest:
    """The portions of a text that did not fit its cell."""

    place: str
    portions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """A column of the table with what it tells of each row, in the order of the rows."""

    column: Column
    texts: Sequence[str]

    @property
    def folded(self) -> bool:
        """Whether the column is folded away: one for reference, or one in which nobody said anything.

        The rating never is: where there is none it says why.
        """
        answer = self.column.answered and self.column.kind is not Kind.RATING
        return self.column.grouped or (self.empty and (answer or self.column in (_BOTH, _NOTES)))

    @property
    def empty(self) -> bool:
        return not any(self.texts)

    @property
    def look(self) -> Look:
        return DATE if self.column.kind is Kind.DATE else STRONG if self.column.id == "ref" else BODY


def write_plan(book: Book, standing: Standing, plan: PlanStanding, rows: Sequence[PlacedRow]) -> None:
    """Write the sheet of one plan. Columns that nobody filled in are folded away with the reference columns."""
    told = [_Told(column, _texts(column, rows, standing.form)) for column in _columns(standing.form, plan)]
    page = book.page(plan.label, [_width(one.column) for one in told])
    _fold(page, told)
    _title(page, standing, plan)
    header = page.header([one.column.header for one in told])
    rest: list[_Rest] = []
    # Half the columns of a form are empty in most plans: borders around nothing, where nobody looks, are left out.
    written = {place: one for place, one in enumerate(told) if not (one.empty and one.folded)}
    table = page.table({place: one.look for place, one in written.items()})
    for number, placed in enumerate(rows):
        table.row([_cell(one, number, placed, rest) for one in written.values()])
    page.filtered(header)
    _continued(page, rest)
    for sponsor in plan.sponsors:
        _fields(page, standing.form, sponsor)


def _columns(form: Form, plan: PlanStanding) -> tuple[Column, ...]:
    """The form's columns, and our own between them.

    The first due date follows the one in force where a row was revised, the movement follows the rating, then the
    sponsors' ratings where the plan is joint; the notes follow the answers.
    """
    joint = len(plan.sponsors) > 1 or any(row.differences for row in plan.rows)
    open_columns = [column for column in form.columns if not column.grouped]
    place = 1 + next(place for place, column in enumerate(open_columns) if column.kind is Kind.RATING)
    open_columns[place:place] = [_MOVEMENT, _BOTH] if joint else [_MOVEMENT]
    if any(_revised(row) for row in plan.rows) and form.has("due"):
        open_columns.insert(1 + [column.id for column in open_columns].index("due"), _ORIGINAL)
    return (*open_columns, _NOTES, *(column for column in form.columns if column.grouped))


def _revised(row: RowStanding) -> bool:
    return row.original_due is not None and row.original_due != row.due


def _width(column: Column) -> float:
    widest = _ANSWER_WIDEST if column.answered else _LOCKED_WIDEST
    return min(max(column.width, _NARROWEST), widest)


def _fold(page: Page, told: Sequence[_Told]) -> None:
    style = page.book.format(PLAIN)
    for place, one in enumerate(told):
        if one.folded:
            page.sheet.set_column(place, place, page.widths[place], style, {"level": 1, "hidden": True})


def _title(page: Page, standing: Standing, plan: PlanStanding) -> None:
    page.wide(f"{'DRAFT: ' if standing.draft else ''}{plan.label}: {plan.title}", TITLE)
    page.wide(f"{standing.programme} {standing.cycle}, for the SPG on {long_day(standing.spg)}", SUBTITLE)
    sponsors = [_sponsor(sponsor) for sponsor in plan.sponsors]
    page.line([Box(worst_box(standing, plan).value, worst_box(standing, plan).look, 2), *_over(page, sponsors)])
    page.gap()


def _over(page: Page, texts: Iterable[str]) -> Iterator[Box]:
    yield Box("\n".join(texts), PLAIN, len(page.widths) - 2)


def _sponsor(sponsor: SponsorStanding) -> str:
    person = f" ({sponsor.person})" if sponsor.person else ""
    received = f", last received {moment(sponsor.last_received)}" if sponsor.last_received else ""
    late = ", late" if sponsor.late else ""
    state = f"{STATES.get(sponsor.state, sponsor.state)}, {sponsor.rows_in} of {sponsor.rows_asked} rows"
    return f"{sponsor.post}{person}: {state}{received}{late}"


def _cell(told: _Told, number: int, placed: PlacedRow, rest: list[_Rest]) -> str | date | Box:
    column, text = told.column, told.texts[number]
    if column.kind is Kind.RATING and column.answered:
        return rating_box(placed)
    if column.kind is Kind.DATE:
        return date_of(text) or clean(text)
    if len(text) < _SHORT:
        return text
    first, *others = portions(text, _width(column))
    if not others:
        return first
    rest.append(_Rest(f"{placed.row.ref} {column.header}", tuple(others)))
    return f"{first} … (continued below the table)"


def _texts(column: Column, rows: Sequence[PlacedRow], form: Form) -> list[str]:
    known = _KNOWN.get(column.id)
    if known:
        texts = [known(form, placed) for placed in rows]
    else:
        every = (placed.row for placed in rows)
        texts = [row.values.get(column.id, row.reference.get(column.id, "")) for row in every]
    if column.kind is Kind.DATE:
        return texts
    return [shown(column.kind, text, form.ratings) if text else "" for text in texts]


def _original(row: RowStanding) -> str:
    return row.original_due.isoformat() if row.original_due and _revised(row) else ""


def _continued(page: Page, rest: Sequence[_Rest]) -> None:
    if rest:
        page.gap()
        page.wide("Continued from the table", HEADING)
    for one in rest:
        _labelled(page, one.place, one.portions)


def _fields(page: Page, form: Form, sponsor: SponsorStanding) -> None:
    given = [field for field in form.fields if not says_nothing(sponsor.fields.get(field.id, ""))]
    if not given:
        return
    page.gap()
    page.wide(f"About this plan: {sponsor.post}", HEADING)
    for field in given:
        text = shown(field.kind, sponsor.fields[field.id])
        _labelled(page, field.header, portions(text, sum(page.widths[2 : _readable(page)])))


def _labelled(page: Page, label: str, texts: Iterable[str]) -> None:
    for text in texts:
        page.line([Box(label, STRONG, 2), Box(text, BODY, _readable(page) - 2)])
        label = ""


def _readable(page: Page) -> int:
    """How many columns a text below the table runs over: those of a comfortable line."""
    return min(len(page.widths), 8)
