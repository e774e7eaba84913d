"""Digest: what the planning team wants to know every working morning, on one screen."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from jobs.absent import as_issued
from jobs.answered import reported
from jobs.asking import NOT_ASKED
from jobs.draft import unreleased
from jobs.due import TO_MANY
from jobs.ladder import rung_of
from jobs.office import Office
from jobs.outbox import Envelope, decide, outgoing
from jobs.owed import Owed, doubt_about, owed, waiting
from jobs.own_desk import waiting_for
from jobs.standing import Around, stand, taken_back
from ledger import arrivals, configurations, events, intents, steps
from ledger.records import DeskItem, Event, Intent, IntentKey, IntentState, StepRecord
from ledger.store import Entry
from programme.calendar import add_working_days
from programme.calendar import steps as steps_of
from programme.cycle import ASKING, Cycle, Step, StepKind
from programme.service import Programme
from programme.standing_facts import hold_on
from report.letters import DigestLetter
from report.standing import Standing

HOW_TO_STOP = "To stop it, add a hold to facts.yaml before then."

WHAT = {
    StepKind.ISSUE: "the issue",
    StepKind.REMINDER: "the reminder",
    StepKind.DEADLINE: "the deadline",
    StepKind.REVIEW: "the review to sponsors",
    StepKind.CHASE: "chase",
    StepKind.DRAFT: "the draft papers",
    StepKind.PAPERS: "the papers",
    StepKind.ADDENDUM: "the addendum",
    StepKind.SPG: "the SPG meets",
}


@dataclass(frozen=True, slots=True)
class Morning:
    """One digest in the making."""

    office: Office
    programme: Programme
    cycle: Cycle
    now: datetime

    @property
    def today(self) -> date:
        return self.programme.local(self.now).date()

    @property
    def next_day(self) -> date:
        return add_working_days(self.programme.working_days, self.today, 1)

    @property
    def day_before(self) -> date:
        return add_working_days(self.programme.working_days, self.today, -1)


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Send every member of the team the morning's digest, even where nothing happened."""
    morning = Morning(office, programme, programme.cycle(step.cycle), now)
    with office.ledger.reading() as entry:
        letter = _letter(morning, entry)
    messages = []
    for member in programme.team.members:
        person = programme.people[member]
        key = IntentKey(programme.id, step.cycle, step.kind.value, person.id, step.occasion)
        messages.append(
            outgoing(office, Envelope(key, person, person.address), replace(letter, person=person.name), now)
        )
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        decide(entry, messages)
    office.log("digest", cycle=step.cycle, on=step.occasion)


def _letter(morning: Morning, entry: Entry) -> DigestLetter:
    """The digest as everybody in the team gets it, to nobody yet."""
    programme, cycle = morning.programme, morning.cycle
    happened = events.of_cycle(entry, programme.id, cycle.id)
    return DigestLetter(
        person="",
        working=_working(morning, entry),
        needs=tuple(_needs(item) for item in waiting_for(entry, programme)),
        today=tuple(_goes(morning, entry, morning.today)),
        tomorrow=tuple(_goes(morning, entry, morning.next_day)),
        held=tuple(_left_alone(morning, happened)),
        yesterday=_yesterday(morning, intents.of_cycle(entry, programme.id, cycle.id), happened),
        standing=_standing(morning, entry),
        coming=tuple(_coming(morning)),
        on=morning.today,
        sender=morning.office.sender(programme),
        next_on=morning.next_day if morning.next_day > morning.today + timedelta(days=1) else None,
    )


def _needs(item: DeskItem) -> str:
    """What waits, what to do about it, and where to look."""
    return f"{item.id}: {' '.join(f'{item.reason} {item.advice}'.split())} Look: plancycle desk show {item.id}."


def _standing(morning: Morning, entry: Entry) -> Standing:
    programme, cycle = morning.programme, morning.cycle
    withdrawn, not_asked = taken_back(entry, programme, cycle), as_issued(entry, programme, cycle)
    around = Around(draft=True, withdrawn=withdrawn, not_asked=not_asked)
    return stand(programme, cycle, reported(entry, programme, cycle), morning.now, around)


def _working(morning: Morning, entry: Entry) -> str:
    read_at = arrivals.read_to_end_at(entry)
    inbox = f"inbox read {morning.programme.local(read_at):%H:%M}" if read_at else "the inbox was never read to its end"
    refusal = configurations.refused(entry)
    if refusal is None:
        return f"Working; {inbox}; configuration good."
    since = morning.programme.local(refusal[1])
    return (
        f"Working; {inbox}; the configuration edited on {since:%A %d %B} cannot be used, the last good one is in force."
    )


def _goes(morning: Morning, entry: Entry, day: date) -> Iterator[str]:
    """What goes on a day, if nothing more comes in: when, what and to whom."""
    settled = steps.settled(entry, morning.programme.id)
    for step in steps_of(morning.programme, morning.cycle):
        when = morning.programme.local(step.due)
        if when.date() == day and step.kind is not StepKind.DIGEST and step.key not in settled:
            yield f"{when:%H:%M}: {_named(step)}{_to(morning, entry, step)}"


def _named(step: Step) -> str:
    what = WHAT[step.kind]
    return f"{what} {step.rung}" if step.kind is StepKind.CHASE else what


def _to(morning: Morning, entry: Entry, step: Step) -> str:
    if step.kind not in ASKING:
        return _when_nothing_holds(morning, entry, step)
    found = owed(entry, morning.programme, morning.cycle, step.deadline)
    if not found:
        return ": nobody owes anything."
    doubts = _doubts(morning, entry, step, found)
    apart = [f"{_named_plan(morning, item)} ({doubt})" for item in found if (doubt := doubts[item.assignment.id])]
    alone = f" Left alone as things are: {'; '.join(apart)}." if apart else ""
    clear = [f"{_named_plan(morning, item)} ({_rows(item)})" for item in found if not doubts[item.assignment.id]]
    if not clear:
        return f": nobody is asked.{alone}"
    asked = "; ".join(clear)
    also = [role.value for role in rung_of(morning.programme, step).asks if role != "sponsor"] if step.rung else []
    copied = f", with the {' and the '.join(also)}" if also else ""
    return f" to {asked}{copied}. {HOW_TO_STOP}{alone}"


def _when_nothing_holds(morning: Morning, entry: Entry, step: Step) -> str:
    programme, on = morning.programme, morning.programme.local(step.due).date()
    hold = hold_on(programme, step.cycle, step.kind, on)
    if hold is not None:
        return f": held by {hold.why.decided_by}: {hold.why.reason.rstrip('.')}."
    if step.kind is StepKind.PAPERS and step.cycle in unreleased(entry, programme):
        return ": they wait for a release on the desk."
    return f". {HOW_TO_STOP}" if step.kind in TO_MANY else "."


def _named_plan(morning: Morning, item: Owed) -> str:
    person = morning.programme.people[item.assignment.person].name
    return f"{person}, {morning.programme.plan(item.assignment.plan).label}"


def _doubts(morning: Morning, entry: Entry, step: Step, found: Sequence[Owed]) -> dict[str, str]:
    """Why each would be left alone, if nothing changes until then; empty where nothing speaks against asking."""
    programme, on = morning.programme, morning.programme.local(step.due).date()
    unresolved = waiting(morning.office, entry, programme)
    said = ((one.assignment.id, doubt_about(programme, one.assignment, step.kind, unresolved, on)) for one in found)
    # What waits is told in full under what needs the team.
    return {name: (doubt or "").partition(":")[0].rstrip(".") for name, doubt in said}


def _rows(item: Owed) -> str:
    """The rows that are owed, by name where it is only some of them."""
    whole = len(item.refs) == len(item.item.asked)
    return f"all {len(item.refs)} rows" if whole and len(item.refs) > 1 else ", ".join(item.refs)


def _left_alone(morning: Morning, happened: Sequence[Event]) -> Iterator[str]:
    since = morning.now - timedelta(days=(morning.today - morning.day_before).days)
    for event in happened:
        if event.what == NOT_ASKED and event.at >= since:
            yield f"{event.about}: {event.why}"


def _yesterday(morning: Morning, decided: Sequence[Intent], happened: Sequence[Event]) -> str:
    def was(at: datetime | None) -> bool:
        return at is not None and morning.day_before <= morning.programme.local(at).date() < morning.today

    sent = sum(1 for item in decided if item.state is IntentState.SENT and was(item.settled_at))
    lanes = Counter(event.detail.get("lane") for event in happened if event.what == "message read" and was(event.at))
    return f"{sent} sent, {lanes['return']} returns, {lanes['bounce']} bounced."


def _coming(morning: Morning) -> Iterator[str]:
    wanted = (StepKind.DEADLINE, StepKind.DRAFT, StepKind.PAPERS, StepKind.SPG)
    for step in steps_of(morning.programme, morning.cycle):
        when = morning.programme.local(step.due)
        if step.kind in wanted and when.date() > morning.today:
            yield f"{WHAT[step.kind]} {when:%a} {when.day} {when:%b}"
