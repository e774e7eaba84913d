"""What is wrong with an address or a date as it was written, and how to write it: a sentence and its fix."""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from programme.source import YEARS, iso_date

PLAIN_ADDRESS = "Write one plain email address, such as name@hscp.example."
_LONGEST_LOCAL_PART = 64
_LONGEST_ADDRESS = 254
_LONGEST_SHOWN = 60


def shown(text: str) -> str:
    """The text as a sentence quotes it: on one line, and cut where it is long."""
    line = text.replace("\n", "↵")
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"


def address_fault(name: str, address: str) -> tuple[str, str]:
    """What is wrong with an address that breaks its schema's rule; ``name`` is that of the setting, in quotes."""
    odd = next((letter for letter in address if not letter.isascii()), None)
    local, at, _ = address.partition("@")
    if odd is not None:
        return _odd_letter(address, odd)
    if at and len(local) > _LONGEST_LOCAL_PART:
        sentence = f'the address "{shown(address)}" has {len(local)} characters before the "@".'
        return sentence, f"Mail systems take no more than {_LONGEST_LOCAL_PART} there."
    if len(address) > _LONGEST_ADDRESS:
        sentence = f'the address "{shown(address)}" has {len(address)} characters.'
        return sentence, f"Mail systems take no more than {_LONGEST_ADDRESS}."
    return f'{name} cannot be "{shown(address)}".', PLAIN_ADDRESS


def _odd_letter(address: str, odd: str) -> tuple[str, str]:
    called = unicodedata.name(odd, f"U+{ord(odd):04X}")
    kind = "letter" if odd.isalpha() else "character"
    said = f"{called[:1]}{called[1:].lower()}" if not called.startswith("U+") else called
    sentence = f'the address "{shown(address)}" has the {kind} "{odd}" ({said}) in it.'
    return sentence, "Mail does not go to it: write it in plain letters, a to z."


PLAIN_DATE = "Write year-month-day, such as 2020-01-31."
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_BETWEEN = r"\s*[-./ ]\s*"
_YEAR_FIRST = re.compile(rf"(\d{{4}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{1,2}})|(\d{{4}})(\d\d)(\d\d)")
_YEAR_LAST = re.compile(rf"(\d{{1,2}}){_BETWEEN}(\d{{1,2}}){_BETWEEN}(\d{{4}})|(\d\d)(\d\d)(\d{{4}})")
_WITH_A_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ].*")
_IN_WORDS = re.compile(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month>[a-z]{3,9})|(?P<us_month>[a-z]{3,9})\.?\s+"
    r"(?P<us_day>\d{1,2})(?:st|nd|rd|th)?)[.,]?\s+(?P<year>\d{4})"
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)


def date_fault(name: str, written: str) -> tuple[str, str]:
    """What is wrong with a date that ``iso_date`` does not take; ``name`` is that of the setting, in quotes."""
    iso = _ISO.fullmatch(written)
    if iso is None:
        readings = tuple(dict.fromkeys(_readings(written.strip())))
        return f'{name} is "{shown(written)}", which is not written year-month-day.', _offered(readings)
    year, month, day = map(int, iso.groups())
    if year not in YEARS:
        return f'{name} is "{written}", whose year is out of range.', f"Use a year from {YEARS[0]} to {YEARS[-1]}."
    fix = PLAIN_DATE
    if 1 <= month <= 12:
        fix = f"{_MONTHS[month - 1].capitalize()} {year} has {monthrange(year, month)[1]} days."
    elif swapped := _day(year, day, month):
        fix = f"Write {swapped}, if that is meant."
    return f'{name} is "{written}", and there is no such day.', fix


def _offered(readings: tuple[date, ...]) -> str:
    if len(readings) > 1:
        return f"Day and month are unclear here: write {' or '.join(map(str, readings))}."
    return f"Write {readings[0]}." if readings else PLAIN_DATE


def _readings(text: str) -> Iterator[date]:
    """Every day that may be meant, the one that is read the British way first."""
    if found := _YEAR_FIRST.fullmatch(text) or _WITH_A_TIME.fullmatch(text):
        year, first, second = _numbers(found)
        yield from _days((year, first, second))
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = _numbers(found)
        yield from _days((year, second, first), (year, first, second))
    if found := _IN_WORDS.fullmatch(text.casefold()):
        named = found["month"] or found["us_month"]
        months = [number for number, month in enumerate(_MONTHS, start=1) if month.startswith(named)]
        yield from _days(*((int(found["year"]), month, int(found["day"] or found["us_day"])) for month in months))


def _numbers(found: "re.Match[str]") -> list[int]:
    return [int(group) for group in found.groups() if group]


def _days(*numbers: tuple[int, int, int]) -> Iterator[date]:
    yield from filter(None, (_day(*each) for each in numbers))


def _day(year: int, month: int, day: int) -> date | None:
    return iso_date(f"{year:04}-{month:02}-{day:02}")
