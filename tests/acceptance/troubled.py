"""A cycle in which everything happens that people do to a configuration while a cycle is under way."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from programme.calendar import add_working_days
from programme.cycle import Cycle
from programme.loader import load, load_files
from programme.service import Programme
from scheduler.demo.diary import Entry, Page
from scheduler.demo.stage import Edit
from tests.acceptance.recording import Plot

CONFIGURATION = Path(__file__).resolve().parents[2] / "config"

# In the eighth a chaser is held, and somebody returns their plan after the papers went: there is an addendum.
EIGHTH = 7


def troubled() -> Plot:
    """The eighth cycle, the first that its service carries out, with all the incidents."""
    files = dict(load(CONFIGURATION).files)
    first = load_files(files).programmes[0].cycles[EIGHTH].id
    files["strategic-plan/cycles.yaml"] += f'\nstart_from: "{first}"\n'
    return Plot(load_files(files), EIGHTH, incidents)


def incidents(programme: Programme, cycle: Cycle) -> Sequence[Entry]:
    page = Page(programme, cycle)
    return (*_bounce(page), *_withdrawal(page), *_succession(page), *_slip(page), *_master(page))


def _bounce(page: Page) -> tuple[Entry, ...]:
    return (Entry(page.at(page.cycle.issue, 0, 10, 5), "An issue comes back", "desk: bounce", bounced="helen-watson"),)


def _withdrawal(page: Page) -> tuple[Entry, ...]:
    """Before its sponsor returns it: the return is a doubt."""
    since = add_working_days(page.programme.working_days, page.cycle.issue, 2)
    fact = f"""
withdrawn:
  - plan: ba6
    since: {since}
    reason: It is taken over by the partnership
    decided_by: Chair of the SPG
"""
    edit = Edit(page.file("facts"), "", fact)
    return (Entry(page.at(since, 0, 11, 15), "Big Action 6 is withdrawn", "what is open is taken back", (edit,)),)


def _succession(page: Page) -> tuple[Entry, ...]:
    people, last = page.file("people"), page.cycle.issue + timedelta(days=4)
    follows = add_working_days(page.programme.working_days, last, 1)
    old = "holders: [{person: allen-stevenson}]"
    leaving = f"holders: [{{person: allen-stevenson, until: {last}}}]"
    followed = f"holders: [{{person: allen-stevenson, until: {last}}}, {{person: jean-laird, since: {follows}}}]"
    known = "  # Assistants and delegates\n"
    new = "  - {id: jean-laird, name: Jean Laird, addresses: [jean.laird@hscp.example]}\n"
    return (
        Entry(
            page.at(page.cycle.issue, 2, 15, 40), "A head of service leaves", "vacant", (Edit(people, old, leaving),)
        ),
        Entry(
            page.at(follows, 0, 9, 50),
            "A successor is named",
            "what is open passes to her",
            (Edit(people, known, new + known), Edit(people, leaving, followed)),
        ),
    )


def _slip(page: Page) -> tuple[Entry, ...]:
    good = "    title: Head of Strategy and Support Services\n"
    bad = good.replace("title", "titel")
    return (
        Entry(page.at(page.cycle.deadline, 0, 11), "A slip", "an alert", (Edit(page.file("people"), good, bad),)),
        Entry(page.at(page.cycle.deadline, 0, 12), "Put right", "in force", (Edit(page.file("people"), bad, good),)),
    )


def _master(page: Page) -> tuple[Entry, ...]:
    wording = "Agree a compact between the partnership and the third sector"
    at = page.at(page.cycle.deadline, 2, 13, 25)
    return (Entry(at, "A new master is saved", "the next issue has it", master=("ba6", "6.2", wording)),)
