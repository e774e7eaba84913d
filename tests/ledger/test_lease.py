import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.lease import lease
from tests.ledger.samples import AT

HELD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from ledger.lease import lease
with lease(Path(sys.argv[1]), datetime(2026, 5, 7, 8, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_holder_is_told_who_has_it(path: Path) -> None:
    with lease(path, AT), pytest.raises(LedgerError) as refused, lease(path, AT):
        pass
    host = socket.gethostname()
    assert str(refused.value) == (
        f"another plancycle (pid {os.getpid()} on {host} since 2026-05-07T08:00:00+00:00) is running on this ledger"
    )


def test_it_is_free_again_after_the_block(path: Path) -> None:
    for _ in range(2):
        with lease(path, AT):
            assert path.with_name("ledger.sqlite.lease").read_text().startswith('{"pid"')
    assert path.with_name("ledger.sqlite.lease").read_text() == ""


def test_a_killed_holder_holds_nothing(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HELD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LedgerError, match=f"pid {holder.pid} on"), lease(path, AT):
            pass
        holder.kill()
    with lease(path, AT):
        pass


def test_a_holder_who_has_not_signed_yet_is_still_a_holder(path: Path) -> None:
    with lease(path, AT):
        path.with_name("ledger.sqlite.lease").write_text("")
        with pytest.raises(LedgerError, match=r"^another plancycle is running on this ledger$"), lease(path, AT):
            pass


def test_a_lease_that_cannot_be_written_is_a_sentence(path: Path) -> None:
    path.with_name("ledger.sqlite.lease").mkdir()
    with pytest.raises(LedgerError, match=r"The lease .*\.lease cannot be written: Is a directory"), lease(path, AT):
        pass
