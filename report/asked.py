"""What a message needs that asks for returns: what is outstanding, of whom, by when, and what follows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a reader may ring or answer."""

    team: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One outstanding row in the text of a message. Ratings are words, such as Green; empty when there is none.

    ``decision`` is what the SPG decided on the row last time, in words; ``original_due`` where the date was revised;
    ``last_reported`` the sponsor's own last rating where the SPG agreed another.
    """

    ref: str
    deliverable: str
    due: date | None
    last_rating: str
    last_agreed: bool
    decision: str = ""
    original_due: date | None = None
    last_reported: str = ""


@dataclass(frozen=True, slots=True)
class AskedPlan:
    """One workbook of an issue. ``shared_with`` names the other posts of a joint plan.

    ``policy`` says who of them answers: ``all`` of them, ``any`` one of them, or each their own ``rows``.
    ``deadline`` is its own, of which there may be several in one message. ``done`` are the refs that the form shows
    and nobody is asked for, because the SPG agreed them as complete.
    """

    label: str
    title: str
    file_name: str
    rows: tuple[AskedRow, ...]
    deadline: date
    shared_with: tuple[str, ...] = ()
    policy: str = "all"
    done: tuple[str, ...] = ()


def next_deadline(plans: Collection[AskedPlan], on: date | None) -> date:
    """The next of the plans' deadlines on this day, or the last where all are past. There is at least one plan."""
    days = [plan.deadline for plan in plans]
    return min((day for day in days if on is None or day >= on), default=max(days))


@dataclass(frozen=True, slots=True)
class IssueLetter:
    """One email per person with all their workbooks. ``issued_late``: the issue ran after its date.

    ``unrecorded`` names the last cycle where the SPG's decisions on it were not recorded, so that the last ratings
    are the sponsors' own; ``copied`` names the assistants who get a copy; ``successor_of`` the person who was asked
    before, where the post changed hands in mid-cycle; ``merges`` the plans whose place this one takes, where they
    became one in mid-cycle. ``papers`` is the day of the papers, where every deadline is past; it is that of the
    addendum, or else of the meeting, where they have gone (``in_papers`` False). ``on`` is the day on which it goes.
    ``follows`` are the kinds of step that are still to come for the reader: one that is over or switched off is not
    promised.
    """

    programme: str
    cycle: str
    person: str
    spg: date
    spg_name: str
    plans: tuple[AskedPlan, ...]
    sender: Sender
    issued_late: bool = False
    unrecorded: str = ""
    copied: tuple[str, ...] = ()
    successor_of: str = ""
    merges: tuple[str, ...] = ()
    papers: date | None = None
    in_papers: bool = True
    on: date | None = None
    follows: tuple[str, ...] = ("reminder", "review", "chase")

    @property
    def deadline(self) -> date:
        """The next of its plans' deadlines."""
        return next_deadline(self.plans, self.on)


@dataclass(frozen=True, slots=True)
class CopiedFor:
    """What went to one sponsor, for somebody who assists them."""

    sponsor: str
    plans: tuple[AskedPlan, ...]


@dataclass(frozen=True, slots=True)
class CopyLetter:
    """To an assistant: what went to the sponsors whom they assist, with the same workbooks attached.

    ``on`` is the day on which it goes: a deadline before it is past.
    """

    programme: str
    cycle: str
    person: str
    copied_for: tuple[CopiedFor, ...]
    sender: Sender
    on: date | None = None

    @property
    def plans(self) -> tuple[AskedPlan, ...]:
        """All of them, by sponsor."""
        return tuple(plan for own in self.copied_for for plan in own.plans)

    @property
    def deadline(self) -> date:
        """The next of the plans' deadlines."""
        return next_deadline(self.plans, self.on)


@dataclass(frozen=True, slots=True)
class ReminderLetter:
    """A few working days before the deadline, in the thread of the issue: just what is outstanding.

    ``complete`` are labels of the person's plans that are in, thanked for. ``checked`` is when the inbox was read to
    its end, local. ``deadline`` is the assignments' own.
    """

    programme: str
    cycle: str
    person: str
    deadline: date
    spg: date
    outstanding: tuple[AskedPlan, ...]
    complete: tuple[str, ...]
    checked: datetime
    sender: Sender


@dataclass(frozen=True, slots=True)
class NextRung:
    """What happens next, so that nobody is surprised: ``to`` is ``delegate``, ``escalation`` or ``sponsor``.

    ``who`` names the person that will be asked.
    """

    on: date
    to: str
    who: str


@dataclass(frozen=True, slots=True)
class ChaseLetter:
    """After the deadline, to the sponsor. ``partial``: some rows of these plans are in.

    ``request`` counts the reader's own from 1. ``since`` is the day on which the plans came to them, where that was
    after the deadline.
    """

    programme: str
    cycle: str
    person: str
    request: int
    deadline: date
    papers: date
    spg: date
    outstanding: tuple[AskedPlan, ...]
    partial: bool
    copied: tuple[str, ...]
    next_rungs: tuple[NextRung, ...]
    checked: datetime
    sender: Sender
    since: date | None = None


@dataclass(frozen=True, slots=True)
class OwedBy:
    """What one sponsor has not returned. ``asked_on`` are the days on which we asked them, where the reader is told.

    ``warned``: we said whom we would turn to. ``since`` is the day on which it came to them, where that was after the
    deadline.
    """

    sponsor: str
    post: str
    plans: tuple[AskedPlan, ...]
    asked_on: tuple[date, ...] = ()
    warned: bool = True
    since: date | None = None


@dataclass(frozen=True, slots=True)
class CoverLetter:
    """To a delegate: the sponsors they stand in for have not returned, and they may return it."""

    programme: str
    cycle: str
    person: str
    deadline: date
    papers: date
    spg: date
    owed_by: tuple[OwedBy, ...]
    sender: Sender

    @property
    def outstanding(self) -> tuple[AskedPlan, ...]:
        """All of it, by sponsor."""
        return tuple(plan for own in self.owed_by for plan in own.plans)


@dataclass(frozen=True, slots=True)
class EscalationLetter:
    """To the escalation contact: who has not returned what, when they were asked, and one thing to do: ask them."""

    programme: str
    cycle: str
    person: str
    deadline: date
    papers: date
    spg: date
    owed_by: tuple[OwedBy, ...]
    sender: Sender

    @property
    def outstanding(self) -> tuple[AskedPlan, ...]:
        """All of it, by sponsor."""
        return tuple(plan for own in self.owed_by for plan in own.plans)
