"""The calendar as people read it: each cycle's dates, what they break, and the days on which its steps fall.

Everything that has to do with dates may be imported from here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from textwrap import wrap

from programme.cycle import Cycle, Ladder, StepKind
from programme.service import Programme, WorkingDays
from programme.standing_facts import cancelled
from programme.steps import next_instants, on_time_until, papers_date, papers_day, papers_wanted, steps
from programme.working_days import (
    add_working_days,
    back_to_working_day,
    day_off,
    forward_to_working_day,
    instant,
    known_regions,
    working_day,
    working_days_between,
)

__all__ = [
    "CalendarRow",
    "add_working_days",
    "back_to_working_day",
    "calendar_table",
    "calendar_text",
    "cycle_warnings",
    "day_off",
    "forward_to_working_day",
    "instant",
    "known_regions",
    "long_day",
    "next_instants",
    "on_time_until",
    "papers_date",
    "papers_day",
    "steps",
    "working_day",
    "working_days_between",
]

_ONE_DAY = timedelta(days=1)
_WIDEST = 100


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One cycle of the printed calendar. Gaps are in days and in working days, the later day counted.

    ``warnings`` are whole sentences about what the approved dates break; ``notes`` about what was moved for it.
    ``cancelled`` says that the cycle does not take place, and why. ``steps`` are the days of those steps of the main
    chain that the approved table does not name.
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
    cancelled: str
    steps: Mapping[str, date]


def calendar_table(programme: Programme) -> list[CalendarRow]:
    """The calendar as rows, one a cycle, in the declared order."""
    return [_calendar_row(programme, cycle) for cycle in programme.cycles]


def _calendar_row(programme: Programme, cycle: Cycle) -> CalendarRow:
    days, papers = programme.working_days, papers_day(programme, cycle)
    off = _cancelled(programme, cycle)
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
        warnings=() if off else tuple(sentence for _, sentence in cycle_warnings(days, programme.ladder, cycle)),
        notes=() if off else _notes(programme, cycle, papers),
        cancelled=off,
        steps=dict(_step_days(programme, cycle)),
    )


def _cancelled(programme: Programme, cycle: Cycle) -> str:
    fact = cancelled(programme, cycle.id)
    return f"{cycle.label}: {fact.why.reason} Decided by {fact.why.decided_by}." if fact else ""


_COUNTED = (StepKind.REMINDER, StepKind.REVIEW, StepKind.CHASE, StepKind.DRAFT, StepKind.ADDENDUM)


def _step_days(programme: Programme, cycle: Cycle) -> Iterator[tuple[str, date]]:
    for step in steps(programme, cycle):
        if step.kind in _COUNTED and step.deadline is None:
            name = f"chase {step.rung}" if step.rung else step.kind.value
            yield name, programme.local(step.due).date()


def _notes(programme: Programme, cycle: Cycle, papers: date) -> tuple[str, ...]:
    wanted = papers_wanted(programme.ladder, cycle)
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
    heading = f"{programme.title}: calendar in {programme.zone.key} time. Gaps are days / working days."
    sections = (
        _steps_table(rows),
        _section("Cancelled", [row.cancelled for row in rows if row.cancelled]),
        _section("Warnings", [warning for row in rows for warning in row.warnings]),
        _section("Moved", [note for row in rows for note in row.notes]),
        _section("Days off on weekdays", _days_off(programme)),
    )
    table = _table([_HEADS, *map(_cells, rows)])
    return "\n".join([heading, "", *table, *(line for section in sections for line in section)]) + "\n"


def _table(cells: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _steps_table(rows: list[CalendarRow]) -> list[str]:
    """The days of the other steps, where there are any and they fit on the page."""
    names = list(dict.fromkeys(name for row in rows for name in row.steps))
    cells = [tuple(_brief_day(row.steps.get(name)) for name in names) for row in rows]
    lines = _table([("cycle", *names), *((row.cycle, *own) for row, own in zip(rows, cells, strict=True))])
    return ["", *lines] if names and max(map(len, lines)) <= _WIDEST else []


def _brief_day(day: date | None) -> str:
    return f"{day:%a} {day.day:>2} {day:%b}" if day else "-"


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
