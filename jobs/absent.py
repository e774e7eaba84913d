"""Sponsors who were not asked in a cycle that was issued, and why: the papers say so rather than leave them out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jobs.answered import NO_RETURN, Answered, complete
from programme.answer import IssuedRow, LastKnown
from programme.cycle import Cycle
from programme.form import Form
from programme.plan import Plan
from programme.service import Programme
from programme.standing_facts import excuse_of, merged_into, plans_in_force
from report.standing import PlanStanding, RowStanding, SponsorStanding


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
) -> tuple[Absent, ...]:
    """Every sponsor of a plan in force on the issue who was not asked; none where nothing was issued.

    ``withdrawn`` are the (plan, post) pairs that were asked and taken back: they are no part of the papers. Nor is a
    plan that was merged by the day ``on`` into one that was asked instead.
    """
    if not items:
        return ()
    plans = {item.assignment.plan for item in items}
    own = {(item.assignment.plan, item.assignment.post) for item in items}
    asked = own | set(withdrawn)
    return tuple(
        Absent(plan.id, post, _why(programme, cycle, plan, post))
        for plan in _reported(programme, cycle, {plan for plan, post in withdrawn if (plan, post) not in own}, on)
        for post in plan.sponsors
        if (plan.id, post) not in asked and not _asked_as_another(programme, plan, plans, on)
    )


def _reported(programme: Programme, cycle: Cycle, gone: Collection[str], on: date) -> list[Plan]:
    """The plans in force on the issue, and those that took the place of what was taken back since."""
    then = plans_in_force(programme, cycle.issue)
    instead = {merged_into(programme.facts, plan, on) for plan in gone} - set(gone)
    return [plan for plan in programme.plans if plan in then or plan.id in instead]


def _asked_as_another(programme: Programme, plan: Plan, asked: Collection[str], on: date) -> bool:
    into = merged_into(programme.facts, plan.id, on)
    return into != plan.id and into in asked


def excused(programme: Programme, item: Answered) -> str:
    """Why a sponsor who was asked need not answer; empty where nobody excused them."""
    own = item.assignment
    fact = excuse_of(programme, own.cycle, own.plan, own.post)
    return f"excused by {fact.why.decided_by}: {fact.why.reason}" if fact else ""


def absent_sponsor(programme: Programme, one: Absent) -> SponsorStanding:
    """How the papers show a sponsor who was not asked."""
    return SponsorStanding(programme.posts[one.post].title, "", NO_RETURN, 0, 0, note=one.why)


def unasked_plan(
    programme: Programme, plan: Plan, form: Form, missing: Sequence[Absent], known: Mapping[tuple[str, str], LastKnown]
) -> PlanStanding:
    """A plan that nobody was asked for: its rows as they were last known, never as this cycle's."""
    rows = tuple(_row(form, plan, number, known) for number in range(len(plan.actions)))
    rated = frozenset(row.rating for row in rows if row.rating is not None)
    sponsors = tuple(absent_sponsor(programme, one) for one in missing)
    return PlanStanding(plan.id, plan.label, plan.title, sponsors, rows, form.worst(rated))


def _row(form: Form, plan: Plan, number: int, known: Mapping[tuple[str, str], LastKnown]) -> RowStanding:
    action = plan.actions[number]
    last = known.get((plan.id, action.ref), LastKnown())
    issued = IssuedRow(action.ref, "", action.deliverable, action.due, last, action.reference)
    rating = last.agreed if complete(form, issued) else None
    status = form.rating(rating).word if rating else NO_RETURN
    return RowStanding(
        action.ref, action.deliverable, action.due, rating, status, last, reference=dict(action.reference)
    )


def _why(programme: Programme, cycle: Cycle, plan: Plan, post: str) -> str:
    fact = excuse_of(programme, cycle.id, plan.id, post)
    if fact is not None:
        return f"excused by {fact.why.decided_by}: {fact.why.reason}"
    if programme.posts[post].holder(cycle.issue) is None:
        return "the post was vacant"
    return "nothing in it was open"
