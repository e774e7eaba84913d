"""An edit taken in: each difference an event, its consequences told to the team, the new to who knew the old."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from jobs.agreed import overruled
from jobs.alert import raise_alert
from jobs.edits import noted
from jobs.masters import plans_now
from jobs.meaning import meaning
from jobs.notice import notice
from jobs.office import Office
from jobs.outbox import Outgoing, decide
from jobs.papers import readers
from ledger import assignments, events, steps
from ledger.records import OWN_DEADLINE, Event
from ledger.store import Entry
from programme.change import short_day
from programme.changes import Change, ChangeKind, changes
from programme.cycle import Cycle, StepKind
from programme.service import Programme, Service
from programme.standing_facts import cancelled, own_deadline

_ROWS = "What was issued stays what it was; the next issue has the new rows."
_DATES = "Steps that were sent stay sent; those ahead follow the new date."

_MERGED = (
    "From that day what is open of the old plans in a cycle whose papers have not gone is withdrawn, and the merged"
    " plan is asked instead; what was returned stays. Undone, the old plans are open again."
)

# To sponsors: on the day of a merger that was decided before, they are told by name (jobs/merging.py).
_MERGED_AWAY = (
    "From that day nothing more is asked for a plan that is merged into another, in a cycle whose papers have not gone;"
    " until then it is asked as before. What you return before stays, and is in the papers."
)
_APART = (
    "What was merged is asked by itself again, in the form that you have and by the date that it had; nothing more is"
    " asked for a plan that took its place."
)

FOLLOWS = {
    ChangeKind.CANCELLED: "What is open in a cancelled cycle is withdrawn; taken up again, it is open again.",
    ChangeKind.WITHDRAWN: "What is open of a withdrawn plan is withdrawn from that day; undone, it is open again.",
    ChangeKind.MERGED: _MERGED,
    ChangeKind.HOLDER: "What is open passes to the new holder on the day they come into force.",
    ChangeKind.ISSUE_MOVED: _DATES,
    ChangeKind.DEADLINE_MOVED: _DATES,
    ChangeKind.SPG_MOVED: _DATES,
    ChangeKind.ACTION_ADDED: _ROWS,
    ChangeKind.ACTION_REMOVED: _ROWS,
    ChangeKind.ACTION_REWORDED: _ROWS,
    ChangeKind.ACTION_DUE: _ROWS,
    ChangeKind.FORM: _ROWS,
}


def take_in(office: Office, entry: Entry, before: Service, now: datetime) -> None:
    """Carry out the differences between the configuration before and the one in force, inside one transaction."""
    known = {programme.id: programme for programme in before.programmes}
    for gone in sorted(known.keys() - {programme.id for programme in office.service.programmes}):
        _gone(office, entry, known[gone], now)
    for programme in office.service.programmes:
        if programme.id in known:
            _take_in(office, entry, (known[programme.id], programme), now)


def _gone(office: Office, entry: Entry, programme: Programme, now: datetime) -> None:
    """A programme that was taken out whole: those who still look after the service are told."""
    happened = f"{programme.title} is gone from service.yaml: nothing more is sent for it, and what came in is kept."
    advice = "Put it back if that was not meant; else tell its sponsors, whose forms nobody takes in any more."
    events.record(entry, Event(now, "plancycle", "changed", "programme removed", happened, programme.id))
    occasion = f"programme removed {programme.id} {now.isoformat()}"
    raise_alert(office, entry, occasion, "A programme was taken out", (happened, advice), now)


def _take_in(office: Office, entry: Entry, both: tuple[Programme, Programme], now: datetime) -> None:
    before, programme = both
    # Rows that a master sets are not what plans.yaml says of them, neither before nor after.
    old, new = (replace(each, plans=plans_now(entry, each, each.plans)) for each in both)
    found = [_in_hindsight(entry, programme, change) for change in changes(old, new)]
    if not found:
        return
    rows = ((change.plan, change.ref, change.part) for change in found if change.plan and change.ref)
    consequences: list[str] = [*overruled(entry, programme, rows)]
    for change in found:
        detail = ({"decided by": change.decided_by} if change.decided_by else {}) | noted(change)
        if change.kind is ChangeKind.MERGED and change.plan:
            detail["into"] = change.plan
        where = (programme.id, change.cycle or "")
        events.record(entry, Event(now, "plancycle", "changed", change.kind, change.sentence, *where, detail))
        if change.kind in FOLLOWS:
            consequences.append(FOLLOWS[change.kind])
    messages = list(_told(office, entry, programme, found, now))
    people = {message.intent.key.person for message in messages}
    if people:
        names = sorted(programme.people[person].name for person in people)
        consequences.append(f"Told, because they knew what was before: {', '.join(names)}.")
    said = [_line(change) for change in found], list(dict.fromkeys(consequences))
    for member in programme.team.members:
        messages += notice(office, programme, member, said, _occasion(office), now)
    decide(entry, messages)
    for event in _deadlines(entry, before, programme, now):
        events.record(entry, event)
    office.log("configuration changed", programme=programme.id, changes=len(found), told=len(messages))


def _deadlines(entry: Entry, before: Programme, programme: Programme, now: datetime) -> Iterator[Event]:
    """An event for each open return whose last day is another now: it stands in the ledger beside the issued one."""
    earlier = {cycle.id: cycle for cycle in before.cycles}
    for cycle in _issued(entry, programme):
        for item in assignments.of_cycle(entry, programme.id, cycle.id):
            until = own_deadline(programme, cycle, item.plan, item.post)
            known = cycle.id in earlier and own_deadline(before, earlier[cycle.id], item.plan, item.post) == until
            if item.withdrawn is None and not known:
                why = f"It may be returned until {short_day(until)}."
                detail = {"plan": item.plan, "post": item.post, "until": until.isoformat()}
                yield Event(now, "plancycle", OWN_DEADLINE, item.id, why, programme.id, cycle.id, detail)


def _told(
    office: Office, entry: Entry, programme: Programme, found: Sequence[Change], now: datetime
) -> Iterator[Outgoing]:
    """One notice per person with every line that concerns them."""
    lines: dict[str, list[str]] = {}
    follows: dict[str, list[str]] = {}
    for change in found:
        for told in _audience(entry, programme, change, now):
            if told not in programme.team.members:
                lines.setdefault(told, []).append(_line(change))
                follows.setdefault(told, []).extend(_means(change))
    for person, own in lines.items():
        said = list(dict.fromkeys(own)), list(dict.fromkeys(follows[person]))
        yield from notice(office, programme, person, said, _occasion(office), now)


def _audience(entry: Entry, programme: Programme, change: Change, now: datetime) -> Iterator[str]:
    """Who was told the old fact: sponsors once the plan was issued to them, readers once the papers went."""
    for cycle in _issued(entry, programme):
        if change.cycle not in (None, cycle.id) or not _still_open(entry, programme, cycle, now):
            continue
        if "sponsors" in change.audience:
            # The newest of each: a predecessor in the post has no part in it any more.
            every = assignments.of_cycle(entry, programme.id, cycle.id)
            for item in {(item.plan, item.post): item for item in every}.values():
                about = change.plan in (None, item.plan) or item.plan in change.plans
                if about and change.post in (None, item.post):
                    yield item.person
        if "members" in change.audience and _papers_went(entry, programme, cycle):
            yield from (person.id for person, _ in readers(entry, programme, cycle, now))


def _means(change: Change) -> Iterator[str]:
    """What a change means for whoever was asked for the plans in it."""
    if change.kind is ChangeKind.MERGED:
        yield _MERGED_AWAY if change.decided_by else _APART
    if meaning(change):
        yield meaning(change)


def _issued(entry: Entry, programme: Programme) -> tuple[Cycle, ...]:
    settled = steps.settled(entry, programme.id)
    done = (programme.id, StepKind.ISSUE.value)
    issued = {key[1] for key, record in settled.items() if (key[0], key[2]) == done and record.outcome == "done"}
    return tuple(cycle for cycle in programme.cycles if cycle.id in issued)


def _in_hindsight(entry: Entry, programme: Programme, change: Change) -> Change:
    """A moved meeting moves its papers, too; papers that went already stand, whatever day they would go now."""
    if change.kind is not ChangeKind.SPG_MOVED or change.cycle is None:
        return change
    if not _papers_went(entry, programme, programme.cycle(change.cycle)):
        return change
    moved, _, _ = change.sentence.rstrip(".").partition("; the papers go on ")
    return replace(change, sentence=f"{moved}; the papers that were sent stand.")


def _papers_went(entry: Entry, programme: Programme, cycle: Cycle) -> bool:
    record = steps.settled(entry, programme.id).get((programme.id, cycle.id, StepKind.PAPERS.value, "1"))
    return record is not None and record.outcome == "done"


def _still_open(entry: Entry, programme: Programme, cycle: Cycle, now: datetime) -> bool:
    """A cycle whose meeting is behind us is closed: nobody is told of it any more.

    On its day the meeting is still ahead, whatever was sent that morning; so is one that was put off that day.
    """
    settled = steps.settled(entry, programme.id)
    ahead = programme.local(now).date() <= cycle.spg
    closed = (programme.id, cycle.id, StepKind.SPG.value, "1") in settled
    # A cancelled cycle has no meeting that could close it: its day does.
    return ahead or not (closed or cancelled(programme, cycle.id))


def _occasion(office: Office) -> str:
    return office.service.hash[:16]


def _line(change: Change) -> str:
    why = f" Decided by {change.decided_by}: {change.reason}." if change.reason else ""
    return f"{change.sentence}{why}"
