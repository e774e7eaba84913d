"""What the papers say of a standing: counts, what changed, what needs the SPG, who did not return. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from programme.form import Form, Kind, Rating
from report.answers import asks_for_date, differences
from report.prose import counted, date_of, due_on, joined, one_line, plain_date, row_names, says_nothing, ticked
from report.standing import CycleTally, One, PlanStanding, RowStanding, SponsorStanding, Standing

NOT_UPDATED = "not updated"
NO_RETURN = "no return"


class Movement(StrEnum):
    """How a row stands beside its last rating: the agreed one, or else the reported one."""

    WORSENED = "worsened"
    IMPROVED = "improved"
    SAME = "same"
    NOT_COMPARABLE = "not comparable"


class AskKind(StrEnum):
    """What the SPG is asked to decide about."""

    REQUEST = "request"
    NEW_DATE = "new date"
    ESCALATE = "escalate"
    NOT_ACHIEVABLE = "not achievable"
    COMPLETE = "complete"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have one rating, or one status where ``rating`` is None."""

    word: str
    rows: int
    rating: Rating | None = None


@dataclass(frozen=True, slots=True)
class PlacedRow:
    """A row with its plan, its last rating (``before``), its rating now (``after``) and the movement between them."""

    plan: PlanStanding
    row: RowStanding
    before: Rating | None
    after: Rating | None
    movement: Movement


@dataclass(frozen=True, slots=True)
class Gap:
    """A plan that is not wholly in: who returned nothing, who returned a part, and the rows without a rating."""

    plan: PlanStanding
    out: tuple[SponsorStanding, ...]
    partial: tuple[SponsorStanding, ...]
    rows: tuple[PlacedRow, ...]


@dataclass(frozen=True, slots=True)
class LateReturn:
    """A sponsor whose return came after the deadline."""

    plan: PlanStanding
    sponsor: SponsorStanding


@dataclass(frozen=True, slots=True)
class Ask:
    """One numbered thing to decide. ``row`` is None where the plan as a whole asks; ``sentence`` has no full stop."""

    number: int
    kind: AskKind
    plan: PlanStanding
    row: RowStanding | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """Rows that their sponsors want another forum to take up; ``asks`` are the numbers of the asks about them."""

    forum: str
    rows: tuple[PlacedRow, ...]
    asks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Page one. ``tallies`` are in the form's order, then not updated and no return, and add up to ``total``.

    ``reds`` are the rows of the form's worst rating, ``ambers`` those of every other rating that needs recovery.
    ``movements`` holds every row once. ``headline`` and ``movement`` are sentences, ``in_brief``
    is for a subject; ``checks`` are sentences for the team alone. ``trend`` ends with this cycle.
    """

    total: int
    tallies: tuple[Tally, ...]
    movements: dict[Movement, tuple[PlacedRow, ...]]
    first_report: bool
    compared_with: str
    reds: tuple[PlacedRow, ...]
    ambers: tuple[PlacedRow, ...]
    gaps: tuple[Gap, ...]
    late: tuple[LateReturn, ...]
    differences: tuple[PlacedRow, ...]
    asks: tuple[Ask, ...]
    escalations: tuple[Escalation, ...]
    trend: tuple[CycleTally, ...]
    headline: str
    movement: str
    in_brief: str
    checks: tuple[str, ...]

    @property
    def worsened(self) -> tuple[PlacedRow, ...]:
        return self.movements[Movement.WORSENED]

    @property
    def improved(self) -> tuple[PlacedRow, ...]:
        return self.movements[Movement.IMPROVED]


def summarise(standing: Standing) -> Summary:
    """Say what a standing means. The same standing gives the same summary.

    Raises KeyError where a row has a rating that the form does not declare.
    """
    return _summarised(One(standing))


@lru_cache(maxsize=1)
def _summarised(one: One) -> Summary:
    standing = one.standing
    placed = place_rows(standing)
    movements = {kind: tuple(row for row in placed if row.movement is kind) for kind in Movement}
    tallies = tally(standing.form.ratings, (row.row for row in placed))
    first = not any(row.before for row in placed)
    asks = _numbered(standing, placed)
    return Summary(
        total=len(placed),
        tallies=tallies,
        movements=movements,
        first_report=first,
        compared_with=_compared_with(placed),
        reds=tuple(row for row in placed if row.after and row.after == standing.form.ratings[0]),
        ambers=tuple(row for row in placed if _is_amber(row.after, standing.form.ratings)),
        gaps=tuple(_gaps(standing.plans, placed)),
        late=tuple(_late(standing.plans)),
        differences=tuple(row for row in placed if row.row.differences),
        asks=asks,
        escalations=tuple(_escalations(placed, asks)),
        trend=_trend(standing, placed),
        headline=_headline(standing.form, len(placed), tallies),
        movement=_movement_sentence(movements, _compared_with(placed)),
        in_brief=_in_brief(tallies, len(asks)),
        checks=tuple(_checks(standing)),
    )


def place_rows(standing: Standing) -> tuple[PlacedRow, ...]:
    """Every row of every plan in order, with its movement."""
    return _placed_rows(One(standing))


@lru_cache(maxsize=1)
def _placed_rows(one: One) -> tuple[PlacedRow, ...]:
    standing = one.standing
    ratings = {rating.id: rating for rating in standing.form.ratings}
    order = tuple(ratings)
    return tuple(_placed(plan, row, ratings, order) for plan in standing.plans for row in plan.rows)


def by_plan(placed: Iterable[PlacedRow]) -> dict[str, list[PlacedRow]]:
    """The rows of each plan by its id, in order; a plan without rows is left out."""
    own: dict[str, list[PlacedRow]] = {}
    for row in placed:
        own.setdefault(row.plan.id, []).append(row)
    return own


def at_length(rows: Sequence[PlacedRow], most: int) -> tuple[Sequence[PlacedRow], tuple[str, ...]]:
    """The rows that a message tells at length, and of those after them a line for each plan, such as
    Big Action 3: rows 3.1 and 3.4. A message is for reading; the workbook has every row."""
    rest = by_plan(rows[most:]).values()
    return rows[:most], tuple(f"{own[0].plan.label}: {row_names([one.row.ref for one in own])}" for own in rest)


def tally(ratings: Sequence[Rating], rows: Iterable[RowStanding]) -> tuple[Tally, ...]:
    """Count rows by rating in the form's order, then those not updated, then those of no return."""
    counts = Counter(_key(row) for row in rows)
    rated = (Tally(rating.word, counts[rating.id], rating) for rating in ratings)
    return (*rated, Tally("Not updated", counts[NOT_UPDATED]), Tally("No return", counts[NO_RETURN]))


def counts_of(form: Form, one: CycleTally) -> tuple[int, ...]:
    """The counts of a cycle in the order of ``tally``; a rating that the form no longer has is left out."""
    return tuple(one.counts.get(key, 0) for key in (*(rating.id for rating in form.ratings), NOT_UPDATED, NO_RETURN))


def ask_lines(summary: Summary) -> tuple[str, ...]:
    """The asks as the papers print them, a line each with its number."""
    return tuple(f"{ask.number}. {_ask_line(ask)}" for ask in summary.asks)


def moved(rows: Iterable[PlacedRow]) -> str:
    """The movement of some rows in a few words, such as: 2 worsened, 1 not comparable."""
    counts = Counter(row.movement for row in rows)
    return ", ".join(f"{counts[kind]} {kind.value}" for kind in Movement if counts[kind])


def _ask_line(ask: Ask) -> str:
    if ask.row is None:
        return f"{ask.plan.label}: {ask.sentence}"
    return f"{ask.plan.label}, row {ask.row.ref} ({one_line(ask.row.deliverable)}): {ask.sentence}."


def _key(row: RowStanding) -> str:
    return row.rating or (NO_RETURN if row.status == NO_RETURN else NOT_UPDATED)


def _placed(plan: PlanStanding, row: RowStanding, ratings: dict[str, Rating], order: tuple[str, ...]) -> PlacedRow:
    after = ratings[row.rating] if row.rating else None
    before = ratings.get(row.last.agreed or row.last.reported or "")
    if before is None or after is None:
        movement = Movement.NOT_COMPARABLE
    else:
        steps = order.index(after.id) - order.index(before.id)
        movement = Movement.SAME if steps == 0 else Movement.IMPROVED if steps > 0 else Movement.WORSENED
    return PlacedRow(plan, row, before, after, movement)


def _is_amber(rating: Rating | None, ratings: Sequence[Rating]) -> bool:
    return rating is not None and rating.needs_recovery and rating != ratings[0]


def _compared_with(placed: Iterable[PlacedRow]) -> str:
    return joined(dict.fromkeys(row.row.last.cycle for row in placed if row.before and row.row.last.cycle))


def _gaps(plans: Iterable[PlanStanding], placed: Iterable[PlacedRow]) -> Iterator[Gap]:
    unrated = by_plan(row for row in placed if row.after is None)
    for plan in plans:
        gap = Gap(
            plan,
            out=tuple(sponsor for sponsor in plan.sponsors if sponsor.state == NO_RETURN),
            partial=tuple(sponsor for sponsor in plan.sponsors if sponsor.state == "partial"),
            rows=tuple(unrated.get(plan.id, ())),
        )
        if gap.out or gap.partial or gap.rows:
            yield gap


def _late(plans: Iterable[PlanStanding]) -> Iterator[LateReturn]:
    return (LateReturn(plan, sponsor) for plan in plans for sponsor in plan.sponsors if sponsor.late)


def _escalations(placed: Iterable[PlacedRow], asks: Sequence[Ask]) -> Iterator[Escalation]:
    """The rows by forum, in the order in which the forums first appear."""
    forums: dict[str, list[PlacedRow]] = {}
    for row in placed:
        if not says_nothing(forum := row.row.values.get("escalate_to", "")):
            forums.setdefault(one_line(forum).casefold(), []).append(row)
    numbers = {id(ask.row): ask.number for ask in asks if ask.kind is AskKind.ESCALATE}
    for rows in forums.values():
        named = one_line(rows[0].row.values["escalate_to"])
        yield Escalation(named, tuple(rows), tuple(numbers[id(one.row)] for one in rows))


def _trend(standing: Standing, placed: Iterable[PlacedRow]) -> tuple[CycleTally, ...]:
    earlier = (one for one in standing.history if one.cycle != standing.cycle)
    return (*earlier, CycleTally(standing.cycle, Counter(_key(row.row) for row in placed)))


def _numbered(standing: Standing, placed: Sequence[PlacedRow]) -> tuple[Ask, ...]:
    own = by_plan(placed)
    found = [ask for plan in standing.plans for ask in _asks_of(standing.form, plan, own.get(plan.id, ()))]
    return tuple(Ask(number, *ask) for number, ask in enumerate(found, start=1))


_Asked = tuple[AskKind, PlanStanding, RowStanding | None, str]


def _asks_of(form: Form, plan: PlanStanding, rows: Iterable[PlacedRow]) -> Iterator[_Asked]:
    for sponsor in plan.sponsors:
        request = one_line(sponsor.fields.get("ask", ""))
        if not says_nothing(request):
            yield AskKind.REQUEST, plan, None, f"{sponsor.post} asks: {request}"
    for placed in rows:
        for kind, sentence in _asks_of_row(form, placed):
            yield kind, plan, placed.row, sentence


def _asks_of_row(form: Form, placed: PlacedRow) -> Iterator[tuple[AskKind, str]]:
    values, row = placed.row.values, placed.row
    if asks_for_date(new_date := values.get("new_date", ""), row.due):
        yield AskKind.NEW_DATE, _new_date(new_date, row)
    if not says_nothing(forum := values.get("escalate_to", "")):
        yield AskKind.ESCALATE, f"refer it to {one_line(forum)}"
    if one_line(values.get("forecast", "")).casefold() == "not achievable":
        yield AskKind.NOT_ACHIEVABLE, "the sponsor forecasts that it is not achievable: decide what becomes of it"
    if placed.after and form.skips(placed.after.id) and row.last.agreed != placed.after.id:
        yield AskKind.COMPLETE, f"agree it as complete ({placed.after.word})"
    if row.differences and placed.after:
        until = f"{placed.after.word} stands until then"
        yield (
            AskKind.DIFFERENCE,
            f"the sponsors differ ({differences(form, row)}): decide which rating is right; {until}",
        )


def _new_date(new_date: str, row: RowStanding) -> str:
    day = date_of(new_date)
    asked = plain_date(day) if day else one_line(new_date)
    return f"agree a new date, {asked}" + (f" (now {due_on(row.due, row.original_due)})" if row.due else "")


def _headline(form: Form, total: int, tallies: Iterable[Tally]) -> str:
    noun = "rating" if form.id == "highlight-report" else "action"
    parts = [f"{one.rows} {one.word if one.rating else one.word.lower()}" for one in tallies if one.rows]
    return f"{counted(total, noun)}: {joined(parts)}." if parts else f"There are no {noun}s to report."


def _in_brief(tallies: Iterable[Tally], asks: int) -> str:
    """What needs attention, such as: 2 Red, 1 Amber, 3 no return, 6 to decide; empty where nothing does."""
    telling = [one for one in tallies if one.rows and (one.rating is None or one.rating.needs_recovery)]
    parts = [f"{one.rows} {one.word if one.rating else one.word.lower()}" for one in telling]
    return ", ".join([*parts, f"{asks} to decide"] if asks else parts)


def _movement_sentence(movements: dict[Movement, tuple[PlacedRow, ...]], compared_with: str) -> str:
    worsened, improved, same = (len(movements[kind]) for kind in (Movement.WORSENED, Movement.IMPROVED, Movement.SAME))
    uncertain = movements[Movement.NOT_COMPARABLE]
    if not any(row.before for rows in movements.values() for row in rows):
        return "This is the first report: there is nothing to compare it with."
    since = f"Since {compared_with}" if compared_with else "Since the last report"
    if worsened or improved:
        said = f"{since}, {worsened or 'none'} worsened and {improved or 'none'} improved"
    else:
        said = f"{since} no rating has changed" if same else f"{since} nothing can be compared"
    return f"{said}; {_why_not_comparable(uncertain)}." if uncertain else f"{said}."


def _why_not_comparable(rows: Sequence[PlacedRow]) -> str:
    """Such as: 5 are not comparable (3 no return, 1 not updated, 1 not rated before)."""
    counts = Counter("not rated before" if row.after else _key(row.row) for row in rows)
    reasons = (f"{counts[why]} {why}" for why in (NO_RETURN, NOT_UPDATED, "not rated before") if counts[why])
    return f"{len(rows)} {'is' if len(rows) == 1 else 'are'} not comparable ({', '.join(reasons)})"


def _checks(standing: Standing) -> Iterator[str]:
    """A free text beside an unticked box (such as: nobody can be identified) is for a person to look at."""
    ticks = [field for field in standing.form.fields if field.kind is Kind.TICK]
    texts = [field for field in standing.form.fields if field.kind is Kind.TEXT and field.id != "ask"]
    for plan in standing.plans:
        for sponsor in plan.sponsors:
            written = [field.header for field in texts if not says_nothing(sponsor.fields.get(field.id, ""))]
            for tick in ticks:
                if written and not ticked(sponsor.fields.get(tick.id, "")):
                    yield (
                        f"{plan.label}: {sponsor.post} filled in {joined(f'“{name}”' for name in written)}, "
                        f"but “{tick.header}” is not ticked. Please read it before the papers go."
                    )
