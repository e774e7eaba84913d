"""Delivery reports: which recipients a bounce is about, and what it says of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mail.encodings import text_of
from mail.letter import Message

REPORT = "message/delivery-status"

_FOLDED = re.compile(r"\r?\n[ \t]+")
_BLOCKS = re.compile(r"\r?\n[ \t]*\r?\n")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45])[0-5][0-9](?![\d.])[ -]")
_ADDRESS = re.compile(r"[^\s@<>\"'(),:;\[\]]{1,64}@[A-Za-z0-9.-]{1,250}[A-Za-z0-9]")
_NAMED_IN_TEXT = re.compile(rf"^[ \t]*<?({_ADDRESS.pattern})(?:>[ \t]*:|>?[ \t]*:?[ \t]*$)", re.MULTILINE)
_DELAYED_WORDS = re.compile(r"\b(delayed|will (?:be )?(?:retry|retried|keep trying|continue to try)|warning)\b", re.I)
_TEXT_READ = 20_000
# What was given up outweighs what still waits, and that what arrived.
_WEIGHT = {"failed": 0, "delayed": 1, "relayed": 2, "expanded": 3, "delivered": 4}


@dataclass(frozen=True, slots=True)
class Delivery:
    """The worst that the report says: an action of RFC 3464, its status code where there is one, and of whom."""

    action: str
    status: str
    recipients: tuple[str, ...]


def delivery(message: Message, failed_header: str = "") -> Delivery:
    """Read the report of a bounce: its delivery-status part, else X-Failed-Recipients and the text."""
    said = [each for part in message.attachments if part.media_type == REPORT for each in _recipients(part.content)]
    if not said:
        return _from_words(message, failed_header)
    worst = min((each.action for each in said), key=_weight)
    about = [each for each in said if each.action == worst]
    addresses = dict.fromkeys(address for each in about for address in each.recipients)
    return Delivery(worst, next((each.status for each in about if each.status), ""), tuple(addresses))


def _weight(action: str) -> int:
    return _WEIGHT.get(action, 0)


def _recipients(content: bytes) -> Iterator[Delivery]:
    for block in _BLOCKS.split(_FOLDED.sub(" ", text_of(content[: 10 * _TEXT_READ]))):
        fields = dict(_field(line) for line in block.splitlines())
        recipient = fields.get("final-recipient") or fields.get("original-recipient", "")
        if recipient or "action" in fields:
            address = _ADDRESS.search(recipient.rpartition(";")[2])
            status = _STATUS.search(fields.get("status", "")) or _STATUS.search(fields.get("diagnostic-code", ""))
            action = fields.get("action", "").split(" ", 1)[0].lower() or _action(status[0] if status else "")
            yield Delivery(action, status[0] if status else "", (address[0],) if address else ())


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _from_words(message: Message, failed_header: str) -> Delivery:
    text = message.text[:_TEXT_READ]
    named = _ADDRESS.findall(failed_header) or _NAMED_IN_TEXT.findall(text)
    status = _STATUS.search(text)
    reply = _REPLY_CODE.search(text)
    code = status[0] if status else (f"{reply[1]}.0.0" if reply else "")
    delayed = bool(_DELAYED_WORDS.search(message.subject)) and not code.startswith("5")
    return Delivery("delayed" if delayed else _action(code), code, tuple(dict.fromkeys(named)))


def _action(status: str) -> str:
    return "delivered" if status.startswith("2") else "failed"
