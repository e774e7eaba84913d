"""Sending: one intent at a time, so that a kill between any two lines neither loses nor repeats a message."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.alert import raise_alert
from jobs.asking import TO_ROLE, asked_afresh
from jobs.office import Office
from jobs.outbox import Outgoing, decide, not_reached
from jobs.owed import inbox_is_fresh
from jobs.useful import ALERT, ASKING, RESUMED, blown_fuse, enough_today, no_longer_useful, still_clear, where_of
from ledger import desk, events, intents, ticks
from ledger.records import DeskItem, Event, Intent, IntentState
from ledger.store import Entry
from mail.port import MailboxError, Outcome, PermanentMailboxError

UNKNOWN_FOR = timedelta(minutes=30)

# One message that its mailbox will not take must not stop those behind it; a mailbox that is down stops them all.
TROUBLES = 3

# That somebody answered in time, or that a morning is over, is nothing to alarm anybody with.
QUIET = ASKING | {ALERT, "digest"}


@dataclass(slots=True)
class Passed:
    """The messages that were passed over in one wake-up, by Message-ID, and how often the mailbox was the reason."""

    messages: set[str] = field(default_factory=set)
    troubles: int = 0


def settle_one(office: Office, now: datetime) -> bool:
    """Look up one message whose sending was cut off, and write down what became of it. True if one was settled."""
    with office.ledger.reading() as entry:
        open_sends = intents.being_sent(entry)
    return any(_settled(office, item, now) for item in open_sends)


def send_one(office: Office, now: datetime, left: "Passed") -> bool:
    """Send the message that was decided first, or withdraw it where it is no use any more. True if there was one.

    While the service is stopped only alerts go. ``left`` collects the messages that the mailbox would not take now,
    and those that would be too many for one person today: those behind them go on. Raises MailboxError where the
    mailbox took none of several.
    """
    with office.ledger.reading() as entry:
        intent = _next(entry, now, left.messages)
        if intent is None:
            return False
        useless = no_longer_useful(office, entry, intent, now)
        enough = None if useless else enough_today(office, entry, intent, now)
        fuse = None if useless or enough else blown_fuse(office, entry, intent, now)
    if useless:
        _withdraw(office, intent, useless, now)
    elif fuse:
        _stop(office, intent, fuse, now)
    elif enough:
        left.messages.add(intent.message_id)
        _put_off(office, intent, enough, now)
    else:
        _attempt(office, intent, now, left)
    return True


def _next(entry: Entry, now: datetime, left: Collection[str]) -> Intent | None:
    """What goes next, in the order of decision: nothing that asks while the inbox was not just read (law 11)."""
    if ticks.stopped(entry):
        return intents.next_to_send(entry, left, only=(ALERT,))
    return intents.next_to_send(entry, left, but=() if inbox_is_fresh(entry, now) else ASKING)


def _attempt(office: Office, intent: Intent, now: datetime, left: "Passed") -> None:
    try:
        _send(office, intent, now)
    except MailboxError as trouble:
        left.messages.add(intent.message_id)
        left.troubles += 1
        if left.troubles >= TROUBLES:
            raise
        office.log("not sent now", intent=str(intent.key), trouble=str(trouble))


def _settled(office: Office, intent: Intent, now: datetime) -> bool:
    outcome = office.mailbox.lookup(intent.message_id, intent.token or "")
    if outcome is Outcome.SENT:
        _record(office, intent, IntentState.SENT, "found among the sent messages", now)
    elif outcome is Outcome.NOT_SENT:
        with office.ledger.transaction() as entry:
            intents.put_back(entry, intent.key)
            events.record(entry, _event(intent, "not sent", "its sending was cut off; decided afresh", now))
        office.log("put back", intent=str(intent.key))
    elif now - (intent.sending_at or now) >= UNKNOWN_FOR:
        _give_to_desk(office, intent, now)
    else:
        return False
    return True


def _send(office: Office, intent: Intent, now: datetime) -> None:
    raw = office.ledger.blobs.get(intent.sha256)
    try:
        token = office.mailbox.prepare(raw)
    except PermanentMailboxError as refused:
        _refused(office, intent, str(refused), now)
        return
    with office.ledger.transaction() as entry:
        claimed = intents.claim(entry, intent.key, token, now)
    if claimed:
        office.mailbox.send(token)
        _record(office, intent, IntentState.SENT, "", now)


def _record(office: Office, intent: Intent, state: IntentState, reason: str, now: datetime) -> None:
    with office.ledger.transaction() as entry:
        intents.settle(entry, intent.key, state, now, reason)
        events.record(entry, _event(intent, state.value, reason, now))
    office.log(state.value, intent=str(intent.key), reason=reason)


def _afresh(office: Office, entry: Entry, intent: Intent, now: datetime) -> list[Outgoing]:
    """What is left of a message about several sponsors when one of them is in doubt; nothing of any other message."""
    of = where_of(office, intent) if intent.key.kind in TO_ROLE else None
    if of is None or now >= of[2].useful_until:
        return []
    clear = still_clear(office, entry, intent, now)
    if not clear or clear.issuperset(intent.about):
        return []
    left = asked_afresh(office, entry, of, intent, clear, now)
    return [left] if left else []


def _withdraw(office: Office, intent: Intent, reason: str, now: datetime) -> None:
    with office.ledger.reading() as entry:
        afresh = _afresh(office, entry, intent, now)
    with office.ledger.transaction() as entry:
        decide(entry, afresh)
        intents.settle(entry, intent.key, IntentState.WITHDRAWN, now, reason)
        events.record(entry, _event(intent, "withdrawn", reason, now))
        if intent.key.kind not in QUIET:
            words = (
                f"“{intent.subject}” to {intent.address} was not sent. {reason}",
                "Tell them yourself if they should know.",
            )
            raise_alert(_of(office, intent), entry, f"withdrawn {intent.key}", "A message was withdrawn", words, now)
    office.log("withdrawn", intent=str(intent.key), reason=reason)


def _refused(office: Office, intent: Intent, reason: str, now: datetime) -> None:
    told = f"“{intent.subject}” to {intent.address} could not be sent: {reason}"
    advice = "Correct the address in people.yaml and tell them yourself, or ask IT about the mailbox."
    with office.ledger.transaction() as entry:
        intents.settle(entry, intent.key, IntentState.WITHDRAWN, now, reason)
        events.record(entry, _event(intent, "refused", reason, now))
        for assignment in not_reached(intent):
            item = DeskItem(0, now, "refused message", told, advice, intent=str(intent.key), assignment=assignment)
            desk.open_item(entry, item)
        if intent.key.kind != "alert":
            raise_alert(
                _of(office, intent), entry, f"refused {intent.key}", "A message was refused", (reason, advice), now
            )
    office.log("refused", intent=str(intent.key), reason=reason)


def _give_to_desk(office: Office, intent: Intent, now: datetime) -> None:
    reason = (
        f"Nobody can tell whether “{intent.subject}” reached {intent.address}: the mailbox gives no proof either way."
    )
    advice = "Ask them, then accept the item (it was sent) or reprocess it (send it again)."
    with office.ledger.transaction() as entry:
        intents.settle(entry, intent.key, IntentState.UNKNOWN, now, reason)
        events.record(entry, _event(intent, "unknown", reason, now))
        desk.open_item(entry, DeskItem(0, now, "unknown sending", reason, advice, intent=str(intent.key)))
        if intent.key.kind != "alert":
            raise_alert(
                _of(office, intent), entry, f"unknown {intent.key}", "A sending is in doubt", (reason, advice), now
            )
    office.log("unknown", intent=str(intent.key))


def _put_off(office: Office, intent: Intent, sentence: str, now: datetime) -> None:
    """Leave a message for tomorrow, and tell the team once a day and person that there are more than should be."""
    occasion = f"enough for {intent.address} on {now.date()}"
    with office.ledger.transaction() as entry:
        if not events.recent(entry, 1, about=occasion):
            advice = "What is left goes tomorrow, if it is still of use. Find out why there is so much."
            raise_alert(_of(office, intent), entry, occasion, "Mail is put off until tomorrow", (sentence, advice), now)
    office.log("put off", intent=str(intent.key), reason=sentence)


def _stop(office: Office, intent: Intent, sentence: str, now: datetime) -> None:
    advice = "Find out why before anything else is sent; then start plancycle with run --resume."
    with office.ledger.transaction() as entry:
        ticks.stop(entry, now, sentence)
        events.record(entry, _event(intent, "fuse", sentence, now))
        raise_alert(office, entry, f"fuse {intent.key}", "plancycle has stopped sending", (sentence, advice), now)
    office.log("stopped", reason=sentence)


def go_on(entry: Entry, now: datetime) -> None:
    """Let a service go on that had stopped itself, as an administrator asked. Harmless where it had not."""
    stopped = ticks.stopped(entry)
    if stopped is not None:
        ticks.resume(entry)
        events.record(entry, Event(now, "administrator", "resumed", RESUMED, f"It had stopped: {stopped[1]}"))


def _of(office: Office, intent: Intent) -> Office:
    """Whose matter a message is: its own programme's team's, or everybody's where its programme is gone."""
    programme = next((item for item in office.service.programmes if item.id == intent.key.programme), None)
    return office.of(programme) if programme is not None else office


def _event(intent: Intent, what: str, why: str, now: datetime) -> Event:
    return Event(now, "plancycle", what, str(intent.key), why, intent.key.programme, intent.key.cycle)
