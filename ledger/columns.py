"""How values lie in the database: instants as text, facts as JSON, words as UTF-8."""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Dialect, Label, Text, type_coerce
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator


class NaiveInstantError(DontWrapMixin, ValueError):
    """An instant without a time zone was given; the ledger takes aware ones only."""


def writable(text: str) -> str:
    """The text with lone surrogates replaced by U+FFFD.

    Broken headers decode to them and no database stores them; the message's own bytes lie in its blob.
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class Instant(TypeDecorator[datetime]):
    """An aware instant as ISO text in UTC with microseconds, so that the order of the text is that of time."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveInstantError(f"The instant {value.isoformat()} has no time zone: give it in UTC.")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else datetime.fromisoformat(value)


class Words(TypeDecorator[str]):
    """Text of any origin."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else writable(value)


class Facts(TypeDecorator[Any]):
    """A JSON value. The order of keys is kept: it is the order in which people read them.

    ``as_written(column)`` gives its text: what is read again and again is understood once.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else writable(json.dumps(value, ensure_ascii=False))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


def as_written(column: Column[Any]) -> Label[str]:
    """A column of facts under its own name, as the text that lies in the database."""
    return type_coerce(column, Text).label(column.name)
