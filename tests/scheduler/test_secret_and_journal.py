"""Secrets are never shown; the journal is a line of JSON per transition."""

import io
import json
import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.journal import journal, silent
from scheduler.secret import KEYS, SecretError, keyring, secret

VALUE = "k1:correct-horse-battery"


def test_a_key_comes_from_the_environment() -> None:
    ring = keyring({KEYS: f"{VALUE}\nk0:an-older-secret-of-ours"})
    assert (list(ring.keys), ring.signing) == (["k1", "k0"], "k1")


def test_a_key_comes_from_a_file_or_a_credential(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text(f"{VALUE}\n", encoding="utf-8")
    assert keyring({f"{KEYS}_FILE": str(tmp_path / "mine")}).signing == "k1"
    (tmp_path / "plancycle-keys").write_text(VALUE.replace("k1", "k2"), encoding="utf-8")
    assert keyring({"CREDENTIALS_DIRECTORY": str(tmp_path)}).signing == "k2"


def test_the_environment_comes_before_a_file_and_a_file_before_a_credential(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("file", encoding="utf-8")
    (tmp_path / "plancycle-keys").write_text("credential", encoding="utf-8")
    everywhere = {KEYS: "environment", f"{KEYS}_FILE": str(tmp_path / "mine"), "CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert secret(everywhere, KEYS) == "environment"
    del everywhere[KEYS]
    assert secret(everywhere, KEYS) == "file"
    del everywhere[f"{KEYS}_FILE"]
    assert secret(everywhere, KEYS) == "credential"


def test_a_credentials_folder_without_ours_holds_none(tmp_path: Path) -> None:
    assert secret({"CREDENTIALS_DIRECTORY": str(tmp_path)}, KEYS) is None
    with pytest.raises(SecretError, match="No signing key"):
        keyring({"CREDENTIALS_DIRECTORY": str(tmp_path)})


@pytest.mark.parametrize(
    "text",
    ["", "   ", "correct-horse-battery", "k1:short", ":correct-horse-battery", f"{VALUE} k1:another-of-that-name"],
)
def test_a_malformed_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(SecretError) as refused:
        keyring({KEYS: text})
    assert "horse" not in str(refused.value)
    assert "short" not in str(refused.value)
    assert KEYS in str(refused.value)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff secret-of-ours"])
def test_a_file_that_cannot_be_read_is_named_and_nothing_of_it_shown(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "keys"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SecretError) as refused:
        keyring({f"{KEYS}_FILE": str(path)})
    shown = "".join(traceback.format_exception(refused.value))
    assert str(path) in shown
    assert "secret-of-ours" not in shown


def test_a_keyring_shows_the_names_of_its_keys_alone() -> None:
    ring = keyring({KEYS: VALUE})
    assert repr(ring) == "Keyring(k1)"
    assert "horse" not in f"{ring}"


def test_the_journal_is_a_json_object_a_line() -> None:
    stream = io.StringIO()
    log = journal(lambda: datetime(2020, 1, 20, 9, tzinfo=UTC), stream)
    log("issued", cycle="c1", people=2)
    log("bug", trouble="“zß”", at_all=datetime(2020, 1, 1, tzinfo=UTC))
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first == {"at": "2020-01-20T09:00:00+00:00", "cycle": "c1", "people": 2, "event": "issued"}
    assert second["trouble"] == "“zß”"


def test_a_silent_log_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    silent("issued", cycle="c1")
    assert capsys.readouterr() == ("", "")
