"""Collect: read the mailbox, decide each message, file it; every unit is committed before the next begins."""

import traceback
from dataclasses import replace
from datetime import datetime, timedelta

from jobs import meeting
from jobs.alert import raise_alert
from jobs.lanes import decide_lane, unforeseen
from jobs.office import Office
from jobs.outbox import decide
from jobs.outcome import Decision, Line
from jobs.own_desk import made_good
from jobs.taking import Sending
from ledger import arrivals, desk, events, returns
from ledger.errors import LedgerError
from ledger.records import Arrival, DeskItem, Event
from ledger.store import Entry
from mail.letter import UnreadableMessageError
from mail.port import Batch, Lane, MailboxError, Received
from mail.reading import read

# A poll counts as due this much early, so that a timer that wakes a moment too soon does not skip a turn.
A_MOMENT_EARLY = 0.1

ADVICE = {
    "loop": "Look for a forwarding rule that sends our mail back.",
    "unforeseen": "Answer it by hand, and send the lines of the log that say bug to whoever maintains plancycle.",
}

# So many messages that the mailbox will not move are no longer their own fault.
TROUBLES = 3

LEFT_THERE = "Read the message in the mailbox itself and answer it by hand; then accept the item."

MADE_GOOD = frozenset({"unreadable", "missing file"})


def poll_due(office: Office, now: datetime, step_due: bool) -> bool:
    """Whether the mailbox should be read: the interval is over, or a step is due and deserves a fresh inbox."""
    with office.ledger.reading() as entry:
        read_at = arrivals.read_to_end_at(entry)
    if read_at is None:
        return True
    every = office.service.collect_every * (1 - A_MOMENT_EARLY)
    # Read in the future: the clock was wrong then, and what came in since was never looked for.
    return read_at > now or now - read_at >= every or (step_due and read_at < now)


def poll_once(office: Office, now: datetime) -> bool:
    """Fetch one batch and commit it with its cursor, the bytes first. True while more may wait."""
    with office.ledger.reading() as entry:
        cursor = arrivals.cursor(entry)
    batch = office.mailbox.poll(cursor)
    try:
        _stored(office, batch, now)
    except (LedgerError, OSError):
        raise
    except Exception as bug:  # one message of the batch is the boundary: the others are stored
        office.log("bug", trouble=repr(bug), trace=traceback.format_exc())
        for item in batch.messages:
            _stored_alone(office, item, now)
        _stored(office, replace(batch, messages=()), now)
    return batch.more


def _stored(office: Office, batch: Batch, now: datetime) -> None:
    """Commit the messages of a batch with its cursor."""
    kept = [(item, office.ledger.blobs.put(item.raw), _message_id(item)) for item in batch.messages]
    with office.ledger.transaction() as entry:
        new = [arrivals.store(entry, item, sha256, message_id, now) for item, sha256, message_id in kept]
        arrivals.save_cursor(entry, batch.cursor, now, complete=not batch.more)
    for (item, sha256, _), arrival_id in zip(kept, new, strict=True):
        if arrival_id is not None:
            office.log("received", arrival=arrival_id, folder=item.folder.value, sha256=sha256)


def _stored_alone(office: Office, item: Received, now: datetime) -> None:
    """Commit one message of a batch that could not be stored whole; the one that cannot is put before a person.

    It stays where it lies in the mailbox. The cursor is committed last: until then the batch comes again.
    """
    try:
        sha256 = office.ledger.blobs.put(item.raw)
        with office.ledger.transaction() as entry:
            arrivals.store(entry, item, sha256, _message_id(item), now)
    except (LedgerError, OSError):
        raise
    except Exception as bug:  # one message is the boundary; what this catches reaches a person
        _give_up(office, item, bug, now)


def _give_up(office: Office, item: Received, bug: Exception, now: datetime) -> None:
    occasion = f"bug message not stored {item.server_id}"
    when = f" that came on {item.received_at:%d %B %Y at %H:%M}" if item.received_at else ""
    told = f"A message in the folder {item.folder.value}{when} could not be stored: {type(bug).__name__}."
    with office.ledger.transaction() as entry:
        if not events.recent(entry, 1, about=occasion):
            desk.open_item(entry, DeskItem(0, now, "unforeseen", told, LEFT_THERE))
            raise_alert(office, entry, occasion, "A message could not be stored", (told, LEFT_THERE), now)


def decide_one(office: Office, now: datetime) -> bool:
    """Decide the oldest message that waits, with all that it causes in one commit. True if there was one."""
    with office.ledger.reading() as entry:
        arrival = arrivals.undecided(entry)
        if arrival is None:
            return False
        decision = _decided(office, entry, Sending(arrival, None, (), now))
    with office.ledger.transaction() as entry:
        _commit(office, entry, arrival, decision, now)
    office.log("decided", arrival=arrival.id, lane=decision.lane, reason=decision.reason)
    return True


def file_one(office: Office, now: datetime, left: set[int]) -> bool:
    """Move one decided message out of the inbox. True if there was one.

    ``left`` collects those that the mailbox would not move now: one of them does not stop the others. Raises
    MailboxError where it would move none of several.
    """
    with office.ledger.reading() as entry:
        arrival = arrivals.unfiled(entry, left)
        waits = arrival is not None and any(item.arrival == arrival.id for item in desk.waiting(entry))
    if arrival is None:
        return False
    if arrival.lane != "junk" and not _moved(office, arrival, Lane.ATTENTION if waits else Lane.PROCESSED, left):
        return True
    with office.ledger.transaction() as entry:
        arrivals.filed(entry, arrival.id, now)
    office.log("filed", arrival=arrival.id, lane=arrival.lane)
    return True


def _moved(office: Office, arrival: Arrival, lane: Lane, left: set[int]) -> bool:
    try:
        office.mailbox.file(arrival.server_id, lane)
    except MailboxError as trouble:
        left.add(arrival.id)
        if len(left) >= TROUBLES:
            raise
        office.log("not filed now", arrival=arrival.id, trouble=str(trouble))
        return False
    return True


def unread_for(office: Office, now: datetime) -> timedelta | None:
    """How long Inbox and Junk were not read to the end; None before the first time."""
    with office.ledger.reading() as entry:
        read_at = arrivals.read_to_end_at(entry)
    return None if read_at is None or read_at > now else now - read_at


def _decided(office: Office, entry: Entry, sending: Sending) -> Decision:
    """What becomes of a message. One that brings out a bug waits for a person, and holds up no other message."""
    try:
        return decide_lane(office, entry, sending.arrival, sending)
    except (LedgerError, OSError) as trouble:
        if not office.ledger.blobs.has(sending.arrival.sha256):
            return _lost(sending, trouble)
        # The ledger or its disk is in trouble, not the message: it stays undecided.
        raise
    except Exception as bug:  # one message is the boundary; what this catches reaches a person
        office.log("bug", arrival=sending.arrival.id, trouble=repr(bug), trace=traceback.format_exc())
        return unforeseen(sending, bug)


def _lost(sending: Sending, trouble: Exception) -> Decision:
    """What becomes of a message whose bytes the ledger cannot read any more: it must not hold up those behind it."""
    reason = f"Message {sending.arrival.id} cannot be read from the ledger: {trouble}"
    advice = "Put the file back and reprocess the item, or read the message in the mailbox's Attention folder."
    item = DeskItem(0, sending.now, "quarantine", reason, advice, arrival=sending.arrival.id)
    return Decision("quarantine", reason, desk=(item,))


def _message_id(received: Received) -> str:
    """The Message-ID where the bytes can be read; the lane is decided later, from the stored bytes."""
    try:
        return read(received.raw).message_id
    except UnreadableMessageError:
        return ""


def _commit(office: Office, entry: Entry, arrival: Arrival, decision: Decision, now: datetime) -> None:
    if not arrivals.decide(entry, arrival.id, decision.lane, decision.reason, now):
        return
    for returned in decision.returns:
        returns.add(entry, returned)
    decide(entry, decision.messages)
    # Before the new items are opened: the same message may bring one file and leave another unread.
    made_good(entry, MADE_GOOD, decision.closes, f"message {arrival.id} brought what was missing", now)
    for item in decision.desk:
        desk.open_item(entry, item)
    for line in decision.lines or (Line(decision.reason),):
        events.record(entry, _event(arrival, decision, line, now))
    for minutes in decision.minutes:
        meeting.record(office, entry, minutes, arrival.vouched_by or decision.sender, (), now)
    if decision.alert:
        words = (f"{decision.reason[:1].upper()}{decision.reason[1:]}.", ADVICE[decision.lane])
        raise_alert(office, entry, f"{decision.lane} {now.date()}", decision.alert, words, now)


def _event(arrival: Arrival, decision: Decision, line: Line, now: datetime) -> Event:
    detail = {"received": arrival.received_at.isoformat(), "sender": decision.sender, "lane": decision.lane}
    detail |= {"plan": line.plan, "file": line.file_name}
    if line.bounced:
        detail |= {"bounced": line.bounced}
    if line.returned is not None:
        verdicts = line.returned.verdicts
        detail |= {
            "rows": str(sum(1 for verdict in verdicts if verdict.state == "accepted")),
            "queries": str(sum(len(verdict.queries) for verdict in verdicts)),
            "on time": "yes" if line.returned.on_time else "no",
        }
    programme, cycle = line.cycle
    return Event(now, "plancycle", "message read", f"message {arrival.id}", line.outcome, programme, cycle, detail)
