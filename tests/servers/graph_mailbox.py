"""One mailbox as Exchange Online keeps it: folders, messages, drafts, upload sessions, and the routes to them."""

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Any
from urllib.parse import unquote

from mail.letter import Attachment
from tests.servers.graph_mime import with_files
from tests.servers.graph_query import query_of, selected
from tests.servers.graph_wire import RefusedRequest, Reply, Request, written

WELL_KNOWN = {"inbox": "Inbox", "junkemail": "Junk Email", "drafts": "Drafts", "sentitems": "Sent Items"}
REQUEST_LIMIT = 4 * 1024 * 1024
SESSION_FROM = 3 * 1024 * 1024
SENDS_A_MINUTE = 30
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass
class Item:
    """A message. ``submitted``: it was accepted, and has not left yet."""

    id: str
    folder: str
    raw: bytes
    received_at: datetime
    changed_at: datetime
    is_draft: bool = False
    submitted: bool = False
    item_class: str = "IPM.Note"
    files: list[Attachment] = field(default_factory=list)
    references: list[dict[str, str]] = field(default_factory=list)
    headers: Message | None = None

    def header(self, name: str) -> str:
        if self.headers is None:
            end = self.raw.find(b"\r\n\r\n")
            self.headers = message_from_bytes(self.raw[: end if end >= 0 else None])
        return str(self.headers.get(name, "")).strip()


@dataclass
class Session:
    item: str
    name: str
    kind: str
    size: int
    token: str
    content: bytearray = field(default_factory=bytearray)


class MailboxState:
    """``slow_to_leave``: what is sent stays a draft, marked as submitted, until ``leave``.

    ``renames``: a message gets another id when it is sent, which some have seen of Exchange Online.
    ``address``: what is sent to it arrives here too; empty for nothing.
    """

    def __init__(self, url: str, clock: Callable[[], datetime]) -> None:
        self.url = url
        self.clock = clock
        self.items: dict[str, Item] = {}
        self.folders = {f"folder-{name}": shown for name, shown in WELL_KNOWN.items()}
        self.sessions: dict[str, Session] = {}
        self.sent: list[bytes] = []
        self.sent_at: list[datetime] = []
        self.slow_to_leave = False
        self.renames = False
        self.address = ""
        self._number = 0

    def deliver(self, raw: bytes, at: datetime, folder: str = "inbox", **facts: Any) -> str:
        """A message arrives. Returns its id."""
        item = Item(self._new_id(), f"folder-{folder}", raw, at, self.clock(), **facts)
        self.items[item.id] = item
        return item.id

    def leave(self) -> None:
        """Whatever was submitted leaves now."""
        for item in [each for each in self.items.values() if each.submitted]:
            self._leave(item)

    def lying(self, name: str) -> list[Item]:
        """The messages in the folder of this display name."""
        return [item for item in self.items.values() if self.folders.get(item.folder) == name]

    def answer(self, request: Request, path: str) -> Reply:
        route = f"{request.method} {path}"
        for pattern, handler in _ROUTES:
            found = re.fullmatch(pattern, route)
            if found:
                parts = [unquote(part) for part in found.groups()]
                reply: Reply = handler(self, request, *parts)
                return reply
        raise RefusedRequest(400, "BadRequest", f"Resource not found for the segment of {route}.")

    def folder_facts(self, request: Request, name: str) -> Reply:
        query = query_of(request, {"$select"})
        folder = self._folder(name)
        facts = {
            "id": folder,
            "displayName": self.folders[folder],
            "totalItemCount": sum(1 for item in self.items.values() if item.folder == folder),
        }
        return written(selected(facts, query))

    def list_folders(self, request: Request) -> Reply:
        query = query_of(request, {"$filter", "$select", "$top"})
        found = re.fullmatch(r"displayName eq '([^']*)'", query.get("$filter", ""))
        if not found:
            raise RefusedRequest(
                400, "ErrorInvalidUrlQueryFilter", "The query filter contains one or more invalid nodes."
            )
        matching = [{"id": each, "displayName": shown} for each, shown in self.folders.items() if shown == found[1]]
        return written({"value": [selected(each, query) for each in matching]})

    def make_folder(self, request: Request) -> Reply:
        name = _object(request, {"displayName"})["displayName"]
        if name in self.folders.values():
            raise RefusedRequest(409, "ErrorFolderExists", "A folder with the specified name already exists.")
        self._number += 1
        folder = f"folder-{self._number}"
        self.folders[folder] = name
        return written({"id": folder, "displayName": name}, 201)

    def list_messages(self, request: Request, name: str) -> Reply:
        query = query_of(request, {"$filter", "$select", "$expand", "$orderby", "$top", "$skip"})
        folder = self._folder(name)
        found = [item for item in self.items.values() if item.folder == folder and query.matches(item)]
        if query.get("$orderby"):
            if query["$orderby"] != "receivedDateTime asc" or "internetMessageId" in query.get("$filter", ""):
                raise RefusedRequest(400, "InefficientFilter", "The restriction or sort order is too complex.")
            found.sort(key=lambda item: item.received_at)
        top, skip = int(query.get("$top", "10")), int(query.get("$skip", "0"))
        page: dict[str, Any] = {"value": [self._facts(item, query) for item in found[skip : skip + top]]}
        if len(found) > skip + top:
            page["@odata.nextLink"] = f"{self.url}/mailFolders/{name}/messages?{query.next_page(skip + top)}"
        return written(page)

    def make_draft(self, request: Request) -> Reply:
        if len(request.body) > REQUEST_LIMIT:
            raise RefusedRequest(413, "RequestEntityTooLarge", "The request entity is too large.")
        kind = request.headers.get("Content-Type")
        if kind == "text/plain":
            raw = _mime(request.body)
        elif kind == "application/json":
            raw = _from_json(_object(request, {"subject", "body", "toRecipients", "internetMessageId"}))
        else:
            raise RefusedRequest(400, "UnableToDeserializePostBody", f"The content type {kind} is not taken.")
        now = self.clock()
        item = Item(self._new_id(), "folder-drafts", raw, now, now, is_draft=True)
        self.items[item.id] = item
        return written(self._facts(item, {}), 201)

    def get_message(self, request: Request, item: str) -> Reply:
        query = query_of(request, {"$select", "$expand"})
        return written(self._facts(self._item(item), query))

    def get_mime(self, request: Request, item: str) -> Reply:
        query_of(request, set())
        found = self._item(item)
        return Reply(200, with_files(found.raw, found.files), kind="text/plain")

    def delete_message(self, request: Request, item: str) -> Reply:
        query_of(request, set())
        self._item(item)
        del self.items[item]
        return Reply(204)

    def send_message(self, request: Request, item: str) -> Reply:
        found = self._item(item)
        if request.body or not found.is_draft:
            raise RefusedRequest(400, "ErrorInvalidRequest", "Only a draft can be sent, by a request without a body.")
        if not any(found.header(name) for name in ("To", "Cc", "Bcc")):
            raise RefusedRequest(400, "ErrorInvalidRecipients", "At least one recipient isn't valid.")
        now = self.clock()
        if len([at for at in self.sent_at if now - at < timedelta(minutes=1)]) >= SENDS_A_MINUTE:
            raise RefusedRequest(429, "ApplicationThrottled", "MailboxMessageRate limit.", Retry_After="60")
        self.sent_at.append(now)
        found.submitted = True
        if not self.slow_to_leave:
            self._leave(found)
        return Reply(202)

    def move_message(self, request: Request, item: str) -> Reply:
        destination = _object(request, {"destinationId"})["destinationId"]
        found = self._item(item)
        if destination not in self.folders:
            raise RefusedRequest(404, "ErrorItemNotFound", "The destination folder was not found.")
        found.folder, found.changed_at = destination, self.clock()
        return written(self._facts(found, {}), 201)

    def list_attachments(self, request: Request, item: str) -> Reply:
        query = query_of(request, {"$select"})
        kind = "#microsoft.graph."
        value = [
            {"@odata.type": f"{kind}referenceAttachment", "id": f"reference-{number}", **reference}
            for number, reference in enumerate(self._item(item).references)
        ]
        value += [
            {"@odata.type": f"{kind}fileAttachment", "id": f"file-{number}", "name": file.name}
            for number, file in enumerate(self._item(item).files)
        ]
        return written({"value": [selected(each, query) for each in value]})

    def attach(self, request: Request, item: str) -> Reply:
        body = _object(request, {"@odata.type", "name", "contentType", "contentBytes"})
        draft = self._draft(item)
        content = b64decode(body["contentBytes"], validate=True)
        if body["@odata.type"] != "#microsoft.graph.fileAttachment" or len(content) >= SESSION_FROM:
            raise RefusedRequest(413, "ErrorRequestEntityTooLarge", "Use an upload session from 3 MB on.")
        draft.files.append(Attachment(body["name"], content, body["contentType"]))
        draft.changed_at = self.clock()
        return written({"id": f"file-{len(draft.files)}"}, 201)

    def open_session(self, request: Request, item: str) -> Reply:
        file = _object(request, {"AttachmentItem"})["AttachmentItem"]
        if set(file) != {"attachmentType", "name", "size", "contentType"} or file["attachmentType"] != "file":
            raise RefusedRequest(400, "ErrorInvalidRequest", "The AttachmentItem is not complete.")
        if file["size"] < SESSION_FROM:
            code = "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"
            raise RefusedRequest(400, code, "Attachment size must be greater than the minimum size.")
        self._number += 1
        path = f"/api/v2.0/Users('{self._number}')/AttachmentSessions('{self._number}')"
        token = f"upload-token-{self._number}"
        self.sessions[path] = Session(self._draft(item).id, file["name"], file["contentType"], file["size"], token)
        origin = self.url.split("/v1.0/")[0]
        facts = {"uploadUrl": f"{origin}{path}?authtoken={token}", "nextExpectedRanges": ["0-"]}
        return written(facts, 201)

    def take_range(self, request: Request) -> Reply:
        session = self.sessions[request.path]
        found = _RANGE.fullmatch(request.headers.get("Content-Range", ""))
        if request.query != f"authtoken={session.token}" or "Authorization" in request.headers:
            raise RefusedRequest(401, "InvalidAuthenticationToken", "The address alone is the authorization.")
        if not found or request.headers.get("Content-Type") != "application/octet-stream" or request.method != "PUT":
            raise RefusedRequest(400, "ErrorInvalidRequest", "A range must say which it is.")
        start, end, total = map(int, found.groups())
        if len(request.body) >= REQUEST_LIMIT or (end - start + 1, total) != (len(request.body), session.size):
            raise RefusedRequest(400, "ErrorInvalidRequest", "The range is too large, or not what it says.")
        if start != len(session.content):
            raise RefusedRequest(416, "ErrorInvalidRange", f"Byte {len(session.content)} is expected.")
        session.content += request.body
        if len(session.content) < total:
            return written({"nextExpectedRanges": [str(len(session.content))]})
        draft = self._draft(session.item)
        draft.files.append(Attachment(session.name, bytes(session.content), session.kind))
        draft.changed_at = self.clock()
        del self.sessions[request.path]
        return Reply(201, headers={"Location": f"{self.url}/messages/{draft.id}/attachments/{len(draft.files)}"})

    def _leave(self, item: Item) -> None:
        item.folder, item.is_draft, item.submitted, item.changed_at = "folder-sentitems", False, False, self.clock()
        if self.renames:
            del self.items[item.id]
            item.id = self._new_id()
            self.items[item.id] = item
        self.sent.append(with_files(item.raw, item.files))
        if self.address and self.address in item.header("To"):
            self.deliver(self.sent[-1], self.clock())

    def _new_id(self) -> str:
        self._number += 1
        return f"AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A{self._number:08d}_AAA="

    def _folder(self, name: str) -> str:
        folder = f"folder-{name}" if name in WELL_KNOWN else name
        if folder not in self.folders:
            raise RefusedRequest(404, "ErrorItemNotFound", "The specified folder was not found in the store.")
        return folder

    def _item(self, item: str) -> Item:
        if item not in self.items:
            raise RefusedRequest(404, "ErrorItemNotFound", "The specified object was not found in the store.")
        return self.items[item]

    def _draft(self, item: str) -> Item:
        if not self._item(item).is_draft:
            raise RefusedRequest(400, "ErrorInvalidRequest", "Only a draft can be changed.")
        return self._item(item)

    def _facts(self, item: Item, query: Any) -> dict[str, Any]:
        item.header("Message-ID")
        assert item.headers is not None
        facts: dict[str, Any] = {
            "id": item.id,
            "receivedDateTime": f"{item.received_at:%Y-%m-%dT%H:%M:%SZ}",
            "lastModifiedDateTime": f"{item.changed_at:%Y-%m-%dT%H:%M:%SZ}",
            "isDraft": item.is_draft,
            "parentFolderId": item.folder,
            "internetMessageId": item.header("Message-ID"),
            "subject": item.header("Subject"),
            "hasAttachments": bool(item.files or item.references) or b"Content-Disposition: attachment" in item.raw,
        }
        if "internetMessageHeaders" in query.get("$select", ""):  # only when it is asked for
            named = [{"name": name, "value": str(value)} for name, value in item.headers.items()]
            facts["internetMessageHeaders"] = named
        answer = selected(facts, query)
        if "0x0E07" in query.get("$expand", ""):
            flags = (8 if item.is_draft else 0) | (4 if item.submitted else 0)
            answer["singleValueExtendedProperties"] = [{"id": "Integer 0xe07", "value": str(flags)}]
        elif "0x001A" in query.get("$expand", ""):
            answer["singleValueExtendedProperties"] = [{"id": "String 0x1a", "value": item.item_class}]
        return answer


def _object(request: Request, keys: set[str]) -> dict[str, Any]:
    if request.headers.get("Content-Type") != "application/json":
        raise RefusedRequest(400, "UnableToDeserializePostBody", "The content type must be application/json.")
    found = json.loads(request.body)
    if not isinstance(found, dict) or not set(found) <= keys or not found:
        raise RefusedRequest(400, "UnableToDeserializePostBody", f"Expected {sorted(keys)}.")
    return found


def _mime(body: bytes) -> bytes:
    try:
        raw = b64decode(body, validate=True)
    except Base64Error:
        raise RefusedRequest(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME.") from None
    if b"\r\n\r\n" not in raw:
        raise RefusedRequest(400, "ErrorMimeContentInvalid", "The MIME content is malformed or empty.")
    return raw


def _from_json(facts: dict[str, Any]) -> bytes:
    message = EmailMessage(policy=policy.SMTP)
    message["Subject"] = facts.get("subject", "")
    message["To"] = ", ".join(each["emailAddress"]["address"] for each in facts.get("toRecipients", []))
    if "internetMessageId" in facts:
        message["Message-ID"] = facts["internetMessageId"]
    message.set_content(facts.get("body", {}).get("content", ""))
    return message.as_bytes()


_ROUTES: tuple[tuple[str, Callable[..., Reply]], ...] = (
    (r"GET /mailFolders", MailboxState.list_folders),
    (r"POST /mailFolders", MailboxState.make_folder),
    (r"GET /mailFolders/([^/]+)", MailboxState.folder_facts),
    (r"GET /mailFolders/([^/]+)/messages", MailboxState.list_messages),
    (r"POST /messages", MailboxState.make_draft),
    (r"GET /messages/([^/]+)", MailboxState.get_message),
    (r"DELETE /messages/([^/]+)", MailboxState.delete_message),
    (r"GET /messages/([^/]+)/\$value", MailboxState.get_mime),
    (r"POST /messages/([^/]+)/send", MailboxState.send_message),
    (r"POST /messages/([^/]+)/move", MailboxState.move_message),
    (r"GET /messages/([^/]+)/attachments", MailboxState.list_attachments),
    (r"POST /messages/([^/]+)/attachments", MailboxState.attach),
    (r"POST /messages/([^/]+)/attachments/createUploadSession", MailboxState.open_session),
)
