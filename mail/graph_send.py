"""Sending through Graph exactly once: a draft, its id saved by the caller, sent, and the same id looked at again.

Graph answers *accepted* before the message has gone, and an answer may be lost. So a draft that is still there proves
that nothing was sent only when no request to send it can be on its way any more.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mail.graph_drafts import Drafts, State, named
from mail.graph_faults import RefusedMessageError
from mail.graph_http import GraphHttp
from mail.graph_pace import Pace
from mail.item import outgoing_id
from mail.port import Outcome, PermanentMailboxError, TransientMailboxError

# How long a request to send may still be at work in the server after the connection was lost. Well under the half
# hour after which a sending in doubt is given to a person.
AT_WORK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Token:
    """What is saved between preparing and sending. ``known_as``: the Message-ID that the server gave the draft."""

    id: str
    message_id: str
    known_as: str

    def text(self) -> str:
        return json.dumps({"id": self.id, "message_id": self.message_id, "known_as": self.known_as})


class Sending:
    """The drafts that this process made ready, and what became of messages."""

    def __init__(self, http: GraphHttp, pace: Pace, drafts_folder: "FolderId") -> None:
        self._http = http
        self._pace = pace
        self._drafts = Drafts(http)
        self._drafts_folder = drafts_folder
        self._ready: dict[str, Token] = {}
        self._tried: dict[str, datetime] = {}

    def prepare(self, raw: bytes, now: datetime) -> str:
        """Make the draft that alone can be sent under this Message-ID."""
        message_id = _sendable(raw)
        self._pace.may_prepare(now, len(raw))
        self._ready.pop(message_id, None)
        if self._drafts.found("sentitems", message_id):
            raise RefusedMessageError(f"The message {message_id} was sent already: it is not prepared again.")
        for earlier in self._drafts.found("drafts", message_id):
            self._clear_away(earlier, message_id)
        self._pace.uploaded(now, len(raw))
        draft = self._drafts.create(raw)
        token = Token(draft.id, message_id, draft.message_id or message_id)
        self._ready[message_id] = token
        return token.text()

    def send(self, text: str, now: datetime) -> None:
        """Send what this process prepared; whatever happens, this process does not send it again."""
        token = _token(text)
        if token is None or self._ready.get(token.message_id) != token:
            raise PermanentMailboxError(
                "This message was sent, or prepared anew, or was prepared before the service was started again: it is"
                " not sent now. Its state is looked up."
            )
        del self._ready[token.message_id]
        state = self._drafts.state(token.id)
        if state is None or not state.is_draft or state.submitted or state.folder != self._drafts_folder.get():
            raise PermanentMailboxError(
                f"The draft of {token.message_id} does not lie in Drafts any more: somebody moved, deleted or sent it."
                " It is not sent now."
            )
        self._note_attempt(token.id, now)
        self._pace.sent(now)
        self._drafts.submit(token.id)

    def lookup(self, message_id: str, text: str, now: datetime) -> Outcome:
        """Sent: it is no draft any more, or it lies in Sent Items. Not sent: its draft lies in Drafts, untouched."""
        token = _token(text)
        ours = token is not None and token.message_id == message_id
        state = self._drafts.state(token.id) if ours and token else None
        if state is not None and not state.is_draft:
            return Outcome.SENT
        names = {message_id, token.known_as} if ours and token else {message_id}
        if any(self._drafts.found("sentitems", name) for name in sorted(names)):
            return Outcome.SENT
        if state is not None and not state.submitted and state.folder == self._drafts_folder.get():
            return Outcome.UNKNOWN if self._may_be_at_work(state, now) else Outcome.NOT_SENT
        return Outcome.UNKNOWN

    def _clear_away(self, earlier: State, message_id: str) -> None:
        """An earlier draft goes before a new one comes: should it be on its way, there must be no second."""
        if earlier.submitted or not earlier.is_draft:
            raise TransientMailboxError(f"An earlier draft of {message_id} is on its way out: it is looked at later.")
        self._drafts.delete(earlier.id)

    def _may_be_at_work(self, state: State, now: datetime) -> bool:
        """Both by the server's clock, where a later process asks: ours may have been wrong."""
        tried = self._tried.get(state.id)
        if tried is not None and timedelta() <= now - tried < AT_WORK:
            return True
        return state.changed_at is None or self._http.server_now() - state.changed_at < AT_WORK

    def _note_attempt(self, item: str, now: datetime) -> None:
        self._tried = {known: at for known, at in self._tried.items() if timedelta() <= now - at < AT_WORK}
        self._tried[item] = now


class FolderId:
    """The id of a well-known folder, asked for once."""

    def __init__(self, http: GraphHttp, name: str) -> None:
        self._http = http
        self.name = name
        self._id = ""

    def get(self) -> str:
        """The id; raises the port's errors."""
        if not self._id:
            self._id = named(self.describe(), "id")
        return self._id

    def describe(self) -> dict[str, Any]:
        """The folder's id and how many messages lie in it."""
        return self._http.get(f"/mailFolders/{self.name}?$select=id,totalItemCount", f"opening the folder {self.name}")


def _sendable(raw: bytes) -> str:
    try:
        return outgoing_id(raw)
    except PermanentMailboxError as refused:
        raise RefusedMessageError(str(refused)) from None


def _token(text: str) -> Token | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in Token.__slots__):
        return None
    return Token(found["id"], found["message_id"], found["known_as"])
