"""The calendar: which days are worked, and when each step of a cycle falls due. Pure: no clock, no ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from textwrap import wrap
from zoneinfo import ZoneInfo

from programme.cycle import Cycle, Ladder, Step, StepKind
from programme.service import Programme, WorkingDays

_ONE_DAY = timedelta(days=1)
_MEETING_STARTS = time(9)
# A day short of the last instant that exists, so that it can still be shown in any time zone.
_ALWAYS = datetime.max.replace(microsecond=0, tzinfo=UTC) - _ONE_DAY


@lru_cache(maxsize=64)
def _public_holidays(region: str, year: int) -> dict[date, str]:
    import holidays

    country, _, subdivision = region.partition("-")
    return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


@lru_cache(maxsize=1)
def known_regions() -> frozenset[str]:
    """Every region whose public holidays are known: countries such as GB and their parts such as GB-SCT."""
    import holidays

    supported = holidays.list_supported_countries()
    parts = {f"{country}-{part}" for country, named in supported.items() for part in named}
    return frozenset(parts | set(supported))


def day_off(days: WorkingDays, day: date) -> str | None:
    """Why the day is not worked: the weekday, the local holiday or the public holiday; None when it is worked."""
    if day.weekday() not in days.week:
        return f"{day:%A}"
    if day in days.local:
        return days.local[day]
    return _public_holidays(days.region, day.year).get(day) if days.region else None


def working_day(days: WorkingDays, day: date) -> bool:
    """Whether the day is worked."""
    return day_off(days, day) is None


def working_days_between(days: WorkingDays, start: date, end: date) -> int:
    """How many working days there are after ``start`` up to and including ``end``; negative when ``end`` is earlier.

    This is how the approved calendar counts: issued on one Monday and due on the next is five.
    """
    if end < start:
        return -sum(working_day(days, end + _ONE_DAY * step) for step in range((start - end).days))
    return sum(working_day(days, start + _ONE_DAY * step) for step in range(1, (end - start).days + 1))


def back_to_working_day(days: WorkingDays, day: date) -> date:
    """The day itself when it is worked, else the last working day before it."""
    while not working_day(days, day):
        day -= _ONE_DAY
    return day


def forward_to_working_day(days: WorkingDays, day: date) -> date:
    """The day itself when it is worked, else the first working day after it."""
    while not working_day(days, day):
        day += _ONE_DAY
    return day


def add_working_days(days: WorkingDays, day: date, count: int) -> date:
    """The working day that is ``count`` working days after ``day`` (before it when negative); 0 is the day itself."""
    for _ in range(abs(count)):
        day = forward_to_working_day(days, day + _ONE_DAY) if count > 0 else back_to_working_day(days, day - _ONE_DAY)
    return day


def instant(zone: ZoneInfo, day: date, at: time) -> datetime:
    """The UTC instant of a local time of day."""
    # With fold=0 Python reads a time that the spring change skips by the offset before it, so 01:30 happens at 02:30,
    # late by the hour that was lost and never early; a time that the autumn change repeats is taken the first time,
    # so that nothing runs twice and nothing runs an hour after people expect it.
    return datetime.combine(day, at.replace(fold=0), tzinfo=zone).astimezone(UTC)


def papers_day(programme: Programme, cycle: Cycle) -> date:
    """The day on which the papers go out: so many days before the meeting, moved back to a working day."""
    return papers_date(programme.working_days, programme.ladder, cycle)


def papers_date(days: WorkingDays, ladder: Ladder, cycle: Cycle) -> date:
    """The same, for a cycle whose programme is not known to be sound yet."""
    return back_to_working_day(days, _papers_wanted(ladder, cycle))


def _papers_wanted(ladder: Ladder, cycle: Cycle) -> date:
    return cycle.spg - timedelta(days=ladder.papers_days_before_spg)


def on_time_until(programme: Programme, deadline: date) -> datetime:
    """The UTC instant of the local midnight that ends the deadline's day, exclusive."""
    return instant(programme.zone, deadline + _ONE_DAY, time(0))


def steps(programme: Programme, cycle: Cycle) -> tuple[Step, ...]:
    """The steps of a cycle in their order: issue, deadline, papers."""
    return tuple(
        Step(programme.id, cycle.id, kind, "1", due, until, instead)
        for kind, due, until, instead in _falls(programme, cycle)
    )


def _falls(programme: Programme, cycle: Cycle) -> Iterator[tuple[StepKind, datetime, datetime, str]]:
    zone, ladder = programme.zone, programme.ladder
    yield (
        StepKind.ISSUE,
        instant(zone, cycle.issue, ladder.issue_at),
        on_time_until(programme, cycle.deadline),
        "The deadline passed before the plans could be issued.",
    )
    yield (
        StepKind.DEADLINE,
        instant(zone, cycle.deadline, ladder.deadline_at),
        _ALWAYS,
        "The deadline was not kept.",
    )
    yield (
        StepKind.PAPERS,
        instant(zone, papers_day(programme, cycle), ladder.papers_at),
        instant(zone, cycle.spg, _MEETING_STARTS),
        "The meeting began before the papers could be sent.",
    )


def next_instants(programme: Programme, now: datetime) -> list[datetime]:
    """The UTC instants after ``now`` at which a step of any cycle falls due, earliest first, each once."""
    return sorted({step.due for cycle in programme.cycles for step in steps(programme, cycle) if step.due > now})


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One cycle of the printed calendar. Gaps are in days and in working days, the later day counted.

    ``warnings`` are whole sentences about what the approved dates break; ``notes`` about what was moved for it.
    """

    cycle: str
    label: str
    issue: date
    issue_weekday: str
    deadline: date
    deadline_weekday: str
    spg: date
    spg_weekday: str
    papers: date
    papers_weekday: str
    days_to_update: int
    working_days_to_update: int
    days_to_spg: int
    working_days_to_spg: int
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def calendar_table(programme: Programme) -> list[CalendarRow]:
    """The calendar as rows, one a cycle, in the declared order."""
    return [_calendar_row(programme, cycle) for cycle in programme.cycles]


def _calendar_row(programme: Programme, cycle: Cycle) -> CalendarRow:
    days, papers = programme.working_days, papers_day(programme, cycle)
    return CalendarRow(
        cycle=cycle.id,
        label=cycle.label,
        issue=cycle.issue,
        issue_weekday=f"{cycle.issue:%a}",
        deadline=cycle.deadline,
        deadline_weekday=f"{cycle.deadline:%a}",
        spg=cycle.spg,
        spg_weekday=f"{cycle.spg:%a}",
        papers=papers,
        papers_weekday=f"{papers:%a}",
        days_to_update=(cycle.deadline - cycle.issue).days,
        working_days_to_update=working_days_between(days, cycle.issue, cycle.deadline),
        days_to_spg=(cycle.spg - cycle.deadline).days,
        working_days_to_spg=working_days_between(days, cycle.deadline, cycle.spg),
        warnings=tuple(sentence for _, sentence in cycle_warnings(days, programme.ladder, cycle)),
        notes=_notes(programme, cycle, papers),
    )


def _notes(programme: Programme, cycle: Cycle, papers: date) -> tuple[str, ...]:
    wanted = _papers_wanted(programme.ladder, cycle)
    if papers == wanted:
        return ()
    why = day_off(programme.working_days, wanted)
    return (f"{cycle.label}: the papers go on {long_day(papers)}, because {long_day(wanted)} is {_named(why)}.",)


def cycle_warnings(days: WorkingDays, ladder: Ladder, cycle: Cycle) -> list[tuple[str, str]]:
    """What the cycle's dates break, each with the name of the date (issue, deadline, spg) and a sentence."""
    found = []
    for name, event, day in (
        ("issue", "the issue date", cycle.issue),
        ("deadline", "the deadline", cycle.deadline),
        ("spg", "the SPG date", cycle.spg),
    ):
        if why := day_off(days, day):
            found.append((name, f"{cycle.label}: {event}, {long_day(day)}, is {_named(why)}."))
    return found + _gap_warnings(days, ladder, cycle)


def _gap_warnings(days: WorkingDays, ladder: Ladder, cycle: Cycle) -> list[tuple[str, str]]:
    found = []
    worked = working_days_between(days, cycle.issue, cycle.deadline)
    if worked < ladder.update_working_days:
        found.append(("deadline", _short_window(days, ladder, cycle, worked)))
    before = (cycle.spg - cycle.deadline).days
    if before < ladder.return_days_before_spg:
        rule = f"the programme's own rule is {ladder.return_days_before_spg}."
        found.append(("deadline", f"{cycle.label}: the deadline is {_count(before, 'day')} before the SPG; {rule}"))
    return found


def _short_window(days: WorkingDays, ladder: Ladder, cycle: Cycle, worked: int) -> str:
    window = (cycle.deadline - cycle.issue).days
    called = "one week" if window == 7 else _count(window, "day")
    before = _count((cycle.spg - cycle.deadline).days, "day")
    worked_before = _count(working_days_between(days, cycle.deadline, cycle.spg), "working day")
    return (
        f"{cycle.label}: sponsors have {called}, {_count(worked, 'working day')}, to update, and the programme's own "
        f"rule is {ladder.update_working_days}; the deadline is {before} ({worked_before}) before the SPG."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _named(why: str | None) -> str:
    return f"a {why}" if why in ("Saturday", "Sunday") else f"a day off ({why})"


def long_day(day: date) -> str:
    """A date as people write it: Fri 3 January 2020."""
    return f"{day:%a} {day.day} {day:%B %Y}"


_HEADS = ("cycle", "issue", "deadline", "to update", "SPG", "to SPG", "papers")


def calendar_text(programme: Programme) -> str:
    """The calendar as a printed table with what it breaks, what was moved and the days off below, 100 columns wide."""
    rows = calendar_table(programme)
    cells = [_HEADS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    table = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    table.insert(1, "  ".join("-" * width for width in widths))
    heading = f"{programme.title}: calendar in {programme.zone.key} time. Gaps are days / working days."
    sections = (
        _section("Warnings", [warning for row in rows for warning in row.warnings]),
        _section("Moved", [note for row in rows for note in row.notes]),
        _section("Days off on weekdays", _days_off(programme)),
    )
    return "\n".join([heading, "", *table, *(line for section in sections for line in section)]) + "\n"


def _cells(row: CalendarRow) -> tuple[str, ...]:
    return (
        row.cycle,
        _short_day(row.issue),
        _short_day(row.deadline),
        f"{row.days_to_update} / {row.working_days_to_update}",
        _short_day(row.spg),
        f"{row.days_to_spg} / {row.working_days_to_spg}",
        _short_day(row.papers),
    )


def _short_day(day: date) -> str:
    return f"{day:%a} {day.day:>2} {day:%b %Y}"


def _section(title: str, sentences: list[str]) -> list[str]:
    if not sentences:
        return []
    lines = [line for text in sentences for line in wrap(text, 98, initial_indent="- ", subsequent_indent="  ")]
    return ["", f"{title}:", *lines]


def _days_off(programme: Programme) -> list[str]:
    days, first, last = programme.working_days, programme.cycles[0].issue, programme.cycles[-1].spg
    span = (first + _ONE_DAY * step for step in range((last - first).days + 1))
    return [
        f"{long_day(day)}: {day_off(days, day)}{' (local)' if day in days.local else ''}"
        for day in span
        if day.weekday() in days.week and not working_day(days, day)
    ]
