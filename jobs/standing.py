"""How a cycle stands: the ledger's returns folded, joined per plan, and placed in the papers' terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ledger import assignments, desk, events, returns, steps
from ledger.records import Assignment, Event, Return
from ledger.store import Entry
from programme.answer import IssuedRow, LastKnown, Query, RowState
from programme.cycle import Cycle, StepKind
from programme.form import Form
from programme.plan import Plan
from programme.position import combine, fold
from programme.service import Programme
from report.standing import Difference, LogLine, PlanStanding, RowStanding, SponsorStanding, Standing

NOT_UPDATED = "not updated"
NO_RETURN = "no return"


@dataclass(frozen=True)
class Answered:
    """One assignment with what came back for it, in the order of arrival."""

    assignment: Assignment
    returns: tuple[Return, ...]

    @cached_property
    def position(self) -> Mapping[str, Mapping[str, str]]:
        return fold(item.verdicts for item in self.returns)

    @cached_property
    def outstanding(self) -> tuple[str, ...]:
        """The refs without an accepted rating, in the issued order."""
        position = self.position
        return tuple(row.ref for row in self.assignment.rows if "rating" not in position.get(row.ref, {}))

    @cached_property
    def counted(self) -> tuple[Return, ...]:
        """The returns that answered at least one row."""
        return tuple(item for item in self.returns if any(_accepted(item, row.ref) for row in self.assignment.rows))

    @property
    def state(self) -> str:
        if not self.counted:
            return NO_RETURN
        return "partial" if self.outstanding else "returned"


def answered(entry: Entry, programme: Programme, cycle: Cycle) -> tuple[Answered, ...]:
    """Every assignment of the cycle that was not withdrawn, with its returns."""
    return tuple(
        Answered(item, tuple(returns.of_assignment(entry, item.id)))
        for item in assignments.of_cycle(entry, programme.id, cycle.id)
        if item.withdrawn is None
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What the papers say beside the returns: the log, what waits for a person, and whether this is a draft."""

    draft: bool
    log: tuple[LogLine, ...] = ()
    waiting: tuple[str, ...] = ()


def standing(entry: Entry, programme: Programme, cycle: Cycle, now: datetime, *, draft: bool) -> Standing:
    """The whole cycle as the ledger has it, for the papers and the team."""
    waiting = tuple(f"{item.id}: {item.reason} {item.advice}" for item in desk.waiting(entry))
    around = Around(draft, _log(programme, events.of_cycle(entry, programme.id, cycle.id)), waiting)
    return stand(programme, cycle, answered(entry, programme, cycle), now, around)


def stand(programme: Programme, cycle: Cycle, items: Sequence[Answered], now: datetime, around: Around) -> Standing:
    """A cycle as these assignments and their returns have it; plans without an assignment are left out."""
    form = items[0].assignment.form if items else programme.form
    issued = {item.assignment.plan for item in items}
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
            _plan(programme, plan, form, [item for item in items if item.assignment.plan == plan.id])
            for plan in programme.plans
            if plan.id in issued
        ),
        log=around.log,
        as_at=programme.local(now),
        draft=around.draft,
        waiting=around.waiting,
    )


def last_known(entry: Entry, programme: Programme, cycle: Cycle) -> dict[tuple[str, str], LastKnown]:
    """What each (plan, ref) was last known as, from the newest issued cycle before this one that says so.

    A row that was not updated stays what it was before: marked with the cycle that said so, never as this one's.
    """
    settled = steps.settled(entry, programme.id)
    known: dict[tuple[str, str], LastKnown] = {}
    for earlier in programme.cycles[: programme.cycles.index(cycle)]:
        issue = settled.get((programme.id, earlier.id, StepKind.ISSUE.value, "1"))
        if issue is not None and issue.outcome == "done":
            known |= _known_from(answered(entry, programme, earlier), earlier)
    return known


def _known_from(items: Sequence[Answered], cycle: Cycle) -> dict[tuple[str, str], LastKnown]:
    known: dict[tuple[str, str], LastKnown] = {}
    plans = dict.fromkeys(item.assignment.plan for item in items)
    for plan in plans:
        own = [item for item in items if item.assignment.plan == plan]
        form = own[0].assignment.form
        for row in own[0].assignment.rows:
            rating, values, _ = _joined(form, own, row.ref)
            if rating is not None:
                known[plan, row.ref] = LastKnown(None, rating, values.get("progress", ""), cycle.label)
    return known


def _plan(programme: Programme, plan: Plan, form: Form, items: Sequence[Answered]) -> PlanStanding:
    rows = tuple(_row(programme, form, items, row) for row in items[0].assignment.rows)
    rated = frozenset(row.rating for row in rows if row.rating is not None)
    return PlanStanding(
        id=plan.id,
        label=plan.label,
        title=plan.title,
        sponsors=tuple(_sponsor(programme, item) for item in items),
        rows=rows,
        worst=form.worst(rated),
    )


def _sponsor(programme: Programme, item: Answered) -> SponsorStanding:
    fields: dict[str, str] = {}
    for returned in item.returns:
        fields |= {name: text for name, text in returned.fields.items() if text}
    newest = item.counted[-1] if item.counted else None
    return SponsorStanding(
        post=_title(programme, item.assignment.post),
        person=_name(programme, item.assignment.person),
        state=item.state,
        rows_in=len(item.assignment.rows) - len(item.outstanding),
        rows_asked=len(item.assignment.rows),
        last_received=programme.local(newest.received_at) if newest else None,
        late=any(not returned.on_time for returned in item.counted),
        fields=fields,
    )


def _name(programme: Programme, person: str) -> str:
    """A person's name; the id of somebody who was taken out of the configuration since the issue."""
    return programme.people[person].name if person in programme.people else person


def _title(programme: Programme, post: str) -> str:
    return programme.posts[post].title if post in programme.posts else post


def _row(programme: Programme, form: Form, items: Sequence[Answered], row: IssuedRow) -> RowStanding:
    rating, values, by_post = _joined(form, items, row.ref)
    differing = combine(form, by_post, row.ref)[1]
    nobody = all(item.state == NO_RETURN for item in items)
    status = form.rating(rating).word if rating else NO_RETURN if nobody else NOT_UPDATED
    return RowStanding(
        ref=row.ref,
        deliverable=row.deliverable,
        due=row.due,
        rating=rating,
        status=status,
        last=row.last,
        values=values,
        reference=row.reference,
        late=any(_late(item, row.ref) for item in items),
        differences=tuple(Difference(_title(programme, post), rated) for post, rated in differing),
        queries=tuple(query for item in items for query in open_queries(item, row.ref)),
    )


def _joined(
    form: Form, items: Sequence[Answered], ref: str
) -> tuple[str | None, Mapping[str, str], dict[str, Mapping[str, Mapping[str, str]]]]:
    """The worse rating of a row, the answers that go with it, and every sponsor's position by post."""
    by_post = {item.assignment.post: item.position for item in items}
    rating = combine(form, by_post, ref)[0]
    if rating is None:
        return None, {}, by_post
    values = next(own[ref] for own in by_post.values() if own.get(ref, {}).get("rating") == rating)
    return rating, values, by_post


def open_queries(item: Answered, ref: str) -> tuple[Query, ...]:
    """The questions on a row that its newest answer left open: a better answer closes the older question."""
    said = (verdict for back in reversed(item.returns) for verdict in back.verdicts if verdict.ref == ref)
    newest = next((verdict for verdict in said if verdict.state is not RowState.BLANK or verdict.queries), None)
    return newest.queries if newest is not None else ()


def _late(item: Answered, ref: str) -> bool:
    """Whether the newest answer to a row came after the assignment's deadline."""
    newest = next((back for back in reversed(item.returns) if _accepted(back, ref)), None)
    return newest is not None and not newest.on_time


def _accepted(returned: Return, ref: str) -> bool:
    return any(item.ref == ref and item.state is RowState.ACCEPTED for item in returned.verdicts)


def _log(programme: Programme, happened: Sequence[Event]) -> tuple[LogLine, ...]:
    return tuple(_log_line(programme, event) for event in happened if event.what == "message read")


def _log_line(programme: Programme, event: Event) -> LogLine:
    facts = event.detail
    on_time = facts.get("on time")
    return LogLine(
        received=programme.local(datetime.fromisoformat(facts["received"])),
        sender=facts.get("sender", ""),
        plan=facts.get("plan", ""),
        file_name=facts.get("file", ""),
        outcome=event.why,
        rows_accepted=int(facts.get("rows", "0")),
        queries=int(facts.get("queries", "0")),
        on_time=None if on_time is None else on_time == "yes",
    )
