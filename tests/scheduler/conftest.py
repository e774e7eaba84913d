import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import configuration
from ledger import meta
from tests.jobs.stage import EVE, FILES, ISSUE, Stage, copied
from workbook.reading import Reader

MEMORY = Path("/dev/shm")


def write_config(folder: Path, *edits: tuple[str, str, str]) -> Path:
    """The small service's configuration as files, edited: (file, what stands there, what shall stand there)."""
    files = dict(FILES)
    for name, old, new in edits:
        assert old in files[name]
        files[name] = files[name].replace(old, new)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with Reader() as opened:
        yield opened


@pytest.fixture(scope="session")
def rooms() -> Iterator[Path]:
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="plancycle-", dir=where) as made:
        yield Path(made)


@pytest.fixture(scope="session")
def issued_house(rooms: Path, reader: Reader) -> Path:
    """A live service's folder, in its first cycle: config, ledger and mailbox beside each other."""
    stage = Stage(rooms / "issued", reader)
    with stage.ledger.transaction() as entry:
        meta.dedicate(entry, meta.Kind.LIVE)
    configuration.adopt(stage.ledger, stage.office.service, EVE)
    stage.wake(EVE)
    stage.wake(ISSUE)
    stage.close()
    write_config(stage.root / "config")
    return stage.root


@pytest.fixture
def house(rooms: Path, issued_house: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=rooms) as made:
        yield copied(issued_house, Path(made) / "house")


@pytest.fixture
def stage(house: Path, reader: Reader) -> Iterator[Stage]:
    """The service at work in the house."""
    opened = Stage(house, reader)
    opened.now = ISSUE
    yield opened
    opened.close()


@pytest.fixture
def new_house(rooms: Path) -> Iterator[Path]:
    """A folder with a configuration and nothing else."""
    with tempfile.TemporaryDirectory(dir=rooms) as made:
        write_config(Path(made) / "config")
        (Path(made) / "mailbox").mkdir()
        yield Path(made)
