"""The EWS operations that a loopback server answers, by the published schema: what it does not know, it refuses."""

import base64
import binascii
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, SubElement

from defusedxml.ElementTree import fromstring

from tests.servers.ews_store import EwsError, FolderRecord, ItemRecord, Store

SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
M = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
T = "{http://schemas.microsoft.com/exchange/services/2006/types}"
VERSIONS = ("Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2015", "Exchange2016")
ITEM_FIELDS = (
    "item:MimeContent",
    "item:ItemClass",
    "item:Subject",
    "item:Attachments",
    "item:DateTimeReceived",
    "item:Size",
    "item:InternetMessageHeaders",
    "message:InternetMessageId",
)
FOLDER_FIELDS = ("folder:DisplayName", "folder:FolderClass", "folder:TotalCount", "folder:ChildFolderCount")
_MESSAGE_PARTS = (
    *("MimeContent", "ItemClass", "Sensitivity", "Importance", "ReminderIsSet", "ReminderMinutesBeforeStart"),
    *("IsReadReceiptRequested", "IsDeliveryReceiptRequested", "IsRead", "IsResponseRequested"),
)
_FOLDER_PARTS = ("FolderClass", "DisplayName")


def refuse(text: str) -> EwsError:
    return EwsError("ErrorSchemaValidation", f"The request failed schema validation: {text}", fault=True)


def parsed(body: bytes) -> tuple[Element | None, Element]:
    """The header and the one operation of a request."""
    try:
        envelope = fromstring(body)
    except Exception as error:
        raise refuse(str(error)) from error
    if envelope.tag != f"{SOAP}Envelope":
        raise refuse(f"{envelope.tag} is no SOAP envelope")
    inside = envelope.find(f"{SOAP}Body")
    if inside is None or len(inside) != 1:
        raise refuse("a Body with one operation is expected")
    return envelope.find(f"{SOAP}Header"), inside[0]


def parts(element: Element, *names: str) -> dict[str, Element]:
    """The children by name. They stand in the schema's order; a name with a question mark may be missing."""
    order = [name.rstrip("?") for name in names]
    found: dict[str, Element] = {}
    place = -1
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name not in order or order.index(name) <= place:
            raise refuse(f"{name} is not expected in {element.tag.rpartition('}')[2]}")
        place = order.index(name)
        found[name] = child
    missing = [name for name in names if not name.endswith("?") and name not in found]
    if missing:
        raise refuse(f"{missing} missing in {element.tag.rpartition('}')[2]}")
    return found


def attributes(element: Element, **allowed: tuple[str, ...]) -> None:
    for name, value in element.attrib.items():
        if name not in allowed or (allowed[name] and value not in allowed[name]):
            raise refuse(f"{name}={value!r} is not allowed on {element.tag.rpartition('}')[2]}")


class Operations:
    """Carries out one operation on a store and returns its response messages.

    ``terse``: what exchangelib expects in an answer and the schema does not demand is left out.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.terse = False
        self.raise_after_sending = False

    def answer(self, operation: Element) -> Element:
        name = operation.tag.rpartition("}")[2]
        known: dict[str, Callable[[Element], Iterator[Callable[[], Element]]]] = {
            "GetFolder": self._get_folder,
            "FindFolder": self._find_folder,
            "CreateFolder": self._create_folder,
            "FindItem": self._find_item,
            "GetItem": self._get_item,
            "CreateItem": self._create_item,
            "SendItem": self._send_item,
            "SyncFolderItems": self._sync,
            "MoveItem": self._move_item,
            "DeleteItem": self._delete_item,
        }
        if operation.tag != f"{M}{name}" or name not in known:
            raise EwsError("ErrorInvalidRequest", f"{operation.tag} is not an operation of this server.", fault=True)
        response = Element(f"{M}{name}Response")
        messages = SubElement(response, f"{M}ResponseMessages")
        for deed in known[name](operation):
            messages.append(self._message(name, deed))
        return response

    def _message(self, name: str, deed: Callable[[], Element]) -> Element:
        message = Element(f"{M}{name}ResponseMessage", ResponseClass="Success")
        try:
            content = deed()
        except EwsError as error:
            if error.fault:
                raise
            message.set("ResponseClass", "Error")
            SubElement(message, f"{M}MessageText").text = str(error)
            SubElement(message, f"{M}ResponseCode").text = error.code
            SubElement(message, f"{M}DescriptiveLinkKey").text = "0"
            return message
        SubElement(message, f"{M}ResponseCode").text = "NoError"
        if not self.terse or name not in ("CreateItem", "MoveItem", "CreateFolder"):
            message.extend(list(content))
        return message

    def _get_folder(self, operation: Element) -> Iterator[Callable[[], Element]]:
        found = parts(operation, "FolderShape", "FolderIds")
        fields = _fields(found["FolderShape"], FOLDER_FIELDS)
        for identity in found["FolderIds"]:
            yield lambda identity=identity: _wrapped("Folders", self._folder(self._where(identity), fields))

    def _find_folder(self, operation: Element) -> Iterator[Callable[[], Element]]:
        attributes(operation, Traversal=("Shallow", "Deep"))
        found = parts(operation, "FolderShape", "IndexedPageFolderView", "ParentFolderIds")
        fields = _fields(found["FolderShape"], FOLDER_FIELDS)
        (parent,) = found["ParentFolderIds"]

        def deed() -> Element:
            inside = [each for each in self.store.folders.values() if each.parent == self._where(parent).id]
            return self._page(
                found["IndexedPageFolderView"], "Folders", [self._folder(each, fields) for each in inside]
            )

        yield deed

    def _create_folder(self, operation: Element) -> Iterator[Callable[[], Element]]:
        found = parts(operation, "ParentFolderId", "Folders")
        for folder in found["Folders"]:
            given = parts(folder, *(f"{name}?" for name in _FOLDER_PARTS))
            name = given["DisplayName"].text or ""

            def deed(name: str = name) -> Element:
                made = self.store.make_folder(self._where(found["ParentFolderId"][0]).id, name)
                return _wrapped("Folders", self._folder(made, ()))

            yield deed

    def _find_item(self, operation: Element) -> Iterator[Callable[[], Element]]:
        attributes(operation, Traversal=("Shallow",))
        found = parts(operation, "ItemShape", "IndexedPageItemView", "Restriction?", "SortOrder?", "ParentFolderIds")
        fields = _fields(found["ItemShape"], ITEM_FIELDS)
        if "item:MimeContent" in fields:
            raise refuse("MimeContent cannot be had from FindItem")
        wanted = _wanted(found["Restriction"]) if "Restriction" in found else None
        for parent in found["ParentFolderIds"]:

            def deed(parent: Element = parent) -> Element:
                inside = self.store.inside(self._where(parent).id)
                chosen = [
                    item for item in inside if wanted is None or wanted in (item.message_id, item.message_id[1:-1])
                ]
                return self._page(found["IndexedPageItemView"], "Items", [self._item(each, fields) for each in chosen])

            yield deed

    def _get_item(self, operation: Element) -> Iterator[Callable[[], Element]]:
        found = parts(operation, "ItemShape", "ItemIds")
        fields = _fields(found["ItemShape"], ITEM_FIELDS)
        for identity in found["ItemIds"]:
            yield lambda identity=identity: _wrapped("Items", self._item(self._which(identity), fields))

    def _create_item(self, operation: Element) -> Iterator[Callable[[], Element]]:
        attributes(
            operation,
            MessageDisposition=("SaveOnly", "SendOnly", "SendAndSaveCopy"),
            SendMeetingInvitations=("SendToNone",),
        )
        found = parts(operation, "SavedItemFolderId?", "Items")
        disposition = operation.get("MessageDisposition")
        for message in found["Items"]:
            raw = _mime(message)

            def deed(raw: bytes = raw) -> Element:
                if disposition != "SaveOnly":
                    self.store.deliver(raw)
                if disposition == "SendOnly":
                    return _wrapped("Items")
                saved = self.store.put(self._where(found["SavedItemFolderId"][0]).id, raw, self.store.now)
                return _wrapped("Items", *([self._item(saved, ())] if disposition == "SaveOnly" else []))

            yield deed

    def _send_item(self, operation: Element) -> Iterator[Callable[[], Element]]:
        attributes(operation, SaveItemToFolder=("true", "false"))
        found = parts(operation, "ItemIds", "SavedItemFolderId?")
        for identity in found["ItemIds"]:

            def deed(identity: Element = identity) -> Element:
                record = self._which(identity)
                if identity.get("ChangeKey") != record.change_key:
                    raise EwsError("ErrorChangeKeyRequiredForWriteOperations")
                self.store.deliver(record.raw or b"")
                if self.raise_after_sending:
                    raise EwsError("ErrorInternalServerError", "An internal server error occurred.")
                self.store.move(record, self._where(found["SavedItemFolderId"][0]).id)
                return Element("none")

            yield deed

    def _sync(self, operation: Element) -> Iterator[Callable[[], Element]]:
        found = parts(operation, "ItemShape", "SyncFolderId", "SyncState?", "MaxChangesReturned", "SyncScope?")
        fields = _fields(found["ItemShape"], ITEM_FIELDS)
        if "item:MimeContent" in fields:
            raise refuse("MimeContent cannot be had from SyncFolderItems")
        limit = int(found["MaxChangesReturned"].text or "0")
        if not 1 <= limit <= 512:
            raise refuse("MaxChangesReturned is from 1 to 512")

        def deed() -> Element:
            self._offered(fields)
            state = (found["SyncState"].text or None) if "SyncState" in found else None
            where = self._where(found["SyncFolderId"][0])
            changes, following, whole = self.store.changes(where.id, state, limit)
            content = Element("content")
            SubElement(content, f"{M}SyncState").text = following
            SubElement(content, f"{M}IncludesLastItemInRange").text = str(whole).lower()
            listed = SubElement(content, f"{M}Changes")
            for kind, identity in changes:
                change = SubElement(listed, f"{T}{kind}")
                if kind == "Create":
                    change.append(self._item(self.store.items[identity], fields))
                else:
                    SubElement(change, f"{T}ItemId", Id=identity, ChangeKey="CK")
            return content

        yield deed

    def _move_item(self, operation: Element) -> Iterator[Callable[[], Element]]:
        found = parts(operation, "ToFolderId", "ItemIds")
        for identity in found["ItemIds"]:

            def deed(identity: Element = identity) -> Element:
                target = self._where(found["ToFolderId"][0])
                return _wrapped("Items", self._item(self.store.move(self._which(identity), target.id), ()))

            yield deed

    def _delete_item(self, operation: Element) -> Iterator[Callable[[], Element]]:
        attributes(
            operation,
            DeleteType=("HardDelete", "SoftDelete", "MoveToDeletedItems"),
            SendMeetingCancellations=("SendToNone",),
            AffectedTaskOccurrences=("AllOccurrences",),
            SuppressReadReceipts=("true", "false"),
        )
        for identity in parts(operation, "ItemIds")["ItemIds"]:

            def deed(identity: Element = identity) -> Element:
                self.store.remove(self._which(identity))
                return Element("none")

            yield deed

    def _where(self, identity: Element) -> FolderRecord:
        if identity.tag == f"{T}FolderId":
            attributes(identity, Id=(), ChangeKey=())
            return self.store.folder(identity.get("Id", ""))
        if identity.tag != f"{T}DistinguishedFolderId":
            raise refuse(f"{identity.tag} is no folder id")
        mailbox = identity.find(f"{T}Mailbox/{T}EmailAddress")
        if mailbox is not None and (mailbox.text or "").casefold() != self.store.address.casefold():
            raise EwsError("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
        return self.store.named(identity.get("Id", ""))

    def _which(self, identity: Element) -> ItemRecord:
        if identity.tag != f"{T}ItemId":
            raise refuse(f"{identity.tag} is no item id")
        return self.store.item(identity.get("Id", ""))

    def _offered(self, fields: tuple[str, ...]) -> None:
        if self.store.lacks.intersection(fields):
            raise EwsError("ErrorInvalidPropertyRequest", "The property is not valid for this object type.")

    def _folder(self, record: FolderRecord, fields: tuple[str, ...]) -> Element:
        folder = Element(f"{T}Folder")
        SubElement(folder, f"{T}FolderId", Id=record.id, ChangeKey="FK1")
        values = {
            "folder:FolderClass": "IPF.Note",
            "folder:DisplayName": record.name,
            "folder:TotalCount": str(len(self.store.inside(record.id))),
            "folder:ChildFolderCount": str(sum(each.parent == record.id for each in self.store.folders.values())),
        }
        for field, value in values.items():
            if field in fields:
                SubElement(folder, f"{T}{field.partition(':')[2]}").text = value
        return folder

    def _item(self, record: ItemRecord, fields: tuple[str, ...]) -> Element:
        self._offered(fields)
        if record.trouble and "item:MimeContent" in fields:
            raise EwsError(record.trouble, "The item cannot be converted.")
        item = Element(f"{T}{record.tag}")
        if "item:MimeContent" in fields and record.raw is not None:
            mime = SubElement(item, f"{T}MimeContent", CharacterSet="UTF-8")
            mime.text = base64.b64encode(record.raw).decode()
        SubElement(item, f"{T}ItemId", Id=record.id, ChangeKey=record.change_key)
        if "item:ItemClass" in fields:
            SubElement(item, f"{T}ItemClass").text = record.item_class
        if "item:Attachments" in fields and record.links:
            listed = SubElement(item, f"{T}Attachments")
            for link in record.links:
                reference = SubElement(listed, f"{T}ReferenceAttachment")
                SubElement(reference, f"{T}Name").text = "plan.xlsx"
                SubElement(reference, f"{T}AttachLongPathName").text = link
        if "item:DateTimeReceived" in fields and record.received:
            SubElement(item, f"{T}DateTimeReceived").text = f"{record.received:%Y-%m-%dT%H:%M:%SZ}"
        if "item:Size" in fields:
            SubElement(item, f"{T}Size").text = str(len(record.raw or b""))
        if "item:InternetMessageHeaders" in fields and record.headers:
            listed = SubElement(item, f"{T}InternetMessageHeaders")
            for name, value in record.headers:
                SubElement(listed, f"{T}InternetMessageHeader", HeaderName=name).text = value
        if "message:InternetMessageId" in fields and record.message_id:
            SubElement(item, f"{T}InternetMessageId").text = record.message_id
        return item

    def _page(self, view: Element, name: str, everything: list[Element]) -> Element:
        attributes(view, MaxEntriesReturned=(), Offset=(), BasePoint=("Beginning",))
        start = int(view.get("Offset", "0"))
        end = start + int(view.get("MaxEntriesReturned", "1000"))
        said = {
            "IndexedPagingOffset": str(min(end, len(everything))),
            "TotalItemsInView": str(len(everything)),
            "IncludesLastItemInRange": str(end >= len(everything)).lower(),
        }
        root = Element(f"{M}RootFolder", {} if self.terse else said)
        SubElement(root, f"{T}{name}").extend(everything[start:end])
        content = Element("content")
        content.append(root)
        return content


def _wrapped(name: str, *inside: Element) -> Element:
    content = Element("content")
    SubElement(content, f"{M}{name}").extend(inside)
    return content


def _fields(shape: Element, known: tuple[str, ...]) -> tuple[str, ...]:
    found = parts(shape, "BaseShape", "AdditionalProperties?")
    if found["BaseShape"].text != "IdOnly":
        raise refuse("only the fields that are needed may be asked for: IdOnly")
    fields = []
    for field in found.get("AdditionalProperties", ()):
        uri = field.get("FieldURI", "")
        if field.tag != f"{T}FieldURI" or uri not in known:
            raise refuse(f"{uri} is no property that this server knows")
        fields.append(uri)
    return tuple(fields)


def _wanted(restriction: Element) -> str:
    """The Message-ID that is asked for: the one restriction this server knows."""
    (equal,) = restriction
    field = equal.find(f"{T}FieldURI")
    constant = equal.find(f"{T}FieldURIOrConstant/{T}Constant")
    if equal.tag != f"{T}IsEqualTo" or field is None or constant is None:
        raise refuse("only IsEqualTo with a constant is known")
    if field.get("FieldURI") != "message:InternetMessageId":
        raise refuse("only the Message-ID can be searched for")
    return constant.get("Value", "")


def _mime(message: Element) -> bytes:
    if message.tag != f"{T}Message":
        raise refuse(f"{message.tag} is not known")
    given = parts(message, *(f"{name}?" for name in _MESSAGE_PARTS))
    try:
        raw = base64.b64decode(given["MimeContent"].text or "", validate=True)
    except (KeyError, binascii.Error):
        raise EwsError("ErrorMimeContentInvalidBase64String") from None
    if b"\nTo:" not in b"\n" + raw:
        raise EwsError("ErrorMissingRecipients", "The message has no recipients.")
    return raw
