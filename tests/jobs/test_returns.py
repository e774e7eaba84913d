"""Returns that count: who sent them, on which day, and by which witness."""

from datetime import datetime

import pytest

from mail.port import Folder
from programme.answer import RowState
from tests.jobs.stage import DURING, GREEN, OURS, File, Stage, at, filled, mail
from workbook import filling

ANN, BEN, CARA, DAN, EVE, GIL = (f"{name}@ours.example" for name in ("ann", "ben", "cara", "dan", "eve", "gil"))


def accepted(stage: Stage, plan: str, post: str = "care") -> list[str]:
    verdicts = [verdict for back in stage.returns(plan, post) for verdict in back.verdicts]
    return [verdict.ref for verdict in verdicts if verdict.state is RowState.ACCEPTED]


def test_a_holders_return_is_taken_answered_and_filed(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, stage.returned("p1"), answers=stage.issue_to("ann").message_id))
    [back] = stage.returns("p1")
    assert (arrival.lane, back.role, back.sender, back.on_time) == ("return", "holder", "ann", True)
    assert accepted(stage, "p1") == ["1.1", "1.2"]
    [receipt] = stage.sent("receipt", "ann")
    assert "Plan 1" in receipt.subject + receipt.text
    assert stage.desk() == []
    assert (stage.lying("Inbox"), stage.lying("Processed")) == (0, 1)


def test_the_receipt_answers_in_the_senders_thread_at_the_address_they_wrote_from(stage: Stage) -> None:
    asked = stage.issue_to("ann").message_id
    stage.receive(mail("a.aird@ours.example", stage.returned("p1"), answers=asked, number=7))
    [receipt] = stage.sent("receipt", "ann")
    assert receipt.recipients == ("a.aird@ours.example",)
    assert set(receipt.thread) == {*stage.threads("p1"), asked, "<n7@their.example>"}
    assert receipt.headers["in-reply-to"] == ("<n7@their.example>",)


def test_a_return_without_a_message_id_gets_a_receipt_too(stage: Stage) -> None:
    raw = mail(ANN, stage.returned("p1"))
    lines = [line for line in raw.splitlines(keepends=True) if not line.startswith(b"Message-ID:")]
    stage.receive(b"".join(lines))
    [receipt] = stage.sent("receipt", "ann")
    assert receipt.thread == stage.threads("p1")


def test_the_senders_case_does_not_matter(stage: Stage) -> None:
    stage.receive(mail("Ann Aird <ANN@Ours.Example>", stage.returned("p1")))
    assert accepted(stage, "p1") == ["1.1", "1.2"]


@pytest.mark.parametrize(
    ("sender", "received", "role"),
    [
        (ANN, at(28, 23, 59, 59), "holder"),
        (ANN, at(29, 0), None),
        (GIL, at(28, 23, 59, 59), None),
        (GIL, at(29, 0), "holder"),
        (BEN, at(22, 23, 59, 59), None),
        (BEN, at(23, 0), "assistant"),
        (BEN, at(24, 23, 59, 59), "assistant"),
        (BEN, at(25, 0), None),
        (CARA, at(26, 23, 59, 59), None),
        (CARA, at(27, 0), "delegate"),
        (EVE, at(22), None),
    ],
)
def test_a_role_is_judged_on_the_day_of_receipt(
    stage: Stage, sender: str, received: datetime, role: str | None
) -> None:
    """Days are the programme's own; in January London's are UTC's."""
    arrival = stage.receive(mail(sender, stage.returned("p1")), received)
    assert [back.role for back in stage.returns("p1")] == ([role] if role else [])
    assert arrival.lane == ("return" if role else "doubt")


def test_somebody_in_no_role_any_more_waits_for_a_person_and_is_told_so_courteously(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, stage.returned("p1")), at(29))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, item.assignment) == ("doubt", "doubt", "strategic/c1/p1/care")
    assert "Ann Aird does not return that plan" in item.reason
    assert len(stage.sent("question", "ann")) == 1


def test_both_the_sponsor_and_the_assistant_learn_what_came(stage: Stage) -> None:
    stage.receive(mail(BEN, stage.returned("p1")), at(23))
    [to_sponsor] = stage.sent("receipt", "ann")
    [to_sender] = stage.sent("receipt", "ben")
    assert "Ben Bain" in to_sponsor.text
    assert to_sponsor.recipients == (ANN,)
    assert to_sender.recipients == (BEN,)


def test_a_contributor_returns_their_own_rows_and_no_other(stage: Stage) -> None:
    file = File("p2.xlsx", filled(stage.workbook("p2"), {"2.1": GREEN, "2.2": GREEN}, ask="Please decide."))
    stage.receive(mail(DAN, file))
    [back] = stage.returns("p2")
    assert (back.role, accepted(stage, "p2"), dict(back.fields)) == ("contributor", ["2.1"], {})
    assert any("2.2" in note and "left as they were" in note for note in back.notes)


def test_a_contributor_of_no_named_rows_returns_them_all(stage: Stage) -> None:
    stage.receive(mail("pat@ours.example", stage.returned("p2")))
    assert [back.role for back in stage.returns("p2")] == ["contributor"]
    assert accepted(stage, "p2") == ["2.1", "2.2"]


def test_a_contributor_to_one_plan_contributes_to_no_other(stage: Stage) -> None:
    assert stage.receive(mail(DAN, stage.returned("p1"))).lane == "doubt"
    assert stage.returns("p1") == []


def test_pieces_of_several_people_join_and_a_blank_erases_nothing(stage: Stage) -> None:
    stage.receive(mail(DAN, stage.returned("p2")))
    stage.receive(mail(ANN, stage.returned("p2", r2_2=GREEN)), at(23))
    assert accepted(stage, "p2") == ["2.1", "2.2"]
    first, second = (" ".join(receipt.text.split()) for receipt in stage.sent("receipt", "ann"))
    assert "row 2.2. Without an answer" in first
    assert "This plan is complete" in second


def test_the_plan_sheets_answers_come_with_a_holders_return(stage: Stage) -> None:
    stage.receive(mail(ANN, File("p1.xlsx", filled(stage.workbook("p1"), {"1.1": GREEN}, ask="Please decide."))))
    assert stage.returns("p1")[0].fields["ask"] == "Please decide."


@pytest.mark.parametrize(
    ("received", "on_time"),
    [(at(31, 23, 59, 59), True), (at(1, 0, 0, 0, month=2), False), (at(31, 17, 30), True)],
)
def test_on_time_is_before_the_midnight_of_the_deadline(stage: Stage, received: datetime, on_time: bool) -> None:
    stage.receive(mail(GIL, stage.returned("p1")), received)
    assert [back.on_time for back in stage.returns("p1")] == [on_time]


@pytest.mark.parametrize(("received", "on_time"), [(at(29, 22, 59, 59, month=3), True), (at(29, 23, month=3), False)])
def test_on_the_day_that_the_clocks_go_forward_the_deadline_is_an_hour_earlier(
    second: Stage, received: datetime, on_time: bool
) -> None:
    second.receive(mail(GIL, second.returned("p1", cycle="c2")), received)
    assert [back.on_time for back in second.returns("p1", cycle="c2")] == [on_time]


def test_on_the_day_that_the_clocks_go_back_the_deadline_is_at_the_local_midnight(second: Stage) -> None:
    for now in (at(29, 17, month=3), at(14, 9, month=4), at(25, 9, month=5), at(5, 9, month=7), at(15, 9, month=8)):
        second.wake(now)
    for now in (at(20, 9, month=9), at(12, 9, month=10)):
        second.wake(now)
    second.receive(mail(GIL, second.returned("p1", cycle="c3", r1_1=GREEN)), at(25, 23, 59, 59, month=10))
    second.receive(mail(GIL, second.returned("p1", cycle="c3", r1_2=GREEN)), at(26, 0, month=10))
    assert [back.on_time for back in second.returns("p1", cycle="c3")] == [True, False]


def test_what_lies_in_junk_is_read_all_the_same(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, stage.returned("p1")), folder=Folder.JUNK)
    assert (arrival.lane, stage.lying("Junk"), stage.lying("Processed")) == ("return", 0, 1)


def test_rows_copied_into_a_workbook_of_their_own_are_known_by_their_tokens(stage: Stage) -> None:
    alone = filling.keep_only_action_sheet(stage.returned("p1").content, "Sheet1")
    stage.receive(mail(ANN, File("copy.xlsx", alone)))
    assert accepted(stage, "p1") == ["1.1", "1.2"]


def test_without_any_stamp_the_thread_and_the_refs_say_which_plan_it_is(stage: Stage) -> None:
    file = File("typed.xlsx", unstamped(stage.returned("p1").content))
    stage.receive(mail(ANN, file, answers=stage.issue_to("ann").message_id))
    assert accepted(stage, "p1") == ["1.1", "1.2"]


def test_without_a_stamp_or_a_thread_nobody_guesses(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, File("typed.xlsx", unstamped(stage.returned("p1").content))))
    [item] = stage.desk()
    assert (arrival.lane, stage.returns("p1")) == ("doubt", [])
    assert "nothing in it or about it says which of our workbooks it is" in item.reason


def test_a_bad_row_is_told_and_the_good_ones_count(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1", r1_1=GREEN, r1_2={"rating": "purple", "progress": "Hm."})))
    [back] = stage.returns("p1")
    assert [verdict.state for verdict in back.verdicts] == [RowState.ACCEPTED, RowState.REFUSED]
    assert "purple" in stage.sent("receipt", "ann")[0].text


def test_a_form_without_a_rating_is_recorded_and_says_so_in_the_log(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1", r1_1={"progress": "Only words."})))
    [event] = stage.events("message read")
    assert event.why == "accepted as holder: no row with a rating"
    assert event.detail["rows"] == "0"


def test_the_issued_file_unchanged_is_no_answer_and_says_so(stage: Stage) -> None:
    stage.receive(mail(ANN, File("Plan 1 - update 1.xlsx", stage.workbook("p1"))))
    assert accepted(stage, "p1") == []
    assert [event.why for event in stage.events("message read")] == ["no changes found"]
    assert len(stage.sent("receipt", "ann")) == 1


def test_two_plans_in_one_message_are_two_returns_and_one_receipt(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), stage.returned("p2")))
    assert (accepted(stage, "p1"), accepted(stage, "p2")) == (["1.1", "1.2"], ["2.1", "2.2"])
    [receipt] = stage.sent("receipt", "ann")
    assert "PLAN 1" in receipt.text
    assert "PLAN 2" in receipt.text


def test_an_automatic_sender_of_ours_never_writes_to_itself(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1")), DURING)
    assert OURS not in {intent.address for intent in stage.intents()}


def unstamped(data: bytes) -> bytes:
    """A form as somebody types it anew: neither the hidden sheet nor the column of row ids."""
    from io import BytesIO

    from openpyxl import load_workbook

    workbook = load_workbook(BytesIO(filling.keep_only_action_sheet(data)))
    sheet = workbook.worksheets[0]
    for row in range(1, sheet.max_row + 1):
        sheet.cell(row, 1).value = None
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()
