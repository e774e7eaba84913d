"""Frozen values as JSON facts, and back again exactly."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from typing import Any

from programme.answer import IssuedRow, LastKnown, Query, RowState, Verdict


def of_rows(rows: Iterable[IssuedRow]) -> list[dict[str, Any]]:
    """Issued rows as JSON values."""
    return [_of_row(row) for row in rows]


@lru_cache(maxsize=256)
def rows(written: str) -> tuple[IssuedRow, ...]:
    """Issued rows as they were, from their JSON text: what was issued never changes, and is read at every wake-up."""
    return tuple(_row(fact) for fact in json.loads(written))


def of_verdicts(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Verdicts as JSON values."""
    return [_of_verdict(verdict) for verdict in verdicts]


@lru_cache(maxsize=256)
def verdicts(written: str) -> tuple[Verdict, ...]:
    """Verdicts as they were, from their JSON text; they never change either."""
    return tuple(_verdict(fact) for fact in json.loads(written))


def _of_row(row: IssuedRow) -> dict[str, Any]:
    return {
        "ref": row.ref,
        "token": row.token,
        "deliverable": row.deliverable,
        "due": None if row.due is None else row.due.isoformat(),
        "last": asdict(row.last),
        "reference": dict(row.reference),
    }


def _row(fact: dict[str, Any]) -> IssuedRow:
    due = None if fact["due"] is None else date.fromisoformat(fact["due"])
    last = LastKnown(**fact["last"])
    return IssuedRow(fact["ref"], fact["token"], fact["deliverable"], due, last, fact["reference"])


def _of_verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "ref": verdict.ref,
        "state": verdict.state.value,
        "values": dict(verdict.values),
        "queries": [asdict(query) for query in verdict.queries],
    }


def _verdict(fact: dict[str, Any]) -> Verdict:
    queries = tuple(Query(**query) for query in fact["queries"])
    return Verdict(fact["ref"], RowState(fact["state"]), fact["values"], queries)
