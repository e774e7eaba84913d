"""A mailbox made of folders of .eml files: for trying out, previews and tests.

Whoever puts a message into Inbox or Junk writes it under a name that begins with a dot or ends in .tmp, and renames
it to its .eml name when it is whole; ``deliver`` does so.
"""

import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from mail.port import (
    Batch,
    Folder,
    Lane,
    MailboxError,
    Outcome,
    PermanentMailboxError,
    Received,
    TransientMailboxError,
)

DRAFTS = "Drafts"
SENT = "Sent"
_FOLDERS: dict[str, str] = {
    Folder.INBOX: "Inbox",
    Folder.JUNK: "Junk",
    Lane.PROCESSED: "Processed",
    Lane.ATTENTION: "Attention",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOKEN = re.compile(r"[0-9a-f]{32}\.eml")
_SERVER_ID = re.compile(r"(inbox|junk)/([^/@]+)@([0-9]+-[0-9]+)")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_HEADER_BYTES = 64 * 1024
_CONTENT_FIELDS = re.compile(rb"^(?:Content-|MIME-)[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)
_PERMANENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EROFS})
_BAD_FILE = frozenset({errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENXIO})


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A file that lies in Inbox or Junk. ``server_id`` changes when another file takes the same name."""

    path: Path
    folder: Folder
    status: os.stat_result
    server_id: str

    @property
    def received_at(self) -> datetime:
        return _EPOCH + timedelta(microseconds=self.status.st_mtime_ns // 1000)


class FolderMailbox:
    """A mailbox in the directory ``root``, which must exist; the folders in it are made when they are needed.

    A file that cannot be handed over (a link, a directory, a file that may not be opened, one above
    ``message_limit`` bytes) stops nothing: ``poll`` returns a stand-in message in its place, with the header lines
    of the file where it has any and a sentence that says what is wrong. ``file`` moves the thing itself.
    """

    batch_messages = 50
    batch_bytes = 64 * 1024 * 1024
    message_limit = 40 * 1024 * 1024

    def __init__(self, root: Path) -> None:
        self._root = root

    def check(self) -> str:
        """Count what waits. A directory that is missing or cannot be written is a permanent error."""
        with _spoken(self._root):
            self._require_root()
            if not os.access(self._root, os.W_OK | os.X_OK):
                raise PermanentMailboxError(
                    f"The mailbox folder {self._root} cannot be written: allow it, and try again."
                )
            counts = {folder: sum(1 for _ in self._waiting(folder)) for folder in Folder}
        inbox, junk = counts[Folder.INBOX], counts[Folder.JUNK]
        return f"The folder mailbox {self._root} is ready: {inbox} in Inbox and {junk} in Junk."

    def prepare(self, raw: bytes) -> str:
        """Write the message to Drafts under a name that follows from its Message-ID: the name is the token."""
        headers = message_from_bytes(_header_block(raw))
        message_id = str(headers.get("Message-ID", "")).strip()
        if not message_id:
            raise PermanentMailboxError("The message to be sent has no Message-ID: it cannot be looked up later.")
        if not any(headers.get(name) for name in ("To", "Cc", "Bcc")):
            raise PermanentMailboxError(f"The message {message_id} to be sent names no recipient.")
        token = _token(message_id)
        with _spoken(self._root):
            if os.path.lexists(self._folder(SENT) / token):
                raise PermanentMailboxError(f"The message {message_id} was sent already: it is not prepared again.")
            _write(self._folder(DRAFTS) / token, raw)
        return token

    def send(self, token: str) -> None:
        """Rename the draft into Sent, which either happens whole or not at all."""
        if not _TOKEN.fullmatch(token):
            raise PermanentMailboxError(f"{token!r} is not a token of a folder mailbox: nothing was sent.")
        with _spoken(self._root):
            draft, sent = self._folder(DRAFTS) / token, self._folder(SENT) / token
            if os.path.lexists(sent):
                raise PermanentMailboxError(f"The message {token} was sent already: it is not sent again.")
            if not os.path.lexists(draft):
                raise PermanentMailboxError(f"No message {token} lies in {draft.parent}: prepare it before sending.")
            _move(draft, sent)

    def lookup(self, message_id: str, token: str) -> Outcome:
        """In Sent: sent. Still in Drafts: not sent. In neither, or under another token: unknown."""
        name = _token(message_id.strip())
        with _spoken(self._root):
            self._require_root()
            if os.path.lexists(self._root / SENT / name):
                return Outcome.SENT
            if token == name and os.path.lexists(self._root / DRAFTS / name):
                return Outcome.NOT_SENT
        return Outcome.UNKNOWN

    def poll(self, cursor: str | None) -> Batch:
        """Return at most ``batch_messages``, and not many more than ``batch_bytes``, by time and then name.

        The cursor lists the server ids that were returned and still lie there, so it never grows past that.
        """
        known = _known(cursor)
        with _spoken(self._root):
            self._require_root()
            everything = sorted(
                (waiting for folder in Folder for waiting in self._waiting(folder)),
                key=lambda waiting: (waiting.status.st_mtime_ns, waiting.path.name, waiting.folder),
            )
            fresh = [waiting for waiting in everything if waiting.server_id not in known]
            chosen = self._batch(fresh)
            messages = tuple(filter(None, map(self._received, chosen)))
        returned = known.intersection(waiting.server_id for waiting in everything)
        returned |= {message.server_id for message in messages}
        return Batch(messages, json.dumps(sorted(returned)), more=len(chosen) < len(fresh))

    def file(self, server_id: str, lane: Lane) -> None:
        """Rename the file into the lane's folder, under another name where that one is taken."""
        found = _SERVER_ID.fullmatch(server_id)
        name = os.fsdecode(unquote_to_bytes(found[2])) if found else ""
        if found is None or "/" in name or "\0" in name:
            raise PermanentMailboxError(f"{server_id!r} is not the id of a message in a folder mailbox.")
        with _spoken(self._root):
            source = self._folder(_FOLDERS[found[1]]) / name
            target = self._folder(_FOLDERS[lane])
            with suppress(FileNotFoundError):
                if _stamp(source.lstat()) == found[3]:
                    _move(source, _free(target, name))

    def close(self) -> None:
        """Do nothing: no connection is held."""

    def _require_root(self) -> None:
        if not self._root.is_dir():
            what = "is not a directory" if self._root.exists() else "does not exist"
            raise PermanentMailboxError(
                f"The mailbox folder {self._root} {what}: make it, or correct the mailbox's path."
            )

    def _folder(self, name: str) -> Path:
        self._require_root()
        folder = self._root / name
        folder.mkdir(exist_ok=True)
        return folder

    def _waiting(self, folder: Folder) -> Iterator[_Waiting]:
        place = self._root / _FOLDERS[folder]
        if not os.path.lexists(place):
            return
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.name.lower().endswith(".eml"):
                    continue
                with suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    yield _Waiting(Path(entry.path), folder, status, _server_id(folder, entry.name, status))

    def _batch(self, fresh: list[_Waiting]) -> list[_Waiting]:
        chosen: list[_Waiting] = []
        size = 0
        for waiting in fresh[: self.batch_messages]:
            if size >= self.batch_bytes:
                break
            chosen.append(waiting)
            size += min(waiting.status.st_size, self.message_limit)
        return chosen

    def _received(self, waiting: _Waiting) -> Received | None:
        try:
            raw = self._raw(waiting)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno not in _BAD_FILE:
                raise
            raw = _stand_in(b"", f"The file {waiting.server_id} cannot be opened: {error.strerror}.")
        if raw is None:
            return None
        return Received(waiting.server_id, raw, waiting.received_at, waiting.folder)

    def _raw(self, waiting: _Waiting) -> bytes | None:
        """The bytes, or a stand-in; None when the file changed while it was read: the next poll returns it whole."""
        if not stat.S_ISREG(waiting.status.st_mode):
            return _stand_in(b"", f"The entry {waiting.server_id} is not a regular file: it was not opened.")
        with os.fdopen(os.open(waiting.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if waiting.status.st_size > self.message_limit:
                sentence = (
                    f"The message {waiting.server_id} has {waiting.status.st_size:,} bytes, more than the"
                    f" {self.message_limit:,} that are read: open the file itself."
                )
                return _stand_in(file.read(_HEADER_BYTES), sentence)
            raw = file.read(self.message_limit + 1)
            return raw if _stamp(os.fstat(file.fileno())) == _stamp(waiting.status) else None


def deliver(
    root: Path, raw: bytes, received_at: datetime, folder: Folder = Folder.INBOX, name: str | None = None
) -> str:
    """Put a message into a folder as a server would, whole and with its time, and return its server id.

    Without a name it gets one from the time and the content. The directories are made where they are missing.
    """
    instant = (received_at - _EPOCH) // timedelta(microseconds=1) * 1000
    stem = f"{received_at.astimezone(UTC):%Y%m%dT%H%M%S}-{hashlib.sha256(raw).hexdigest()[:12]}"
    target = root / _FOLDERS[folder]
    with _spoken(root):
        target.mkdir(parents=True, exist_ok=True)
        path = target / name if name else _free(target, f"{stem}.eml")
        _write(path, raw, instant)
        return _server_id(folder, path.name, path.lstat())


def sent_messages(root: Path) -> list[Path]:
    """The messages in Sent, in the order in which they were prepared; empty where nothing was sent."""
    with _spoken(root):
        found = [path for path in (root / SENT).glob("*.eml") if not path.name.startswith(".")]
        return sorted(found, key=lambda path: (path.lstat().st_mtime_ns, path.name))


@contextmanager
def _spoken(root: Path) -> Iterator[None]:
    """Turn what the operating system says into the port's errors, with the path in the sentence."""
    try:
        yield
    except MailboxError:
        raise
    except OSError as error:
        place = error.filename2 or error.filename or root
        place = os.fsdecode(place) if isinstance(place, (str, bytes, os.PathLike)) else root
        kind = PermanentMailboxError if error.errno in _PERMANENT else TransientMailboxError
        raise kind(f"The mailbox folder {root}: {place}: {error.strerror or error}.") from error


def _token(message_id: str) -> str:
    return hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).hexdigest()[:32] + ".eml"


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns}-{status.st_size}" if status.st_mtime_ns >= 0 else f"0-{status.st_size}"


def _server_id(folder: Folder, name: str, status: os.stat_result) -> str:
    """The name alone would let a later file of the same name pass for one that was already returned."""
    return f"{folder}/{quote(os.fsencode(name), safe=' !#$&()+,;=[]{}~')}@{_stamp(status)}"


def _known(cursor: str | None) -> set[str]:
    try:
        listed = json.loads(cursor or "[]")
    except ValueError:
        return set()
    return {entry for entry in listed if isinstance(entry, str)} if isinstance(listed, list) else set()


def _header_block(raw: bytes) -> bytes:
    end = _HEADER_END.search(raw)
    return raw[: end.end()] if end else raw


def _stand_in(start: bytes, sentence: str) -> bytes:
    """A message in the place of one that cannot be handed over: its own header lines, and the sentence."""
    block = _header_block(start)
    kept = _CONTENT_FIELDS.sub(b"", block.rstrip() + b"\n") if block.strip() else b""
    return kept + b"Content-Type: text/plain; charset=utf-8\n\n" + sentence.encode("utf-8", "replace") + b"\n"


def _free(folder: Path, name: str) -> Path:
    candidate = folder / name
    number = 2
    while os.path.lexists(candidate):
        candidate = folder / f"{Path(name).stem}.{number}{Path(name).suffix}"
        number += 1
    return candidate


def _write(path: Path, raw: bytes, mtime_ns: int | None = None) -> None:
    """Aside, synced, renamed: the file is there whole or not at all, whatever is pulled out when."""
    aside = path.with_name(f".{path.name}.tmp")
    with aside.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    if mtime_ns is not None:
        os.utime(aside, ns=(mtime_ns, mtime_ns))
    aside.replace(path)
    _sync(path.parent)


def _move(source: Path, target: Path) -> None:
    source.replace(target)
    _sync(target.parent)
    _sync(source.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
