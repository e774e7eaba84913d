"""People, and the posts that they hold from one day to another."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with one or more addresses; we write to the first and know all of them."""

    id: str
    name: str
    addresses: tuple[str, ...]

    @property
    def address(self) -> str:
        return self.addresses[0]

    def owns(self, address: str) -> bool:
        wanted = address.strip().casefold()
        return any(known.casefold() == wanted for known in self.addresses)


@dataclass(frozen=True, slots=True)
class Holding:
    """A person in a role from ``since`` to ``until``, both days included; None is open-ended."""

    person: str
    since: date | None = None
    until: date | None = None

    def in_force(self, on: date) -> bool:
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Contribution:
    """A person who may return some rows of one plan; no refs means every row of it."""

    person: str
    plan: str
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A sponsor is a post, held by dated people."""

    id: str
    title: str
    holders: tuple[Holding, ...]
    assistants: tuple[Holding, ...] = ()
    delegates: tuple[Holding, ...] = ()
    contributors: tuple[Contribution, ...] = ()
    escalation: str | None = None
    external: bool = False

    def holder(self, on: date) -> str | None:
        """The id of the person who holds the post on that day, or None when it is vacant."""
        return next((holding.person for holding in self.holders if holding.in_force(on)), None)


@dataclass(frozen=True, slots=True)
class Team:
    """The planning team: who is told of what needs a person, and whom sponsors may ring."""

    name: str
    members: tuple[str, ...]
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """The Strategic Planning Group: who is sent the papers, and who sees their draft before."""

    name: str
    members: tuple[str, ...]
    chair: str | None = None
    committee_officer: str | None = None
