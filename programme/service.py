"""A programme and the service that runs it, as declared and checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from programme.cycle import Cycle, Ladder
from programme.facts import Facts
from programme.form import Form
from programme.people import Group, Person, Post, Team
from programme.plan import Plan


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Which days are worked: weekdays (Monday is 0), a holidays region such as GB-SCT, and named local days."""

    week: frozenset[int] = frozenset(range(5))
    region: str | None = None
    local: Mapping[date, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Programme:
    """One reporting regime: plans, people, form, calendar and ladder."""

    id: str
    title: str
    zone: ZoneInfo
    people: Mapping[str, Person]
    posts: Mapping[str, Post]
    team: Team
    spg: Group
    plans: tuple[Plan, ...]
    form: Form
    cycles: tuple[Cycle, ...]
    ladder: Ladder
    working_days: WorkingDays
    start_from: str | None = None
    facts: Facts = field(default_factory=Facts)

    def plan(self, plan_id: str) -> Plan:
        return next(plan for plan in self.plans if plan.id == plan_id)

    def cycle(self, cycle_id: str) -> Cycle:
        return next(cycle for cycle in self.cycles if cycle.id == cycle_id)

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def person_at(self, address: str) -> Person | None:
        """Whoever owns the address, as ``Person.owns`` has it; None where nobody does. Asked of every message."""
        wanted = address.strip().casefold()
        everybody = self.people.values()
        return next((one for one in everybody for known in one.addresses if known.casefold() == wanted), None)


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Which mailbox: the adapter's name, where it is, and the address and name that we write as.

    ``authenticated_by`` are the authserv-ids of our own relay: only its Authentication-Results are believed.
    ``options`` are the settings of that system alone, by their names; one inside another has a dot, as in
    ``incoming.host``. ``path`` is empty where the system has none.
    """

    system: str
    path: str
    address: str
    name: str
    authenticated_by: tuple[str, ...] = ()
    options: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that was declared. ``files`` is the configuration as read, by path; ``hash`` names it."""

    name: str
    mailbox: MailboxSettings
    ledger: str
    collect_every: timedelta
    programmes: tuple[Programme, ...]
    files: Mapping[str, str]
    hash: str

    def programme(self, programme_id: str) -> Programme:
        return next(programme for programme in self.programmes if programme.id == programme_id)

    def known(self, programme_id: str) -> Programme | None:
        """The programme of this id; None where there is none, or none any more."""
        return next((programme for programme in self.programmes if programme.id == programme_id), None)
