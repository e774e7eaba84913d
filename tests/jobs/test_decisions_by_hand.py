"""What people type into the decisions workbook, and who may vouch for one: what is asked back, and what counts."""

from datetime import date

from jobs import desk as words
from jobs.desk import Word
from tests.jobs.stage import COLLECT, GREEN, ISSUE_2, YEAR, File, Stage, at, mail, service
from tests.jobs.test_meeting import ANN, by_mail, decided, recorded

NEW = {"new_actions": "Plan 3; 3.7; Open the hub; 2021-06-30; SM Homecare"}
CLEO = "cleo@ours.example"
FACTS = "strategic/facts.yaml"
WITHDRAWN = (FACTS, "{}\n", "withdrawn: [{plan: p3, since: 2020-02-22, reason: gone, decided_by: the IJB}]\n")
LATER = (FACTS, "{}\n", "withdrawn: [{plan: p3, since: 2020-03-01, reason: gone, decided_by: the IJB}]\n")
AT_LAST = (FACTS, "{}\n", "withdrawn: [{plan: p3, since: 2020-05-01, reason: gone, decided_by: the IJB}]\n")
MERGED = (FACTS, "{}\n", "merged: [{plans: [p3, p1], into: p1, since: 2020-02-22, reason: one, decided_by: IJB}]\n")


def said(stage: Stage, person: str = "tess") -> str:
    return " ".join(stage.sent("decided", person)[-1].text.split())


def receipt(stage: Stage) -> str:
    """The newest receipt to Ann, in one line."""
    return " ".join(stage.letter(stage.intents("receipt")[-1]).text.split())


def accepted(stage: Stage) -> None:
    """The planning officer vouches for what waits last on the desk."""
    words.accept(stage.ledger, stage.office.service, stage.desk()[-1].id, Word("tom", "I rang her", stage.now))
    stage.wake(stage.now + COLLECT)


def test_a_vouched_decisions_workbook_of_the_committee_officer_counts(met: Stage) -> None:
    assert by_mail(met, decided(met, {"1.1": {"rating": "amber"}}), sender=CLEO) == "doubt"
    assert recorded(met) == []
    accepted(met)
    assert [(row.ref, row.agreed, row.by) for row in recorded(met)] == [("1.1", "amber", "tom")]
    assert met.desk() == []
    assert [(event.who, event.why) for event in met.events("desk accepted")][-1] == ("tom", "I rang her")
    assert [event.who for event in met.events("decided")] == ["tom"]
    assert met.people("decided") == ["tess", "tom", "ann"]


def test_a_vouched_decisions_workbook_of_nobody_we_know_counts_too(met: Stage) -> None:
    by_mail(met, decided(met, {"1.1": {"rating": "amber"}}), sender="isla@elsewhere.example")
    accepted(met)
    assert [row.ref for row in recorded(met)] == ["1.1"]
    assert met.desk() == []


def test_a_vouched_decisions_workbook_that_says_nothing_is_dealt_with(met: Stage) -> None:
    from tests.jobs.test_meeting import asked

    by_mail(met, File("Decisions.xlsx", asked(met)), sender=CLEO)
    accepted(met)
    assert recorded(met) == []
    assert met.desk() == []


def test_a_vouched_decisions_workbook_of_a_meeting_that_is_gone_is_dealt_with(met: Stage) -> None:
    by_mail(met, decided(met, {"1.1": {"rating": "amber"}}), sender=CLEO)
    met.edit(service(*YEAR, ("strategic/cycles.yaml", "id: c1,", "id: c0,")))
    accepted(met)
    assert [event.why for event in met.events("message read")][-1].startswith("not taken: “Decisions.xlsx” is a")
    assert met.desk() == []


def refused(stage: Stage, line: str = NEW["new_actions"]) -> str:
    """What the team is told of a new action that was not taken in; the rest counts."""
    by_mail(stage, decided(stage, {"1.1": {"rating": "green"}}, {"new_actions": line}))
    assert [row.kind for row in recorded(stage)] == ["row"]
    return said(stage)


def test_a_new_action_of_a_withdrawn_plan_is_refused(met: Stage) -> None:
    met.edit(service(*YEAR, WITHDRAWN))
    text = refused(met)
    assert "SM Homecare” in The meeting!B5 was not taken in" in text
    assert "Plan 3 is withdrawn from 22 February 2020. Put it in a plan that is reported." in text


def test_a_new_action_of_a_plan_that_is_withdrawn_before_the_next_issue_is_refused(met: Stage) -> None:
    met.edit(service(*YEAR, LATER))
    assert "Plan 3 is withdrawn from 1 March 2020" in refused(met)


def test_a_new_action_of_a_plan_that_is_issued_once_more_is_taken_in(met: Stage) -> None:
    met.edit(service(*YEAR, AT_LAST))
    by_mail(met, decided(met, {}, NEW))
    assert [row.ref for row in recorded(met)] == ["3.7"]


def test_a_new_action_of_a_merged_plan_is_refused(met: Stage) -> None:
    met.edit(service(*YEAR, MERGED))
    assert "Plan 3 was merged into Plan 1. Put it there." in refused(met)


def test_a_new_action_that_is_due_before_the_meeting_is_asked_about(met: Stage) -> None:
    text = refused(met, NEW["new_actions"].replace("2021", "2019"))
    assert "is due 30 June 2019, which was over when the meeting took place on 21 February 2020" in text


def test_a_revised_date_before_the_meeting_is_asked_about_and_the_rest_of_the_row_counts(met: Stage) -> None:
    old = date(2019, 1, 1)
    by_mail(met, decided(met, {"1.1": {"rating": "amber", "new_date": old}, "3.1": {"new_date": old}}))
    assert [(row.ref, row.agreed, row.revised_due) for row in recorded(met)] == [("1.1", "amber", None)]
    text = said(met)
    assert "says 1 January 2019, which was over when the meeting took place on 21 February 2020" in text
    assert "Put the date that was agreed; the rest of row 1.1 counts." in text
    assert ("Decisions!I7 says" in text, "Decisions!I15 says" in text) == (True, True)
    assert "row 3.1 counts" not in text
    assert "1 January 2019" not in said(met, "ann")


def test_a_closed_action_may_say_when_it_was_done(met: Stage) -> None:
    by_mail(met, decided(met, {"1.1": {"closed": "Yes", "new_date": date(2019, 1, 1)}}))
    assert [(row.ref, row.closed, row.revised_due) for row in recorded(met)] == [("1.1", True, date(2019, 1, 1))]


def test_a_date_of_the_meeting_itself_is_no_question(met: Stage) -> None:
    by_mail(met, decided(met, {"1.1": {"new_date": date(2020, 2, 21)}}))
    assert [row.revised_due for row in recorded(met)] == [date(2020, 2, 21)]


def test_a_date_that_is_in_force_already_is_not_asked_for_again(met: Stage) -> None:
    from jobs.standing import standing
    from report.summary import ask_lines, summarise

    def asks() -> str:
        with met.ledger.reading() as entry:
            stood = standing(entry, met.programme, met.programme.cycle("c2"), met.now, draft=True)
        return " ".join(ask_lines(summarise(stood)))

    by_mail(met, decided(met, {"1.1": {"new_date": date(2021, 4, 2)}}))
    met.play(at(24, 9, month=2), ISSUE_2)
    moved = {**GREEN, "new_date": date(2021, 4, 2)}
    met.receive(mail(ANN, met.returned("p1", cycle="c2", r1_1=moved, r1_2=GREEN)), at(17, month=3))
    assert "agree a new date" not in asks()
    assert "asks the SPG" not in receipt(met)
    moved = {**GREEN, "new_date": date(2021, 5, 2)}
    met.receive(mail(ANN, met.returned("p1", cycle="c2", r1_1=moved)), at(18, month=3))
    assert "Row 1.1 asks the SPG for a new date, 2 May 2021. To take that back" in receipt(met)
    assert "agree a new date, 2 May 2021 (now due 2 April 2021, originally 31 December 2020)" in asks()
