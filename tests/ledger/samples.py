"""Values to put into a ledger, each whole and each different where its arguments are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from ledger import arrivals, configurations
from ledger.records import Assignment, Event, Intent, IntentKey, Return, StepRecord
from ledger.schema import Entry
from programme.answer import IssuedRow, LastKnown, Query, RowState, Verdict
from programme.form import Column, Field, Form, Kind, Rating

AT = datetime(2026, 5, 7, 8, 0, 0, 123, tzinfo=UTC)
LATER = AT + timedelta(hours=1)

FORM = Form(
    id="plan",
    title="Implementation plan",
    columns=(
        Column("rating", "Rating", Kind.RATING, answered=True, headers=("RAG",)),
        Column("progress", "Progress", answered=True),
    ),
    fields=(Field("ask", "Ask of the SPG"), Field("checked", "Nobody can be identified", Kind.TICK)),
    ratings=(Rating("red", "Red", "Not expected", "#9B0F0F", "#FFFFFF", needs_recovery=True, synonyms=("R",)),),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a server says of a message."""

    server_id: str = "inbox/1"
    received_at: datetime | None = AT
    folder: str = "inbox"
    item_class: str | None = None
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    cloud_links: tuple[str, ...] = ()


def a_row(ref: str, token: str) -> IssuedRow:
    last = LastKnown(agreed="green", reported="red", progress="Begun", cycle="2026-04")
    return IssuedRow(ref, token, f"Deliver {ref}", date(2026, 9, 30), last, {"lead": "Head of Café"})


def an_assignment(name: str = "c5/ba3/health", **changes: object) -> Assignment:
    programme, cycle = "bigactions", "c5"
    plan, post = name.split("/")[1:]
    values = {
        "id": name,
        "programme": programme,
        "cycle": cycle,
        "plan": plan,
        "post": post,
        "person": "ana",
        "form": FORM,
        "rows": (a_row("3.1", f"{name}#1"), a_row("3.2", f"{name}#2")),
        "policy": "all",
        "configuration": "good",
        "key_id": "k1",
        "issued_at": AT,
        "deadline": date(2026, 5, 20),
        "on_time_until": datetime(2026, 5, 20, 23, tzinfo=UTC),
    }
    return Assignment(**(values | changes))  # type: ignore[arg-type]


def a_key(person: str = "ana", kind: str = "issue", occasion: str = "1", cycle: str = "c5") -> IntentKey:
    return IntentKey("bigactions", cycle, kind, person, occasion)


def an_intent(key: IntentKey | None = None, message_id: str | None = None) -> Intent:
    key = key or a_key()
    return Intent(key, f"{key.person}@example.org", "Plans", message_id or f"<{key}@us>", "5" * 64, AT)


def a_verdict(ref: str, state: RowState = RowState.ACCEPTED, **values: str) -> Verdict:
    return Verdict(ref, state, values, (Query(ref, "green-late", "rating", "Is it still Green?"),))


def a_return(arrival: int, *verdicts: Verdict, assignment: str = "c5/ba3/health", sha256: str = "e" * 64) -> Return:
    values = {"ask": "More time"}
    return Return(
        0, arrival, assignment, "ana@example.org", "holder", AT, True, "BA3.xlsx", sha256, verdicts, values, ("n",)
    )


def a_step(kind: str = "issue", cycle: str = "c5", programme: str = "bigactions") -> StepRecord:
    return StepRecord(programme, cycle, kind, "1", AT, LATER, "done")


def an_event(what: str, about: str = "", cycle: str = "c5") -> Event:
    return Event(AT, "planning", what, about, "because", "bigactions", cycle, {"from": "1 May", "to": "2 May"})


def keep_configuration(entry: Entry, name: str = "good") -> None:
    configurations.keep(entry, name, {"service.yaml": "name: Plans"}, AT)


def an_arrival(entry: Entry, server_id: str = "inbox/1", message_id: str = "<m1@them>") -> int:
    stored = arrivals.store(entry, Facts(server_id), "a" * 64, message_id, AT)
    assert stored is not None
    return stored
