"""The desk: what waits for a person, and a person's word on it, as events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from jobs.own_desk import RELEASE
from ledger import arrivals, desk, events, intents
from ledger.records import DeskItem, Event, Intent, IntentKey, IntentState
from ledger.store import Entry, Ledger
from programme.service import Service


class DeskError(Exception):
    """A word on the desk that cannot be carried out: the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Word:
    """Who says what of an item, why, and when."""

    by: str
    why: str
    now: datetime


def accept(ledger: Ledger, service: Service, item_id: int, word: Word) -> str:
    """Vouch for the message behind an item: it is decided afresh on that word. For a sending: it was sent."""
    return _carried_out(ledger, service, item_id, word, ("accepted", _accepted))


def reject(ledger: Ledger, service: Service, item_id: int, word: Word) -> str:
    """Close an item: the message stays what it is and causes nothing. For a sending: it will not be sent."""
    return _carried_out(ledger, service, item_id, word, ("rejected", _rejected))


def reprocess(ledger: Ledger, service: Service, item_id: int, word: Word) -> str:
    """Decide the message afresh, with nobody's word. For a sending: send it again. A rejected release waits anew."""
    return _carried_out(ledger, service, item_id, word, ("reprocessed", _reprocessed))


Effect = Callable[[Entry, DeskItem, Word], str]


def _carried_out(ledger: Ledger, service: Service, item_id: int, word: Word, what: tuple[str, Effect]) -> str:
    verdict, effect = what
    _named(service, word.by)
    if not word.why.strip():
        raise DeskError("Say why with --why: the reason is kept with the decision, and read when somebody asks.")
    with ledger.transaction() as entry:
        item = desk.get(entry, item_id)
        if verdict == "reprocessed" and item.kind.startswith(RELEASE) and item.verdict == "rejected":
            return _asked_anew(entry, item, word)
        if not desk.close(entry, item_id, verdict, word.by, word.why, word.now):
            raise DeskError(f"Item {item_id} is closed already: {item.verdict} by {item.by}.")
        said = effect(entry, item, word)
        events.record(entry, Event(word.now, word.by, f"desk {verdict}", f"item {item_id}", word.why))
    return said


def _accepted(entry: Entry, item: DeskItem, word: Word) -> str:
    if item.intent is not None:
        intent = _intent(entry, item.intent)
        if not intents.resolve(entry, intent.key, IntentState.SENT, word.now, f"{word.by}: {word.why}"):
            return f"Item {item.id} is closed; “{intent.subject}” was not sent by plancycle."
        return f"Item {item.id}: “{intent.subject}” counts as sent."
    if item.arrival is None:
        return f"Item {item.id} is closed."
    arrivals.reopen(entry, item.arrival, word.by)
    taken = f"Item {item.id}: what message {item.arrival} brings is taken in on {word.by}'s word at the next tick"
    return f"{taken}; where it brings nothing, it counts as dealt with."


def _rejected(entry: Entry, item: DeskItem, word: Word) -> str:
    if item.intent is not None:
        intent = _intent(entry, item.intent)
        intents.resolve(entry, intent.key, IntentState.WITHDRAWN, word.now, f"{word.by}: {word.why}")
        return f"Item {item.id}: “{intent.subject}” will not be sent."
    return f"Item {item.id} is closed; nothing follows from it."


def _reprocessed(entry: Entry, item: DeskItem, word: Word) -> str:
    if item.intent is not None:
        intent = _intent(entry, item.intent)
        waits = intent.state in (IntentState.DECIDED, IntentState.SENDING)
        if not waits and not intents.resolve(
            entry, intent.key, IntentState.DECIDED, word.now, f"{word.by}: {word.why}"
        ):
            raise DeskError(
                f"Item {item.id}: “{intent.subject}” was refused or withdrawn; send it from your own mail program."
            )
        return f"Item {item.id}: “{intent.subject}” will be sent again at the next tick."
    if item.arrival is None:
        raise DeskError(f"Item {item.id} has no message to decide afresh; accept or reject it.")
    arrivals.reopen(entry, item.arrival, None)
    return f"Item {item.id}: message {item.arrival} will be decided afresh at the next tick."


def _asked_anew(entry: Entry, item: DeskItem, word: Word) -> str:
    """A release that somebody rejected waits for a word again: papers that were put right may still go."""
    if any(other.kind == item.kind and other.id > item.id for other in desk.of_kinds(entry, item.kind)):
        raise DeskError(f"Item {item.id} was reprocessed before; its successor is on the desk or has its verdict.")
    anew = replace(item, opened_at=word.now, closed_at=None, verdict=None, by=None, why=None)
    number = desk.open_item(entry, anew)
    events.record(entry, Event(word.now, word.by, "desk reprocessed", f"item {item.id}", word.why))
    return f"Item {number} asks for the release anew; accept it to let the papers go."


def _intent(entry: Entry, key: str) -> Intent:
    found = intents.get(entry, IntentKey.of(key))
    if found is None:
        raise DeskError(f"The ledger knows no message {key}.")
    return found


def _named(service: Service, by: str) -> None:
    """Only a named member of a planning team has a word here."""
    names = administrators(service)
    if by not in names:
        raise DeskError(f"“{by}” is no member of a planning team. Say --by with one of: {', '.join(sorted(names))}.")


def administrators(service: Service) -> Mapping[str, str]:
    """The members of the planning teams: person id to name."""
    return {
        member: programme.people[member].name for programme in service.programmes for member in programme.team.members
    }
