"""The records of the ledger, as frozen values. Instants are aware and UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from programme.answer import IssuedRow, Verdict
from programme.form import Form


@dataclass(frozen=True, slots=True)
class Assignment:
    """(cycle, plan, post), frozen when issued: the unit that is issued, chased and returned.

    ``on_time_until`` is the midnight that ends the deadline's day, exclusive. ``issue_message`` is the Message-ID
    that carried it. ``withdrawn`` is the reason once it is withdrawn.
    """

    id: str
    programme: str
    cycle: str
    plan: str
    post: str
    person: str
    form: Form
    rows: tuple[IssuedRow, ...]
    policy: str
    configuration: str
    key_id: str
    issued_at: datetime
    deadline: date
    on_time_until: datetime
    withdrawn: str | None = None

    def row(self, ref: str) -> IssuedRow:
        return next(row for row in self.rows if row.ref == ref)


@dataclass(frozen=True, slots=True)
class IntentKey:
    """What makes a message one and only one."""

    programme: str
    cycle: str
    kind: str
    person: str
    occasion: str

    def __str__(self) -> str:
        return "/".join((self.programme, self.cycle, self.kind, self.person, self.occasion))

    @staticmethod
    def of(text: str) -> "IntentKey":
        """The key that was written out as this text."""
        return IntentKey(*text.split("/", 4))


class IntentState(StrEnum):
    """``decided`` and ``sending`` are open; the rest are settled, ``unknown`` by a person only."""

    DECIDED = "decided"
    SENDING = "sending"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a tick saw of a programme's calendar, in words: what comes next, and what is due and was not done."""

    next: str
    late: tuple[str, ...] = ()

    def written(self) -> dict[str, Any]:
        return {"next": self.next, "late": list(self.late)}

    @staticmethod
    def read(written: Any) -> "Outlook":
        """As it lies in the ledger; an earlier version wrote what comes next alone."""
        return Outlook(written) if isinstance(written, str) else Outlook(written["next"], tuple(written["late"]))


@dataclass(frozen=True, slots=True)
class Intent:
    """A message that was decided. Its bytes are the blob named ``sha256``.

    ``about`` are the assignments that it asks for: it is withdrawn where they answered before it went.
    """

    key: IntentKey
    address: str
    subject: str
    message_id: str
    sha256: str
    decided_at: datetime
    state: IntentState = IntentState.DECIDED
    token: str | None = None
    sending_at: datetime | None = None
    settled_at: datetime | None = None
    reason: str = ""
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A received message. Its bytes are the blob named ``sha256``; ``lane`` is None until it was decided."""

    id: int
    server_id: str
    sha256: str
    message_id: str
    received_at: datetime
    stored_at: datetime
    folder: str
    item_class: str | None = None
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    cloud_links: tuple[str, ...] = ()
    lane: str | None = None
    reason: str = ""
    filed: bool = False
    vouched_by: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """One workbook that came back for one assignment, with a verdict per row.

    ``id`` grows in the order of arrival, which is the order of the fold. ``role`` says as what the sender
    returned it: holder, assistant, delegate, contributor, or vouched.
    """

    id: int
    arrival: int
    assignment: str
    sender: str
    role: str
    received_at: datetime
    on_time: bool
    file_name: str
    sha256: str
    verdicts: tuple[Verdict, ...]
    fields: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskItem:
    """What waits for a person: an arrival or an intent, why, and what to do about it."""

    id: int
    opened_at: datetime
    kind: str
    reason: str
    advice: str
    arrival: int | None = None
    intent: str | None = None
    assignment: str | None = None
    closed_at: datetime | None = None
    verdict: str | None = None
    by: str | None = None
    why: str | None = None


# The event that an open return has another last day than the one that was issued; its detail names it.
OWN_DEADLINE = "own deadline"


@dataclass(frozen=True, slots=True)
class Event:
    """Who, what, when, why. ``about`` names the thing (an assignment id, an intent key, a file)."""

    at: datetime
    who: str
    what: str
    about: str = ""
    why: str = ""
    programme: str = ""
    cycle: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the SPG decided. ``kind`` is ``row``, ``new`` (an action that did not exist) or ``endorsed`` (the whole).

    ``agreed`` is a rating id, ``words`` the decision as people read it; what was not decided is None or empty.
    """

    at: datetime
    programme: str
    cycle: str
    plan: str
    ref: str
    kind: str
    by: str
    agreed: str | None = None
    revised_due: date | None = None
    closed: bool = False
    deliverable: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step that is settled: ``done`` or ``missed``, with the reason of a miss."""

    programme: str
    cycle: str
    kind: str
    occasion: str
    due: datetime
    settled_at: datetime
    outcome: str
    reason: str = ""
