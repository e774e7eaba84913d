"""What machines send, and what cannot be believed or read: recorded, put before a person, never answered."""

import pytest

from jobs import desk as desk_words
from jobs.witness import Keyring
from mail.port import Folder
from tests.jobs.stage import COLLECT, DURING, KEYS, OURS, File, Stage, at, mail

ANN = "ann@ours.example"
ANSWERS = ("receipt", "question", "unreadable")
DAEMON = "MAILER-DAEMON@mx.ours.example"
RELAYED = "mx.ours.example; dmarc=fail header.from=ours.example"


def test_the_same_message_twice_counts_once(stage: Stage) -> None:
    raw = mail(ANN, stage.returned("p1"))
    stage.receive(raw)
    again = stage.receive(raw, at(22, 11))
    assert (again.lane, len(stage.returns("p1")), len(stage.intents("receipt"))) == ("duplicate", 1, 1)
    assert stage.desk() == []


def test_the_same_message_id_with_other_content_is_a_persons_matter(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), number=1))
    other = stage.receive(mail(ANN, stage.returned("p2"), number=1))
    [item] = stage.desk()
    assert (other.lane, item.kind, stage.returns("p2")) == ("quarantine", "other content", [])


def test_a_message_that_cannot_be_read_is_kept_whole_and_put_before_a_person(stage: Stage) -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(200))
    arrival = stage.receive(b"From: ann@ours.example\n" + deep + b"x")
    [item] = stage.desk()
    assert (arrival.lane, item.kind, arrival.message_id) == ("quarantine", "quarantine", "")
    assert stage.ledger.blobs.get(arrival.sha256).endswith(b"x")
    assert stage.lying("Attention") == 1


@pytest.mark.parametrize("how", ["own message", "own header"])
def test_our_own_mail_coming_back_raises_an_alarm_and_no_answer(stage: Stage, how: str) -> None:
    file = stage.returned("p1")
    raw = {
        "own message": stage.ledger.blobs.get(stage.intents("issue")[0].sha256),
        "own header": mail(ANN, file, headers={"X-Plancycle": "1"}),
    }[how]
    arrival = stage.receive(raw)
    assert (arrival.lane, stage.returns("p1"), stage.intents(*ANSWERS)) == ("loop", [], [])
    assert len(stage.alerts()) == 1
    assert "Our own mail came back to the mailbox" in stage.alerts()[0]


@pytest.mark.parametrize(("signed", "lane", "waits"), [(True, "check", 0), (False, "question", 1)])
def test_a_test_message_of_the_mailbox_is_filed_and_alarms_nobody_where_it_is_ours(
    stage: Stage, signed: bool, lane: str, waits: int
) -> None:
    made = KEYS if signed else Keyring({"k1": b"somebody else's key"})
    raw = mail(OURS).replace(b"Message-ID: <", b"Old-ID: <")
    raw = f"Message-ID: {made.check_id('0a1b', 'ours.example')}\r\n".encode() + raw
    assert (stage.receive(raw).lane, stage.alerts(), len(stage.desk())) == (lane, [], waits)
    assert (stage.lying("Inbox"), stage.lying("Attention")) == (0, waits)


def test_a_test_message_under_another_sender_is_judged_like_any_other(stage: Stage) -> None:
    raw = mail(ANN).replace(b"Message-ID: <", b"Old-ID: <")
    raw = f"Message-ID: {KEYS.check_id('0a1b', 'ours.example')}\r\n".encode() + raw
    assert stage.receive(raw).lane == "question"


def test_a_loop_that_goes_round_all_day_is_told_once(stage: Stage) -> None:
    for minute in (0, 10, 20):
        stage.receive(mail(OURS, headers={"X-Plancycle": "1"}), at(22, 10, minute))
    assert len(stage.alerts()) == 1


def test_what_the_team_sends_from_the_mailbox_itself_is_no_loop_and_waits_for_a_person(stage: Stage) -> None:
    words = stage.receive(mail(OURS.upper(), subject="Ann rang"))
    file = stage.receive(mail(OURS, stage.returned("p1")), at(22, 11))
    assert (words.lane, file.lane, stage.alerts(), stage.intents(*ANSWERS)) == ("question", "doubt", [], [])
    assert stage.lying("Attention") == 2
    [question, form] = stage.desk()
    assert question.reason == "Our own mailbox wrote without a return: “Ann rang”."
    assert form.reason.startswith("Our own mailbox sent “p1.xlsx”: it is a valid form of Plan 1")
    said = desk_words.Word("tess", "Ann sent it to me.", stage.now)
    desk_words.accept(stage.ledger, stage.office.service, form.id, said)
    stage.wake(stage.now + COLLECT)
    assert [back.role for back in stage.returns("p1")] == ["vouched"]


def bounce(about: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    return (
        f"From: Mail Delivery <{DAEMON}>\r\nTo: {OURS}\r\nSubject: Undelivered\r\nMessage-ID: <b{action}@mx>\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n"
        "--B\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        f"Final-Recipient: rfc822; {ANN}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {about}\r\n\r\n--B--\r\n"
    ).encode()


def test_a_bounce_says_whom_our_message_did_not_reach(stage: Stage) -> None:
    asked = stage.issue_to("ann")
    arrival = stage.receive(bounce(asked.message_id))
    [item, other] = stage.desk()
    assert (arrival.lane, item.kind, other.kind) == ("bounce", "bounce", "bounce")
    assert [item.assignment, other.assignment] == [stage.assignment(plan).id for plan in ("p1", "p2")]
    assert asked.subject in item.reason
    assert f"did not reach {ANN}" in item.reason
    [event] = stage.events("message read")
    assert (event.programme, event.cycle) == ("strategic", "c1")
    assert stage.intents(*ANSWERS) == []


def test_a_bounce_about_nothing_of_ours_is_a_persons_matter_all_the_same(stage: Stage) -> None:
    stage.receive(bounce("<unknown@elsewhere.example>"))
    assert "a message of ours did not arrive" in stage.desk()[0].reason


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("delivered", "2.1.5")])
def test_a_report_of_delay_or_delivery_is_only_recorded(stage: Stage, action: str, status: str) -> None:
    arrival = stage.receive(bounce(stage.issue_to("ann").message_id, action, status))
    assert (arrival.lane, stage.desk(), stage.alerts()) == ("bounce", [], [])


AWAY = {"Auto-Submitted": "auto-replied"}


def test_an_absence_is_recorded_and_never_answered(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, subject="Automatic reply: your plans", headers=AWAY))
    assert (arrival.lane, stage.desk(), stage.intents(*ANSWERS)) == ("absence", [], [])
    [event] = stage.events("message read")
    assert (event.cycle, "absence notice of Ann Aird" in event.why) == ("c1", True)


def test_the_absence_of_somebody_unknown_is_recorded_under_the_address(stage: Stage) -> None:
    stage.receive(mail("nobody@elsewhere.example", headers=AWAY))
    assert "nobody@elsewhere.example" in stage.events("message read")[0].why


def test_an_absence_with_a_workbook_is_a_persons_matter_and_may_be_vouched_for(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, stage.returned("p1"), headers=AWAY))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, stage.returns("p1")) == ("absence", "absence with a file", [])
    assert stage.intents(*ANSWERS) == []


def test_a_mailing_list_is_a_persons_matter_without_an_answer(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, stage.returned("p1"), headers={"List-Id": "<all.ours.example>"}))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, stage.returns("p1")) == ("machine", "machine", [])
    assert stage.intents(*ANSWERS) == []


def test_a_read_receipt_needs_nobody(stage: Stage) -> None:
    raw = (
        f"From: {ANN}\r\nTo: {OURS}\r\nSubject: Read: plans\r\nMessage-ID: <r@x>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=B\r\n\r\n"
        "--B\r\nContent-Type: text/plain\r\n\r\nRead.\r\n"
        "--B\r\nContent-Type: message/disposition-notification\r\n\r\nDisposition: manual-action; displayed\r\n\r\n"
        "--B--\r\n"
    )
    arrival = stage.receive(raw.encode())
    assert (arrival.lane, stage.desk()) == ("notice", [])


def test_a_sender_whom_our_own_relay_disproves_is_quarantined(stage: Stage) -> None:
    arrival = stage.receive(mail(ANN, stage.returned("p1"), headers={"Authentication-Results": RELAYED}))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, stage.returns("p1"), stage.intents(*ANSWERS)) == ("quarantine", "forged", [], [])


def test_what_somebody_elses_relay_says_counts_for_nothing(stage: Stage) -> None:
    elsewhere = RELAYED.replace("mx.ours.example", "mx.elsewhere.example", 1)
    arrival = stage.receive(mail(ANN, stage.returned("p1"), headers={"Authentication-Results": elsewhere}))
    assert (arrival.lane, len(stage.returns("p1"))) == ("return", 1)


def test_junk_of_an_unknown_address_is_left_where_it_is(stage: Stage) -> None:
    arrival = stage.receive(mail("win@prizes.example", subject="You won"), folder=Folder.JUNK)
    assert (arrival.lane, arrival.filed, stage.desk()) == ("junk", True, [])
    assert (stage.lying("Junk"), stage.lying("Attention")) == (1, 0)
    stage.wake(at(22, 12))
    assert len(stage.arrivals()) == 1


def test_junk_of_an_unknown_address_that_answers_us_is_a_persons_matter(stage: Stage) -> None:
    raw = mail("ann.at.home@mail.example", answers=stage.issue_to("ann").message_id)
    arrival = stage.receive(raw, folder=Folder.JUNK)
    assert (arrival.lane, [item.kind for item in stage.desk()]) == ("question", ["question"])
    assert stage.intents(*ANSWERS) == []


def test_a_question_in_junk_of_somebody_known_is_answered(stage: Stage) -> None:
    stage.receive(mail(ANN, text="When is it due?"), folder=Folder.JUNK)
    assert len(stage.sent("question", "ann")) == 1


def test_a_stranger_with_a_valid_form_gets_no_answer(stage: Stage) -> None:
    arrival = stage.receive(mail("isla@elsewhere.example", stage.returned("p1")))
    [item] = stage.desk()
    assert (arrival.lane, item.kind, item.assignment) == ("doubt", "stranger", "strategic/c1/p1/care")
    assert "nobody's configuration" in item.reason
    assert (stage.returns("p1"), stage.intents(*ANSWERS)) == ([], [])
    assert (stage.lying("Inbox"), stage.lying("Attention")) == (0, 1)


def test_a_strangers_question_and_unreadable_file_get_no_answer(stage: Stage) -> None:
    stage.receive(mail("isla@elsewhere.example", text="Who are you?"))
    stage.receive(mail("isla@elsewhere.example", File("plan.pdf", b"%PDF-1.4 x", "application/pdf")))
    assert [item.kind for item in stage.desk()] == ["question", "unreadable"]
    assert "Nobody was answered." in stage.desk()[1].advice
    assert stage.intents(*ANSWERS) == []


def test_a_whole_mailbox_is_read_in_one_wake_up(stage: Stage) -> None:
    from mail.folder import deliver

    for number in range(51):
        deliver(stage.mailbox, mail("win@prizes.example", subject=f"Prize {number}"), DURING, Folder.JUNK)
    stage.wake(DURING + COLLECT)
    assert len(stage.arrivals()) == 51
    assert {arrival.lane for arrival in stage.arrivals()} == {"junk"}
