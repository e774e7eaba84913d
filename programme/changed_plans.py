"""Plans and actions that an edit has added, changed or taken away."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from programme.change import DUE, ROW, SPONSORS, WORDING, Change, ChangeKind, Edit, listed, moved, sentence, short_day
from programme.plan import REVISED_DUE, Action, Plan, revised_due


def changed_plans(edit: Edit) -> Iterator[Change]:
    """Every difference of the plans, in the order of the plans after the edit; those that are gone come last."""
    before = {plan.id: plan for plan in edit.before.plans}
    after = {plan.id: plan for plan in edit.after.plans}
    for plan in edit.after.plans:
        if plan.id in before:
            yield from _plan(edit, before[plan.id], plan)
        else:
            text = f"{plan.label}, {plan.title}, is new, sponsored by {_sponsors(edit, plan)}"
            yield Change(ChangeKind.PLAN_ADDED, sentence(text), plan=plan.id)
    for plan in edit.before.plans:
        if plan.id not in after:
            yield _gone(edit, plan)


def _sponsors(edit: Edit, plan: Plan) -> str:
    return listed(map(edit.post, plan.sponsors))


def _gone(edit: Edit, plan: Plan) -> Change:
    facts = (*edit.after.facts.withdrawn, *edit.before.facts.withdrawn)
    since = next((fact.since for fact in facts if fact.plan == plan.id), None)
    if since:
        text = f"{plan.label} is gone from plans.yaml; it was withdrawn from {short_day(since)}"
        return Change(ChangeKind.PLAN_REMOVED, sentence(text), plan=plan.id)
    text = f"{plan.label} is gone from plans.yaml; nothing of it was open, and what came back of it is kept"
    return Change(ChangeKind.PLAN_REMOVED, sentence(text), plan=plan.id)


def _plan(edit: Edit, before: Plan, after: Plan) -> Iterator[Change]:
    if (before.label, before.title) != (after.label, after.title):
        text = f"{before.label}, {before.title}, is now called {after.label}, {after.title}"
        yield Change(ChangeKind.PLAN_RENAMED, sentence(text), plan=after.id)
    if before.sponsors != after.sponsors:
        text = f"{after.label} is sponsored by {_sponsors(edit, after)}; before, by {_sponsors(edit, before)}"
        yield Change(ChangeKind.SPONSORSHIP, sentence(text), plan=after.id, audience=(SPONSORS,))
    if before.policy is not after.policy:
        text = f'the sponsors of {after.label} answer by the policy "{after.policy}"; before, by "{before.policy}"'
        yield Change(ChangeKind.POLICY, sentence(text), plan=after.id, audience=(SPONSORS,))
    yield from _actions(edit, before, after)


def _actions(edit: Edit, before: Plan, after: Plan) -> Iterator[Change]:
    earlier = {action.ref: action for action in before.actions}
    for action in after.actions:
        if action.ref in earlier:
            yield from _action(edit, after, earlier[action.ref], action)
        else:
            text = f'row {action.ref} of {after.label} is new: "{action.deliverable}"{_due_on(action)}'
            yield Change(ChangeKind.ACTION_ADDED, sentence(text), plan=after.id, ref=action.ref, part=ROW)
    for action in before.actions:
        if action.ref not in {own.ref for own in after.actions}:
            text = (
                f'row {action.ref} of {after.label} is gone, "{action.deliverable}"; forms that are out keep it, and '
                "the next issue will not ask for it"
            )
            gone = Change(ChangeKind.ACTION_REMOVED, sentence(text), plan=after.id, audience=(SPONSORS,))
            yield replace(gone, ref=action.ref, part=ROW)


def _due_on(action: Action) -> str:
    return f", due on {short_day(action.due)}" if action.due else ""


def _action(edit: Edit, plan: Plan, before: Action, after: Action) -> Iterator[Change]:
    row = f"row {after.ref} of {plan.label}"
    if before.deliverable != after.deliverable:
        text = f'{row} reads "{after.deliverable}"; before, "{before.deliverable}"'
        yield Change(ChangeKind.ACTION_REWORDED, sentence(text), plan=plan.id, ref=after.ref, part=WORDING)
    dates = (
        *_due(plan, f"the due date of {row}", before.due, after.due),
        *_due(plan, f"the revised due date of {row}", revised_due(before.reference), revised_due(after.reference)),
    )
    # A first date that is put right beside a revised one leaves the date in force as it is.
    moved_on = before.due_now != after.due_now
    yield from (replace(change, ref=after.ref, part=DUE) if moved_on else change for change in dates)
    if _others(before) != _others(after):
        names = sorted(_others(before) | _others(after))
        text = f"{row} has another {listed(name for name in names if _reads(before, name) != _reads(after, name))}"
        yield Change(ChangeKind.ACTION_REWORDED, sentence(text), plan=plan.id)
    if before.owner != after.owner:
        owners = (edit.post(owner) if owner else "nobody" for owner in (after.owner, before.owner))
        text = "{row} is owned by {}; before, by {}".format(*owners, row=row)
        yield Change(ChangeKind.ACTION_OWNER, sentence(text), plan=plan.id, audience=(SPONSORS,))


def _due(plan: Plan, what: str, before: date | None, after: date | None) -> Iterator[Change]:
    if before == after:
        return
    if before and after:
        text = f"{what} moves {moved(before, after)}"
    else:
        text = f"{what} is {short_day(after)}; before, there was none" if after else f"{what} is taken away"
    yield Change(ChangeKind.ACTION_DUE, sentence(text), plan=plan.id, audience=(SPONSORS,))


def _others(action: Action) -> dict[str, str]:
    return {name: text for name, text in action.reference.items() if name != REVISED_DUE}


def _reads(action: Action, name: str) -> str:
    return action.reference.get(name, "")
