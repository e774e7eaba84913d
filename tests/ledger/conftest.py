from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.schema import Entry
from ledger.store import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path) as opened:
        yield opened


@pytest.fixture
def entry(ledger: Ledger) -> Iterator[Entry]:
    with ledger.transaction() as opened:
        yield opened
