"""The gates that a file passes before anything in it is read: what it is, its zip directory, its content types."""

import struct
import zlib
from dataclasses import dataclass, field
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from workbook.contents import UnreadableWorkbookError
from workbook.file_kinds import kind_of_zip, members, refused, require_zip

MAX_ENTRIES = 1_000
MAX_PART = 64 * 1024 * 1024
MAX_TOTAL = 128 * 1024 * 1024
MAX_RATIO = 200
RATIO_ABOVE = 1024 * 1024

_WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")
_ADVICE = "Please open the form in Excel, choose Save As, Excel Workbook (.xlsx), and send that."
_FLAGS = (
    ("xl/externallinks/", "external links"),
    ("xl/connections.xml", "data connections"),
    ("xl/embeddings/", "embedded objects"),
    ("xl/activex/", "controls"),
    ("xl/comments", "comments"),
    ("xl/threadedcomments/", "comments"),
    ("xl/media/", "pictures"),
    ("xl/querytables/", "data connections"),
)


@dataclass(slots=True)
class Package:
    """A zip whose directory passed. ``parts`` are its members by lower-case name; ``flags`` what is never followed."""

    archive: ZipFile
    parts: dict[str, ZipInfo]
    flags: list[str]
    unpacked: int = field(default=0)

    def flag(self, what: str) -> None:
        if what not in self.flags:
            self.flags.append(what)

    def content(self, name: str) -> bytes:
        """A part's bytes, counted as they come out whatever the directory says."""
        try:
            with self.archive.open(self.parts[name]) as part:
                data = part.read(MAX_PART + 1)
        except (BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
            raise refused("damaged") from error
        self.unpacked += len(data)
        if len(data) > MAX_PART or self.unpacked > MAX_TOTAL:
            raise unsafe("it unpacks to far more than a form can hold")
        return data


def unsafe(what: str) -> UnreadableWorkbookError:
    """The refusal of a file that no spreadsheet program writes for a form."""
    return UnreadableWorkbookError("unsafe", f"We did not open this workbook: {what}. {_ADVICE}")


def open_package(data: bytes) -> Package:
    """Gates 1 to 3. Raises UnreadableWorkbookError with the sentence for the sender."""
    require_zip(data)
    archive = members(data)
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise unsafe(f"it has {len(entries):,} parts, and a form has at most {MAX_ENTRIES:,}")
    parts = _named_parts(entries)
    _check_sizes(entries)
    _check_spans(data, entries, archive.start_dir)
    kind = kind_of_zip(frozenset(parts))
    if kind:
        raise refused(kind)
    _refuse_macros(frozenset(parts))
    flags = dict.fromkeys(flag for start, flag in _FLAGS if any(name.startswith(start) for name in parts))
    return Package(archive, parts, list(flags))


def check_content_type(part_type: str) -> None:
    """Gate 3 for one declared content type."""
    lowered = part_type.casefold()
    if "macroenabled" in lowered or "vbaproject" in lowered or "macrosheet" in lowered:
        raise _macros()


def check_workbook_type(part_type: str) -> None:
    """Gate 3 for the workbook's own content type: an ordinary workbook, not a template or an add-in."""
    check_content_type(part_type)
    if part_type != _WORKBOOK_TYPE:
        raise UnreadableWorkbookError("not a workbook", f"This is not an ordinary Excel workbook. {_ADVICE}")


def _macros() -> UnreadableWorkbookError:
    return UnreadableWorkbookError("macros", f"This workbook contains macros, which we do not open. {_ADVICE}")


def _refuse_macros(names: frozenset[str]) -> None:
    if any(name.endswith("vbaproject.bin") or "macrosheets/" in name for name in names):
        raise _macros()


def _named_parts(entries: list[ZipInfo]) -> dict[str, ZipInfo]:
    parts: dict[str, ZipInfo] = {}
    for entry in entries:
        name = entry.orig_filename.replace("\\", "/")
        if name.startswith("/") or ":" in name or "\0" in name or ".." in name.split("/"):
            raise unsafe("a part inside it has a name that points outside the file")
        if name.casefold() in parts:
            raise unsafe("two parts inside it have the same name")
        parts[name.casefold()] = entry
    return parts


def _check_sizes(entries: list[ZipInfo]) -> None:
    for entry in entries:
        if entry.flag_bits & 0x41:
            raise refused("password")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise unsafe("it is compressed in a way that Excel does not use")
        if entry.file_size > RATIO_ABOVE and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise unsafe("it unpacks to far more than a form can hold")
    if (
        max((entry.file_size for entry in entries), default=0) > MAX_PART
        or sum(entry.file_size for entry in entries) > MAX_TOTAL
    ):
        raise unsafe("it unpacks to far more than a form can hold")


def _check_spans(data: bytes, entries: list[ZipInfo], directory: int) -> None:
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    limits = [entry.header_offset for entry in ordered[1:]] + [directory]
    for entry, limit in zip(ordered, limits, strict=False):
        if _end_of(data, entry) > limit:
            raise unsafe("parts inside it overlap")


def _end_of(data: bytes, entry: ZipInfo) -> int:
    try:
        header = _LOCAL_HEADER.unpack_from(data, entry.header_offset)
    except struct.error as error:
        raise refused("damaged") from error
    if header[0] != b"PK\x03\x04" or header[2] & 0x41 != entry.flag_bits & 0x41:
        raise refused("damaged")
    return int(entry.header_offset + _LOCAL_HEADER.size + header[9] + header[10] + entry.compress_size)
