"""From a letter to a committed intent: the bytes, the Message-ID and the one row that may ever send them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.office import Office
from ledger import intents
from ledger.records import Intent, IntentKey
from ledger.store import Entry
from mail.compose import composed
from mail.letter import Attachment, Letter
from programme.people import Person
from report.letters import AnyLetter
from report.words import write

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# These go to others than the sponsor: that one did not arrive says nothing of what the sponsor got.
TO_OTHERS = frozenset({"copy", "cover", "escalation"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """Where a message belongs: its key, who gets it, at which of their addresses, and what it answers.

    ``thread`` are the messages before it, oldest first, and ``plans`` the ids of the plans that it is about: a mail
    program that sorts by thread then keeps all of a plan and cycle together, whoever wrote and whether or not they were
    sent the issue.
    """

    key: IntentKey
    person: Person
    address: str
    answers: str | None = None
    thread: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to be committed: its intent and its bytes, already lying among the blobs."""

    intent: Intent
    size: int


def outgoing(
    office: Office,
    envelope: Envelope,
    letter: AnyLetter,
    now: datetime,
    attachments: Sequence[Attachment] = (),
    about: tuple[str, ...] = (),
) -> Outgoing:
    """Write, compose and store one message. Nothing is decided until ``decide`` commits it.

    ``about`` are the assignments that it asks for.
    """
    words = write(letter)
    message_id = office.keyring.message_id(envelope.key, office.domain)
    settings = office.service.mailbox
    pieces = composed(
        Letter(
            from_address=settings.address,
            from_name=settings.name,
            to_address=envelope.address,
            to_name=envelope.person.name,
            subject=words.subject,
            text=words.text,
            html=words.html,
            message_id=message_id,
            date=now,
            attachments=tuple(attachments),
            in_reply_to=envelope.answers,
            references=_references(office, envelope),
        )
    )
    sha256 = office.ledger.blobs.put(*pieces)
    intent = Intent(envelope.key, envelope.address, words.subject, message_id, sha256, now, about=about)
    return Outgoing(intent, sum(map(len, pieces)))


def decide(entry: Entry, messages: Sequence[Outgoing]) -> None:
    """Add the intents to the transaction that commits the reason for them."""
    for message in messages:
        intents.add(entry, message.intent)


def _references(office: Office, envelope: Envelope) -> tuple[str, ...]:
    """The threads of the plans before the messages, so that these hang from them."""
    key = envelope.key
    plans = [office.keyring.thread_id(key.programme, key.cycle, plan, office.domain) for plan in envelope.plans]
    return tuple(dict.fromkeys((*plans, *envelope.thread)))


def workbook_attachment(name: str, content: bytes) -> Attachment:
    return Attachment(name, content, XLSX)


def not_reached(intent: Intent) -> tuple[str | None, ...]:
    """The assignments whose sponsor was not reached where this message did not arrive; one None where there is none."""
    return (() if intent.key.kind in TO_OTHERS else intent.about) or (None,)
