"""Where one rule meets another: excuses and receipts, files of one message, a cycle that ended, a post that is gone."""

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from jobs import configuration
from programme.loader import load_files
from programme.service import Service
from tests.jobs.stage import (
    ADDENDUM,
    CHASES,
    DEADLINE,
    DRAFT,
    EVE,
    FILES,
    GREEN,
    ISSUE,
    PAPERS,
    RED,
    REVIEW,
    SPG,
    YEAR,
    File,
    Stage,
    at,
    filled,
    mail,
    release,
    service,
)
from tests.jobs.test_meeting import by_mail, decided, recorded
from tests.jobs.test_told import EXCUSED
from workbook.reading import Reader

ANN, EVA = "ann@ours.example", "eve@ours.example"
CANCELLED = (
    "strategic/facts.yaml",
    "{}\n",
    "cancelled:\n  - {cycle: c1, reason: Snow, decided_by: The chair}\n",
)


def newest(stage: Stage, kind: str, person: str) -> str:
    intent = [item for item in stage.intents(kind) if item.key.person == person][-1]
    return " ".join(stage.letter(intent).text.split())


def to_the_end(stage: Stage) -> None:
    stage.play(DEADLINE, REVIEW, DRAFT)
    release(stage)
    stage.play(PAPERS, ADDENDUM, SPG)


def test_none_in_a_decisions_workbook_decides_nothing(met: Stage) -> None:
    rows = {
        "1.1": {"rating": "amber", "new_date": "n/a", "wording": "none", "progress": "-"},
        "3.1": {"closed": "none"},
    }
    assert by_mail(met, decided(met, rows, {"new_actions": "None", "anything_else": "none"})) == "decisions"
    [only] = recorded(met)
    assert (only.ref, only.agreed, only.deliverable, only.revised_due) == ("1.1", "amber", "", None)
    assert "reads “none”" not in newest(met, "decided", "ann")


def test_what_else_was_decided_endorses_nothing(met: Stage) -> None:
    by_mail(met, decided(met, {"1.1": {"rating": "amber"}}, {"anything_else": "Thanked the team."}))
    assert "ENDORSED" not in newest(met, "decided", "ann")


def test_nothing_is_still_to_come_of_somebody_who_is_excused(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=GREEN)))
    year.edit(service(*YEAR, EXCUSED))
    year.receive(mail(ANN, text="Am I done?"))
    assert "1.2" not in newest(year, "question", "ann").partition("STILL TO COME")[2].partition("Plan 2")[0]
    year.receive(mail(ANN, year.returned("p1", r1_1=RED)))
    told = newest(year, "receipt", "ann")
    assert "STILL TO COME" not in told
    assert "You were excused by" in told


def test_after_the_meeting_nothing_is_still_to_come(year: Stage) -> None:
    to_the_end(year)
    year.receive(mail(ANN, text="Thanks for it all"), at(2, month=3))
    assert "STILL TO COME" not in newest(year, "question", "ann")


def test_a_post_that_was_taken_out_keeps_nobodys_review(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p2", r2_1=GREEN, r2_2=GREEN)))
    year.receive(mail(EVA, year.returned("p2", "social", r2_1=RED, r2_2=GREEN)))
    year.edit(without_care(year.office.service))
    year.play(DEADLINE, REVIEW, CHASES[0])
    assert "eve" in year.people("review")
    assert "eve" in year.people("chase")
    assert "(care: Green; Head of Social Work: Red)" in newest(year, "review", "eve")


def without_care(before: Service) -> Service:
    files = dict(before.files)
    plans = files["strategic/plans.yaml"].replace("sponsors: [care, social]\n    policy: all", "sponsors: [social]")
    plans = plans.replace("sponsors: [care, social]\n    policy: rows", "sponsors: [social]")
    plans = plans.replace("sponsors: [care]", "sponsors: [social]")
    files["strategic/plans.yaml"] = plans.replace(", owner: care", "").replace(", owner: social", "")
    people = files["strategic/people.yaml"]
    start, end = people.index("  - id: care"), people.index("  - id: social")
    files["strategic/people.yaml"] = people[:start] + people[end:]
    return load_files(files)


def test_a_cancelled_cycle_is_over_when_its_meeting_would_have_been(year: Stage) -> None:
    year.edit(service(*YEAR, CANCELLED))
    told = len(year.intents("change"))
    year.now = at(1, month=9)
    year.edit(service(*YEAR, CANCELLED, ("strategic/plans.yaml", "policy: any", "policy: all")))
    assert {item.key.person for item in year.intents("change")[told:]} <= {"tess", "tom"}


def test_an_answer_to_a_cycle_that_is_gone_is_understood(year: Stage) -> None:
    to_the_end(year)
    [sams] = [item for item in year.intents("papers") if item.key.person == "sam"]
    files = dict(year.office.service.files)
    kept = [line for line in files["strategic/cycles.yaml"].splitlines() if "c1" not in line]
    files["strategic/cycles.yaml"] = "\n".join(kept) + "\n"
    year.now = at(1, month=3)
    year.edit(load_files(files))
    scan = File("scan.pdf", b"%PDF-1.4 hello", "application/pdf")
    arrival = year.receive(mail("sam@ours.example", scan, answers=sams.message_id), at(2, month=3))
    assert arrival.lane == "unreadable"


@pytest.fixture
def without_rating(year: Stage) -> File:
    """A second file for plan 1 whose Rating column has another header."""
    book = load_workbook(BytesIO(year.returned("p1", r1_2=RED).content))
    for cell in (cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row):
        if cell.value == "Rating":
            cell.value = "xyzzy"
    content = BytesIO()
    book.save(content)
    return File("second.xlsx", content.getvalue())


def test_a_message_closes_no_item_that_it_opens(year: Stage, without_rating: File) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=GREEN), without_rating))
    assert [item.kind for item in year.desk()] == ["unreadable"]


def test_files_that_differ_are_told_beside_one_that_counts(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=GREEN), year.returned("p1", r1_1=RED), year.returned("p2")))
    told = newest(year, "receipt", "ann")
    assert "was put before a person: two files for one plan say different things" in told
    assert [item.kind for item in year.desk()] == ["conflict"]


def test_the_digest_says_what_is_held(year: Stage) -> None:
    held = "holds:\n  - {cycle: c1, steps: [review], until: 2020-02-05, reason: Wait, decided_by: Tess Tait}\n"
    year.edit(service(*YEAR, ("strategic/facts.yaml", "{}\n", held)))
    year.play(DEADLINE, at(3, 8, 30, month=2))
    told = newest(year, "digest", "tess")
    assert "the review to sponsors: held by Tess Tait: Wait." in told


def test_the_answer_is_about_the_programme_that_the_file_is_of(room: Path, reader: Reader) -> None:
    """Eve has a part in two programmes, and sends a file of the second one again."""
    files = FILES | {name.replace("strategic/", "reports/"): text for name, text in FILES.items() if "/" in name}
    files["service.yaml"] = files["service.yaml"].replace("[strategic]", "[strategic, reports]")
    files["reports/people.yaml"] = files["reports/people.yaml"].replace("title: Strategic Plan", "title: Reports")
    stage = Stage(room, reader, load_files(files))
    configuration.adopt(stage.ledger, stage.office.service, EVE)
    stage.play(EVE, ISSUE)
    issued = [item for item in stage.intents("issue") if item.key.person == "eve"]
    forms = {item.key.programme: stage.letter(item).attachments for item in issued}
    ours, theirs = ({file.name: file.content for file in forms[name]} for name in ("strategic", "reports"))
    again = File("p3.xlsx", filled(theirs["Plan 3 - update 1.xlsx"], {"3.1": GREEN}))
    first = File("a.xlsx", filled(ours["Plan 3 - update 1.xlsx"], {"3.1": GREEN}))
    second = File("b.xlsx", filled(ours["Plan 2 - update 1.xlsx"], {"2.1": GREEN, "2.2": GREEN}))
    for files_sent in ((again,), (first, second), (again,)):
        stage.receive(mail(EVA, *files_sent))
    told = newest(stage, "receipt", "eve")
    assert "We have this file already" in told
    assert "Nothing is outstanding" not in told
    assert "Plan 2" in told.partition("STILL TO COME")[2]
