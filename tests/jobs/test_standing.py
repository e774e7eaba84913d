"""How a cycle stands: joint plans, late rows, open questions, the log, and what is carried to the next cycle."""

from typing import Any

from jobs.past import last_known
from jobs.standing import standing
from programme.answer import LastKnown
from report.standing import RowStanding, Standing
from tests.jobs.stage import DEADLINE, GREEN, ISSUE_2, PAPERS, PEOPLE, PLANS, File, Stage, at, mail, rows, service

ANN, EVE, GIL = "ann@ours.example", "eve@ours.example", "gil@ours.example"
RED = {"rating": "red", "progress": "It stopped.", "reason": "No money; a bid is in."}
AMBER = {"rating": "amber", "progress": "Slow.", "reason": "Staff left; two start in May."}


def stood(stage: Stage, cycle: str = "c1", *, draft: bool = False) -> Standing:
    with stage.ledger.reading() as entry:
        return standing(entry, stage.programme, stage.programme.cycle(cycle), stage.now, draft=draft)


def row(stage: Stage, ref: str) -> RowStanding:
    found: dict[str, Any] = rows(stood(stage).plans)
    standing_row = found[ref]
    assert isinstance(standing_row, RowStanding)
    return standing_row


def test_a_plan_that_nobody_returned_has_no_colour(stage: Stage) -> None:
    found = row(stage, "1.1")
    assert (found.rating, found.status) == (None, "no return")
    assert [plan.worst for plan in stood(stage).plans] == [None, None, None]


def test_a_row_that_was_left_blank_is_not_updated_and_has_no_colour(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1", r1_1=GREEN)))
    assert (row(stage, "1.2").rating, row(stage, "1.2").status) == (None, "not updated")
    [sponsor] = stood(stage).plans[0].sponsors
    assert (sponsor.state, sponsor.rows_in, sponsor.rows_asked, sponsor.late) == ("partial", 1, 2, False)


def test_a_return_without_a_rating_is_no_return(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1", r1_1={"progress": "Only words."})))
    plan = stood(stage).plans[0]
    assert plan.sponsors[0].state == "no return"
    assert plan.sponsors[0].last_received is None
    assert row(stage, "1.1").status == "no return"


def test_the_plans_colour_is_its_worst_row(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1", r1_1=GREEN, r1_2=RED)))
    assert stood(stage).plans[0].worst == "red"
    assert stood(stage).plans[0].sponsors[0].state == "returned"


def test_of_a_joint_plan_the_worse_rating_stands_with_its_words_and_both_are_shown(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p2", "care", r2_1=GREEN, r2_2=GREEN)))
    stage.receive(mail(EVE, stage.returned("p2", "social", r2_1=RED, r2_2=GREEN)))
    found = row(stage, "2.1")
    assert (found.rating, found.status, found.values["progress"]) == ("red", "Red", "It stopped.")
    assert [(item.post, item.rating) for item in found.differences] == [
        ("Head of Care", "green"),
        ("Head of Social Work", "red"),
    ]
    assert row(stage, "2.2").differences == ()


def test_of_a_joint_plan_one_sponsors_return_stands_alone(stage: Stage) -> None:
    stage.receive(mail(EVE, stage.returned("p2", "social", r2_1=AMBER)))
    assert (row(stage, "2.1").rating, row(stage, "2.2").status) == ("amber", "not updated")
    assert [sponsor.state for sponsor in stood(stage).plans[1].sponsors] == ["no return", "partial"]


def test_a_late_row_says_so_until_an_answer_on_time_could_not_have_come(stage: Stage) -> None:
    stage.receive(mail(GIL, stage.returned("p1", r1_1=GREEN)), at(31, 20))
    stage.receive(mail(GIL, stage.returned("p1", r1_2=GREEN)), at(3, month=2))
    assert (row(stage, "1.1").late, row(stage, "1.2").late) == (False, True)
    assert stood(stage).plans[0].sponsors[0].late
    stage.receive(mail(GIL, stage.returned("p1", r1_1=RED)), at(4, month=2))
    assert (row(stage, "1.1").late, row(stage, "1.1").rating) == (True, "red")


def test_a_better_answer_closes_the_older_question(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1", r1_1={"rating": "red", "progress": "It stopped."})))
    assert "reason-missing" in {query.code for query in row(stage, "1.1").queries}
    stage.receive(mail(ANN, stage.returned("p1", r1_1=RED)), at(23))
    assert "reason-missing" not in {query.code for query in row(stage, "1.1").queries}


def test_a_blank_row_leaves_the_older_question_open(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1", r1_1={"rating": "red", "progress": "It stopped."})))
    stage.receive(mail(ANN, stage.returned("p1", r1_2=GREEN)), at(23))
    assert "reason-missing" in {query.code for query in row(stage, "1.1").queries}


def test_the_newest_text_of_a_field_stands_and_a_blank_erases_none(stage: Stage) -> None:
    from tests.jobs.stage import filled

    stage.receive(mail(ANN, File("p1.xlsx", filled(stage.workbook("p1"), {"1.1": GREEN}, ask="Please decide."))))
    stage.receive(mail(ANN, stage.returned("p1", r1_2=GREEN)), at(23))
    assert stood(stage).plans[0].sponsors[0].fields["ask"] == "Please decide."


def test_the_log_has_a_line_per_file_in_local_time(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), stage.returned("p2", r2_1={"rating": "red", "progress": "Bad."})))
    stage.receive(mail(ANN, text="Is 1.2 mine?"), at(23))
    first, second, third = stood(stage).log
    assert (first.plan, first.file_name, first.rows_accepted, first.on_time) == ("Plan 1", "p1.xlsx", 2, True)
    assert (second.plan, second.queries > 0, second.received.hour) == ("Plan 2", True, 10)
    assert (third.outcome, third.on_time, third.rows_accepted) == ("no file in it: put before a person", None, 0)


def test_what_waits_for_a_person_is_told_with_what_to_do(stage: Stage) -> None:
    stage.receive(mail(ANN, text="Is 1.2 mine?"))
    [waiting] = stood(stage).waiting
    assert waiting.startswith("1: Ann Aird wrote")


def test_before_anything_is_issued_there_is_nothing_to_show(empty: Stage) -> None:
    assert stood(empty).plans == ()
    assert stood(empty).form.id == empty.programme.form.id


def test_a_second_cycle_knows_what_the_first_was_told_and_carries_no_colour(second: Stage) -> None:
    with second.ledger.reading() as entry:
        known = last_known(entry, second.programme, second.programme.cycle("c2"))
    assert known == {("p1", "1.1"): LastKnown(None, "amber", "Begun.", "update 1")}
    assert second.assignment("p1", cycle="c2").row("1.1").last.reported == "amber"
    assert second.assignment("p1", cycle="c2").row("1.2").last == LastKnown()
    found = {row.ref: row for plan in stood(second, "c2").plans for row in plan.rows}
    assert (found["1.1"].rating, found["1.1"].status, found["1.1"].last.reported) == (None, "no return", "amber")


def test_a_row_not_updated_in_the_second_cycle_keeps_the_mark_of_the_first(second: Stage) -> None:
    second.receive(mail(GIL, second.returned("p1", cycle="c2", r1_2=GREEN)), at(17, month=3))
    for now in (at(29, 17, month=3), at(14, 9, month=4), at(20, month=5), at(30, month=6), at(5, month=8)):
        second.wake(now)
    for now in (at(15, month=9), at(12, 9, month=10)):
        second.wake(now)
    last = {item.ref: item.last for item in second.assignment("p1", cycle="c3").rows}
    assert (last["1.1"].reported, last["1.1"].cycle) == ("amber", "update 1")
    assert (last["1.2"].reported, last["1.2"].cycle) == ("green", "update 2")


def test_a_cycle_that_was_missed_carries_nothing(empty: Stage) -> None:
    for now in (at(19), at(3, month=2), at(14, 9, month=2), ISSUE_2):
        empty.wake(now)
    with empty.ledger.reading() as entry:
        assert last_known(entry, empty.programme, empty.programme.cycle("c2")) == {}


def test_a_withdrawn_assignment_is_no_part_of_the_papers(stage: Stage) -> None:
    from ledger import assignments

    with stage.ledger.transaction() as entry:
        assignments.withdraw(entry, "strategic/c1/p1/care", "merged", stage.now)
    assert [plan.id for plan in stood(stage).plans] == ["p2", "p3"]


ANN_GONE = (
    (
        "strategic/people.yaml",
        "  - {id: ann, name: Ann Aird, addresses: [ann@ours.example, a.aird@ours.example]}\n",
        "",
    ),
    ("strategic/people.yaml", "{person: ann, until: 2020-01-28}, {person: gil, since: 2020-01-29}", "{person: gil}"),
)


def test_somebody_taken_out_of_the_configuration_stops_neither_returns_nor_papers(stage: Stage) -> None:
    """The team tidies people.yaml between the issue and the papers."""
    file = stage.returned("p1")
    stage.declare(service(*ANN_GONE))
    arrival = stage.receive(mail(GIL, file))
    assert (arrival.lane, [intent.key.person for intent in stage.intents("receipt")]) == ("return", ["gil"])
    stage.wake(DEADLINE)
    stage.wake(PAPERS)
    assert stood(stage).plans[0].sponsors[0].person == "ann"
    assert {intent.key.person for intent in stage.intents("papers")} == {"sam", "eve", "gil"}
    assert len(stage.intents("deadline")) == 2


def test_a_post_taken_out_of_the_configuration_stops_nothing(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p2", r2_1=GREEN)))
    stage.receive(mail(EVE, stage.returned("p2", "social", r2_1=RED)))
    start = PEOPLE.index("  - id: care")
    post = PEOPLE[start : PEOPLE.index("  - id: social")]
    stage.declare(
        service(
            ("strategic/people.yaml", post, ""),
            ("strategic/plans.yaml", "    sponsors: [care]\n", "    sponsors: [social]\n"),
            ("strategic/plans.yaml", "sponsors: [care, social]", "sponsors: [social]"),
        )
    )
    stage.wake(DEADLINE)
    assert row(stage, "2.1").differences[0].post == "care"
    assert stage.receive(mail(ANN, stage.returned("p1")), DEADLINE).lane == "doubt"


def test_a_return_for_a_plan_taken_out_of_the_configuration_waits_for_a_person(stage: Stage) -> None:
    file = stage.returned("p1")
    end = PLANS.index("  - id: p2")
    plan = PLANS[PLANS.index("  - id: p1") : end]
    stage.declare(service(("strategic/plans.yaml", plan, "")))
    assert stage.receive(mail(ANN, file)).lane == "doubt"
    assert "no longer in the configuration" in stage.desk()[0].reason
    stage.receive(mail(ANN, text="Which plans are mine?"), at(23))
    assert "Plan 2" in stage.sent("question", "ann")[-1].text
    assert [plan.id for plan in stood(stage).plans] == ["p2", "p3"]
