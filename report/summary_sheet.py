"""The first sheet of the papers: counts, chart, plans, and what is to be decided."""

import math
from collections.abc import Sequence

from programme.form import Form
from report.answers import last_rating, last_when
from report.book import Book, Page
from report.looks import (
    COUNT,
    HEADER,
    HEADER_CENTRED,
    HEADING,
    MIDDLE,
    PLAIN,
    STATUS,
    STRONG_MIDDLE,
    SUBTITLE,
    TITLE,
    Box,
    Look,
    rating_look,
)
from report.prose import joined, long_day, moment
from report.standing import SERVED, PlanStanding, RowStanding, SponsorStanding, Standing
from report.summary import NO_RETURN, Ask, Escalation, Gap, PlacedRow, Summary, Tally, moved, place_rows, tally
from report.trend import series_colours, write_trend

_COUNT_ROW = 24.0
_COUNT_WIDTH = 9
_LAST_WIDTHS = (21, 23)
_PIXELS_A_POINT = 4 / 3
STATES = {"returned": "returned", "partial": "in part", NO_RETURN: "no return", SERVED: "not needed"}


def write_summary(book: Book, standing: Standing, summary: Summary) -> None:
    """Write the sheet. The chart takes its numbers from the table of plans below it."""
    page = book.page("Summary", (18, 33, 29, *(_COUNT_WIDTH,) * len(summary.tallies), 7, 14, *_LAST_WIDTHS))
    _title(page, standing, summary)
    top = page.row
    _counts(page, summary)
    height = _COUNT_ROW * (page.row - top)
    wanted = 45 + 21 * len(standing.plans)
    for _ in range(math.ceil(max(0.0, wanted - height) / _COUNT_ROW)):
        page.line([Box("", PLAIN)], at_least=_COUNT_ROW)
    page.gap()
    first = _plans(page, standing, summary.tallies)
    _chart(page, standing, summary.tallies, (top, first, int(max(wanted, height) * _PIXELS_A_POINT)))
    page.gap()
    write_asks(page, standing, summary.asks)
    _escalations(page, summary.escalations)
    page.gap()
    write_gaps(page, standing, summary.gaps)
    write_decided(page, standing)
    if len(summary.trend) > 1:
        write_trend(page, standing.form, summary)


def _title(page: Page, standing: Standing, summary: Summary) -> None:
    draft = "DRAFT: " if standing.draft else ""
    page.wide(f"{draft}{standing.programme} {standing.cycle}", TITLE)
    page.wide(
        f"For the {standing.spg_name} on {long_day(standing.spg)}. As it stood at {moment(standing.as_at)}. "
        f"{standing.team} {standing.phone}",
        SUBTITLE,
    )
    page.wide(f"{summary.headline} {summary.movement}", Look(bold=True, size=11))
    page.gap()


def _counts(page: Page, summary: Summary) -> None:
    page.line([Box("Rating", HEADER), Box("Meaning", HEADER), Box("Actions", HEADER_CENTRED)], at_least=_COUNT_ROW)
    for one in summary.tallies:
        meaning = one.rating.meaning if one.rating else _meaning(one.word)
        boxes = [Box(one.word, _tally_look(one)), Box(meaning, MIDDLE), Box(one.rows, COUNT)]
        page.line(boxes, at_least=_COUNT_ROW)
    page.line([Box("All", STRONG_MIDDLE), Box("", MIDDLE), Box(summary.total, COUNT)], at_least=_COUNT_ROW)


def _meaning(status: str) -> str:
    return "Nothing came back for the plan" if status == "No return" else "The row came back without a rating"


def _tally_look(one: Tally) -> Look:
    return rating_look(one.rating) if one.rating else STATUS


def _plans(page: Page, standing: Standing, tallies: Sequence[Tally]) -> int:
    """Write the table of plans and return the row of its header."""
    titles = [Box(title, HEADER) for title in ("Plan", "Title", "Sponsors")]
    counts = [Box(one.word, HEADER_CENTRED) for one in tallies]
    page.line(
        [
            *titles,
            *counts,
            Box("All", HEADER_CENTRED),
            Box("Worst", HEADER_CENTRED),
            Box("Since last", HEADER),
            Box("Returns", HEADER),
        ]
    )
    placed = place_rows(standing)
    for plan in standing.plans:
        numbers = [Box(one.rows, COUNT) for one in tally(standing.form.ratings, plan.rows)]
        sponsors = "\n".join(sponsor.post for sponsor in plan.sponsors)
        boxes = [
            Box(plan.label, STRONG_MIDDLE),
            Box(plan.title, MIDDLE),
            Box(sponsors, MIDDLE),
            *numbers,
            Box(len(plan.rows), COUNT),
        ]
        movement = moved(row for row in placed if row.plan is plan).replace(", ", "\n")
        returns = "\n".join(map(_state, plan.sponsors))
        page.line([*boxes, worst_box(standing, plan), Box(movement, MIDDLE), Box(returns, MIDDLE)])
    return page.row - len(standing.plans) - 1


def worst_box(standing: Standing, plan: PlanStanding) -> Box:
    """A plan's colour is its worst row, and says so."""
    if plan.worst is None:
        return Box("No rating", STATUS)
    rating = standing.form.rating(plan.worst)
    return Box(f"worst: {rating.word}", rating_look(rating))


def _state(sponsor: SponsorStanding) -> str:
    late = ", late" if sponsor.late else ""
    return f"{STATES.get(sponsor.state, sponsor.state)}, {sponsor.rows_in} of {sponsor.rows_asked}{late}"


def _chart(page: Page, standing: Standing, tallies: Sequence[Tally], places: tuple[int, int, int]) -> None:
    """Stacked bars, a plan each, beside the counts. ``places``: top row, header of the plans, height in pixels."""
    top, header, height = places
    rows = (header + 1, header + len(standing.plans))
    chart = page.book.workbook.add_chart({"type": "bar", "subtype": "stacked"})
    for column, one in enumerate(tallies, start=3):
        chart.add_series(
            {
                "name": [page.name, header, column],
                "categories": [page.name, rows[0], 0, rows[1], 0],
                "values": [page.name, rows[0], column, rows[1], column],
                "gap": 45,
                **series_colours(one),
            }
        )
    font = {"name": "Arial", "size": 9}
    chart.set_title({"name": "Actions of each plan", "name_font": font | {"size": 11, "bold": True}})
    chart.set_y_axis({"reverse": True, "num_font": font, "line": {"none": True}})
    chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_legend({"position": "right", "font": font})
    chart.set_size({"width": 7 * (_COUNT_WIDTH * len(tallies) + 7 + 14 + sum(_LAST_WIDTHS)) - 12, "height": height - 4})
    description = "A bar for each plan with its actions by rating; the same numbers are in the table of plans."
    page.sheet.insert_chart(top, 3, chart, {"x_offset": 12, "y_offset": 2, "description": description})


def write_asks(page: Page, standing: Standing, asks: Sequence[Ask]) -> None:
    """Write what the SPG is asked to decide, over the width of a page of five columns or more."""
    page.wide(f"For the {standing.spg_name} to decide", HEADING)
    if not asks:
        page.wide("Nothing, this time.")
    for ask in asks:
        action = f"{ask.row.ref} {ask.row.deliverable}" if ask.row else "The plan as a whole"
        page.line(
            [Box(f"{ask.number}. {ask.plan.label}", STRONG_MIDDLE), Box(action, MIDDLE, 2), _rest(page, _sentence(ask))]
        )


def _sentence(ask: Ask) -> str:
    return ask.sentence if ask.row is None else f"{ask.sentence[0].upper()}{ask.sentence[1:]}."


def write_gaps(page: Page, standing: Standing, gaps: Sequence[Gap]) -> None:
    """Write what did not come back, over the width of a page of five columns or more."""
    page.wide("Not returned, or not in full", HEADING)
    if not gaps:
        page.wide("Every plan was returned in full." if standing.plans else "No plan was asked for.")
    for gap in gaps:
        missing = [f"{one.post}: no return{_noted(one)}" for one in gap.out]
        missing += [f"{one.post}: {one.rows_in} of {one.rows_asked} rows{_noted(one)}" for one in gap.partial]
        lasts = "; ".join(_last(standing.form, one.row) for one in gap.rows)
        boxes = [Box(gap.plan.label, STRONG_MIDDLE), Box("\n".join(missing), MIDDLE, 2)]
        page.line([*boxes, _rest(page, lasts or "Every row has a rating from the other sponsor.")])


def _noted(sponsor: SponsorStanding) -> str:
    return f" ({sponsor.note})" if sponsor.note else ""


def _last(form: Form, row: RowStanding) -> str:
    when = last_when(row)
    return f"{row.ref} last {last_rating(form, row)}{f', {when}' if when else ''}"


def _escalations(page: Page, escalations: Sequence[Escalation]) -> None:
    if not escalations:
        return
    page.gap()
    page.wide("For other forums", HEADING)
    for one in escalations:
        numbers = f"{'number' if len(one.asks) == 1 else 'numbers'} {joined(map(str, one.asks))} above"
        rows = "\n".join(f"{placed.row.ref} {placed.row.deliverable}: {_rated(placed)}" for placed in one.rows)
        page.line([Box(one.forum, STRONG_MIDDLE, 2), Box(numbers, MIDDLE), _rest(page, rows)])


def _rated(placed: PlacedRow) -> str:
    return placed.after.word if placed.after else placed.row.status


def write_decided(page: Page, standing: Standing) -> None:
    """Write last time's decisions where there are any."""
    lost = f"What was decided on {standing.unrecorded} was never recorded." if standing.unrecorded else ""
    lines = [line for line in (lost, *standing.decided) if line]
    if not lines:
        return
    page.gap()
    page.wide("What became of last time’s decisions", HEADING)
    for line in lines:
        page.wide(line, MIDDLE)


def _rest(page: Page, text: str) -> Box:
    """The last box of a line whose first three columns are taken."""
    return Box(text, MIDDLE, len(page.widths) - 3)
