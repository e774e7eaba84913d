"""History: every action in every issued cycle, with both ratings, its dates, its timeliness and its decisions."""

from datetime import date

from jobs.history import history
from ledger import decisions
from ledger.records import Decision
from report.history import HistoryRow
from tests.jobs.stage import ISSUE_2, YEAR, Stage, at, mail, service


def rows(stage: Stage) -> list[HistoryRow]:
    with stage.ledger.reading() as entry:
        return list(history(entry, stage.programme))


def decide(stage: Stage, **what: object) -> None:
    decision = Decision(stage.now, "strategic", "c1", "p1", "1.1", "row", "tess", **what)  # type: ignore[arg-type]
    with stage.ledger.transaction() as entry:
        decisions.add(entry, decision)


def test_a_row_has_both_ratings_its_dates_and_what_was_decided(met: Stage) -> None:
    decide(met, agreed="amber", revised_due=date(2021, 3, 31), words="Bid again.")
    first, second, *_ = rows(met)
    assert (first.plan, first.ref, first.cycle, first.sponsor) == ("Plan 1", "1.1", "update 1", "Head of Care")
    assert (first.sponsor_rating, first.agreed_rating, first.returned) == ("Red", "Amber", "on time")
    assert first.decision == "agreed as Amber; due 31 March 2021. Bid again"
    assert (second.sponsor_rating, second.agreed_rating, second.decision) == ("Blue", "", "")


def test_the_original_date_stays_visible_beside_the_revised_one(met: Stage) -> None:
    decide(met, revised_due=date(2021, 3, 31))
    met.play(at(24, 9, month=2), ISSUE_2)
    later = next(row for row in rows(met) if (row.cycle, row.ref) == ("update 2", "1.1"))
    assert (later.due, later.original_due) == (date(2021, 3, 31), date(2020, 12, 31))
    assert (later.sponsor_rating, later.returned) == ("no return", "never")


def test_a_row_that_was_agreed_as_complete_was_not_asked_and_keeps_what_was_agreed(met: Stage) -> None:
    decide(met, agreed="blue")
    met.play(at(24, 9, month=2), ISSUE_2)
    later = next(row for row in rows(met) if (row.cycle, row.ref) == ("update 2", "1.1"))
    assert (later.sponsor_rating, later.agreed_rating, later.returned) == ("not asked (complete)", "Blue", "not asked")


def test_late_rows_and_rows_that_never_came_are_told_apart(year: Stage) -> None:
    from tests.jobs.stage import DEADLINE, GREEN

    year.wake(DEADLINE)
    year.receive(mail("ann@ours.example", year.returned("p1", r1_1=GREEN)), at(3, 12, month=2))
    first, second, *_ = rows(year)
    assert (first.returned, second.returned, second.sponsor_rating) == ("late", "never", "not updated")


def test_the_last_cycle_is_in_it_once_it_was_issued_and_what_was_taken_out_keeps_its_id(met: Stage) -> None:
    assert {row.cycle for row in rows(met)} == {"update 1"}
    plans = service(*YEAR).files["strategic/plans.yaml"]
    p3 = plans[plans.index("  - id: p3") :]
    met.now = at(22, month=2)
    text = service(*YEAR).files["strategic/cycles.yaml"]
    c3 = text[text.index("  - {id: c3") :]
    met.edit(service(*YEAR, ("strategic/plans.yaml", p3, ""), ("strategic/cycles.yaml", c3, "")))
    met.play(at(24, 9, month=2), ISSUE_2)
    found = rows(met)
    assert {row.cycle for row in found} == {"update 1", "update 2"}
    assert "p3" in {row.plan for row in found}
