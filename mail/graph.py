"""A mailbox of Exchange Online, over Microsoft Graph: for one application, with access to that one mailbox.

Every request asks for immutable ids, which survive moves. See docs/graph.md for what IT has to allow.
"""

from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import quote

from mail.graph_drafts import listed, named
from mail.graph_faults import NotThereError, RefusedMessageError
from mail.graph_http import GraphHttp
from mail.graph_pace import Pace
from mail.graph_read import WELL_KNOWN, Reading
from mail.graph_send import FolderId, Sending
from mail.graph_settings import GraphSettings, expiry_warning
from mail.graph_signin import certificate_expires
from mail.port import Batch, Folder, Lane, Outcome, PermanentMailboxError, TransientMailboxError

LANES = {Lane.PROCESSED: "Processed", Lane.ATTENTION: "Attention"}


class GraphMailbox:
    """The mailbox port over Graph.

    ``secret`` is the client secret or, with a certificate, the passphrase of its key (empty where it has none).
    ``clock`` gives the time as an aware UTC datetime. Nothing here sleeps: where Exchange Online asks to wait, or a
    limit of the mailbox is near, every call raises TransientMailboxError, with the time, until the wait is over.
    """

    batch_messages = 25
    batch_bytes = 64 * 1024 * 1024
    message_limit = 40 * 1024 * 1024

    def __init__(self, settings: GraphSettings, secret: str, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._secret = secret
        self._clock = clock
        pace = Pace()
        self._http = GraphHttp(settings, secret, clock, pace)
        self._well_known = {folder: FolderId(self._http, name) for folder, name in WELL_KNOWN.items()}
        self._lanes: dict[Lane, str] = {}
        self._drafts = FolderId(self._http, "drafts")
        self._sending = Sending(self._http, pace, self._drafts)
        self._reading = Reading(self._http, self.message_limit)

    def check(self) -> str:
        """Sign in and count what waits; warns of what lies in Drafts, of a secret that ends soon, of a wrong clock."""
        counts = [_count(each) for each in (*self._well_known.values(), self._drafts)]
        ready = (
            f"The mailbox {self._settings.address} in Exchange Online is ready: {counts[0]} in Inbox and {counts[1]} in"
            " Junk."
        )
        left = f"{counts[2]} in Drafts: what has lain there for an hour did not go." if counts[2] else ""
        return " ".join(filter(None, (ready, left, *self.warnings())))

    def warnings(self) -> tuple[str, ...]:
        """What will stop the mailbox in the next weeks, a sentence each. Asks the server nothing.

        A wrong clock is noticed only after a request.
        """
        expires: date | None
        if self._settings.certificate is not None:
            what, expires = "certificate", certificate_expires(self._settings.certificate, self._secret)
        else:
            what, expires = "client secret", self._settings.secret_expires
        found = (expiry_warning(what, expires, self._clock()), self._http.clock_fault())
        return tuple(sentence for sentence in found if sentence)

    def prepare(self, raw: bytes) -> str:
        """Make the draft; the token is its immutable id with the Message-ID. An earlier draft is deleted first.

        Permanent errors are about this message alone. What is wrong with the mailbox or the sign-in is transient
        here: the message stays decided, and goes when a person has put the mailbox right.
        """
        try:
            return self._sending.prepare(raw, self._clock())
        except RefusedMessageError:
            raise
        except PermanentMailboxError as trouble:
            raise TransientMailboxError(str(trouble)) from None

    def send(self, token: str) -> None:
        """Send the draft, which must still lie untouched in Drafts."""
        self._sending.send(token, self._clock())

    def lookup(self, message_id: str, token: str) -> Outcome:
        """No draft any more, or in Sent Items: sent. In Drafts, and no request to send it can be at work: not sent."""
        return self._sending.lookup(message_id.strip(), token, self._clock())

    def poll(self, cursor: str | None) -> Batch:
        """Return at most ``batch_messages``, and not many more than ``batch_bytes``.

        The cursor holds the date up to which messages were returned, less a day, and the keys of those since. A
        message in the Inbox from before that day which was not returned (a person put it there) is returned too.
        """
        return self._reading.poll(cursor, self.batch_messages, self.batch_bytes)

    def file(self, server_id: str, lane: Lane) -> None:
        """Move the message where it still lies in the folder it was read from; the id stays the same.

        An id that another system gave, before the mailbox came here, is of no message here: nothing is done.
        """
        folder, _, item = server_id.partition("/")
        if folder not in list(Folder) or not item:
            return
        for _ in range(2):
            if not self._lies_in(item, Folder(folder)):
                return
            try:
                self._move(item, lane)
            except NotThereError:
                self._lanes.pop(lane, None)  # either has gone: the lane's folder is looked for, or made, again
            else:
                return
        raise TransientMailboxError(
            f"The folder {LANES[lane]} of {self._settings.address} comes and goes: tried later."
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _lies_in(self, item: str, folder: Folder) -> bool:
        try:
            found = self._http.get(f"/messages/{quote(item, safe='')}?$select=id,parentFolderId", "filing a message")
        except NotThereError:
            return False
        return named(found, "parentFolderId") == self._well_known[folder].get()

    def _move(self, item: str, lane: Lane) -> None:
        destination = self._lane(lane)
        path = f"/messages/{quote(item, safe='')}/move"
        self._http.post(path, f"moving a message to {LANES[lane]}", {"destinationId": destination})

    def _lane(self, lane: Lane) -> str:
        """The id of the lane's folder, which is made beside the Inbox where it is missing."""
        if lane not in self._lanes:
            self._lanes[lane] = self._found(lane) or self._made(lane)
        return self._lanes[lane]

    def _found(self, lane: Lane) -> str | None:
        wanted = quote(f"displayName eq '{LANES[lane]}'", safe="'")
        page = self._http.get(f"/mailFolders?$filter={wanted}&$select=id,displayName&$top=10", "looking for a folder")
        return next((named(each, "id") for each in listed(page)), None)

    def _made(self, lane: Lane) -> str:
        made = self._http.post("/mailFolders", f"making the folder {LANES[lane]}", {"displayName": LANES[lane]})
        return named(made, "id")


def _count(folder: FolderId) -> int:
    found = folder.describe().get("totalItemCount")
    if isinstance(found, int):
        return found
    raise TransientMailboxError(f"Exchange Online did not say how much lies in {folder.name}: it is asked again later.")
