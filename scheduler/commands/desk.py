"""``plancycle desk``: what waits for a person, and a named person's word on it."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from jobs import desk as words
from jobs.configuration import last_good
from ledger import arrivals, desk
from ledger.records import DeskItem
from ledger.store import Ledger
from mail.letter import UnreadableMessageError
from mail.reading import read
from programme.loader import load
from scheduler.wiring import ledger_path

VERBS = {"accept": words.accept, "reject": words.reject, "reprocess": words.reprocess}


def run(chosen: argparse.Namespace) -> int:
    service = load(chosen.config)
    with Ledger.open(ledger_path(service, chosen.config), create=False) as ledger:
        if chosen.verb == "list":
            said = listed(ledger, chosen.json)
        elif chosen.verb == "show":
            said = shown(ledger, chosen.item)
        else:
            word = words.Word(chosen.by, chosen.why, datetime.now(UTC))
            said = VERBS[chosen.verb](ledger, last_good(ledger) or service, chosen.item, word)
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
    lines = _about(item)
    if arrival is not None:
        lines += ["", *_message(ledger.blobs.get(arrival.sha256))]
    return "\n".join(lines)


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


def _message(raw: bytes) -> list[str]:
    try:
        message = read(raw)
    except UnreadableMessageError as trouble:
        return [f"The message could not be read: {trouble}"]
    files = ", ".join(f"{item.name} ({len(item.content)} bytes)" for item in message.attachments) or "none"
    return [
        f"From: {message.sender_name} <{message.sender}>",
        f"Subject: {message.subject}",
        f"Files: {files}",
        "",
        message.text,
    ]
