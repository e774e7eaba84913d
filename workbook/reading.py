"""Reads returned workbooks in a child process that may be killed, so that no file can harm the service."""

import json
import os
import selectors
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from workbook.contents import Cell, Sheet, Sheets, UnreadableWorkbookError
from workbook.file_kinds import MAX_BYTES, refused

FILES_PER_CHILD = 50
WALL_SECONDS = 20.0

_MOST_ANSWERED = 65 * 1024 * 1024
_CHUNK = 65_536
_LENGTH_BYTES = 8


class Reader:
    """Reads one file after another through one child, started when first needed and replaced when it is in doubt.

    Not for several threads at once. Use it as a context manager, or call ``close``.
    """

    def __init__(self, wall_seconds: float = WALL_SECONDS, files_per_child: int = FILES_PER_CHILD) -> None:
        self._wall_seconds = wall_seconds
        self._files_per_child = files_per_child
        self._child: subprocess.Popen[bytes] | None = None
        self._files = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, data: bytes) -> Sheets:
        """The sheets of a file, behind every gate.

        Raises UnreadableWorkbookError with a sentence for the sender; whatever became of the child, the next
        file is read.
        """
        if not data or len(data) > MAX_BYTES:
            raise refused("too large" if data else "empty")
        child = self._ready()
        self._files += 1
        try:
            answer = json.loads(_exchange(child, data, self._wall_seconds))
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.close()
            raise UnreadableWorkbookError("could not be read", _COULD_NOT_BE_READ) from error
        except BaseException:
            self.close()
            raise
        return _sheets(answer)

    def close(self) -> None:
        """End the child. May be called twice, and the reader may be used again."""
        child, self._child, self._files = self._child, None, 0
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                _close_quietly(pipe)

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is not None and (self._files >= self._files_per_child or self._child.poll() is not None):
            self.close()
        if self._child is None:
            self._child = _started()
        return self._child


_COULD_NOT_BE_READ = (
    "This workbook could not be read. Please open the form in Excel, choose Save As, Excel Workbook (.xlsx), "
    "and send that."
)


def _started() -> subprocess.Popen[bytes]:
    home = str(Path(__file__).resolve().parent.parent)
    # Isolated and without site: nothing of the environment, only the standard library and our own packages.
    program = f"import sys; sys.path.append({home!r}); from workbook.child import serve; serve()"
    return subprocess.Popen(  # noqa: S603  a fixed program under our own interpreter
        [sys.executable, "-I", "-S", "-B", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        env={"LC_ALL": "C.UTF-8"},
        cwd="/",
    )


def _exchange(child: subprocess.Popen[bytes], data: bytes, wall_seconds: float) -> bytes:
    """Give the child a file and take its answer, within the time; both ways at once, so that neither side waits."""
    given, taken = _descriptor(child.stdin), _descriptor(child.stdout)
    waiting = memoryview(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
    answer = bytearray()
    deadline = time.monotonic() + wall_seconds
    os.set_blocking(given, False)
    with selectors.DefaultSelector() as selector:
        selector.register(taken, selectors.EVENT_READ)
        selector.register(given, selectors.EVENT_WRITE)
        while not _complete(answer):
            ready = selector.select(max(deadline - time.monotonic(), 0))
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                if key.fd == taken:
                    _take(taken, answer)
                else:
                    waiting = waiting[os.write(given, waiting[:_CHUNK]) :]
                    if not waiting:
                        selector.unregister(given)
    return bytes(answer[_LENGTH_BYTES:])


def _take(descriptor: int, answer: bytearray) -> None:
    part = os.read(descriptor, _CHUNK)
    answer += part
    if not part or len(answer) > _MOST_ANSWERED:
        raise EOFError


def _complete(answer: bytearray) -> bool:
    if len(answer) < _LENGTH_BYTES:
        return False
    return len(answer) - _LENGTH_BYTES >= int.from_bytes(answer[:_LENGTH_BYTES], "big")


def _descriptor(pipe: Any) -> int:
    return int(pipe.fileno())


def _close_quietly(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:  # pragma: no cover  the other end went first; there is nothing left to write
        return


def _sheets(answer: dict[str, Any]) -> Sheets:
    if "sentence" in answer:
        raise UnreadableWorkbookError(answer["code"], answer["sentence"])
    sheets = (
        Sheet(name, hidden, {(row, column): Cell(kind, text) for row, column, kind, text in cells})
        for name, hidden, cells in answer["sheets"]
    )
    return Sheets(tuple(sheets), answer["date1904"], tuple(answer["flags"]))
