"""``plancycle desk``: what waits for a person, and a named person's word on it."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from jobs import desk as words
from ledger import arrivals, desk, intents
from ledger.errors import LedgerError
from ledger.records import DeskItem, IntentKey
from ledger.store import Ledger
from mail.letter import UnreadableMessageError
from mail.reading import read
from report.prose import clean, one_line
from scheduler.opening import in_force

VERBS = {"accept": words.accept, "reject": words.reject, "reprocess": words.reprocess}


def run(chosen: argparse.Namespace) -> int:
    with in_force(chosen.config) as (service, ledger):
        if chosen.verb == "list":
            said = listed(ledger, chosen.json)
        elif chosen.verb == "show":
            said = shown(ledger, chosen.item)
        else:
            word = words.Word(chosen.by, chosen.why, datetime.now(UTC))
            said = VERBS[chosen.verb](ledger, service, chosen.item, word)
    sys.stdout.write(said + "\n")
    return 0


def listed(ledger: Ledger, as_json: bool) -> str:
    """Every item that waits, oldest first."""
    with ledger.reading() as entry:
        waiting = desk.waiting(entry)
    if as_json:
        return json.dumps([asdict(item) for item in waiting], ensure_ascii=False, indent=2, default=str)
    if not waiting:
        return "Nothing waits for a person."
    return "\n".join(
        f"{item.id:>4}  since {item.opened_at:%d %b %Y %H:%M}  {item.kind}: {item.reason}" for item in waiting
    )


def shown(ledger: Ledger, item_id: int) -> str:
    """One item whole, with the message behind it as text and the names of its files."""
    with ledger.reading() as entry:
        item = desk.get(entry, item_id)
        arrival = arrivals.get(entry, item.arrival) if item.arrival is not None else None
        ours = intents.get(entry, IntentKey.of(item.intent)) if item.intent is not None else None
    behind = arrival or ours
    return "\n".join((*_about(item), *(("", *_message(ledger, behind.sha256)) if behind else ())))


def _about(item: DeskItem) -> list[str]:
    state = f"{item.verdict} by {item.by}: {item.why}" if item.verdict else "waits"
    lines = [
        f"Item {item.id}, {item.kind}, since {item.opened_at:%d %b %Y %H:%M} UTC: {state}",
        item.reason,
        item.advice,
    ]
    if item.assignment:
        lines.append(f"About {item.assignment}")
    return lines


def _message(ledger: Ledger, sha256: str) -> list[str]:
    try:
        message = read(ledger.blobs.get(sha256))
    except (UnreadableMessageError, LedgerError) as trouble:
        return [f"The message could not be read: {trouble}"]
    files = ", ".join(f"{one_line(item.name)} ({len(item.content)} bytes)" for item in message.attachments) or "none"
    return [
        f"From: {one_line(message.sender_name)} <{one_line(message.sender)}>",
        f"To: {one_line(', '.join(message.recipients))}",
        f"Subject: {one_line(message.subject)}",
        f"Files: {files}",
        "",
        clean(message.text),
    ]
