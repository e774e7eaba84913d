import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import arrivals
from ledger.blobs import Blobs
from ledger.dump import missing_blobs
from ledger.errors import LedgerError
from ledger.store import Ledger

EICAR_LIKE = b"X5O!P%@AP[4 looks dangerous, is not " * 20


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "ledger.sqlite.blobs")


def only_file(blobs: Blobs) -> Path:
    (place,) = (file for file in blobs.folder.rglob("*") if file.is_file())
    return place


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Blobs:
    return Blobs(tmp_path_factory.mktemp("blobs"))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.binary(max_size=2000))
def test_bytes_come_back_under_their_sha256(shared: Blobs, data: bytes) -> None:
    name = shared.put(data)
    assert name == hashlib.sha256(data).hexdigest()
    assert shared.get(name) == data


@pytest.mark.parametrize("times", [1, 2_000])
def test_a_file_does_not_look_like_what_it_holds(blobs: Blobs, times: int) -> None:
    name = blobs.put(EICAR_LIKE * times)
    assert EICAR_LIKE[:8] not in only_file(blobs).read_bytes()
    assert blobs.get(name) == EICAR_LIKE * times


def test_what_is_large_comes_back_to_the_byte_and_its_damage_is_found(blobs: Blobs) -> None:
    large = bytes(range(256)) * 200
    name = blobs.put(large)
    assert blobs.get(name) == large
    stored = bytearray(only_file(blobs).read_bytes())
    stored[1_000] ^= 1
    only_file(blobs).write_bytes(bytes(stored))
    with pytest.raises(LedgerError, match=r"is damaged\. Restore it"):
        blobs.get(name)


def test_the_same_bytes_are_written_once(blobs: Blobs) -> None:
    name = blobs.put(b"minutes")
    written = only_file(blobs).stat()
    assert blobs.put(b"minutes") == name
    again = only_file(blobs).stat()
    assert (again.st_ino, again.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)


def test_a_missing_file_is_named(blobs: Blobs) -> None:
    with pytest.raises(LedgerError, match=r"/00/0+ cannot be read: No such file.* Restore it from a backup"):
        blobs.get("0" * 64)
    assert not blobs.has("0" * 64)


@pytest.mark.parametrize("damage", [b"", b"plancycle blob 1\nnot zlib", b"PK\x03\x04"])
def test_a_damaged_file_is_found_and_put_right(blobs: Blobs, damage: bytes) -> None:
    name = blobs.put(b"minutes")
    only_file(blobs).write_bytes(damage)
    with pytest.raises(LedgerError, match=r"is damaged\. Restore it"):
        blobs.get(name)
    blobs.put(b"minutes")
    assert blobs.get(name) == b"minutes"


def test_other_bytes_under_a_name_are_damage(blobs: Blobs) -> None:
    first, second = blobs.put(b"one"), blobs.put(b"two")
    places = {name: blobs.folder / name[:2] / name for name in (first, second)}
    places[first].write_bytes(places[second].read_bytes())
    assert (blobs.has(first), blobs.has(second)) == (False, True)


def test_a_disk_that_refuses_is_a_sentence_and_leaves_nothing(blobs: Blobs) -> None:
    name = hashlib.sha256(b"minutes").hexdigest()
    (blobs.folder / name[:2] / name).mkdir(parents=True)
    with pytest.raises(LedgerError, match=r"cannot write to .*blobs: Is a directory"):
        blobs.put(b"minutes")
    assert [file for file in blobs.folder.rglob("*") if file.is_file()] == []


KILLED = """
import os, sys
from datetime import UTC, datetime
from ledger import arrivals
from ledger.store import Ledger
from tests.ledger.samples import AT, Facts
ledger = Ledger.open(sys.argv[1])
with ledger.transaction() as entry:
    name = ledger.blobs.put(b"raw message")
    if sys.argv[2] == "before the entry":
        os._exit(9)
    arrivals.store(entry, Facts(), name, "<m@them>", AT)
    if sys.argv[2] == "before the commit":
        os._exit(9)
os._exit(9)
"""


@pytest.mark.parametrize("when", ["before the entry", "before the commit", "after the commit"])
def test_a_kill_leaves_no_name_without_its_bytes(path: Path, when: str) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, str(path), when], check=False).returncode == 9
    with Ledger.open(path) as ledger:
        with ledger.reading() as entry:
            assert (arrivals.undecided(entry) is not None) is (when == "after the commit")
        assert missing_blobs(ledger) == []
        assert ledger.blobs.has(hashlib.sha256(b"raw message").hexdigest())
