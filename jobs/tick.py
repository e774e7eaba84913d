"""One wake-up: units of work, one at a time, until nothing is left to do at this instant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs import (
    addendum,
    asking,
    deadline,
    digest,
    draft,
    inbox,
    issue,
    meeting,
    merging,
    papers,
    parting,
    review,
    send,
    succession,
    withdrawing,
)
from jobs.alert import raise_alert
from jobs.due import Deed, Due, Known, ahead, due, never_started
from jobs.foreseen import warn_of_mailbox
from jobs.office import Office
from jobs.owed import inbox_is_fresh
from ledger import configurations, events, steps, ticks
from ledger.errors import LedgerError
from ledger.records import Event, Outlook, StepRecord
from ledger.store import Entry
from mail.port import MailboxError
from programme.calendar import steps as steps_of
from programme.cycle import ASKING, Step, StepKind
from programme.service import Programme

FIRE: Mapping[StepKind, Callable[[Office, Programme, Step, datetime], None]] = {
    StepKind.DIGEST: digest.fire,
    StepKind.ISSUE: issue.fire,
    StepKind.REMINDER: asking.fire,
    StepKind.DEADLINE: deadline.fire,
    StepKind.REVIEW: review.fire,
    StepKind.CHASE: asking.fire,
    StepKind.DRAFT: draft.fire,
    StepKind.PAPERS: papers.fire,
    StepKind.ADDENDUM: addendum.fire,
    StepKind.SPG: meeting.fire,
}

NEVER_CHANGE_WHAT_IS_DUE = frozenset({"settle", "file", "send"})

STOPPED = "The service has stopped itself."
NOTHING_AHEAD = "nothing ahead: add the next year's cycles to cycles.yaml"
NOT_STARTED = (
    "{}. Its issue was over when this service first saw it, so nobody is written to. To run it all the same, say"
    ' `start_from: "{}"` in cycles.yaml.'
)

CLOCK_BACK = timedelta(minutes=5)
CLOCK_ON = timedelta(days=45)
UNREAD_TOO_LONG = timedelta(hours=1)


@dataclass(slots=True)
class WakeUp:
    """One wake-up at ``now``: its kinds of work one after another, each until nothing of it is left.

    What was cut off comes first, then what came in, then what is due, and sending last: nothing that comes later
    makes work for what came before. A kind of work that fails is left for the next wake-up, and the others go on.
    ``bug`` is the first thing that nobody foresaw: the alert about it must still be sent.
    """

    office: Office
    now: datetime
    unsent: send.Passed = field(default_factory=send.Passed)
    unmoved: set[int] = field(default_factory=set)
    polled: bool = False
    bug: Exception | None = None
    done: set[str] = field(default_factory=set)
    dues: list[tuple[Programme, Due]] | None = None
    failed: set[tuple[str, str, str, str]] = field(default_factory=set)

    def work_once(self) -> bool:
        """Do one unit of work and say whether there was one."""
        for name, unit in self._units():
            if name not in self.done:
                if self._tried(name, unit):
                    self.dues = self.dues if name in NEVER_CHANGE_WHAT_IS_DUE else None
                    return True
                self.done.add(name)
        return False

    def _units(self) -> tuple[tuple[str, Callable[[], bool]], ...]:
        return (
            ("settle", lambda: send.settle_one(self.office, self.now)),
            ("poll", self._poll),
            ("decide", lambda: inbox.decide_one(self.office, self.now)),
            ("file", lambda: inbox.file_one(self.office, self.now, self.unmoved)),
            ("withdraw", lambda: self._unless_stopped(withdrawing.withdraw_one)),
            ("reinstate", lambda: self._unless_stopped(withdrawing.reinstate_one)),
            ("part", lambda: self._unless_stopped(parting.part_one)),
            ("merge", lambda: self._unless_stopped(merging.merge_one)),
            ("succession", lambda: self._unless_stopped(succession.succeed_one)),
            ("step", self._step),
            ("send", lambda: send.send_one(self.office, self.now, self.unsent)),
        )

    def _unless_stopped(self, unit: Callable[[Office, datetime], bool]) -> bool:
        """What goes by the clock's day waits while the clock is not trusted."""
        return not _stands_still(self.office) and unit(self.office, self.now)

    def _tried(self, name: str, unit: Callable[[], bool]) -> bool:
        try:
            return unit()
        except MailboxError as trouble:
            self.office.log("mailbox trouble", unit=name, permanent=trouble.permanent, trouble=str(trouble))
            _mailbox_trouble(self.office, name, str(trouble), self.now)
            return False
        except Exception as bug:  # raised again when the wake-up is over
            self.bug = self.bug or bug
            return False

    def _poll(self) -> bool:
        if self.polled or not inbox.poll_due(self.office, self.now, step_due=bool(self._due())):
            return False
        self.polled = not inbox.poll_once(self.office, self.now)
        return True

    def _step(self) -> bool:
        for programme, item in self._due():
            if item.deed is Deed.HOLD:
                _hold(self.office, programme, item, self.now)
                continue
            if item.deed is Deed.MISS:
                _miss(self.office, item, self.now)
                return True
            if item.step.kind in ASKING and not self._fresh():
                continue
            if item.step.key not in self.failed:
                self._fire(programme, item.step)
                return True
        return False

    def _fire(self, programme: Programme, step: Step) -> None:
        """Carry out one step. One that brings out a bug stops neither another chain nor another programme."""
        try:
            FIRE[step.kind](self.office, programme, step, self.now)
        except (LedgerError, OSError):
            raise
        except Exception as bug:  # raised again when the wake-up is over
            self.failed.add(step.key)
            self.bug = self.bug or bug

    def _fresh(self) -> bool:
        with self.office.ledger.reading() as entry:
            return inbox_is_fresh(entry, self.now)

    def _due(self) -> list[tuple[Programme, Due]]:
        self.dues = self._looked_up() if self.dues is None else self.dues
        return self.dues

    def _looked_up(self) -> list[tuple[Programme, Due]]:
        with self.office.ledger.reading() as entry:
            if ticks.stopped(entry):
                return []
            return [
                (programme, item)
                for programme in self.office.service.programmes
                for item in due(programme, known(entry, programme), self.now)
            ]


def wake(office: Office, now: datetime, stopping: Callable[[], bool] = lambda: False) -> None:
    """Do everything that there is to do at this instant, unit by unit, and note that we were here.

    ``stopping`` is asked between units: a service that is told to stop finishes the unit in hand. Raises the first
    bug that a unit brought out, after the other units have done their work.
    """
    guard_clock(office, now)
    if not _stands_still(office):
        _see_cycles(office, now)
    warn_of_mailbox(office, now)
    wake_up = WakeUp(office, now)
    while not stopping() and wake_up.work_once():
        pass
    with office.ledger.reading() as entry:
        ahead_of_us = coming(office, entry, now)
    with office.ledger.transaction() as entry:
        ticks.beat(entry, now, ahead_of_us)
    if wake_up.bug is not None:
        raise wake_up.bug


def known(entry: Entry, programme: Programme) -> Known:
    """What the ledger knows of a programme's calendar."""
    refusal = configurations.refused(entry)
    return Known(
        settled=steps.settled(entry, programme.id),
        first_seen=steps.seen(entry, programme.id),
        refused_at=refusal[1] if refusal else None,
        unreleased=draft.unreleased(entry, programme),
    )


def guard_clock(office: Office, now: datetime) -> None:
    """Stop, with an alert, where the clock went back or leapt on since the last tick (law 3)."""
    with office.ledger.reading() as entry:
        last, stopped = ticks.last(entry), ticks.stopped(entry)
    if last is None or stopped or -CLOCK_BACK <= now - last <= CLOCK_ON:
        return
    sentence = f"The clock says {now:%d %B %Y %H:%M} UTC and the last tick was at {last:%d %B %Y %H:%M} UTC."
    advice = "Put the machine's clock right, or, where it is right, start plancycle with run --resume."
    with office.ledger.transaction() as entry:
        ticks.stop(entry, now, sentence)
        events.record(entry, Event(now, "plancycle", "stopped", "clock", sentence))
        raise_alert(office, entry, f"clock {last.isoformat()}", "plancycle has stopped", (sentence, advice), now)


def _stands_still(office: Office) -> bool:
    with office.ledger.reading() as entry:
        return ticks.stopped(entry) is not None


def coming(office: Office, entry: Entry, now: datetime) -> dict[str, Outlook]:
    """The next step of each programme, and what is due and was not done, for people who ask how things stand."""
    stands_still = ticks.stopped(entry) is not None
    return {
        programme.title: _outlook(programme, known(entry, programme), now, stands_still)
        for programme in office.service.programmes
    }


def _outlook(programme: Programme, facts: Known, now: datetime, stands_still: bool) -> Outlook:
    following = ahead(programme, facts, now)
    coming_next = _dated(programme, following[0]) if following else NOTHING_AHEAD
    not_done = due(programme, facts, now)
    late = [f"{_dated(programme, it.step)}. {STOPPED if stands_still else _why_late(it)}" for it in not_done]
    late += [NOT_STARTED.format(cycle.label, cycle.id) for cycle in never_started(programme, facts, now)]
    return Outlook(coming_next, tuple(late))


def _dated(programme: Programme, step: Step) -> str:
    when = programme.local(step.due)
    label = programme.cycle(step.cycle).label
    return f"{step.kind.value} of {label} on {when:%A} {when.day} {when:%B %Y at %H:%M}"


def _why_late(item: Due) -> str:
    """What keeps a step from being done, where the wake-up is over and it is due still."""
    if item.deed is Deed.HOLD:
        return f"It waits: {item.reason} {item.advice}"
    return "It is tried at every tick: see the alerts and the log, and whether the inbox is read."


def _see_cycles(office: Office, now: datetime) -> None:
    """Note when each cycle was first seen, and say so where one was past its issue already."""
    if _nothing_to_see(office, now):
        return
    with office.ledger.transaction() as entry:
        for programme in office.service.programmes:
            for cycle in programme.cycles:
                steps.first_seen(entry, programme.id, cycle.id, now)
            facts = known(entry, programme)
            for cycle in never_started(programme, facts, now):
                issue_day = steps_of(programme, cycle)[0].due
                sentence = (
                    f"{cycle.label} of {programme.title} was past its issue ({issue_day:%d %B %Y}) when first seen."
                )
                advice = f"To run it late, set start_from: {cycle.id} in cycles.yaml; else nothing is sent for it."
                occasion = f"start_from {programme.id}/{cycle.id}"
                if not events.recent(entry, 1, about=occasion):
                    words = (sentence, advice)
                    raise_alert(office.of(programme), entry, occasion, "A cycle was not started", words, now)


def _nothing_to_see(office: Office, now: datetime) -> bool:
    """Whether every cycle was seen before, and none too late: the common case, which needs no transaction."""
    with office.ledger.reading() as entry:
        facts = [(programme, known(entry, programme)) for programme in office.service.programmes]
    return all(
        all(cycle.id in fact.first_seen for cycle in programme.cycles) and not never_started(programme, fact, now)
        for programme, fact in facts
    )


def _hold(office: Office, programme: Programme, item: Due, now: datetime) -> None:
    occasion = "held " + "/".join(item.step.key)
    with office.ledger.transaction() as entry:
        if item.step.kind is StepKind.PAPERS:
            draft.ask_release(entry, programme, item.step.cycle, now)
        if item.told and not events.recent(entry, 1, about=occasion):
            words = (f"{_named(office, item.step)}: held. {item.reason}", item.advice)
            raise_alert(office.of(programme), entry, occasion, "A mailing is held", words, now)


def _miss(office: Office, item: Due, now: datetime) -> None:
    step = item.step
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, step.due, now, "missed", item.reason))
        events.record(
            entry, Event(now, "plancycle", "missed", step.kind.value, item.reason, step.programme, step.cycle)
        )
        words = (
            f"{_named(office, step)}: it did not happen. {item.reason}",
            "Do by hand what still matters.",
        )
        if item.told:
            own = office.of(office.service.programme(step.programme))
            raise_alert(own, entry, "missed " + "/".join(step.key), "A step was missed", words, now)
    office.log("missed", step="/".join(step.key), reason=item.reason)


def _named(office: Office, step: Step) -> str:
    """A step as the team knows it, such as: Strategic Plan 2019-24, update 4, papers."""
    programme = office.service.programme(step.programme)
    return f"{programme.title}, {programme.cycle(step.cycle).label}, {step.kind.value}"


def _mailbox_trouble(office: Office, unit: str, trouble: str, now: datetime) -> None:
    """An alert once the inbox has not been read for an hour; it goes as soon as the mailbox takes mail again."""
    unread = inbox.unread_for(office, now)
    if unit != "poll" or unread is None or unread < UNREAD_TOO_LONG:
        return
    since = now - unread
    words = (
        f"Inbox and Junk were last read at {since:%H:%M} UTC on {since:%d %B}: {trouble}",
        "Ask IT about the mailbox.",
    )
    with office.ledger.transaction() as entry:
        if not events.recent(entry, 1, about=f"unread {since.isoformat()}"):
            raise_alert(office, entry, f"unread {since.isoformat()}", "The inbox cannot be read", words, now)
