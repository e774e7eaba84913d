"""The meeting: what it is asked, what it decided, by hand and by mail, and what the next cycle begins from."""

from collections.abc import Mapping
from datetime import date

import pytest

from jobs import meeting, minutes
from jobs.agreed import actions_now, by_meeting, decided_last
from jobs.past import last_known, unrecorded
from ledger import decisions
from ledger.records import Decision
from programme.answer import LastKnown
from tests.jobs.stage import (
    ISSUE_2,
    RED,
    File,
    Stage,
    at,
    mail,
)
from workbook import filling

ANN, EVE, TESS = "ann@ours.example", "eve@ours.example", "tess@ours.example"
AFTER = at(22, 10, month=2)


def asked(stage: Stage, cycle: str = "c1") -> bytes:
    """The decisions workbook that the team got."""
    sent = [intent for intent in stage.intents("spg") if intent.key.cycle == cycle]
    return stage.letter(sent[0]).attachments[0].content


def decided(
    stage: Stage, answers: Mapping[str, Mapping[str, str | date]], fields: Mapping[str, str] | None = None
) -> File:
    """The decisions workbook with these words typed in."""
    form = minutes.form(stage.programme.form)
    return File("Decisions.xlsx", filling.fill(asked(stage), answers, form, fields))


def recorded(stage: Stage, cycle: str = "c1") -> list[Decision]:
    with stage.ledger.reading() as entry:
        return decisions.of_cycle(entry, "strategic", cycle)


def by_mail(stage: Stage, file: File, sender: str = TESS) -> str:
    return str(stage.receive(mail(sender, file), AFTER).lane)


def known(stage: Stage, cycle: str = "c2") -> Mapping[tuple[str, str], LastKnown]:
    with stage.ledger.reading() as entry:
        return last_known(entry, stage.programme, stage.programme.cycle(cycle))


def test_the_team_gets_a_workbook_with_every_ask_and_the_sponsors_ratings(met: Stage) -> None:
    assert met.people("spg") == ["tess", "tom"]
    from io import BytesIO

    from openpyxl import load_workbook

    sheet = load_workbook(BytesIO(asked(met))).worksheets[0]
    texts = " ".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    assert [text in texts for text in ("1.1", "3.1", "5.2", "Plan 1", "Red", "Blue")] == [True] * 6
    assert "complete (Blue)" in met.sent("spg", "tess")[0].text


def test_what_is_decided_by_mail_is_recorded_and_told(met: Stage) -> None:
    new_date = date(2021, 3, 31)
    file = decided(met, {"1.1": {"rating": "amber", "new_date": new_date, "progress": "Bid again by May."}})
    assert by_mail(met, file) == "decisions"
    [row] = recorded(met)
    assert (row.plan, row.ref, row.agreed, row.revised_due) == ("p1", "1.1", "amber", new_date)
    assert row.words == "Bid again by May."
    assert met.people("decided") == ["tess", "tom", "ann"]
    [told] = met.sent("decided", "ann")
    assert "Bid again by May" in told.text
    assert "Amber" in told.text
    assert len(met.events("decided")) == 1
    assert met.desk() == []


def test_the_same_workbook_again_is_no_second_decision(met: Stage) -> None:
    file = decided(met, {"1.1": {"rating": "amber"}})
    by_mail(met, file)
    by_mail(met, file)
    assert len(recorded(met)) == 1
    assert len(met.intents("decided")) == 3
    by_mail(met, decided(met, {"1.1": {"rating": "green"}, "3.1": {"rating": "green"}}))
    assert [(row.ref, row.agreed) for row in recorded(met)] == [("1.1", "amber"), ("1.1", "green"), ("3.1", "green")]
    by_mail(met, decided(met, {"1.1": {"rating": "amber"}, "3.1": {"rating": "green"}}))
    assert [(row.ref, row.agreed) for row in recorded(met)][3:] == [("1.1", "amber")]


def test_only_the_team_decides_by_mail(met: Stage) -> None:
    assert by_mail(met, decided(met, {"1.1": {"rating": "green"}}), sender=ANN) == "doubt"
    assert "only the planning team returns those" in met.desk()[0].reason
    assert by_mail(met, decided(met, {"1.2": {"rating": "green"}}), sender="isla@elsewhere.example") == "doubt"
    assert recorded(met) == []
    assert met.intents("decided") == []


def test_a_decisions_workbook_without_our_signature_decides_nothing(met: Stage) -> None:
    from io import BytesIO

    from openpyxl import load_workbook

    book = load_workbook(BytesIO(decided(met, {"1.1": {"rating": "green"}}).content))
    hidden = next(sheet for sheet in book.worksheets if sheet.sheet_state != "visible")
    row = next(row for row in hidden.iter_rows() if row[0].value == "cycle")
    row[1].value = "c2"
    made = BytesIO()
    book.save(made)
    assert by_mail(met, File("Decisions.xlsx", made.getvalue())) == "doubt"
    assert "does not carry our signature" in met.desk()[0].reason
    assert recorded(met) == []


def test_an_empty_decisions_workbook_is_said_to_be_empty(met: Stage) -> None:
    lane = by_mail(met, File("Decisions.xlsx", asked(met)))
    assert lane == "unreadable"
    assert "no decision is filled in" in met.events("message read")[-1].why
    assert recorded(met) == []


def test_a_cell_that_cannot_be_read_is_told_to_the_team_and_the_rest_counts(met: Stage) -> None:
    file = decided(met, {"1.1": {"rating": "amber"}, "1.2": {"rating": "purple"}}, {"new_actions": "Plan 1 open it"})
    by_mail(met, file)
    assert [row.ref for row in recorded(met)] == ["1.1"]
    text = " ".join(met.sent("decided", "tess")[0].text.split())
    assert "purple" in text
    assert "could not be read" in text
    assert "purple" not in met.sent("decided", "ann")[0].text


@pytest.mark.parametrize(
    "line",
    [
        "Plan 9; 1.9; Open it; 2021-06-30; SM",
        "Plan 1; 1.1; Open it; 2021-06-30; SM",
        "Plan 1; ; Open it; 2021-06-30; SM",
        "Plan 1; 1.9; ; 2021-06-30; SM",
        "Plan 1; 1.9; Open it; 30 June; SM",
        "Plan 1; 1.9; Open it",
    ],
)
def test_a_new_action_that_cannot_be_read_is_told(met: Stage, line: str) -> None:
    by_mail(met, decided(met, {"1.1": {"rating": "amber"}}, {"new_actions": line}))
    assert [row.kind for row in recorded(met)] == ["row"]
    assert "could not be read" in " ".join(met.sent("decided", "tess")[0].text.split())


def test_endorsed_means_that_every_rating_not_decided_otherwise_is_agreed_as_reported(met: Stage) -> None:
    by_mail(met, decided(met, {"1.1": {"rating": "amber"}}, {"endorsed": "Yes", "anything_else": "Well done."}))
    agreed = {(row.plan, row.ref): row.agreed for row in recorded(met) if row.kind == "row"}
    assert agreed == {("p1", "1.1"): "amber", ("p1", "1.2"): "blue", ("p3", "3.1"): "green"}
    [whole] = [row for row in recorded(met) if row.kind == "endorsed"]
    assert whole.words == "Endorsed. Well done."
    text = met.sent("decided", "tess")[0].text
    assert "endorsed" in text.casefold()


def test_words_about_the_whole_need_no_endorsement(met: Stage) -> None:
    by_mail(met, decided(met, {}, {"anything_else": "Come back in May."}))
    assert [(row.kind, row.words) for row in recorded(met)] == [("endorsed", "Come back in May.")]


@pytest.fixture
def decided_upon(met: Stage) -> Stage:
    """A service in its second cycle, after a meeting that decided a good deal."""
    answers: dict[str, dict[str, str | date]] = {
        "1.1": {"rating": "amber", "new_date": date(2021, 3, 31), "progress": "Bid again by May."},
        "1.2": {"rating": "blue"},
        "2.1": {"closed": "Yes"},
        "2.2": {"wording": "Publish the whole report"},
    }
    new = "Plan 3; 3.7; Open the hub; 2021-06-30; SM Homecare\nPlan 5; 5.9; Paint the bus; ; "
    by_mail(met, decided(met, answers, {"new_actions": new}))
    met.play(at(24, 9, month=2), ISSUE_2)
    return met


def test_the_next_cycle_begins_from_what_was_agreed(decided_upon: Stage) -> None:
    rows = {row.ref: row for row in decided_upon.assignment("p1", cycle="c2").rows}
    assert rows["1.1"].last == LastKnown("amber", "red", "It stopped.", "update 1")
    assert rows["1.1"].reference["revised_due"] == "2021-03-31"
    assert rows["1.1"].due == date(2020, 12, 31)
    text = " ".join(decided_upon.issue_to("ann", "c2").text.split())
    assert "Amber" in text
    assert "Bid again by May" in text


def test_closed_actions_are_gone_reworded_ones_reworded_and_new_ones_asked(decided_upon: Stage) -> None:
    p2 = decided_upon.assignment("p2", cycle="c2")
    assert [(row.ref, row.deliverable) for row in p2.rows] == [("2.2", "Publish the whole report")]
    p3 = decided_upon.assignment("p3", "social", cycle="c2").rows[-1]
    assert (p3.ref, p3.deliverable, p3.due) == ("3.7", "Open the hub", date(2021, 6, 30))
    p5 = decided_upon.assignment("p5", "care", cycle="c2")
    assert [row.ref for row in p5.rows] == ["5.1", "5.9"]
    assert [row.ref for row in decided_upon.assignment("p5", "social", cycle="c2").rows] == ["5.2"]


def test_what_was_agreed_complete_is_not_asked_again(decided_upon: Stage) -> None:
    text = decided_upon.issue_to("ann", "c2").text
    assert ("1.1" in text, "1.2" in text) == (True, False)
    decided_upon.receive(mail(ANN, decided_upon.returned("p1", cycle="c2", r1_1=RED)), at(17, month=3))
    receipt = decided_upon.sent("receipt", "ann")[-1]
    assert "1.2" not in receipt.text
    decided_upon.play(at(25, 9, 30, month=3))
    reminder = next(intent for intent in decided_upon.intents("reminder") if intent.key.cycle == "c2")
    assert "1.2" not in decided_upon.letter(reminder).text


def test_what_became_of_the_decisions_is_in_the_next_papers(decided_upon: Stage) -> None:
    from jobs.standing import standing

    decided_upon.receive(mail(ANN, decided_upon.returned("p1", cycle="c2", r1_1=RED)), at(17, month=3))
    with decided_upon.ledger.reading() as entry:
        cycle = decided_upon.programme.cycle("c2")
        stood = standing(entry, decided_upon.programme, cycle, decided_upon.now, draft=True)
    assert "Plan 1, 1.1: Bid again by May, due 31 March 2021. Now: Red." in stood.decided
    assert any("2.1" in line and "closed" in line for line in stood.decided)
    assert any("3.7" in line and "not reported this time" in line for line in stood.decided)
    [p1] = [plan for plan in stood.plans if plan.id == "p1"]
    row = next(row for row in p1.rows if row.ref == "1.1")
    assert (row.due, row.original_due) == (date(2021, 3, 31), date(2020, 12, 31))
    complete = next(row for row in p1.rows if row.ref == "1.2")
    assert (complete.rating, complete.status) == ("blue", "Blue")
    assert [tally.cycle for tally in stood.history] == ["update 1"]


def test_decisions_that_were_never_recorded_are_said_so_in_the_next_issue(met: Stage) -> None:
    met.play(at(24, 9, month=2), ISSUE_2)
    assert "update 1" in met.issue_to("ann", "c2").text
    with met.ledger.reading() as entry:
        assert [cycle.id for cycle in unrecorded(entry, met.programme, met.programme.cycle("c2"))] == ["c1"]
    assert known(met)["p1", "1.1"] == LastKnown(None, "red", "It stopped.", "update 1")


def test_an_agreed_rating_without_a_report_stands_alone_and_the_newest_counts(met: Stage) -> None:
    by_mail(met, decided(met, {"2.1": {"rating": "red"}}))
    by_mail(met, decided(met, {"2.1": {"rating": "amber"}}))
    assert known(met)["p2", "2.1"] == LastKnown("amber", None, "", "update 1")


def test_in_words_every_kind_of_decision_can_be_read(met: Stage) -> None:
    def word(**what: object) -> str:
        made = {"kind": "row", **what}
        return meeting.in_words(met.programme, Decision(AFTER, "strategic", "c1", "p1", "1.1", by="tess", **made))  # type: ignore[arg-type]

    assert word(kind="new", deliverable="Open it", words="New action.") == "new action, Open it. New action"
    assert word(agreed="red", revised_due=date(2021, 6, 3)) == "agreed as Red; due 3 June 2021"
    assert word(closed=True, words="Done.") == "closed. Done"
    assert word(deliverable="Other words") == "now reads “Other words”"


def test_actions_that_the_team_has_written_into_the_plan_are_not_added_twice(met: Stage) -> None:
    plan = met.programme.plan("p1")
    new = Decision(AFTER, "strategic", "c1", "p1", "1.1", "new", "tess", deliverable="Another")
    gone = Decision(AFTER, "strategic", "c1", "p1", "9.9", "row", "tess", agreed="red")
    assert actions_now(plan, [new, gone]) == plan.actions
    assert decided_last([]) == {}


def test_two_plans_with_the_same_ref_are_told_apart(met: Stage) -> None:
    from dataclasses import replace

    from jobs.standing import standing

    with met.ledger.reading() as entry:
        papers = standing(entry, met.programme, met.programme.cycle("c1"), met.now, draft=False)
    first, *others = papers.plans
    twin = replace(papers, plans=(first, replace(first, id="px"), *others))
    assert [line.ref for line in minutes.lines(twin)][:4] == ["p1 1.1", "p1 1.2", "px 1.1", "px 1.2"]


def test_a_meeting_that_is_recorded_late_is_still_an_older_meeting(met: Stage) -> None:
    def said(cycle: str, words: str, **what: object) -> Decision:
        return Decision(AFTER, "strategic", cycle, "p1", "1.1", "row", "tess", words=words, **what)  # type: ignore[arg-type]

    newer = said("c2", "Newer.", revised_due=date(2021, 6, 3))
    older = said("c1", "Older.", revised_due=date(2021, 3, 3))
    again = said("c2", "Newest.")
    order = by_meeting(met.programme.cycles, [newer, older, again])
    assert order == (older, newer, again)
    assert decided_last(order) == {("p1", "1.1"): "Newest."}
    assert actions_now(met.programme.plan("p1"), order)[0].reference["revised_due"] == "2021-06-03"
