"""Where every test must run, one that is skipped fails the run, however many workers share it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = """
import pytest

def test_that_runs():
    pass

@pytest.mark.skip("a tool is missing")
def test_that_does_not():
    pass
"""


@pytest.mark.parametrize("workers", [[], ["-n", "2", "--dist", "worksteal"]], ids=["alone", "two workers"])
@pytest.mark.parametrize("strict", [True, False])
def test_a_skipped_test_fails_the_run_where_none_may_be(tmp_path: Path, workers: list[str], strict: bool) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_it.py").write_text(SKIPPED, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PLANCYCLE", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", tmp_path, *workers, tmp_path],
        cwd=tmp_path,
        env=environment | ({"PLANCYCLE_NO_SKIPS": "1"} if strict else {}),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "1 passed, 1 skipped" in done.stdout
    assert ("1 tests were skipped that must run here" in done.stdout) is strict
    assert done.returncode == (1 if strict else 0)
