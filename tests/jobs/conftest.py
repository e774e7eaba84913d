from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import configuration
from tests.jobs.stage import EVE, ISSUE, ISSUE_2, PAPERS, DEADLINE, Stage, copied, mail
from workbook.reading import Reader


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with Reader() as opened:
        yield opened


@pytest.fixture(scope="session")
def issued_folder(tmp_path_factory: pytest.TempPathFactory, reader: Reader) -> Path:
    """The folder of a service that has issued its first cycle."""
    stage = Stage(tmp_path_factory.mktemp("issued") / "service", reader)
    configuration.adopt(stage.ledger, stage.office.service, EVE)
    stage.wake(EVE)
    stage.wake(ISSUE)
    stage.close()
    return stage.root


@pytest.fixture(scope="session")
def second_folder(tmp_path_factory: pytest.TempPathFactory, reader: Reader, issued_folder: Path) -> Path:
    """The folder of a service in its second cycle; in the first, plan 1 came back with one of its two rows."""
    stage = Stage(copied(issued_folder, tmp_path_factory.mktemp("second") / "service"), reader)
    amber = {"rating": "amber", "progress": "Begun.", "reason": "Short of staff; two start in May."}
    stage.receive(mail("ann@ours.example", stage.returned("p1", r1_1=amber)))
    for now in (DEADLINE, PAPERS, ISSUE_2):
        stage.wake(now)
    stage.close()
    return stage.root


@pytest.fixture
def empty(tmp_path: Path, reader: Reader) -> Iterator[Stage]:
    """A service that was just installed."""
    stage = Stage(tmp_path / "service", reader)
    configuration.adopt(stage.ledger, stage.office.service, EVE)
    yield stage
    stage.close()


@pytest.fixture
def stage(tmp_path: Path, reader: Reader, issued_folder: Path) -> Iterator[Stage]:
    """A service that has issued its first cycle."""
    stage = Stage(copied(issued_folder, tmp_path / "service"), reader)
    stage.now = ISSUE
    yield stage
    stage.close()


@pytest.fixture
def second(tmp_path: Path, reader: Reader, second_folder: Path) -> Iterator[Stage]:
    """A service in its second cycle."""
    stage = Stage(copied(second_folder, tmp_path / "service"), reader)
    stage.now = ISSUE_2
    yield stage
    stage.close()
