"""What a locked cell shows: the one place that the writer and the reader agree on."""

from datetime import date

from programme.answer import IssuedRow, LastKnown
from programme.form import Column, Form, Kind
from programme.plan import due_dates
from workbook.wording import DECISIONS, HIGHLIGHT_REPORT

NEVER_RATED = "Not yet rated"
NOT_RATED = "Not rated"


def shown(form: Form, column: Column, row: IssuedRow) -> str | date:
    """The value issued in a locked column of a row; empty text where there is none."""
    if column.id == "ref":
        return row.ref
    if column.id == "deliverable":
        return row.deliverable
    if column.id == "due":
        return row.due or ""
    if column.id == "last_rating":
        return last_rating(form, row.last)
    if column.id == "last_progress":
        return row.last.progress
    return _reference(column, row.reference.get(column.id, ""))


def shown_in_form(form: Form, column: Column, row: IssuedRow) -> str | date:
    """The same as a sponsor's form shows it: of a revised due date the one in force first, and the original below."""
    if column.id != "due":
        return shown(form, column, row)
    due, original = due_dates(row.due, row.reference)
    return f"{due:%d/%m/%Y}\n(was {original:%d/%m/%Y})" if due and original else due or ""


def last_rating(form: Form, last: LastKnown) -> str:
    """The rating that the SPG agreed, the sponsor's beside it where it is another: ``Green (sponsor: Amber)``.

    Where the SPG is about to decide, the sponsor's alone.
    """
    reported = form.rating(last.reported).word if last.reported else ""
    if form.id == DECISIONS:
        return reported or NOT_RATED
    whose = "lead" if form.id == HIGHLIGHT_REPORT else "sponsor"
    if not last.agreed:
        return f"{whose.capitalize()}: {reported}" if reported else NEVER_RATED
    agreed = form.rating(last.agreed).word
    return agreed if last.reported in (None, last.agreed) else f"{agreed} ({whose}: {reported})"


def rating_shown(form: Form, last: LastKnown) -> str | None:
    """The id of the rating in whose colours the last rating stands; None where it has none yet."""
    return last.reported if form.id == DECISIONS else last.agreed


def line_each(meaning: str, form: Form) -> str:
    """The meanings of a heading's ratings, a line each, where they are told one after another."""
    for rating in form.ratings:
        meaning = meaning.replace(f" {rating.word}: ", f"\n{rating.word}: ")
    return meaning


def needs_answer(form: Form, row: IssuedRow) -> bool:
    """Whether the row is asked: not once the SPG has agreed that it is complete, where the form skips those."""
    return not form.skips(row.last.agreed)


def _reference(column: Column, text: str) -> str | date:
    if column.kind is not Kind.DATE:
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
