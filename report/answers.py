"""A row's answers as the papers print them: each with its header, dates in words, gaps named."""

from collections.abc import Mapping
from datetime import date

from programme.form import Form, Kind, Rating
from report.prose import clean, cut, date_of, one_line, plain_date, says_nothing, shown
from report.standing import RowStanding

NOT_GIVEN = "not given"
_RECOVERY = ("reason", "green_by")
_LINE_LIMIT = 180


def answers(form: Form, row: RowStanding) -> tuple[tuple[str, str], ...]:
    """What was filled in, as (header, text) in the form's order, without the rating.

    A row whose rating needs recovery shows a missing reason or way back as "not given".
    """
    needed = _RECOVERY if _needs_recovery(form, row) else ()
    columns = [column for column in form.answered if column.kind is not Kind.RATING]
    texts = [(column, shown(column.kind, row.values.get(column.id, ""))) for column in columns]
    return tuple((column.header, text or NOT_GIVEN) for column, text in texts if text or column.id in needed)


def said_of_plan(form: Form, fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What was said of the plan as a whole, as (header, text) in the form's order.

    What was left empty is left out, and so are ticks: they are for whoever writes, and say nothing to read back.
    """
    words = (field for field in form.fields if field.kind is not Kind.TICK)
    texts = ((field.header, shown(field.kind, fields.get(field.id, ""))) for field in words)
    return tuple((header, text) for header, text in texts if text)


def in_a_line(form: Form, row: RowStanding) -> str:
    """The reason, or else the progress, cut to a line, and the way back where the form asks for one."""
    texts = (clean(row.values.get(column, "")) for column in ("reason", "progress"))
    line = cut(next((text for text in texts if text.strip()), "No words were given."), _LINE_LIMIT)
    if not form.has("green_by"):
        return line
    back = form.column("green_by")
    stop = " " if line[-1] in ".…!?" else ". "
    return f"{line}{stop}{back.header}: {shown(back.kind, row.values.get(back.id, '')) or NOT_GIVEN}."


def asks_for_date(new_date: str, due: date | None) -> bool:
    """Whether a proposed date asks the SPG for one: the date that is in force is no ask, and neither is “none”.

    A form repeats what was asked last time, and the SPG may have agreed it since.
    """
    return not says_nothing(new_date) and (due is None or date_of(new_date) != due)


def standing_asks(ref: str, due: date | None, values: Mapping[str, str]) -> str:
    """What a row asks of the SPG as it stands, as a sentence to its sponsor; empty where it asks nothing.

    ``due`` is the due date in force.
    """
    asks = []
    if asks_for_date(new_date := values.get("new_date", ""), due):
        day = date_of(new_date)
        asks.append(f"for a new date, {plain_date(day) if day else one_line(new_date)}")
    if not says_nothing(forum := values.get("escalate_to", "")):
        asks.append(f"that it is referred to {one_line(forum)}")
    if not asks:
        return ""
    return f"Row {ref} asks the SPG {', and '.join(asks)}. To take that back, write “none” in the cell."


def differences(form: Form, row: RowStanding) -> str:
    """What each sponsor of a joint plan rated the row, such as: Head of A: Amber; Head of B: Red."""
    return "; ".join(f"{one.post}: {_word(form, one.rating)}" for one in row.differences)


def last_rating(form: Form, row: RowStanding) -> str:
    """Such as: Green; Green (sponsor: Amber); Amber (reported, not agreed); or "none yet"."""
    last = row.last
    if last.agreed and last.reported and last.reported != last.agreed:
        return f"{_word(form, last.agreed)} (sponsor: {_word(form, last.reported)})"
    if last.agreed:
        return _word(form, last.agreed)
    return f"{_word(form, last.reported)} (reported, not agreed)" if last.reported else "none yet"


def last_when(row: RowStanding) -> str:
    """Which report the last rating is from, such as: update 3, 29 November 2019; empty where there is none."""
    if not (row.last.agreed or row.last.reported):
        return ""
    return ", ".join(filter(None, (row.last.cycle, plain_date(row.last_on) if row.last_on else "")))


def _word(form: Form, rating_id: str) -> str:
    return shown(Kind.RATING, rating_id, form.ratings)


def _needs_recovery(form: Form, row: RowStanding) -> bool:
    ratings: dict[str, Rating] = {rating.id: rating for rating in form.ratings}
    return row.rating is not None and ratings[row.rating].needs_recovery
