"""The process that reads files from outside. It may be killed at any moment, and it can open nothing.

It is given bytes and answers with JSON, both with their length before them (eight bytes, the highest first).
"""

import codecs
import json
import os
import resource
import struct
import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from workbook.contents import Sheets, UnreadableWorkbookError
from workbook.file_kinds import refused
from workbook.unpacking import unpack

MEMORY = 512 * 1024 * 1024
CPU_SECONDS = 10
MOST_ANSWERED = 64 * 1024 * 1024
LENGTH = struct.Struct(">Q")


def serve() -> None:
    """Answer one file after another from standard input until it ends."""
    confine()
    while (size := _exactly(LENGTH.size)) is not None:
        data = _exactly(LENGTH.unpack(size)[0])
        if data is None:
            return
        allow_cpu()
        _answer(_in_json(data, unpack))


def confine() -> None:
    """Give up memory, files, sockets and processes for good; everything needed is loaded before."""
    _warm_up()
    os.closerange(3, 1024)
    _lower(resource.RLIMIT_AS, MEMORY)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_NOFILE, 3)


def allow_cpu() -> None:
    """Ten more seconds of CPU, counted from now."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _lower(limit: int, value: int) -> None:
    resource.setrlimit(limit, (value, value))


def _warm_up() -> None:
    # A codec or a module that is loaded on first use would be a file that can no longer be opened.
    for codec in ("cp437", "cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "ascii", "latin-1"):
        codecs.lookup(codec)
    small = BytesIO()
    with ZipFile(small, "w") as archive:
        archive.writestr("[Content_Types].xml", '<?xml version="1.0" encoding="UTF-8"?><Types/>')
    for data in (small.getvalue(), b"a,b", b"", b"PK\x03\x04"):
        _in_json(data, unpack)


def _in_json(data: bytes, read: Callable[[bytes], Sheets]) -> bytes:
    try:
        answer = json.dumps(_plain(read(data)), separators=(",", ":")).encode()
        if len(answer) > MOST_ANSWERED:
            raise refused("too large")
    except UnreadableWorkbookError as error:
        answer = json.dumps({"code": error.code, "sentence": error.sentence}).encode()
    return answer


def _plain(sheets: Sheets) -> dict[str, Any]:
    return {
        "sheets": [
            [sheet.name, sheet.hidden, [[row, column, it.kind, it.text] for (row, column), it in sheet.cells.items()]]
            for sheet in sheets.sheets
        ],
        "date1904": sheets.date1904,
        "flags": list(sheets.flags),
    }


def _exactly(size: int) -> bytes | None:
    data = sys.stdin.buffer.read(size)
    return data if len(data) == size else None


def _answer(data: bytes) -> None:
    sys.stdout.buffer.write(LENGTH.pack(len(data)) + data)
    sys.stdout.buffer.flush()
