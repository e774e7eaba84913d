"""A draft's words and the files that were attached to it, written as one message, as the server does on sending."""

import re
from base64 import encodebytes
from collections.abc import Sequence
from urllib.parse import quote

from mail.letter import Attachment

_CONTENT = re.compile(rb"^Content-[^\r\n:]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.I | re.M)


def with_files(raw: bytes, files: Sequence[Attachment]) -> bytes:
    """The bytes as they were made where nothing was attached."""
    if not files:
        return raw
    head, _, body = raw.partition(b"\r\n\r\n")
    about_content = b"".join(_CONTENT.findall(head + b"\r\n"))
    mark = b"--=_server_made"
    parts = [about_content + b"\r\n" + body, *map(_file, files)]
    return (
        _CONTENT.sub(b"", head + b"\r\n")
        + b'Content-Type: multipart/mixed; boundary="=_server_made"\r\n\r\n'
        + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts)
        + mark
        + b"--\r\n"
    )


def _file(file: Attachment) -> bytes:
    head = (
        f"Content-Type: {file.media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename*=utf-8''{quote(file.name)}\r\n\r\n"
    )
    return head.encode("ascii") + encodebytes(file.content).replace(b"\n", b"\r\n")
