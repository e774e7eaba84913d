"""Whether a decided message should still go: judged afresh before every send."""

from datetime import datetime, timedelta

from jobs.answered import Answered, answered
from jobs.asking import TO_ROLE
from jobs.issue import AT_ISSUE
from jobs.ladder import issues_of
from jobs.office import Office
from jobs.owed import askable, doubt_about, unanswered, waiting
from ledger import arrivals, assignments
from ledger.records import Assignment, Intent, IntentState
from ledger.store import Entry
from programme.calendar import add_working_days, steps
from programme.cycle import Cycle, Step, StepKind
from programme.service import Programme
from programme.standing_facts import excuse_of, own_deadline

ALERT = "alert"

# What asks for something: it goes only if nothing speaks against it at the very moment of sending.
ASKING = frozenset({"reminder", "chase", *TO_ROLE})

# Messages that are not a step of their own live as long as the step that caused them.
BELONGS_TO = {"cover": StepKind.CHASE, "escalation": StepKind.CHASE, "copy": StepKind.ISSUE}

ANSWER_IS_USEFUL = timedelta(days=14)
ALERT_IS_USEFUL = timedelta(days=3)


def no_longer_useful(office: Office, entry: Entry, intent: Intent, now: datetime) -> str | None:
    """Why a decided message should not go any more, in a sentence; None while it should."""
    if intent.key.kind == ALERT:
        return "The alert is out of date." if now - intent.decided_at > ALERT_IS_USEFUL else None
    programme, cycle = _declared(office, intent)
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


def where_of(office: Office, intent: Intent) -> tuple[Programme, Cycle, Step] | None:
    """The programme, cycle and step that a message belongs to; None where one of them is not there any more."""
    programme, cycle = _declared(office, intent)
    step = _step_of(programme, cycle, intent) if programme and cycle else None
    return (programme, cycle, step) if programme and cycle and step else None


def _declared(office: Office, intent: Intent) -> tuple[Programme | None, Cycle | None]:
    programme = office.service.known(intent.key.programme)
    cycles = programme.cycles if programme else ()
    return programme, next((item for item in cycles if item.id == intent.key.cycle), None)


def _step_of(programme: Programme, cycle: Cycle, intent: Intent) -> Step | None:
    """The step that a message belongs to; None for answers and notices, which belong to none.

    An issue that is not the step's own is one in mid-cycle and may come after the deadline: it is of use until the
    papers.
    """
    kind = BELONGS_TO.get(intent.key.kind, intent.key.kind)
    if kind == StepKind.ISSUE and intent.key.occasion != AT_ISSUE:
        return next((item for item in steps(programme, cycle) if item.kind is StepKind.PAPERS), None)
    own = [item for item in steps(programme, cycle) if item.kind == kind]
    return next((item for item in reversed(own) if intent.key.occasion.startswith(item.occasion)), None)


def _of_a_step(intent: Intent) -> bool:
    return intent.key.kind in BELONGS_TO or intent.key.kind in set(StepKind)


def still_clear(office: Office, entry: Entry, intent: Intent, now: datetime) -> frozenset[str]:
    """The assignments in a message to a delegate or escalation contact of sponsors of whom nothing is in doubt."""
    programme = office.service.programme(intent.key.programme)
    cycle = programme.cycle(intent.key.cycle)
    doubts = _doubts(office, entry, programme, cycle, intent, now)
    doubtful = {assignment.person for assignment, doubt in doubts if doubt}
    return frozenset(assignment.id for assignment, _ in doubts if assignment.person not in doubtful)


def _asks_in_doubt(
    office: Office, entry: Entry, programme: Programme, cycle: Cycle, intent: Intent, now: datetime
) -> str | None:
    """Whether anything came in or was held since the message was decided, for any assignment that it asks for."""
    doubts = _doubts(office, entry, programme, cycle, intent, now)
    if not doubts:
        return "What it asks for is no longer open."
    return next((doubt for _, doubt in doubts if doubt), None)


def _doubts(
    office: Office, entry: Entry, programme: Programme, cycle: Cycle, intent: Intent, now: datetime
) -> list[tuple[Assignment, str | None]]:
    """The assignments that a message asks for and that are still there, each with what speaks against asking."""
    items = answered(entry, programme, cycle)
    unresolved, on = waiting(office, entry, programme), programme.local(now).date()
    kind = StepKind.REMINDER if intent.key.kind == "reminder" else StepKind.CHASE

    def doubt(item: Answered) -> str | None:
        known = _fact_since(programme, cycle, item.assignment, intent)
        if known:
            return known
        stored = (arrivals.get(entry, back.arrival).stored_at for back in item.returns)
        if not unanswered(item, items) or any(at > intent.decided_at for at in stored):
            return "Something came in meanwhile."
        doubt = doubt_about(programme, item.assignment, kind, unresolved, on)
        return doubt or _issued_too_late(entry, programme, item.assignment, now)

    asked = [item for item in items if item.assignment.id in intent.about and askable(programme, item.assignment)]
    return [(item.assignment, doubt(item)) for item in asked]


def _fact_since(programme: Programme, cycle: Cycle, assignment: Assignment, intent: Intent) -> str | None:
    """An excuse, or another deadline than the one that the message is about, decided since."""
    if excuse_of(programme, cycle.id, assignment.plan, assignment.post) is not None:
        return "They were excused meanwhile."
    step = _step_of(programme, cycle, intent)
    own = own_deadline(programme, cycle, assignment.plan, assignment.post)
    if step is not None and own != (step.deadline or cycle.deadline):
        return "Their deadline was moved meanwhile."
    return None


def _issued_too_late(entry: Entry, programme: Programme, own: Assignment, now: datetime) -> str | None:
    """Nobody is asked again until a working day after the issue really went, however long the mailbox was down."""
    went = [item.settled_at for item in issues_of(entry, [own]) if item.state is IntentState.SENT and item.settled_at]
    if not went:
        return None
    day = programme.local(max(went)).date()
    early = add_working_days(programme.working_days, day, 1) > programme.local(now).date()
    return "The issue itself went only now." if early else None


def _withdrawn_since(entry: Entry, intent: Intent) -> str | None:
    if not intent.about:
        return None
    withdrawn = [assignments.get(entry, item) for item in intent.about]
    if all(item is not None and item.withdrawn is not None for item in withdrawn):
        return "Every plan in it was withdrawn."
    return None
