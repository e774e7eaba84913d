"""What an edit of the configuration means: every difference of two programmes as a sentence. Pure."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date

from programme.calendar import papers_day
from programme.change import MEMBERS, SPONSORS, Change, ChangeKind, Edit, listed, moved, sentence, short_day
from programme.changed_facts import changed_facts
from programme.changed_plans import changed_plans
from programme.cycle import Cycle
from programme.form import Rating
from programme.people import Contribution, Group, Holding, Post
from programme.service import Programme

__all__ = ["MEMBERS", "SPONSORS", "Change", "ChangeKind", "changes"]


def changes(before: Programme, after: Programme) -> tuple[Change, ...]:
    """Every difference between a programme as it was and as it is, in an order that depends on nothing else.

    Dates first, then standing facts, people, plans and their rows, the form, and the group that the papers go to.
    Nothing is said of what is the same, and nothing of what follows from a date without an edit.
    """
    edit = Edit(before, after)
    return (
        *_cycles(edit),
        *changed_facts(edit),
        *_posts(edit),
        *_addresses(edit),
        *changed_plans(edit),
        *_form(edit),
        *_ratings(edit),
        *_group(edit),
        *_times(edit),
    )


def _cycles(edit: Edit) -> Iterator[Change]:
    earlier = {one.id: one for one in edit.before.cycles}
    for one in edit.after.cycles:
        if one.id in earlier:
            yield from _cycle(edit, earlier[one.id], one)
        else:
            dates = f"issued on {short_day(one.issue)}, due on {short_day(one.deadline)}"
            text = f"{one.label} is new: {dates}, with the SPG on {short_day(one.spg)}"
            yield Change(ChangeKind.CYCLE_ADDED, sentence(text), one.id)
    later = {one.id for one in edit.after.cycles}
    yield from (_gone(edit, one) for one in edit.before.cycles if one.id not in later)


def _gone(edit: Edit, one: Cycle) -> Change:
    cancelled = {fact.cycle for fact in (*edit.before.facts.cancelled, *edit.after.facts.cancelled)}
    text = f"{one.label} is gone from cycles.yaml; it was cancelled"
    if one.id not in cancelled:
        text = f"{one.label} is gone from cycles.yaml; nothing in it was open, and what came back in it is kept"
    return Change(ChangeKind.CYCLE_REMOVED, sentence(text), one.id)


def _cycle(edit: Edit, before: Cycle, after: Cycle) -> Iterator[Change]:
    if before.issue != after.issue:
        text = f"the issue of {after.label} moves {moved(before.issue, after.issue)}"
        yield Change(ChangeKind.ISSUE_MOVED, sentence(text), after.id)
    if before.deadline != after.deadline:
        text = f"the deadline of {after.label} moves {moved(before.deadline, after.deadline)}"
        yield Change(ChangeKind.DEADLINE_MOVED, sentence(text), after.id, audience=(SPONSORS,))
    if before.spg != after.spg:
        papers = short_day(papers_day(edit.after, after))
        text = f"the SPG of {after.label} moves {moved(before.spg, after.spg)}; the papers go on {papers}"
        yield Change(ChangeKind.SPG_MOVED, sentence(text), after.id, audience=(SPONSORS, MEMBERS))


def _posts(edit: Edit) -> Iterator[Change]:
    for post in edit.after.posts.values():
        if post.id in edit.before.posts:
            yield from _post(edit, edit.before.posts[post.id], post)


def _post(edit: Edit, before: Post, after: Post) -> Iterator[Change]:
    said = (
        (ChangeKind.HOLDER, "is held by", _held(edit, before.holders), _held(edit, after.holders)),
        (ChangeKind.DELEGATE, "has for a delegate", _held(edit, before.delegates), _held(edit, after.delegates)),
        (ChangeKind.ASSISTANT, "is assisted by", _held(edit, before.assistants), _held(edit, after.assistants)),
        (ChangeKind.CONTRIBUTOR, "has contributors:", _given(edit, before), _given(edit, after)),
        (ChangeKind.ESCALATION, "is escalated to", _helper(edit, before), _helper(edit, after)),
    )
    for kind, verb, old, new in said:
        if old != new:
            audience = (SPONSORS,) if kind is ChangeKind.HOLDER else ()
            text = f"the post {after.title} {verb} {new}; before, {old}"
            yield Change(kind, sentence(text), post=after.id, audience=audience)


def _held(edit: Edit, holdings: tuple[Holding, ...]) -> str:
    in_order = sorted(holdings, key=lambda held: held.since or date.min)
    return listed(f"{edit.person(held.person)}{_span(held)}" for held in in_order)


def _span(held: Holding) -> str:
    since = f" from {short_day(held.since)}" if held.since else ""
    return f"{since} until {short_day(held.until)}" if held.until else since


def _given(edit: Edit, post: Post) -> str:
    return listed(_contribution(edit, one) for one in post.contributors)


def _contribution(edit: Edit, one: Contribution) -> str:
    rows = f"rows {listed(one.refs)}" if one.refs else "every row"
    return f"{edit.person(one.person)} ({rows} of {edit.plan(one.plan)})"


def _helper(edit: Edit, post: Post) -> str:
    return edit.person(post.escalation) if post.escalation else "nobody"


def _addresses(edit: Edit) -> Iterator[Change]:
    for person in edit.after.people.values():
        known = edit.before.people.get(person.id)
        if known and known.addresses != person.addresses:
            text = f"{person.name} has the address {listed(person.addresses)}; before, {listed(known.addresses)}"
            yield Change(ChangeKind.ADDRESSES, sentence(text))


def _form(edit: Edit) -> Iterator[Change]:
    if replace(edit.before.form, ratings=()) != replace(edit.after.form, ratings=()):
        text = "the form has other columns or questions from the next issue; forms that are out stay as they are"
        yield Change(ChangeKind.FORM, sentence(text))


def _ratings(edit: Edit) -> Iterator[Change]:
    for before, after in zip(edit.before.form.ratings, edit.after.form.ratings, strict=True):
        if before != after:
            text = f"the rating {after.word} has another {listed(_differing(before, after))} from the next issue"
            yield Change(ChangeKind.RATINGS, sentence(text))


_SAID = {
    "fill": "colour",
    "ink": "colour of its word",
    "needs_recovery": "rule on recovery",
    "complete": "completeness",
}


def _differing(before: Rating, after: Rating) -> list[str]:
    names = (field.name for field in fields(Rating))
    return [_SAID.get(name, name) for name in names if getattr(before, name) != getattr(after, name)]


def _group(edit: Edit) -> Iterator[Change]:
    before, after = edit.before.spg, edit.after.spg
    for verb, left, right in (("joins", after, before), ("leaves", before, after)):
        for member in left.members:
            if member not in right.members:
                yield Change(ChangeKind.GROUP, sentence(f"{edit.person(member)} {verb} the {after.name}"))
    for what, old, new in (
        ("chair", before.chair, after.chair),
        ("committee officer", before.committee_officer, after.committee_officer),
    ):
        if old != new:
            yield Change(ChangeKind.GROUP, sentence(_role(edit, after, what, (old, new))))


def _role(edit: Edit, group: Group, what: str, who: tuple[str | None, str | None]) -> str:
    old, new = (edit.person(one) if one else "nobody" for one in who)
    return f"the {what} of the {group.name} is {new}; before, {old}"


def _times(edit: Edit) -> Iterator[Change]:
    if edit.before.ladder != edit.after.ladder:
        text = "the times in ladder.yaml have changed: steps that have not been carried out fall due by the new times"
        yield Change(ChangeKind.LADDER, sentence(text))
    if edit.before.working_days != edit.after.working_days:
        text = "the working days have changed: steps that have not been carried out may fall on other days"
        yield Change(ChangeKind.WORKING_DAYS, sentence(text))
