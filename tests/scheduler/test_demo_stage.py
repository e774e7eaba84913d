"""The configuration that a demo plays: everybody's own, but for a mailbox in folders and a ledger of the demo's."""

from dataclasses import replace
from pathlib import Path

import pytest

from programme.loader import load, load_files, read_files
from programme.service import MailboxSettings, Service
from scheduler.command_line import CommandError, main
from scheduler.demo.service_file import in_folders, with_programmes
from scheduler.demo.stage import prepare
from scheduler.journal import silent

ROOT = Path(__file__).resolve().parents[2]
OTHER = MailboxSettings("imap", "", "a@b.example", 'Plans: "the" team – 🙂', ("mx.b.example",))
ENDPOINTS = "incoming: {host: imap.example.org, port: 993}\n    outgoing: {host: smtp.example.org, port: 587}"
REAL = f"  imap:\n    username: plans\n    {ENDPOINTS}\n  system: imap\n  address: a@b.example\n  name: Planning\n"
REST = "# How it is called.\nname: Ours\n\n# where\nledger: 'sqlite:////srv/ledger.db'\ncollect_every: 5 minutes\n"
PROGRAMMES = "programmes:\n- strategic-plan\n- highlight-reports"

MAILBOXES = [
    f"mailbox:  # ours\n{REAL}",
    "mailbox: {system: folder, path: /srv/real, address: a@b.example, name: Planning}\n",
    "mailbox: {\n  system: folder, path: /srv/real,\n\n  address: a@b.example, name: Planning\n}\n",
    '"mailbox":\n\n  # what\n  system: folder\n  path: /srv/real\n# who\n  address: a@b.example\n  name: Planning\n',
]


def declared(mailbox: str, last: bool) -> Service:
    text = f"{REST}{PROGRAMMES}\n{mailbox.rstrip()}" if last else f"{mailbox}{REST}{PROGRAMMES}"
    return load_files(read_files(ROOT / "config") | {"service.yaml": text})


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mailbox", MAILBOXES)
def test_a_demo_of_any_configuration_names_folders_and_a_ledger_of_its_own(
    mailbox: str, last: bool, tmp_path: Path
) -> None:
    given = declared(mailbox, last)
    for number, writes_as in enumerate((given.mailbox, OTHER)):
        prepare(given, tmp_path / str(number), 1, silent, 1, None if writes_as is given.mailbox else writes_as)
        own = load(tmp_path / str(number) / "config")
        assert own.mailbox == MailboxSettings(
            "folder", "mailbox", writes_as.address, writes_as.name, writes_as.authenticated_by
        )
        assert (own.name, own.ledger) == ("Ours", "ledger/ledger.db")
        assert [item.id for item in own.programmes] == [item.id for item in given.programmes]
        text = (tmp_path / str(number) / "config" / "service.yaml").read_text(encoding="utf-8")
        assert "/srv/" not in text
        assert "imap" not in text
        assert "# How it is called.\nname: Ours\n\n# where\nledger:" in text


@pytest.mark.parametrize(
    "written", ["programmes: [my-plans, more]\n", "programmes:\n  - my-plans\n\n  # and\n- more\n", "programmes: [x]"]
)
def test_other_programmes_take_the_place_of_a_files_own_and_what_is_behind_them_keeps_its_line(written: str) -> None:
    before = f"name: Ours\n{written}\n# why\nledger: l"
    text = with_programmes(before, ["a", "b"], "trial.yaml")
    assert text.split("\n")[1] == 'programmes: ["a", "b"]'
    assert text.split("\n").index("ledger: l") == before.split("\n").index("ledger: l")
    assert "my-plans" not in text
    assert "- more" not in text


def test_a_file_whose_sections_do_not_begin_a_line_is_named() -> None:
    with pytest.raises(CommandError, match=r"service\.yaml has no line that begins with “mailbox:”"):
        in_folders("{mailbox: {system: folder}, ledger: l}", OTHER)


def test_a_stage_that_is_refused_leaves_no_folder_behind(tmp_path: Path) -> None:
    unusable = replace(load(ROOT / "config"), files={"service.yaml": "{}"})
    with pytest.raises(CommandError):
        prepare(unusable, tmp_path / "demo", 1, silent)
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize("section", ["  - my-plans\n", "  - my-plans\n  - other-plans\n  - more-plans\n"])
def test_the_mailbox_of_somebodys_own_service_file_is_used_whatever_its_programmes(
    section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PLANCYCLE_MAILBOX_SECRET", raising=False)
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"name: Mine\nledger: l\ncollect_every: 5 minutes\nprogrammes:\n{section}mailbox:\n{REAL}")
    out = tmp_path / "demo"
    asked = ["demo", "--cycles", "1", "--config", str(ROOT / "config"), "--out", str(out), "--mailbox", str(mine)]
    assert main(asked) == 1
    assert "No secret for the imap mailbox" in capsys.readouterr().err
    assert not out.exists()
