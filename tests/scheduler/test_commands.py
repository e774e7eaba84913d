"""Every command through the command line: what it says, and its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ledger import configurations, desk, ticks
from ledger.records import DeskItem
from scheduler.command_line import BUG, DONE, FAULT, INTERRUPTED, USAGE, main, parser
from tests.jobs.stage import GREEN, ISSUE, KEYS, Stage, filled, mail
from tests.scheduler.conftest import write_config

ROOT = Path(__file__).resolve().parents[2]
ISLA = "isla@elsewhere.example"


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    "arguments",
    [[], ["no-such"], ["run", "--no-such"], ["desk"], ["desk", "accept", "1"], ["desk", "show", "x"], ["collate"]],
)
def test_a_mistake_on_the_command_line_is_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == USAGE
    assert "usage: plancycle" in capsys.readouterr().err


def broken_by(monkeypatch: pytest.MonkeyPatch, trouble: BaseException) -> None:
    """A command that ends so."""

    def run(_: object) -> int:
        raise trouble

    module = ModuleType("scheduler.commands.calendar")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "scheduler.commands.calendar", module)


def test_an_interruption_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken_by(monkeypatch, KeyboardInterrupt())
    assert call(capsys, "calendar") == (INTERRUPTED, "", "")


def test_a_bug_ends_with_3_and_its_trace(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    broken_by(monkeypatch, ZeroDivisionError("dividing"))
    with pytest.raises(SystemExit) as ended:
        main(["calendar"])
    assert ended.value.code == BUG
    said = capsys.readouterr().err
    assert "ZeroDivisionError: dividing" in said
    assert said.rstrip().endswith("Please send the lines above to whoever maintains it.")


@pytest.mark.parametrize("command", [["calendar"], ["schema"]])
def test_a_reader_that_went_away_is_no_fault(command: list[str], new_house: Path) -> None:
    """As in ``plancycle calendar | head -1``, whatever fits in the pipe."""
    reading, writing = os.pipe()
    os.close(reading)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    environment["PLANCYCLE_CONFIG"] = str(new_house / "config")
    program = "import sys; from scheduler.command_line import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", program, *command],
        stdout=writing,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=environment,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (DONE, b"")


def test_the_configuration_comes_from_the_environment_where_none_is_named(
    new_house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLANCYCLE_CONFIG", str(new_house / "config"))
    code, out, _ = call(capsys, "check")
    assert (code, "The configuration is good" in out) == (DONE, True)
    assert parser().parse_args(["check"]).config == new_house / "config"


@pytest.fixture
def current(new_house: Path) -> Path:
    """A configuration whose last cycle is far ahead: nothing of it is warned of."""
    far = "  - {id: far, label: far, issue: 2999-01-07, deadline: 2999-02-07, spg: 2999-03-14}\n"
    write_config(new_house / "config", ("strategic/cycles.yaml", "cycles:\n", "cycles:\n"))
    with (new_house / "config" / "strategic" / "cycles.yaml").open("a", encoding="utf-8") as file:
        file.write(far)
    return new_house


def test_check_says_that_a_good_configuration_is_good(current: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_house = current
    code, out, err = call(capsys, "check", "--config", new_house / "config")
    assert (code, out.splitlines()[-1], err) == (DONE, "The configuration is good; 0 warnings.", "")
    code, out, _ = call(capsys, "check", "--config", new_house / "config", "--json")
    assert (code, json.loads(out)) == (DONE, [])


def test_check_tells_every_fault_at_once_with_its_place(new_house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(
        new_house / "config",
        ("strategic/people.yaml", "Europe/London", "Europe/Greenock"),
        ("strategic/plans.yaml", "sponsors: [care]", "sponsors: [nobody]"),
    )
    code, out, _ = call(capsys, "check", "--config", config)
    assert (code, out.splitlines()[-1]) == (FAULT, "2 to put right; 1 warning.")
    assert "strategic/people.yaml:2:" in out
    assert "strategic/plans.yaml:5:" in out
    code, out, _ = call(capsys, "check", "--config", config, "--json")
    assert code == FAULT
    assert [fault["line"] for fault in json.loads(out) if not fault["warning"]] == [2, 5]


def test_warnings_are_no_faults(new_house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (new_house / "config" / "strategic" / "notes.yaml").write_text("mine: 1\n", encoding="utf-8")
    code, out, _ = call(capsys, "check", "--config", new_house / "config")
    assert code == DONE
    *_, past, verdict = out.splitlines()
    assert (verdict, "plancycle calendar" in past) == ("The configuration is good; 2 warnings.", True)
    assert out.count("warning:") == 2


@pytest.mark.parametrize("command", ["check", "calendar", "status"])
def test_a_folder_that_is_not_there_is_a_fault_in_a_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys, command, "--config", tmp_path / "nowhere")
    assert code == FAULT
    assert "nowhere" in out + err
    assert "Traceback" not in err


def test_calendar_prints_each_programmes_dates(new_house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "calendar", "--config", new_house / "config")
    assert code == DONE
    assert "Mon 20 Jan 2020" in out
    code, out, _ = call(capsys, "calendar", "--config", new_house / "config", "--json")
    table = json.loads(out)
    assert [row["cycle"] for row in table["strategic"]] == ["c1", "c2", "c3"]
    assert table["strategic"][0]["papers"] == "2020-02-14"


def test_schemas_are_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "schema")
    every = json.loads(out)
    assert (code, {"people", "plans", "cycles"} <= set(every)) == (DONE, True)
    code, out, _ = call(capsys, "schema", "people")
    assert (code, json.loads(out)) == (DONE, every["people"])
    code, out, _ = call(capsys, "schema", "--to", tmp_path / "schemas")
    assert code == DONE
    assert sorted(out.split()) == sorted(str(path) for path in (tmp_path / "schemas").iterdir())
    assert len(out.split()) == len(every)


def test_a_schema_that_there_is_not_is_a_fault(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "schema", "persons")
    assert (code, out) == (FAULT, "")
    assert err.startswith("plancycle: There is no schema named persons; there are ")


def on_desk(stage: Stage) -> None:
    stage.receive(mail(ISLA, stage.returned("p1"), subject="My plan", text="Here it is."))


def test_the_desk_is_listed_and_shown(stage: Stage, house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = house / "config"
    assert call(capsys, "desk", "list", "--config", config)[1] == "Nothing waits for a person.\n"
    on_desk(stage)
    code, out, _ = call(capsys, "desk", "list", "--config", config)
    assert (code, out.startswith("   1  since 22 Jan 2020 10:05  stranger: isla@elsewhere.example sent")) == (0, True)
    [listed] = json.loads(call(capsys, "desk", "list", "--config", config, "--json")[1])
    assert (listed["id"], listed["kind"], listed["assignment"]) == (1, "stranger", "strategic/c1/p1/care")
    code, out, _ = call(capsys, "desk", "show", 1, "--config", config)
    assert "About strategic/c1/p1/care" in out
    assert "Subject: My plan" in out
    assert "Files: p1.xlsx (" in out
    assert "Here it is." in out


def test_an_item_about_an_unreadable_message_is_shown_too(
    stage: Stage, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(200))
    stage.receive(deep)
    _, out, _ = call(capsys, "desk", "show", 1, "--config", house / "config")
    assert "The message could not be read" in out


def test_an_item_without_a_message_and_a_closed_one_are_shown(
    stage: Stage, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with stage.ledger.transaction() as entry:
        number = desk.open_item(entry, DeskItem(0, ISSUE, "vacant post", "Nobody holds it.", "Name a holder."))
    assert "waits" in call(capsys, "desk", "show", number, "--config", house / "config")[1]
    words = ("--by", "tess", "--why", "named", "--config", house / "config")
    assert call(capsys, "desk", "accept", number, *words)[0] == DONE
    assert "accepted by tess: named" in call(capsys, "desk", "show", number, "--config", house / "config")[1]


def test_an_item_about_a_message_of_ours_shows_it(
    stage: Stage, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [issue] = [intent for intent in stage.intents("issue") if intent.key.person == "ann"]
    with stage.ledger.transaction() as entry:
        item = DeskItem(0, ISSUE, "unknown sending", "Nobody can tell.", "Ask.", intent=str(issue.key))
        number = desk.open_item(entry, item)
    _, out, _ = call(capsys, "desk", "show", number, "--config", house / "config")
    assert f"To: {issue.address}" in out
    (stage.ledger.blobs.folder / issue.sha256[:2] / issue.sha256).unlink()
    code, out, _ = call(capsys, "desk", "show", number, "--config", house / "config")
    assert (code, "The message could not be read: The ledger's file" in out) == (DONE, True)


TAKEN = (
    "Item 1: what message 1 brings is taken in on tess's word at the next tick; "
    "where it brings nothing, it counts as dealt with."
)


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("accept", TAKEN),
        ("reject", "Item 1 is closed; nothing follows from it."),
        ("reprocess", "Item 1: message 1 will be decided afresh at the next tick."),
    ],
)
def test_a_word_on_an_item(stage: Stage, house: Path, capsys: pytest.CaptureFixture[str], verb: str, said: str) -> None:
    on_desk(stage)
    words = ("--by", "tess", "--why", "I rang her", "--config", house / "config")
    assert call(capsys, "desk", verb, 1, *words) == (DONE, f"{said}\n", "")
    assert stage.desk() == []
    code, _, err = call(capsys, "desk", verb, 1, *words)
    assert (code, "closed already" in err) == (FAULT, True)


def test_a_word_of_somebody_else_or_on_an_unknown_item_is_refused(
    stage: Stage, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    on_desk(stage)
    config = ("--config", house / "config")
    code, _, err = call(capsys, "desk", "accept", 1, "--by", "ann", "--why", "mine", *config)
    assert (code, "no member of a planning team" in err) == (FAULT, True)
    code, _, err = call(capsys, "desk", "accept", 9, "--by", "tess", "--why", "x", *config)
    assert (code, "no item 9" in err) == (FAULT, True)
    code, _, err = call(capsys, "desk", "accept", "9" * 30, "--by", "tess", "--why", "x", *config)
    assert (code, "no item 999" in err) == (FAULT, True)
    code, _, err = call(capsys, "desk", "accept", 1, "--by", "tess", "--why", " ", *config)
    assert (code, "Say why with --why" in err, len(stage.desk())) == (FAULT, True, 1)
    assert call(capsys, "desk", "show", 9, *config)[0] == FAULT


def test_the_desk_of_a_service_that_never_ran_is_a_fault(new_house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "desk", "list", "--config", new_house / "config")
    assert (code, "There is no ledger" in err) == (FAULT, True)


def test_the_ledger_is_brought_up_to_date(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "ledger", "upgrade", "--config", house / "config")
    assert (code, out) == (DONE, "The ledger is at this version's schema already.\n")


def test_a_ledger_that_is_not_there_is_not_made_by_an_upgrade(
    new_house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "ledger", "upgrade", "--config", new_house / "config")
    assert (code, "There is no ledger" in err) == (FAULT, True)
    assert not (new_house / "ledger" / "plancycle.db").exists()


def returned_file(stage: Stage, folder: Path, name: str = "p1.xlsx") -> Path:
    path = folder / name
    path.write_bytes(filled(stage.workbook("p1"), {"1.1": GREEN}))
    return path


KEYED = " ".join(f"{name}:{value.decode().replace(' ', '-')}" for name, value in KEYS.keys.items())


def test_collate_leaves_the_papers_and_says_what_each_file_came_to(
    stage: Stage, house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLANCYCLE_KEYS", raising=False)
    arguments = ("--config", house / "config", "--out", house / "papers")
    code, out, _ = call(capsys, "collate", returned_file(stage, house), *arguments)
    assert code == DONE
    assert out.splitlines()[0] == "p1.xlsx: Plan 1, 1 row accepted, row 1.2 without a rating."
    assert "signatures were not checked" in out
    made = sorted(path.suffix for path in (house / "papers").iterdir())
    assert made == [".html", ".xlsx"]
    assert "Plan 1" in next((house / "papers").glob("*.html")).read_text(encoding="utf-8")


def test_collate_checks_signatures_where_there_is_a_key(
    stage: Stage, house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANCYCLE_KEYS", KEYED)
    arguments = ("--config", house / "config", "--out", house / "papers")
    code, out, err = call(capsys, "collate", returned_file(stage, house), *arguments)
    assert (code, out) == (FAULT, "")
    assert "No file could be taken, so there are no papers." in err
    assert "p1.xlsx: not taken: its hidden sheet does not carry our signature." in err
    assert not (house / "papers").exists()


def test_collate_refuses_what_it_cannot_place_or_read(
    stage: Stage, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--config", house / "config", "--out", house / "papers")
    (house / "letter.pdf").write_bytes(b"%PDF-1.4 x")
    code, _, err = call(capsys, "collate", house / "letter.pdf", *arguments)
    assert (code, "None of these files says which cycle" in err) == (FAULT, True)
    code, _, err = call(capsys, "collate", house / "nothing.xlsx", *arguments)
    assert (code, "cannot be read: No such file" in err) == (FAULT, True)
    os.mkfifo(house / "pipe.xlsx")
    code, _, err = call(
        capsys, "collate", house / "letter.pdf", house / "pipe.xlsx", house / "nothing.xlsx", *arguments
    )
    assert code == FAULT
    assert ["letter.pdf" in err, "pipe.xlsx: not taken: it is no file" in err, "nothing.xlsx" in err] == [True] * 3
    assert not (house / "papers").exists()
    code, out, _ = call(capsys, "collate", returned_file(stage, house), house / "pipe.xlsx", *arguments)
    assert (code, "pipe.xlsx: not taken" in out, "p1.xlsx: Plan 1" in out) == (DONE, True, True)


def test_run_needs_a_key_and_a_good_configuration(
    new_house: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PLANCYCLE_KEYS", "PLANCYCLE_KEYS_FILE", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    code, _, err = call(capsys, "run", "--config", new_house / "config")
    assert (code, "No signing key" in err) == (FAULT, True)
    monkeypatch.setenv("PLANCYCLE_KEYS", "k1:a-secret-of-enough-characters")
    write_config(new_house / "config", ("strategic/plans.yaml", "sponsors: [care]", "sponsors: [nobody]"))
    code, _, err = call(capsys, "run", "--config", new_house / "config")
    assert (code, "strategic/plans.yaml:5:" in err) == (FAULT, True)
    assert "enough-characters" not in err
    write_config(new_house / "config", ("service.yaml", "ledger: ledger/plancycle.db", "ledger: config/plancycle.db"))
    code, _, err = call(capsys, "run", "--config", new_house / "config")
    assert (code, "lies in the configuration folder" in err) == (FAULT, True)


def test_the_demo_plays_as_many_cycles_as_there_are(new_house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for cycles in (0, 4):
        arguments = ("--config", new_house / "config", "--out", new_house / "demo", "--cycles", cycles)
        code, _, err = call(capsys, "demo", *arguments)
        assert (code, "--cycles must be from 1 to 3" in err) == (FAULT, True)


def test_the_demo_plays_only_the_shipped_configuration(new_house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "demo", "--config", new_house / "config", "--out", new_house / "demo")
    assert (code, "know only the shipped configuration" in err) == (FAULT, True)


def test_the_demo_leaves_everything_where_it_says_and_keeps_off_the_live_ledger(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (house / "demo").mkdir()
    (house / "demo" / "mine.txt").write_text("keep me", encoding="utf-8")
    code, out, _ = call(capsys, "demo", "--config", ROOT / "config", "--out", house / "demo", "--cycles", 1)
    assert code == DONE
    assert "update 1: 5 people issued, 7 assignments." in out
    for line in out.partition("To open:\n")[2].splitlines():
        assert Path(line.split("  ")[1]).exists()
    assert (house / "demo" / "mine.txt").read_text(encoding="utf-8") == "keep me"


def test_the_demo_removes_nothing_that_no_demo_made(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = sorted((house / "config").rglob("*"))
    code, _, err = call(capsys, "demo", "--config", ROOT / "config", "--out", house, "--cycles", 1)
    assert code == FAULT
    assert "has config, ledger and mailbox, and no demo made them: nothing was touched" in err
    assert sorted((house / "config").rglob("*")) == kept


def test_every_command_has_a_module_and_a_sentence() -> None:
    import importlib

    names = ["run", "status", "check", "calendar", "schema", "demo", "collate", "desk", "ledger"]
    for name in names:
        assert importlib.import_module(f"scheduler.commands.{name}").__doc__
    assert all(name in parser().format_help() for name in names)


def test_the_words_of_a_refused_edit_are_those_of_the_last_good_configuration(
    stage: Stage, house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who may have a word follows from the configuration in force, not from an edit that is not in force yet."""
    on_desk(stage)
    write_config(house / "config", ("strategic/people.yaml", "members: [tess, tom]", "members: [tom]"))
    words = ("--why", "I rang her", "--config", house / "config")
    assert call(capsys, "desk", "reject", 1, "--by", "tess", *words)[0] == DONE
    with stage.ledger.reading() as entry:
        assert configurations.in_force(entry) is not None
        assert ticks.stopped(entry) is None
