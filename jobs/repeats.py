"""What comes twice and counts once: a message by two ways, and files beside one another that say nothing different."""

from collections.abc import Sequence

from jobs.office import Office
from jobs.taking import Taken
from ledger.errors import LedgerError
from ledger.records import Arrival
from mail.letter import Attachment, Message, UnreadableMessageError
from mail.reading import read


def same_content(office: Office, one: Arrival, other: Arrival) -> bool:
    """Whether two messages of one Message-ID differ in no more than the traces of the way that they came by."""
    try:
        return _said(read(office.ledger.blobs.get(one.sha256))) == _said(read(office.ledger.blobs.get(other.sha256)))
    except (UnreadableMessageError, LedgerError):
        return False


def _said(message: Message) -> tuple[object, ...]:
    return (message.sender, message.subject, message.date, message.thread, message.text, message.attachments)


def each_once(files: Sequence[Attachment]) -> list[Attachment]:
    """The files without those that are there before, byte for byte."""
    return list({item.content: item for item in reversed(files)}.values())[::-1]


def agreeing(taken: Sequence[Taken]) -> list[Taken]:
    """The workbooks that stand alone: one for each assignment.

    A blank form beside the filled one says nothing, nor does a second that says the same. Two that differ, for one
    assignment and in one message, are a matter for a person.
    """
    by_assignment: dict[str, list[Taken]] = {}
    for item in taken:
        by_assignment.setdefault(item.assignment.id, []).append(item)
    spoken = [_spoken(items) for items in by_assignment.values()]
    return [items[0] for items in spoken if all(_answers(item) == _answers(items[0]) for item in items)]


def conflicting(taken: Sequence[Taken]) -> list[Taken]:
    """The workbooks that say different things of one assignment."""
    settled = {item.assignment.id for item in agreeing(taken)}
    return [item for item in taken if item.assignment.id not in settled and not item.unchanged]


def _spoken(items: Sequence[Taken]) -> Sequence[Taken]:
    return [item for item in items if not item.unchanged] or items[:1]


def _answers(item: Taken) -> tuple[object, ...]:
    said = [(verdict.ref, verdict.state, dict(verdict.values)) for verdict in item.returned.verdicts]
    return said, dict(item.returned.fields)
