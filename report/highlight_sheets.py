"""The highlight reports in the compiled workbook: the grid on the first sheet, then a sheet for each workstream."""

from collections.abc import Iterable

from report.answers import answers, differences, last_rating
from report.book import Book, Page
from report.highlights import Highlights, Line, Mark, Report, highlights
from report.looks import (
    BODY,
    HEADER,
    HEADING,
    MIDDLE,
    PLAIN,
    STRONG,
    STRONG_MIDDLE,
    SUBTITLE,
    TITLE,
    Box,
    Look,
    portions,
    rating_box,
)
from report.prose import long_day, moment
from report.standing import PlanStanding, SponsorStanding, Standing
from report.summary import Summary
from report.summary_sheet import STATES, write_asks, write_decided, write_gaps

_LABEL_WIDTH, _RATING_WIDTH, _MOVE_WIDTH, _RETURN_WIDTH = 28, 12, 20, 32
_FEWEST = 3
_REPORT_WIDTHS = (28, 13, 22, 70, 26)


def write_highlights(book: Book, standing: Standing, summary: Summary) -> None:
    """Write the sheet of the grid and, after it, a sheet for each workstream."""
    found = highlights(standing)
    columns = max(len(found.headings), _FEWEST)
    page = book.page("Highlights", (_LABEL_WIDTH, *(_RATING_WIDTH, _MOVE_WIDTH) * columns, _RETURN_WIDTH))
    draft = "DRAFT: " if standing.draft else ""
    page.wide(f"{draft}{standing.programme} {standing.cycle}", TITLE)
    page.wide(
        f"For the {standing.spg_name} on {long_day(standing.spg)}. As it stood at {moment(standing.as_at)}. "
        f"{standing.team} {standing.phone}",
        SUBTITLE,
    )
    if standing.period:
        page.wide(f"Reporting period: {standing.period}", SUBTITLE)
    page.wide(f"{summary.headline} {summary.movement}", Look(bold=True, size=11))
    page.gap()
    _grid(page, found, columns)
    page.gap()
    _escalated(page, found, columns)
    page.gap()
    write_asks(page, standing, summary.asks)
    page.gap()
    write_gaps(page, standing, summary.gaps)
    write_decided(page, standing)
    for plan in standing.plans:
        _write_plan(book, standing, plan, found)


def _grid(page: Page, found: Highlights, columns: int) -> None:
    spare = columns - len(found.headings)
    headings = [Box(heading, HEADER, 2) for heading in (*found.headings, *[""] * spare)]
    page.line([Box("Workstream", HEADER), *headings, Box("Returned", HEADER)])
    for line in found.grid:
        marks = [box for mark in (*line.marks, *[None] * spare) for box in _mark(mark)]
        returned = "\n".join(_returned(lead) for lead in line.plan.sponsors)
        page.line([Box(_named(line), STRONG_MIDDLE), *marks, Box(returned, MIDDLE)], at_least=30)


def _named(line: Line) -> str:
    return line.plan.label


def _mark(mark: Mark | None) -> Iterable[Box]:
    if mark is None:
        return (Box("", MIDDLE), Box("", MIDDLE))
    return (rating_box(mark.placed), Box(_moved(mark), MIDDLE))


def _moved(mark: Mark) -> str:
    was = f"\n(was {mark.was})" if mark.was else ""
    return f"{mark.arrow} {mark.words}{was}"


def _returned(lead: SponsorStanding) -> str:
    late = ", late" if lead.late else ""
    return f"{lead.person or lead.post}: {STATES.get(lead.state, lead.state)}{late}"


def _escalated(page: Page, found: Highlights, columns: int) -> None:
    page.wide("For other forums", HEADING)
    if not found.escalated:
        page.wide("Nothing is escalated.")
        return
    items = 2 * columns - 2
    titles = (Box("Workstream", HEADER), Box("Item", HEADER, items), Box("Forum", HEADER, 2), Box("Timescale", HEADER))
    page.line(titles)
    for one in found.escalated:
        first, *rest = portions(one.items, sum(page.widths[1 : items + 1]))
        more = " … (in full on the sheet of the workstream)" if rest else ""
        label = Box(one.plan.label, STRONG_MIDDLE)
        page.line([label, Box(f"{first}{more}", MIDDLE, items), Box(one.forum, MIDDLE, 2), Box(one.timescale, MIDDLE)])


def _write_plan(book: Book, standing: Standing, plan: PlanStanding, found: Highlights) -> None:
    page = book.page(plan.label, _REPORT_WIDTHS)
    page.wide(f"{'DRAFT: ' if standing.draft else ''}{plan.label}: {plan.title}", TITLE)
    period = f" ({standing.period})" if standing.period else ""
    page.wide(f"{standing.programme} {standing.cycle}{period}, for the SPG on {long_day(standing.spg)}", SUBTITLE)
    for lead in plan.sponsors:
        received = f", last received {moment(lead.last_received)}" if lead.last_received else ""
        page.wide(f"{lead.post}, {_returned(lead)}{received}", PLAIN)
    page.gap()
    _ratings(page, standing, next(line for line in found.grid if line.plan is plan))
    for report in found.reports:
        if report.plan is plan:
            _sections(page, report)


def _ratings(page: Page, standing: Standing, line: Line) -> None:
    page.header(("Heading", "Rating", "Since the last report", "What was returned", "Last rating"))
    for mark in filter(None, line.marks):
        row = mark.placed.row
        said = [f"{header}: {text}" for header, text in answers(standing.form, row)]
        said += [f"Sponsors differ: {differences(standing.form, row)}"] if row.differences else []
        first, *rest = portions("\n".join(said), page.widths[3])
        boxes = (rating_box(mark.placed), Box(_moved(mark), MIDDLE), Box(first))
        page.line([Box(row.deliverable, STRONG_MIDDLE), *boxes, Box(last_rating(standing.form, row), MIDDLE)])
        for more in rest:
            page.line([Box(""), Box(""), Box(""), Box(more), Box("")])


def _sections(page: Page, report: Report) -> None:
    page.gap()
    page.wide(f"The report of {report.lead.person or report.lead.post}", HEADING)
    for section in report.sections:
        label = section.header
        for text in portions(section.text, sum(page.widths[1:])):
            page.line([Box(label, STRONG), Box(text, BODY, len(page.widths) - 1)])
            label = ""
