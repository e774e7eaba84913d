"""The documentation is true: its examples run, its links lead somewhere, and nothing is left out."""

import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.command_line import main, parser

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
KEYS = "documentation:only-for-the-examples"
PATIENCE = 30.0

BLOCK = re.compile(r"^```console(?P<note>[^\n]*)\n(?P<lines>.*?)^```$", re.MULTILINE | re.DOTALL)
FACTS = re.compile(r"^```yaml\n# facts\.yaml of (?P<programme>[a-z-]+)\n(?P<facts>.*?)^```$", re.MULTILINE | re.DOTALL)
MODULE = re.compile(r"`((?:scheduler|jobs|report|mail|workbook|ledger|programme|templates|tests|config)/[\w/.-]+)`")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
VARIABLE = re.compile(r"\b(?:PLANCYCLE_[A-Z_]+|UPDATE_GOLDEN|CREDENTIALS_DIRECTORY)\b")
ASKED_OF_ENVIRONMENT = re.compile(r"environ(?:\.get\(|\[)\s*[\"']([A-Z_]+)")
# Other programs' options, which the pages mention beside ours.
FOREIGN = {"--require-hashes", "--no-deps", "--system", "--home-dir", "--create-home", "--shell", "--wheel", "--help"}


def examples(page: Path) -> list[tuple[list[str], int]]:
    """The commands of a page with the exit code that each is said to end with, in their order."""
    return [
        (shlex.split(line.removeprefix("$ ")), 1 if "# exit 1" in block["note"] else 0)
        for block in BLOCK.finditer(page.read_text(encoding="utf-8"))
        for line in block["lines"].splitlines()
        if line.startswith("$ ")
    ]


def with_examples() -> list[Path]:
    return [page for page in PAGES if examples(page)]


@pytest.mark.parametrize("page", with_examples(), ids=lambda page: page.name)
def test_every_example_ends_as_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "var" / "mailbox").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANCYCLE_KEYS", KEYS)
    monkeypatch.delenv("PLANCYCLE_CONFIG", raising=False)
    for command, code in examples(page):
        assert command[0] == "plancycle", f"{page.name} shows {command} as an example to run"
        # What the demo sent is signed with a key of its own, and the pages say to set none for it.
        monkeypatch.delenv("PLANCYCLE_KEYS", raising=False)
        if command[1] != "collate":
            monkeypatch.setenv("PLANCYCLE_KEYS", KEYS)
        ended = run_and_stop(command[1:]) if command[1] == "run" else main(command[1:])
        said = capsys.readouterr()
        assert ended == code, f"{' '.join(command)} ended with {ended}: {said.err}"


def run_and_stop(arguments: list[str]) -> int:
    """Start the service, wait until it says that it has started, end it as systemd does, and say how it ended."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from scheduler.command_line import main; sys.exit(main())"
    )
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stderr=subprocess.PIPE, text=True) as service:
        heard = []
        assert service.stderr is not None
        for line in service.stderr:
            heard.append(line)
            if '"event": "started"' in line:
                service.send_signal(signal.SIGTERM)
        ended = service.wait(PATIENCE)
    assert any('"event": "started"' in line for line in heard), "".join(heard)
    return ended


def leaves(command: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command with its words, such as ``desk accept``."""
    nested = [action for action in command._actions if isinstance(action, argparse._SubParsersAction)]
    if not nested:
        yield name, command
    for action in nested:
        for word, below in action.choices.items():
            yield from leaves(below, f"{name} {word}".strip())


def test_every_command_and_option_is_documented() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, command in leaves(parser()):
        assert re.search(rf"(?:`|\$ plancycle |## ){name}\b", text), f"docs/commands.md says nothing of {name}"
        for action in command._actions:
            for option in action.option_strings:
                assert option in text or option == "-h", f"docs/commands.md says nothing of {name} {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_speaks_of_a_command_or_option_that_is_not_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    commands = dict(leaves(parser()))
    options = {
        option for command in commands.values() for action in command._actions for option in action.option_strings
    }
    ours = "\n".join(line for line in text.splitlines() if "docker " not in line and "-m tests" not in line)
    assert set(OPTION.findall(ours)) - options - FOREIGN == set()
    known = {word for name in commands for word in (name, name.split()[0])}
    for said in re.findall(r"plancycle ((?:desk|ledger) [a-z]+|[a-z]+)\b", "\n".join(re.findall(r"`([^`\n]+)`", text))):
        assert said in known, f"{page.name} speaks of plancycle {said}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_standing_fact_that_is_shown_passes_the_check(page: Path, tmp_path: Path) -> None:
    for shown in FACTS.finditer(page.read_text(encoding="utf-8")):
        config = tmp_path / str(shown.start()) / "config"
        shutil.copytree(ROOT / "config", config)
        (config / shown["programme"] / "facts.yaml").write_text(shown["facts"], encoding="utf-8")
        assert main(["check", "--config", str(config)]) == 0, f"{page.name} shows {shown['facts']}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_module_that_is_named_is_there(page: Path) -> None:
    for name in MODULE.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), f"{page.name} names {name}, which is not there"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        target = link["target"].partition("#")[0]
        if target and "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_every_environment_variable_is_documented() -> None:
    documented = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for path in tracked():
        if path.suffix == ".py" or path.name == "Makefile":
            text = path.read_text(encoding="utf-8")
            for name in {*VARIABLE.findall(text), *ASKED_OF_ENVIRONMENT.findall(text)}:
                assert re.search(rf"\b{name}\b", documented), f"{path.name} knows {name}; no page does"


def test_every_alert_and_every_line_of_the_log_is_explained() -> None:
    operating = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    for path in (path for path in tracked() if path.parts[-2] in ("jobs", "scheduler") and path.suffix == ".py"):
        for event in re.findall(r"\blog\(\s*\"([a-z ]+)\"", path.read_text(encoding="utf-8")):
            assert re.search(rf"^\|[^|]*\b{event}\b", operating, re.MULTILINE), f"the log's {event} is not explained"


def test_the_rooms_are_introduced_as_they_introduce_themselves() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for room in ("scheduler", "jobs", "report", "mail", "workbook", "ledger", "programme", "templates"):
        sentence = (ROOT / room / "__init__.py").read_text(encoding="utf-8").strip().strip('"').rstrip(".")
        first = sentence.removeprefix("When: ")
        assert f"`{room}/`" in readme
        assert first.split(";")[0] in readme, f"the README introduces {room} in other words: {sentence}"


def test_nothing_names_the_place_where_it_was_written() -> None:
    # Put together from pieces, so that this file does not find itself.
    unwanted = re.compile(
        "|".join(["/wo" + "rk/", r"\.lib" + "rary", "farm-(?:stu" + "dio|be" + "nch)", r"\.\./sha" + "red"])
    )
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        found = unwanted.search(text)
        assert found is None, f"{path.relative_to(ROOT)} names {found and found[0]}"


def tracked() -> list[Path]:
    """The files of the repository; of a checkout without git, all that are not made."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
        )
        return [path for name in listed.stdout.split(b"\0") if name and (path := ROOT / os.fsdecode(name)).is_file()]
    made = {".venv", "build", "dist", "demo", "__pycache__"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]
