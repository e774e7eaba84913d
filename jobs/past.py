"""What earlier cycles left behind: last ratings, what was decided, how the counts moved."""

from collections import Counter
from collections.abc import Iterator, Sequence

from jobs.agreed import agreed_ratings
from jobs.answered import NO_RETURN, Answered, answered, answered_at_all, complete, joined, rows_of
from ledger import decisions, steps
from ledger.records import Decision, StepRecord
from ledger.store import Entry
from programme.answer import LastKnown
from programme.cycle import Cycle, StepKind
from programme.service import Programme
from programme.standing_facts import cancelled
from report.prose import plain_date
from report.standing import CycleTally

NOT_UPDATED = "not updated"
ENDORSED = "Endorsed."


def last_known(entry: Entry, programme: Programme, cycle: Cycle) -> dict[tuple[str, str], LastKnown]:
    """What each (plan, ref) was last known as, from the newest issued cycle before this one that says so.

    The rating that the SPG agreed on that report stands beside the sponsor's. A row that was not updated stays what
    it was before: marked with the cycle that said so, never as this one's.
    """
    known: dict[tuple[str, str], LastKnown] = {}
    for earlier in issued_before(entry, programme, cycle):
        agreed = agreed_ratings(decisions.of_cycle(entry, programme.id, earlier.id))
        reported = _reported(answered_at_all(entry, programme, earlier), earlier)
        for key in {**reported, **agreed}:
            was = reported.get(key) or known.get(key) or LastKnown(cycle=earlier.label)
            known[key] = LastKnown(agreed.get(key), was.reported, was.progress, earlier.label)
    return known


def said_before_last(entry: Entry, programme: Programme, cycle: Cycle, plan: str) -> dict[str, tuple[LastKnown, ...]]:
    """What each row of a plan was reported as two cycles ago, by ref, where it was reported in the last one, too.

    With a row's last known this is what the row rules need to see the same text for three cycles.
    """
    before = issued_before(entry, programme, cycle)[-2:]
    if len(before) < 2:
        return {}
    first, last = (_reported(answered_at_all(entry, programme, earlier, plan), earlier) for earlier in before)
    return {key[1]: (known,) for key, known in first.items() if key in last}


def tallies(entry: Entry, programme: Programme, cycle: Cycle) -> tuple[CycleTally, ...]:
    """How the rows were rated in each issued cycle before this one, oldest first; a cancelled one has no counts."""
    return tuple(
        CycleTally(earlier.label, _counts(answered_at_all(entry, programme, earlier)))
        for earlier in _held_before(entry, programme, cycle)
    )


def became_of(entry: Entry, programme: Programme, cycle: Cycle) -> tuple[str, ...]:
    """Last time's decisions that ask for something, and what became of each, as sentences."""
    before = _held_before(entry, programme, cycle)
    if not before:
        return ()
    decided = decisions.of_cycle(entry, programme.id, before[-1].id)
    items = answered(entry, programme, cycle)
    return tuple(_became(programme, items, item) for item in decided if _asks_for_something(item))


def unrecorded(entry: Entry, programme: Programme, before: Cycle) -> tuple[Cycle, ...]:
    """The cycles before this one whose papers went and whose decisions were never recorded, oldest first.

    A cancelled cycle had no meeting, so nothing is missing of it.
    """
    settled = steps.settled(entry, programme.id)
    return tuple(
        cycle
        for cycle in programme.cycles[: programme.cycles.index(before)]
        if _done(settled.get((programme.id, cycle.id, StepKind.PAPERS.value, "1")))
        and cancelled(programme, cycle.id) is None
        and not decisions.of_cycle(entry, programme.id, cycle.id)
    )


def issued_before(entry: Entry, programme: Programme, cycle: Cycle) -> tuple[Cycle, ...]:
    """The cycles before this one that were issued, oldest first."""
    settled = steps.settled(entry, programme.id)
    return tuple(
        earlier
        for earlier in programme.cycles[: programme.cycles.index(cycle)]
        if _done(settled.get((programme.id, earlier.id, StepKind.ISSUE.value, "1")))
    )


def _held_before(entry: Entry, programme: Programme, cycle: Cycle) -> tuple[Cycle, ...]:
    """The issued cycles before this one that were not cancelled since."""
    every = issued_before(entry, programme, cycle)
    return tuple(earlier for earlier in every if cancelled(programme, earlier.id) is None)


def _done(record: StepRecord | None) -> bool:
    return record is not None and record.outcome == "done"


def _by_plan(items: Sequence[Answered]) -> Iterator[list[Answered]]:
    for plan in dict.fromkeys(item.assignment.plan for item in items):
        yield [item for item in items if item.assignment.plan == plan]


def _reported(items: Sequence[Answered], cycle: Cycle) -> dict[tuple[str, str], LastKnown]:
    known: dict[tuple[str, str], LastKnown] = {}
    for own in _by_plan(items):
        for row in rows_of(own):
            row_joined = joined(own, row.ref)
            # What the SPG agreed as complete is not opened again by a form in which somebody rated it otherwise.
            if row_joined.rating is not None and not complete(own[0].assignment.form, row):
                progress = row_joined.values.get("progress", "")
                key = (own[0].assignment.plan, row.ref)
                known[key] = LastKnown(None, row_joined.rating, progress, cycle.label)
    return known


def _counts(items: Sequence[Answered]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for own in _by_plan(items):
        nobody = all(item.state == NO_RETURN for item in own)
        for row in rows_of(own):
            agreed = row.last.agreed if complete(own[0].assignment.form, row) else None
            counts[agreed or joined(own, row.ref).rating or (NO_RETURN if nobody else NOT_UPDATED)] += 1
    return dict(counts)


def _asks_for_something(item: Decision) -> bool:
    plain = item.kind == "endorsed" and item.words == ENDORSED
    return item.kind == "new" or (bool(item.words or item.revised_due or item.closed) and not plain)


def _became(programme: Programme, items: Sequence[Answered], item: Decision) -> str:
    label = next((plan.label for plan in programme.plans if plan.id == item.plan), "")
    said = ", ".join(filter(None, (item.words.rstrip("."), _due(item), "closed" if item.closed else "")))
    own = [one for one in items if one.assignment.plan == item.plan]
    if not own or not item.ref:
        return f"{said}."
    now = joined(own, item.ref).rating
    word = own[0].assignment.form.rating(now).word if now else "closed" if item.closed else "not reported this time"
    return f"{label}, {item.ref}: {said}. Now: {word}."


def _due(item: Decision) -> str:
    return f"due {plain_date(item.revised_due)}" if item.revised_due else ""
