"""Commands that must work when something is wrong: a bad edit, a full disk, a folder that is not there."""

import errno
import io
import sys
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.lease import lease
from ledger.store import Ledger
from programme.fault import ConfigurationError
from programme.whereabouts import ledger_setting
from scheduler.command_line import DONE, FAULT, main
from scheduler.journal import journal
from tests.jobs.stage import ISSUE
from tests.scheduler.test_commands import broken_by, call


def broken(house: Path) -> Path:
    """The service file with a tab in it, which no YAML reader takes."""
    path = house / "config" / "service.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\tbroken: [\n", encoding="utf-8")
    return house / "config"


@pytest.mark.parametrize("command", [["desk", "list"], ["history"], ["decisions", "c1"], ["status"]])
def test_a_bad_edit_does_not_stop_the_commands_beside_the_service(
    house: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """The papers must be released and people vouched for while an edit is being put right."""
    config = broken(house)
    code, _, err = call(capsys, *command, "--config", config)
    assert (code, err) == (DONE, "")


def test_a_bad_edit_does_not_stop_an_upgrade_of_the_ledger(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = call(capsys, "ledger", "upgrade", "--config", broken(house))
    assert code == DONE
    assert "at this version's schema already" in said


@pytest.mark.parametrize("line", ["ledger: x/l.sqlite", "ledger: 'x/l.sqlite'  # ours", 'ledger:  "x/l.sqlite"\r'])
def test_a_broken_service_file_still_says_where_the_ledger_is(tmp_path: Path, line: str) -> None:
    (tmp_path / "service.yaml").write_text(f"name: [\n{line}\n", encoding="utf-8", newline="")
    assert ledger_setting(tmp_path) == "x/l.sqlite"


@pytest.mark.parametrize("text", ["name: [\n", "name: [\n  ledger: x\n"])
def test_one_that_does_not_is_a_fault_in_a_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "service.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"cannot be read: it is no YAML\."):
        ledger_setting(tmp_path)


def test_where_nothing_was_ever_in_force_the_faults_are_told(
    new_house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (new_house / "config" / "strategic" / "plans.yaml").write_text("plans: []\n", encoding="utf-8")
    setting = ledger_setting(new_house / "config")
    Ledger.open(new_house / setting).close()
    code, _, err = call(capsys, "history", "--config", new_house / "config")
    assert code == FAULT
    assert "plans.yaml" in err


def test_an_empty_file_is_no_ledger(tmp_path: Path) -> None:
    place = tmp_path / "ledger.sqlite"
    place.touch()
    with pytest.raises(LedgerError, match="not a ledger of plancycle"):
        Ledger.open(place, create=False)
    assert place.stat().st_size == 0


def test_history_is_written_as_csv_or_xlsx_and_nothing_else(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "history", "--config", house / "config", "--out", house / "history.pdf")
    assert (code, "neither a .csv nor an .xlsx" in err) == (FAULT, True)
    assert not (house / "history.pdf").exists()


def test_a_file_that_cannot_be_written_is_a_sentence(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = house / "no such folder" / "history.csv"
    code, _, err = call(capsys, "history", "--config", house / "config", "--out", nowhere)
    assert code == FAULT
    assert err == f"plancycle: {nowhere}: No such file or directory. Check the path and the rights.\n"


def test_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken_by(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    code, _, err = call(capsys, "calendar")
    assert (code, err) == (FAULT, "plancycle: The output cannot be written: No space left on device.\n")


def test_another_fault_of_the_system_is_still_a_bug(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken_by(monkeypatch, OSError(errno.EINVAL, "Invalid argument"))
    with pytest.raises(SystemExit):
        main(["calendar"])
    assert "this is a bug" in capsys.readouterr().err


def test_a_terminal_without_a_letter_shows_a_question_mark(monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert main(["calendar", "--config", str(house / "config")]) == DONE
    sys.stdout.flush()
    assert raw.getvalue().isascii()


class Full(io.StringIO):
    """A log file on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_log_on_a_full_disk_does_not_end_the_service() -> None:
    said = io.StringIO()
    for stream in (Full(), said):
        journal(lambda: ISSUE, stream)("sent", intent="x")
    assert '"event": "sent"' in said.getvalue()


def test_a_lease_on_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    place = tmp_path / "ledger.sqlite"
    (tmp_path / "ledger.sqlite.lease").symlink_to("/dev/full")
    with pytest.raises(LedgerError, match=r"cannot be written: .* Make room"), lease(place, ISSUE):
        pytest.fail("it was taken")
