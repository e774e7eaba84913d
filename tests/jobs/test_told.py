"""What sponsors and those around them are told is true: dates, thanks, counts, and who is left alone."""

from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook

from jobs import configuration
from jobs import desk as words
from jobs.answered import answered
from jobs.history import history
from jobs.office import WorkbookReader
from jobs.owed import unanswered
from ledger.glance import glance
from programme.loader import load_files
from tests.jobs.stage import (
    CHASES,
    COLLECT,
    DEADLINE,
    DRAFT,
    FILES,
    GREEN,
    ISSUE,
    ISSUE_2,
    LADDER,
    PAPERS,
    RED,
    REMINDER,
    REVIEW,
    YEAR,
    File,
    Stage,
    at,
    filled,
    mail,
    release,
    service,
)
from tests.jobs.stage import EVE as EVE_OF_ISSUE
from tests.jobs.test_meeting import by_mail, decided, known

ANN, EVE, FAY, ZOE = "ann@ours.example", "eve@ours.example", "fay@partner.example", "zoe@ours.example"
WHY = "reason: late figures, decided_by: Tess Tait"
MORE_TIME = (
    "strategic/facts.yaml",
    "{}\n",
    f"extensions:\n  - {{cycle: c1, plan: p2, post: care, until: 2020-02-05, {WHY}}}\n",
)
EXCUSED = ("strategic/facts.yaml", "{}\n", f"excuses:\n  - {{cycle: c1, plan: p1, post: care, {WHY}}}\n")


def text(stage: Stage, kind: str, person: str) -> str:
    """The newest message of a kind to a person, on one line."""
    newest = [intent for intent in stage.intents(kind) if intent.key.person == person][-1]
    return " ".join(stage.letter(newest).text.split())


def test_a_plan_that_is_in_part_is_not_thanked_for_where_it_has_more_time(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p2", r2_1=GREEN), year.returned("p5")))
    year.edit(service(*YEAR, MORE_TIME))
    year.play(at(23), REMINDER)
    assert "Plan 5 is in: thank you." in text(year, "reminder", "ann")
    assert "Plan 2" not in text(year, "reminder", "ann")


def test_a_plan_that_is_excused_in_part_is_not_thanked_for(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=GREEN)))
    year.edit(service(*YEAR, EXCUSED))
    year.play(at(23), REMINDER)
    assert "thank you" not in text(year, "reminder", "ann")


# The contact is asked first and the sponsor again later, so that an answer of the contact's lies between the two.
CONTACT_FIRST = """\
chase:
  rungs:
    - {working_days: 2, asks: [sponsor, escalation]}
    - {working_days: 4, asks: [sponsor]}
"""


def test_nobody_is_chased_while_a_word_of_their_escalation_contact_lies_on_the_desk(year: Stage) -> None:
    rungs = ("strategic/ladder.yaml", LADDER, CONTACT_FIRST)
    year.edit(service(*(rungs if edit[0] == rungs[0] else edit for edit in YEAR)))
    year.play(at(21), DEADLINE, REVIEW, CHASES[0])
    asked = year.sent("escalation", "zoe")[0].message_id
    year.receive(mail(ZOE, text="Ann is in hospital, please stop", answers=asked), at(4, 12, month=2))
    year.wake(CHASES[1])
    second = [intent.key.person for intent in year.intents("chase") if intent.key.occasion == "2"]
    assert second == ["fay"]
    assert {"zoe" in event.why or "Zoe" in event.why for event in year.events("not asked")} == {True}


def test_whoever_answers_in_the_thread_of_a_plan_stops_the_chase_of_that_plan(year: Stage) -> None:
    """Sam is no sponsor's man: it is what he answers that says whose matter it is."""
    year.play(REMINDER)
    reminder = year.sent("reminder", "ann")[0].message_id
    year.receive(mail("sam@ours.example", text="Ann asked me to say: not before March", answers=reminder), at(29))
    year.play(DEADLINE, REVIEW, CHASES[0])
    assert year.people("chase") == ["eve", "fay"]


def moved_to(day: str) -> tuple[str, str, str]:
    return ("strategic/cycles.yaml", "issue: 2020-01-20, deadline: 2020-01-31", f"issue: 2020-01-20, deadline: {day}")


def test_a_receipt_and_a_form_that_goes_again_have_the_deadline_in_force(year: Stage) -> None:
    year.edit(service(*YEAR, moved_to("2020-02-05")))
    year.play(at(23), at(31, 10))
    [reminder] = year.sent("reminder", "ann")
    assert "Wednesday 5 February 2020" in " ".join(reminder.text.split()).replace("FEBRUARY", "February").title()
    assert "Please return by Wednesday 5 February 2020" in said_in(reminder.attachments[0].content)
    year.receive(mail(ANN, year.returned("p1")), at(6, 10, month=2))
    assert "after the deadline of Wednesday 5 February 2020, so recorded as late" in text(year, "receipt", "ann")


def said_in(workbook: bytes) -> set[str]:
    """Every text of a workbook's visible sheets."""
    sheets = load_workbook(BytesIO(workbook)).worksheets
    shown = (sheet for sheet in sheets if sheet.sheet_state == "visible")
    return {str(cell) for sheet in shown for row in sheet.iter_rows(values_only=True) for cell in row if cell}


def test_whoever_has_more_time_is_told_their_own_day_in_every_answer(year: Stage) -> None:
    year.edit(service(*YEAR, MORE_TIME))
    year.receive(mail(ANN, year.returned("p2", r2_1=GREEN)), at(3, 10, month=2))
    assert "on time Recorded" in text(year, "receipt", "ann")
    assert "STILL TO COME BY THE END OF WEDNESDAY 5 FEBRUARY 2020: row 2.2" in text(year, "receipt", "ann")
    year.receive(mail(ANN, text="I will be late"), at(3, 11, month=2))
    told = text(year, "question", "ann")
    assert "Plan 1 - update 1.xlsx) – was due on Friday 31 January 2020" in told
    assert "Plan 2 - update 1.xlsx) – due by the end of Wednesday 5 February 2020" in told
    year.receive(mail(ANN, File("plan.pdf", b"%PDF-1.4", "application/pdf")), at(3, 12, month=2))
    assert "Plan 2 - update 1.xlsx) – due by the end of Wednesday 5 February 2020" in text(year, "unreadable", "ann")


def test_what_a_fellow_sponsor_answered_is_asked_of_nobody_where_one_return_serves(year: Stage) -> None:
    year.receive(mail(EVE, year.returned("p4", "social", r4_1=GREEN)))
    year.receive(mail(FAY, year.returned("p4", "partner", r4_2=GREEN)), at(23))
    assert "This plan is complete." in text(year, "receipt", "fay")
    year.play(DEADLINE, REVIEW)
    assert "STILL MISSING" not in text(year, "review", "fay")
    assert "row 4.2" not in text(year, "review", "eve")


def test_the_team_is_not_told_that_a_fellow_is_out_where_one_return_serves(year: Stage) -> None:
    year.receive(mail(EVE, year.returned("p4", "social")))
    year.play(at(28, 8, 30), DEADLINE)
    assert "Plan 4, Fay Firth" not in text(year, "digest", "tess")
    told = text(year, "deadline", "tess")
    assert "Not needed: Director of the Partner (Fay Firth), 0 of 2 rows; another sponsor’s return serves" in told
    with year.ledger.reading() as entry:
        lines = [line for line in history(entry, year.programme) if line.plan == "Plan 4"]
    assert {(line.sponsor, line.returned) for line in lines} == {
        ("Head of Social Work", "on time"),
        ("Director of the Partner", "not needed"),
    }


def test_status_and_the_chase_agree_on_who_owes_what(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p2", r2_1=GREEN)))
    year.receive(mail(EVE, year.returned("p4", "social", r4_1=GREEN)))
    for of_partner in (("4.2",), ()):
        with year.ledger.reading() as entry:
            items = answered(entry, year.programme, year.programme.cycle("c1"))
        owed = {item.assignment.id: unanswered(item, items) for item in items}
        [seen] = glance(year.ledger.path).cycles
        assert {item.id: item.rows_owed for item in seen.assignments} == {
            name: len(refs) for name, refs in owed.items()
        }
        [partner] = [item for item in seen.assignments if item.post == "partner"]
        assert owed[partner.id] == of_partner
        year.receive(mail(FAY, year.returned("p4", "partner", r4_2=GREEN)), at(23))


def test_a_row_that_the_spg_agreed_complete_and_that_comes_back_red_is_never_set_aside_in_silence(met: Stage) -> None:
    by_mail(met, decided(met, {"1.2": {"rating": "blue"}}))
    met.play(at(24, 9, month=2), ISSUE_2)
    met.receive(mail(ANN, met.returned("p1", cycle="c2", r1_1=GREEN, r1_2=RED)), at(17, 10, month=3))
    told = text(met, "receipt", "ann")
    assert "1.1 Green" in told
    assert "1.2 Red" not in told
    assert "Row 1.2 came back as Red. It was set aside, because the SPG has agreed it as Blue" in told
    [item] = [item for item in met.desk() if item.kind == "row set aside"]
    assert "Plan 1 with row 1.2 as Red, which the SPG agreed as Blue" in item.reason
    met.receive(mail(ANN, met.returned("p1", cycle="c2", r1_1=RED, r1_2=RED)), at(18, 10, month=3))
    assert len([item for item in met.desk() if item.kind == "row set aside"]) == 1
    # It is not opened again by that in the next cycle either: only the SPG does that.
    assert known(met, "c3")["p1", "1.2"].agreed == "blue"


def test_the_sponsor_is_told_whose_address_a_return_came_from_and_who_vouches_for_it(year: Stage) -> None:
    year.receive(mail("x@else.example", year.returned("p1", r1_1=GREEN)))
    words.accept(year.ledger, year.office.service, year.desk()[0].id, words.Word("tess", "I rang her", year.now))
    year.wake(year.now + COLLECT)
    told = text(year, "receipt", "ann")
    assert "A return from x@else.example, vouched for by Tess Tait, reached us" in told
    assert "Your return" not in told


def test_what_was_said_of_the_plan_as_a_whole_is_told_back(year: Stage) -> None:
    form = filled(year.workbook("p1"), {"1.1": GREEN, "1.2": GREEN}, ask="Please find " + "two million pounds " * 20)
    year.receive(mail(ANN, File("p1.xlsx", form)))
    told = text(year, "receipt", "ann")
    assert "Ask of the SPG: Please find two million pounds" in told
    assert told.count("two million pounds") < 20
    year.play(DEADLINE, REVIEW)
    assert "And of the plan as a whole: - Ask of the SPG: Please find two million" in text(year, "review", "ann")


def test_a_contributor_is_asked_for_their_own_rows_only(year: Stage) -> None:
    year.receive(mail("dan@ours.example", year.returned("p2", r2_1=GREEN)))
    assert "Your part of this plan is complete." in text(year, "receipt", "dan")
    assert "row 2.2" in text(year, "receipt", "ann")
    year.receive(mail("dan@ours.example", text="And the rest?"), at(23))
    assert "2.2" not in text(year, "question", "dan")


def test_after_a_rating_that_nobody_understands_the_earlier_one_is_said_to_stand(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1")))
    year.receive(mail(ANN, year.returned("p1", r1_1={"rating": "G/A", "progress": "x"})), at(23))
    assert "Row 1.1: what was returned before stands, Green." in text(year, "receipt", "ann")


def test_after_the_last_papers_a_receipt_promises_none(met: Stage) -> None:
    met.receive(mail(EVE, met.returned("p2", "social", r2_1=RED)), at(25, 10, month=2))
    told = text(met, "receipt", "eve")
    assert "too late for the papers: the last ones for the SPG on Friday 21 February 2020 had gone" in told
    assert "as soon as you can" not in told
    assert "NOT ANSWERED: row 2.2." in told


def test_who_owes_nothing_is_not_told_that_nobody_chases_them(year: Stage) -> None:
    year.receive(mail("cleo@ours.example", text="When are the papers?"))
    assert "chase" not in text(year, "question", "cleo")
    year.receive(mail(ANN, text="I am ill"), at(23))
    assert "Until they have, nobody will chase you." in text(year, "question", "ann")


TAKES_OVER = ("strategic/people.yaml", "holders: [{person: ann}]")


def taken_over(last: str, first: str) -> tuple[str, str, str]:
    return (*TAKES_OVER, f"holders: [{{person: ann, until: {last}}}, {{person: gil, since: {first}}}]")


def test_who_takes_over_after_the_deadline_is_not_pressed_at_once(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, CHASES[0])
    year.edit(service(*YEAR, taken_over("2020-02-05", "2020-02-06")))
    year.play(at(6, 9, month=2))
    assert "The date for returning, Friday 31 January 2020, is past." in text(year, "issue", "gil")
    assert "before the papers go, on Friday 14 February 2020" in text(year, "issue", "gil")
    [issued] = year.sent("issue", "gil")
    said = said_in(issued.attachments[0].content)
    assert "Please return as soon as you can: it was due by Friday 31 January 2020" in said
    year.wake(CHASES[1])
    assert [who for who in year.people("chase") if who == "gil"] == []
    covers = [intent for intent in year.intents("cover") if any("/care" in name for name in intent.about)]
    assert covers == []
    year.wake(CHASES[2])
    told = text(year, "escalation", "zoe")
    assert "GIL GOW (Head of Care), who got it on Thursday 6 February 2020, asked once, on Thu 6 Feb" in told
    assert "We said that we would turn to you" not in told


def test_the_requests_to_a_successor_count_from_their_own_first_one(year: Stage) -> None:
    year.play(DEADLINE, REVIEW)
    year.edit(service(*YEAR, taken_over("2020-02-03", "2020-02-04")))
    year.play(at(4, 9, month=2), *CHASES[:2])
    [chased] = year.sent("chase", "gil")
    assert "request" not in chased.subject
    assert "31 JANUARY 2020, before they came to you on Tuesday 4 February 2020" in " ".join(chased.text.split())
    [_, again] = year.sent("chase", "eve")
    assert again.subject.endswith("request 2")


def test_who_takes_over_after_the_papers_is_not_promised_them(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, DRAFT)
    release(year)
    year.wake(PAPERS)
    year.edit(service(*YEAR, taken_over("2020-02-16", "2020-02-17")))
    year.wake(at(17, 9, month=2))
    assert "The papers have gone; what comes before Thursday 20 February 2020 is told" in text(year, "issue", "gil")


def test_an_extension_that_is_known_before_the_issue_stands_in_it(empty: Stage) -> None:
    empty.declare(service(*YEAR, MORE_TIME))
    empty.play(EVE_OF_ISSUE, ISSUE)
    told = text(empty, "issue", "ann")
    assert "PLEASE RETURN EACH BY ITS OWN DATE: - Plan 1: by the end of FRIDAY 31 JANUARY 2020" in told
    assert "- Plan 2: by the end of WEDNESDAY 5 FEBRUARY 2020" in told
    assert "DUE BY THE END OF WEDNESDAY 5 FEBRUARY 2020: Plan 2." in text(empty, "copy", "ben")


def test_the_issue_says_why_the_form_shows_more_rows_than_it_asks_for(met: Stage) -> None:
    by_mail(met, decided(met, {"1.2": {"rating": "blue"}}))
    met.play(at(24, 9, month=2), ISSUE_2)
    assert "(1 row) The form also shows row 1.2 in grey, which the SPG agreed as complete" in text(met, "issue", "ann")


def test_a_sponsor_is_told_what_a_change_means_for_them(year: Stage) -> None:
    year.edit(service(*YEAR, EXCUSED))
    year.wake(at(23))
    assert "WHAT THIS MEANS FOR YOU - You need return nothing for it" in text(year, "change", "ann")
    year.edit(service(*YEAR))
    year.wake(at(24))
    assert "WHAT THIS MEANS FOR YOU - Please return what is still open." in text(year, "change", "ann")
    year.edit(service(*YEAR, moved_to("2020-02-05")))
    year.wake(at(27))
    assert "What is still open is due by the new date" in text(year, "change", "ann")
    off = "cancelled:\n  - {cycle: c1, reason: snow, decided_by: the chair}\n"
    year.edit(service(*YEAR, ("strategic/facts.yaml", "{}\n", off)))
    year.wake(at(28))
    assert "WHAT THIS MEANS FOR YOU" in text(year, "change", "eve")


WITHDRAWN_AND_EXCUSED = (
    "strategic/facts.yaml",
    "{}\n",
    f"withdrawn:\n  - {{plan: p3, since: 2020-01-22, {WHY}}}\nexcuses:\n  - {{cycle: c1, plan: p1, {WHY}}}\n",
)


def test_the_digest_names_who_is_asked_and_who_is_left_alone(year: Stage) -> None:
    year.edit(service(*YEAR, WITHDRAWN_AND_EXCUSED))
    year.wake(at(22))
    year.receive(mail(EVE, text="I am ill and cannot do it"), at(27))
    year.wake(at(28, 8, 30))
    told = text(year, "digest", "tess")
    assert "Eve Ewing, Plan 2 (Something from Eve Ewing waits on the desk)" in told
    assert "reminder to Ann Aird, Plan 2" in told
    assert "Plan 3" not in told
    assert "Plan 1, Ann Aird: nothing yet; excused by Tess Tait: late figures" in told
    year.wake(REMINDER)
    assert year.people("reminder") == ["ann", "fay"]


def test_a_team_reads_what_waits_for_its_own_programme(room: Path, reader: WorkbookReader) -> None:
    files = {name: service_file(name) for name in FILES}
    files |= {name.replace("strategic/", "reports/"): word for name, word in files.items() if "/" in name}
    files["service.yaml"] = files["service.yaml"].replace("[strategic]", "[strategic, reports]")
    people = files["reports/people.yaml"].replace("members: [tess, tom]", "members: [rex]")
    rex = "people:\n  - {id: rex, name: Rex Roy, addresses: [rex@other.example]}\n"
    files["reports/people.yaml"] = people.replace("people:\n", rex).replace("title: Strategic Plan", "title: Reports")
    stage = Stage(room, reader, load_files(files))
    configuration.adopt(stage.ledger, stage.office.service, EVE_OF_ISSUE)
    stage.play(EVE_OF_ISSUE, ISSUE)
    answers = stage.issue_to("ann").message_id
    stage.receive(mail(ANN, text="I am ill", subject="Something private", answers=answers))
    stage.receive(mail("x@else.example", File("p1.xlsx", stage.workbook("p1"))))
    stage.play(at(23, 8, 30), DEADLINE)
    assert "Something private" in text(stage, "digest", "tess")
    assert "Something private" not in text(stage, "digest", "rex")
    assert "Something private" in text(stage, "deadline", "tess")
    assert "Something private" not in text(stage, "deadline", "rex")
    stage.close()


def service_file(name: str) -> str:
    """A file of the small service in its whole year."""
    text = FILES[name]
    for file, old, new in YEAR:
        text = text.replace(old, new) if file == name else text
    return text
