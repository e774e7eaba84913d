"""What will go wrong though nothing is wrong yet: warnings about the cycles that are still ahead."""

from collections.abc import Iterator
from datetime import date

from programme.build import cycle, facts, ladder, plans, working_days
from programme.calendar import cycle_warnings, long_day
from programme.crosscheck_dates import days_are_known
from programme.declared import Declared, ProgrammeFiles
from programme.fault import Fault
from programme.source import Node
from programme.standing_facts import in_force


def warnings(declared: Declared, today: date) -> Iterator[Fault]:
    """Warnings about every cycle whose meeting is today or later, as far as the files can be understood."""
    for files in declared.programmes:
        if days_are_known(files) and "facts" in files.sound:
            yield from _dates(files, today)
        if {"cycles", "people", "plans", "facts"} <= files.sound:
            yield from _vacancies(files, today)


def _ahead(files: ProgrammeFiles, today: date) -> list[Node]:
    cycles = files.top("cycles").get("cycles").items
    gone = {fact.cycle for fact in facts(files).cancelled}
    ahead = [one for one in cycles if (one.get("spg").date or date.min) >= today]
    return [one for one in ahead if one.get("id").text not in gone]


def _dates(files: ProgrammeFiles, today: date) -> Iterator[Fault]:
    ahead = _ahead(files, today)
    if not ahead:
        sentence = f"no cycle is ahead of {long_day(today)}, so nothing will be sent."
        yield files.top("cycles").get("cycles").fault(sentence, "Add the next approved calendar.", warning=True)
    days, rungs = working_days(files), ladder(files)
    for one in ahead:
        for name, sentence in cycle_warnings(days, rungs, cycle(one.value)):
            yield one.get(name).fault(sentence, warning=True)


def _vacancies(files: ProgrammeFiles, today: date) -> Iterator[Fault]:
    issues = [(one, cycle(one.value).issue) for one in _ahead(files, today)]
    for post in files.top("people").get("posts").items:
        name = post.get("id").text
        empty = [(one, on) for one, on in issues if not _held(post, on) and name in _asked(files, on)]
        if empty:
            first, on = empty[0]
            sentence = f'the post "{name}" is vacant on {long_day(on)}, when cycle "{first.get("id").text}" is issued.'
            yield post.get("holders").fault(sentence, "Add who holds it then.", warning=True)


def _asked(files: ProgrammeFiles, on: date) -> set[str]:
    """The posts that sponsor a plan which is reported on that day."""
    declared = plans(files)
    reported = in_force(facts(files), (plan.id for plan in declared), on)
    return {post for plan in declared if plan.id in reported for post in plan.sponsors}


def _held(post: Node, on: date) -> bool:
    return any(_in_force(holding, on) for holding in post.get("holders").items)


def _in_force(holding: Node, on: date) -> bool:
    return (holding.get("since").date or date.min) <= on <= (holding.get("until").date or date.max)
