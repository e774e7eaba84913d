"""The row rules: what becomes of one returned row, and what the sponsor is asked about it.

Questions are never refusals: a row with a rating that is understood counts, whatever else is asked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from programme.answer import (
    WITHDRAWN,
    Answers,
    IssuedRow,
    LastKnown,
    Query,
    RowState,
    Verdict,
    says_nothing,
)
from programme.form import Form, Rating
from programme.plan import due_dates

_OR_NONE = ("figure", "escalate_to")


@dataclass(frozen=True, slots=True)
class _Row:
    """An accepted row with everything that a rule may look at."""

    form: Form
    issued: IssuedRow
    answers: Answers
    values: Mapping[str, str]
    rating: Rating
    on: date
    texts: tuple[str, ...]

    @property
    def on_track(self) -> bool:
        return not self.rating.needs_recovery and not self.rating.complete

    def lacks(self, column: str) -> bool:
        """Whether the form asks for the column and the cell is blank; an unclear cell is asked about by itself."""
        return self.form.has(column) and column not in self.values and column not in self.answers.problems

    def says_none(self, column: str) -> bool:
        return self.values.get(column) == WITHDRAWN

    def same_text_as(self, text: str) -> bool:
        return bool(text.strip()) and _plain(self.values.get("progress", "")) == _plain(text)

    def ask(self, code: str, column: str, finding: str, way_out: str) -> Query:
        subject = _subject(self.answers, column)
        return Query(self.answers.ref, code, column, f"{subject} {finding} {way_out}")


def judge(form: Form, row: IssuedRow, answers: Answers, on: date, history: Sequence[LastKnown] = ()) -> Verdict:
    """Judge one returned row on the day of its receipt (local to the programme).

    ``history`` is what was known of the row in earlier cycles, oldest first; the row's own ``last`` is added when it
    is not its end. A row is accepted with whatever could be understood once its rating is; without a rating it is
    blank, and with one that cannot be understood it is refused. Nothing is raised for anything a sponsor wrote.
    """
    if "rating" in answers.problems:
        return _refused(row.ref, answers.problems["rating"])
    values = _understood(form, answers)
    if "rating" not in values:
        return Verdict(row.ref, RowState.BLANK, {}, tuple(_of_blank(form, answers, values)))
    rating = next((rating for rating in form.ratings if rating.id == values["rating"]), None)
    if rating is None:
        return _refused(row.ref, _unknown_rating(form, answers, values["rating"]))
    judged = _Row(form, row, answers, values, rating, on, _texts(row.last, history))
    queries = (query for rule in _RULES for query in rule(judged))
    return Verdict(row.ref, RowState.ACCEPTED, values, (*queries, *_of_problems(answers)))


def blank_fields(form: Form, fields: Mapping[str, str]) -> tuple[Query, ...]:
    """The question about what the form expects beside its rows and nobody filled in: one for all; "None" is an answer.

    ``fields`` are the answers so far by field id, of everybody who sent some.
    """
    blank = [field for field in form.fields if field.expected and not fields.get(field.id, "").strip()]
    if not blank:
        return ()
    names = ", ".join(f"“{field.header}”" for field in blank)
    them, are = ("it", "is") if len(blank) == 1 else ("them", "are")
    way_out = f'Please fill {them} in and send the file again, with "None" where there is nothing to say.'
    return (Query("", "section-blank", blank[0].id, f"Left blank {are} {names}. {way_out}"),)


def _refused(ref: str, sentence: str) -> Verdict:
    return Verdict(ref, RowState.REFUSED, {}, (Query(ref, "rating-unclear", "rating", sentence),))


def _understood(form: Form, answers: Answers) -> dict[str, str]:
    wanted = (column.id for column in form.answered)
    return {
        column: _unless_none(column, answers.values[column])
        for column in wanted
        if column not in answers.problems and answers.values.get(column, "").strip()
    }


def _unless_none(column: str, text: str) -> str:
    """“None” is an answer in the words of a row; where a figure or a forum is asked for, it says that there is none."""
    return WITHDRAWN if column in _OR_NONE and says_nothing(text) else text


def _of_blank(form: Form, answers: Answers, values: Mapping[str, str]) -> Iterator[Query]:
    filled = bool(values) or any(column.id in answers.problems for column in form.answered)
    if filled:
        finding = f"{_subject(answers, 'rating')} has been filled in but has no rating, so it does not count yet."
        way_out = f'Please reply "{answers.ref}" and {_words(form)}.'
        yield Query(answers.ref, "rating-missing", "rating", f"{finding} {way_out}")
    yield from _of_problems(answers)


def _of_problems(answers: Answers) -> Iterator[Query]:
    for column, sentence in answers.problems.items():
        yield Query(answers.ref, "due-changed" if column == "due" else "cell-unclear", column, sentence)


def _unknown_rating(form: Form, answers: Answers, found: str) -> str:
    finding = f'{_subject(answers, "rating")} has a rating that we do not know, "{found}".'
    return f'{finding} Please reply "{answers.ref}" and {_words(form)}.'


def _no_reason(row: _Row) -> Iterator[Query]:
    if row.rating.needs_recovery and row.lacks("reason"):
        yield row.ask(
            "reason-missing",
            "reason",
            f"is {row.rating.word} with no reason.",
            f'Please reply "{row.issued.ref} reason" with why, and what is being done.',
        )


def _no_way_back(row: _Row) -> Iterator[Query]:
    if row.rating.needs_recovery and (row.lacks("green_by") or row.says_none("green_by")):
        green = _green(row.form)
        yield row.ask(
            "way-back-missing",
            "green_by",
            f"is {row.rating.word} with no date back to {green}.",
            f'Please reply "{row.issued.ref} {green} by" and a date.',
        )


def _past_due(row: _Row) -> Iterator[Query]:
    due, _ = due_dates(row.issued.due, row.issued.reference)
    if row.on_track and due is not None and due < row.on and row.values.get("new_date", WITHDRAWN) == WITHDRAWN:
        ref = row.issued.ref
        other = f', or "{ref} new date" and a date' if row.form.has("new_date") else ""
        yield row.ask(
            "green-past-due",
            "rating",
            f"is {row.rating.word}, but was due on {due.day} {due:%B %Y}.",
            f'Please reply "{ref} {_complete(row.form)}" if it is finished{other}.',
        )


def _unchanged(row: _Row) -> Iterator[Query]:
    ref = row.issued.ref
    if len(row.texts) > 1 and all(map(row.same_text_as, row.texts[-2:])):
        finding = "has had the same progress for three cycles."
        code = "same-text"
    elif row.on_track and row.texts and row.same_text_as(row.texts[-1]):
        finding = f"is {row.rating.word} with the same progress as last time."
        code = "text-unchanged"
    else:
        return
    yield row.ask(code, "progress", finding, f'Please reply "{ref} progress" and what has happened since.')


def _no_figure(row: _Row) -> Iterator[Query]:
    if row.rating.complete and row.lacks("figure"):
        yield row.ask(
            "figure-missing",
            "figure",
            f"is {row.rating.word} with no figure to show for it.",
            f'Please reply "{row.issued.ref} figure" with the latest figure and its date.',
        )


def _leapt(row: _Row) -> Iterator[Query]:
    worst = row.form.ratings[0]
    before = (row.issued.last.agreed, row.issued.last.reported)
    if row.on_track and worst.id in before and row.lacks("reason"):
        yield row.ask(
            "red-to-green",
            "reason",
            f"has gone from {worst.word} to {row.rating.word} with no reason.",
            f'Please reply "{row.issued.ref} reason" with what has put it right.',
        )


_RULES: tuple[Callable[[_Row], Iterator[Query]], ...] = (
    _no_reason,
    _no_way_back,
    _past_due,
    _leapt,
    _unchanged,
    _no_figure,
)


def _texts(last: LastKnown, history: Sequence[LastKnown]) -> tuple[str, ...]:
    known = list(history)
    if not known or known[-1].cycle != last.cycle:
        known.append(last)
    return tuple(one.progress for one in known)


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()


def _subject(answers: Answers, column: str) -> str:
    place = answers.places.get(column)
    return f"Row {answers.ref} (cell {place})" if place else f"Row {answers.ref}"


def _words(form: Form) -> str:
    *most, last = (rating.word for rating in form.ratings)
    return f"{', '.join(most)} or {last}"


def _green(form: Form) -> str:
    healthy = (rating.word for rating in form.ratings if not rating.needs_recovery and not rating.complete)
    return next(healthy, form.ratings[-1].word)


def _complete(form: Form) -> str:
    return next((rating.word for rating in form.ratings if rating.complete), "complete")
