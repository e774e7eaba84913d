"""A highlight report is rated anew each time: what the SPG agreed of the last one closes no heading."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs import configuration
from ledger import decisions
from ledger.records import Decision
from tests.jobs.stage import EVE, ISSUE, ISSUE_2, PAPERS, YEAR, File, Stage, at, mail, service
from workbook import filling
from workbook.reading import Reader

REPORT = ("strategic/form.yaml", "use: implementation-plan\n", "use: highlight-report\n")
BLUE = {"rating": "blue", "progress": "It is done."}


@pytest.fixture
def reports(room: Path, reader: Reader) -> Iterator[Stage]:
    """A service of highlight reports, in its second cycle: in the first, every heading of plan 1 was agreed Blue."""
    stage = Stage(room, reader, service(*YEAR, REPORT))
    configuration.adopt(stage.ledger, stage.office.service, EVE)
    stage.play(EVE, ISSUE)
    rated = filling.fill(stage.workbook("p1"), {"1.1": BLUE, "1.2": BLUE}, stage.programme.form)
    stage.receive(mail("ann@ours.example", File("p1.xlsx", rated)))
    stage.play(PAPERS)
    with stage.ledger.transaction() as entry:
        for ref in ("1.1", "1.2"):
            decisions.add(entry, Decision(at(21, month=2), "strategic", "c1", "p1", ref, "row", "tess", "blue"))
    stage.play(at(24, 9, month=2), ISSUE_2)
    yield stage
    stage.close()


def test_a_report_that_was_agreed_blue_throughout_is_asked_again(reports: Stage) -> None:
    assert [row.last.agreed for row in reports.assignment("p1", cycle="c2").rows] == ["blue", "blue"]
    assert "Plan 1 - update 2.xlsx" in [file.name for file in reports.issue_to("ann", "c2").attachments]
    assert "1.1" in reports.issue_to("ann", "c2").text


def test_its_colour_is_this_times_and_nothing_is_carried_forward(reports: Stage) -> None:
    from jobs.standing import standing

    rated = filling.fill(reports.workbook("p1", cycle="c2"), {"1.1": {"rating": "green"}}, reports.programme.form)
    reports.receive(mail("ann@ours.example", File("p1.xlsx", rated)), at(17, 10, month=3))
    with reports.ledger.reading() as entry:
        stood = standing(entry, reports.programme, reports.programme.cycle("c2"), reports.now, draft=True)
    [plan] = [plan for plan in stood.plans if plan.id == "p1"]
    assert [(row.rating, row.status) for row in plan.rows] == [("green", "Green"), (None, "not updated")]
    assert (plan.worst, plan.sponsors[0].rows_asked) == ("green", 2)
