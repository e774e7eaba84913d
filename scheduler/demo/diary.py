"""The planning team's diary: what is edited in the configuration in which cycle, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from programme.calendar import add_working_days, instant, papers_day
from programme.cycle import Cycle
from programme.service import Programme
from scheduler.demo.stage import Edit
from scheduler.demo.year import number_of


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be done at an instant: edits, a new master of a plan, or what a mail system reports.

    ``master`` is (plan, ref, new wording); ``bounced`` is the person whom this cycle's papers did not reach.
    """

    at: datetime
    what: str
    expected: str
    edits: tuple[Edit, ...] = ()
    master: tuple[str, str, str] | None = None
    bounced: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One cycle of one programme, as its diary sees it."""

    programme: Programme
    cycle: Cycle

    def at(self, start: date, working_days: int, hour: int, minute: int = 0) -> datetime:
        day = add_working_days(self.programme.working_days, start, working_days) if working_days else start
        return instant(self.programme.zone, day, time(hour, minute))

    def file(self, name: str) -> str:
        return f"{self.programme.id}/{name}.yaml"


def diary(programme: Programme, cycle: Cycle) -> tuple[Entry, ...]:
    """What the team does in a cycle, in the order of time; nothing in most."""
    every = _WRITTEN_OF_REPORTS if programme.form.id == "highlight-report" else _WRITTEN
    written = every.get(number_of(programme, cycle))
    return tuple(sorted(written(Page(programme, cycle)), key=lambda entry: entry.at)) if written else ()


def _extension(page: Page) -> tuple[Entry, ...]:
    until = add_working_days(page.programme.working_days, page.cycle.deadline, 5)
    fact = f"""
extensions:
  - cycle: "{page.cycle.id}"
    plan: ba3
    post: children
    until: {until}
    reason: The service review reports after the deadline
    decided_by: Planning Officer
"""
    what = f"The team extends Big Action 3 of the Head of Children & Families to {until.day} {until:%B}"
    told = "an event; the sponsor is told; a reminder of its own"
    return (Entry(page.at(page.cycle.deadline, -2, 11, 20), what, told, (Edit(page.file("facts"), "", fact),)),)


def _excuse(page: Page) -> tuple[Entry, ...]:
    fact = f"""
excuses:
  - cycle: "{page.cycle.id}"
    plan: ba6
    reason: The office of Inverclyde CVS is moving
    decided_by: Chair of the SPG
"""
    what = "The team excuses Inverclyde CVS from Big Action 6"
    told = "an event; nobody is chased for it; the papers say so"
    return (Entry(page.at(page.cycle.issue, 3, 14, 5), what, told, (Edit(page.file("facts"), "", fact),)),)


def _succession(page: Page) -> tuple[Entry, ...]:
    people = page.file("people")
    last = page.cycle.issue + timedelta(days=4)
    first = add_working_days(page.programme.working_days, last, 2)
    old = "holders: [{person: allen-stevenson}]"
    leaving = f"holders: [{{person: allen-stevenson, until: {last}}}]"
    followed = f"holders: [{{person: allen-stevenson, until: {last}}}, {{person: jean-laird, since: {first}}}]"
    known = "  # Assistants and delegates\n"
    new = "  - {id: jean-laird, name: Jean Laird, addresses: [jean.laird@hscp.example]}\n"
    return (
        Entry(
            page.at(page.cycle.issue, 2, 15, 40),
            f"The team notes that Allen Stevenson leaves on {last.day} {last:%B}",
            "an event; from the day after the post is vacant, on the desk",
            (Edit(people, old, leaving),),
        ),
        Entry(
            page.at(first, 0, 9, 50),
            "The team names Jean Laird as Head of Health & Community Care",
            "what is open passes to her",
            (Edit(people, known, new + known), Edit(people, leaving, followed)),
        ),
    )


def _meeting_moves(page: Page) -> tuple[Entry, ...]:
    later = page.cycle.spg + timedelta(days=5)
    edit = Edit(page.file("cycles"), f"spg: {page.cycle.spg}", f"spg: {later}")
    what = f"The team moves the SPG to {later.day} {later:%B}, after the papers went"
    return (Entry(page.at(page.cycle.spg, -3, 14, 15), what, "everybody who had the papers is told", (edit,)),)


def _hold(page: Page) -> tuple[Entry, ...]:
    first = add_working_days(page.programme.working_days, page.cycle.deadline, 2)
    fact = f"""
holds:
  - cycle: "{page.cycle.id}"
    steps: [chase]
    plan: ba5
    post: mental-health
    until: {first}
    reason: The sponsor rang, the return is nearly ready
    decided_by: Planning Officer
"""
    what = "The team holds the first chaser to the Head of Mental Health"
    told = "an event; the chaser is left out, and the digest says why"
    return (Entry(page.at(page.cycle.deadline, 1, 16, 10), what, told, (Edit(page.file("facts"), "", fact),)),)


def _plans_change(page: Page) -> tuple[Entry, ...]:
    papers = papers_day(page.programme, page.cycle)
    reworded = Edit(
        page.file("plans"),
        "deliverable: Extend home-first discharge to cut delays\n",
        "deliverable: Extend home-first discharge to cut delays, at weekends too\n",
    )
    address = "addresses: [carers.representative@cvs.example]"
    changed = Edit(page.file("people"), address, address.replace("[", "[carers@cvs.example, "))
    return (
        Entry(
            page.at(page.cycle.issue, 4, 10, 30), "The team rewords action 4.4", "the next issue has it", (reworded,)
        ),
        Entry(
            page.at(page.cycle.issue, 5, 13, 25),
            "The team saves a new master of Big Action 6 in Excel",
            "the next issue has it",
            master=("ba6", "6.2", "Agree a compact between the partnership and the third sector"),
        ),
        Entry(
            page.at(papers, 0, 9, 4),
            "The papers to the Carers' Representative come back",
            "desk: bounce",
            bounced="carers-representative",
        ),
        Entry(page.at(papers, 0, 11, 30), "The team corrects the address", "an event", (changed,)),
    )


def _typing_error(page: Page) -> tuple[Entry, ...]:
    good = "    title: Head of Strategy and Support Services\n"
    bad = good.replace("title", "titel")
    day = page.cycle.issue
    return (
        Entry(
            page.at(day, 2, 11),
            "Somebody of the team mistypes a word in people.yaml",
            "an alert; the last good configuration stays in force",
            (Edit(page.file("people"), good, bad),),
        ),
        Entry(page.at(day, 2, 12), "The team puts it right", "in force", (Edit(page.file("people"), bad, good),)),
    )


def _first_meeting(page: Page) -> tuple[Entry, ...]:
    until = add_working_days(page.programme.working_days, page.cycle.deadline, 3)
    fact = f"""
extensions:
  - cycle: "{page.cycle.id}"
    plan: merged-workstreams
    until: {until}
    reason: The revised working group meets for the first time after the deadline
    decided_by: Planning Lead
"""
    what = f"The team extends the report of the merged workstreams to {until.day} {until:%B}"
    told = "an event; the lead is told; a reminder of its own"
    return (Entry(page.at(page.cycle.deadline, -1, 10, 40), what, told, (Edit(page.file("facts"), "", fact),)),)


def _hands_over(page: Page) -> tuple[Entry, ...]:
    """The change of co-ordinator is put off until the week of the next report, of which the successor gets the rest."""
    number = number_of(page.programme, page.cycle)
    first = add_working_days(page.programme.working_days, page.programme.cycles[number].issue, 1)
    last = first - timedelta(days=1)
    people = page.file("people")
    edits = (
        Edit(people, "until: 2018-12-31}", f"until: {last}}}"),
        Edit(people, "since: 2019-01-01}", f"since: {first}}}"),
    )
    what = f"The team puts the change of co-ordinator off to {first.day} {first:%B}"
    told = "an event; what is open then passes to the successor"
    return (Entry(page.at(page.cycle.spg, -1, 14, 35), what, told, edits),)


_WRITTEN: Mapping[int, Callable[[Page], tuple[Entry, ...]]] = {
    4: _extension,
    5: _excuse,
    6: _succession,
    7: _meeting_moves,
    8: _hold,
    9: _plans_change,
    10: _typing_error,
}

_WRITTEN_OF_REPORTS: Mapping[int, Callable[[Page], tuple[Entry, ...]]] = {
    2: _first_meeting,
    4: _hands_over,
}
