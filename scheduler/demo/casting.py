"""The casting: who plays each part of a cycle, when, and with which rows, from the configuration alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from programme.calendar import add_working_days, instant, working_day
from programme.cycle import Cycle
from programme.people import Contribution, Person, Post
from programme.plan import Plan
from programme.service import Programme
from scheduler.demo.behaviours import STRANGERS, Behaviour, Brings, Deed, NotShippedError, Part, Role, Scene
from scheduler.demo.chance import chance, pick
from scheduler.demo.year import parts_of

# Below this there is no room for a piece, the rest of it, and a deadline day of its own.
FEWEST_DAYS = 4


def scenes(programme: Programme, cycle: Cycle, seed: int) -> tuple[Scene, ...]:
    """Every deed of the cycle in the order of time, from the calendar and the configuration alone.

    Raises NotShippedError, as a sentence, where the configuration is not the shipped one.
    """
    days = _days(programme, cycle)
    cast = (
        _scene(programme, cycle, seed, part, _at((programme, cycle), days, seed, part))
        for part in parts_of(programme, cycle)
    )
    return tuple(sorted(cast, key=lambda scene: scene.deed.at))


def _days(programme: Programme, cycle: Cycle) -> list[date]:
    span = (cycle.deadline - cycle.issue).days
    between = (cycle.issue + timedelta(days=days) for days in range(1, span))
    days = [cycle.issue, *(day for day in between if working_day(programme.working_days, day)), cycle.deadline]
    if len(days) < FEWEST_DAYS:
        raise _not_shipped(f"{cycle.label} leaves {len(days)} working days from issue to deadline, not {FEWEST_DAYS}")
    return days


def _at(where: tuple[Programme, Cycle], days: Sequence[date], seed: int, part: Part) -> datetime:
    programme, cycle = where
    about = f"{days[0]} {part.name}"
    if part.brings is Brings.ABSENCE:
        # Exchange answers within minutes, whatever the hour.
        issued = instant(programme.zone, days[0], programme.ladder.issue_at)
        return issued + timedelta(seconds=60 + chance(seed, about, 120))
    day = _day(days, part)
    if part.after or part.before_spg:
        start, working = (cycle.deadline, part.after) if part.after else (cycle.spg, -part.before_spg)
        day = add_working_days(programme.working_days, start, working)
    earliest, latest = (instant(programme.zone, day, hour) for hour in part.hours)
    return earliest + timedelta(seconds=chance(seed, about, int((latest - earliest).total_seconds())))


def _day(days: Sequence[date], part: Part) -> date:
    last = len(days) - 1
    if part.plan == "ba4" and part.tenth >= 8:
        # Three days running, the deadline's the last: whatever the length of the window.
        return days[last - (10 - part.tenth)]
    return days[2] if part.tenth == 2 else days[round(part.tenth * last / 10)]


def _scene(programme: Programme, cycle: Cycle, seed: int, part: Part, at: datetime) -> Scene:
    plan = _plan(programme, part.plan)
    post = _post(programme, plan, part.role)
    asked = _holder(programme, post, cycle, programme.local(at).date())
    actor = _actor(programme, cycle, seed, part, asked)
    every = tuple(action.ref for action in plan.actions)
    refs = rows_of(part, every, post)
    deed = Deed(at, actor.id or actor.name, part.behaviour.value, "", "")
    scene = Scene(deed, part, actor, asked, plan, post, refs)
    return replace(scene, deed=scene.told(refs, [ref for ref in every if ref not in refs]))


def _plan(programme: Programme, name: str) -> Plan:
    plan = next((plan for plan in programme.plans if plan.id == name), None)
    if plan is None:
        raise _not_shipped(f"it has no plan {name}")
    return plan


def _post(programme: Programme, plan: Plan, role: Role) -> Post:
    """The post whose assignment it is. Of a joint plan's sponsors, the one with a contributor is the first."""
    posts = [programme.posts[sponsor] for sponsor in plan.sponsors]
    posts.sort(key=lambda post: not any(piece.plan == plan.id for piece in post.contributors))
    if role is Role.PARTNER and len(posts) < 2:
        raise _not_shipped(f"{plan.label} has one sponsor, not two")
    return posts[1] if role is Role.PARTNER else posts[0]


def _holder(programme: Programme, post: Post, cycle: Cycle, day: date) -> Person:
    """Whoever holds the post on the day; where it is vacant by then, whoever held it at the issue."""
    holder = post.holder(day) or post.holder(cycle.issue)
    if holder is None:
        raise _not_shipped(f"nobody holds the post {post.title} on {cycle.issue}")
    return programme.people[holder]


def _actor(programme: Programme, cycle: Cycle, seed: int, part: Part, asked: Person) -> Person:
    plan = _plan(programme, part.plan)
    post = _post(programme, plan, part.role)
    match part.role:
        case Role.STRANGER:
            return _stranger(programme, cycle, seed)
        case Role.ASSISTANT:
            return programme.people[_assistant(post, cycle)]
        case Role.CONTRIBUTOR:
            return programme.people[_piece(post, plan).person]
        case _:
            return asked


def _stranger(programme: Programme, cycle: Cycle, seed: int) -> Person:
    stranger = pick(seed, f"{cycle.issue} stranger", STRANGERS)
    if programme.person_at(stranger.address) is not None:
        raise _not_shipped(f"it knows {stranger.address}, who plays the stranger")
    return stranger


def _assistant(post: Post, cycle: Cycle) -> str:
    assistants = [holding.person for holding in post.assistants if holding.in_force(cycle.issue)]
    if not assistants:
        raise _not_shipped(f"nobody assists the post {post.title} on {cycle.issue}")
    return assistants[0]


def _piece(post: Post, plan: Plan) -> Contribution:
    every = {action.ref for action in plan.actions}
    for piece in post.contributors:
        if piece.plan == plan.id and piece.refs and set(piece.refs) < every:
            return piece
    raise _not_shipped(f"nobody contributes some rows of {plan.label} to the post {post.title}")


def rows_of(part: Part, every: Sequence[str], post: Post) -> tuple[str, ...]:
    """Which of these rows come back filled in."""
    if part.brings is not Brings.WORKBOOK or part.behaviour is Behaviour.UNCHANGED:
        return ()
    if part.behaviour is Behaviour.UNTIDY:
        return tuple(every[:-1])
    if part.behaviour in (Behaviour.CONTRIBUTOR_PIECE, Behaviour.EXTENDED):
        theirs = {ref for piece in post.contributors if piece.plan == part.plan for ref in piece.refs}
        return tuple(ref for ref in every if (ref in theirs) is (part.role is Role.CONTRIBUTOR))
    return tuple(every)


def _not_shipped(found: str) -> NotShippedError:
    return NotShippedError(f"The demo's people know only the shipped configuration, and in this one {found}.")
