"""One running plancycle per ledger."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from ledger.errors import LedgerError


@contextmanager
def lease(path: Path, at: datetime) -> Iterator[None]:
    """Hold the ledger at ``path`` alone until the block ends or the process dies, whichever comes first.

    ``at`` is when the holder started. Raises LedgerError, naming the holder, when another process has it.
    """
    place = path.with_name(path.name + ".lease")
    with _opened(place) as file:
        _lock(file)
        _sign(file, at)
        try:
            yield
        finally:
            # The file itself stays: removing it would let two processes lock two files of one name.
            file.truncate(0)


def _opened(place: Path) -> IO[str]:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return place.open("a+", encoding="utf-8")
    except OSError as fault:
        raise LedgerError(f"The lease {place} cannot be written: {fault.strerror}. Correct its rights.") from fault


def _lock(file: IO[str]) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as fault:
        raise LedgerError(f"another plancycle {_holder(file)}is running on this ledger") from fault


def _sign(file: IO[str], at: datetime) -> None:
    try:
        _write(file, at)
    except OSError as fault:
        raise LedgerError(f"The lease {file.name} cannot be written: {fault.strerror}. Make room.") from fault


def _write(file: IO[str], at: datetime) -> None:
    file.truncate(0)
    json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": at.isoformat(timespec="seconds")}, file)
    file.flush()


def _holder(file: IO[str]) -> str:
    """Who has it, as far as they have written it yet."""
    file.seek(0)
    try:
        signed = json.load(file)
    except ValueError:
        return ""
    return f"(pid {signed['pid']} on {signed['host']} since {signed['since']}) "
