"""Standing facts that an edit has added, changed or taken back."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from programme.change import MEMBERS, SPONSORS, Change, ChangeKind, Edit, listed, moved, sentence, short_day
from programme.facts import Cancelled, Excuse, Extension, Hold, Merged, Withdrawn

_Fact = TypeVar("_Fact", Extension, Excuse, Hold, Cancelled, Withdrawn, Merged)


def changed_facts(edit: Edit) -> Iterator[Change]:
    """Every difference of a standing fact, kind by kind: what is new or changed in its order, then what is gone."""
    before, after = edit.before.facts, edit.after.facts
    yield from _differences(edit, before.extensions, after.extensions, _extension)
    yield from _differences(edit, before.excuses, after.excuses, _excuse)
    yield from _differences(edit, before.holds, after.holds, _hold)
    yield from _differences(edit, before.cancelled, after.cancelled, _cancelled)
    yield from _differences(edit, before.withdrawn, after.withdrawn, _withdrawn)
    yield from _differences(edit, before.merged, after.merged, _merged)


def _differences(
    edit: Edit,
    before: Sequence[_Fact],
    after: Sequence[_Fact],
    tell: Callable[[Edit, _Fact | None, _Fact | None], Change],
) -> Iterator[Change]:
    earlier = {_key(fact): fact for fact in before}
    later = {_key(fact): fact for fact in after}
    for key, fact in later.items():
        if fact != earlier.get(key):
            yield tell(edit, earlier.get(key), fact)
    for key, fact in earlier.items():
        if key not in later:
            yield tell(edit, fact, None)


def _key(fact: Extension | Excuse | Hold | Cancelled | Withdrawn | Merged) -> tuple[object, ...]:
    """What stays the same while a fact is changed."""
    match fact:
        case Extension() | Excuse():
            return (fact.cycle, fact.plan, fact.post)
        case Hold():
            return (fact.cycle, fact.steps, fact.plan, fact.post)
        case Cancelled():
            return (fact.cycle,)
        case Withdrawn():
            return (fact.plan,)
    return (fact.plans, fact.into)


def _extension(edit: Edit, before: Extension | None, after: Extension | None) -> Change:
    fact = _either(before, after)
    who, named = edit.assignment(fact.plan, fact.post), edit.cycle(fact.cycle)
    deadlines = {one.id: short_day(one.deadline) for one in (*edit.before.cycles, *edit.after.cycles)}
    deadline = deadlines.get(fact.cycle, "what the calendar says")
    if after is None:
        text = f"the extension of {who} for {named} is taken back: the deadline is {deadline} again"
    elif before is None:
        text = f"{who} may be returned for {named} until {short_day(after.until)}, instead of {deadline}"
    elif before.until != after.until:
        text = f"the extension of {who} for {named} moves {moved(before.until, after.until)}"
    elif before.after_papers != after.after_papers:
        verb = "may" if after.after_papers else "may not"
        text = f"the extension of {who} for {named} {verb} pass the day of the papers"
    else:
        text = _reworded(f"the extension of {who} for {named}")
    audience = (SPONSORS,) if before is None or after is None or before.until != after.until else ()
    return Change(ChangeKind.EXTENSION, sentence(text), fact.cycle, fact.plan, fact.post, audience, *_why(after))


def _excuse(edit: Edit, before: Excuse | None, after: Excuse | None) -> Change:
    fact = _either(before, after)
    who, named = edit.assignment(fact.plan, fact.post), edit.cycle(fact.cycle)
    if after is None:
        text = f"{who} is to be returned for {named} after all"
    elif before is None:
        text = f"{who} need not be returned for {named}"
    else:
        text = _reworded(f"the excuse of {who} for {named}")
    audience = _told(before, after, SPONSORS)
    return Change(ChangeKind.EXCUSE, sentence(text), fact.cycle, fact.plan, fact.post, audience, *_why(after))


def _hold(edit: Edit, before: Hold | None, after: Hold | None) -> Change:
    fact = _either(before, after)
    held = f"{listed(kind.value for kind in fact.steps)} of {edit.cycle(fact.cycle)}{_of_whom(edit, fact)}"
    if after is None:
        text = f"the hold is lifted from {held}"
    elif before is None or before.until != after.until:
        until = f"until {short_day(after.until)}, that day included" if after.until else "until the hold is lifted"
        text = f"held {until}: {held}"
    else:
        text = _reworded(f"the hold of {held}")
    return Change(ChangeKind.HOLD, sentence(text), fact.cycle, fact.plan, fact.post, (), *_why(after))


def _of_whom(edit: Edit, hold: Hold) -> str:
    if hold.plan:
        return f", for {edit.assignment(hold.plan, hold.post)}"
    return f", for {edit.post(hold.post)}" if hold.post else ""


def _cancelled(edit: Edit, before: Cancelled | None, after: Cancelled | None) -> Change:
    fact = _either(before, after)
    named = edit.cycle(fact.cycle)
    if after is None:
        text = f"{named} takes place after all{_dates(edit, fact.cycle)}"
    else:
        text = f"{named} is cancelled" if before is None else _reworded(f"the cancelling of {named}")
    audience = _told(before, after, SPONSORS, MEMBERS)
    return Change(ChangeKind.CANCELLED, sentence(text), fact.cycle, None, None, audience, *_why(after))


def _dates(edit: Edit, cycle_id: str) -> str:
    own = next((one for one in edit.after.cycles if one.id == cycle_id), None)
    return f", with its deadline on {short_day(own.deadline)} and the SPG on {short_day(own.spg)}" if own else ""


def _withdrawn(edit: Edit, before: Withdrawn | None, after: Withdrawn | None) -> Change:
    fact = _either(before, after)
    label = edit.plan(fact.plan)
    if after is None:
        text = f"{label} is reported again: it is not withdrawn any more"
    elif before is None:
        text = f"{label} is no longer reported from {short_day(after.since)}"
    elif before.since != after.since:
        text = f"the day from which {label} is no longer reported moves {moved(before.since, after.since)}"
    else:
        text = _reworded(f"the withdrawal of {label}")
    audience = (SPONSORS, MEMBERS) if before is None or after is None or before.since != after.since else ()
    return Change(ChangeKind.WITHDRAWN, sentence(text), None, fact.plan, None, audience, *_why(after))


def _merged(edit: Edit, before: Merged | None, after: Merged | None) -> Change:
    fact = _either(before, after)
    names, into = listed(map(edit.plan, fact.plans)), edit.plan(fact.into)
    if after is None:
        text = f"{names} are not reported together as {into} any more"
    elif before is None:
        text = f"{names} are reported together as {into} from {short_day(after.since)}"
    elif before.since != after.since:
        text = f"the day from which {names} are reported together as {into} moves {moved(before.since, after.since)}"
    else:
        text = _reworded(f"the merger of {names} into {into}")
    audience = (SPONSORS,) if before is None or after is None or before.since != after.since else ()
    return Change(ChangeKind.MERGED, sentence(text), None, fact.into, None, audience, *_why(after), fact.plans)


def _either(before: _Fact | None, after: _Fact | None) -> _Fact:
    fact = after or before
    assert fact is not None, "a change has a side"  # noqa: S101
    return fact


def _told(before: object, after: object, *audience: str) -> tuple[str, ...]:
    """A fact that only gives another reason is news to nobody but the team."""
    return audience if before is None or after is None else ()


def _reworded(what: str) -> str:
    return f"{what} stands as it was, with another reason or another name to it"


def _why(fact: Extension | Excuse | Hold | Cancelled | Withdrawn | Merged | None) -> tuple[str, str]:
    return (fact.why.reason, fact.why.decided_by) if fact else ("", "")
