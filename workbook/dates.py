"""Dates as people type them into a British form, and as spreadsheets store them."""

import re
from datetime import date, timedelta

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(\d{4}|'?\d{2})"
_EDGE, _END = r"(?<![\w/.-])", r"(?![\w/-]|\.\d)"
_ISO = re.compile(
    rf"{_EDGE}(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}})(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?z?)?{_END}", re.I
)
_NAMED = re.compile(rf"{_EDGE}(\d{{1,2}})(?:st|nd|rd|th)?[\s,-]*(?:of\s+)?{_MONTH}[\s,-]*{_YEAR}{_END}", re.I)
_MONTH_FIRST = re.compile(rf"{_EDGE}{_MONTH}[\s-]*(\d{{1,2}})(?:st|nd|rd|th)?[\s,-]+{_YEAR}{_END}", re.I)
_WEEKDAY = re.compile(r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b", re.I)
_SLASHED = re.compile(rf"{_EDGE}(\d{{1,2}})\s?[/.-]\s?(\d{{1,2}})\s?[/.-]\s?{_YEAR}{_END}")


def from_serial(number: float, date1904: bool) -> date | None:
    """The day that a spreadsheet's day number stands for, or None outside 1990 to 2100."""
    epoch = date(1904, 1, 1) if date1904 else date(1899, 12, 30)
    try:
        found = epoch + timedelta(days=int(number))
    except (OverflowError, ValueError):
        return None
    return found if EARLIEST <= found <= LATEST else None


def from_text(text: str) -> date | None:
    """The one date that a text names (day before month), or None when it names none, several or an impossible one."""
    found = [*_dates_in(text)]
    return found[0] if found and len(set(found)) == 1 else None


def says_more(text: str) -> bool:
    """Whether a text says anything beside the date that it names and its weekday."""
    for pattern in (_ISO, _NAMED, _MONTH_FIRST, _SLASHED, _WEEKDAY):
        text = pattern.sub("", text)
    return any(it.isalnum() for it in text)


def in_words(day: date) -> str:
    """Such as ``13 March 2020``."""
    return f"{day.day} {day:%B %Y}"


def _dates_in(text: str) -> list[date | None]:
    found = [_made(year, month, day) for year, month, day in _ISO.findall(text)]
    found += [_made(year, _number(month), day) for day, month, year in _NAMED.findall(text)]
    found += [_made(year, _number(month), day) for month, day, year in _MONTH_FIRST.findall(text)]
    found += [_made(year, month, day) for day, month, year in _SLASHED.findall(text)]
    return found


def _number(month: str) -> int:
    return _MONTHS.index(month[:3].casefold()) + 1


def _made(year: str, month: str | int, day: str) -> date | None:
    digits = year.lstrip("'")
    full = int(digits) + 2000 if len(digits) == 2 else int(digits)
    try:
        found = date(full, int(month), int(day))
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None
