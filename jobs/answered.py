"""What came back for each assignment, folded: who is in, who is in part, and what is outstanding."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ledger import assignments, returns
from ledger.records import Assignment, Return
from ledger.store import Entry
from programme.answer import IssuedRow, Query, RowState
from programme.cycle import Cycle
from programme.form import Form
from programme.plan import Policy
from programme.position import combine, fold
from programme.service import Programme
from report.standing import RowStanding

NO_RETURN = "no return"
RETURNED = "returned"

# What the reason of a withdrawal begins with where what was accepted until then stays in the papers.
MERGED_AWAY = "Merged into "
MERGER_UNDONE = "The merger was taken back"


@dataclass(frozen=True)
class Answered:
    """One assignment with what came back for it, in the order of arrival, and the fold of that."""

    assignment: Assignment
    returns: tuple[Return, ...]
    position: Mapping[str, Mapping[str, str]]

    @staticmethod
    def by(assignment: Assignment, back: Sequence[Return]) -> "Answered":
        return Answered(assignment, tuple(back), fold(item.verdicts for item in back))

    @cached_property
    def outstanding(self) -> tuple[str, ...]:
        """The refs that were asked and have no accepted rating, in the issued order."""
        return tuple(row.ref for row in self.asked if "rating" not in self.position.get(row.ref, {}))

    @cached_property
    def asked(self) -> tuple[IssuedRow, ...]:
        """The rows that are open: what the SPG agreed as complete is not asked again."""
        return open_rows(self.assignment)

    @cached_property
    def counted(self) -> tuple[Return, ...]:
        """The returns that answered at least one row."""
        return tuple(item for item in self.returns if any(_accepted(item, row.ref) for row in self.assignment.rows))

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The newest answer to each question about the plan as a whole; a blank erases nothing."""
        newest: dict[str, str] = {}
        for returned in self.returns:
            newest |= {name: text for name, text in returned.fields.items() if text}
        return newest

    @property
    def state(self) -> str:
        if not self.counted:
            return NO_RETURN
        return "partial" if self.outstanding else RETURNED


def answered(entry: Entry, programme: Programme, cycle: Cycle) -> tuple[Answered, ...]:
    """Every assignment of the cycle that was not withdrawn, with its returns.

    What was accepted from a predecessor in the post stays: it stands before the successor's own returns.
    """
    return tuple(item for item in _every(entry, programme, cycle) if item.assignment.withdrawn is None)


def answered_at_all(entry: Entry, programme: Programme, cycle: Cycle, plan: str | None = None) -> tuple[Answered, ...]:
    """The newest assignment of each plan and post with its returns, the withdrawn ones too: the past as it was.

    Of a plan that was merged into another in mid-cycle only the rows that had come back: nobody owed the rest.
    With ``plan`` only that one is read.
    """
    newest = _newest(_every(entry, programme, cycle) if plan is None else _of_plan(entry, programme, cycle, plan))
    return tuple(item for item in map(_without_merged_rows, newest) if item is not None)


def reported(entry: Entry, programme: Programme, cycle: Cycle) -> tuple[Answered, ...]:
    """What the papers are made of: what is asked, and what came back of plans that were merged into another since."""
    every = _every(entry, programme, cycle)
    merged = (_without_merged_rows(item) for item in _newest(every) if merged_since(item.assignment))
    asked = (item for item in every if item.assignment.withdrawn is None)
    return (*asked, *(item for item in merged if item is not None))


def _newest(every: Sequence[Answered]) -> Sequence[Answered]:
    return tuple({(item.assignment.plan, item.assignment.post): item for item in every}.values())


def merged_since(assignment: Assignment) -> bool:
    """Whether a merger, or the end of one, took an assignment back: what was accepted of it stays in the papers."""
    return (assignment.withdrawn or "").startswith((MERGED_AWAY, MERGER_UNDONE))


def _without_merged_rows(item: Answered) -> Answered | None:
    """An assignment that a merger ended, with the rows that were answered; None where there were none."""
    if not merged_since(item.assignment):
        return item
    kept = tuple(row for row in item.assignment.rows if "rating" in item.position.get(row.ref, {}))
    return replace(item, assignment=replace(item.assignment, rows=kept)) if kept else None


def _every(entry: Entry, programme: Programme, cycle: Cycle) -> tuple[Answered, ...]:
    every = assignments.of_cycle(entry, programme.id, cycle.id)
    return _with_returns(every, returns.of_cycle(entry, programme.id, cycle.id))


def _of_plan(entry: Entry, programme: Programme, cycle: Cycle, plan: str) -> tuple[Answered, ...]:
    every = assignments.of_plan(entry, programme.id, cycle.id, plan)
    back = (returned for item in every for returned in returns.of_assignment(entry, item.id))
    return _with_returns(every, sorted(back, key=lambda returned: (returned.arrival, returned.id)))


def _with_returns(every: Sequence[Assignment], returned_in_order: Iterable[Return]) -> tuple[Answered, ...]:
    whose = {item.id: (item.plan, item.post) for item in every}
    back: dict[tuple[str, str], list[Return]] = {place: [] for place in whose.values()}
    for returned in returned_in_order:
        back[whose[returned.assignment]].append(returned)
    return tuple(Answered.by(item, back[item.plan, item.post]) for item in every)


def answered_with(entry: Entry, assignment: Assignment, newest: Return | None = None) -> Answered:
    """One assignment with what came back from its holder and from predecessors, and a return not recorded yet."""
    same = assignments.in_turn(entry, assignment)
    back = sorted((each for name in same for each in returns.of_assignment(entry, name)), key=lambda each: each.id)
    return Answered.by(assignment, [*back, newest] if newest else back)


@dataclass(frozen=True, slots=True)
class Joined:
    """A row of a plan over all its sponsors: the rating that stands, the answers with it, and who rated differently."""

    rating: str | None
    values: Mapping[str, str]
    differing: tuple[tuple[str, str], ...]


def joined(items: Sequence[Answered], ref: str) -> Joined:
    """Join the sponsors of one plan on a row by the plan's policy; the worse rating stands until somebody decides."""
    first = items[0].assignment
    by_post = {item.assignment.post: item.position for item in items}
    owner = owner_of(items, ref)
    rating, differing = combine(first.form, by_post, ref, Policy(first.policy), owner)
    if rating is None:
        return Joined(None, {}, tuple(differing))
    values = next(own[ref] for own in by_post.values() if own.get(ref, {}).get("rating") == rating)
    return Joined(rating, values, tuple(differing))


def owner_of(items: Sequence[Answered], ref: str) -> str | None:
    """The post that owns a row under the policy ``rows``: whoever was issued it, whatever the plan says since."""
    issued = (item.assignment for item in items)
    return next((own.post for own in issued if any(row.ref == ref for row in own.rows)), None)


def rows_of(items: Sequence[Answered]) -> tuple[IssuedRow, ...]:
    """The rows of a plan over all its sponsors, each once, in the issued order."""
    rows: dict[str, IssuedRow] = {}
    for item in items:
        for row in item.assignment.rows:
            rows.setdefault(row.ref, row)
    return tuple(rows.values())


def open_rows(assignment: Assignment) -> tuple[IssuedRow, ...]:
    """The rows that a sponsor is asked for: not those that the SPG agreed as complete."""
    return tuple(row for row in assignment.rows if not complete(assignment.form, row))


def complete(form: Form, row: IssuedRow | RowStanding) -> bool:
    """Whether the SPG agreed a row as complete, so that it is not asked again."""
    return form.skips(row.last.agreed)


def colour_of(form: Form, rows: Sequence[RowStanding]) -> str | None:
    """A plan's colour: the worst rating of its open rows; complete only where every row is.

    None where no open row was rated, and where all that was rated of some is complete: the rest may be anything.
    """
    asked = [row for row in rows if not complete(form, row)] or rows
    worst = form.worst(frozenset(row.rating for row in asked if row.rating is not None))
    unanswered = any(row.rating is None for row in asked)
    return None if worst is not None and unanswered and form.rating(worst).complete else worst


def open_queries(item: Answered, ref: str) -> tuple[Query, ...]:
    """The questions on a row that its newest answer left open: a better answer closes the older question."""
    said = (verdict for back in reversed(item.returns) for verdict in back.verdicts if verdict.ref == ref)
    newest = next((verdict for verdict in said if verdict.state is not RowState.BLANK or verdict.queries), None)
    return newest.queries if newest is not None else ()


def is_late(item: Answered, ref: str) -> bool:
    """Whether the newest answer to a row came after the assignment's deadline."""
    newest = next((back for back in reversed(item.returns) if _accepted(back, ref)), None)
    return newest is not None and not newest.on_time


def _accepted(returned: Return, ref: str) -> bool:
    return any(item.ref == ref and item.state is RowState.ACCEPTED for item in returned.verdicts)
