"""Who does what in the demo's cycle, and when: a fixed table, cast from the shipped configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from programme.calendar import instant, working_day
from programme.cycle import Cycle
from programme.people import Contribution, Person, Post
from programme.plan import Plan
from programme.service import Programme
from scheduler.demo.chance import chance, pick

# Nobody's configuration knows these.
STRANGERS = (
    Person("", "Moira Tennant", ("moira.tennant@partner-agency.example",)),
    Person("", "Craig Lafferty", ("c.lafferty@northshore.example",)),
    Person("", "Isla Docherty", ("isla.docherty@shared-services.example",)),
)

# Below this there is no room for a piece, the rest of it, and a deadline day of its own.
FEWEST_DAYS = 4


class Behaviour(StrEnum):
    """How people return a plan, or do not."""

    PROMPT = "prompt"
    ASSISTANT = "assistant"
    CONTRIBUTOR_PIECE = "contributor piece"
    UNTIDY = "untidy"
    LIBREOFFICE = "libreoffice"
    NO_ATTACHMENT = "no attachment"
    ABSENCE = "absence"
    STRANGER = "stranger"


class Role(StrEnum):
    """As what somebody acts: the sponsor who was asked, the other sponsor of a joint plan, or somebody for them."""

    SPONSOR = "sponsor"
    PARTNER = "partner"
    ASSISTANT = "assistant"
    CONTRIBUTOR = "contributor"
    STRANGER = "stranger"


class Brings(StrEnum):
    """What the message carries."""

    WORKBOOK = "workbook"
    PDF = "pdf"
    NOTHING = "nothing"
    ABSENCE = "absence"


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody does at an instant (UTC).

    ``who`` is a person's id or a stranger's name, ``what`` a sentence for the story, ``expected`` what the design
    says must become of it.
    """

    at: datetime
    who: str
    behaviour: str
    what: str
    expected: str


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the table. ``tenth`` is when, in tenths of the working days from the issue to the deadline.

    ``ratings`` has a letter per row: Red, Amber, Green or Blue; ``a`` is an Amber without a way back, ``D`` a Red that
    asks for another date. ``what`` and ``expected`` name {actor}, {sponsor}, {plan}, {count} and {missing}.
    """

    name: str
    behaviour: Behaviour
    plan: int
    role: Role
    brings: Brings
    tenth: int
    what: str
    expected: str
    ratings: str = ""
    hours: tuple[time, time] = (time(9, 40), time(16, 30))


@dataclass(frozen=True, slots=True)
class Scene:
    """A deed cast with people: who acts, whose workbook it is, and the rows that come back filled in."""

    deed: Deed
    part: Part
    actor: Person
    asked: Person
    plan: Plan
    refs: tuple[str, ...]


PARTS = (
    Part(
        "absence",
        Behaviour.ABSENCE,
        5,
        Role.SPONSOR,
        Brings.ABSENCE,
        0,
        "{actor}'s mailbox answers that its owner is away; nothing else ever comes",
        "absence recorded, not answered",
    ),
    Part(
        "prompt",
        Behaviour.PROMPT,
        1,
        Role.SPONSOR,
        Brings.WORKBOOK,
        2,
        '{actor} returns {plan} complete, with "green " and "A" pasted over the dropdown',
        "accepted, {count} rows",
        "GGAGGR",
    ),
    Part(
        "assistant",
        Behaviour.ASSISTANT,
        2,
        Role.ASSISTANT,
        Brings.WORKBOOK,
        3,
        "{actor} returns {plan} for {sponsor}; it lands in Junk",
        "accepted, {count} rows",
        "GGBGAG",
    ),
    Part(
        "piece",
        Behaviour.CONTRIBUTOR_PIECE,
        3,
        Role.CONTRIBUTOR,
        Brings.WORKBOOK,
        4,
        "{actor} returns a piece of {plan} for {sponsor}",
        "accepted, {count} rows, {missing} still missing",
        "AGGGRG",
    ),
    Part(
        "stranger",
        Behaviour.STRANGER,
        5,
        Role.STRANGER,
        Brings.WORKBOOK,
        5,
        "{actor}, whom nobody configured, returns {plan}, which was forwarded to them",
        "desk: stranger",
        "GGGGGG",
    ),
    Part(
        "libreoffice",
        Behaviour.LIBREOFFICE,
        6,
        Role.SPONSOR,
        Brings.WORKBOOK,
        5,
        "{actor} returns {plan} as LibreOffice saved it",
        "accepted, {count} rows",
        "GaGGAG",
    ),
    Part(
        "rest",
        Behaviour.CONTRIBUTOR_PIECE,
        3,
        Role.SPONSOR,
        Brings.WORKBOOK,
        6,
        "{actor} returns the rest of {plan}",
        "accepted, {count} rows",
        "AGGGRG",
    ),
    Part(
        "untidy",
        Behaviour.UNTIDY,
        3,
        Role.PARTNER,
        Brings.WORKBOOK,
        7,
        "{actor} returns {plan} with the rows sorted, a column inserted and a row deleted",
        "accepted, {count} rows, {missing} still missing",
        "GGGGRG",
    ),
    Part(
        "nothing",
        Behaviour.NO_ATTACHMENT,
        4,
        Role.SPONSOR,
        Brings.NOTHING,
        8,
        '{actor} writes "please find attached" about {plan} with nothing attached',
        "desk: question, answered that nothing is attached",
    ),
    Part(
        "pdf",
        Behaviour.NO_ATTACHMENT,
        4,
        Role.SPONSOR,
        Brings.PDF,
        9,
        "{actor} sends {plan} as a PDF",
        "desk: nothing could be read, answered how to save it",
    ),
    Part(
        "last minute",
        Behaviour.NO_ATTACHMENT,
        4,
        Role.SPONSOR,
        Brings.WORKBOOK,
        10,
        "{actor} sends the right workbook of {plan} late in the evening of the deadline",
        "accepted, {count} rows, on time",
        "DAGGGG",
        (time(20, 30), time(23, 30)),
    ),
)


def scenes(programme: Programme, cycle: Cycle, seed: int) -> tuple[Scene, ...]:
    """Every deed of the cycle in the order of time, from the calendar and the configuration alone.

    Raises ValueError, as a sentence, where the configuration is not the shipped one.
    """
    days = _days(programme, cycle)
    cast = (_scene(programme, cycle, seed, part, _at(programme, days, seed, part)) for part in PARTS)
    return tuple(sorted(cast, key=lambda scene: scene.deed.at))


def listed(refs: Sequence[str]) -> str:
    """Refs as people list them: 3.1, 3.3 and 3.5."""
    return " and ".join([", ".join(refs[:-1]), refs[-1]] if len(refs) > 1 else refs)


def _days(programme: Programme, cycle: Cycle) -> list[date]:
    span = (cycle.deadline - cycle.issue).days
    between = (cycle.issue + timedelta(days=days) for days in range(1, span))
    days = [cycle.issue, *(day for day in between if working_day(programme.working_days, day)), cycle.deadline]
    if len(days) < FEWEST_DAYS:
        raise _not_shipped(f"{cycle.label} leaves {len(days)} working days from issue to deadline, not {FEWEST_DAYS}")
    return days


def _at(programme: Programme, days: Sequence[date], seed: int, part: Part) -> datetime:
    about = f"{days[0]} {part.name}"
    if part.brings is Brings.ABSENCE:
        # Exchange answers within minutes, whatever the hour.
        issued = instant(programme.zone, days[0], programme.ladder.issue_at)
        return issued + timedelta(seconds=60 + chance(seed, about, 120))
    earliest, latest = (instant(programme.zone, _day(days, part), hour) for hour in part.hours)
    return earliest + timedelta(seconds=chance(seed, about, int((latest - earliest).total_seconds())))


def _day(days: Sequence[date], part: Part) -> date:
    last = len(days) - 1
    if part.plan == 4:
        # Three days running, the deadline's the last: whatever the length of the window.
        return days[last - (10 - part.tenth)]
    return days[2] if part.tenth == 2 else days[round(part.tenth * last / 10)]


def _scene(programme: Programme, cycle: Cycle, seed: int, part: Part, at: datetime) -> Scene:
    plan = _plan(programme, part.plan)
    post = _post(programme, plan, part.role)
    asked = _holder(programme, post, cycle)
    actor = _actor(programme, cycle, seed, part, post)
    refs = _refs(plan, part, post)
    missing = listed([action.ref for action in plan.actions if action.ref not in refs])
    facts = {"actor": actor.name, "sponsor": asked.name, "plan": plan.label, "count": len(refs), "missing": missing}
    what, expected = part.what.format(**facts), part.expected.format(**facts)
    return Scene(Deed(at, actor.id or actor.name, part.behaviour.value, what, expected), part, actor, asked, plan, refs)


def _plan(programme: Programme, number: int) -> Plan:
    names = (f"ba{number}", f"Big Action {number}")
    plan = next((plan for plan in programme.plans if plan.id == names[0] or plan.label == names[1]), None)
    if plan is None:
        raise _not_shipped(f"it has no plan {names[0]} ({names[1]})")
    return plan


def _post(programme: Programme, plan: Plan, role: Role) -> Post:
    """The post whose assignment it is. Of a joint plan's sponsors, the one with a contributor is the first."""
    posts = [programme.posts[sponsor] for sponsor in plan.sponsors]
    posts.sort(key=lambda post: not any(piece.plan == plan.id for piece in post.contributors))
    if role is Role.PARTNER and len(posts) < 2:
        raise _not_shipped(f"{plan.label} has one sponsor, not two")
    return posts[1] if role is Role.PARTNER else posts[0]


def _holder(programme: Programme, post: Post, cycle: Cycle) -> Person:
    holder = post.holder(cycle.issue)
    if holder is None:
        raise _not_shipped(f"nobody holds the post {post.title} on {cycle.issue}")
    return programme.people[holder]


def _actor(programme: Programme, cycle: Cycle, seed: int, part: Part, post: Post) -> Person:
    match part.role:
        case Role.STRANGER:
            return _stranger(programme, cycle, seed)
        case Role.ASSISTANT:
            return programme.people[_assistant(post, cycle)]
        case Role.CONTRIBUTOR:
            return programme.people[_piece(post, _plan(programme, part.plan)).person]
        case _:
            return _holder(programme, post, cycle)


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


def _refs(plan: Plan, part: Part, post: Post) -> tuple[str, ...]:
    every = tuple(action.ref for action in plan.actions)
    if part.brings is not Brings.WORKBOOK:
        return ()
    if part.behaviour is Behaviour.UNTIDY:
        return every[:-1]
    if part.behaviour is Behaviour.CONTRIBUTOR_PIECE:
        piece = _piece(post, plan).refs
        return tuple(ref for ref in every if (ref in piece) is (part.role is Role.CONTRIBUTOR))
    return every


def _not_shipped(found: str) -> ValueError:
    return ValueError(f"The demo's people know only the shipped configuration, and in this one {found}.")
