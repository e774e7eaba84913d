"""The questions that are put to an Exchange server, and their answers as plain values.

This module imports exchangelib as it is imported: import it only where a mailbox is opened. Only what every server of
this protocol has is asked for; what some lack is asked for alone, so that the rest goes on without it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from exchangelib import errors  # type: ignore[import-untyped, unused-ignore]
from exchangelib.fields import FieldPath  # type: ignore[import-untyped, unused-ignore]
from exchangelib.folders import (  # type: ignore[import-untyped, unused-ignore]
    SHALLOW,
    Folder,
    Inbox,
    JunkEmail,
    Messages,
    MsgFolderRoot,
    Root,
    SentItems,
)
from exchangelib.items import (  # type: ignore[import-untyped, unused-ignore]
    ID_ONLY,
    SEND_AND_SAVE_COPY,
    SEND_TO_NONE,
    Message,
)
from exchangelib.properties import ItemId  # type: ignore[import-untyped, unused-ignore]
from exchangelib.restriction import Q, Restriction  # type: ignore[import-untyped, unused-ignore]

from mail.exchange_answers import Change, Changes, Described, Folders, Items, Listed, Made, Moved, Sent, first_of_each
from mail.exchange_wire import Wire
from mail.item import Item
from mail.port import PermanentMailboxError

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
# How servers say that they do not know an operation; and how they say that, or that something went wrong this once:
# the latter with one of these in HTTP, as a connection that broke or a proxy's page look the same otherwise.
UNKNOWN_OPERATION = (
    errors.ErrorInvalidOperation,
    errors.ErrorInvalidRequest,
    errors.ErrorInvalidSchemaVersionForMailboxVersion,  # what exchangelib makes of the one before
    errors.ErrorSchemaValidation,
)
_PERHAPS_STATUS = frozenset({400, 500, 501})
_PERHAPS_UNKNOWN = (errors.SOAPError, errors.MalformedResponseError)
_PAGE = 500
_NAME = ("message_id",)
_SYNC_FIELDS = ("datetime_received", "size")
_MIME = "mime_content"
_ITEM_FIELDS = (_MIME, "item_class", "datetime_received", "subject", "headers", "attachments")
# A server that lacks a property lacks few: what tells people from machines (headers, class) is given up last.
_WITHOUT_ONE = tuple(
    tuple(name for name in _ITEM_FIELDS if name != lacking)
    for lacking in ("attachments", "subject", "datetime_received", "item_class", "headers")
)


class NoListOfChangesError(Exception):
    """The server does not tell what came into a folder since the last time: the folder has to be listed."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some changes of a folder, the state after them, and whether they were the last."""

    changes: tuple[Change, ...]
    state: str
    last: bool


class Calls:
    """One account's questions. Raises exchangelib's and requests' errors as they come.

    One error is the port's own already: that of a folder that is missing and is not made.
    """

    def __init__(self, account: Any, wire: Wire) -> None:
        self._account = account
        self._wire = wire
        root = Root(account=account)
        top = MsgFolderRoot(root=root)
        self._top = top
        self._sent = SentItems(root=root)
        self.folders = {"inbox": Inbox(root=root), "junk": JunkEmail(root=root)}
        self._lanes: dict[str, Any] = {}
        self._untold: set[str] = set()
        for folder in (top, self._sent, *self.folders.values()):
            folder.to_id()  # by its well-known name and the mailbox's address, so that nothing has to be looked up

    def counts(self) -> dict[str, int | None]:
        """How many items lie in the folders; None where there is no such folder."""
        wanted = {**self.folders, "sent": self._sent}
        try:
            found = list(self._described(wanted.values()))
        except Exception as error:  # all kinds of refusals, told apart by ``lacks``
            if not self.lacks(error):
                raise
            # Of several folders in one question, one whose name the server does not know spoils the whole.
            if not self.knows("junk"):
                del wanted["junk"]
            found = list(self._described(wanted.values()))
        return {"junk": None, **{name: _count(folder) for name, folder in zip(wanted, found, strict=True)}}

    def knows(self, folder: str) -> bool:
        """Whether the server knows this folder, asked for alone."""
        try:
            (found,) = self._described([self.folders[folder]])
        except Exception as error:  # all kinds of refusals, told apart by ``lacks``
            if not self.lacks(error):
                raise
            return False
        return not isinstance(found, Exception)

    def lacks(self, error: Exception) -> bool:
        """Whether an error may mean that the server does not have what it was just asked for."""
        if isinstance(error, (*NO_FOLDER, *UNKNOWN_OPERATION, errors.ErrorInternalServerError)):
            return True
        return isinstance(error, _PERHAPS_UNKNOWN) and self._wire.status in _PERHAPS_STATUS

    def _described(self, folders: Iterable[Any]) -> Iterator[Any]:
        fields = {FieldPath(field=Folder.get_field_by_fieldname("total_count"))}
        return iter(Described(account=self._account).call(folders=folders, additional_fields=fields, shape=ID_ONLY))

    def is_sent(self, message_id: str) -> bool:
        """Whether Sent Items has a message of this Message-ID. What is found is looked at, not only counted."""
        bare = message_id.strip().strip("<>")
        wanted = Restriction(Q(message_id=f"<{bare}>"), folders=[self._sent], applies_to=Restriction.ITEMS)
        found = first_of_each(self._listed(self._sent, (), wanted), "server_id")
        if not found:
            return False
        named = Items(account=self._account).call(
            items=[ItemId(each.server_id) for each in found], additional_fields=_paths(_NAME), shape=ID_ONLY
        )
        return any(not isinstance(item, Exception) and item.message_id in ("", bare) for item in named)

    def send(self, raw: bytes) -> None:
        """Send a message as it is and keep a copy in Sent Items, in one question."""
        message = Message(account=self._account, folder=self._sent, mime_content=raw)
        Sent(account=self._account).get(
            items=[message],
            folder=self._sent,
            message_disposition=SEND_AND_SAVE_COPY,
            send_meeting_invitations=SEND_TO_NONE,
        )

    def changes(self, folder: str, state: str | None, most: int = _PAGE) -> Page:
        """The next changes of a folder since a state. Raises NoListOfChangesError where the server has no such thing.

        An error that may be a passing one counts as that only while the server has never given a state. One that says
        so plainly is believed until the mailbox is closed.
        """
        if folder in self._untold:
            raise NoListOfChangesError("it was asked before")
        service = Changes(account=self._account)

        def ask(fields: Iterable[str]) -> list[Change | None]:
            return list(
                service.call(
                    folder=self.folders[folder],
                    shape=ID_ONLY,
                    additional_fields=_paths(fields),
                    sync_state=state,
                    ignore=None,
                    max_changes_returned=most,
                    sync_scope=None,
                )
            )

        try:
            found = _asked(ask, _SYNC_FIELDS, ())
        except UNKNOWN_OPERATION as error:
            self._untold.add(folder)
            raise NoListOfChangesError(type(error).__name__) from error
        except (errors.ErrorInternalServerError, *_PERHAPS_UNKNOWN) as error:
            if state or not self.lacks(error):
                raise
            raise NoListOfChangesError(type(error).__name__) from error
        if not service.sync_state:
            raise NoListOfChangesError("no state was given")
        stands_still = service.sync_state == state
        last = bool(service.includes_last_item_in_range) or stands_still
        return Page(tuple(filter(None, found)), service.sync_state, last)

    def listed(self, folder: str) -> list[Change]:
        """Everything that lies in a folder, in the server's order."""

        def ask(fields: Iterable[str]) -> list[Change]:
            return first_of_each(self._listed(self.folders[folder], fields), "server_id")

        return cast("list[Change]", _asked(ask, _SYNC_FIELDS, ()))

    def _listed(self, folder: Any, fields: Iterable[str], wanted: Any = None) -> Iterator[tuple[list[Any], bool]]:
        needless = dict.fromkeys(("order_fields", "query_string", "calendar_view"))
        return self._pages(Listed, folder, additional_fields=_paths(fields) or None, restriction=wanted, **needless)

    def _pages(self, question: Callable[..., Any], folder: Any, **asked: Any) -> Iterator[tuple[list[Any], bool]]:
        """The pages of what lies in a folder, each with whether the server says that it is the last."""
        offset = 0
        while True:
            service = question(account=self._account, page_size=_PAGE)
            found = service.call(folders=[folder], shape=ID_ONLY, depth=SHALLOW, max_items=None, offset=offset, **asked)
            page = [_sound(each) for each in found]
            offset += len(page)
            yield page, service.last

    def item(self, server_id: str, with_mime: bool = True) -> Item | None:
        """One item; None where it is no longer there."""
        service = Items(account=self._account)

        def ask(fields: Iterable[str]) -> Item | Exception:
            wanted = [name for name in fields if with_mime or name != _MIME]
            (answer,) = service.call(items=[ItemId(server_id)], additional_fields=_paths(wanted), shape=ID_ONLY)
            if isinstance(answer, _NOT_OFFERED):
                raise answer
            return cast("Item | Exception", answer)

        try:
            found: Item | Exception = _asked(ask, _ITEM_FIELDS, *_WITHOUT_ONE, (_MIME,))
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
            for answer in Moved(account=self._account).call(items=[ItemId(server_id)], to_folder=folder):
                _sound(answer)

    def _lane(self, name: str) -> Any:
        if name not in self._lanes:
            self._lanes[name] = self._found(name) or self._made(name)
        return self._lanes[name]

    def _found(self, name: str) -> Any | None:
        names = {FieldPath(field=Folder.get_field_by_fieldname("name"))}
        beside = first_of_each(self._pages(Folders, self._top, additional_fields=names, restriction=None), "id")
        return next((folder for folder in beside if (folder.name or "").casefold() == name.casefold()), None)

    def _made(self, name: str) -> Any:
        wanted = Messages(root=self._top.root, name=name)  # under the parent that the question names
        try:
            return Made(account=self._account).get(parent_folder=self._top, folders=[wanted])
        except Exception as error:  # all kinds of refusals, told apart by ``lacks``
            lacking = self.lacks(error)
            if not lacking and not isinstance(error, (errors.ErrorFolderExists, errors.MalformedResponseError)):
                raise
            found = self._found(name)
            if found is not None:
                return found  # somebody else made it, or the answer was not to be understood
            if lacking:
                raise PermanentMailboxError(
                    f"The Exchange server {self._wire.endpoint} makes no folders: make {name} beside the Inbox of"
                    f" {self._account.primary_smtp_address} in a mail program, and it is used."
                    f" ({type(error).__name__})"
                ) from None
            raise


def _asked(ask: Callable[[Iterable[str]], Any], full: Iterable[str], *fewer: Iterable[str]) -> Any:
    """Ask for everything, and for less and less where the server refuses some of it.

    Asked in full again the next time: a refusal by mistake must not hide what tells people from machines.
    """
    *tries, last = (full, *fewer)
    for fields in tries:
        with suppress(*_NOT_OFFERED):
            return ask(fields)
    return ask(last)  # where this fails too, it is its error that is told


def _sound(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


def _paths(names: Iterable[str]) -> set[Any]:
    return {FieldPath(field=Message.get_field_by_fieldname(name)) for name in names}


def _count(folder: Any) -> int | None:
    if isinstance(folder, (*NO_FOLDER, *GONE, *UNKNOWN_OPERATION)):
        return None
    if isinstance(folder, Exception):
        raise folder
    return int(folder.total_count or 0)
