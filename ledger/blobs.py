"""Raw messages and workbooks, as files named by their SHA-256."""

import hashlib
import os
import tempfile
import zlib
from pathlib import Path

from ledger.errors import LedgerError

# Compressed, or with other bytes in the place of its own, behind a header of ours, no file looks like what it holds,
# and an antivirus leaves it in place.
_COMPRESSED = b"plancycle blob 1\n"
_EXCHANGED = b"plancycle blob 2\n"
# What is large is mostly files in base64, in which nothing repeats: to compress it takes twenty times as long as to
# exchange its bytes, and saves little more than a quarter.
_LARGE = 30_000
_THERE = bytes((byte * 167 + 13) % 256 for byte in range(256))
_BACK = bytes.maketrans(_THERE, bytes(range(256)))


class Blobs:
    """A folder of immutable files. ``put`` comes before the commit that names the file.

    A process killed between the two leaves a file that nothing names, never a name without a file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._durable: set[Path] = set()

    def put(self, data: bytes) -> str:
        """Keep the bytes durably and return their SHA-256 in hex.

        Called again with the same bytes it writes nothing, unless the file was damaged. Raises LedgerError when
        the disk refuses.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if not self.has(sha256):
            try:
                self._write(self._place(sha256), _encoded(data))
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
        data = _decoded(stored)
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
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
