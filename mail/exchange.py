"""A mailbox on an Exchange server (2016, 2019, SE), over Exchange Web Services, with exchangelib.

Messages go out as the bytes that were committed, in one question with a copy to Sent Items. A copy there is the proof
of *sent*. A draft would prove nothing more: a server may deliver a draft, answer with an error and keep it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from mail.exchange_cursor import Cursor, Waiting, read_cursor
from mail.exchange_faults import Place, explained
from mail.exchange_settings import ExchangeSettings
from mail.item import outgoing_id, received, stand_in
from mail.port import (
    Batch,
    Folder,
    Lane,
    MailboxError,
    Outcome,
    PermanentMailboxError,
    Received,
    TransientMailboxError,
)

if TYPE_CHECKING:
    from mail.exchange_calls import Calls
    from mail.exchange_wire import Wire

__all__ = ["ExchangeMailbox", "ExchangeSettings"]

_LANES = {Lane.PROCESSED: "Processed", Lane.ATTENTION: "Attention"}
_MOST_PAGES = 40
_CHECKED_ID = "<plancycle.check@invalid>"


class ExchangeMailbox:
    """The mailbox that the settings name, signed in to with ``secret`` (a password or a client secret).

    Nothing is asked before the first call. One account and one connection serve all calls; a call makes each question
    once and never waits for a busy server: until the time that the server asked for is over, calls are refused here.
    ``poll`` puts a short message that says so in the place of one above ``message_limit`` bytes or without content.
    """

    batch_messages = 50
    batch_bytes = 64 * 1024 * 1024
    message_limit = 40 * 1024 * 1024

    def __init__(self, settings: ExchangeSettings, secret: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._secret = secret
        self._clock = clock
        self._wire: Wire | None = None
        self._calls: Calls | None = None
        self._account: Any = None
        self._prepared: dict[str, bytes] = {}
        self._refused: set[str] = set()
        self._doubted: set[str] = set()

    def __repr__(self) -> str:
        return f"ExchangeMailbox({self._settings.address!r}, {self._settings.endpoint!r})"

    def check(self) -> str:
        """Count Inbox and Junk, and search Sent Items, as every sending relies on it. Says what the server lacks."""
        with self._asking("looking at the folders") as calls:
            counts = calls.counts()
            missing = [name for name in ("inbox", "sent") if counts[name] is None]
            if missing:
                raise PermanentMailboxError(
                    f"The mailbox {self._settings.address} has no {' and no '.join(missing)} folder that"
                    f" {self._settings.signs_in_as} can see: ask IT for full access to the mailbox."
                )
            calls.is_sent(_CHECKED_ID)
            listing = _reads_by_listing(calls)
        junk = "no Junk folder, so only the Inbox is read" if counts["junk"] is None else f"{counts['junk']} in Junk"
        return (
            f"The Exchange mailbox {self._settings.address} is ready: {counts['inbox']} in Inbox and {junk}.{listing}"
        )

    def prepare(self, raw: bytes) -> str:
        """Keep the message here, once Sent Items has shown that it was not sent yet; the token follows from its id.

        A mailbox that cannot be reached or signed in to is a transient error here, whatever its cause: a permanent
        one would say that this message can never go.
        """
        message_id = outgoing_id(raw)
        token = _token(message_id)
        self._prepared.pop(token, None)
        self._refused.discard(token)
        try:
            sent = self._is_sent(message_id)
        except PermanentMailboxError as trouble:
            raise TransientMailboxError(str(trouble)) from None
        if sent:
            raise PermanentMailboxError(f"The message {message_id} was sent already: it is not prepared again.")
        self._prepared[token] = raw
        return token

    def send(self, token: str) -> None:
        """Send it in one question that is put once. An error is *not sent* only where the server cannot have got it."""
        raw = self._prepared.pop(token, None)
        if raw is None:
            raise PermanentMailboxError(f"No message {token} is prepared in this process: prepare it before sending.")
        self._refused.add(token)
        message_id = outgoing_id(raw)
        if self._is_sent(message_id):
            self._refused.discard(token)
            raise PermanentMailboxError(f"The message {message_id} was sent already: it is not sent again.")
        with self._asking("sending", once=True) as calls:
            try:
                calls.send(raw)
            finally:
                if self._wire is None or self._wire.open:
                    self._refused.discard(token)
                    self._doubted.add(token)
        self._doubted.discard(token)

    def lookup(self, message_id: str, token: str) -> Outcome:
        """In Sent Items: sent. Else unknown, unless this process saw that the server never took the message."""
        if self._is_sent(message_id):
            return Outcome.SENT
        if token == _token(message_id) and token in self._refused - self._doubted:
            return Outcome.NOT_SENT
        return Outcome.UNKNOWN

    def poll(self, cursor: str | None) -> Batch:
        """Return at most ``batch_messages``, and not many more than ``batch_bytes``, the oldest first.

        The cursor holds the server's state of both folders. A state that the server no longer knows is begun anew.
        Where the server has no states, the folders are listed whole, and the cursor holds what still lies there.
        """
        with self._asking("reading Inbox and Junk") as calls:
            listed, whole = _caught_up(calls, read_cursor(cursor, self._settings.address))
            messages: list[Received] = []
            taken = size = 0
            for waiting in listed.waiting[: self.batch_messages]:
                if size >= self.batch_bytes:
                    break
                message = self._received(calls, waiting)
                taken += 1
                if message is not None:
                    messages.append(message)
                    size += len(message.raw)
        following = listed.handed_over(taken)
        return Batch(tuple(messages), following.text(), more=bool(following.waiting) or not whole)

    def file(self, server_id: str, lane: Lane) -> None:
        """Move the item; the server gives it another id there, so a second call finds nothing to move."""
        with self._asking(f"filing into {_LANES[lane]}") as calls:
            calls.move(server_id, _LANES[lane])

    def close(self) -> None:
        """Close the connection. A later call opens another."""
        account, self._account, self._calls = self._account, None, None
        if account is not None:
            account.protocol.close()

    def _is_sent(self, message_id: str) -> bool:
        with self._asking("searching Sent Items") as calls:
            return calls.is_sent(message_id)

    def _received(self, calls: "Calls", waiting: Waiting) -> Received | None:
        """None where the item is gone: somebody moved it, or it was filed."""
        if waiting.size <= self.message_limit:
            item = calls.item(waiting.server_id)
            return None if item is None else received(waiting.server_id, waiting.folder, item, waiting.received_at)
        item = calls.item(waiting.server_id, with_mime=False)
        if item is None:
            return None
        sentence = (
            f"The message {waiting.server_id} has {waiting.size:,} bytes, more than the {self.message_limit:,} that are"
            " read: open it in the mailbox."
        )
        short = replace(item, mime=stand_in(item, sentence), headers=())
        return received(waiting.server_id, waiting.folder, short, waiting.received_at)

    @contextmanager
    def _asking(self, deed: str, once: bool = False) -> Iterator["Calls"]:
        """Whatever goes wrong inside leaves as one of the port's errors, without the secret and without its cause."""
        try:
            calls, wire = self._opened()
            if wire.held():
                raise TransientMailboxError(
                    f"The Exchange server {wire.endpoint} asked not to be asked for another {wire.held():.0f} seconds"
                    f" ({deed}): it is tried again after that."
                )
            wire.begin(once)
            yield calls
        except MailboxError:
            raise
        except Exception as error:  # a boundary: exchangelib, requests, oauthlib and XML parsers each have their own
            raise self._explained(error, deed) from None

    def _opened(self) -> "tuple[Calls, Wire]":
        from mail.exchange_account import opened
        from mail.exchange_calls import Calls
        from mail.exchange_wire import Wire

        settings = self._settings
        if self._wire is None:
            self._wire = Wire(settings.endpoint, settings.ca_bundle, settings.timeout, self._clock)
        if self._calls is None:
            self._account = opened(settings, self._secret, self._wire)
            self._calls = Calls(self._account, self._wire)
        return self._calls, self._wire

    def _explained(self, error: Exception, deed: str) -> MailboxError:
        wire, settings = self._wire, self._settings
        endpoint = wire.endpoint if wire else settings.endpoint
        wait = float(getattr(error, "back_off", None) or (wire.retry_after if wire else None) or 0)
        if wire and wait:
            wire.hold(wait)
        place = Place(endpoint, settings.address, settings.signs_in_as, self._secret, deed)
        return explained(error, wire.status if wire else None, wait, place)


def _reads_by_listing(calls: "Calls") -> str:
    """What to say of a server that tells no changes; empty where it does."""
    from mail.exchange_calls import NoListOfChangesError

    try:
        calls.changes(Folder.INBOX, None, most=1)
    except NoListOfChangesError:
        calls.listed(Folder.INBOX)
        told = "The server does not tell what has changed (SyncFolderItems)"
        return f" {told}, so all that lies there is listed at every reading."
    return ""


def _caught_up(calls: "Calls", cursor: Cursor) -> tuple[Cursor, bool]:
    """List what came and went since the cursor; and whether to the end."""
    from mail.exchange_calls import NoListOfChangesError

    states, returned = dict(cursor.states), dict(cursor.returned)
    waiting = {item.server_id: item for item in cursor.waiting}
    whole = True
    for folder in Folder:
        try:
            whole = _follow(calls, folder, states, waiting) and whole
        except NoListOfChangesError:
            lying = _lying(calls, folder)
            returned[folder] = _compared(lying, folder, returned.get(folder, frozenset()), waiting)
        else:
            for known in returned.pop(folder, ()):
                waiting.pop(known, None)
    ordered = sorted(waiting.values(), key=lambda item: item.order)
    return Cursor(cursor.address, states, tuple(ordered), returned), whole


def _lying(calls: "Calls", folder: Folder) -> dict[str, Waiting]:
    """What lies in a folder, by its id. A mailbox need not have Junk: check says so."""
    try:
        found = calls.listed(folder)
    except Exception as error:  # all kinds of refusals: without a doubt only where the folder itself is not known
        if folder is not Folder.JUNK or not calls.lacks(error) or calls.knows(folder):
            raise
        found = []
    return {each.server_id: Waiting(each.server_id, folder, each.received_at, each.size) for each in found}


def _compared(
    lying: dict[str, Waiting], folder: Folder, returned: frozenset[str], waiting: dict[str, Waiting]
) -> frozenset[str]:
    """Let all that lies there and was not returned wait, and say what of the returned still lies there."""
    for item in [item for item in waiting.values() if item.folder is folder]:
        del waiting[item.server_id]
    waiting.update({server_id: item for server_id, item in lying.items() if server_id not in returned})
    return returned & lying.keys()


def _follow(calls: "Calls", folder: Folder, states: dict[Folder, str], waiting: dict[str, Waiting]) -> bool:
    from mail.exchange_calls import NO_FOLDER, UNKNOWN_STATE

    for _ in range(_MOST_PAGES):
        try:
            page = calls.changes(folder, states.get(folder))
        except UNKNOWN_STATE:
            if folder not in states:
                raise
            del states[folder]
            continue
        except NO_FOLDER:
            if folder is Folder.JUNK:
                return True  # a mailbox need not have one; check says so
            raise
        for change in page.changes:
            waiting.pop(change.server_id, None)
            if change.here:
                waiting[change.server_id] = Waiting(change.server_id, folder, change.received_at, change.size)
        states[folder] = page.state
        if page.last:
            return True
    return False


def _token(message_id: str) -> str:
    return sha256(message_id.strip().encode("utf-8", "replace")).hexdigest()
