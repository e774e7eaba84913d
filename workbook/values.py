"""What one filled-in cell means: a value in the form's own words, or a sentence that says what to put."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from programme.form import Form, Kind
from workbook.cleaning import bare, plain
from workbook.contents import Cell
from workbook.dates import from_serial, from_text, in_words, says_more
from workbook.sheet_setup import either

YES, NO = "yes", "no"

_YES = frozenset({"yes", "y", "true", "x", "1", "ticked", "tick", "checked", "ok", "agreed", "confirmed", "=true()"})
_NO = frozenset({"no", "n", "false", "0", "=false()", "unticked"})
_TICKS = re.compile("[\u2611\u2612\u2713\u2714\u2705\u2717\u2718]")
_QUOTED = 60


@dataclass(frozen=True, slots=True)
class Value:
    """One of ``text`` (empty when blank) and ``problem``; ``remark`` is what was assumed, as a sentence."""

    text: str = ""
    problem: str = ""
    remark: str = ""


class Values:
    """Reads the cells of one returned file for one form."""

    def __init__(self, form: Form, date1904: bool = False) -> None:
        self._words = tuple(rating.word for rating in form.ratings)
        self._ratings = _rating_names(form)
        self._date1904 = date1904
        self._readers: Mapping[Kind, Callable[[Cell, str, tuple[str, ...]], Value]] = {
            Kind.RATING: self._rating,
            Kind.DATE: self._date,
            Kind.CHOICE: self._choice,
            Kind.TICK: self._tick,
            Kind.TEXT: self._text,
        }

    def read(self, cell: Cell, kind: Kind, place: str, choices: tuple[str, ...] = ()) -> Value:
        """The meaning of a cell at ``place`` (such as ``Actions!H9``)."""
        if cell.kind == "error":
            return Value(problem=f"{place} shows the error {cell.text}: please type the answer again.")
        if cell.kind == "formula" and not (kind is Kind.TICK and plain(cell.text) in _YES | _NO):
            return Value(problem=f"{place} holds a formula: please type the answer itself.")
        return self._readers[kind](cell, place, choices)

    def day(self, cell: Cell) -> date | None:
        """The day that a cell shows, however it was typed; None when it shows none."""
        if cell.kind == "date":
            return date.fromisoformat(cell.text) if _is_day(cell.text) else None
        if cell.kind == "number":
            return from_serial(float(cell.text), self._date1904)
        return from_text(cell.text)

    def _rating(self, cell: Cell, place: str, _: tuple[str, ...]) -> Value:
        found = self._ratings.get(bare(cell.text))
        if found:
            return Value(found)
        return Value(problem=f'{place} says "{quoted(cell.text)}": please choose {either(self._words)}.')

    def _date(self, cell: Cell, place: str, _: tuple[str, ...]) -> Value:
        day = self.day(cell)
        if day is None:
            asked = "please type one day, such as 30 June 2020."
            return Value(problem=f'{place} says "{quoted(cell.text)}", which we cannot read as a date: {asked}')
        inside = cell.kind == "text" and says_more(cell.text)
        remark = f'We read "{quoted(cell.text)}" in {place} as {in_words(day)}.' if inside else ""
        return Value(day.isoformat(), remark=remark)

    def _choice(self, cell: Cell, place: str, choices: tuple[str, ...]) -> Value:
        asked = bare(cell.text)
        found = next((choice for choice in choices if bare(choice) == asked), None)
        if found is not None:
            return Value(found)
        return Value(problem=f'{place} says "{quoted(cell.text)}": please choose {either(choices)}.')

    def _tick(self, cell: Cell, place: str, _: tuple[str, ...]) -> Value:
        text = plain(cell.text)
        if _TICKS.search(cell.text) or text in _YES or bare(text) in _YES:
            return Value(YES)
        if text in _NO or bare(text) in _NO:
            return Value(NO)
        return Value(problem=f'{place} says "{quoted(cell.text)}": please choose Yes or No.')

    def _text(self, cell: Cell, _place: str, _choices: tuple[str, ...]) -> Value:
        if cell.kind == "date":
            day = self.day(cell)
            return Value(f"{day:%d/%m/%Y}" if day else cell.text)
        if cell.kind == "number":
            return Value(shown_number(cell.text))
        return Value({"TRUE": "Yes", "FALSE": "No"}[cell.text] if cell.kind == "tick" else cell.text)


def shown_number(text: str) -> str:
    """A stored number as a spreadsheet shows it: without the last digits' noise."""
    return text if text.isdigit() else f"{float(text):.15g}"


def quoted(text: str) -> str:
    """A text of the sender as it is quoted back: one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else line[: _QUOTED - 1] + "…"


def _rating_names(form: Form) -> dict[str, str]:
    """Every accepted name of a rating; a first letter only where it belongs to one rating alone."""
    firsts = [plain(rating.word)[:1] for rating in form.ratings]
    names = {first: rating.id for first, rating in zip(firsts, form.ratings, strict=True) if firsts.count(first) == 1}
    for rating in form.ratings:
        names |= {bare(name): rating.id for name in (rating.id, rating.word, *rating.synonyms)}
    return names


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def letters_only(text: str) -> str:
    """Letters and digits of a text, for comparing what was locked."""
    return "".join(it for it in unicodedata.normalize("NFKC", text).casefold() if it.isalnum())
