"""A file's bytes to its sheets: every gate in order, every part seen once."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from workbook.contents import Sheet, Sheets, UnreadableWorkbookError
from workbook.file_kinds import refused
from workbook.gates import Package, check_content_type, check_workbook_type, open_package, unsafe
from workbook.sheet_parts import Book, NumberFormats, SharedStrings, SheetCells
from workbook.streaming import MAIN, Listener, Quiet, named, relation_id, stream

MAX_SHEETS = 50

_WATCHED = {"ddeLink": "DDE links", "oleLink": "OLE links"}
_RESAVE = "Please open the form in Excel, choose Save As, Excel Workbook (.xlsx), and send that."


@dataclass(frozen=True, slots=True)
class Relation:
    """One relationship: the last word of its type, and the part it points to in lower case."""

    kind: str
    target: str
    external: bool


@dataclass(frozen=True, slots=True)
class DeclaredSheet:
    name: str
    hidden: bool
    relation: str


class ContentTypes:
    """The declared type of every part."""

    def __init__(self) -> None:
        self.parts: dict[str, str] = {}
        self.extensions: dict[str, str] = {}

    def start(self, _name: str, attributes: Mapping[str, str]) -> None:
        declared = attributes.get("ContentType")
        if declared is None:
            return
        check_content_type(declared)
        if "PartName" in attributes:
            self.parts[attributes["PartName"].lstrip("/").casefold()] = declared
        elif "Extension" in attributes:
            self.extensions[attributes["Extension"].casefold()] = declared

    def end(self, _name: str) -> None:
        """Every element stands alone."""

    def text(self, _data: str) -> None:
        """Types have no text."""

    def of(self, part: str) -> str:
        return self.parts.get(part) or self.extensions.get(part.rpartition(".")[2], "")


class Relations:
    """The relationships of one part, their targets resolved against its folder."""

    def __init__(self, folder: str) -> None:
        self.by_id: dict[str, Relation] = {}
        self._folder = folder

    def start(self, _name: str, attributes: Mapping[str, str]) -> None:
        if "Target" not in attributes:
            return
        target = posixpath.normpath(posixpath.join("/", self._folder, attributes["Target"].replace("\\", "/")))
        self.by_id[attributes.get("Id", "")] = Relation(
            attributes.get("Type", "").rpartition("/")[2],
            target.lstrip("/").casefold(),
            attributes.get("TargetMode", "").casefold() == "external",
        )

    def end(self, _name: str) -> None:
        """Every element stands alone."""

    def text(self, _data: str) -> None:
        """Relationships have no text."""

    def target(self, kind: str) -> str:
        return next((it.target for it in self.by_id.values() if it.kind == kind and not it.external), "")


class WorkbookPart:
    """The names of the sheets in their order, and where dates are counted from."""

    def __init__(self) -> None:
        self.sheets: list[DeclaredSheet] = []
        self.date1904 = False
        self._names = named(MAIN, "sheet", "workbookPr")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        local = self._names.get(name)
        if local == "workbookPr":
            self.date1904 = attributes.get("date1904", "0").casefold() in ("1", "true")
        elif local == "sheet":
            hidden = attributes.get("state", "visible") != "visible"
            self.sheets.append(DeclaredSheet(attributes.get("name", ""), hidden, relation_id(attributes)))

    def end(self, _name: str) -> None:
        """Every element stands alone."""

    def text(self, _data: str) -> None:
        """Sheets are named in attributes."""


def unpack(data: bytes) -> Sheets:
    """The sheets of a returned file. Raises UnreadableWorkbookError with the sentence for the sender."""
    package = open_package(data)
    types = ContentTypes()
    stream(package.content("[content_types].xml"), types)
    workbook = _relations(package, "").target("officeDocument")
    if workbook not in package.parts:
        raise refused("damaged")
    check_workbook_type(types.of(workbook))
    return _read(package, workbook)


def _read(package: Package, workbook: str) -> Sheets:
    part = WorkbookPart()
    stream(package.content(workbook), part)
    _check_names(part.sheets)
    relations = _relations(package, workbook)
    book = Book(date1904=part.date1904)
    seen = {"[content_types].xml", workbook, _relations_of(""), _relations_of(workbook)}
    seen |= _read_shared(package, relations, book)
    sheets = [_sheet(package, declared, relations, book, seen) for declared in part.sheets]
    _check_rest(package, seen)
    return Sheets(tuple(sheet for sheet in sheets if sheet), part.date1904, tuple(package.flags))


def _relations_of(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _relations(package: Package, part: str) -> Relations:
    relations = Relations(part.rpartition("/")[0])
    name = _relations_of(part)
    if name not in package.parts:
        raise refused("damaged")
    stream(package.content(name), relations)
    return relations


def _check_names(sheets: list[DeclaredSheet]) -> None:
    if not sheets:
        raise UnreadableWorkbookError("no sheets", f"This workbook has no sheets. {_RESAVE}")
    if len(sheets) > MAX_SHEETS:
        raise unsafe(f"it has {len(sheets):,} sheets, and a form has a handful")
    if len({sheet.name.casefold() for sheet in sheets}) < len(sheets):
        raise unsafe("two of its sheets have the same name")


def _read_shared(package: Package, relations: Relations, book: Book) -> set[str]:
    strings, formats = SharedStrings(), NumberFormats()
    listeners: dict[str, Listener] = {relations.target("sharedStrings"): strings, relations.target("styles"): formats}
    found = {part for part in listeners if part in package.parts}
    for part in found:
        stream(package.content(part), listeners[part])
    book.strings, book.formats = strings.strings, formats.kinds
    return found


def _sheet(package: Package, declared: DeclaredSheet, relations: Relations, book: Book, seen: set[str]) -> Sheet | None:
    relation = relations.by_id.get(declared.relation)
    if relation is None or relation.external or relation.target not in package.parts:
        name = declared.name[:60]
        raise UnreadableWorkbookError("missing sheet", f'The sheet "{name}" is not inside this workbook. {_RESAVE}')
    if relation.kind != "worksheet":
        package.flag("chart sheets")
        return None
    cells = SheetCells(book)
    stream(package.content(relation.target), cells)
    seen.add(relation.target)
    if cells.cut_short:
        package.flag(f'cells beyond 5,000 rows or 60 columns in "{declared.name[:60]}"')
    return Sheet(declared.name, declared.hidden, cells.cells)


def _check_rest(package: Package, seen: set[str]) -> None:
    quiet = Quiet(_WATCHED, package.flag)
    for name in package.parts.keys() - seen:
        if name.endswith((".xml", ".rels")):
            stream(package.content(name), quiet)
