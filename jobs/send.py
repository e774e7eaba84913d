"""Sending: one intent at a time, so that a kill between any two lines neither loses nor repeats a message."""

from datetime import datetime, time, timedelta

from jobs.alert import raise_alert
from jobs.office import Office
from ledger import assignments, desk, events, intents, ticks
from ledger.records import DeskItem, Event, Intent, IntentState
from ledger.store import Entry
from mail.port import Outcome, PermanentMailboxError
from programme.calendar import steps
from programme.service import Programme

UNKNOWN_FOR = timedelta(minutes=30)

# Receipts and other answers follow what somebody sent us, so they are counted apart from what we send unasked.
ANSWERS = frozenset({"receipt", "unreadable", "question", "alert"})
A_DAY = 3
ANSWERS_A_DAY = 10

STEPS = frozenset({"issue", "deadline", "papers"})
ANSWER_IS_USEFUL = timedelta(days=14)
ALERT_IS_USEFUL = timedelta(days=3)


def settle_one(office: Office, now: datetime) -> bool:
    """Look up one message whose sending was cut off, and write down what became of it. True if one was settled."""
    with office.ledger.reading() as entry:
        open_sends = intents.being_sent(entry)
    return any(_settled(office, item, now) for item in open_sends)


def send_one(office: Office, now: datetime) -> bool:
    """Send the message that was decided first, or withdraw it where it is no use any more. True if there was one.

    While the service is stopped only alerts go.
    """
    with office.ledger.reading() as entry:
        intent = intents.next_to_send(entry, "alert" if ticks.stopped(entry) else None)
        if intent is None:
            return False
        useless = no_longer_useful(office, entry, intent, now)
        fuse = None if useless else blown_fuse(office, entry, intent, now)
    if useless:
        _withdraw(office, intent, useless, now)
    elif fuse:
        _stop(office, intent, fuse, now)
    else:
        _send(office, intent, now)
    return True


def no_longer_useful(office: Office, entry: Entry, intent: Intent, now: datetime) -> str | None:
    """Why a decided message should not go any more, judged afresh at every attempt; None while it should."""
    if intent.key.kind == "alert":
        return "The alert is out of date." if now - intent.decided_at > ALERT_IS_USEFUL else None
    if intent.key.kind not in STEPS:
        return "The answer comes too late." if now - intent.decided_at > ANSWER_IS_USEFUL else None
    programme = next((item for item in office.service.programmes if item.id == intent.key.programme), None)
    cycle = next((item for item in programme.cycles if item.id == intent.key.cycle), None) if programme else None
    if programme is None or cycle is None:
        return "Its cycle is no longer in the configuration."
    step = next(item for item in steps(programme, cycle) if item.kind.value == intent.key.kind)
    if now >= step.useful_until:
        return step.instead
    return _withdrawn_since(entry, intent)


def blown_fuse(office: Office, entry: Entry, intent: Intent, now: datetime) -> str | None:
    """The sentence that stops the service when a message would be one too many; None while all is well."""
    if not intent.address.strip():
        return f"The message {intent.key} is addressed to nobody."
    since, until = _local_day(office, intent, now)
    answer = intent.key.kind in ANSWERS
    if intent.key.kind == "alert":
        return None  # bounded where alerts are raised: the one message that must still go when others are stopped
    limit = ANSWERS_A_DAY if answer else A_DAY
    others = STEPS | {"alert"} if answer else ANSWERS
    sent = intents.sent_to(entry, intent.key.person, since, until, others)
    if sent < limit:
        return None
    return f"{intent.key.person} was already sent {sent} messages today; the limit is {limit}. Next: {intent.subject}"


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


def _withdraw(office: Office, intent: Intent, reason: str, now: datetime) -> None:
    with office.ledger.transaction() as entry:
        intents.settle(entry, intent.key, IntentState.WITHDRAWN, now, reason)
        events.record(entry, _event(intent, "withdrawn", reason, now))
        if intent.key.kind != "alert":
            words = (
                f"“{intent.subject}” to {intent.address} was not sent. {reason}",
                "Tell them yourself if they should know.",
            )
            raise_alert(office, entry, f"withdrawn {intent.key}", "A message was withdrawn", words, now)
    office.log("withdrawn", intent=str(intent.key), reason=reason)


def _refused(office: Office, intent: Intent, reason: str, now: datetime) -> None:
    told = f"“{intent.subject}” to {intent.address} could not be sent: {reason}"
    advice = "Correct the address in people.yaml and tell them yourself, or ask IT about the mailbox."
    with office.ledger.transaction() as entry:
        intents.settle(entry, intent.key, IntentState.WITHDRAWN, now, reason)
        events.record(entry, _event(intent, "refused", reason, now))
        desk.open_item(entry, DeskItem(0, now, "refused message", told, advice, intent=str(intent.key)))
        if intent.key.kind != "alert":
            raise_alert(office, entry, f"refused {intent.key}", "A message was refused", (reason, advice), now)
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
            raise_alert(office, entry, f"unknown {intent.key}", "A sending is in doubt", (reason, advice), now)
    office.log("unknown", intent=str(intent.key))


def _stop(office: Office, intent: Intent, sentence: str, now: datetime) -> None:
    advice = "Find out why before anything else is sent; then start plancycle with run --resume."
    with office.ledger.transaction() as entry:
        ticks.stop(entry, now, sentence)
        events.record(entry, _event(intent, "fuse", sentence, now))
        raise_alert(office, entry, f"fuse {now.date()}", "plancycle has stopped sending", (sentence, advice), now)
    office.log("stopped", reason=sentence)


def _withdrawn_since(entry: Entry, intent: Intent) -> str | None:
    if intent.key.kind != "issue":
        return None
    own = assignments.of_person(entry, intent.key.programme, intent.key.cycle, intent.key.person)
    return "Every plan in it was withdrawn." if own and all(item.withdrawn for item in own) else None


def _local_day(office: Office, intent: Intent, now: datetime) -> tuple[datetime, datetime]:
    programme: Programme = next(
        (item for item in office.service.programmes if item.id == intent.key.programme), office.service.programmes[0]
    )
    start = datetime.combine(programme.local(now).date(), time(), programme.zone)
    return start, start + timedelta(days=1)


def _event(intent: Intent, what: str, why: str, now: datetime) -> Event:
    return Event(now, "plancycle", what, str(intent.key), why, intent.key.programme, intent.key.cycle)
