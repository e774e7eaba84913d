"""How a cycle stands: the ledger's returns folded, joined per plan, and placed in the papers' terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from jobs.absent import Absent, NotAsked, absent, absent_sponsor, as_issued, excused, unasked_plan
from jobs.answered import (
    NO_RETURN,
    RETURNED,
    Answered,
    colour_of,
    complete,
    is_late,
    joined,
    open_queries,
    reported,
    rows_of,
)
from jobs.called import person_name, plan_label, post_title
from jobs.owed import unanswered
from jobs.own_desk import waiting_for
from jobs.past import became_of, last_known, tallies, unrecorded
from ledger import assignments, events
from ledger.records import Event
from ledger.store import Entry
from programme.answer import IssuedRow, LastKnown
from programme.change import short_day
from programme.cycle import Cycle
from programme.form import Form
from programme.plan import Plan, due_dates
from programme.service import Programme
from programme.standing_facts import extension_of, merged_into, merger_of
from report.standing import (
    SERVED,
    CycleTally,
    Difference,
    LogLine,
    PlanStanding,
    RowStanding,
    SponsorStanding,
    Standing,
)

NOT_UPDATED = "not updated"
_SERVED_BY = "another sponsor’s return serves"


@dataclass(frozen=True, slots=True)
class Around:
    """What the papers say beside the returns: the log, what waits for a person, and whether this is a draft."""

    draft: bool
    log: tuple[LogLine, ...] = ()
    waiting: tuple[str, ...] = ()
    history: tuple[CycleTally, ...] = ()
    decided: tuple[str, ...] = ()
    unrecorded: str = ""
    known: Mapping[tuple[str, str], LastKnown] = field(default_factory=dict)
    withdrawn: frozenset[tuple[str, str]] = frozenset()
    not_asked: NotAsked | None = None


def standing(entry: Entry, programme: Programme, cycle: Cycle, now: datetime, *, draft: bool) -> Standing:
    """The whole cycle as the ledger has it, for the papers and the team."""
    waiting = tuple(f"{item.id}: {item.reason} {item.advice}" for item in waiting_for(entry, programme))
    missing = unrecorded(entry, programme, cycle)
    around = Around(
        draft=draft,
        log=_log(programme, events.of_cycle(entry, programme.id, cycle.id)),
        waiting=waiting,
        history=tallies(entry, programme, cycle),
        decided=became_of(entry, programme, cycle),
        unrecorded=missing[-1].label if missing else "",
    )
    items = reported(entry, programme, cycle)
    around = replace(
        around, withdrawn=taken_back(entry, programme, cycle), not_asked=as_issued(entry, programme, cycle)
    )
    on = _as_of(programme, cycle, now)
    not_asked = absent(programme, cycle, items, on, around.withdrawn, around.not_asked)
    known = last_known(entry, programme, cycle) if not_asked else {}
    return stand(programme, cycle, items, now, replace(around, known=known))


def taken_back(entry: Entry, programme: Programme, cycle: Cycle) -> frozenset[tuple[str, str]]:
    """The (plan, post) pairs that were asked in a cycle and taken back: nobody says of them that they were not."""
    every = assignments.of_cycle(entry, programme.id, cycle.id)
    return frozenset((item.plan, item.post) for item in every if item.withdrawn)


def _as_of(programme: Programme, cycle: Cycle, now: datetime) -> date:
    """The day whose standing facts the papers of a cycle go by: what begins after its meeting is none of theirs."""
    return min(programme.local(now).date(), cycle.spg)


def stand(programme: Programme, cycle: Cycle, items: Sequence[Answered], now: datetime, around: Around) -> Standing:
    """A cycle as these assignments and their returns have it; sponsors who were not asked stand with the reason."""
    form = items[0].assignment.form if items else programme.form
    on = _as_of(programme, cycle, now)
    missing = absent(programme, cycle, items, on, around.withdrawn, around.not_asked)
    shown = {item.assignment.plan for item in items} | {one.plan for one in missing}
    return Standing(
        programme=programme.title,
        cycle=cycle.label,
        issue=cycle.issue,
        deadline=cycle.deadline,
        spg=cycle.spg,
        spg_name=programme.spg.name,
        team=programme.team.name,
        phone=programme.team.phone,
        form=form,
        plans=tuple(
            _in_context(
                programme,
                cycle,
                _shown(programme, plan, form, items, [one for one in missing if one.plan == plan.id], around.known),
                items,
                on,
            )
            for plan in programme.plans
            if plan.id in shown
        ),
        log=around.log,
        as_at=programme.local(now),
        draft=around.draft,
        waiting=around.waiting,
        history=around.history,
        decided=around.decided,
        unrecorded=around.unrecorded,
        period=cycle.period,
    )


def _shown(
    programme: Programme,
    plan: Plan,
    form: Form,
    items: Sequence[Answered],
    missing: Sequence[Absent],
    known: Mapping[tuple[str, str], LastKnown],
) -> PlanStanding:
    own = [item for item in items if item.assignment.plan == plan.id]
    if not own:
        return unasked_plan(programme, plan, form, missing, known)
    asked = _plan(programme, plan, form, own)
    others = tuple(absent_sponsor(programme, one) for one in missing)
    return replace(asked, sponsors=(*asked.sponsors, *others)) if others else asked


def _in_context(
    programme: Programme, cycle: Cycle, shown: PlanStanding, items: Sequence[Answered], on: date
) -> PlanStanding:
    """A plan with the date of each last rating, and with why somebody who owes rows may have longer or is nobody."""
    own = [item for item in items if item.assignment.plan == shown.id]
    asked = (_noted(programme, item, sponsor, on) for item, sponsor in zip(own, shown.sponsors, strict=False))
    met = {earlier.label: earlier.spg for earlier in programme.cycles if earlier.id != cycle.id}
    rows = tuple(replace(row, last_on=met.get(row.last.cycle)) for row in shown.rows)
    dated = replace(shown, rows=rows, sponsors=(*asked, *shown.sponsors[len(own) :]))
    return _with_merger(programme, dated, on)


def _noted(programme: Programme, item: Answered, sponsor: SponsorStanding, on: date) -> SponsorStanding:
    if not item.outstanding or sponsor.note:
        return sponsor
    own = item.assignment
    longer, post = extension_of(programme, own.cycle, own.plan, own.post), programme.posts.get(own.post)
    extended = (
        f"extended until {short_day(longer.until)} by {longer.why.decided_by}: {longer.why.reason}" if longer else ""
    )
    vacant = "the post is vacant" if post is not None and post.holder(on) is None else ""
    return replace(sponsor, note="; ".join(filter(None, (vacant, extended))))


def _with_merger(programme: Programme, shown: PlanStanding, on: date) -> PlanStanding:
    """A plan that has ended in a merger says so with each of its sponsors: its old report stays beside the new one."""
    merger = merger_of(programme.facts, shown.id, on)
    if merger is None:
        return shown
    into = plan_label(programme, merged_into(programme.facts, shown.id, on))
    note = f"merged into {into} on {short_day(merger.since)}; what had come back stays"
    sponsors = tuple(replace(own, note="; ".join(filter(None, (own.note, note)))) for own in shown.sponsors)
    return replace(shown, sponsors=sponsors)


def _plan(programme: Programme, plan: Plan, form: Form, items: Sequence[Answered]) -> PlanStanding:
    rows = tuple(_row(programme, form, items, row) for row in rows_of(items))
    return PlanStanding(
        id=plan.id,
        label=plan.label,
        title=plan.title,
        sponsors=tuple(_sponsor(programme, item, items) for item in items),
        rows=rows,
        worst=colour_of(form, rows),
    )


def _sponsor(programme: Programme, item: Answered, items: Sequence[Answered]) -> SponsorStanding:
    missing = unanswered(item, items)
    served = bool(item.outstanding) and not missing
    newest = item.counted[-1] if item.counted else None
    return SponsorStanding(
        post=post_title(programme, item.assignment.post),
        person=person_name(programme, item.assignment.person),
        state=(RETURNED if item.counted else SERVED) if served else item.state,
        rows_in=len(item.asked) - len(item.outstanding),
        rows_asked=len(item.asked),
        last_received=programme.local(newest.received_at) if newest else None,
        late=any(not returned.on_time for returned in item.counted),
        fields=item.fields,
        missing=missing,
        note=excused(programme, item) if missing else _SERVED_BY if served else "",
    )


def _row(programme: Programme, form: Form, items: Sequence[Answered], row: IssuedRow) -> RowStanding:
    own = joined(items, row.ref)
    rating = row.last.agreed if complete(form, row) else own.rating
    nobody = all(item.state == NO_RETURN for item in items)
    status = form.rating(rating).word if rating else NO_RETURN if nobody else NOT_UPDATED
    due, original = due_dates(row.due, row.reference)
    return RowStanding(
        ref=row.ref,
        deliverable=row.deliverable,
        due=due,
        rating=rating,
        status=status,
        last=row.last,
        values=own.values,
        reference=row.reference,
        late=any(is_late(item, row.ref) for item in items),
        differences=tuple(Difference(post_title(programme, post), rated) for post, rated in own.differing),
        queries=tuple(query for item in items for query in open_queries(item, row.ref)),
        original_due=original,
    )


def _log(programme: Programme, happened: Sequence[Event]) -> tuple[LogLine, ...]:
    return tuple(_log_line(programme, event) for event in happened if event.what == "message read")


def _log_line(programme: Programme, event: Event) -> LogLine:
    facts = event.detail
    on_time = facts.get("on time")
    return LogLine(
        received=programme.local(datetime.fromisoformat(facts["received"])),
        sender=facts.get("sender", ""),
        plan=plan_label(programme, facts.get("plan", "")),
        file_name=facts.get("file", ""),
        outcome=event.why,
        rows_accepted=int(facts.get("rows", "0")),
        queries=int(facts.get("queries", "0")),
        on_time=None if on_time is None else on_time == "yes",
    )
