"""Which days are worked, and when a local time of day happens. Pure: no clock."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from programme.service import WorkingDays

_ONE_DAY = timedelta(days=1)


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
