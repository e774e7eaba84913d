"""The tree of a MIME message, cut out of its bytes in one pass per level and within limits.

The standard parser goes line by line and level by level: a few hundred kilobytes of nested parts, or some megabytes
of empty lines, keep it busy for seconds to minutes. Here the cost is bounded by size times depth, at the speed of a
search in memory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as HeaderHolder

from mail.encodings import clean, content_of, header_text, text_of
from mail.letter import UnreadableMessageError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may have: bytes in all, parts, levels, and bytes and lines of headers in all parts."""

    size: int = 40 * 1024 * 1024
    parts: int = 500
    depth: int = 30
    header_bytes: int = 512 * 1024
    header_lines: int = 5_000


LIMITS = Limits()

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_ENVELOPE = re.compile(rb">?From [^\n]*\n")
_BLANK = re.compile(rb"[ \t]*\r?\n")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+*-]+/[a-z0-9!#$&^_.+*-]+")
_GUESSED_BOUNDARY = re.compile(rb"^--([^\s-][^\s]{0,69})[ \t]*\r?$", re.MULTILINE)
# The parameters of a header are read by the standard library at a cost that grows with the square of their length.
_PARAMETER_CHARACTERS = 4_000

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """An entity. ``headers`` are (lower-case name, unfolded value); ``body`` is still encoded.

    ``parts`` are its children; of a message/rfc822 the one child is the message inside.
    """

    headers: Headers
    content_type: str
    body: bytes = b""
    parts: tuple["Part", ...] = ()

    def header(self, name: str) -> str:
        """The first header of the name, or an empty string."""
        return next((value for known, value in self.headers if known == name), "")

    def parameter(self, header: str, name: str) -> str:
        """A parameter of a structured header, decoded; empty where it is missing or cannot be made out."""
        holder = HeaderHolder()
        holder["Content-Type"] = self.header(header)[:_PARAMETER_CHARACTERS].replace("\r", " ").replace("\n", " ")
        try:
            value = holder.get_param(name, "")
        except (TypeError, ValueError):
            # The standard library sorts a name that is written both whole and in numbered pieces, and cannot.
            return ""
        if isinstance(value, tuple):
            return text_of(value[2].encode("latin-1", "replace"), value[0] or "")
        return header_text(str(value))

    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        return content_of(self.body, self.header("content-transfer-encoding"))

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the message."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def is_message(self) -> bool:
        return self.content_type in ("message/rfc822", "message/global")

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")


@dataclass(slots=True)
class _Budget:
    """What is left of the limits while one message is cut up."""

    limits: Limits
    parts: int = 0
    header_bytes: int = 0
    header_lines: int = 0

    def spend_part(self, depth: int) -> None:
        self.parts += 1
        if self.parts > self.limits.parts:
            raise UnreadableMessageError(f"The message has more than {self.limits.parts} parts: it is not read.")
        if depth > self.limits.depth:
            raise UnreadableMessageError(f"The message nests parts more than {self.limits.depth} deep: it is not read.")

    def spend_header(self, size: int) -> None:
        self.header_bytes += size
        self.header_lines += 1
        if self.header_bytes > self.limits.header_bytes or self.header_lines > self.limits.header_lines:
            raise UnreadableMessageError(
                f"The message has more than {self.limits.header_bytes:,} bytes or {self.limits.header_lines:,} lines"
                " of headers: it is not read."
            )


def cut(raw: bytes, limits: Limits = LIMITS) -> Part:
    """Cut a message into its parts. Whatever is broken becomes text; only a limit raises UnreadableMessageError."""
    if len(raw) > limits.size:
        raise UnreadableMessageError(
            f"The message has {len(raw):,} bytes, more than the {limits.size:,} that are read."
        )
    return _entity(_Extent(raw, 0, len(raw)), _Budget(limits), depth=0, default="text/plain")


@dataclass(frozen=True, slots=True)
class _Extent:
    """A stretch of the message's bytes: cutting copies nothing until a leaf is reached."""

    raw: bytes
    start: int
    end: int

    def bytes(self) -> bytes:
        return self.raw[self.start : self.end]


def _entity(extent: _Extent, budget: _Budget, depth: int, default: str) -> Part:
    budget.spend_part(depth)
    headers, start = _headers(extent, budget)
    body = _Extent(extent.raw, start, extent.end)
    part = Part(headers, _content_type(headers, default))
    if part.is_message:
        inner = _entity(_plain(body, part), budget, depth + 1, "text/plain")
        return Part(headers, part.content_type, parts=(inner,))
    if part.is_multipart:
        below = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
        pieces = _pieces(body, part.parameter("content-type", "boundary"))
        children = tuple(_entity(piece, budget, depth + 1, below) for piece in pieces)
        return (
            Part(headers, part.content_type, parts=children) if children else Part(headers, "text/plain", body.bytes())
        )
    return Part(headers, part.content_type, body.bytes())


def _plain(body: _Extent, part: Part) -> _Extent:
    """A message inside should not be encoded; some senders do it all the same."""
    encoding = part.header("content-transfer-encoding").lower()
    if encoding not in ("base64", "quoted-printable"):
        return body
    decoded = content_of(body.bytes(), encoding)
    return _Extent(decoded, 0, len(decoded))


def _headers(extent: _Extent, budget: _Budget) -> tuple[Headers, int]:
    """The headers, and where the body begins: after a blank line, or at the first line that is no header."""
    found: list[tuple[str, str]] = []
    envelope = _ENVELOPE.match(extent.raw, extent.start, extent.end)
    position = envelope.end() if envelope else extent.start
    while (line := _FIELD.match(extent.raw, position, extent.end)) is not None:
        budget.spend_header(line.end() - position)
        value = _FOLD.sub("", text_of(line[2]))
        found.append((line[1].decode("ascii").lower(), clean(value).strip()))
        position = line.end()
    blank = _BLANK.match(extent.raw, position, extent.end)
    return tuple(found), blank.end() if blank else position


def _content_type(headers: Headers, default: str) -> str:
    declared = next((value for name, value in headers if name == "content-type"), default)
    named = declared.split(";", 1)[0].strip().lower()
    if _TYPE.fullmatch(named):
        return named
    return "text/plain" if named in ("text", "") else "application/octet-stream"


def _pieces(body: _Extent, boundary: str) -> Iterator[_Extent]:
    """What lies between the delimiters. A boundary that was lost is guessed from the first line like a delimiter."""
    raw, position = body.raw, body.start
    mark = boundary.rstrip().encode("utf-8", "replace")
    if not mark:
        guessed = _GUESSED_BOUNDARY.search(raw, body.start, body.end)
        mark = guessed[1] if guessed else b""
    start: int | None = None
    delimiter = _delimiter(mark)
    while mark and (found := delimiter.search(raw, position, body.end)) is not None:
        if start is not None:
            yield _Extent(raw, start, max(start, _before_line_end(raw, found.start())))
        if found[1]:
            return
        start = position = min(found.end() + 1, body.end)
    if start is not None:
        yield _Extent(raw, start, body.end)


def _delimiter(mark: bytes) -> re.Pattern[bytes]:
    """The literal comes first and its line begin is checked after it: so the search runs at the speed of memory."""
    literal = re.escape(b"--" + mark)
    return re.compile(literal + rb"(?<![^\n]" + literal + rb")(--)?[ \t]*\r?(?:(?=\n)|\Z)")


def _before_line_end(raw: bytes, position: int) -> int:
    if raw[position - 1 : position] == b"\n":
        position -= 1
    return position - 1 if raw[position - 1 : position] == b"\r" else position
