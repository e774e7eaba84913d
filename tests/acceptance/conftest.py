import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is such a thing: thousands of synced writes prove nothing more on a disk."""
    if not MEMORY.is_dir():
        yield tmp_path_factory.mktemp("quick")
        return
    folder = Path(tempfile.mkdtemp(prefix="plancycle-", dir=MEMORY))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
