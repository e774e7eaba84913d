"""Dates against each other: the order inside a cycle, one cycle after another, the papers after the deadline."""

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from programme.build import cycle, ladder, region, working_days
from programme.calendar import known_regions, long_day, papers_date
from programme.declared import ProgrammeFiles, ids_in
from programme.fault import Fault
from programme.references import repeated, unknown
from programme.source import Node
from programme.structure import did_you_mean

_EVENTS = (("issue", "the issue"), ("deadline", "the deadline"), ("spg", "the SPG"))


def date_contradictions(files: ProgrammeFiles) -> Iterator[Fault]:
    """Every contradiction between dates, and names of zones and regions that do not exist."""
    top = files.top("cycles")
    cycles = top.get("cycles")
    yield from _zone(files.top("people").get("zone"))
    yield from _holidays(files.top("holidays"))
    yield from repeated([one.get("id") for one in cycles.items], "the cycle id", "Give each cycle an id of its own.")
    yield from unknown(top.get("start_from"), "cycle", ids_in(cycles))
    for one in cycles.items:
        yield from _order(one)
    for before, after in pairwise(cycles.items):
        yield from _overlap(before, after)
    yield from _rungs(files.top("ladder").get("chase").get("rungs"))
    if days_are_known(files):
        yield from _papers(files)


def days_are_known(files: ProgrammeFiles) -> bool:
    """Whether cycles, ladder and holidays are sound enough to reckon with."""
    named = region(files.top("holidays"))
    return {"cycles", "ladder", "holidays"} <= files.sound and (named is None or named in known_regions())


def _zone(zone: Node) -> Iterator[Fault]:
    try:
        ZoneInfo(zone.text or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        cities = {name.casefold(): name for name in available_timezones() if "/" in name}
        close = get_close_matches(zone.text.casefold(), cities, n=1, cutoff=0.8)
        fix = f"Did you mean '{cities[close[0]]}'?" if close else "Write one such as Europe/London."
        yield zone.fault(f'there is no time zone "{zone.text}".', fix)


def _holidays(top: Node) -> Iterator[Fault]:
    named = region(top)
    if named is not None and named not in known_regions():
        fix = did_you_mean(named, {"GB-SCT", "GB-ENG", "GB-WLS", "GB-NIR", "none"})
        yield top.get("region").fault(f'no public holidays are known for the region "{named}".', fix)
    dates = [item.get("date") for item in top.get("local").items]
    yield from repeated(dates, "the date", "Keep one name for a day.")


def _order(one: Node) -> Iterator[Fault]:
    name = one.get("id").text
    for (earlier, event), (later, next_event) in pairwise(_EVENTS):
        first, second = one.get(earlier).date, one.get(later).date
        if first and second and second <= first:
            sentence = f'cycle "{name}": {next_event}, {long_day(second)}, is not after {event}, {long_day(first)}.'
            yield one.get(later).fault(sentence, "Check both dates against the approved calendar.")


def _overlap(before: Node, after: Node) -> Iterator[Fault]:
    first, spg, issue = before.get("issue").date, before.get("spg").date, after.get("issue").date
    name, other = f'cycle "{after.get("id").text}"', f'"{before.get("id").text}"'
    if first and issue and issue <= first:
        sentence = f"{name} is issued on {long_day(issue)}, not after {other}, issued on {long_day(first)}."
        yield after.get("issue").fault(sentence, "List the cycles in the order of their dates.")
    elif spg and issue and issue < spg:
        sentence = f"{name} overlaps {other}: issued on {long_day(issue)}, before the SPG of {long_day(spg)}."
        yield after.get("issue").fault(sentence, "A cycle begins when the one before it has met.")


def _rungs(rungs: Node) -> Iterator[Fault]:
    for before, after in pairwise([rung.get("working_days") for rung in rungs.items]):
        earlier, later = before.value, after.value
        if isinstance(earlier, int) and isinstance(later, int) and later <= earlier:
            sentence = f"a chaser after {later} working days follows one after {earlier}."
            yield after.fault(sentence, "List the chasers in the order of their days, each on a day of its own.")


def _papers(files: ProgrammeFiles) -> Iterator[Fault]:
    days, rungs = working_days(files), ladder(files)
    for one in files.top("cycles").get("cycles").items:
        declared = cycle(one.value)
        papers = papers_date(days, rungs, declared)
        if declared.deadline < declared.spg and papers <= declared.deadline:
            sentence = (
                f'cycle "{declared.id}": the papers would go on {long_day(papers)}, '
                f"not after the deadline, {long_day(declared.deadline)}."
            )
            yield one.get("deadline").fault(sentence, "Move a date, or lower days_before_spg in ladder.yaml.")
