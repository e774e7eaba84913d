"""Masters: plan workbooks that the team keeps in Excel set the locked columns by Ref, from the next issue on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from jobs.alert import raise_alert
from jobs.office import Office
from jobs.outbox import Envelope, decide, outgoing
from ledger import events, masters
from ledger.records import Event, IntentKey
from ledger.store import Entry
from programme.plan import Action, Plan, Policy
from programme.service import Programme
from report.letters import ChangeLetter
from workbook.contents import UnreadableWorkbookError
from workbook.master import Master, read_master

FROM_NEXT_ISSUE = "What was issued stays what it was; the next issue has the new rows. Ratings are never touched."


def refresh(office: Office, found: Mapping[tuple[str, str], bytes], now: datetime) -> None:
    """Take in every master, by (programme, plan), whose bytes are not the newest that the ledger has.

    One that cannot be read stays out with an alert, once; the last good one of the plan stays in force.
    """
    for programme in office.service.programmes:
        with office.ledger.reading() as entry:
            known = masters.newest(entry, programme.id)
        for plan in programme.plans:
            content = found.get((programme.id, plan.id))
            if content is not None:
                _refresh(office, (programme, plan), content, known.get(plan.id), now)


def plans_now(entry: Entry, programme: Programme, plans: Sequence[Plan]) -> tuple[Plan, ...]:
    """These plans with the actions of their newest masters; a plan without one keeps those of plans.yaml."""
    newest = masters.newest(entry, programme.id)
    return tuple(_owned(plan, newest[plan.id][1]) if plan.id in newest and plan.master else plan for plan in plans)


def _owned(plan: Plan, actions: Sequence[Action]) -> Plan:
    """The plan with its master's actions. Owners stand in plans.yaml only; the first sponsor has what is new."""
    owners = {action.ref: action.owner for action in plan.actions}
    first = plan.sponsors[0] if plan.policy is Policy.ROWS else None
    return replace(plan, actions=tuple(replace(action, owner=owners.get(action.ref, first)) for action in actions))


def differences(before: Sequence[Action], after: Sequence[Action]) -> tuple[str, ...]:
    """What a new master changes, a sentence per action, in the new order."""
    earlier = {action.ref: action for action in before}
    later = {action.ref for action in after}
    lines = []
    for action in after:
        known = earlier.get(action.ref)
        if known is None:
            lines.append(f"{action.ref} is new: {action.deliverable}.")
        elif known != action:
            lines.append(f"{action.ref}: {'; '.join(_changed(known, action))}.")
    lines += [f"{action.ref} is gone: {action.deliverable}." for action in before if action.ref not in later]
    return tuple(lines)


def _refresh(
    office: Office,
    what: tuple[Programme, Plan],
    content: bytes,
    known: tuple[str, tuple[Action, ...]] | None,
    now: datetime,
) -> None:
    programme, plan = what
    sha256 = hashlib.sha256(content).hexdigest()
    if known is not None and known[0] == sha256:
        return
    try:
        master = read_master(programme.form, office.reader.read(content))
        problems = master.problems
    except UnreadableWorkbookError as unreadable:
        problems = (unreadable.sentence,)
    if problems:
        _refused(office, what, sha256, problems, now)
        return
    actions = _beside_declared(plan, master)
    _take_in(office, what, (content, actions), known[1] if known else plan.actions, now)


def _beside_declared(plan: Plan, master: Master) -> tuple[Action, ...]:
    """The master's actions, with the columns that it lacks as plans.yaml has them."""
    declared = {action.ref: action for action in plan.actions}
    actions = []
    for action in master.actions:
        known = declared.get(action.ref, action)
        kept = {name: text for name, text in known.reference.items() if name not in master.columns}
        actions.append(replace(action, reference={**kept, **action.reference}))
    return tuple(actions)


def _take_in(
    office: Office,
    what: tuple[Programme, Plan],
    master: tuple[bytes, tuple[Action, ...]],
    before: Sequence[Action],
    now: datetime,
) -> None:
    programme, plan = what
    content, actions = master
    sha256 = office.ledger.blobs.put(content)
    lines = differences(before, actions)
    with office.ledger.transaction() as entry:
        masters.add(entry, (programme.id, plan.id), sha256, actions, now)
        why = " ".join(lines) or "nothing differs"
        events.record(entry, Event(now, "plancycle", "master taken in", plan.id, why, programme.id))
        for member in programme.team.members if lines else ():
            person = programme.people[member]
            told = tuple(f"{plan.label}, new master: {line}" for line in lines)
            letter = ChangeLetter(
                programme.title, person.name, True, told, (FROM_NEXT_ISSUE,), office.sender(programme)
            )
            key = IntentKey(programme.id, "", "change", person.id, f"{plan.id} {sha256[:16]} {now.isoformat()}")
            decide(entry, [outgoing(office, Envelope(key, person, person.address), letter, now)])
    office.log("master taken in", plan=plan.id, differences=len(lines))


def _refused(office: Office, of: tuple[Programme, Plan], sha256: str, problems: Sequence[str], now: datetime) -> None:
    programme, plan = of
    occasion = f"master {programme.id}/{plan.id} {sha256[:16]}"
    with office.ledger.transaction() as entry:
        if events.recent(entry, 1, about=occasion):
            return
        words = (" ".join(problems[:10]), "Put the workbook right and save it; until then the last good one counts.")
        raise_alert(office.of(programme), entry, occasion, f"The master of {plan.label} cannot be used", words, now)


def _changed(before: Action, after: Action) -> list[str]:
    said = []
    if before.deliverable != after.deliverable:
        said.append(f"“{before.deliverable}” now reads “{after.deliverable}”")
    if before.due != after.due:
        said.append(f"due {_day(after.due)} instead of {_day(before.due)}")
    for column in dict.fromkeys((*before.reference, *after.reference)):
        old, new = before.reference.get(column, ""), after.reference.get(column, "")
        if old != new:
            said.append(f"{column.replace('_', ' ')} “{new}” instead of “{old}”")
    return said or ["unchanged but for its owner"]


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else "no date"
