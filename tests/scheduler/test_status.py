"""``plancycle status``: how things stand, in every state, and at once."""

import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from jobs import configuration
from ledger import arrivals, ticks
from ledger.glance import AssignmentGlance, CycleGlance, Glance, glance
from mail.port import Folder, Received
from programme.fault import Fault
from scheduler.command_line import DONE, FAULT, main
from scheduler.commands.status import told
from tests.jobs.stage import GREEN, ISSUE, Stage, mail
from tests.scheduler.conftest import write_config

ROOT = Path(__file__).resolve().parents[2]
SOON = ISSUE + timedelta(minutes=1)


def lines(house: Path, now: datetime) -> list[str]:
    return list(told(glance(house / "ledger" / "plancycle.db"), now))


def test_a_service_at_work_says_so_and_who_is_in(stage: Stage, house: Path) -> None:
    stage.receive(mail("ann@ours.example", stage.returned("p1"), stage.returned("p2", r2_1=GREEN)))
    said = lines(house, stage.now)
    assert said[0] == "Working: last tick 22 Jan 2020 10:05 UTC, inbox read 22 Jan 2020 10:05 UTC."
    assert "Nothing waits for a person." in said
    assert "strategic c1: 1 of 4 returns complete; sent: 2 issue, 1 receipt" in said
    about = {line.split()[0] + line.split()[1]: line for line in said if line.startswith("  ")}
    assert about["p1ann"].endswith("due Fri 31 Jan  returned")
    assert any(line.endswith("1 of 2 rows") for line in said)
    assert sum(line.endswith("no return") for line in said) == 2
    assert said[-1] == "Next in Strategic Plan: deadline of update 1 on Friday 31 January 2020 at 17:00."


def test_a_service_that_is_silent_for_ten_minutes_is_said_not_to_run(house: Path) -> None:
    assert lines(house, ISSUE + timedelta(minutes=10))[0].startswith("Working")
    silent = lines(house, ISSUE + timedelta(minutes=10, seconds=1))[0]
    assert silent == "NOT RUNNING: the last sign of life was 20 Jan 2020 09:00 UTC."


def test_a_service_that_stopped_itself_says_since_when_and_why(stage: Stage, house: Path) -> None:
    with stage.ledger.transaction() as entry:
        ticks.stop(entry, ISSUE, "The fuse blew.")
    assert lines(house, SOON)[0] == "STOPPED since 20 Jan 2020 09:00 UTC: The fuse blew."


def test_a_service_that_never_ran_says_so(new_house: Path, reader) -> None:  # type: ignore[no-untyped-def]
    Stage(new_house, reader).close()
    assert lines(new_house, SOON) == ["The service has not run yet.", "Nothing waits for a person."]


def test_an_inbox_that_was_never_read_is_said(new_house: Path, reader) -> None:  # type: ignore[no-untyped-def]
    opened = Stage(new_house, reader)
    with opened.ledger.transaction() as entry:
        ticks.beat(entry, ISSUE, {})
    opened.close()
    assert lines(new_house, SOON)[0].endswith("the inbox was never read to its end.")


def test_what_needs_somebody_is_told_first(stage: Stage, house: Path) -> None:
    stage.receive(mail("isla@elsewhere.example", stage.returned("p1")))
    bad = [Fault("people.yaml", 3, 1, "There is no such zone.", "Name one.")]
    configuration.refuse(stage.office, "bad", bad, ISSUE)
    with stage.ledger.transaction() as entry:
        received = Received("inbox/9", b"raw", ISSUE, Folder.INBOX)
        arrivals.store(entry, received, stage.ledger.blobs.put(b"raw"), "<m@x>", ISSUE)
    said = lines(house, stage.now)
    assert said[1:3] == [
        "The configuration edited 20 Jan 2020 09:00 UTC cannot be used; the last good one is in force:",
        "  people.yaml:3:1: There is no such zone. Name one.",
    ]
    assert "1 messages came in and are not dealt with yet." in said
    assert any(line.startswith("Not sent yet: strategic//alert/tess/") and line.endswith("(decided).") for line in said)
    assert any(line.startswith("Needs you: 1 stranger: isla@elsewhere.example sent") for line in said)


def test_status_is_printed_and_speaks_json(stage: Stage, house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage.receive(mail("isla@elsewhere.example", stage.returned("p1")))
    assert main(["status", "--config", str(house / "config")]) == DONE
    assert capsys.readouterr().out.startswith("NOT RUNNING")
    assert main(["status", "--config", str(house / "config"), "--json"]) == DONE
    seen = json.loads(capsys.readouterr().out)
    assert (seen["kind"], seen["desk"][0]["kind"], len(seen["cycles"][0]["assignments"])) == ("live", "stranger", 4)
    assert datetime.fromisoformat(seen["last_tick"]).tzinfo is not None


def test_who_need_not_answer_is_not_said_to_owe_anything() -> None:
    items = tuple(
        AssignmentGlance(f"c1/p{asked}/a", "p4", "care", "ann", date(2020, 1, 31), asked, answered, owed)
        for asked, answered, owed in ((2, 2, 0), (2, 1, 0), (2, 0, 0), (2, 1, 1), (2, 0, 2))
    )
    seen = Glance("live", None, None, {}, None, None, None, 0, (CycleGlance("p", "c1", items, {}),), (), ())
    said = list(told(seen, SOON))
    assert "p c1: 3 of 5 returns complete; sent: nothing" in said
    assert [line.partition("Jan  ")[2] for line in said if line.startswith("  ")] == [
        "returned",
        "returned",
        "not needed: another sponsor’s return serves",
        "1 of 2 rows",
        "no return",
    ]


def test_a_ledger_that_is_not_there_or_is_no_file_is_a_fault(
    new_house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = new_house / "config"
    assert main(["status", "--config", str(config)]) == FAULT
    assert "There is no ledger" in capsys.readouterr().err
    write_config(config, ("service.yaml", "ledger/plancycle.db", '"postgresql://db/plancycle"'))
    assert main(["status", "--config", str(config)]) == FAULT
    assert "not a SQLite file" in capsys.readouterr().err


def test_a_ledger_named_by_a_url_is_looked_at_too(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = (house / "ledger" / "plancycle.db").absolute()
    write_config(house / "config", ("service.yaml", "ledger/plancycle.db", f'"sqlite:///{place}"'))
    assert main(["status", "--config", str(house / "config")]) == DONE
    assert "strategic c1" in capsys.readouterr().out


HEAVY = ("sqlalchemy", "jsonschema", "openpyxl", "holidays", "xlsxwriter", "jinja2", "apscheduler", "structlog")


def test_status_answers_at_once_because_it_loads_nothing_heavy(house: Path) -> None:
    program = (
        "import sys; from scheduler.command_line import main; code = main(sys.argv[1:]);"
        f" sys.stderr.write(' '.join(sorted(set({HEAVY!r}) & set(sys.modules)))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "status", "--config", str(house / "config")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout.startswith("NOT RUNNING")
