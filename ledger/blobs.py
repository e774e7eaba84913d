"""Raw messages and workbooks, as files named by their SHA-256."""

import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import LedgerError

# Compressed, or with other bytes in the place of its own, behind a header of ours, no file looks like what it holds,
# and an antivirus leaves it in place.
_COMPRESSED = b"plancycle blob 1\n"
_EXCHANGED = b"plancycle blob 2\n"
# What is large is mostly files in base64, in which nothing repeats: to compress it takes twenty times as long as to
# exchange its bytes, and saves little more than a quarter.
_LARGE = 30_000
# The papers go to reader after reader with the same workbook: it is kept once, and each message names it.
_PIECES = b"plancycle blob 3\n"
_SHARED = 200_000
_THERE = bytes((byte * 167 + 13) % 256 for byte in range(256))
_BACK = bytes.maketrans(_THERE, bytes(range(256)))


class Blobs:
    """A folder of immutable files. ``put`` comes before the commit that names the file.

    A process killed between the two leaves a file that nothing names, never a name without a file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._durable: set[Path] = set()
        self._known: _Known | None = None

    def put(self, *pieces: bytes) -> str:
        """Keep the bytes durably, those of the pieces after each other, and return the SHA-256 of all in hex.

        Called again with the same bytes it writes nothing, unless the file was damaged. One of several pieces that
        is very large is kept once, in a file of its own, for everything that it is a piece of. Raises LedgerError
        when the disk refuses.
        """
        sha256 = _sha256(*pieces)
        if not self.has(sha256):
            try:
                # A large piece beside empty ones alone is the whole, which must not name itself.
                self._write(self._place(sha256), self._encoded([piece for piece in pieces if piece]))
            except OSError as fault:
                raise LedgerError(
                    f"The ledger cannot write to {self.folder}: {fault.strerror}. Make room or correct the rights."
                ) from fault
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes, verified. Raises LedgerError when the file is missing or is not what its name says."""
        place = self._place(sha256)
        try:
            stored = place.read_bytes()
        except OSError as fault:
            raise LedgerError(
                f"The ledger's file {place} cannot be read: {fault.strerror}. Restore it from a backup."
            ) from fault
        data = self._decoded(stored)
        if data is None or _sha256(data) != sha256:
            raise LedgerError(f"The ledger's file {place} is damaged. Restore it from a backup.")
        return data

    def has(self, sha256: str) -> bool:
        """Whether ``get`` would succeed."""
        try:
            self.get(sha256)
        except LedgerError:
            return False
        return True

    def _place(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256

    def _encoded(self, pieces: Sequence[bytes]) -> bytes:
        if len(pieces) == 1 or not any(map(_is_shared, pieces)):
            return _encoded(b"".join(pieces))
        parts = [self._kept(piece) if _is_shared(piece) else len(piece) for piece in pieces]
        own = b"".join(piece for piece in pieces if not _is_shared(piece))
        return _PIECES + json.dumps(parts).encode() + b"\n" + _encoded(own)

    def _decoded(self, stored: bytes) -> bytes | None:
        if not stored.startswith(_PIECES):
            return _decoded(stored)
        listed, _, rest = stored[len(_PIECES) :].partition(b"\n")
        own = _decoded(rest)
        try:
            return None if own is None else b"".join(self._joined(json.loads(listed), own))
        except (ValueError, TypeError):
            return None

    def _joined(self, parts: list[str | int], own: bytes) -> Iterator[bytes]:
        start = 0
        for part in parts:
            if isinstance(part, str):
                yield self._piece(part)
            else:
                yield own[start : start + part]
                start += part

    def _kept(self, piece: bytes) -> str:
        """Keep a piece. The one that was kept or read last is known while its file is what it was."""
        known = self._known
        if known is None or known.data is not piece or known.stamp != _stamp(self._place(known.sha256)):
            sha256 = self.put(piece)
            known = self._known = _Known(sha256, _stamp(self._place(sha256)), piece)
        return known.sha256

    def _piece(self, sha256: str) -> bytes:
        known, stamp = self._known, _stamp(self._place(sha256))
        if known is None or (known.sha256, known.stamp) != (sha256, stamp):
            known = self._known = _Known(sha256, stamp, self.get(sha256))
        return known.data

    def _write(self, place: Path, stored: bytes) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=place.parent, prefix=".aside-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(stored)
                file.flush()
                os.fsync(file.fileno())
            Path(aside).replace(place)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
        _sync(place.parent)
        if place.parent not in self._durable:
            # A folder that is there may be one that an earlier process was killed over before it was durable.
            _sync(self.folder)
            _sync(self.folder.parent)
            self._durable.add(place.parent)


@dataclass(frozen=True, slots=True)
class _Known:
    """A piece that was kept or read, and what its file was like then."""

    sha256: str
    stamp: tuple[int, ...]
    data: bytes


def _stamp(place: Path) -> tuple[int, ...]:
    """What changes with a file; empty where there is none."""
    try:
        status = place.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _sha256(*pieces: bytes) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _is_shared(piece: bytes) -> bool:
    return len(piece) > _SHARED


def _encoded(data: bytes) -> bytes:
    return _EXCHANGED + data.translate(_THERE) if len(data) > _LARGE else _COMPRESSED + zlib.compress(data, 1)


def _decoded(stored: bytes) -> bytes | None:
    if stored.startswith(_EXCHANGED):
        return stored[len(_EXCHANGED) :].translate(_BACK)
    if not stored.startswith(_COMPRESSED):
        return None
    try:
        return zlib.decompress(stored[len(_COMPRESSED) :])
    except zlib.error:
        return None


def _sync(folder: Path) -> None:
    """A rename is durable only once the folder that holds the name is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
