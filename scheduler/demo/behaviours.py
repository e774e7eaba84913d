"""How people behave: what a deed is, and the table of the first cycle, in which every behaviour has its part."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum

from programme.people import Person, Post
from programme.plan import Plan


class NotShippedError(ValueError):
    """The demo's people know only the shipped configuration: the sentence says what is different in this one."""


# Nobody's configuration knows these.
STRANGERS = (
    Person("", "Moira Tennant", ("moira.tennant@partner-agency.example",)),
    Person("", "Craig Lafferty", ("c.lafferty@northshore.example",)),
    Person("", "Isla Docherty", ("isla.docherty@shared-services.example",)),
)


class Behaviour(StrEnum):
    """How people return a plan, or do not."""

    PLAIN = "plain"
    PROMPT = "prompt"
    ASSISTANT = "assistant"
    CONTRIBUTOR_PIECE = "contributor piece"
    UNTIDY = "untidy"
    LIBREOFFICE = "libreoffice"
    NO_ATTACHMENT = "no attachment"
    ABSENCE = "absence"
    STRANGER = "stranger"
    LATE = "late"
    ESCALATED = "escalated"
    STALE = "last cycle's file"
    UNCHANGED = "unchanged"
    IGNORE = "withdrawn"
    CORRECTED = "corrected"
    EXTENDED = "extended"
    AFTER_PAPERS = "after the papers"


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

    ``after`` is how many working days after the deadline instead, ``before_spg`` how many before the meeting.
    ``note`` names the covering notes, where they are not the part's own.
    ``ratings`` has a letter per row: Red, Amber, Green or Blue; ``a`` is an Amber without a way back, ``D`` a Red that
    asks for another date. ``what`` and ``expected`` name {actor}, {sponsor}, {plan}, {count} and {missing}.
    """

    name: str
    behaviour: Behaviour
    plan: str
    role: Role
    brings: Brings
    tenth: int
    what: str
    expected: str
    ratings: str = ""
    hours: tuple[time, time] = (time(9, 40), time(16, 30))
    after: int = 0
    before_spg: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """A deed cast with people: who acts, whose workbook it is, and the rows that come back filled in."""

    deed: Deed
    part: Part
    actor: Person
    asked: Person
    plan: Plan
    post: Post
    refs: tuple[str, ...]

    def told(self, refs: Sequence[str], missing: Sequence[str]) -> Deed:
        """The deed in words, with the rows that come back and those that do not."""
        facts = {
            "actor": self.actor.name,
            "sponsor": self.asked.name,
            "plan": self.plan.label,
            "count": len(refs),
            "missing": listed(missing),
        }
        what, expected = self.part.what.format(**facts), self.part.expected.format(**facts)
        return replace(self.deed, what=what, expected=expected)


FIRST = (
    Part(
        "absence",
        Behaviour.ABSENCE,
        "ba5",
        Role.SPONSOR,
        Brings.ABSENCE,
        0,
        "{actor}'s mailbox answers that its owner is away; nothing else ever comes",
        "absence recorded, not answered",
    ),
    Part(
        "prompt",
        Behaviour.PROMPT,
        "ba1",
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
        "ba2",
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
        "ba3",
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
        "ba5",
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
        "ba6",
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
        "ba3",
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
        "ba3",
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
        "ba4",
        Role.SPONSOR,
        Brings.NOTHING,
        8,
        '{actor} writes "please find attached" about {plan} with nothing attached',
        "desk: question, answered that nothing is attached",
    ),
    Part(
        "pdf",
        Behaviour.NO_ATTACHMENT,
        "ba4",
        Role.SPONSOR,
        Brings.PDF,
        9,
        "{actor} sends {plan} as a PDF",
        "desk: nothing could be read, answered how to save it",
    ),
    Part(
        "last minute",
        Behaviour.NO_ATTACHMENT,
        "ba4",
        Role.SPONSOR,
        Brings.WORKBOOK,
        10,
        "{actor} sends the right workbook of {plan} late in the evening of the deadline",
        "accepted, {count} rows, on time",
        "DAGGGG",
        (time(20, 30), time(23, 30)),
    ),
)


def listed(refs: Sequence[str]) -> str:
    """Refs as people list them: 3.1, 3.3 and 3.5."""
    return " and ".join([", ".join(refs[:-1]), refs[-1]] if len(refs) > 1 else refs)
