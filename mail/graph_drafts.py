"""Drafts in the mailbox: made from a message's bytes, found again, looked at, deleted."""

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from mail.graph_faults import NotThereError, RefusedMessageError
from mail.graph_http import GraphHttp
from mail.letter import Attachment, UnreadableMessageError
from mail.parts import Part, cut
from mail.port import TransientMailboxError

# A request may have 4 MB, and base64 makes four bytes of three.
MIME_LIMIT = 2_900_000
# A file below this goes in one request; an upload session takes only what is at least as large.
SESSION_FROM = 3 * 1024 * 1024
# A multiple of 320 KiB, and below the 4 MB that a range may have.
RANGE = 10 * 320 * 1024
_MEGABYTE = 1_000_000

_FLAGS = "Integer 0x0E07"  # PidTagMessageFlags
_SUBMITTED = 0x4
_STATE = (
    "$select=id,isDraft,parentFolderId,internetMessageId,lastModifiedDateTime"
    f"&$expand=singleValueExtendedProperties($filter=id%20eq%20'{quote(_FLAGS)}')"
)
_CONTENT_FIELDS = re.compile(rb"^(?:Content-[^\r\n:]*|MIME-Version):[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.M)


@dataclass(frozen=True, slots=True)
class State:
    """A message as the server has it. ``submitted``: it is on its way out, and may still look like a draft."""

    id: str
    is_draft: bool
    submitted: bool
    folder: str
    message_id: str
    changed_at: datetime | None


class Drafts:
    """The drafts and the sent messages of one mailbox."""

    def __init__(self, http: GraphHttp) -> None:
        self._http = http

    def create(self, raw: bytes) -> State:
        """Make a draft of the whole message. RefusedMessageError where it cannot be sent as it is."""
        if len(raw) <= MIME_LIMIT:
            return self._made(raw)
        slim, files = taken_apart(raw)
        draft = self._made(slim)
        for file in files:
            self._attach(draft.id, file)
        return draft

    def state(self, item: str) -> State | None:
        """The message with this id, wherever it lies; None where there is none."""
        try:
            return _state(self._http.get(f"/messages/{quote(item, safe='')}?{_STATE}", "looking at a sent message"))
        except NotThereError:
            return None

    def found(self, folder: str, message_id: str) -> list[State]:
        """The messages in a well-known folder (``drafts``, ``sentitems``) that have this Message-ID."""
        wanted = quote("internetMessageId eq '{}'".format(message_id.replace("'", "''")), safe="'")
        path = f"/mailFolders/{folder}/messages?$filter={wanted}&{_STATE}&$top=10"
        return [_state(each) for each in listed(self._http.get(path, f"searching {folder} for {message_id}"))]

    def delete(self, item: str) -> None:
        """Delete a draft; one that is not there is deleted already."""
        try:
            self._http.delete(f"/messages/{quote(item, safe='')}", "deleting an earlier draft")
        except NotThereError:
            return

    def submit(self, item: str) -> None:
        """Send a draft. Any error leaves open whether it went."""
        self._http.order(f"/messages/{quote(item, safe='')}/send", "sending a message")

    def _made(self, mime: bytes) -> State:
        draft = _state(self._http.post_mime("/messages", "making a draft", b64encode(mime)))
        if not draft.is_draft:
            raise TransientMailboxError(f"The mailbox {self._http.settings.address} made a message that is no draft.")
        return draft

    def _attach(self, item: str, file: Attachment) -> None:
        path, what = f"/messages/{quote(item, safe='')}/attachments", f"attaching the file {file.name!r}"
        if len(file.content) >= SESSION_FROM:
            self._upload(f"{path}/createUploadSession", what, file)
            return
        body = {
            "@odata.type": "#microsoft.graph.fileAttachment",
            "name": file.name,
            "contentType": file.media_type,
            "contentBytes": b64encode(file.content).decode("ascii"),
        }
        self._http.post(path, what, body)

    def _upload(self, path: str, what: str, file: Attachment) -> None:
        total = len(file.content)
        item = {"attachmentType": "file", "name": file.name, "size": total, "contentType": file.media_type}
        session = self._http.post(path, what, {"AttachmentItem": item})
        address, start = named(session, "uploadUrl"), 0
        while start < total:
            content = file.content[start : start + RANGE]
            answer = self._http.put_range(address, what, content, start, total)
            start += len(content)
            if start < total and _expected(answer.json()) != start:
                raise TransientMailboxError(f"{what} went wrong at byte {start:,}: it is begun again later.")
        if answer.status != 201:
            raise TransientMailboxError(f"{what} was not completed ({answer.status}): it is begun again later.")


def taken_apart(raw: bytes) -> tuple[bytes, tuple[Attachment, ...]]:
    """The message without its files, headers and words as they were, and the files.

    RefusedMessageError where it is not words followed by files, or where the words alone are too much.
    """
    try:
        whole = cut(raw)
    except UnreadableMessageError as error:
        raise RefusedMessageError(f"The message to be sent is too large for this mailbox: {error}") from None
    head, _, body = raw.partition(b"\r\n\r\n")
    mark = b"--" + whole.parameter("content-type", "boundary").encode("ascii", "replace")
    pieces = (b"\r\n" + body).split(b"\r\n" + mark)
    if whole.content_type != "multipart/mixed" or len(pieces) != len(whole.parts) + 2 or not _words(whole.parts[0]):
        raise RefusedMessageError(
            f"The message to be sent has {len(raw) / _MEGABYTE:.1f} MB, and is not words followed by files: Exchange"
            " Online takes such a message only up to 2.9 MB. Send less, or the rest as files."
        )
    slim = _CONTENT_FIELDS.sub(b"", head + b"\r\n") + b"MIME-Version: 1.0\r\n" + pieces[1].removeprefix(b"\r\n")
    if len(slim) > MIME_LIMIT:
        raise RefusedMessageError(
            f"The words of the message to be sent have {len(slim) / _MEGABYTE:.1f} MB, and Exchange Online takes 2.9:"
            " send less, or some of it as a file."
        )
    return slim, tuple(map(_file, whole.parts[1:]))


def listed(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects of a list. TransientMailboxError where the answer is not one."""
    found = page.get("value")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise TransientMailboxError("Exchange Online's answer is not the list that was asked for: asked again later.")
    yield from found


def named(item: dict[str, Any], name: str) -> str:
    """A property that must be there. TransientMailboxError where it is not."""
    found = item.get(name)
    if isinstance(found, str) and found:
        return found
    raise TransientMailboxError(
        f"Exchange Online's answer lacks the {name} that was asked for: it is asked again later."
    )


def property_of(item: dict[str, Any], name: str) -> str | None:
    """The value of an extended property; None where the item has none. The server writes the tag as it likes."""
    for each in item.get("singleValueExtendedProperties") or ():
        if isinstance(each, dict) and _tag(str(each.get("id"))) == _tag(name):
            return str(each.get("value"))
    return None


def instant(text: object) -> datetime | None:
    """An instant as Graph writes it, aware; None where it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _tag(name: str) -> tuple[str, int]:
    kind, _, number = name.partition(" ")
    try:
        return kind.lower(), int(number, 16)
    except ValueError:
        return name, 0


def _state(item: dict[str, Any]) -> State:
    flags = property_of(item, _FLAGS) or "0"
    return State(
        id=named(item, "id"),
        is_draft=item.get("isDraft") is True,
        submitted=flags.isdigit() and bool(int(flags) & _SUBMITTED),
        folder=named(item, "parentFolderId"),
        message_id=str(item.get("internetMessageId") or ""),
        changed_at=instant(item.get("lastModifiedDateTime")),
    )


def _expected(session: dict[str, Any]) -> int | None:
    ranges = session.get("nextExpectedRanges") or session.get("NextExpectedRanges")
    start = str(ranges[0]).partition("-")[0] if isinstance(ranges, list) and ranges else ""
    return int(start) if start.isdigit() else None


def _words(part: Part) -> bool:
    return part.content_type in ("multipart/alternative", "text/plain", "text/html")


def _file(part: Part) -> Attachment:
    name = part.parameter("content-disposition", "filename") or part.parameter("content-type", "name") or "file"
    return Attachment(name, part.content(), part.content_type)
