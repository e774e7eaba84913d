"""From the administrators' files to a service, or to every fault in them at once."""

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from programme import build
from programme.crosscheck import contradictions
from programme.crosscheck_places import place_faults
from programme.declared import Declared, declare
from programme.fault import ConfigurationError, Fault
from programme.foresight import warnings
from programme.service import Service
from programme.unused import unused_files

# Two hundred plans of forty actions each, written out at length, are less than half of it.
LARGEST_FILE = 4 * 1024 * 1024


def load(folder: Path) -> Service:
    """Load the configuration of a folder. Raises ConfigurationError with every fault found, in reading order."""
    files, unread = _read(folder)
    with _nothing_dropped():
        declared, faults = _faults(files, unread, _misnamed(folder))
        return _service(declared, [*faults, *place_faults(declared, folder)])


def load_files(files: Mapping[str, str], folder: Path | None = None) -> Service:
    """Load a configuration from its texts by relative path, as ``Service.files`` keeps them.

    With ``folder``, in which they lie, what its disk says counts, too; without it no disk is looked at. Raises
    ConfigurationError with every fault found, in reading order.
    """
    with _nothing_dropped():
        declared, faults = _faults(files, ())
        return _service(declared, [*faults, *(place_faults(declared, folder) if folder is not None else ())])


def examine(folder: Path, today: date) -> tuple[Fault, ...]:
    """Every fault and every warning of a folder, in reading order. ``today`` is the date in the programmes' zone.

    Warnings are about cycles whose meeting has not been yet. Bad content never raises.
    """
    try:
        files, faults = _read(folder)
    except ConfigurationError as error:
        return error.faults
    declared, found = _faults(files, faults, _misnamed(folder))
    found += place_faults(declared, folder)
    return _in_order([*found, *unused_files(declared), *warnings(declared, today)])


def read_files(folder: Path) -> dict[str, str]:
    """The text of every ``*.yaml`` file below the folder by relative path with ``/``, without changing anything.

    Line ends become ``\\n`` and a byte order mark goes. Hidden files and folders are not read. Raises
    ConfigurationError, for every file at once, when one cannot be read, is over 4 MiB, or is not UTF-8.
    """
    files, faults = _read(folder)
    if faults:
        raise ConfigurationError(_in_order(faults))
    return files


@contextmanager
def _nothing_dropped() -> Iterator[None]:
    """No search for garbage: a large configuration is half a million small objects which all stay, and to look
    through them again and again takes a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _service(declared: Declared, faults: list[Fault]) -> Service:
    if faults:
        raise ConfigurationError(_in_order(faults))
    return build.service(declared)


def _faults(
    files: Mapping[str, str], unread: Iterable[Fault], misnamed: frozenset[str] = frozenset()
) -> tuple[Declared, list[Fault]]:
    known = list(unread)
    declared, faults = declare(files, frozenset(fault.file for fault in known), misnamed)
    return declared, [*known, *faults, *contradictions(declared)]


def _in_order(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    return tuple(sorted(set(faults)))


def _read(folder: Path) -> tuple[dict[str, str], list[Fault]]:
    if not folder.is_dir():
        fix = "Name the folder that holds service.yaml with --config or PLANCYCLE_CONFIG."
        raise ConfigurationError([Fault(str(folder), 0, 0, "there is no such folder.", fix)])
    files: dict[str, str] = {}
    faults: list[Fault] = []
    for name in _found(folder, "*.yaml"):
        _read_one(folder / name, name, files, faults)
    return files, faults


def _found(folder: Path, pattern: str) -> list[str]:
    """The paths below the folder that fit the pattern, hidden files and folders left out."""
    paths = (path.relative_to(folder) for path in sorted(folder.rglob(pattern)))
    return [path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts)]


def _misnamed(folder: Path) -> frozenset[str]:
    return frozenset(_found(folder, "*.yml"))


def _read_one(path: Path, name: str, files: dict[str, str], faults: list[Fault]) -> None:
    try:
        content = _content(path)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        faults.append(Fault(name, 0, 0, f"the file cannot be read: {reason}.", "Check what it is and its permissions."))
        return
    if len(content) > LARGEST_FILE:
        faults.append(Fault(name, 0, 0, "the file is larger than 4 MiB.", "Check that it is the right file."))
        return
    try:
        files[name] = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.append(Fault(name, line, 1, "this line is not UTF-8 text.", "Save the file as UTF-8."))


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)
