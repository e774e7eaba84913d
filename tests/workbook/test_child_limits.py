"""The child can open nothing, and the reader outlives whatever becomes of it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.workbooks.broken import memory_bomb, plain_parts, zipped
from tests.workbook.measured import confined, keep
from workbook import child
from workbook.contents import Sheets, UnreadableWorkbookError
from workbook.reading import Reader

COULD_NOT = (
    "This workbook could not be read. Please open the form in Excel, choose Save As, Excel Workbook (.xlsx), "
    "and send that."
)
GOOD = zipped(plain_parts())


def probe(attempt: str) -> subprocess.CompletedProcess[str]:
    """Try something in a process that is confined as the child is."""
    home = str(Path(child.__file__).resolve().parent.parent)
    program = (
        f"import sys; sys.path.append({home!r})\n"
        "import socket, os\nfrom workbook.child import confine, allow_cpu\nconfine(); allow_cpu()\n"
        f"try:\n    {attempt}\nexcept BaseException as error:\n"
        "    print(type(error).__name__, getattr(error, 'errno', ''))\n"
        "else:\n    print('allowed')\n"
    )
    return subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        ("open('/etc/passwd')", "OSError 24"),
        ("open('/tmp/never-written', 'w')", "OSError 24"),
        ("socket.socket()", "OSError 24"),
        ("os.pipe()", "OSError 24"),
        ("bytearray(600 * 1024 * 1024)", "MemoryError"),
        ("print('still alive', end=' ')", "still alive allowed"),
    ],
)
def test_the_child_can_open_nothing(attempt: str, said: str) -> None:
    assert probe(attempt).stdout.strip() == said


def test_a_file_that_takes_too_much_cpu_ends_the_process() -> None:
    program = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n    while True: pass"
    assert probe(program).returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def test_limits_are_set_for_each_file() -> None:
    attempt = "import resource; print(resource.getrlimit(resource.RLIMIT_CPU)[0] <= 12, end=' ')"
    assert probe(attempt).stdout.strip() == "True allowed"


def stopped(reader: Reader, how: signal.Signals) -> None:
    process = reader._child
    assert process is not None
    os.kill(process.pid, how)


def test_a_child_that_hangs_is_replaced() -> None:
    with Reader() as reader:
        reader.read(GOOD)
        stopped(reader, signal.SIGSTOP)
        reader._wall_seconds = 0.2
        with pytest.raises(UnreadableWorkbookError) as caught:
            reader.read(GOOD)
        assert (caught.value.code, caught.value.sentence) == ("could not be read", COULD_NOT)
        reader._wall_seconds = 20
        assert reader.read(GOOD).sheets


def test_a_child_that_died_between_files_costs_no_file() -> None:
    with Reader() as reader:
        reader.read(GOOD)
        process = reader._child
        assert process is not None
        process.kill()
        process.wait()
        assert reader.read(GOOD).sheets


def test_running_out_of_memory_is_a_sentence_and_a_new_child() -> None:
    bomb = memory_bomb()
    with Reader() as reader:
        reader.read(GOOD)
        with pytest.raises(UnreadableWorkbookError) as caught:
            reader.read(bomb)
        assert (caught.value.code, caught.value.sentence) == ("could not be read", COULD_NOT)
        assert reader.read(GOOD).sheets


def test_the_child_is_replaced_after_its_share_of_files() -> None:
    with Reader(files_per_child=2) as reader:
        children = []
        for _ in range(5):
            reader.read(GOOD)
            children.append(reader._child)
        assert len({id(it) for it in children}) == 3


def test_a_reader_may_be_closed_twice_and_used_again() -> None:
    reader = Reader()
    reader.close()
    reader.read(GOOD)
    reader.close()
    reader.close()
    assert isinstance(reader.read(GOOD), Sheets)
    reader.close()


def test_an_interrupted_read_ends_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> bytes:
        raise KeyboardInterrupt

    with Reader() as reader:
        reader.read(GOOD)
        monkeypatch.setattr("workbook.reading._exchange", interrupted)
        with pytest.raises(KeyboardInterrupt):
            reader.read(GOOD)
        assert reader._child is None


def test_what_went_in_and_out_is_json_with_its_length() -> None:
    program = confined("from workbook.child import serve; serve()")
    given = len(GOOD).to_bytes(8, "big") + GOOD
    for tail, answers in ((b"", 1), (given[:20], 1), (given, 2)):
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", program], input=given + tail, capture_output=True, timeout=30
        )
        assert done.returncode == 0
        keep(done.stderr)
        assert done.stdout.count(b'"hello"') == answers
        assert int.from_bytes(done.stdout[:8], "big") == len(done.stdout) // answers - 8


def test_an_answer_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "MOST_ANSWERED", 10)
    assert b"larger than 10 MB" in child._in_json(GOOD, child.unpack)
