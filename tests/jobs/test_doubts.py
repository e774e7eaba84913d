"""Files whose witnesses disagree, files that cannot be taken, and messages without a file."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from jobs.standing import standing
from jobs.witness import Keyring
from ledger import assignments
from report.compiled import compiled_workbook
from tests.jobs.stage import GREEN, KEYS, File, Stage, at, filled, mail, signed_form
from workbook import filling

ANN, EVE, GIL = "ann@ours.example", "eve@ours.example", "gil@ours.example"
PDF = File("Plan 1.pdf", b"%PDF-1.4 scanned", "application/pdf")


def identity_sheet(workbook):  # type: ignore[no-untyped-def]
    return next(sheet for sheet in workbook.worksheets if "assignment" in {cell.value for cell in sheet["A"]})


def restamped(data: bytes, other: bytes | None = None, **edits: str) -> bytes:
    """A workbook whose hidden sheet was edited, or pasted over with another workbook's."""
    workbook = load_workbook(BytesIO(data))
    sheet = identity_sheet(workbook)
    source = identity_sheet(load_workbook(BytesIO(other))) if other else sheet
    for row in range(1, source.max_row + 1):
        name = source.cell(row, 1).value
        sheet.cell(row, 1).value = name
        sheet.cell(row, 2).value = edits.get(str(name), source.cell(row, 2).value)
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def doubted(stage: Stage, raw: bytes) -> str:
    """The reason on the desk for a message that was put before a person and caused no return."""
    arrival = stage.receive(raw, max(stage.now, at(22)))
    [item] = stage.desk()
    assert (arrival.lane, item.kind) == ("doubt", "doubt")
    assert all(stage.returns(plan) == [] for plan in ("p1", "p2"))
    return item.reason


@pytest.mark.parametrize("edit", [{"plan": "p2"}, {"assignment": "strategic/c1/p2/care"}, {"hmac": "a" * 26}])
def test_an_edited_hidden_sheet_does_not_carry_our_signature(stage: Stage, edit: dict[str, str]) -> None:
    forged = restamped(stage.returned("p1").content, **edit)
    assert "does not carry our signature" in doubted(stage, mail(ANN, File("p1.xlsx", forged)))


def test_the_stamp_of_another_plan_disagrees_with_the_rows(stage: Stage) -> None:
    pasted = restamped(stage.returned("p1").content, stage.workbook("p2"))
    assert "name different plans" in doubted(stage, mail(ANN, File("p1.xlsx", pasted)))


def test_rows_of_two_workbooks_in_one_sheet_are_a_doubt(stage: Stage) -> None:
    workbook = load_workbook(BytesIO(stage.returned("p1").content))
    sheet = next(sheet for sheet in workbook.worksheets if sheet.cell(1, 1).value is None or sheet.max_column > 10)
    other = stage.assignment("p2").rows[0].token
    mine = stage.assignment("p1").rows[0].token
    for line in sheet.iter_rows():
        for cell in line:
            if cell.value == mine:
                cell.value = other
    out = BytesIO()
    workbook.save(out)
    assert "several of our workbooks" in doubted(stage, mail(ANN, File("mixed.xlsx", out.getvalue())))


def test_papers_that_come_back_are_nobody_s_return(stage: Stage) -> None:
    """They hold everybody's ratings, of a cycle that may be over: nothing of them is taken, and the sender is told."""
    stage.receive(mail(EVE, stage.returned("p3", "social")))
    with stage.ledger.reading() as entry:
        now = standing(entry, stage.programme, stage.programme.cycles[0], stage.now, draft=False)
    papers = File("papers.xlsx", compiled_workbook(now))
    arrival = stage.receive(mail(ANN, papers, answers=stage.issue_to("ann").message_id), at(22))
    assert (arrival.lane, [item.kind for item in stage.desk()]) == ("unreadable", ["unreadable"] * len(stage.desk()))
    [told] = stage.sent("unreadable", "ann")
    assert "these are papers" in " ".join(told.text.split())
    stage.receive(mail(EVE, papers, answers=stage.issue_to("eve").message_id), at(23))
    assert (stage.returns("p1"), len(stage.returns("p3", "social"))) == ([], 1)


def test_tables_of_several_plans_without_a_stamp_are_a_doubt(stage: Stage) -> None:
    stage.receive(mail(EVE, stage.returned("p3", "social")))
    with stage.ledger.reading() as entry:
        now = standing(entry, stage.programme, stage.programme.cycles[0], stage.now, draft=False)
    book = load_workbook(BytesIO(compiled_workbook(now)))
    book.remove(book["_plancycle"])
    out = BytesIO()
    book.save(out)
    stage.receive(mail(ANN, stage.returned("p1")), at(22))
    raw = mail(EVE, File("saved.xlsx", out.getvalue()), answers=stage.issue_to("eve").message_id)
    arrival = stage.receive(raw, at(23))
    assert (arrival.lane, len(stage.returns("p3", "social"))) == ("doubt", 1)


def test_a_form_that_we_signed_and_this_ledger_never_issued_is_a_doubt(stage: Stage) -> None:
    never = signed_form(stage.programme, "p1", "care", "c3", KEYS, at(12, month=10))
    assert "never issued" in doubted(stage, mail(ANN, File("p1.xlsx", never)))
    assert stage.log.said("decided")


def test_a_form_signed_with_an_older_key_is_known_by_its_stamp(stage: Stage) -> None:
    """Its rows carry tokens that this ledger never issued, and say nothing."""
    older = signed_form(stage.programme, "p1", "care", "c1", Keyring({"k0": KEYS.keys["k0"]}), at(20))
    arrival = stage.receive(mail(ANN, File("p1.xlsx", filled(older, {"1.1": GREEN}))))
    assert (arrival.lane, len(stage.returns("p1"))) == ("return", 1)


def test_a_form_of_an_earlier_cycle_is_not_this_cycles(second: Stage) -> None:
    reason = doubted_second(second, mail(GIL, second.returned("p1", cycle="c1")))
    assert "form of an earlier cycle; c2 has been issued since" in reason


def test_this_cycles_form_in_the_thread_of_another_is_a_doubt(second: Stage) -> None:
    raw = mail(GIL, second.returned("p1", cycle="c2"), answers=second.issue_to("ann", "c1").message_id)
    assert "different cycles" in doubted_second(second, raw)


def test_this_cycles_form_in_its_own_thread_is_none(second: Stage) -> None:
    raw = mail(GIL, second.returned("p1", cycle="c2"), answers=second.issue_to("gil", "c2").message_id)
    assert second.receive(raw, at(17, month=3)).lane == "return"


def doubted_second(stage: Stage, raw: bytes) -> str:
    before = len(stage.returns("p1", cycle="c1")), len(stage.returns("p1", cycle="c2"))
    assert stage.receive(raw, at(17, month=3)).lane == "doubt"
    assert before == (len(stage.returns("p1", cycle="c1")), len(stage.returns("p1", cycle="c2")))
    return stage.desk()[-1].reason


def test_a_withdrawn_assignment_takes_nothing_in(stage: Stage) -> None:
    with stage.ledger.transaction() as entry:
        assignments.withdraw(entry, "strategic/c1/p1/care", "merged into plan 2", stage.now)
    assert "withdrawn: merged into plan 2" in doubted(stage, mail(ANN, stage.returned("p1")))


def test_somebody_elses_form_is_a_doubt_however_valid(stage: Stage) -> None:
    reason = doubted(stage, mail(EVE, stage.returned("p1")))
    assert "valid form of Plan 1, and Eve Ewing does not return that plan" in reason


def test_a_joint_plans_other_sponsor_cannot_answer_for_the_first(stage: Stage) -> None:
    assert "Eve Ewing does not return that plan" in doubted(stage, mail(EVE, stage.returned("p2", "care")))


def test_two_files_for_one_plan_in_one_message_conflict(stage: Stage) -> None:
    first = stage.returned("p1", r1_1={"rating": "green", "progress": "One."})
    second = stage.returned("p1", r1_1={"rating": "red", "progress": "Two.", "reason": "Because."})
    arrival = stage.receive(mail(ANN, first, File("p1 (2).xlsx", second.content)))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, item.assignment) == ("doubt", "conflict", "strategic/c1/p1/care")
    assert "“p1.xlsx”, “p1 (2).xlsx”" in item.reason
    assert stage.returns("p1") == []


def test_what_stands_alone_is_taken_beside_a_conflict_and_a_doubt(stage: Stage) -> None:
    conflicting = File("p1 (2).xlsx", stage.returned("p1", r1_1={"rating": "red", "progress": "Two."}).content)
    raw = mail(ANN, stage.returned("p1"), conflicting, stage.returned("p2"), stage.returned("p3", "social"))
    arrival = stage.receive(raw)
    assert (arrival.lane, stage.returns("p1"), len(stage.returns("p2"))) == ("return", [], 1)
    assert sorted(item.kind for item in stage.desk()) == ["conflict", "doubt"]
    assert "“p3.xlsx” was put before a person" in stage.sent("receipt", "ann")[0].text.replace("\n", " ")
    assert stage.lying("Attention") == 1


def test_a_good_file_beside_a_pdf_counts_and_the_pdf_is_told(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), PDF))
    assert len(stage.returns("p1")) == 1
    assert "PDF" in stage.sent("receipt", "ann")[0].text
    assert stage.desk() == []


def test_a_pdf_alone_is_answered_and_put_before_a_person(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, PDF))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, item.assignment) == ("unreadable", "unreadable", "strategic/c1/p1/care")
    [answer] = stage.sent("unreadable", "ann")
    assert "PDF" in answer.text
    assert "Plan 2" in answer.text


def test_the_workbook_that_was_missing_makes_good_what_waited(stage: Stage) -> None:
    stage.receive(mail(ANN, PDF))
    stage.receive(mail(ANN, subject="Plan 2", text="Please find Plan 2 attached."))
    assert [item.kind for item in stage.desk()] == ["unreadable", "missing file"]
    stage.receive(mail(ANN, stage.returned("p1")))
    assert [item.kind for item in stage.desk()] == ["missing file"]
    stage.receive(mail(ANN, stage.returned("p2")))
    assert stage.desk() == []


def test_an_unchanged_form_makes_nothing_good(stage: Stage) -> None:
    stage.receive(mail(ANN, PDF))
    stage.receive(mail(ANN, File("p1.xlsx", stage.workbook("p1"))))
    assert [item.kind for item in stage.desk()] == ["unreadable"]


def test_the_same_file_in_another_message_is_nothing_new_and_needs_nobody(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1")))
    again = stage.receive(mail(ANN, stage.returned("p1")), at(23))
    assert (again.lane, len(stage.returns("p1")), stage.desk()) == ("return again", 1, [])
    [told] = [letter for letter in stage.sent("receipt", "ann") if "We have this already" in letter.subject]
    assert "received at 10:00 on Wednesday 22 January 2020" in told.text.replace("\n", " ")
    assert "  1.1  Green" in told.text
    assert stage.sent("unreadable") == []


def test_a_logo_in_a_signature_is_no_file(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), File("logo.png", b"\x89PNG" + b"x" * 900, "image/png")))
    assert len(stage.returns("p1")) == 1
    assert "logo" not in stage.sent("receipt", "ann")[0].text
    assert stage.receive(mail(ANN, File("logo.png", b"\x89PNG", "image/png"), text="Hello"), at(23)).lane == "question"


def test_a_photograph_of_a_form_is_a_persons_matter(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, File("IMG_1.jpg", b"\xff\xd8\xff" + b"x" * 200_000, "image/jpeg")))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, item.assignment) == ("unreadable", "unreadable", None)
    assert "IMG_1.jpg" in item.reason


def test_a_question_is_answered_courteously_once_a_day(stage: Stage) -> None:
    for hour in (10, 11, 12):
        stage.receive(mail(ANN, subject="A question", text="Is 1.2 mine?"), at(22, hour))
    assert len(stage.intents("question")) == 1
    stage.receive(mail(ANN, text="And another."), at(23))
    assert len(stage.intents("question")) == 2
    assert [item.kind for item in stage.desk()] == ["question"] * 4


def test_a_missing_attachment_is_told_beside_the_days_other_answer(stage: Stage) -> None:
    stage.receive(mail(ANN, text="Is 1.2 mine?"), at(22, 10))
    stage.receive(mail(ANN, text="Please find my update attached."), at(22, 11))
    assert len(stage.intents("question")) == 2
    assert [item.kind for item in stage.desk()] == ["question", "missing file"]


def test_a_question_outside_every_assignment_is_answered_without_a_list(stage: Stage) -> None:
    stage.receive(mail("sam@ours.example", text="When do you meet?"))
    [answer] = stage.sent("question", "sam")
    assert "Plan 1" not in answer.text
    stage.receive(mail("sam@ours.example", PDF), at(23))
    assert stage.intents("unreadable") == []


def test_a_question_in_a_thread_is_about_the_threads_cycle(stage: Stage) -> None:
    stage.receive(mail("sam@ours.example", text="Why?", answers=stage.issue_to("ann").message_id))
    [answer] = stage.intents("question")
    assert answer.key.cycle == "c1"


def test_an_empty_file_name_or_content_is_told_not_swallowed(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, File("p1.xlsx", b"")))
    assert arrival.lane in ("unreadable", "question")
    assert len(stage.desk()) == 1


def test_answers_filled_beyond_the_issued_rows_are_noted(stage: Stage) -> None:
    extra = filling.copy_row(filled(stage.workbook("p1"), {"1.1": {"rating": "green"}}), "1.1", "1.9")
    stage.receive(mail(ANN, File("p1.xlsx", extra)))
    [back] = stage.returns("p1")
    assert back.notes
