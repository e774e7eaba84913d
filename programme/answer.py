"""What a sponsor answered for one row, and what the row rules say of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class LastKnown:
    """What was known of a row before this cycle. Ratings are ids; agreed and reported are kept apart."""

    agreed: str | None = None
    reported: str | None = None
    progress: str = ""
    cycle: str = ""


@dataclass(frozen=True, slots=True)
class IssuedRow:
    """A row as it was issued: the locked values by column id (dates as ISO text), and its signed token."""

    ref: str
    token: str
    deliverable: str
    due: date | None
    last: LastKnown = LastKnown()
    reference: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answers:
    """The filled-in cells of one row by column id, normalised; a blank cell is absent.

    A rating is its id, a date is ISO text, a choice is its declared word, anything else is cleaned text. WITHDRAWN
    says that there is no date and nothing to choose.
    ``problems`` are cells that could not be understood, by column id: the sentence to show the sender.
    """

    ref: str
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


class RowState(StrEnum):
    """``accepted`` counts; ``blank`` was not answered; ``refused`` has a rating that cannot be understood."""

    ACCEPTED = "accepted"
    BLANK = "blank"
    REFUSED = "refused"


_FINDING = re.compile(r"(.*)[.:] [Pp]lease ", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Query:
    """A question to the sponsor about one row: never a refusal. ``column`` is the column's id."""

    ref: str
    code: str
    column: str
    sentence: str

    @property
    def finding(self) -> str:
        """What was found, for other readers than the one who is asked to do something about it.

        The way out is the last thing that a sentence says: whatever asks politely before it is quoted from the cell.
        """
        found = _FINDING.match(self.sentence)
        return f"{found[1]}." if found else self.sentence


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one returned row."""

    ref: str
    state: RowState
    values: Mapping[str, str]
    queries: tuple[Query, ...] = ()


WITHDRAWN = "∅"
"""The value of a cell whose sender wrote that there is none (any more): what was answered before it is cleared."""

_NOTHING = frozenset({"", "none", "none.", "nil", "no", "n/a", "na", "not applicable", "nothing", "-", "–"})


def says_nothing(text: str) -> bool:
    """Whether an answer is empty or says that there is nothing to say, such as none or n/a."""
    return " ".join(text.split()).casefold() in _NOTHING
