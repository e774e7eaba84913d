"""Whether a decided message should still go: judged afresh before every send, and bounded by a fuse."""

from datetime import date, datetime, time, timedelta

from jobs.answered import answered
from jobs.office import Office
from jobs.owed import askable, doubt_about, unanswered, waiting
from ledger import arrivals, assignments, intents
from ledger.records import Assignment, Intent, IntentKey, IntentState
from ledger.store import Entry
from programme.calendar import add_working_days, steps
from programme.cycle import Cycle, Step, StepKind
from programme.service import Programme
from programme.standing_facts import excuse_of, own_deadline

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


def blown_fuse(office: Office, entry: Entry, intent: Intent) -> str | None:
    """The sentence that stops the service before a message to nobody, or a flood to somebody; None while all is well.

    One or two messages too many for a day wait until the next (``enough_today``): a contact of four sponsors is no
    fault. A queue for one person as long as two days' worth is.
    """
    if not intent.address.strip():
        return f"The message {intent.key} is addressed to nobody."
    if intent.key.kind == ALERT or intent.key.kind in ANSWERS:
        return None
    waiting_now = intents.waiting_for(entry, intent.key.person, (*ANSWERS, ALERT))
    limit = 2 * _limit(office, intent)
    if waiting_now <= limit:
        return None
    return f"{waiting_now} messages wait for {intent.key.person}; the limit is {limit}. Next: {intent.subject}"


def enough_today(office: Office, entry: Entry, intent: Intent, now: datetime) -> str | None:
    """Why a message waits until tomorrow: its person has had as many today as anybody may; None while they have not.

    Alerts are bounded where they are raised: they must go when others wait.
    """
    if intent.key.kind == ALERT:
        return None
    since, until = _local_day(office, intent, now)
    kinds = intents.sent_kinds(entry, intent.key.person, since, until)
    answer = intent.key.kind in ANSWERS
    sent = sum(count for kind, count in kinds.items() if kind != ALERT and (kind in ANSWERS) is answer)
    limit = _limit(office, intent)
    if sent < limit:
        return None
    return f"{intent.key.person} was already sent {sent} messages today; the limit is {limit}. Next: {intent.subject}"


def _limit(office: Office, intent: Intent) -> int:
    if intent.key.kind in ANSWERS:
        return ANSWERS_A_DAY
    return TEAM_A_DAY if _in_team(office, intent.key.person) else A_DAY


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
        known = _fact_since(programme, cycle, item.assignment, intent)
        if known:
            return known
        stored = (arrivals.get(entry, back.arrival).stored_at for back in item.returns)
        if not unanswered(item, items) or any(at > intent.decided_at for at in stored):
            return "Something came in meanwhile."
        doubt = doubt_about(programme, item.assignment, kind, unresolved, on)
        if doubt:
            return doubt
    if not asked:
        return "What it asks for is no longer open."
    return _issued_too_late(entry, programme, intent, on) if intent.key.kind == "reminder" else None


def _fact_since(programme: Programme, cycle: Cycle, assignment: Assignment, intent: Intent) -> str | None:
    """An excuse, or another deadline than the one that the message is about, decided since."""
    if excuse_of(programme, cycle.id, assignment.plan, assignment.post) is not None:
        return "They were excused meanwhile."
    step = _step_of(programme, cycle, intent)
    own = own_deadline(programme, cycle, assignment.plan, assignment.post)
    if step is not None and own != (step.deadline or cycle.deadline):
        return "Their deadline was moved meanwhile."
    return None


def _issued_too_late(entry: Entry, programme: Programme, intent: Intent, on: date) -> str | None:
    """A reminder comes at least a working day after the issue really went, however long the mailbox was down."""
    key = IntentKey(intent.key.programme, intent.key.cycle, "issue", intent.key.person, "1")
    issued = intents.get(entry, key)
    went = issued.settled_at if issued is not None and issued.state is IntentState.SENT else None
    if went is None or add_working_days(programme.working_days, programme.local(went).date(), 1) <= on:
        return None
    return "The issue itself went only now."


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
