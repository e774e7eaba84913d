"""What people and machines really send: none of it stops the rest, and none of it is answered with an untruth."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from jobs import desk as words
from ledger import returns
from mail.folder import FolderMailbox, deliver
from mail.port import Batch, Folder, Received
from programme.answer import RowState
from tests.jobs.stage import COLLECT, DEADLINE, DURING, GREEN, PAPERS, RED, File, Stage, at, filled, mail

ANN, DAN, EVE = "ann@ours.example", "dan@ours.example", "eve@ours.example"


def accepted(stage: Stage, plan: str) -> list[tuple[str, str]]:
    """Every row that counts with its rating, over all returns in the order of arrival."""
    every = [verdict for back in stage.returns(plan) for verdict in back.verdicts]
    return [(verdict.ref, verdict.values["rating"]) for verdict in every if verdict.state is RowState.ACCEPTED]


PIECES = (
    b"From: x@evil.example\nTo: plans@ours.example\nSubject: hi\nMessage-ID: <e1@evil>\nContent-Type: application/pdf\n"
    b"Content-Disposition: attachment; filename*=utf-8''a.pdf; filename*0=\"b.pdf\"\n\nhello\n"
)


def test_a_malformed_message_stops_nothing(stage: Stage) -> None:
    deliver(stage.mailbox, PIECES, DURING, Folder.INBOX)
    stage.receive(mail(ANN, stage.returned("p1")), at(22, 11))
    assert [arrival.lane for arrival in stage.arrivals()] == ["unreadable", "return"]
    assert stage.arrivals()[0].message_id == "<e1@evil>"
    assert len(stage.returns("p1")) == 1


class Poisoned(FolderMailbox):
    """A folder mailbox whose server says the time of one message without its zone."""

    def poll(self, cursor: str | None) -> Batch:
        batch = super().poll(cursor)
        return replace(batch, messages=tuple(map(self._said_of, batch.messages)))

    def _said_of(self, message: Received) -> Received:
        naive = DURING.replace(tzinfo=None)
        return replace(message, received_at=naive) if b"poison" in message.raw else message


def test_a_message_that_cannot_be_stored_waits_for_a_person_and_the_others_are_stored(stage: Stage) -> None:
    stage.through(Poisoned(stage.mailbox))
    deliver(stage.mailbox, mail("x@else.example", subject="poison"), DURING, Folder.INBOX)
    stage.receive(mail(ANN, stage.returned("p1")), at(22, 11))
    assert [arrival.lane for arrival in stage.arrivals()] == ["return"]
    [item] = stage.desk()
    assert (item.kind, item.arrival) == ("unforeseen", None)
    assert item.reason.startswith("A message in the folder inbox that came on 22 January 2020 at 10:00 could not")
    assert stage.lying("Inbox") == 1
    stage.wake(stage.now + COLLECT)
    assert (len(stage.desk()), len(stage.alerts())) == (1, 1)


def saved(data: bytes, edit: Callable[[Any], None]) -> bytes:
    """A workbook after somebody did something to its sheet of actions."""
    book = load_workbook(BytesIO(data))
    edit(book.worksheets[0])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def header_row(sheet: Any) -> int:
    return next(cell.row for line in sheet.iter_rows() for cell in line if cell.value == "Progress")


def rename_rating(sheet: Any, header: str) -> None:
    cell = next(cell for cell in sheet[header_row(sheet)] if cell.value == "Rating")
    cell.value = header


def no_header(sheet: Any) -> None:
    sheet.delete_rows(header_row(sheet))


def no_rating(sheet: Any) -> None:
    rename_rating(sheet, "How it goes")


@pytest.mark.parametrize("edit", [no_header, no_rating])
def test_answers_that_cannot_be_found_are_no_empty_form_and_nobody_is_chased(
    stage: Stage, edit: Callable[[Any], None]
) -> None:
    file = File("p1.xlsx", saved(stage.returned("p1").content, edit))
    arrival = stage.receive(mail(ANN, file, answers=stage.issue_to("ann").message_id))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, item.assignment) == ("unreadable", "unreadable", stage.assignment("p1").id)
    [told] = stage.sent("unreadable", "ann")
    assert "we found no" in told.text
    assert (stage.returns("p1"), stage.sent("receipt")) == ([], [])


def test_answers_that_cannot_be_found_wait_for_a_person_beside_a_good_file_too(stage: Stage) -> None:
    lost = File("p1.xlsx", saved(stage.returned("p1").content, no_header))
    stage.receive(mail(ANN, lost, stage.returned("p2"), answers=stage.issue_to("ann").message_id))
    [item] = stage.desk()
    assert (item.kind, item.assignment, len(stage.returns("p2"))) == ("unreadable", stage.assignment("p1").id, 1)


def test_a_header_with_something_in_brackets_after_it_is_still_the_column(stage: Stage) -> None:
    renamed = saved(stage.returned("p1").content, lambda sheet: rename_rating(sheet, "RAG status (Feb)"))
    stage.receive(mail(ANN, File("p1.xlsx", renamed)))
    assert accepted(stage, "p1") == [("1.1", "green"), ("1.2", "green")]


def test_a_contributor_who_filled_other_peoples_rows_only_is_put_before_a_person(stage: Stage) -> None:
    file = File("p2.xlsx", filled(stage.workbook("p2"), {"2.2": GREEN}))
    arrival = stage.receive(mail(DAN, file))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, item.assignment) == ("return", "doubt", stage.assignment("p2").id)
    assert "nothing is filled in but 2.2, which is not theirs to return" in item.reason
    assert "nothing was filled in" not in stage.sent("receipt", "dan")[0].text
    words.accept(stage.ledger, stage.office.service, item.id, words.Word("tess", "Ann agrees.", stage.now))
    stage.wake(stage.now + COLLECT)
    assert accepted(stage, "p2") == [("2.2", "green")]


def test_a_file_that_a_contributor_could_answer_in_part_is_taken_in_full_from_the_sponsor(stage: Stage) -> None:
    file = stage.returned("p2")
    stage.receive(mail(DAN, file))
    again = stage.receive(mail(ANN, file), at(23))
    assert (again.lane, len(stage.returns("p2"))) == ("return", 2)
    assert accepted(stage, "p2")[-2:] == [("2.1", "green"), ("2.2", "green")]
    assert stage.receive(mail(DAN, file), at(24)).lane == "return again"


def test_a_sponsor_who_goes_back_to_an_older_version_is_taken_at_their_word(stage: Stage) -> None:
    first, second = stage.returned("p1"), stage.returned("p1", r1_1=RED, r1_2=GREEN)
    for day, file in ((22, first), (23, second), (24, first)):
        stage.receive(mail(ANN, file), at(day))
    with stage.ledger.reading() as entry:
        assert returns.position(entry, stage.assignment("p1").id)["1.1"]["rating"] == "green"
    assert len(stage.returns("p1")) == 3


def test_a_file_that_came_before_beside_one_that_cannot_be_read(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1")))
    pdf = File("Plan 2.pdf", b"%PDF-1.4 scanned", "application/pdf")
    arrival = stage.receive(mail(ANN, stage.returned("p1"), pdf), at(23))
    [told] = [letter for letter in stage.sent("receipt", "ann") if "We have this already" in letter.subject]
    assert (arrival.lane, [item.kind for item in stage.desk()]) == ("unreadable", ["unreadable"])
    assert "FILES WE COULD NOT TAKE" in told.text


def test_an_empty_form_is_told_to_be_empty_however_often_it_comes(stage: Stage) -> None:
    for day in (22, 23):
        arrival = stage.receive(mail(ANN, File("p1.xlsx", stage.workbook("p1"))), at(day))
        assert arrival.lane == "return"
    assert ["nothing filled in" in letter.subject for letter in stage.sent("receipt", "ann")] == [True, True]


def test_a_file_that_is_attached_twice_or_beside_its_blank_form_is_one_return(stage: Stage) -> None:
    twice = stage.returned("p1")
    stage.receive(mail(ANN, twice, File("copy.xlsx", twice.content)))
    stage.receive(mail(ANN, File("blank.xlsx", stage.workbook("p2")), stage.returned("p2")), at(23))
    assert (len(stage.returns("p1")), len(stage.returns("p2")), stage.desk()) == (1, 1, [])


def test_a_file_saved_anew_that_says_the_same_conflicts_with_nothing(stage: Stage) -> None:
    twice = stage.returned("p1")
    stage.receive(mail(ANN, twice, File("copy.xlsx", saved(twice.content, lambda _: None))))
    assert (len(stage.returns("p1")), stage.desk()) == (1, [])


def test_a_file_that_cannot_be_read_beside_a_doubtful_one_is_not_forgotten(stage: Stage) -> None:
    """Whoever looks at the doubt sees the other, too, and nobody is asked for its plan meanwhile."""
    lost = File("p3.xlsx", saved(stage.workbook("p3", "social"), no_header))
    arrival = stage.receive(mail(EVE, stage.returned("p2"), lost))
    assert (arrival.lane, sorted(item.kind for item in stage.desk())) == ("doubt", ["doubt", "unreadable"])
    outcomes = [(event.detail["file"], event.why[:9]) for event in stage.events("message read")]
    assert outcomes == [("p2.xlsx", "not taken"), ("p3.xlsx", "not taken")]


def test_two_files_that_conflict_stand_in_the_log_of_their_cycle(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), File("b.xlsx", stage.returned("p1", r1_1=RED).content)))
    logged = [(event.cycle, event.detail["plan"]) for event in stage.events("message read")]
    assert logged == [("c1", "p1"), ("c1", "p1")]


def test_a_message_that_came_by_two_ways_is_one_message(stage: Stage) -> None:
    raw = mail(ANN, stage.returned("p1"), number=7)
    stage.receive(b"Received: from a by b; Mon, 20 Jan 2020 10:00:00 +0000\nX-Scan: clean\n" + raw)
    again = stage.receive(b"Received: from c by d; Mon, 20 Jan 2020 10:01:00 +0000\nDelivered-To: plans\n" + raw)
    assert (again.lane, stage.desk(), len(stage.returns("p1"))) == ("duplicate", [], 1)


@pytest.mark.parametrize("sender", [b"", b"From: eve@ours.example\nFrom: ann@ours.example\n"])
def test_a_message_without_one_sender_is_called_so(stage: Stage, sender: bytes) -> None:
    nobody = "Somebody unknown (the message names no sender, or several)"
    stage.receive(sender + b"Subject: hello\n\nhello")
    stage.receive(sender + mail(ANN, stage.returned("p1")).replace(b"From: ann@ours.example\n", b""), at(23))
    question, form = stage.desk()
    assert question.reason == f"{nobody} wrote without a return: “hello”."
    assert form.reason == f"{nobody} sent “p1.xlsx”: it is a valid form of Plan 1, from nobody in particular."


def receipt_text(stage: Stage) -> str:
    """The newest receipt to Ann, in one line."""
    newest = stage.intents("receipt")[-1]
    return " ".join(stage.letter(newest).text.split())


def test_a_receipt_lists_what_still_stands_of_the_asks_and_none_takes_them_back(stage: Stage) -> None:
    asks = {**RED, "new_date": date(2021, 3, 1), "escalate_to": "IJB", "forecast": "late"}
    stage.receive(mail(ANN, stage.returned("p1", r1_1=asks, r1_2=GREEN)))
    stage.receive(mail(ANN, stage.returned("p1", r1_1=GREEN)), at(23))
    standing = "Row 1.1 asks the SPG for a new date, 1 March 2021, and that it is referred to IJB."
    assert standing in receipt_text(stage)
    none = {**GREEN, "new_date": "none", "escalate_to": "None", "forecast": "n/a"}
    stage.receive(mail(ANN, stage.returned("p1", r1_1=none)), at(24))
    assert "asks the SPG" not in receipt_text(stage)
    assert "Row 1.1: Forecast, Proposed new date and Escalate to are taken back." in receipt_text(stage)
    assert stage.returns("p1")[-1].verdicts[0].queries == ()
    stage.play(DEADLINE, PAPERS)
    [papers] = stage.sent("papers", "sam")
    assert "1 March 2021" not in papers.text
    assert "IJB" not in papers.text
