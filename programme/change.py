"""One difference between two configurations as a person would tell it, and the words for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from programme.service import Programme

# Who knew the old fact, apart from the planning team, which is told of every change.
SPONSORS = "sponsors"
MEMBERS = "members"


class ChangeKind(StrEnum):
    """What has changed."""

    ISSUE_MOVED = "issue-moved"
    DEADLINE_MOVED = "deadline-moved"
    SPG_MOVED = "spg-moved"
    CYCLE_ADDED = "cycle-added"
    CYCLE_REMOVED = "cycle-removed"
    EXTENSION = "extension"
    EXCUSE = "excuse"
    HOLD = "hold"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    HOLDER = "holder"
    DELEGATE = "delegate"
    ASSISTANT = "assistant"
    CONTRIBUTOR = "contributor"
    ESCALATION = "escalation"
    ADDRESSES = "addresses"
    PLAN_ADDED = "plan-added"
    PLAN_REMOVED = "plan-removed"
    PLAN_RENAMED = "plan-renamed"
    SPONSORSHIP = "sponsorship"
    POLICY = "policy"
    ACTION_ADDED = "action-added"
    ACTION_REMOVED = "action-removed"
    ACTION_REWORDED = "action-reworded"
    ACTION_DUE = "action-due"
    ACTION_OWNER = "action-owner"
    FORM = "form"
    RATINGS = "ratings"
    GROUP = "group"
    LADDER = "ladder"
    WORKING_DAYS = "working-days"


@dataclass(frozen=True, slots=True)
class Change:
    """What has changed, as a whole sentence. ``audience`` is who knew the old fact, of ``sponsors`` and ``members``.

    ``cycle``, ``plan`` and ``post`` are ids, None where the change is not about one; ``post`` None beside a plan means
    every sponsor of it; of a merger ``plan`` is what the plans were merged into, and ``plans`` are those that became
    it. ``reason`` and ``decided_by`` are those of a standing fact, empty where nobody gave them.
    """

    kind: ChangeKind
    sentence: str
    cycle: str | None = None
    plan: str | None = None
    post: str | None = None
    audience: tuple[str, ...] = ()
    reason: str = ""
    decided_by: str = ""
    plans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """A programme before and after an edit, and the names that people know things by, the newest first."""

    before: Programme
    after: Programme

    def cycle(self, cycle_id: str) -> str:
        return _label(cycle_id, [*self.after.cycles, *self.before.cycles])

    def plan(self, plan_id: str) -> str:
        return _label(plan_id, [*self.after.plans, *self.before.plans])

    def post(self, post_id: str) -> str:
        post = self.after.posts.get(post_id) or self.before.posts.get(post_id)
        return post.title if post else post_id

    def person(self, person_id: str) -> str:
        person = self.after.people.get(person_id) or self.before.people.get(person_id)
        return person.name if person else person_id

    def assignment(self, plan_id: str, post_id: str | None) -> str:
        """The plan, and whose return of it where one sponsor is meant."""
        return f"{self.plan(plan_id)} ({self.post(post_id)})" if post_id else self.plan(plan_id)


def _label(wanted: str, known: Iterable[object]) -> str:
    labels = (str(getattr(one, "label", wanted)) for one in known if getattr(one, "id", None) == wanted)
    return next(labels, wanted)


def sentence(text: str) -> str:
    """The text with a capital at its beginning and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}."


def short_day(day: date) -> str:
    """A date in few letters: Fri 7 Feb 2020."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def moved(before: date, after: date) -> str:
    """From one day to another; the year once where it is the same."""
    first = short_day(before) if before.year != after.year else short_day(before).rsplit(" ", 1)[0]
    return f"from {first} to {short_day(after)}"


def listed(names: Iterable[str], nothing: str = "nobody") -> str:
    """Names as a list in a sentence."""
    *most, last = list(names) or [nothing]
    return f"{', '.join(most)} and {last}" if most else last
