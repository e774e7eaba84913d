"""Playing the year: the service, its sponsors and its teams, alternating on a clock that leaps to the next moment."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from jobs import configuration
from jobs.due import ahead
from jobs.standing import standing
from jobs.tick import known
from ledger import desk
from ledger.records import DeskItem
from ledger.store import Ledger
from mail.folder import sent_messages
from mail.letter import Message
from mail.reading import read
from programme.calendar import steps
from programme.cycle import Cycle, Step
from programme.service import Programme, Service
from report.compiled import compiled_workbook, file_name
from report.page import summary_html
from report.standing import Standing
from scheduler.demo.behaviours import Deed
from scheduler.demo.sponsors import Sponsors
from scheduler.demo.stage import Show, Stage, show_on
from scheduler.demo.table import Tally, tally
from scheduler.demo.team import Team

# A service that was not awake for long stops and asks: between two cycles it wakes now and then, as in life.
AWAKE_EVERY = timedelta(days=30)

Progress = Callable[[str], None]


class Player(Protocol):
    """Somebody with something to do."""

    def next_deed(self) -> Deed | None: ...
    def act(self) -> Deed: ...


class Onlooker(Protocol):
    """What is seen of the service from outside: its configuration in force and its ledger."""

    @property
    def service(self) -> Service: ...
    @property
    def ledger(self) -> Ledger: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a played cycle came to. ``desk`` is what waits for a person at its end."""

    programme: Programme
    cycle: Cycle
    standing: Standing
    deeds: tuple[Deed, ...]
    desk: tuple[DeskItem, ...]
    tally: Tally
    papers: tuple[Path, ...]


def in_order(service: Service) -> tuple[tuple[Programme, Cycle], ...]:
    """Every cycle of every programme, in the order of their issues."""
    every = ((programme, cycle) for programme in service.programmes for cycle in programme.cycles)
    return tuple(sorted(every, key=lambda one: (one[1].issue, one[0].id)))


def play(stage: Stage, progress: Progress) -> Iterator[Outcome]:
    """Play every cycle of the stage's calendars on one clock, an outcome each, in the order of their issues."""
    with show_on(stage) as show:
        team, casts = Team(show), list[Sponsors]()
        order = in_order(stage.service)
        now = eve(*order[0])
        configuration.adopt(show.ledger, show.service, now)
        for place, (declared, cycle) in enumerate(order):
            programme = show.service.programme(declared.id)
            casts.append(Sponsors(programme, programme.cycle(cycle.id), stage.mailbox, stage.seed))
            team.opens(programme, cycle)
            progress(f"{programme.local(now):%a %d %b %Y}  {programme.title}, {cycle.label}")
            until = eve(*order[place + 1]) if place + 1 < len(order) else None
            for moment in moments(show, (*casts, team), now, until, progress):
                now = moment
                show.wake(now)
                team.look(now)
                for cast in casts:
                    cast.recast(show.service)
            yield _outcome(stage, show, (show.service.programme(declared.id), cycle), (*casts[-1].done(), *team.done()))


def eve(programme: Programme, cycle: Cycle) -> datetime:
    """A day before a cycle begins."""
    return steps(programme, cycle)[0].due - timedelta(days=1)


def moments(
    seen: Onlooker, players: Sequence[Player], start: datetime, until: datetime | None, progress: Progress
) -> Iterator[datetime]:
    """The instants at which something happens, from ``start`` on: each step, and the collect after each deed.

    They end at ``until``, or, where it is None, when nothing is left to happen.
    """
    now = start
    yield now
    while True:
        step = _next_step(seen, now)
        player, deed = _next_player(players)
        at = min((when for when in (step and step.due, deed and deed.at) if when), default=None)
        if at is None or (until is not None and at >= until):
            if until is None or until - now <= AWAKE_EVERY:
                return
            at = until
        if at - now > AWAKE_EVERY:
            now += AWAKE_EVERY
        elif player is not None and deed is not None and deed.at <= at:
            done = player.act()
            _say(progress, seen, done.at, done.what)
            now = max(now, done.at) + seen.service.collect_every
        elif step is not None:
            now = step.due
            _say(progress, seen, now, step.kind.value)
        yield now


def _next_step(seen: Onlooker, now: datetime) -> Step | None:
    with seen.ledger.reading() as entry:
        coming = [ahead(programme, known(entry, programme), now)[:1] for programme in seen.service.programmes]
    return min((step for first in coming for step in first), key=lambda step: step.due, default=None)


def _next_player(players: Sequence[Player]) -> tuple[Player | None, Deed | None]:
    """Whoever acts next; a deed at the instant of a step comes after it."""
    coming = ((player, deed) for player in players if (deed := player.next_deed()) is not None)
    return min(coming, key=lambda one: one[1].at, default=(None, None))


def _say(progress: Progress, seen: Onlooker, at: datetime, what: str) -> None:
    progress(f"{seen.service.programmes[0].local(at):%a %d %b %H:%M}  {what}")


def _outcome(stage: Stage, show: Show, where: tuple[Programme, Cycle], deeds: tuple[Deed, ...]) -> Outcome:
    programme, cycle = where[0], where[0].cycle(where[1].id)
    first, last = eve(programme, cycle), steps(programme, cycle)[-1].due
    with show.ledger.reading() as entry:
        final = standing(entry, programme, cycle, last, draft=False)
        waiting = tuple(desk.waiting(entry))
        counted = tally(entry, programme, cycle)
    own = sorted((deed for deed in deeds if deed.at >= first), key=lambda deed: deed.at)
    return Outcome(programme, cycle, final, tuple(own), waiting, counted, _papers(stage, programme, final))


def _papers(stage: Stage, programme: Programme, final: Standing) -> tuple[Path, ...]:
    """Lay the papers where a person finds them."""
    folder = stage.out / "papers" / programme.id
    folder.mkdir(parents=True, exist_ok=True)
    workbook = folder / file_name(final)
    workbook.write_bytes(compiled_workbook(final))
    page = workbook.with_suffix(".html")
    page.write_text(summary_html(final), encoding="utf-8")
    return workbook, page


def lay_out(stage: Stage) -> None:
    """Lay every workbook that was sent, and every one that came back, where a person finds it."""
    for path in sent_messages(stage.mailbox):
        message = read(path.read_bytes())
        _lay_out(message, stage.out / "workbooks", message.recipients[0])
    for path in sorted((stage.mailbox / "Processed").glob("*.eml")):
        message = read(path.read_bytes())
        _lay_out(message, stage.out / "returned", message.sender)


def _lay_out(message: Message, folder: Path, who: str) -> None:
    """Lay a message's workbooks into a folder, named by the person at the other end."""
    folder.mkdir(exist_ok=True)
    for attachment in message.attachments:
        if attachment.name.endswith(".xlsx"):
            (folder / f"{who.partition('@')[0]} - {attachment.name}").write_bytes(attachment.content)
