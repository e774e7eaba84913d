"""How values read in a sentence: dates, lists, numbers, and text that other people wrote."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from programme import answer
from programme.form import Kind, Rating

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TICKED = frozenset({"true", "yes", "y", "x", "1", "✓", "✔", "ticked"})
# Control characters, lone surrogates and non-characters break mail and XML; the direction marks can make a
# sentence read as something that its author never wrote.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_NUMBERED = re.compile(r"(?P<stem>.*[a-rt-wz])\s+(?P<number>\d\S*)")


def clean(text: str) -> str:
    """The text without characters that no reader should meet; line breaks become plain ones."""
    if text.isascii() and text.isprintable():
        return text
    return _UNWANTED.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))


def one_line(text: str) -> str:
    """The text cleaned, on one line, with single spaces."""
    return " ".join(clean(text).split())


def cut(text: str, limit: int) -> str:
    """The text on one line, ended with … between two words where it is longer than ``limit`` characters."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head).rstrip(" ,;:–-") + "…"


def filled(words: Iterable[str], width: int, hang: str = "") -> list[str]:
    """Words on lines of at most ``width`` characters, those after the first behind ``hang``: as textwrap does it for
    words with one space between them, in a tenth of the time. A word that is longer has a line of its own."""
    lines: list[str] = []
    line = ""
    for word in words:
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = hang + word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def shortened(text: str, limit: int = 1500) -> str:
    """The text with its line breaks; past ``limit`` characters it ends by saying where the rest is."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()}… (the rest is in the workbook)"


def short_day(day: date) -> str:
    """Such as Fri 13 Sep."""
    return f"{_DAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]}"


def long_day(day: date) -> str:
    """Such as Friday 13 September 2019."""
    return f"{_DAYS[day.weekday()]} {plain_date(day)}"


def plain_date(day: date) -> str:
    """Such as 13 September 2019."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def brief_date(day: date) -> str:
    """Such as 13 Sep 2019."""
    return f"{day.day} {_MONTHS[day.month - 1][:3]} {day.year}"


def clock(instant: datetime) -> str:
    """Such as 14:12, in the zone that the instant carries."""
    return f"{instant:%H:%M}"


def moment(instant: datetime) -> str:
    """Such as 14:12 on Thursday 30 January 2020, in the zone that the instant carries."""
    return f"{clock(instant)} on {long_day(instant)}"


def due_on(due: date | None, original: date | None = None) -> str:
    """Such as due 30 September 2020, originally 30 June 2020: a revised date never hides the first one."""
    if due is None:
        return "no due date" + (f", originally {plain_date(original)}" if original else "")
    return f"due {plain_date(due)}" + (f", originally {plain_date(original)}" if original and original != due else "")


def row_names(refs: Sequence[str]) -> str:
    """Such as row 3.1, or rows 3.1, 3.3 and 3.5; empty where a plan has no rows of its own."""
    return f"{'row' if len(refs) == 1 else 'rows'} {joined(refs)}" if refs else ""


def capital(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def joined(items: Iterable[str]) -> str:
    """Such as 3.1, 3.3 and 3.5."""
    *head, last = list(items) or [""]
    return f"{', '.join(head)} and {last}" if head else last


def number(count: int) -> str:
    """Small numbers as words: no, one, … nine; then figures."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)


def times(count: int) -> str:
    """Such as once, twice, three times."""
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def counted(count: int, noun: str, plural: str = "") -> str:
    """Such as 1 row, 6 rows."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def plan_names(labels: Sequence[str]) -> str:
    """Such as Big Actions 2 and 3 for labels that differ in their number only, else the labels joined."""
    matches = [_NUMBERED.fullmatch(label) for label in labels]
    stems = {match["stem"] for match in matches if match}
    if len(labels) > 1 and all(matches) and len(stems) == 1:
        return f"{stems.pop()}s {joined(match['number'] for match in matches if match)}"
    return joined(labels)


def says_nothing(text: str) -> bool:
    """Whether an answer is empty or says that there is nothing to say, such as none or n/a."""
    return answer.says_nothing(one_line(text))


def ticked(text: str) -> bool:
    """Whether the answer of a tick box is a tick."""
    return one_line(text).casefold() in _TICKED


def date_of(text: str) -> date | None:
    """The date of an ISO text, or None where it is anything else."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def shown(kind: Kind, text: str, ratings: Iterable[Rating] = ()) -> str:
    """An answer as people read it: a date in words, a tick as Yes or No, a rating as its word, text cleaned."""
    if kind is Kind.TICK and text.strip():
        return "Yes" if ticked(text) else "No"
    if kind is Kind.DATE and (day := date_of(text)):
        return plain_date(day)
    if kind is Kind.RATING:
        return next((rating.word for rating in ratings if rating.id == text), clean(text).strip())
    return clean(text).strip()
