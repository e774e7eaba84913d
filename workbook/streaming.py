"""XML streamed through expat with limits: nothing is fetched or expanded, and only what is asked is kept."""

from collections.abc import Callable, Mapping
from typing import Protocol
from xml.parsers import expat

from workbook.file_kinds import refused
from workbook.gates import unsafe

MAX_DEPTH = 64
MAX_ATTRIBUTES = 200

MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
RELATION = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
_ENCODINGS = frozenset({"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii"})


class Listener(Protocol):
    """Hears the elements of one part. Names are ``namespace local``."""

    def start(self, name: str, attributes: Mapping[str, str], /) -> None: ...

    def end(self, name: str, /) -> None: ...

    def text(self, data: str, /) -> None: ...


def named(namespaces: tuple[str, ...], *names: str) -> dict[str, str]:
    """The full names of these elements in each namespace, to their local names."""
    return {f"{namespace} {name}": name for namespace in namespaces for name in names}


def relation_id(attributes: Mapping[str, str]) -> str:
    return next((attributes[f"{it} id"] for it in RELATION if f"{it} id" in attributes), "")


def stream(data: bytes, listener: Listener) -> None:
    """Parse one part. Raises UnreadableWorkbookError when it is broken, too deep, or declares a DOCTYPE."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = _check_encoding
    parser.StartElementHandler, parser.EndElementHandler = _guarded(listener)
    parser.CharacterDataHandler = listener.text
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, UnicodeError) as error:
        raise refused("damaged") from error


def _guarded(listener: Listener) -> tuple[Callable[[str, dict[str, str]], None], Callable[[str], None]]:
    depth = 0
    heard_start, heard_end = listener.start, listener.end

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise unsafe("a part inside it is nested or described beyond what Excel writes")
        heard_start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        heard_end(name)

    return start, end


def _refuse_doctype(*_: object) -> None:
    raise unsafe("a part inside it declares a document type, which Excel never writes")


def _check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
    if encoding is not None and encoding.casefold() not in _ENCODINGS:
        raise unsafe("a part inside it is written in an encoding that Excel does not use")


class Quiet:
    """A listener that only lets the limits be checked, and notes elements by local name where they are watched."""

    def __init__(self, watched: Mapping[str, str], flag: Callable[[str], None]) -> None:
        self._watched = watched
        self._flag = flag

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        flag = self._watched.get(name.rpartition(" ")[2])
        if flag:
            self._flag(flag)

    def end(self, _name: str) -> None:
        """Nothing is kept."""

    def text(self, _data: str) -> None:
        """Nothing is kept."""
