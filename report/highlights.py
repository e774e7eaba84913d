"""Highlight reports in the papers: a grid of workstreams and ratings, what other forums should take up, and the
reports themselves in the form's own order. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from programme.form import Field
from report.prose import clean, one_line, says_nothing, shown
from report.standing import SERVED, PlanStanding, SponsorStanding, Standing
from report.summary import NO_RETURN, Movement, PlacedRow, place_rows

FORM = "highlight-report"
NOT_FILLED_IN = "Not filled in"
NOT_NAMED = "not named"
ESCALATED, FORUM, TIMESCALE = "escalated", "escalated_forum", "escalated_timescale"

_MOVES = {
    Movement.IMPROVED: ("▲", "better"),
    Movement.WORSENED: ("▼", "worse"),
    Movement.SAME: ("=", "same"),
    Movement.NOT_COMPARABLE: ("–", "not comparable"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell of the grid. ``arrow`` is for the eye alone: ``words`` say the same; ``was`` is the last rating's word
    where it is another, or where there is none now."""

    placed: PlacedRow
    arrow: str
    words: str
    was: str


@dataclass(frozen=True, slots=True)
class Line:
    """A workstream's marks in the order of the grid's headings; None where it has no such heading."""

    plan: PlanStanding
    marks: tuple[Mark | None, ...]


@dataclass(frozen=True, slots=True)
class Escalated:
    """What a lead wants another forum to take up."""

    plan: PlanStanding
    lead: SponsorStanding
    items: str
    forum: str
    timescale: str


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a report. ``text`` says so where it was not filled in."""

    header: str
    text: str
    filled_in: bool


@dataclass(frozen=True, slots=True)
class Report:
    """One lead's report, as far as it came. ``marks`` are the workstream's, told with its first report alone."""

    plan: PlanStanding
    lead: SponsorStanding
    marks: tuple[Mark, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Highlights:
    """The reports of a cycle in the plans' order."""

    headings: tuple[str, ...]
    grid: tuple[Line, ...]
    escalated: tuple[Escalated, ...]
    reports: tuple[Report, ...]


def is_highlights(standing: Standing) -> bool:
    """Whether the papers are of highlight reports."""
    return standing.form.id == FORM


def highlights(standing: Standing) -> Highlights:
    """Say what the reports of a cycle say. The same standing gives the same highlights.

    Raises KeyError where a row has a rating that the form does not declare.
    """
    marks = [_mark(placed) for placed in place_rows(standing)]
    headings = tuple(dict.fromkeys(one_line(mark.placed.row.deliverable) for mark in marks))
    own = {plan.id: tuple(mark for mark in marks if mark.placed.plan is plan) for plan in standing.plans}
    return Highlights(
        headings=headings,
        grid=tuple(_line(plan, own[plan.id], headings) for plan in standing.plans),
        escalated=tuple(_escalated(standing.plans)),
        reports=tuple(
            Report(plan, lead, own[plan.id] if first else (), tuple(_sections(standing.form.fields, lead)))
            for plan in standing.plans
            for first, lead in _returned(plan)
        ),
    )


def _returned(plan: PlanStanding) -> Iterator[tuple[bool, SponsorStanding]]:
    """The leads who returned something, and whether each is the first of them."""
    leads = [lead for lead in plan.sponsors if lead.state not in (NO_RETURN, SERVED)]
    return ((lead is leads[0], lead) for lead in leads)


def _mark(placed: PlacedRow) -> Mark:
    arrow, words = _MOVES[placed.movement]
    was = placed.before.word if placed.before and placed.before != placed.after else ""
    return Mark(placed, arrow, words, was)


def _line(plan: PlanStanding, marks: Sequence[Mark], headings: Sequence[str]) -> Line:
    by_heading = {one_line(mark.placed.row.deliverable): mark for mark in marks}
    return Line(plan, tuple(by_heading.get(heading) for heading in headings))


def _escalated(plans: Sequence[PlanStanding]) -> Iterator[Escalated]:
    for plan in plans:
        for lead in plan.sponsors:
            items = clean(lead.fields.get(ESCALATED, "")).strip()
            if not says_nothing(items):
                forum, timescale = (one_line(lead.fields.get(name, "")) for name in (FORUM, TIMESCALE))
                yield Escalated(plan, lead, items, forum or NOT_NAMED, timescale or NOT_NAMED)


def _sections(fields: Sequence[Field], lead: SponsorStanding) -> Iterator[Section]:
    """The sections in the form's order. Where nothing is escalated, no forum and no timescale is missed."""
    nothing = says_nothing(lead.fields.get(ESCALATED, ""))
    for field in fields:
        text = shown(field.kind, lead.fields.get(field.id, ""))
        if text or not (nothing and field.id in (FORUM, TIMESCALE)):
            yield Section(field.header, text or NOT_FILLED_IN, bool(text))
