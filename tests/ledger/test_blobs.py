import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import arrivals
from ledger.blobs import Blobs
from ledger.dump import missing_blobs
from ledger.errors import LedgerError
from ledger.store import Ledger
from tests.ledger.samples import AT, Facts

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


WORKBOOK = bytes(range(256)) * 1_000
FIRST, SECOND = (b"To: ann\n", WORKBOOK, b"--\n"), (b"To: bob\n", WORKBOOK, b"--\n")


def files(blobs: Blobs) -> dict[str, Path]:
    return {file.name: file for file in blobs.folder.rglob("*") if file.is_file()}


def sha256(*pieces: bytes) -> str:
    return hashlib.sha256(b"".join(pieces)).hexdigest()


def test_a_large_piece_of_several_is_kept_once_for_all_that_it_is_a_piece_of(blobs: Blobs) -> None:
    first, second = blobs.put(*FIRST), blobs.put(*SECOND)
    assert (first, second) == (sha256(*FIRST), sha256(*SECOND))
    assert files(blobs).keys() == {first, second, sha256(WORKBOOK)}
    assert max(files(blobs)[name].stat().st_size for name in (first, second)) < 1_000
    for reader in (blobs, Blobs(blobs.folder)):
        assert reader.get(second) == b"".join(SECOND)
        assert reader.get(first) == b"".join(FIRST)
        assert reader.get(sha256(WORKBOOK)) == WORKBOOK


def test_several_large_pieces_and_one_twice_come_back_in_their_order(blobs: Blobs) -> None:
    pieces = (WORKBOOK, b"one", WORKBOOK[1:], b"", b"two", WORKBOOK)
    name = blobs.put(*pieces)
    assert len(files(blobs)) == 3
    assert Blobs(blobs.folder).get(name) == blobs.get(name) == b"".join(pieces)


@pytest.mark.parametrize(
    "pieces", [(WORKBOOK,), (WORKBOOK, b""), (b"", WORKBOOK), (b"x" * 150_000, b"y" * 150_000), (b"", b""), ()]
)
def test_a_large_piece_alone_and_smaller_ones_together_are_one_file(blobs: Blobs, pieces: tuple[bytes, ...]) -> None:
    name = blobs.put(*pieces)
    alone = only_file(blobs).read_bytes()
    assert not alone.startswith(b"plancycle blob 3")
    assert blobs.get(name) == b"".join(pieces)
    other = Blobs(blobs.folder.parent / "other")
    assert (other.put(b"".join(pieces)), only_file(other).read_bytes()) == (name, alone)


def lost(place: Path) -> None:
    place.unlink()


def damaged(place: Path) -> None:
    stored = bytearray(place.read_bytes())
    stored[1_000] ^= 1
    place.write_bytes(bytes(stored))


@pytest.mark.parametrize(("harm", "said"), [(lost, "cannot be read: No such file"), (damaged, "is damaged")])
@pytest.mark.parametrize("fresh", [False, True])
def test_the_harm_of_a_shared_file_is_found_named_and_put_right(
    blobs: Blobs, harm: Callable[[Path], None], said: str, fresh: bool
) -> None:
    first, second = blobs.put(*FIRST), blobs.put(*SECOND)
    harm(files(blobs)[sha256(WORKBOOK)])
    reader = Blobs(blobs.folder) if fresh else blobs
    for name in (first, second):
        with pytest.raises(LedgerError, match=rf"{sha256(WORKBOOK)} {said}.*Restore it from a backup"):
            reader.get(name)
        assert not reader.has(name)
    assert reader.put(*SECOND) == second
    assert (reader.get(first), reader.get(second)) == (b"".join(FIRST), b"".join(SECOND))
    assert Blobs(blobs.folder).has(first)


@pytest.mark.parametrize("harm", [lost, damaged])
def test_a_new_message_puts_right_what_it_shares(blobs: Blobs, harm: Callable[[Path], None]) -> None:
    first = blobs.put(*FIRST)
    harm(files(blobs)[sha256(WORKBOOK)])
    second = blobs.put(*SECOND)
    assert (blobs.get(first), blobs.get(second)) == (b"".join(FIRST), b"".join(SECOND))


@pytest.mark.parametrize(
    "listed", [b"", b"[8", b"8", b'[8, {"a": 1}, 3]', b'[8, "\\u0000", 3]', b"[8, 256000, 3]", b"[1e9]", b"\xff"]
)
def test_a_list_of_pieces_that_makes_no_sense_is_damage(blobs: Blobs, listed: bytes) -> None:
    name = blobs.put(*FIRST)
    place = files(blobs)[name]
    header, _, own = place.read_bytes().split(b"\n", 2)
    place.write_bytes(header + b"\n" + listed + b"\n" + own)
    with pytest.raises(LedgerError, match=rf"{name} is damaged"):
        blobs.get(name)
    assert blobs.get(blobs.put(*FIRST)) == b"".join(FIRST)


def test_what_is_shared_is_there_before_it_is_named_and_is_missed_when_it_is_not(path: Path) -> None:
    with Ledger.open(path) as ledger:
        name = ledger.blobs.put(*FIRST)
        with ledger.transaction() as entry:
            arrivals.store(entry, Facts(), name, "<m@them>", AT)
        assert missing_blobs(ledger) == []
        lost(files(ledger.blobs)[sha256(WORKBOOK)])
        assert missing_blobs(ledger) == [name]


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
