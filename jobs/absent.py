"""Sponsors who were not asked in a cycle that was issued, and why: the papers say so rather than leave them out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.answered import NO_RETURN, Answered, colour_of, complete
from ledger import events
from ledger.store import Entry
from programme.answer import IssuedRow, LastKnown
from programme.cycle import Cycle
from programme.form import Form
from programme.plan import Plan
from programme.service import Programme
from programme.standing_facts import excuse_of, merged_into, plans_in_force
from report.standing import PlanStanding, RowStanding, SponsorStanding

# Who was not asked in a cycle and why: (plan, post) with the reason.
NotAsked = Mapping[tuple[str, str], str]
ISSUED = "issued"
_MARK = "not asked "


@dataclass(frozen=True, slots=True)
class Absent:
    """A sponsor who was not asked for a plan, with the reason as the papers print it."""

    plan: str
    post: str
    why: str


def absent(
    programme: Programme,
    cycle: Cycle,
    items: Sequence[Answered],
    on: date,
    withdrawn: Collection[tuple[str, str]] = (),
    then: NotAsked | None = None,
) -> tuple[Absent, ...]:
    """Every sponsor of a plan in force on the issue who was not asked; none where nothing was issued.

    ``withdrawn`` are the (plan, post) pairs that were asked and taken back: they are no part of the papers. Nor is a
    plan that was merged by the day ``on`` into one that was asked instead. ``then`` is what the issue said of those who
    were not asked: a plan or a sponsor that came later has no part in the cycle, but for what takes the place of merged
    plans. None takes the plans as they are declared today.
    """
    if not items:
        return ()
    plans = {item.assignment.plan for item in items}
    own = {(item.assignment.plan, item.assignment.post) for item in items}
    asked = own | set(withdrawn)
    gone = {plan for plan, post in withdrawn if (plan, post) not in own}
    reported = plans_in_force(programme, cycle.issue)
    instead = {merged_into(programme.facts, plan, on) for plan in gone} - gone
    return tuple(
        Absent(plan.id, post, (then or {}).get((plan.id, post)) or _why(programme, cycle, plan, post, cycle.issue))
        for plan in programme.plans
        if plan in reported or plan.id in instead
        for post in plan.sponsors
        if (plan.id, post) not in asked
        and (then is None or plan.id in instead or (plan.id, post) in then)
        and not _asked_as_another(programme, plan, plans, on)
    )


def not_asked(
    programme: Programme, cycle: Cycle, plans: Sequence[Plan], issued: Collection[tuple[str, str]], on: date
) -> dict[str, str]:
    """What the event of an issue says of every sponsor of these plans who was not asked on that day, and why."""
    return {
        f"{_MARK}{plan.id}/{post}": _why(programme, cycle, plan, post, on)
        for plan in plans
        for post in plan.sponsors
        if (plan.id, post) not in issued
    }


def as_issued(entry: Entry, programme: Programme, cycle: Cycle) -> NotAsked | None:
    """Who was not asked when the cycle was issued, and why; None where it was not."""
    issued = [event for event in events.of_cycle(entry, programme.id, cycle.id) if event.what == ISSUED]
    if not issued:
        return None
    said = {key.removeprefix(_MARK): why for key, why in issued[-1].detail.items() if key.startswith(_MARK)}
    return {(plan, post): why for place, why in said.items() for plan, _, post in (place.partition("/"),)}


def _asked_as_another(programme: Programme, plan: Plan, asked: Collection[str], on: date) -> bool:
    into = merged_into(programme.facts, plan.id, on)
    return into != plan.id and into in asked


def excused(programme: Programme, item: Answered) -> str:
    """Why a sponsor who was asked need not answer; empty where nobody excused them."""
    own = item.assignment
    return _excused(programme, own.cycle, own.plan, own.post)


def absent_sponsor(programme: Programme, one: Absent) -> SponsorStanding:
    """How the papers show a sponsor who was not asked."""
    return SponsorStanding(programme.posts[one.post].title, "", NO_RETURN, 0, 0, note=one.why)


def unasked_plan(
    programme: Programme, plan: Plan, form: Form, missing: Sequence[Absent], known: Mapping[tuple[str, str], LastKnown]
) -> PlanStanding:
    """A plan that nobody was asked for: its rows as they were last known, never as this cycle's."""
    rows = tuple(_row(form, plan, number, known) for number in range(len(plan.actions)))
    sponsors = tuple(absent_sponsor(programme, one) for one in missing)
    return PlanStanding(plan.id, plan.label, plan.title, sponsors, rows, colour_of(form, rows))


def _row(form: Form, plan: Plan, number: int, known: Mapping[tuple[str, str], LastKnown]) -> RowStanding:
    action = plan.actions[number]
    last = known.get((plan.id, action.ref), LastKnown())
    issued = IssuedRow(action.ref, "", action.deliverable, action.due, last, action.reference)
    rating = last.agreed if complete(form, issued) else None
    status = form.rating(rating).word if rating else NO_RETURN
    return RowStanding(
        action.ref, action.deliverable, action.due, rating, status, last, reference=dict(action.reference)
    )


def _why(programme: Programme, cycle: Cycle, plan: Plan, post: str, on: date) -> str:
    excuse = _excused(programme, cycle.id, plan.id, post)
    if excuse:
        return excuse
    if programme.posts[post].holder(on) is None:
        return "the post was vacant"
    return "nothing in it was open"


def _excused(programme: Programme, cycle_id: str, plan_id: str, post_id: str) -> str:
    fact = excuse_of(programme, cycle_id, plan_id, post_id)
    return f"excused by {fact.why.decided_by}: {fact.why.reason}" if fact else ""
