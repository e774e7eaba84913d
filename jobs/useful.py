"""Whether a decided message should still go: judged afresh before every send, and bounded by a fuse."""

from datetime import datetime, time, timedelta

from jobs.answered import answered
from jobs.office import Office
from jobs.owed import askable, doubt_about, unanswered, waiting
from ledger import arrivals, assignments, intents
from ledger.records import Intent
from ledger.store import Entry
from programme.calendar import steps
from programme.cycle import Cycle, Step, StepKind
from programme.service import Programme

# Receipts and other answers follow what somebody sent us, so they are counted apart from what we send unasked.
ANSWERS = frozenset({"receipt", "unreadable", "question"})
ALERT = "alert"

# What asks for something: it goes only if nothing speaks against it at the very moment of sending.
ASKING = frozenset({"reminder", "chase", "cover", "escalation"})

# Messages that are not a step of their own live as long as the step that caused them.
BELONGS_TO = {"cover": StepKind.CHASE, "escalation": StepKind.CHASE, "copy": StepKind.ISSUE}

A_DAY = 3
ANSWERS_A_DAY = 10
TEAM_A_DAY = 10
ANSWER_IS_USEFUL = timedelta(days=14)
ALERT_IS_USEFUL = timedelta(days=3)


def no_longer_useful(office: Office, entry: Entry, intent: Intent, now: datetime) -> str | None:
    """Why a decided message should not go any more, in a sentence; None while it should."""
    if intent.key.kind == ALERT:
        return "The alert is out of date." if now - intent.decided_at > ALERT_IS_USEFUL else None
    programme = next((item for item in office.service.programmes if item.id == intent.key.programme), None)
    cycle = next((item for item in programme.cycles if item.id == intent.key.cycle), None) if programme else None
    if programme is None or (cycle is None and intent.key.cycle):
        return "Its cycle is no longer in the configuration."
    if intent.key.kind in ASKING and cycle is not None:
        doubt = _asks_in_doubt(office, entry, programme, cycle, intent, now)
        if doubt:
            return doubt
    step = _step_of(programme, cycle, intent) if cycle is not None else None
    if step is None and _of_a_step(intent):
        return "Its step no longer takes place."
    if step is None:
        return "It comes too late." if now - intent.decided_at > ANSWER_IS_USEFUL else None
    if now >= step.useful_until:
        return step.instead
    return _withdrawn_since(entry, intent)


def blown_fuse(office: Office, entry: Entry, intent: Intent, now: datetime) -> str | None:
    """The sentence that stops the service when a message would be one too many; None while all is well.

    Alerts are bounded where they are raised: they must still go when others are stopped.
    """
    if not intent.address.strip():
        return f"The message {intent.key} is addressed to nobody."
    if intent.key.kind == ALERT:
        return None
    since, until = _local_day(office, intent, now)
    kinds = intents.sent_kinds(entry, intent.key.person, since, until)
    answer = intent.key.kind in ANSWERS
    sent = sum(count for kind, count in kinds.items() if kind != ALERT and (kind in ANSWERS) is answer)
    limit = ANSWERS_A_DAY if answer else TEAM_A_DAY if _in_team(office, intent.key.person) else A_DAY
    if sent < limit:
        return None
    return f"{intent.key.person} was already sent {sent} messages today; the limit is {limit}. Next: {intent.subject}"


def _step_of(programme: Programme, cycle: Cycle, intent: Intent) -> Step | None:
    """The step that a message belongs to; None for answers and notices, which belong to none.

    A successor's issue may come after the deadline: it is of use until the papers.
    """
    kind = BELONGS_TO.get(intent.key.kind, intent.key.kind)
    if kind == StepKind.ISSUE and intent.key.occasion.startswith("successor"):
        return next((item for item in steps(programme, cycle) if item.kind is StepKind.PAPERS), None)
    own = [item for item in steps(programme, cycle) if item.kind == kind]
    return next((item for item in reversed(own) if intent.key.occasion.startswith(item.occasion)), None)


def _of_a_step(intent: Intent) -> bool:
    return intent.key.kind in BELONGS_TO or intent.key.kind in set(StepKind)


def _asks_in_doubt(
    office: Office, entry: Entry, programme: Programme, cycle: Cycle, intent: Intent, now: datetime
) -> str | None:
    """Whether anything came in or was held since the message was decided, for any assignment that it asks for."""
    items = answered(entry, programme, cycle)
    unresolved, on = waiting(office, entry, programme), programme.local(now).date()
    kind = StepKind.REMINDER if intent.key.kind == "reminder" else StepKind.CHASE
    asked = [item for item in items if item.assignment.id in intent.about and askable(programme, item.assignment)]
    for item in asked:
        stored = (arrivals.get(entry, back.arrival).stored_at for back in item.returns)
        if not unanswered(item, items) or any(at > intent.decided_at for at in stored):
            return "Something came in meanwhile."
        doubt = doubt_about(programme, item.assignment, kind, unresolved, on)
        if doubt:
            return doubt
    return None if asked else "What it asks for is no longer open."


def _withdrawn_since(entry: Entry, intent: Intent) -> str | None:
    if not intent.about:
        return None
    withdrawn = [assignments.get(entry, item) for item in intent.about]
    if all(item is not None and item.withdrawn is not None for item in withdrawn):
        return "Every plan in it was withdrawn."
    return None


def _local_day(office: Office, intent: Intent, now: datetime) -> tuple[datetime, datetime]:
    programme: Programme = next(
        (item for item in office.service.programmes if item.id == intent.key.programme), office.service.programmes[0]
    )
    start = datetime.combine(programme.local(now).date(), time(), programme.zone)
    return start, start + timedelta(days=1)


def _in_team(office: Office, person: str) -> bool:
    return any(person in programme.team.members for programme in office.service.programmes)
