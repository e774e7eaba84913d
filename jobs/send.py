"""Sending: one intent at a time, so that a kill between any two lines neither loses nor repeats a message."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jobs.alert import raise_alert
from jobs.asking import TO_ROLE, asked_afresh
from jobs.fuse import RESUMED, too_much
from jobs.office import Office
from jobs.outbox import Outgoing, decide
from jobs.owed import inbox_is_fresh
from jobs.useful import ALERT, ANSWER_IS_USEFUL, ASKING, no_longer_useful, still_clear, where_of
from ledger import desk, events, intents, ticks
from ledger.errors import LedgerError
from ledger.records import DeskItem, Event, Intent, IntentState
from ledger.store import Entry
from mail.port import MailboxError, Outcome, PermanentMailboxError

UNKNOWN_FOR = timedelta(minutes=30)

# One message that its mailbox will not take must not stop those behind it; a mailbox that takes none for so many
# addresses in a row, or none of so many messages, is down, and stops them all.
TROUBLES = 3
MANY_TROUBLES = 9

# So long a message may wait for its mailbox before the team hears of it.
WAITED_LONG = timedelta(hours=1)
NOT_NOW = "not sent now"

# That somebody answered in time, or that a morning is over, is nothing to alarm anybody with.
QUIET = ASKING | {ALERT, "digest"}


@dataclass(slots=True)
class Passed:
    """The messages that were passed over in one wake-up, by Message-ID, and how often in a row, for which
    ``addresses``, the mailbox was why.

    ``before`` are those that the mailbox did not take at an earlier wake-up, with the first time; ``waiting`` are
    those that have waited for long, each with what the mailbox says.
    """

    messages: set[str] = field(default_factory=set)
    troubles: int = 0
    addresses: set[str] = field(default_factory=set)
    before: dict[str, datetime] | None = None
    waiting: list[tuple[Intent, str]] = field(default_factory=list)


def settle_one(office: Office, now: datetime) -> bool:
    """Look up one message whose sending was cut off, and write down what became of it. True if one was settled.

    One that the mailbox will not look up does not hold up the others. Raises MailboxError where it looks up none.
    """
    with office.ledger.reading() as entry:
        open_sends = intents.being_sent(entry)
    trouble: MailboxError | None = None
    for item in open_sends:
        try:
            if _settled(office, item, now):
                return True
        except MailboxError as refused:
            trouble = refused
            if isinstance(refused, PermanentMailboxError) and now - (item.sending_at or now) >= UNKNOWN_FOR:
                _give_to_desk(office, item, _in_doubt(item), now)
                return True
    if trouble is not None:
        raise trouble
    return False


def send_one(office: Office, now: datetime, left: "Passed") -> bool:
    """Send the message that goes next, or withdraw it where it is no use any more. True if there was one.

    While the service is stopped only alerts go. ``left`` collects the messages that the mailbox would not take now,
    and those that would be too many for one person today: those behind them go on. Raises MailboxError where the
    mailbox took none of several in a row.
    """
    with office.ledger.reading() as entry:
        intent = _next(entry, now, left)
        if intent is None:
            return _told_of_waiting(office, left, now)
        useless = no_longer_useful(office, entry, intent, now)
        much = None if useless else too_much(office, entry, intent, now)
    if useless:
        _withdraw(office, intent, useless, now)
    elif much and much.stops:
        _stop(office, intent, much.sentence, now)
    elif much:
        left.messages.add(intent.message_id)
        _put_off(office, intent, much.sentence, now)
    else:
        _attempt(office, intent, now, left)
    return True


def _next(entry: Entry, now: datetime, left: "Passed") -> Intent | None:
    """What goes next: alerts, then the others in the order of decision, and last what the mailbox did not take before.

    Nothing that asks goes while the inbox was not just read (law 11).
    """
    only = (ALERT,) if ticks.stopped(entry) else ()
    but = () if inbox_is_fresh(entry, now) else ASKING
    if left.before is None:
        if intents.next_to_send(entry, left.messages, only, but) is None:
            return None
        refused = events.since(entry, NOT_NOW, now - ANSWER_IS_USEFUL)
        left.before = {event.detail["message"]: event.at for event in refused}
    behind = _behind(entry, left.before) if left.before else []
    passed = left.messages | {intent.message_id for intent in behind}
    return (
        intents.next_to_send(entry, passed, (ALERT,), but)
        or intents.next_to_send(entry, passed, only, but)
        or _once_more([intent for intent in behind if intent.message_id not in left.messages], now, (only, but))
    )


def _behind(entry: Entry, before: Collection[str]) -> list[Intent]:
    """What goes behind the others: all to an address at which the mailbox did not take a message before.

    So a reminder never overtakes its issue. An alert goes ahead unless it was itself not taken.
    """
    waiting = [intent for intent in intents.open_intents(entry) if intent.state is IntentState.DECIDED]
    addresses = {intent.address for intent in waiting if intent.message_id in before}
    return [
        intent
        for intent in waiting
        if intent.message_id in before or (intent.address in addresses and intent.key.kind != ALERT)
    ]


def _once_more(
    behind: Sequence[Intent], now: datetime, kinds: tuple[Collection[str], Collection[str]]
) -> Intent | None:
    """The next of those, address by address in an order of each wake-up's own: so all of them have their turn."""
    only, but = kinds
    may_go = [it for it in behind if it.key.kind not in but and (not only or it.key.kind in only)]
    return min(may_go, key=lambda intent: (intent.key.kind != ALERT, _lot(intent, now)), default=None)


def _lot(intent: Intent, now: datetime) -> str:
    return hashlib.sha256(f"{now.isoformat()} {intent.address}".encode()).hexdigest()


def _attempt(office: Office, intent: Intent, now: datetime, left: "Passed") -> None:
    try:
        _send(office, intent, now)
    except MailboxError as trouble:
        left.messages.add(intent.message_id)
        left.troubles += 1
        left.addresses.add(intent.address)
        _not_now(office, intent, str(trouble), left, now)
        if len(left.addresses) >= TROUBLES or left.troubles >= MANY_TROUBLES:
            _told_of_outage(office, left, now)
            raise
    else:
        left.troubles = 0
        left.addresses.clear()


def _not_now(office: Office, intent: Intent, trouble: str, left: "Passed", now: datetime) -> None:
    """Remember when the mailbox first did not take a message, and which messages have waited for long."""
    office.log(NOT_NOW, intent=str(intent.key), trouble=trouble)
    before = left.before if left.before is not None else {}
    first = before.setdefault(intent.message_id, now)
    if now - first >= WAITED_LONG and intent.key.kind != ALERT:
        left.waiting.append((intent, trouble))
    elif first == now:
        with office.ledger.transaction() as entry:
            event = _event(intent, NOT_NOW, trouble, now)
            events.record(entry, replace(event, detail={"message": intent.message_id}))


def _told_of_waiting(office: Office, left: "Passed", now: datetime) -> bool:
    """Tell the team, once for each, of messages that the mailbox will not take while it takes others."""
    told = False
    waiting, left.waiting = left.waiting, []
    for intent, trouble in waiting:
        occasion = f"waiting {intent.key}"
        happened = f"“{intent.subject}” to {intent.address} has waited for more than an hour: {trouble}"
        advice = "It is tried again at every turn while it is of use. Ask IT about the address, or tell them yourself."
        with office.ledger.transaction() as entry:
            if not events.recent(entry, 1, about=occasion):
                words = (happened, advice)
                raise_alert(_of(office, intent), entry, occasion, "A message is waiting", words, now)
                told = True
    return told


def _told_of_outage(office: Office, left: "Passed", now: datetime) -> None:
    """Tell the team once a day, when mail goes again, that none went for more than an hour."""
    if not left.waiting:
        return
    intent, trouble = left.waiting[0]
    happened = f"The mailbox took no mail for more than an hour; “{intent.subject}” to {intent.address}: {trouble}"
    advice = "Ask IT about the mailbox. What is still of use goes as soon as the mailbox takes it."
    with office.ledger.transaction() as entry:
        raise_alert(office, entry, f"unsent {now.date()}", "Mail did not go", (happened, advice), now)


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
        _give_to_desk(office, intent, _in_doubt(intent), now)
    else:
        return False
    return True


def _send(office: Office, intent: Intent, now: datetime) -> None:
    try:
        raw = office.ledger.blobs.get(intent.sha256)
    except LedgerError as damage:
        _give_to_desk(office, intent, _damaged(intent, str(damage)), now)
        return
    try:
        token = office.mailbox.prepare(raw)
    except PermanentMailboxError as refused:
        _give_to_desk(office, intent, _refused(intent, str(refused)), now)
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


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why a message goes no further, and what a person reads of it: ``why`` for the log, ``told`` with its ``advice``.

    ``kind`` is the desk item's, ``title`` the alert's.
    """

    state: IntentState
    what: str
    kind: str
    title: str
    why: str
    told: str
    advice: str


def _refused(intent: Intent, reason: str) -> _Trouble:
    told = f"“{intent.subject}” to {intent.address} could not be sent: {reason}"
    advice = "Correct the address in people.yaml and tell them yourself, or ask IT about the mailbox."
    kind, title = "refused message", "A message was refused"
    return _Trouble(IntentState.WITHDRAWN, "refused", kind, title, reason, told, advice)


def _damaged(intent: Intent, damage: str) -> _Trouble:
    """Of a message whose bytes are gone: it must not hold up those behind it, alerts above all."""
    told = f"“{intent.subject}” to {intent.address} cannot be sent: {damage}"
    advice = "Put the file back and reprocess the item, or tell them yourself and reject it."
    kind, title = "damaged message", "A message is damaged"
    return _Trouble(IntentState.UNKNOWN, "damaged", kind, title, damage, told, advice)


def _in_doubt(intent: Intent) -> _Trouble:
    told = (
        f"Nobody can tell whether “{intent.subject}” reached {intent.address}: the mailbox gives no proof either way."
    )
    advice = "Ask them, then accept the item (it was sent) or reprocess it (send it again)."
    kind, title = "unknown sending", "A sending is in doubt"
    return _Trouble(IntentState.UNKNOWN, "unknown", kind, title, told, told, advice)


def _give_to_desk(office: Office, intent: Intent, trouble: _Trouble, now: datetime) -> None:
    """Settle a message that goes no further by itself, and put it before a person: once, whatever it is about."""
    with office.ledger.transaction() as entry:
        intents.settle(entry, intent.key, trouble.state, now, trouble.why)
        events.record(entry, _event(intent, trouble.what, trouble.why, now))
        item = DeskItem(0, now, trouble.kind, trouble.told, trouble.advice, intent=str(intent.key))
        desk.open_item(entry, item)
        if intent.key.kind != ALERT:
            words = (trouble.told, trouble.advice)
            raise_alert(_of(office, intent), entry, f"{trouble.what} {intent.key}", trouble.title, words, now)
    office.log(trouble.what, intent=str(intent.key), reason=trouble.why)


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
    programme = office.service.known(intent.key.programme)
    return office.of(programme) if programme is not None else office


def _event(intent: Intent, what: str, why: str, now: datetime) -> Event:
    return Event(now, "plancycle", what, str(intent.key), why, intent.key.programme, intent.key.cycle)
