"""The questions that are put to an Exchange server, and their answers as plain values.

This module imports exchangelib as it is imported: import it only where a mailbox is opened. Elements are read here and
not by exchangelib's models, which fail on a kind of item that they do not know and drop cloud attachments.
"""

import base64
import binascii
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from exchangelib import errors  # type: ignore[import-untyped, unused-ignore]
from exchangelib.fields import FieldPath  # type: ignore[import-untyped, unused-ignore]
from exchangelib.folders import (  # type: ignore[import-untyped, unused-ignore]
    SHALLOW,
    Folder,
    FolderCollection,
    Inbox,
    JunkEmail,
    Messages,
    MsgFolderRoot,
    Root,
    SentItems,
    SingleFolderQuerySet,
)
from exchangelib.items import ID_ONLY, Message  # type: ignore[import-untyped, unused-ignore]
from exchangelib.properties import ItemId  # type: ignore[import-untyped, unused-ignore]
from exchangelib.restriction import Q  # type: ignore[import-untyped, unused-ignore]
from exchangelib.services import (  # type: ignore[import-untyped, unused-ignore]
    CreateFolder,
    GetFolder,
    GetItem,
    MoveItem,
    SyncFolderItems,
)
from exchangelib.services.sync_folder_hierarchy import SyncFolder  # type: ignore[import-untyped, unused-ignore]
from exchangelib.util import MNS, TNS  # type: ignore[import-untyped, unused-ignore]

from mail.item import Item

GONE = (errors.ErrorItemNotFound, errors.ErrorInvalidIdMalformed, errors.ErrorInvalidId)
NO_FOLDER = (errors.ErrorFolderNotFound, errors.ErrorToFolderNotFound, errors.ErrorSyncFolderNotFound)
UNKNOWN_STATE = (errors.ErrorInvalidSyncStateData,)
_DAMAGED = (
    errors.ErrorContentConversionFailed,
    errors.ErrorCorruptData,
    errors.ErrorItemCorrupt,
    errors.ErrorItemPropertyRequestFailed,
    errors.ErrorMessageSizeExceeded,
    errors.ErrorMimeContentConversionFailed,
)
# How servers say that they do not know a property that was asked for.
_NOT_OFFERED = (
    errors.ErrorInvalidPropertyRequest,
    errors.ErrorInvalidPropertyForOperation,
    errors.ErrorUnsupportedPathForQuery,
    errors.ErrorSchemaValidation,
    errors.ErrorInvalidRequest,
    errors.ErrorInvalidSchemaVersionForMailboxVersion,  # what exchangelib makes of the one before
)
_PAGE = 500
_NAME = ("message_id",)
_SYNC_FIELDS = ("datetime_received", "size")
_ITEM_FIELDS = ("mime_content", "item_class", "datetime_received", "subject", "headers", "attachments")
_BARE_FIELDS = ("mime_content",)


@dataclass(frozen=True, slots=True)
class Change:
    """An item that came into a folder, or (``here`` false) left it."""

    server_id: str
    here: bool
    received_at: datetime | None
    size: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some changes of a folder, the state after them, and whether they were the last."""

    changes: tuple[Change, ...]
    state: str
    last: bool


class _Changes(SyncFolderItems):  # type: ignore[misc, unused-ignore]
    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        # An error need not carry a state: exchangelib would stumble over the missing element, not say the error.
        self.sync_state = message.findtext(f"{{{MNS}}}SyncState")
        self.includes_last_item_in_range = message.findtext(self.last_in_range_name) != "false"
        return super(SyncFolder, self)._get_element_container(message=message, name=name)

    def _elem_to_obj(self, elem: Any) -> Change | None:
        kind = self.change_types_map.get(elem.tag)
        if kind not in (self.CREATE, self.DELETE):
            return None
        item = elem[0] if kind == self.CREATE else elem
        identity = item.find(f"{{{TNS}}}ItemId")
        size = item.findtext(f"{{{TNS}}}Size") or ""
        return Change(
            identity.get("Id"),
            kind == self.CREATE,
            _instant(item.findtext(f"{{{TNS}}}DateTimeReceived")),
            int(size) if size.isdigit() else 0,
        )


class _Items(GetItem):  # type: ignore[misc, unused-ignore]
    def _elem_to_obj(self, elem: Any) -> Item:
        return Item(
            message_id=(elem.findtext(f"{{{TNS}}}InternetMessageId") or "").strip().strip("<>"),
            mime=_decoded(elem.findtext(f"{{{TNS}}}MimeContent")),
            received_at=_instant(elem.findtext(f"{{{TNS}}}DateTimeReceived")),
            item_class=elem.findtext(f"{{{TNS}}}ItemClass"),
            subject=elem.findtext(f"{{{TNS}}}Subject") or "",
            headers=tuple(
                (each.get("HeaderName", ""), each.text or "") for each in elem.iter(f"{{{TNS}}}InternetMessageHeader")
            ),
            links=tuple(filter(None, map(_link, elem.iter(f"{{{TNS}}}ReferenceAttachment")))),
        )


class Calls:
    """One account's questions. Raises exchangelib's and requests' errors as they come."""

    def __init__(self, account: Any) -> None:
        self._account = account
        root = Root(account=account)
        top = MsgFolderRoot(root=root)
        self._top = top
        self._sent = SentItems(root=root)
        self.folders = {"inbox": Inbox(root=root), "junk": JunkEmail(root=root)}
        self._lanes: dict[str, Any] = {}
        for folder in (top, self._sent, *self.folders.values()):
            folder.to_id()  # by its well-known name and the mailbox's address, so that nothing has to be looked up

    def counts(self) -> dict[str, int | None]:
        """How many items lie in the folders; None where there is no such folder."""
        wanted = {**self.folders, "sent": self._sent}
        service = GetFolder(account=self._account)
        fields = {FieldPath(field=Folder.get_field_by_fieldname("total_count"))}
        found = list(service.call(folders=wanted.values(), additional_fields=fields, shape=ID_ONLY))
        return {name: _count(folder) for name, folder in zip(wanted, found, strict=True)}

    def is_sent(self, message_id: str) -> bool:
        """Whether Sent Items has a message of this Message-ID. What is found is looked at, not only counted."""
        bare = message_id.strip().strip("<>")
        sent = FolderCollection(account=self._account, folders=[self._sent])
        found = [_sound(each) for each in sent.find_items(q=Q(message_id=f"<{bare}>"))]
        service = _Items(account=self._account)
        named = service.call(items=[ItemId(*each) for each in found], additional_fields=_paths(_NAME), shape=ID_ONLY)
        return any(not isinstance(item, Exception) and item.message_id in ("", bare) for item in named)

    def send(self, raw: bytes) -> None:
        """Send a message as it is and keep a copy in Sent Items."""
        Message(account=self._account, folder=self._sent, mime_content=raw).send_and_save()

    def changes(self, folder: str, state: str | None) -> Page:
        """The next changes of a folder since a state."""
        service = _Changes(account=self._account)

        def ask(fields: Iterable[str]) -> list[Change | None]:
            return list(
                service.call(
                    folder=self.folders[folder],
                    shape=ID_ONLY,
                    additional_fields=_paths(fields),
                    sync_state=state,
                    ignore=None,
                    max_changes_returned=_PAGE,
                    sync_scope=None,
                )
            )

        found = _asked(ask, _SYNC_FIELDS, ())
        stands_still = service.sync_state == state
        last = bool(service.includes_last_item_in_range) or stands_still
        return Page(tuple(filter(None, found)), service.sync_state or "", last)

    def item(self, server_id: str, with_mime: bool = True) -> Item | None:
        """One item; None where it is no longer there."""
        service = _Items(account=self._account)

        def ask(fields: Iterable[str]) -> Item | Exception:
            wanted = [name for name in fields if with_mime or name != "mime_content"]
            (answer,) = service.call(items=[ItemId(server_id)], additional_fields=_paths(wanted), shape=ID_ONLY)
            if isinstance(answer, _NOT_OFFERED):
                raise answer
            return cast("Item | Exception", answer)

        try:
            found: Item | Exception = _asked(ask, _ITEM_FIELDS, _BARE_FIELDS)
            if isinstance(found, Exception):
                raise found
        except GONE:
            return None
        except _DAMAGED as error:
            return Item(trouble=f"the server says {type(error).__name__}")
        return found

    def move(self, server_id: str, lane: str) -> None:
        """Move an item into the folder of this name, made where it is missing. Nothing where the item is gone."""
        try:
            self._move(server_id, self._lane(lane))
        except NO_FOLDER:
            del self._lanes[lane]  # somebody removed the folder, or made it anew
            self._move(server_id, self._lane(lane))

    def _move(self, server_id: str, folder: Any) -> None:
        with suppress(*GONE):
            for answer in MoveItem(account=self._account).call(items=[ItemId(server_id)], to_folder=folder):
                _sound(answer)

    def _lane(self, name: str) -> Any:
        if name not in self._lanes:
            self._lanes[name] = self._found(name) or self._made(name)
        return self._lanes[name]

    def _found(self, name: str) -> Any | None:
        for folder in SingleFolderQuerySet(account=self._account, folder=self._top).depth(SHALLOW).only("name"):
            if (_sound(folder).name or "").casefold() == name.casefold():
                return folder
        return None

    def _made(self, name: str) -> Any:
        wanted = Messages(root=self._top.root, name=name)  # under the parent that the question names
        try:
            return CreateFolder(account=self._account).get(parent_folder=self._top, folders=[wanted])
        except errors.ErrorFolderExists:
            found = self._found(name)
            if found is None:
                raise
            return found


def _asked(ask: Callable[[Iterable[str]], Any], full: Iterable[str], bare: Iterable[str]) -> Any:
    """Ask for everything, and for the bare necessities where the server refuses some of it.

    Asked in full again the next time: a refusal by mistake must not hide what tells people from machines.
    """
    try:
        return ask(full)
    except _NOT_OFFERED:
        return ask(bare)  # where this fails too, it is its error that is told


def _sound(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


def _paths(names: Iterable[str]) -> set[Any]:
    return {FieldPath(field=Message.get_field_by_fieldname(name)) for name in names}


def _count(folder: Any) -> int | None:
    if isinstance(folder, (*NO_FOLDER, *GONE, errors.ErrorInvalidOperation)):
        return None
    if isinstance(folder, Exception):
        raise folder
    return int(folder.total_count or 0)


def _decoded(text: str | None) -> bytes | None:
    with suppress(binascii.Error, ValueError):
        return base64.b64decode(text) if text else None
    return None


def _instant(text: str | None) -> datetime | None:
    with suppress(ValueError, OverflowError):
        written = datetime.fromisoformat((text or "").strip())
        return (written if written.tzinfo else written.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def _link(attachment: Any) -> str:
    """Where a cloud attachment lies, or its name where the server says no more."""
    for name in ("AttachLongPathName", "PathName", "Name"):
        text = (attachment.findtext(f"{{{TNS}}}{name}") or "").strip()
        if text:
            return text
    return ""
