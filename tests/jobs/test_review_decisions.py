"""What is decided, and what the past says of it: nothing that was said at a meeting is lost on the way."""

from collections.abc import Mapping
from datetime import date

from jobs import minutes
from jobs.past import last_known, tallies, unrecorded
from jobs.standing import standing
from ledger import decisions
from ledger.records import Decision
from report.standing import Standing
from tests.jobs.stage import (
    GREEN,
    ISSUE_2,
    YEAR,
    File,
    Stage,
    at,
    mail,
    rows,
    service,
)
from workbook import filling

ANN, EVE, TESS, TOM = "ann@ours.example", "eve@ours.example", "tess@ours.example", "tom@ours.example"
AFTER = at(22, 10, month=2)
CANCELLED = (
    "strategic/facts.yaml",
    "{}\n",
    "cancelled:\n  - {cycle: c1, reason: The meeting did not take place, decided_by: Sam Shaw}\n",
)


def decided(
    stage: Stage, answers: Mapping[str, Mapping[str, str | date]], fields: Mapping[str, str] | None = None
) -> File:
    """The decisions workbook that the team got, with these words typed in."""
    issued = stage.letter(stage.intents("spg")[0]).attachments[0].content
    return File("Decisions.xlsx", filling.fill(issued, answers, minutes.form(stage.programme.form), fields))


def recorded(stage: Stage) -> list[Decision]:
    with stage.ledger.reading() as entry:
        return decisions.of_cycle(entry, "strategic", "c1")


def agreed(stage: Stage) -> dict[str, str | None]:
    return {row.ref: row.agreed for row in recorded(stage) if row.kind == "row"}


def stood(stage: Stage, cycle: str = "c1") -> Standing:
    with stage.ledger.reading() as entry:
        return standing(entry, stage.programme, stage.programme.cycle(cycle), stage.now, draft=False)


def test_the_owner_of_a_row_is_whoever_was_issued_it(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p5", r5_1=GREEN)))
    assert rows(stood(year).plans)["5.1"].rating == "green"
    swapped = (("owner: care}", "owner: x}"), ("owner: social}", "owner: care}"), ("owner: x}", "owner: social}"))
    year.edit(service(*YEAR, *(("strategic/plans.yaml", old, new) for old, new in swapped)))
    assert rows(stood(year).plans)["5.1"].rating == "green"


def test_a_cycle_that_was_cancelled_after_its_papers_keeps_what_came_back(met: Stage) -> None:
    met.edit(service(*YEAR, CANCELLED))
    met.play(at(24, 9, month=2), ISSUE_2)
    assert met.assignment("p1").withdrawn is not None
    with met.ledger.reading() as entry:
        second = met.programme.cycle("c2")
        known = last_known(entry, met.programme, second)
        assert unrecorded(entry, met.programme, second) == ()
        assert tallies(entry, met.programme, second) == ()
    assert (known["p1", "1.1"].reported, known["p3", "3.1"].reported) == ("red", "green")
    assert met.assignment("p1", cycle="c2").rows[0].last.reported == "red"


def test_a_cancelled_cycle_is_not_the_last_time(met: Stage) -> None:
    met.receive(mail(TESS, decided(met, {"1.1": {"progress": "Bid again by May."}})), AFTER)
    met.play(at(24, 9, month=2), ISSUE_2)
    edited = (CANCELLED[0], CANCELLED[1], CANCELLED[2].replace("c1", "c2"))
    met.edit(service(*YEAR, edited))
    assert any("Bid again by May" in line for line in stood(met, "c3").decided)
