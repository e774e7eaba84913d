"""What was declared, file by file, before it is known to be sound."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from programme.fault import Fault
from programme.schema import NAMES
from programme.source import Document, Node, parse
from programme.structure import did_you_mean, structural_faults

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
    """The whole configuration as read. ``service`` is an empty document when its file cannot be used."""

    files: Mapping[str, str]
    service: Document
    programmes: tuple[ProgrammeFiles, ...]


def declare(files: Mapping[str, str], unreadable: frozenset[str]) -> tuple[Declared, list[Fault]]:
    """Read all files and hold each against its schema. ``unreadable`` files exist and were complained of already."""
    faults: list[Fault] = []
    service = _service(files, unreadable, faults)
    folders = {path.split("/")[0] for path in (*files, *unreadable) if "/" in path}
    programmes = []
    for item in Node(service).get("programmes").items:
        if item.text in folders:
            programmes.append(_programme(item.text, files, unreadable, faults))
        elif item.text:
            faults.append(
                item.fault(f'there is no folder "{item.text}" with settings.', did_you_mean(item.text, folders))
            )
    return Declared(files, service, tuple(programmes)), faults


def _service(files: Mapping[str, str], unreadable: frozenset[str], faults: list[Fault]) -> Document:
    if SERVICE not in files:
        if SERVICE not in unreadable:
            faults.append(Fault(SERVICE, 0, 0, "the file is missing.", "Name the folder that holds it with --config."))
        return Document(SERVICE, {})
    document, found = _checked(SERVICE, files[SERVICE], "service")
    faults += found
    return document or Document(SERVICE, {})


def _checked(path: str, text: str, schema: str) -> tuple[Document | None, list[Fault]]:
    document, faults = parse(path, text)
    if document is None:
        return None, faults
    if document.data is None and schema not in (*NEEDED, "service"):
        document = Document(path, {})
    return document, faults + structural_faults(document, schema)


def _programme(
    programme: str, files: Mapping[str, str], unreadable: frozenset[str], faults: list[Fault]
) -> ProgrammeFiles:
    documents: dict[str, Document] = {}
    sound = set()
    for name in PROGRAMME_FILES:
        path = f"{programme}/{name}.yaml"
        if path in files:
            document, found = _checked(path, files[path], name)
            faults += found
            documents |= {name: document} if document else {}
            sound |= set() if found else {name}
        elif path not in unreadable:
            faults += [Fault(path, 0, 0, "the file is missing.", "Every programme needs it.")] if name in NEEDED else []
            sound |= set() if name in NEEDED else {name}
    return ProgrammeFiles(programme, documents, frozenset(sound))


def unused_files(declared: Declared) -> Iterator[Fault]:
    """A warning for every file that nothing reads, which is a misspelt name more often than not."""
    running = {programme.id for programme in declared.programmes}
    for path in sorted(declared.files):
        folder, _, name = path.rpartition("/")
        if folder in running and name.removesuffix(".yaml") not in PROGRAMME_FILES:
            known = [f"{file}.yaml" for file in PROGRAMME_FILES]
            yield Fault(path, 0, 0, "this file is not read.", did_you_mean(name, known), warning=True)
        elif folder not in running and path != SERVICE:
            sentence = f"this file is not read, because {SERVICE} lists no such programme."
            yield Fault(path, 0, 0, sentence, "List it there, or take the file away.", warning=True)
