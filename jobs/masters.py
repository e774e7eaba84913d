"""Masters: plan workbooks that the team keeps in Excel set the locked columns by Ref, from the next issue on."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from jobs.agreed import overruled
from jobs.alert import raise_alert
from jobs.edits import parts_changed, taken_in
from jobs.notice import notice
from jobs.office import Office
from jobs.outbox import decide
from ledger import events, masters
from ledger.masters import Kept
from ledger.store import Entry
from programme.plan import Action, Plan, Policy
from programme.service import Programme
from workbook.contents import UnreadableWorkbookError
from workbook.master import read_master

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
    return tuple(_plan_now(plan, newest.get(plan.id)) for plan in plans)


def _plan_now(plan: Plan, master: Kept | None) -> Plan:
    """The plan with its master's actions, with the columns that the master lacks as plans.yaml has them today.

    Owners stand in plans.yaml only; the first sponsor has what is new.
    """
    if master is None or not plan.master:
        return plan
    declared = {action.ref: action for action in plan.actions}
    first = plan.sponsors[0] if plan.policy is Policy.ROWS else None
    actions = []
    for action in master.actions:
        known = declared.get(action.ref, replace(action, reference={}, owner=first))
        kept = {name: text for name, text in known.reference.items() if name not in master.columns}
        own = {name: text for name, text in action.reference.items() if name in master.columns}
        actions.append(replace(action, reference={**kept, **own}, owner=known.owner))
    return replace(plan, actions=tuple(actions))


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


def _refresh(office: Office, what: tuple[Programme, Plan], content: bytes, known: Kept | None, now: datetime) -> None:
    programme = what[0]
    sha256 = hashlib.sha256(content).hexdigest()
    if known is not None and known.sha256 == sha256:
        return
    try:
        master = read_master(programme.form, office.reader.read(content))
        problems = master.problems
    except UnreadableWorkbookError as unreadable:
        problems = (unreadable.sentence,)
    if problems:
        _refused(office, what, sha256, problems, now)
        return
    office.ledger.blobs.put(content)
    _take_in(office, what, (known, Kept(sha256, master.actions, master.columns)), now)


def _take_in(office: Office, what: tuple[Programme, Plan], masters_of: tuple[Kept | None, Kept], now: datetime) -> None:
    programme, plan = what
    before, after = (_plan_now(plan, master).actions for master in masters_of)
    lines = differences(before, after)
    new = masters_of[1]
    with office.ledger.transaction() as entry:
        changed = parts_changed(before, after)
        parts = ((plan.id, ref, part) for ref, every in changed.items() for part in every.split())
        follows = (FROM_NEXT_ISSUE, *overruled(entry, programme, parts))
        masters.add(entry, (programme.id, plan.id), new, now)
        why = " ".join(lines) or "nothing differs"
        events.record(entry, taken_in(plan.id, why, changed, programme, now))
        told = [f"{plan.label}, new master: {line}" for line in lines]
        for member in programme.team.members if lines else ():
            occasion = f"{plan.id} {new.sha256[:16]}"
            decide(entry, list(notice(office, programme, member, (told, follows), occasion, now)))
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
