"""``plancycle demo --cycles 1 --mailbox``: a cycle in a real mailbox comes to what it comes to in folders."""

import io
import re
import shutil
import time
from collections.abc import Callable
from contextlib import closing, redirect_stdout
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path

import pytest

import scheduler.commands.demo
import scheduler.running
from mail.port import Folder
from programme.loader import load_files, read_files
from scheduler.command_line import main
from scheduler.wiring import open_mailbox
from tests.conformance.imap_bench import Loopback
from tests.servers.graph import GraphServer
from tests.servers.rigs import ADDRESS, Rig, rigged

ROOT = Path(__file__).resolve().parents[2]
OTHER_PROGRAMME = "strategic-plan"
SYSTEMS = ["exchange", "graph", "imap", pytest.param("imap-dovecot", marks=pytest.mark.servers)]
STRAY = b"From: someone@example.org\r\nTo: plans@example.gov\r\nSubject: Lunch?\r\nMessage-ID: <1@x>\r\n\r\nHello\r\n"


class Today:
    """The machine's clock, as long as nobody waits; a wait moves it, and gives the mail system a moment."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def wait(self, pause: timedelta) -> None:
        self.ahead += pause
        time.sleep(0.01)


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> Today:
    made = Today()
    for module in (scheduler.running, scheduler.commands.demo):
        monkeypatch.setattr(module, "utc_now", made)
    monkeypatch.setattr(scheduler.commands.demo, "sleep", made.wait)
    return made


@pytest.fixture(scope="module")
def config(quick_folder: Path) -> Path:
    """The shipped configuration with the shorter of the programmes alone."""
    folder = quick_folder / "config"
    shutil.copytree(ROOT / "config", folder, ignore=shutil.ignore_patterns(OTHER_PROGRAMME))
    service = folder / "service.yaml"
    service.write_text(service.read_text().replace(f"  - {OTHER_PROGRAMME}\n", ""))
    return folder


@pytest.fixture(scope="module")
def in_folders(config: Path, quick_folder: Path) -> str:
    return played(config, quick_folder / "in folders")


def played(config: Path, out: Path, *more: str) -> str:
    """What the demo tells, but for where it lies and what it says of the mailbox."""
    said = io.StringIO()
    with redirect_stdout(said):
        assert main(["demo", "--cycles", "1", "--config", str(config), "--out", str(out), *more]) == 0
    lines = said.getvalue().replace(str(out.resolve()), "OUT").splitlines()
    return "\n".join(line for line in lines if line and not line.startswith(ABOUT_THE_MAILBOX))


ABOUT_THE_MAILBOX = (
    "The Exchange mailbox",
    "The mailbox",
    f"In {ADDRESS}",
    "The demo deletes",
    "search for it",
    "1 other messages",
)


def named(rig: Rig, config: Path, folder: Path) -> Path:
    """The service.yaml of somebody who wants to try this mailbox."""
    file = folder / "trial" / "service.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(rig.service_yaml((config / "service.yaml").read_text()))
    return file


def lying(rig: Rig, config: Path, file: Path) -> list[bytes]:
    service = load_files(read_files(config) | {"service.yaml": file.read_text()})
    with closing(open_mailbox(service, file.parent, rig.environment)) as mailbox:
        return [message.raw for message in mailbox.poll(None).messages]


@pytest.fixture
def rig_of(monkeypatch: pytest.MonkeyPatch, today: Today) -> Callable[[Rig], None]:
    def ready(rig: Rig) -> None:
        for name, value in rig.environment.items():
            monkeypatch.setenv(name, value)
        if isinstance(rig.server, GraphServer):
            state = rig.server.mailboxes[ADDRESS]
            state.address = ADDRESS
            rig.server.clock = state.clock = today

    return ready


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_cycle_in_a_mailbox_comes_to_what_it_comes_to_in_folders(
    system: str, in_folders: str, config: Path, quick_folder: Path, rig_of: Callable[[Rig], None]
) -> None:
    folder = quick_folder / system
    folder.mkdir()
    with rigged(system, folder) as rig:
        rig_of(rig)
        file = named(rig, config, folder)
        assert played(config, folder / "demo", "--mailbox", str(file)) == in_folders
        assert lying(rig, config, file) == []
        assert to_others(rig) == []


def to_others(rig: Rig) -> list[str]:
    """To whom anything went that is not the mailbox itself. The rig of imap keeps only what went to others."""
    named = [parseaddr(str(message_from_bytes(raw)["To"]))[1] for raw in rig.sent()]
    return named if rig.system == "imap" else [each for each in named if each != ADDRESS]


@pytest.mark.parametrize("system", ["exchange", "graph", "imap"])
def test_a_mailbox_that_is_in_use_is_left_alone(
    system: str,
    config: Path,
    tmp_path: Path,
    rig_of: Callable[[Rig], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with rigged(system, tmp_path) as rig:
        rig_of(rig)
        rig.deliver(STRAY, datetime(2026, 1, 31, 12, tzinfo=UTC), Folder.INBOX)
        file = named(rig, config, tmp_path)
        out = tmp_path / "demo"
        asked = ["demo", "--cycles", "1", "--config", str(config), "--out", str(out), "--mailbox", str(file)]
        assert main(asked) == 1
        said = capsys.readouterr().err
        assert "1 other messages lie in Inbox and Junk of plans@example.gov" in said
        assert "--yes" in said
        assert rig.sent() == []
        assert not out.exists()


@pytest.mark.slow
def test_told_to_go_on_it_leaves_what_is_not_its_own_and_can_be_played_again(
    in_folders: str, config: Path, quick_folder: Path, rig_of: Callable[[Rig], None]
) -> None:
    folder = quick_folder / "again"
    folder.mkdir()
    with rigged("imap", folder) as rig:
        rig_of(rig)
        rig.deliver(STRAY, datetime(2026, 1, 31, 12, tzinfo=UTC), Folder.INBOX)
        file = named(rig, config, folder)
        for _ in range(2):
            assert played(config, folder / "demo", "--mailbox", str(file), "--yes") == in_folders
        (left,) = lying(rig, config, file)
        assert re.search(rb"Subject: Lunch\?", left)


def test_a_mailbox_that_sends_nothing_ends_the_demo_with_its_sentence_and_what_was_left(
    config: Path, tmp_path: Path, rig_of: Callable[[Rig], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with rigged("imap", tmp_path) as rig:
        rig_of(rig)
        assert isinstance(rig.server, Loopback)
        rig.server.smtp.faults.answers["MESSAGE"] = "554 5.7.1 no mail from you"
        file = named(rig, config, tmp_path)
        asked = ["demo", "--cycles", "1", "--config", str(config), "--out", str(tmp_path / "demo")]
        assert main([*asked, "--mailbox", str(file)]) == 1
        said = capsys.readouterr()
        assert "did not take the message" in said.err
        assert "554" in said.err
        assert f"In {ADDRESS}: 0 messages were sent, to this mailbox alone" in said.out
        assert rig.sent() == lying(rig, config, file) == []
