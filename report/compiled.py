"""The compiled workbook: the papers that stand behind page one."""

from report.book import Book, imprint
from report.exceptions_sheet import write_exceptions
from report.highlight_sheets import write_highlights
from report.highlights import is_highlights
from report.log_sheet import write_log
from report.outcomes_sheet import has_outcomes, write_outcomes
from report.plan_sheet import write_plan
from report.prose import cut
from report.standing import Standing
from report.summary import Summary, by_plan, place_rows, summarise
from report.summary_sheet import write_summary


def compiled_workbook(standing: Standing) -> bytes:
    """The papers as an .xlsx file: summary, exceptions, a sheet for each plan, national outcomes, returns log;
    of highlight reports the grid, a sheet for each workstream, and the log.

    The same standing gives the same bytes. Text is never written as a formula or a link.
    """
    summary = summarise(standing)
    book = Book(imprint(standing))
    write = write_highlights if is_highlights(standing) else _write_actions
    write(book, standing, summary)
    write_log(book, standing)
    return book.finished()


def _write_actions(book: Book, standing: Standing, summary: Summary) -> None:
    placed = place_rows(standing)
    write_summary(book, standing, summary)
    write_exceptions(book, standing, summary)
    own = by_plan(placed)
    for plan in standing.plans:
        write_plan(book, standing, plan, own.get(plan.id, ()))
    if has_outcomes(placed):
        write_outcomes(book, standing, placed)


def file_name(standing: Standing, what: str = "papers") -> str:
    """Such as "Strategic Plan update 4 - papers DRAFT.xlsx", of characters that every file system takes."""
    name = cut(f"{standing.programme} {standing.cycle}", 80).rstrip("…")
    safe = "".join(char if char.isalnum() or char in " -_().," else "-" for char in name).strip(" .-")
    return f"{safe or 'plan'} - {what}{' DRAFT' if standing.draft else ''}.xlsx"
