"""The answers of an Exchange server, read by us and not by exchangelib's models.

Those fail on a kind of item that they do not know, drop cloud attachments, and stumble over what a smaller server
leaves out. This module imports exchangelib as it is imported: import it only where a mailbox is opened.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from exchangelib.services import (  # type: ignore[import-untyped, unused-ignore]
    CreateFolder,
    CreateItem,
    FindFolder,
    FindItem,
    GetFolder,
    GetItem,
    MoveItem,
    SyncFolderItems,
)
from exchangelib.services.sync_folder_hierarchy import SyncFolder  # type: ignore[import-untyped, unused-ignore]
from exchangelib.util import MNS, TNS  # type: ignore[import-untyped, unused-ignore]

from mail.item import Item


@dataclass(frozen=True, slots=True)
class Change:
    """An item that came into a folder, or (``here`` false) left it."""

    server_id: str
    here: bool
    received_at: datetime | None
    size: int


class _InOneVersion:
    """A question in the version of the protocol that is in force.

    exchangelib takes some refusals for a wrong version, tries all that it knows, and stays with the last of them.
    """

    _version_hint: Any

    def _get_response_xml(self, payload: Any) -> Any:
        before = self._version_hint
        try:
            return super()._get_response_xml(payload)  # type: ignore[misc]
        except Exception:
            self._version_hint = before
            raise


class Described(_InOneVersion, GetFolder):  # type: ignore[misc, unused-ignore]
    """Folders, as far as they were asked for."""


class Made(_InOneVersion, CreateFolder):  # type: ignore[misc, unused-ignore]
    """Folders that were made."""


class Changes(_InOneVersion, SyncFolderItems):  # type: ignore[misc, unused-ignore]
    """What came into a folder and what left it."""

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:
        # An error need not carry a state: exchangelib would stumble over the missing element, not say the error.
        self.sync_state = message.findtext(f"{{{MNS}}}SyncState")
        self.includes_last_item_in_range = message.findtext(self.last_in_range_name) != "false"
        return super(SyncFolder, self)._get_element_container(message=message, name=name)

    def _elem_to_obj(self, elem: Any) -> Change | None:
        kind = self.change_types_map.get(elem.tag)
        if kind not in (self.CREATE, self.DELETE):
            return None
        return _change(elem[0] if kind == self.CREATE else elem, kind == self.CREATE)


class Items(_InOneVersion, GetItem):  # type: ignore[misc, unused-ignore]
    """Items, as far as they were asked for."""

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


class _OnePage:
    """One page of a list. Whoever asks goes on until ``last``, or until a page brings nothing new.

    A server need not count what it lists, nor say whether a page is the last: exchangelib would stumble over either.
    """

    paging_container_name: str
    element_container_name: str
    last = True

    def _get_page(self, message: Any) -> tuple[Any, None]:
        found = self._get_element_container(message=message, name=self.paging_container_name)  # type: ignore[attr-defined]
        if isinstance(found, (Exception, bool)):
            return (found if isinstance(found, Exception) else None), None
        self.last = (found.get("IncludesLastItemInRange") or "").lower() in ("true", "1")
        return found, None

    def _get_elems_from_page(self, elem: Any, _most: object, _so_far: object) -> Iterator[Any]:
        inside = elem.find(self.element_container_name)
        yield from () if inside is None else inside


class Listed(_InOneVersion, _OnePage, FindItem):  # type: ignore[misc, unused-ignore]
    """What lies in a folder."""

    def _elem_to_obj(self, elem: Any) -> Change:
        return _change(elem, True)


class Folders(_InOneVersion, _OnePage, FindFolder):  # type: ignore[misc, unused-ignore]
    """The folders in another one."""


class Moved(_InOneVersion, MoveItem):  # type: ignore[misc, unused-ignore]
    """Whether items were moved. Not every server says what they are called now, and nobody asks."""

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:  # noqa: ARG002 - not looked into
        return _carried_out(super()._get_element_container(message=message))

    def _elem_to_obj(self, _moved: Any) -> None:
        return None


class Sent(_InOneVersion, CreateItem):  # type: ignore[misc, unused-ignore]
    """Whether a message was sent: the answer has no item in it, and need not have the place for one."""

    def _get_element_container(self, message: Any, name: str | None = None) -> Any:  # noqa: ARG002 - not looked into
        return _carried_out(super()._get_element_container(message=message))


def _carried_out(answer: Any) -> Any:
    return answer if isinstance(answer, Exception) else True


def first_of_each(pages: Iterable[tuple[Iterable[Any], bool]], name: str) -> list[Any]:
    """What pages list, each thing once, by the attribute that names it.

    Ends where a page is the last or brings nothing new.
    """
    found: dict[Any, Any] = {}
    for page, last in pages:
        before = len(found)
        found.update({getattr(each, name): each for each in page})
        if last or len(found) == before:
            break
    return list(found.values())


def _change(item: Any, here: bool) -> Change:
    identity = item.find(f"{{{TNS}}}ItemId")
    size = item.findtext(f"{{{TNS}}}Size") or ""
    received_at = _instant(item.findtext(f"{{{TNS}}}DateTimeReceived"))
    return Change(identity.get("Id"), here, received_at, int(size) if size.isdigit() else 0)


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
