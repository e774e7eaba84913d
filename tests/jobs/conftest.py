import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import configuration
from tests.jobs.stage import DEADLINE, EVE, ISSUE, ISSUE_2, PAPERS, Stage, copied, mail
from workbook.reading import Reader


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with Reader() as opened:
        yield opened


MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def rooms() -> Iterator[Path]:
    """Where the services of these tests live: in memory where there is any, for they commit without end."""
    where = MEMORY if os.access(MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="plancycle-", dir=where) as made:
        yield Path(made)


@pytest.fixture
def room(rooms: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=rooms) as made:
        yield Path(made) / "service"


@pytest.fixture(scope="session")
def issued_folder(rooms: Path, reader: Reader) -> Path:
    """The folder of a service that has issued its first cycle."""
    stage = Stage(rooms / "issued", reader)
    configuration.adopt(stage.ledger, stage.office.service, EVE)
    stage.wake(EVE)
    stage.wake(ISSUE)
    stage.close()
    return stage.root


@pytest.fixture(scope="session")
def second_folder(rooms: Path, reader: Reader, issued_folder: Path) -> Path:
    """The folder of a service in its second cycle; in the first, plan 1 came back with one of its two rows."""
    stage = Stage(copied(issued_folder, rooms / "second"), reader)
    amber = {"rating": "amber", "progress": "Begun.", "reason": "Short of staff; two start in May."}
    stage.receive(mail("ann@ours.example", stage.returned("p1", r1_1=amber)))
    for now in (DEADLINE, PAPERS, ISSUE_2):
        stage.wake(now)
    stage.close()
    return stage.root


@pytest.fixture
def empty(room: Path, reader: Reader) -> Iterator[Stage]:
    """A service that was just installed."""
    stage = Stage(room, reader)
    configuration.adopt(stage.ledger, stage.office.service, EVE)
    yield stage
    stage.close()


@pytest.fixture
def stage(room: Path, reader: Reader, issued_folder: Path) -> Iterator[Stage]:
    """A service that has issued its first cycle."""
    stage = Stage(copied(issued_folder, room), reader)
    stage.now = ISSUE
    yield stage
    stage.close()


@pytest.fixture
def second(room: Path, reader: Reader, second_folder: Path) -> Iterator[Stage]:
    """A service in its second cycle."""
    stage = Stage(copied(second_folder, room), reader)
    stage.now = ISSUE_2
    yield stage
    stage.close()
