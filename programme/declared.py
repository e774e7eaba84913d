"""What was declared, file by file, before it is known to be sound."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from programme.fault import Fault
from programme.schema import NAMES
from programme.source import Document, Node, parse
from programme.structure import did_you_mean, likeliest, structural_faults

SERVICE = "service.yaml"
PROGRAMME_FILES = tuple(name for name in NAMES if name != "service")
NEEDED = ("people", "plans", "cycles")


@dataclass(frozen=True, slots=True)
class ProgrammeFiles:
    """The files of one programme by name. ``sound`` names those that are what their schema asks for.

    A file that is allowed to be missing, and is, counts as sound and empty.
    """

    id: str
    documents: Mapping[str, Document]
    sound: frozenset[str]

    def top(self, name: str) -> Node:
        return Node(self.documents.get(name, Document(f"{self.id}/{name}.yaml", {})))


def ids_in(listed: Node) -> frozenset[str] | None:
    """The ids of a list of settings; None when there is no such list."""
    return frozenset(item.get("id").text for item in listed.items) if isinstance(listed.value, list) else None


@dataclass(frozen=True, slots=True)
class Declared:
    """The whole configuration as read. ``service`` is an empty document when its file cannot be used.

    ``missing`` are the programmes that it lists and that have no folder; ``misnamed`` are files that end in .yml.
    """

    files: Mapping[str, str]
    service: Document
    programmes: tuple[ProgrammeFiles, ...]
    missing: frozenset[str] = frozenset()
    misnamed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Reading:
    """The files as they were found, and the faults as they are found in them."""

    files: Mapping[str, str]
    unreadable: frozenset[str]
    misnamed: frozenset[str]
    faults: list[Fault]

    def missing(self, path: str, fix: str) -> None:
        """Complain that a file is not there, unless it is and was complained of."""
        name = path.rpartition("/")[2]
        other = f"{name.removesuffix('.yaml')}.yml"
        if path.removesuffix(name) + other in self.misnamed:
            self.faults.append(Fault(path, 0, 0, f"{other} is there.", f"Rename it to {name}."))
        elif path not in self.unreadable:
            self.faults.append(Fault(path, 0, 0, "the file is missing.", fix))


def declare(
    files: Mapping[str, str], unreadable: frozenset[str], misnamed: frozenset[str] = frozenset()
) -> tuple[Declared, list[Fault]]:
    """Read all files and hold each against its schema.

    ``unreadable`` files exist and were complained of already; ``misnamed`` ones exist and end in .yml.
    """
    reading = _Reading(files, unreadable, misnamed, [])
    service = _service(reading)
    folders = {path.split("/")[0] for path in (*files, *unreadable, *misnamed) if "/" in path}
    programmes, missing = [], set()
    for item in listed(service):
        if item.text in folders:
            programmes.append(_programme(item.text, reading))
        elif item.text:
            missing.add(item.text)
            sentence = f'there is no folder "{item.text}" with settings.'
            reading.faults.append(item.fault(sentence, did_you_mean(item.text, _unlisted(service, folders) or folders)))
    declared = Declared(files, service, tuple(programmes), frozenset(missing), misnamed)
    return declared, reading.faults


def listed(service: Document) -> list[Node]:
    """The names of the programmes, at their places."""
    return Node(service).get("programmes").items


def _unlisted(service: Document, folders: Iterable[str]) -> set[str]:
    return set(folders) - {item.text for item in listed(service)}


def meant_folders(word: str, service: Document, folders: Iterable[str]) -> set[str]:
    """The folders that the fault of a programme without a folder names."""
    unlisted = _unlisted(service, folders)
    likely = likeliest(word, unlisted)
    return {likely} if likely else unlisted


def _service(reading: _Reading) -> Document:
    if SERVICE not in reading.files:
        reading.missing(SERVICE, _where_it_may_be(reading.files))
        return Document(SERVICE, {})
    document, found = _checked(SERVICE, reading.files[SERVICE], "service")
    reading.faults.extend(found)
    return document or Document(SERVICE, {})


def _where_it_may_be(files: Mapping[str, str]) -> str:
    if any(f"{name}.yaml" in files for name in NEEDED):
        return "This looks like the folder of a programme: name the one above it with --config."
    below = sorted(path.removesuffix(f"/{SERVICE}") for path in files if path.endswith(f"/{SERVICE}"))
    if below:
        return f'It is in the folder "{below[0]}": name that one with --config.'
    likely = likeliest(SERVICE, (path for path in files if "/" not in path))
    if likely:
        return f"{likely} is there: rename it to {SERVICE} if that is what it is."
    return "Name the folder that holds it with --config."


def _checked(path: str, text: str, schema: str) -> tuple[Document | None, list[Fault]]:
    document, faults = parse(path, text)
    if document is None:
        return None, faults
    if document.data is None and schema not in (*NEEDED, "service"):
        document = Document(path, {})
    return document, faults + structural_faults(document, schema)


def _programme(programme: str, reading: _Reading) -> ProgrammeFiles:
    documents: dict[str, Document] = {}
    sound = set()
    for name in PROGRAMME_FILES:
        path = f"{programme}/{name}.yaml"
        if path in reading.files:
            document, found = _checked(path, reading.files[path], name)
            reading.faults.extend(found)
            documents |= {name: document} if document else {}
            sound |= set() if found else {name}
        elif name in NEEDED:
            reading.missing(path, "Every programme needs it.")
        elif path not in reading.unreadable:
            sound.add(name)
    return ProgrammeFiles(programme, documents, frozenset(sound))
