"""What will go wrong though nothing is wrong yet: warnings about the cycles that are still ahead."""

from collections.abc import Iterator
from datetime import date

from programme.build import cycle, ladder, working_days
from programme.calendar import cycle_warnings, long_day
from programme.crosscheck_dates import days_are_known
from programme.declared import Declared, ProgrammeFiles
from programme.fault import Fault
from programme.source import Node


def warnings(declared: Declared, today: date) -> Iterator[Fault]:
    """Warnings about every cycle whose meeting is today or later, as far as the files can be understood."""
    for files in declared.programmes:
        if days_are_known(files):
            yield from _dates(files, today)
        if {"cycles", "people"} <= files.sound:
            yield from _vacancies(files, today)


def _ahead(files: ProgrammeFiles, today: date) -> list[Node]:
    cycles = files.top("cycles").get("cycles").items
    return [one for one in cycles if (one.get("spg").date or date.min) >= today]


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
    ahead = [one for one in _ahead(files, today) if one.get("issue").date]
    for post in files.top("people").get("posts").items:
        empty = [one for one in ahead if not _held(post, one.get("issue").date or date.min)]
        if empty:
            first = empty[0].get("issue").date or date.min
            name, cycle_id = post.get("id").text, empty[0].get("id").text
            sentence = f'the post "{name}" is vacant on {long_day(first)}, when cycle "{cycle_id}" is issued.'
            yield post.get("holders").fault(sentence, "Add who holds it then.", warning=True)


def _held(post: Node, on: date) -> bool:
    return any(_in_force(holding, on) for holding in post.get("holders").items)


def _in_force(holding: Node, on: date) -> bool:
    return (holding.get("since").date or date.min) <= on <= (holding.get("until").date or date.max)
