"""Reading Inbox and Junk through Graph: lists by date, the messages that are new, and each of them whole."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from mail.graph_drafts import instant, listed, named, property_of
from mail.graph_faults import NotThereError, RefusedMessageError, TroubledMessageError
from mail.graph_http import GraphHttp
from mail.graph_window import OLDER, Listed, Window, read_window
from mail.graph_wire import OversizeError
from mail.item import Item, received, stand_in
from mail.port import Batch, Folder, Received, TransientMailboxError

WELL_KNOWN = {Folder.INBOX: "inbox", Folder.JUNK: "junkemail"}
PAGE = 100
# A message that the server fails with so often, while it answers otherwise, is given to a person where it lies.
PATIENCE_WITH_ONE = 20

_CLASS = "String 0x001A"  # PidTagMessageClass
_FACTS = (
    "$select=id,receivedDateTime,subject,hasAttachments,internetMessageHeaders"
    f"&$expand=singleValueExtendedProperties($filter=id%20eq%20'{quote(_CLASS)}')"
)


class Reading:
    """The messages of one mailbox that were not returned yet."""

    def __init__(self, http: GraphHttp, message_limit: int) -> None:
        self._http = http
        self._message_limit = message_limit
        self._failed: dict[str, int] = {}

    def poll(self, cursor: str | None, most: int, most_bytes: int) -> Batch:
        """At most ``most`` new messages, and not many more than ``most_bytes``, oldest first."""
        window = read_window(cursor)
        waiting = [each for folder in Folder for each in self._waiting(folder, window, most + 1)]
        older = self._older(window) if len(waiting) <= most else None
        fresh = sorted(window.fresh(older or ()) + waiting, key=lambda each: each.received_at)
        messages: list[Received] = []
        done: list[Listed] = []
        for each in fresh[:most]:
            if sum(len(message.raw) for message in messages) >= most_bytes:
                break
            try:
                message = self._whole(each)
            except TransientMailboxError:
                if not messages:
                    raise
                break
            done.append(each)
            messages += [message] if message else []
        return Batch(tuple(messages), window.after(done, older).text(), more=len(done) < len(fresh))

    def _waiting(self, folder: Folder, window: Window, enough: int) -> list[Listed]:
        """The new messages of a folder inside the window, oldest first; ``enough`` of them, where there are more."""
        start = window.start()
        wanted = f"receivedDateTime ge {_written(start)}" if start else ""
        found: list[Listed] = []
        for page in self._pages(folder, wanted):
            found += window.fresh(page)
            if len(found) >= enough:
                break
        return found[:enough]

    def _older(self, window: Window) -> list[Listed]:
        """What lies in the Inbox from before the window: not filed yet, or put there by a person."""
        start = window.start()
        found: list[Listed] = []
        if start is not None:
            for page in self._pages(Folder.INBOX, f"receivedDateTime lt {_written(start)}"):
                found += page
                if len(found) >= OLDER:
                    break
        return found[:OLDER]

    def _pages(self, folder: Folder, wanted: str) -> Iterator[list[Listed]]:
        what = f"listing {folder.value.title()}"
        only = f"&$filter={quote(wanted)}" if wanted else ""
        path = f"/mailFolders/{WELL_KNOWN[folder]}/messages?$select=id,receivedDateTime{only}"
        page = self._http.get(f"{path}&$orderby=receivedDateTime%20asc&$top={PAGE}", what)
        while True:
            yield [_listed(each, folder) for each in listed(page)]
            link = page.get("@odata.nextLink")
            if not isinstance(link, str):
                return
            page = self._http.page(link, what)

    def _whole(self, each: Listed) -> Received | None:
        """The message with what the server says of it; None where it has gone meanwhile."""
        server_id = f"{each.folder}/{each.id}"
        facts: dict[str, Any] = {}
        try:
            facts = self._http.get(f"/messages/{quote(each.id, safe='')}?{_FACTS}", "reading a message")
            item = self._item(each, facts)
            self._failed.pop(each.id, None)
        except NotThereError:
            return None
        except RefusedMessageError as refused:
            item = _facts(facts, stand_in(_facts(facts, None), f"{refused} Open the message in the mailbox itself."))
        except TroubledMessageError as trouble:
            item = self._given_up(each, facts, trouble)
        return received(server_id, each.folder, item, each.received_at)

    def _item(self, each: Listed, facts: dict[str, Any]) -> Item:
        path = f"/messages/{quote(each.id, safe='')}"
        try:
            raw = self._http.download(f"{path}/$value", "reading a message", self._message_limit)
        except OversizeError:
            sentence = (
                f"The message {each.id} has more than the {self._message_limit:,} bytes that are read: open it in the"
                " mailbox itself."
            )
            raw = stand_in(_facts(facts, None), sentence)
        links = self._references(path) if facts.get("hasAttachments") is True else ()
        return _facts(facts, raw, links)

    def _given_up(self, each: Listed, facts: dict[str, Any], trouble: TroubledMessageError) -> Item:
        """One message that the server cannot give must not keep the others away for ever."""
        self._failed[each.id] = self._failed.get(each.id, 0) + 1
        if self._failed[each.id] < PATIENCE_WITH_ONE:
            raise trouble
        del self._failed[each.id]
        sentence = f"Exchange Online did not give the message {each.id} in {PATIENCE_WITH_ONE} attempts: open it there."
        return _facts(facts, stand_in(_facts(facts, None), sentence))

    def _references(self, path: str) -> tuple[str, ...]:
        """The names of attachments that are links: Graph 1.0 does not say where they lead, the message's words may."""
        page = self._http.get(
            f"{path}/attachments?$select=id,name,contentType,size,isInline", "listing a message's attachments"
        )
        found = [each for each in listed(page) if str(each.get("@odata.type", "")).endswith("referenceAttachment")]
        return tuple(str(each.get("name") or "a file without a name") for each in found)


def _listed(item: dict[str, Any], folder: Folder) -> Listed:
    at = instant(named(item, "receivedDateTime"))
    if at is None:
        raise TransientMailboxError("Exchange Online listed a message without its date: the list is asked for again.")
    return Listed(named(item, "id"), at, folder)


def _facts(facts: dict[str, Any], raw: bytes | None, links: tuple[str, ...] = ()) -> Item:
    named = [each for each in facts.get("internetMessageHeaders") or () if isinstance(each, dict)]
    return Item(
        mime=raw,
        received_at=instant(facts.get("receivedDateTime")),
        item_class=property_of(facts, _CLASS),
        subject=str(facts.get("subject") or ""),
        headers=tuple((str(each.get("name")), str(each.get("value") or "")) for each in named if each.get("name")),
        links=links,
    )


def _written(start: datetime) -> str:
    return f"{start:%Y-%m-%dT%H:%M:%SZ}"
