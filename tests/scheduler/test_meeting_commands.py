"""What was decided, and the history of the year, through the command line."""

import csv
import json
from collections.abc import Mapping
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from jobs import minutes
from ledger import decisions
from ledger.store import Ledger
from scheduler.command_line import DONE, FAULT, main
from tests.jobs.stage import DEADLINE, GREEN, PAPERS, RED, SPG, Stage, mail, release
from workbook import filling
from workbook.reading import Reader


@pytest.fixture
def met(stage: Stage, house: Path) -> Path:
    """A house on the day of its first meeting, without its service at work."""
    stage.receive(mail("ann@ours.example", stage.returned("p1", r1_1=RED, r1_2=GREEN)))
    stage.play(DEADLINE, PAPERS)
    release(stage)
    stage.wake(SPG)
    [intent, *_] = stage.intents("spg")
    (house / "asked.xlsx").write_bytes(stage.letter(intent).attachments[0].content)
    [issued] = [item for item in stage.issue_to("eve").attachments if item.name.startswith("Plan 3")]
    (house / "plan 3.xlsx").write_bytes(issued.content)
    return house


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANCYCLE_KEYS", "k1:a-secret-of-the-terminal")


def decided(
    stage: Stage, house: Path, answers: Mapping[str, Mapping[str, str | date]], fields: Mapping[str, str] | None = None
) -> Path:
    form = minutes.form(stage.programme.form)
    path = house / "decided.xlsx"
    path.write_bytes(filling.fill((house / "asked.xlsx").read_bytes(), answers, form, fields))
    return path


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def config(house: Path) -> tuple[str, Path]:
    return "--config", house / "config"


def test_what_was_decided_is_recorded_in_somebodys_name_and_told(
    stage: Stage, met: Path, keys: None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = decided(stage, met, {"1.1": {"rating": "amber", "new_date": date(2021, 3, 31), "progress": "Bid again."}})
    code, out, err = call(capsys, "decisions", "c1", file, "--by", "tess", *config(met))
    assert (code, out, err) == (DONE, "1 decisions on update 1 are recorded.\n", "")
    with stage.ledger.reading() as entry:
        [row] = decisions.of_cycle(entry, "strategic", "c1")
    assert (row.ref, row.agreed, row.revised_due, row.by) == ("1.1", "amber", date(2021, 3, 31), "tess")
    assert stage.people("decided") == ["tess", "tom", "gil"]
    code, out, _ = call(capsys, "decisions", "strategic/c1", *config(met))
    assert (code, out) == (DONE, "p1 1.1  agreed as Amber; due 31 March 2021. Bid again (recorded by tess)\n")
    code, out, _ = call(capsys, "decisions", "c1", "--json", *config(met))
    assert [item["agreed"] for item in json.loads(out)] == ["amber"]


def test_the_same_workbook_twice_is_recorded_and_told_once(
    stage: Stage, met: Path, keys: None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = decided(stage, met, {"1.1": {"rating": "amber"}})
    for _ in range(2):
        assert call(capsys, "decisions", "c1", file, "--by", "tess", *config(met))[0] == DONE
    with stage.ledger.reading() as entry:
        assert len(decisions.of_cycle(entry, "strategic", "c1")) == 1
    assert len(stage.intents("decided")) == 3


def test_what_could_not_be_read_is_told_beside_what_was_recorded(
    stage: Stage, met: Path, keys: None, capsys: pytest.CaptureFixture[str]
) -> None:
    file = decided(stage, met, {"1.1": {"rating": "amber"}}, {"new_actions": "Plan 1 open it"})
    code, out, _ = call(capsys, "decisions", "c1", file, "--by", "tess", *config(met))
    assert code == DONE
    assert "The new action “Plan 1 open it” in The meeting!B5 could not be read." in out


def test_before_anything_is_recorded_the_command_says_so(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "decisions", "c1", *config(house))
    assert (code, out) == (DONE, "No decision on update 1 of Strategic Plan is recorded.\n")


@pytest.mark.parametrize(
    ("cycle", "file", "by", "said"),
    [
        ("c9", None, None, "No programme has a cycle c9."),
        ("c1", "asked.xlsx", None, "Say --by with your id"),
        ("c1", "asked.xlsx", "ann", "“ann” is no member of the planning team: tess, tom are."),
        ("c1", "asked.xlsx", "tess", "holds no decision."),
        ("c1", "missing.xlsx", "tess", "cannot be read: No such file or directory."),
        ("c1", "text.xlsx", "tess", "text.xlsx: "),
        ("c2", "asked.xlsx", "tess", "is the workbook for the decisions, strategic/c1: it"),
        ("c1", "plan 3.xlsx", "tess", "is the workbook for a return of p3, strategic/c1: it"),
    ],
)
def test_what_cannot_be_recorded_is_a_fault_with_what_to_do(
    met: Path,
    keys: None,
    capsys: pytest.CaptureFixture[str],
    cycle: str,
    file: str | None,
    by: str | None,
    said: str,
) -> None:
    (met / "text.xlsx").write_text("no workbook", encoding="utf-8")
    arguments = [cycle, *([met / file] if file else []), *(["--by", by] if by else [])]
    code, out, err = call(capsys, "decisions", *arguments, *config(met))
    assert (code, out) == (FAULT, "")
    assert said in err
    with Ledger.open(met / "ledger" / "plancycle.db") as ledger, ledger.reading() as entry:
        assert decisions.of_programme(entry, "strategic") == []


def test_a_cycle_that_two_programmes_have_is_named_with_its_programme(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from shutil import copytree

    copytree(house / "config" / "strategic", house / "config" / "other")
    service = house / "config" / "service.yaml"
    service.write_text(
        service.read_text(encoding="utf-8").replace("[strategic]", "[strategic, other]"), encoding="utf-8"
    )
    (house / "ledger" / "plancycle.db").unlink()
    Ledger.open(house / "ledger" / "plancycle.db").close()
    code, _, err = call(capsys, "decisions", "c1", *config(house))
    assert (code, "Several programmes have a cycle c1: write it as strategic/c1." in err) == (FAULT, True)
    assert call(capsys, "decisions", "other/c1", *config(house))[0] == DONE
    assert call(capsys, "history", "--programme", "other", *config(house))[0] == DONE


def test_the_history_is_printed_as_csv_or_written_to_a_file(
    met: Path, capsys: pytest.CaptureFixture[str], reader: Reader
) -> None:
    code, out, _ = call(capsys, "history", *config(met))
    rows = list(csv.DictReader(StringIO(out)))
    assert code == DONE
    assert [(row["Ref"], row["Sponsor's rating"], row["Returned"]) for row in rows[:2]] == [
        ("1.1", "Red", "on time"),
        ("1.2", "Green", "on time"),
    ]
    assert call(capsys, "history", "--out", met / "history.csv", *config(met)) == (DONE, "", "")
    assert (met / "history.csv").read_text(encoding="utf-8").replace("\r", "") == out.replace("\r", "")
    assert call(capsys, "history", "--out", met / "history.xlsx", *config(met))[0] == DONE
    [sheet, *_] = reader.read((met / "history.xlsx").read_bytes()).sheets
    assert {"1.1", "3.1"} <= {cell.text for cell in sheet.cells.values()}


def test_the_history_of_no_such_programme_is_a_fault(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "history", "--programme", "none", *config(house))
    assert (code, err) == (FAULT, "plancycle: There is no programme none; there are strategic.\n")
