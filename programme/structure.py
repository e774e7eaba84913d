"""A file against its schema: every error as a sentence with its place, what was found and the fix."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from programme.fault import Fault
from programme.miswritten import PLAIN_DATE, address_fault, date_fault, shown
from programme.schema import schemas
from programme.source import Document, Steps, iso_date

if TYPE_CHECKING:
    import jsonschema


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The likeliest known word as a question, or all of them when none is like it; nothing when there are none."""
    listed = tuple(known)
    close = likeliest(word, listed)
    if close:
        return f"Did you mean '{close}'?"
    return f"Known here: {some(listed)}." if listed else ""


def some(known: Iterable[str]) -> str:
    """The first dozen of the words, in their order, for a sentence to list."""
    listed = sorted(known)
    return ", ".join((*listed[:12], *(("…",) if len(listed) > 12 else ())))


def likeliest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like the given one, if any is."""
    close = get_close_matches(word.casefold(), sorted(known), n=1, cutoff=0.6)
    return close[0] if close else None


@dataclass(frozen=True, slots=True)
class _Finding:
    """One value that breaks one rule of its schema."""

    document: Document
    path: Steps
    found: Any
    rule: Any
    schema: Mapping[str, Any]

    @property
    def name(self) -> str:
        named = [step for step in self.path if isinstance(step, str)]
        return f"'{named[-1]}'" if named else "the file"

    @property
    def settings(self) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", self.schema.get("properties", {}))

    def fault(self, sentence: str, fix: str = "") -> Fault:
        return self.document.fault(self.path, sentence, fix)


def structural_faults(document: Document, schema: str) -> list[Fault]:
    """Every way in which the document is not what its schema (by name) asks for."""
    faults: set[Fault] = set()
    for error in _validator(schema).iter_errors(document.data):
        rules = error.schema if isinstance(error.schema, Mapping) else {}
        finding = _Finding(document, tuple(error.absolute_path), error.instance, error.validator_value, rules)
        faults.update(_SAYS[str(error.validator)](finding))
    return sorted(faults)


@lru_cache(maxsize=16)
def _validator(schema: str) -> "jsonschema.Draft202012Validator":
    import jsonschema

    formats = jsonschema.FormatChecker(formats=())
    formats.checks("date")(lambda value: not isinstance(value, str) or iso_date(value) is not None)
    extend: Any = jsonschema.validators.extend
    validator: jsonschema.Draft202012Validator = extend(jsonschema.Draft202012Validator, {"pattern": _pattern})(
        schemas()[schema], format_checker=formats
    )
    return validator


def _pattern(_validator: object, rule: str, found: object, _schema: object) -> "Iterator[jsonschema.ValidationError]":
    """As editors read a pattern: "$" is the very end of the text, where Python's lets a line break follow."""
    import jsonschema

    if isinstance(found, str):
        match = re.search(rule, found)
        if match is None or (rule.endswith("$") and match.end() != len(found)):
            yield jsonschema.ValidationError(f"{found!r} does not match {rule!r}")


_WANTED = {
    "string": ("text", "Put it in quotes."),
    "integer": ("a whole number", "Write digits only, without quotes."),
    "boolean": ("true or false", "Write true or false, without quotes."),
    "array": ("a list", 'Begin each item with "- ", or write [one, two].'),
    "object": ("settings with names", 'Write "name: value" lines, indented alike.'),
}


def _type(finding: _Finding) -> Iterator[Fault]:
    a_date = finding.schema.get("format") == "date"
    wanted, fix = ("a date", PLAIN_DATE) if a_date else _WANTED[finding.rule]
    if finding.found is None:
        sentence = f"{finding.name} has no value." if finding.path else "the file is empty."
        yield finding.fault(sentence, f"It holds {wanted}: {_lowered(finding.schema.get('description', ''))}")
        return
    if a_date and type(finding.found) is int:
        yield finding.fault(*date_fault(finding.name, str(finding.found)))
        return
    if not a_date and finding.rule == "string" and isinstance(finding.found, list | dict):
        fix = "Write one value."
    if finding.found is False and "`off`" in finding.schema.get("description", ""):
        fix = "Write off."
    yield finding.fault(f"{finding.name} should be {wanted}, and is {_described(finding.found)}.", fix)


def _described(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return f"the number {value}"
    if isinstance(value, str):
        return f'the text "{shown(value)}"'
    return "a list" if isinstance(value, list) else "settings with names"


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _misspelt(finding: _Finding) -> dict[str, str]:
    """Unknown keys with the known key that each is most like."""
    free = [key for key in finding.settings if key not in finding.found]
    strange = (key for key in finding.found if key not in finding.settings)
    likely = ((key, get_close_matches(key.casefold(), free, n=1, cutoff=0.6)) for key in strange)
    return {key: match[0] for key, match in likely if match}


def _missing(finding: _Finding) -> Iterator[Fault]:
    # A misspelt key is one mistake, not two: what it was meant to be is not called missing as well.
    meant = set(_misspelt(finding).values())
    for key in finding.rule:
        if key not in finding.found and key not in meant:
            description = finding.settings.get(key, {}).get("description", "It is needed here.")
            yield finding.fault(f"'{key}' is missing{_whose(finding.found)}.", f"Add it: {_lowered(description)}")


def _whose(found: Mapping[str, Any]) -> str:
    name = next((found[key] for key in ("id", "ref", "name") if isinstance(found.get(key), str)), None)
    return f' from "{name}"' if name else ""


_SECRET = re.compile(r"(?i)secret|passw|passphrase|token$")
_NO_SECRETS = "A secret is never written here: remove it, and give it by PLANCYCLE_MAILBOX_SECRET (see operating.md)."


def _strange(finding: _Finding) -> Iterator[Fault]:
    meant = _misspelt(finding)
    for key in finding.found:
        if key not in finding.settings:
            fix = f"Did you mean '{meant[key]}'?" if key in meant else _NO_SECRETS if _SECRET.search(key) else ""
            path, sentence = (*finding.path, key), f"'{key}' is not a setting here."
            yield finding.document.key_fault(path, sentence, fix or f"The settings are {', '.join(finding.settings)}.")


def _not_a_choice(finding: _Finding) -> Iterator[Fault]:
    if isinstance(finding.found, str):
        close = get_close_matches(finding.found.casefold(), finding.rule, n=1, cutoff=0.6)
        sentence = f'{finding.name} is "{shown(finding.found)}", and should be {_either(finding.rule)}.'
        yield finding.fault(sentence, f"Did you mean '{close[0]}'?" if close else "")


def _either(choices: list[str]) -> str:
    *most, last = choices
    return f"one of {', '.join(most)} or {last}" if most else f"'{last}'"


def _unfit(finding: _Finding) -> Iterator[Fault]:
    if finding.found == "":
        yield from _empty(finding)
    elif len(finding.found) > finding.schema.get("maxLength", len(finding.found)):
        return
    elif finding.schema.get("format") == "email":
        yield finding.fault(*address_fault(finding.name, finding.found))
    elif "\n" in finding.found or "\r" in finding.found:
        yield finding.fault(f"{finding.name} has a line break in it.", "Write it on one line.")
    else:
        # A password that somebody wrote into an address is not repeated.
        found = shown(re.sub(r"//[^/@]*@", "//…@", finding.found))
        yield finding.fault(f'{finding.name} cannot be "{found}".', finding.schema["patternErrorMessage"])


def _not_a_date(finding: _Finding) -> Iterator[Fault]:
    yield finding.fault(*date_fault(finding.name, finding.found))


def _empty(finding: _Finding) -> Iterator[Fault]:
    yield finding.fault(f"{finding.name} is empty.", f"It holds: {_lowered(finding.schema['description'])}")


def _too_long(finding: _Finding) -> Iterator[Fault]:
    sentence = f"{finding.name} has {len(finding.found):,} characters."
    yield finding.fault(sentence, f"Use no more than {finding.rule:,}.")


def _out_of_range(finding: _Finding) -> Iterator[Fault]:
    fix = f"Use {finding.schema['minimum']} to {finding.schema['maximum']}."
    yield finding.fault(f"{finding.name} is {finding.found}.", fix)


def _repeated(finding: _Finding) -> Iterator[Fault]:
    for index, item in enumerate(finding.found):
        if item in finding.found[:index]:
            sentence = f'"{item}" is listed twice under {finding.name}.'
            yield finding.document.fault((*finding.path, index), sentence, "Remove one of them.")


_SAYS: Mapping[str, Callable[[_Finding], Iterator[Fault]]] = {
    "type": _type,
    "required": _missing,
    "additionalProperties": _strange,
    "enum": _not_a_choice,
    "pattern": _unfit,
    "format": _not_a_date,
    "minLength": _empty,
    "minItems": _empty,
    "maxLength": _too_long,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "uniqueItems": _repeated,
}
