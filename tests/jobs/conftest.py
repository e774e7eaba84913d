import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import configuration
from ledger import meta
from tests.jobs.stage import (
    ADDENDUM,
    BLUE,
    DEADLINE,
    DRAFT,
    EVE,
    ISSUE,
    ISSUE_2,
    PAPERS,
    RED,
    REVIEW,
    SPG,
    YEAR,
    Stage,
    copied,
    mail,
    release,
    service,
)
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
def year_folder(rooms: Path, reader: Reader) -> Path:
    """The folder of a live service with every step of the year, in its first cycle."""
    stage = Stage(rooms / "year", reader, service(*YEAR))
    with stage.ledger.transaction() as entry:
        meta.dedicate(entry, meta.Kind.LIVE)
    configuration.adopt(stage.ledger, stage.office.service, EVE)
    stage.play(EVE, ISSUE)
    stage.close()
    return stage.root


@pytest.fixture
def year(room: Path, reader: Reader, year_folder: Path) -> Iterator[Stage]:
    """A live service with every step of the year, that has issued its first cycle."""
    stage = Stage(copied(year_folder, room), reader, service(*YEAR))
    stage.now = ISSUE
    yield stage
    stage.close()


@pytest.fixture(scope="session")
def met_folder(rooms: Path, reader: Reader, year_folder: Path) -> Path:
    """The folder of a service on the day of its first meeting: plan 1 came back Red and Blue, plan 3 Green."""
    stage = Stage(copied(year_folder, rooms / "met"), reader, service(*YEAR))
    stage.now = ISSUE
    stage.receive(mail("ann@ours.example", stage.returned("p1", r1_1=RED, r1_2=BLUE)))
    stage.receive(mail("eve@ours.example", stage.returned("p3", "social")))
    stage.play(DEADLINE, REVIEW, DRAFT)
    release(stage)
    stage.play(PAPERS, ADDENDUM, SPG)
    stage.close()
    return stage.root


@pytest.fixture
def met(room: Path, reader: Reader, met_folder: Path) -> Iterator[Stage]:
    """A service on the day of its first meeting."""
    stage = Stage(copied(met_folder, room), reader, service(*YEAR))
    stage.now = SPG
    yield stage
    stage.close()


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
