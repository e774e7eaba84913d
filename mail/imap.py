"""A mailbox behind IMAP and SMTP: for every mail system that is not Exchange.

SMTP keeps no record that can be asked later, so every message also goes to ourselves: our own copy, once it lies in
one of our folders, is the proof of sending. It is no arrival: ``poll`` moves it to Sent, where ``lookup`` finds it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from imaplib import IMAP4
from typing import Any

from mail import imap_cursor
from mail.imap_connection import Connection, Session
from mail.imap_faults import about_the_mailbox
from mail.imap_folders import INBOX, SENT
from mail.imap_own import headers_of, is_our_copy, stand_in
from mail.imap_sending import Sending
from mail.imap_settings import ImapSettings, Secret
from mail.port import Batch, Folder, Lane, Outcome, PermanentMailboxError, Received, TransientMailboxError

_SERVER_ID = re.compile(r"(inbox|junk)/([0-9]{1,10})/([0-9]{1,10})")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_HEADER_BYTES = 64 * 1024
# Shorter lines than the library's limit, however many messages lie in a folder.
_SEARCHED_AT_ONCE = 50_000
# Header fields are searched for by reading messages: a mailbox of many years must not make that endless.
_LOOKED_THROUGH = 5_000
_IDLE_AT_MOST = timedelta(minutes=25)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A folder as it is now: its name on the server, its UIDVALIDITY and every UID in it."""

    folder: Folder
    name: str
    validity: int
    uids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A message that was not returned yet."""

    shelf: _Shelf
    uid: int
    received_at: datetime
    size: int

    @property
    def server_id(self) -> str:
        return f"{self.shelf.folder}/{self.shelf.validity}/{self.uid}"


class ImapMailbox:
    """One mailbox, over one IMAP and one SMTP connection that are made when they are needed and reused.

    ``secret`` is the password or, for xoauth2, the access token; a callable is asked at every sign-in, so that a
    renewed token is picked up. Messages stay unread: nothing is marked. One above ``message_limit`` bytes is
    returned as a stand-in with its header lines and a sentence that says so.
    """

    batch_messages = 50
    batch_bytes = 64 * 1024 * 1024
    message_limit = 40 * 1024 * 1024
    # Of very many that wait, the oldest are looked for among those that lie there longest.
    considered = 1_000

    def __init__(self, settings: ImapSettings, secret: str | Callable[[], str]) -> None:
        hidden, trust = Secret(secret, settings.username), settings.trust()
        self._settings = settings
        self._connection = Connection(settings, hidden, trust)
        self._sending = Sending(settings, hidden, trust)

    def check(self) -> str:
        """Sign in to both servers and count what waits. A server that can move nothing is a permanent error."""
        with self._connection.session() as session:
            self._require_moving(session)
            counts = {folder: len(shelf.uids) for folder in Folder if (shelf := self._shelf(session, folder))}
        self._sending.check()
        junk = f"{counts[Folder.JUNK]} in Junk" if Folder.JUNK in counts else "no Junk folder"
        return (
            f"The mailbox {self._settings.address} on {self._settings.imap} is ready: {counts[Folder.INBOX]} in Inbox"
            f" and {junk}; {self._settings.smtp} takes its messages."
        )

    def prepare(self, raw: bytes) -> str:
        """Try the envelope, our own address included. The token is good in this process, and proves nothing later.

        A message whose copy lies here already was sent: preparing it again is a permanent error. Permanent errors
        are about this message alone; trouble with the mailbox or the sign-in is transient here, and lasting in
        ``check``: messages wait until it is mended.
        """
        message_id = str(headers_of(raw).get("Message-ID", "")).strip()
        with about_the_mailbox():
            sent = self._has_copy(message_id)
        if sent:
            raise PermanentMailboxError(f"The message {message_id} was sent already: it is not sent again.")
        return self._sending.prepare(raw)

    def send(self, token: str) -> None:
        """Hand the message to the SMTP server, for the person and for ourselves."""
        self._sending.send(token)

    def lookup(self, message_id: str, token: str) -> Outcome:
        """Our copy is among the newest 5,000 of a folder: sent. Otherwise what the SMTP server said to this process.

        That is *not sent* while the message's first byte was not begun, and where the server refused the whole of
        it; a connection that was lost later, and every other process, leaves *unknown* until our copy arrives.
        """
        message_id = message_id.strip()
        if self._sending.outcome(message_id, token) is Outcome.SENT or self._has_copy(message_id):
            return Outcome.SENT
        return self._sending.outcome(message_id, token)

    def poll(self, cursor: str | None) -> Batch:
        """Return at most ``batch_messages``, and not many more than ``batch_bytes``, by the server's time.

        A folder whose UIDVALIDITY changed is returned from its beginning. Our own copies go to Sent.
        """
        known = imap_cursor.read(cursor)
        with self._connection.session() as session:
            waiting: list[_Waiting] = []
            positions: dict[Folder, tuple[int, set[int]]] = {}
            later = 0
            for shelf in filter(None, (self._shelf(session, folder) for folder in Folder)):
                returned = _still_known(shelf, known.get(shelf.folder))
                positions[shelf.folder] = (shelf.validity, returned)
                unread = [uid for uid in shelf.uids if uid not in returned]
                waiting += self._described(session, shelf, unread[: self.considered])
                later += len(unread[self.considered :])
            chosen = self._batch(waiting)
            messages = self._received(session, chosen)
        for message in messages:
            positions[message.folder][1].add(_uid(message))
        return Batch(messages, imap_cursor.written(positions), more=len(chosen) < len(waiting) + later)

    def file(self, server_id: str, lane: Lane) -> None:
        """Move the message, by copying and removing it where the server has no MOVE.

        Killed between the two it lies in both folders, and the next call copies it once more. An id from before a
        change of UIDVALIDITY names nothing any more.
        """
        found = _SERVER_ID.fullmatch(server_id)
        if found is None:
            raise PermanentMailboxError(f"{server_id!r} is not the id of a message in an IMAP mailbox.")
        with self._connection.session() as session:
            source = session.folders.name(found[1])
            if source is None or session.select(source).validity != int(found[2]):
                return
            if session.client.search(["UID", int(found[3])]):
                self._move(session, [int(found[3])], lane.value)

    def wait(self, seconds: float) -> bool:
        """Wait until something arrives in Inbox, at most this long, and say whether something did.

        It may end early, and ends at once where the server has no IDLE: the caller keeps its own pace.
        """
        with self._connection.session() as session:
            if not session.offers("IDLE"):
                return False
            session.select(INBOX)
            session.client.idle()
            told = session.client.idle_check(timeout=min(seconds, _IDLE_AT_MOST.total_seconds()))
            told += session.client.idle_done()[1]
        return any(b"EXISTS" in each for each in told)

    def close(self) -> None:
        """Sign out of both servers. The next call signs in again."""
        self._connection.close()
        self._sending.close()

    def _shelf(self, session: Session, folder: Folder) -> _Shelf | None:
        name = session.folders.name(folder)
        if name is None:
            return None
        opened = session.select(name)
        return _Shelf(folder, name, opened.validity, tuple(sorted(_all_uids(session.client, opened.lying))))

    def _described(self, session: Session, shelf: _Shelf, uids: list[int]) -> Iterator[_Waiting]:
        """Time and size of those that are still there; the shelf's folder is the one that is open."""
        for uid, facts in session.client.fetch(uids, ["INTERNALDATE", "RFC822.SIZE"]).items():
            yield _Waiting(shelf, uid, facts[b"INTERNALDATE"].astimezone(UTC), int(facts[b"RFC822.SIZE"]))

    def _batch(self, waiting: list[_Waiting]) -> list[_Waiting]:
        chosen: list[_Waiting] = []
        size = 0
        ordered = sorted(waiting, key=lambda each: (each.received_at, each.shelf.folder, each.uid))
        for each in ordered[: self.batch_messages]:
            if size >= self.batch_bytes:
                break
            chosen.append(each)
            size += min(each.size, self.message_limit)
        return chosen

    def _received(self, session: Session, chosen: list[_Waiting]) -> tuple[Received, ...]:
        """The messages in the order chosen, without our own copies, which are moved, and those that went away."""
        found: dict[str, Received] = {}
        for shelf in dict.fromkeys(each.shelf for each in chosen):
            if session.select(shelf.name).validity != shelf.validity:
                raise TransientMailboxError(f"The folder {shelf.name} changed while it was read: it is read again.")
            own: list[int] = []
            for each in (each for each in chosen if each.shelf is shelf):
                raw = self._raw(session.client, each)
                if raw is not None and is_our_copy(raw, self._settings.address):
                    own.append(each.uid)
                elif raw is not None:
                    found[each.server_id] = Received(each.server_id, raw, each.received_at, shelf.folder)
            if own:
                self._move(session, own, SENT)
        return tuple(found[each.server_id] for each in chosen if each.server_id in found)

    def _raw(self, client: Any, waiting: _Waiting) -> bytes | None:
        """The bytes, or a stand-in; None when the message went away in the meantime."""
        part = f"<0.{_HEADER_BYTES}>" if waiting.size > self.message_limit else ""
        found = client.fetch([waiting.uid], [f"BODY.PEEK[]{part}"]).get(waiting.uid)
        if found is None:
            return None
        raw = next((value for name, value in found.items() if name.startswith(b"BODY[]")), None)
        if raw is None:
            return stand_in(b"", f"The server does not hand over the message {waiting.server_id}: ask for its repair.")
        size = max(waiting.size, len(raw))
        if size <= self.message_limit:
            return bytes(raw)
        sentence = (
            f"The message {waiting.server_id} has {size:,} bytes, more than the {self.message_limit:,} that are read:"
            " open it in the mailbox itself."
        )
        return stand_in(raw[:_HEADER_BYTES], sentence)

    def _move(self, session: Session, uids: list[int], role: str) -> None:
        self._require_moving(session)
        target = session.folders.made(role)
        try:
            _moved(session, uids, target)
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            if "TRYCREATE" not in str(error):
                raise
            session.folders.refresh()
            _moved(session, uids, session.folders.made(role))

    def _require_moving(self, session: Session) -> None:
        """Without either, emptying a folder would remove what other people marked as deleted."""
        if not session.offers("MOVE") and not session.offers("UIDPLUS"):
            raise PermanentMailboxError(
                f"{self._settings.imap} has neither MOVE nor UIDPLUS, so that messages cannot be filed safely: ask for"
                " a newer mail server."
            )

    def _has_copy(self, message_id: str) -> bool:
        if not _MESSAGE_ID.fullmatch(message_id):
            return False
        with self._connection.session() as session:
            return any(self._lies_in(session, role, message_id) for role in (SENT, *Folder, *Lane))

    def _lies_in(self, session: Session, role: str, message_id: str) -> bool:
        name = session.folders.name(role)
        if name is None:
            return False
        try:
            lying = int(session.client.select_folder(name, readonly=True)[b"EXISTS"])
        except IMAP4.abort:
            raise
        except IMAP4.error:
            # Somebody may have removed the folder since it was listed: then nothing lies in it.
            session.folders.refresh()
            if session.folders.name(role) == name:
                raise
            return False
        newest = f"{max(1, lying - _LOOKED_THROUGH + 1)}:*"
        ours = ["HEADER", "Message-ID", message_id, "FROM", self._settings.address]
        return lying > 0 and bool(session.client.search([newest, *ours]))


def _all_uids(client: Any, lying: int) -> Iterator[int]:
    for first in range(1, lying + 1, _SEARCHED_AT_ONCE):
        last = first + _SEARCHED_AT_ONCE - 1
        yield from client.search([f"{first}:{last if last < lying else '*'}"])


def _still_known(shelf: _Shelf, known: imap_cursor.Returned | None) -> set[int]:
    if known is None or known.validity != shelf.validity:
        return set()
    return {uid for uid in shelf.uids if uid in known}


def _uid(message: Received) -> int:
    return int(message.server_id.rpartition("/")[2])


def _moved(session: Session, uids: list[int], target: str) -> None:
    if session.offers("MOVE"):
        session.client.move(uids, target)
        return
    session.client.copy(uids, target)
    session.client.delete_messages(uids, silent=True)
    session.client.uid_expunge(uids)
