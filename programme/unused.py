"""Files and folders that nothing reads, which are misspelt names more often than not."""

from collections.abc import Iterator

from programme.declared import NEEDED, PROGRAMME_FILES, SERVICE, Declared, listed, meant_folders
from programme.fault import Fault
from programme.source import Node
from programme.structure import did_you_mean

_KNOWN = tuple(f"{name}.yaml" for name in PROGRAMME_FILES)


def unused_files(declared: Declared) -> Iterator[Fault]:
    """A warning for each, one for a whole folder; none for what a fault names already."""
    if not isinstance(Node(declared.service).get("programmes").value, list):
        return  # which programmes there are cannot be told, and a fault says so
    running = {programme.id for programme in declared.programmes}
    paths = sorted((*declared.files, *declared.misnamed))
    for path in paths:
        folder, _, name = path.rpartition("/")
        if not folder and path != SERVICE:
            yield Fault(path, 0, 0, "this file is not read.", _stray(name), warning=True)
        elif folder in running and name not in _KNOWN:
            yield from _of_a_programme(declared, path, name)
    parts = [path.rpartition("/")[0].split("/") for path in paths if "/" in path]
    inside = {"/".join(folder) for folder in parts if folder[0] in running and len(folder) > 1}
    yield from _folders(declared, {folder[0] for folder in parts} - running)
    for folder in inside:
        fix = "A programme's files lie in its folder itself, and none deeper."
        yield Fault(folder, 0, 0, "this folder is not read.", fix, warning=True)


def _stray(name: str) -> str:
    if name in _KNOWN:
        return "It belongs in the folder of a programme."
    return f"The service's own settings are in {SERVICE}, and nothing else is read beside it."


def _of_a_programme(declared: Declared, path: str, name: str) -> Iterator[Fault]:
    stem = name.removesuffix(".yml")
    if f"{stem}.yaml" not in _KNOWN:
        yield Fault(path, 0, 0, "this file is not read.", did_you_mean(name, _KNOWN), warning=True)
    elif path.removesuffix(".yml") + ".yaml" in declared.files:
        sentence = f"this file is not read: {stem}.yaml is."
        yield Fault(path, 0, 0, sentence, "Keep one of them.", warning=True)
    elif stem not in NEEDED:
        yield Fault(path, 0, 0, "this file is not read.", f"Rename it to {stem}.yaml.", warning=True)


def _folders(declared: Declared, strange: set[str]) -> Iterator[Fault]:
    missing = [item.text for item in listed(declared.service) if item.text and item.text in declared.missing]
    named = {folder for word in missing for folder in meant_folders(word, declared.service, strange)}
    for folder in strange - named:
        fix = f"List it under 'programmes' in {SERVICE}" + (" if it is one." if missing else ", or take it away.")
        yield Fault(folder, 0, 0, "this folder is not read, because it is not listed.", fix, warning=True)
