"""The last sheet of the papers: what came in, message by message."""

from report.book import Book
from report.looks import BODY, COUNT, TITLE, Box
from report.prose import clock, plain_date
from report.standing import LogLine, Standing

_WIDTHS = (24, 40, 20, 42, 34, 10, 12, 11)
_TITLES = ("Received", "Sender", "Plan", "File", "Outcome", "Rows", "Questions", "On time")
_ON_TIME = {True: "Yes", False: "Late", None: ""}


def write_log(book: Book, standing: Standing) -> None:
    """Write the sheet, in the order of the standing's log."""
    page = book.page("Returns log", _WIDTHS)
    page.wide(f"{'DRAFT: ' if standing.draft else ''}Returns log", TITLE)
    header = page.header(_TITLES)
    for line in standing.log:
        page.line(_boxes(line))
    if not standing.log:
        page.wide("Nothing has come in.", BODY)
    page.filtered(header)


def _boxes(line: LogLine) -> list[Box]:
    texts = (f"{plain_date(line.received)}, {clock(line.received)}", line.sender, line.plan, line.file_name)
    counts = (line.rows_accepted, line.queries)
    return [
        *map(Box, texts),
        Box(line.outcome),
        *(Box(one, COUNT) for one in counts),
        Box(_ON_TIME[line.on_time], COUNT),
    ]
