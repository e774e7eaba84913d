"""The declared columns and fields of a workbook, and the ratings that a row may be given."""

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any


class Kind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    RATING = "rating"
    DATE = "date"
    CHOICE = "choice"
    TICK = "tick"


@dataclass(frozen=True, slots=True)
class Rating:
    """One rating with its meaning and colours (``#RRGGBB``).

    ``needs_recovery``: a row so rated must say why, what is done and when it is back to Green.
    ``complete``: once the SPG agreed it, the row is not asked again, unless the form asks every row each time.
    """

    id: str
    word: str
    meaning: str
    fill: str
    ink: str
    needs_recovery: bool = False
    complete: bool = False
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the action sheet. ``width`` is in characters of the body font.

    ``id`` is the name that the row rules know it by; ``headers`` are other spellings accepted on a return.
    """

    id: str
    header: str
    kind: Kind = Kind.TEXT
    answered: bool = False
    grouped: bool = False
    width: int = 20
    choices: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One question about the plan as a whole, asked on the plan sheet. ``expected``: one left blank is asked about."""

    id: str
    header: str
    kind: Kind = Kind.TEXT
    hint: str = ""
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """The columns, the fields and the ratings, worst rating first (Red, Amber, Green, Blue).

    ``skip_complete``: a row that the SPG agreed as complete is not asked again; without it every row is rated anew.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    fields: tuple[Field, ...]
    ratings: tuple[Rating, ...]
    skip_complete: bool = True

    def column(self, column_id: str) -> Column:
        return next(column for column in self.columns if column.id == column_id)

    def has(self, column_id: str) -> bool:
        return any(column.id == column_id for column in self.columns)

    def rating(self, rating_id: str) -> Rating:
        return next(rating for rating in self.ratings if rating.id == rating_id)

    def skips(self, agreed: str | None) -> bool:
        """Whether a row that the SPG agreed so, or agreed nothing of (None), is not asked again."""
        return self.skip_complete and any(rating.complete for rating in self.ratings if rating.id == agreed)

    @property
    def answered(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.answered)

    def worst(self, ratings: "set[str] | frozenset[str]") -> str | None:
        """The id of the worst of these ratings, or None of none."""
        return next((rating.id for rating in self.ratings if rating.id in ratings), None)

    def frozen(self) -> str:
        """The form as canonical JSON, kept with each assignment so that what was issued stays what it was."""
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)

    @staticmethod
    @lru_cache(maxsize=64)
    def thawed(text: str) -> "Form":
        """The form that was frozen. Remembered: every assignment of a cycle carries the same text."""
        data = json.loads(text)
        return Form(
            id=data["id"],
            title=data["title"],
            columns=tuple(Column(**_tuples(column) | {"kind": Kind(column["kind"])}) for column in data["columns"]),
            fields=tuple(Field(**field | {"kind": Kind(field["kind"])}) for field in data["fields"]),
            ratings=tuple(Rating(**_tuples(rating)) for rating in data["ratings"]),
            skip_complete=data.get("skip_complete", True),
        )

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.frozen().encode()).hexdigest()


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
