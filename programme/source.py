"""YAML as plain values that know the line and column where they stand.

Scalars are read as people mean them: only ``true`` and ``false`` are yes or no, dates and times stay text, and so
does ``3.10``. Aliases, tags and second documents are refused: nothing in a configuration needs them.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from programme.fault import Fault

if TYPE_CHECKING:
    import yaml

Steps = tuple[str | int, ...]
Place = tuple[int, int]

_DEEPEST = 20
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# What nobody sees in a text: controls, marks that turn its direction, separators. The two joiners shape letters.
_INVISIBLE = ("Cc", "Cf", "Cs", "Zl", "Zp")
_VISIBLE = "\t\n\u200c\u200d"
# A space that is none to YAML, where a line is indented, an item begins or a value follows its name.
_ODD_SPACE = re.compile(r"(?:^(?:[ \t]|- )*-?|: *)([^\S\t\n\r ])", re.MULTILINE)
_WHOLE_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")

# Plans and people reach back some decades; a year outside these is a slip, and some cannot be reckoned with.
YEARS = range(1900, 3001)


def iso_date(text: str) -> date | None:
    """The date that the text writes as year-month-day, or None: also where its year is a slip."""
    try:
        found = date.fromisoformat(text) if _ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None
    return found if found is not None and found.year in YEARS else None


@dataclass(frozen=True, slots=True)
class Document:
    """One file's values, and where each value and each key stands, by the keys and indexes that lead there."""

    file: str
    data: Any
    places: Mapping[Steps, Place] = field(default_factory=dict)
    keys: Mapping[Steps, Place] = field(default_factory=dict)

    def fault(self, path: Steps, sentence: str, fix: str = "", *, warning: bool = False) -> Fault:
        """A fault at a value; of something that is missing, at what it is missing from."""
        while path and path not in self.places:
            path = path[:-1]
        return Fault(self.file, *self.places.get(path, (0, 0)), sentence, fix, warning)

    def key_fault(self, path: Steps, sentence: str, fix: str = "") -> Fault:
        """A fault at a key rather than at its value."""
        return Fault(self.file, *self.keys[path], sentence, fix)


@dataclass(frozen=True, slots=True)
class Node:
    """A value at its place, read tolerantly: what has another type than expected reads as nothing."""

    document: Document
    path: Steps = ()

    @property
    def value(self) -> Any:
        value = self.document.data
        for step in self.path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def get(self, key: str) -> "Node":
        return Node(self.document, (*self.path, key))

    @property
    def items(self) -> "list[Node]":
        count = len(self.value) if isinstance(self.value, list) else 0
        return [Node(self.document, (*self.path, index)) for index in range(count)]

    @property
    def text(self) -> str:
        return self.value if isinstance(self.value, str) else ""

    @property
    def date(self) -> date | None:
        return iso_date(self.text)

    def fault(self, sentence: str, fix: str = "", *, warning: bool = False) -> Fault:
        return self.document.fault(self.path, sentence, fix, warning=warning)

    @property
    def line(self) -> int:
        return self.document.places.get(self.path, (0, 0))[0]


def parse(file: str, text: str) -> tuple[Document | None, list[Fault]]:
    """Read one file's text. The document is None when there is nothing to go on with; an empty one has data None."""
    faults = list(_unprintable(file, text)) or _unread(file, text)
    if faults:
        return None, faults
    root = _compose(text)
    if root is None:
        return Document(file, None), []
    reading = _Reading(file, text)
    data = reading.value(root, ())
    return Document(file, data, reading.places, reading.keys), reading.faults


def _unprintable(file: str, text: str) -> Iterator[Fault]:
    for found in _UNPRINTABLE.finditer(text):
        yield _invisible(file, _spot(text, found.start()), found.group(), "here")


def _invisible(file: str, place: Place, character: str, where: str) -> Fault:
    called = unicodedata.name(character, "").lower()
    said = f"U+{ord(character):04X}{', ' if called else ''}{called}"
    return Fault(file, *place, f"there is an invisible character {where} ({said}).", "Delete it.")


def _spot(text: str, index: int) -> Place:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _loader() -> "type[yaml.CSafeLoader] | type[yaml.SafeLoader]":
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _compose(text: str) -> "yaml.Node | None":
    import yaml

    return yaml.compose(text, Loader=_loader())


def _unread(file: str, text: str) -> list[Fault]:
    """What stands against reading the text at all. Walks the events, so that nothing deep or shared is ever built."""
    import yaml

    faults: list[Fault] = []
    try:
        for event in _limited(file, yaml.parse(text, Loader=_loader()), faults):
            faults += _refused(file, event)
    except yaml.MarkedYAMLError as error:
        faults.append(_syntax(file, text, error))
    return faults


def _limited(file: str, events: "Iterator[yaml.Event]", faults: list[Fault]) -> "Iterator[yaml.Event]":
    import yaml

    depth = documents = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > _DEEPEST:
            faults.append(_at(file, event, "this is nested too deeply.", "Nothing here needs more than a few levels."))
            return
        if documents > 1:
            faults.append(_at(file, event, "a second document begins here.", 'Remove the line "---" and what follows.'))
            return
        yield event


def _refused(file: str, event: "yaml.Event") -> Iterator[Fault]:
    import yaml

    if isinstance(event, yaml.AliasEvent):
        yield _at(file, event, f'"*{event.anchor}" refers to another place.', "Write the value out instead.")
    elif tag := getattr(event, "tag", None):
        yield _at(file, event, f'"{tag}" is a tag, and none is used here.', "Write the value alone.")


def _at(file: str, event: "yaml.Event", sentence: str, fix: str) -> Fault:
    return Fault(file, *_place(event), sentence, fix)


_HINTS = {
    "mapping values are not allowed": "Put text that has a colon in quotes, and check the indentation.",
    "could not find expected ':'": "A setting needs a colon and a space after its name.",
    "did not find expected key": "Check the indentation here and above, and that quotes are closed.",
    "did not find expected '-' indicator": "Line up the hyphens of the list.",
    "unexpected end of stream": "Close the quote that opens here.",
    "cannot start any token": "Put the text in quotes.",
}


def _syntax(file: str, text: str, error: "yaml.MarkedYAMLError") -> Fault:
    # Of a quote that is never closed, the place to look at is where it was opened, not the end of the file.
    unclosed = error.context_mark if "end of stream" in (error.problem or "") else None
    mark = unclosed or error.problem_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    written = (text.splitlines() or [""])[min(line, len(text.splitlines()) - 1)]
    if "\t" in written[: column + 1]:
        tab = written.index("\t")
        return Fault(file, line + 1, tab + 1, "there is a tab here.", "Indent with spaces.")
    if odd := _odd_space(file, text, mark.index if mark else 0):
        return odd
    problem = error.problem or error.context or "it makes no sense"
    fix = next((hint for start, hint in _HINTS.items() if start in problem), "Check this line and the one above.")
    return Fault(file, line + 1, column + 1, f"this cannot be read as YAML: {problem}.", fix)


def _odd_space(file: str, text: str, index: int) -> Fault | None:
    """The last space that YAML takes for a letter, in the line where it lost the thread or the two above."""
    end = f"{text}\n".find("\n", index)
    start = end - len("\n".join(text[:end].split("\n")[-3:]))
    found = [*_ODD_SPACE.finditer(text, start, end)]
    return _no_space(file, _spot(text, found[-1].start(1)), found[-1].group(1)) if found else None


def _no_space(file: str, place: Place, character: str) -> Fault:
    called = unicodedata.name(character, "character").lower()
    sentence = f"there is a {called} here (U+{ord(character):04X}), which only looks like a space."
    return Fault(file, *place, sentence, "Put an ordinary space in its place.")


@dataclass
class _Reading:
    """Turns nodes into values and remembers where each stood. Depth was limited before."""

    file: str
    text: str
    places: dict[Steps, Place] = field(default_factory=dict)
    keys: dict[Steps, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def value(self, node: "yaml.Node", path: Steps) -> Any:
        import yaml

        self.places[path] = _place(node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        value = _scalar(node)
        hidden = next(filter(_hidden, value), None) if isinstance(value, str) and not value.isprintable() else None
        if hidden is not None:
            self._complain(node, hidden)
        return value

    def _complain(self, node: "yaml.Node", odd: str) -> None:
        """Of a character of the node: where it stands, or where the node begins if it is written as an escape."""
        start = node.start_mark.index
        at = self.text.find(odd, start, node.end_mark.index)
        place = _spot(self.text, at if at >= 0 else start)
        where = "here" if at >= 0 else "in this text"
        said = _invisible(self.file, place, odd, where) if _hidden(odd) else _no_space(self.file, place, odd)
        self.faults.append(said)

    def _mapping(self, node: "yaml.MappingNode", path: Steps) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            name = self._key(key, path)
            if name is not None:
                values[name] = self.value(value, (*path, name))
        return values

    def _key(self, key: "yaml.Node", path: Steps) -> str | None:
        if not isinstance(key.value, str):
            self.faults.append(Fault(self.file, *_place(key), "a setting's name must be a word.", "Check the line."))
            return None
        if not _plain(key.value) and (odd := next((one for one in key.value if _hidden(one) or _odd(one)), None)):
            self._complain(key, odd)
            return "".join(one for one in key.value if not _hidden(one)).strip()
        known = self.keys.get((*path, key.value))
        if known is not None:
            sentence = f"'{key.value}' is here twice: it also stands in line {known[0]}."
            self.faults.append(Fault(self.file, *_place(key), sentence, "Remove one of them."))
            return None
        self.keys[(*path, key.value)] = _place(key)
        return key.value


def _place(node: "yaml.Node | yaml.Event") -> Place:
    mark = node.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (0, 0)


def _plain(text: str) -> bool:
    """Whether nothing in it can be hidden or odd, as in nearly every text; then no letter needs a look."""
    return text.isascii() and text.isprintable()


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in _INVISIBLE and character not in _VISIBLE


def _odd(character: str) -> bool:
    return character.isspace() and character not in " \t\n"


def _scalar(node: "yaml.Node") -> str | int | bool | None:
    text: str = node.value.replace("\r\n", "\n")
    if getattr(node, "style", None) in ("'", '"', "|", ">"):
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text
