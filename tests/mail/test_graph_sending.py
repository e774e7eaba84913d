"""Drafts, proof of sending, pacing and refusals, against the loopback Graph server."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mail.graph import GraphMailbox
from mail.graph_drafts import MIME_LIMIT, instant, listed, named, property_of, taken_apart
from mail.letter import Attachment
from mail.port import Outcome, PermanentMailboxError, TransientMailboxError
from mail.reading import read
from tests.servers.graph_stage import ADDRESS, MINUTE, NOON, XLSX, Stage, letter, message_id, staged
from tests.servers.graph_wire import Fault, Trouble


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as opened:
        yield opened


def test_a_draft_proves_nothing_until_no_request_to_send_it_can_be_at_work(stage: Stage) -> None:
    box = stage.open()
    token = box.prepare(letter())
    stage.server.faults = [Fault(Trouble.CUT_BEFORE, on="/send$")]
    with pytest.raises(TransientMailboxError):
        box.send(token)
    stage.on(9 * MINUTE)
    assert box.lookup(message_id(), token) is Outcome.UNKNOWN
    assert stage.open().lookup(message_id(), token) is Outcome.UNKNOWN
    stage.on(MINUTE)
    assert box.lookup(message_id(), token) is Outcome.NOT_SENT
    assert stage.open().lookup(message_id(), token) is Outcome.NOT_SENT


def test_the_wait_for_proof_goes_by_the_servers_clock(stage: Stage) -> None:
    token = stage.open().prepare(letter())
    stage.ahead = timedelta(hours=2)
    assert stage.open().lookup(message_id(), token) is Outcome.UNKNOWN
    stage.on(10 * MINUTE)
    stage.ahead = timedelta(hours=-2)
    assert stage.open().lookup(message_id(), token) is Outcome.NOT_SENT


def test_an_attempt_long_after_the_draft_was_made_counts_from_the_attempt(stage: Stage) -> None:
    box = stage.open()
    token = box.prepare(letter())
    stage.on(60 * MINUTE)
    stage.server.faults = [Fault(Trouble.CUT_BEFORE, on="/send$")]
    with pytest.raises(TransientMailboxError):
        box.send(token)
    assert box.lookup(message_id(), token) is Outcome.UNKNOWN
    stage.on(10 * MINUTE)
    assert box.lookup(message_id(), token) is Outcome.NOT_SENT


def test_what_was_accepted_and_has_not_left_is_unknown_and_is_not_made_again(stage: Stage) -> None:
    stage.state.slow_to_leave = True
    box = stage.open()
    token = box.prepare(letter())
    box.send(token)
    stage.on(20 * MINUTE)
    assert box.lookup(message_id(), token) is Outcome.UNKNOWN
    with pytest.raises(TransientMailboxError, match="on its way out"):
        stage.open().prepare(letter())
    stage.state.leave()
    assert stage.open().lookup(message_id(), token) is Outcome.SENT
    assert len(stage.state.sent) == 1


def test_a_message_that_got_another_id_is_found_by_its_message_id(stage: Stage) -> None:
    stage.state.renames = True
    box = stage.open()
    token = box.prepare(letter())
    box.send(token)
    assert stage.open().lookup(message_id(), token) is Outcome.SENT
    assert stage.open().lookup(message_id(), "no token of ours") is Outcome.SENT
    assert stage.open().lookup(message_id(), "[]") is Outcome.SENT


def test_a_sent_message_that_somebody_filed_elsewhere_was_sent(stage: Stage) -> None:
    box = stage.open()
    token = box.prepare(letter())
    box.send(token)
    (item,) = stage.state.lying("Sent Items")
    item.folder = "folder-inbox"
    assert box.lookup(message_id(), token) is Outcome.SENT


def test_a_draft_that_somebody_deleted_proves_nothing(stage: Stage) -> None:
    box = stage.open()
    token = box.prepare(letter())
    stage.state.items.clear()
    stage.on(20 * MINUTE)
    assert box.lookup(message_id(), token) is Outcome.UNKNOWN
    with pytest.raises(PermanentMailboxError, match="does not lie in Drafts any more"):
        box.send(token)


def test_a_draft_that_somebody_moved_is_not_sent_and_proves_nothing(stage: Stage) -> None:
    box = stage.open()
    token = box.prepare(letter())
    (item,) = stage.state.lying("Drafts")
    item.folder = "folder-inbox"
    stage.on(20 * MINUTE)
    assert box.lookup(message_id(), token) is Outcome.UNKNOWN
    with pytest.raises(PermanentMailboxError, match="somebody moved, deleted or sent it"):
        box.send(token)
    assert stage.state.sent == []


def test_prepared_by_another_process_it_is_not_sent_by_this_one(stage: Stage) -> None:
    token = stage.open().prepare(letter())
    with pytest.raises(PermanentMailboxError, match="before the service was started again"):
        stage.open().send(token)
    assert stage.state.sent == []


def test_what_was_sent_is_not_prepared_again(stage: Stage) -> None:
    box = stage.open()
    box.send(box.prepare(letter()))
    with pytest.raises(PermanentMailboxError, match="was sent already"):
        stage.open().prepare(letter())


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"To: a@example.org\r\n\r\nx", "has no Message-ID"),
        (b"Message-ID: <a@example.gov>\r\n\r\nx", "names no recipient"),
        (letter().replace(b"\r\n", b"\n"), "invalid: the message is malformed"),
    ],
)
def test_a_message_that_cannot_go_is_refused_when_it_is_prepared(stage: Stage, raw: bytes, why: str) -> None:
    with pytest.raises(PermanentMailboxError) as refused:
        stage.open().prepare(raw)
    assert why in str(refused.value) or "ErrorMimeContentInvalid" in str(refused.value)
    assert stage.state.items == {}


def test_a_mailbox_that_is_closed_to_us_withdraws_no_message(stage: Stage) -> None:
    stage.server.denied.add(ADDRESS)
    box = stage.open()
    with pytest.raises(TransientMailboxError, match="RBAC"):
        box.prepare(letter())
    with pytest.raises(PermanentMailboxError, match="RBAC"):
        box.poll(None)
    stage.server.denied.clear()
    box.send(box.prepare(letter()))
    assert len(stage.state.sent) == 1


def test_200_sponsors_are_paced_and_the_server_never_has_to_refuse(stage: Stage) -> None:
    box = stage.open()
    waiting = list(range(60))
    for minute in range(3):
        paced = send_all(box, waiting)
        assert (f"paced until 12:0{minute + 1}:00 UTC" in paced) is bool(waiting)
        assert len(stage.state.sent) == min(60, 25 * (minute + 1))
        stage.on(MINUTE)


def send_all(box: GraphMailbox, waiting: list[int]) -> str:
    """Send until the mailbox asks to wait, and return how it asked; a refusal in the midst of sending is a failure."""
    while waiting:
        try:
            token = box.prepare(letter(waiting[0]))
        except TransientMailboxError as paced:
            return str(paced)
        box.send(token)
        del waiting[0]
    return ""


def test_nothing_is_asked_before_the_wait_is_over(stage: Stage) -> None:
    box = stage.open()
    stage.server.faults = [Fault(Trouble.THROTTLED, on="/messages$")]
    with pytest.raises(TransientMailboxError, match="Nothing is asked of it before 12:01:30 UTC"):
        box.poll(None)
    before = len(stage.server.requests)
    stage.on(timedelta(seconds=89))
    for call in (lambda: box.poll(None), box.check, lambda: box.prepare(letter()), lambda: box.lookup("<a@b>", "")):
        with pytest.raises(TransientMailboxError, match="asked us to wait until 12:01:30 UTC"):
            call()
    assert len(stage.server.requests) == before
    stage.on(timedelta(seconds=1))
    assert box.poll(None).messages == ()


def test_a_message_of_two_large_and_one_small_file_keeps_its_words_and_threads(stage: Stage) -> None:
    files = (
        Attachment("Aithisg ‘mhòr’.xlsx", bytes(3_200_000), XLSX),
        Attachment("beag.txt", b"beag", "text/plain"),
        Attachment("plain.pdf", b"%PDF-" + bytes(3_145_728), "application/pdf"),
    )
    box = stage.open()
    box.send(box.prepare(letter(1, *files)))
    ours, sent = read(letter(1, *files)), read(stage.state.sent[0])
    assert (sent.message_id, sent.subject, sent.thread) == (ours.message_id, ours.subject, ours.thread)
    assert (sent.text, sent.sender_name, sent.recipients) == (ours.text, ours.sender_name, ours.recipients)
    assert sent.attachments == files
    assert sum("createUploadSession" in each for each in stage.requests()) == 2


def test_uploads_are_paced_too(stage: Stage) -> None:
    box = stage.open()
    raw = letter(1, Attachment("a.bin", bytes(2_000_000), XLSX))
    box.prepare(raw)
    stage.on(timedelta(seconds=1))
    box._sending._pace.uploaded(stage.clock(), 119_000_000)  # what 40 such messages come to
    with pytest.raises(TransientMailboxError, match=r"150 MB .* paced until 12:05:00 UTC"):
        box.prepare(raw)
    stage.on(5 * MINUTE)
    assert box.prepare(raw)


def test_words_alone_beyond_the_limit_are_refused() -> None:
    with pytest.raises(PermanentMailboxError, match=r"words of the message .* have 4\.\d MB"):
        taken_apart(letter(1, Attachment("a", b"a", XLSX), text="a" * 4_000_000))
    with pytest.raises(PermanentMailboxError, match="not words followed by files"):
        taken_apart(letter(1, text="a" * MIME_LIMIT))
    with pytest.raises(PermanentMailboxError, match="too large for this mailbox"):
        taken_apart(b"To: a@example.org\r\n\r\n" + bytes(41 * 1024 * 1024))


def test_a_message_just_below_the_limit_goes_in_one_request(stage: Stage) -> None:
    raw = letter(1, Attachment("a.bin", bytes(2_100_000), XLSX))
    assert 2_800_000 < len(raw) < MIME_LIMIT
    box = stage.open()
    box.send(box.prepare(raw))
    assert stage.state.sent == [raw]


def test_an_earlier_draft_that_goes_by_itself_is_no_hindrance(stage: Stage) -> None:
    box = stage.open()
    box.prepare(letter())
    stage.server.faults = [Fault(Trouble.GONE, on="DELETE")]
    assert box.prepare(letter())


def test_a_server_that_makes_no_draft_of_a_draft_is_not_trusted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    make = stage.state._facts
    monkeypatch.setattr(stage.state, "_facts", lambda item, query: make(item, query) | {"isDraft": False})
    with pytest.raises(TransientMailboxError, match="a message that is no draft"):
        stage.open().prepare(letter())


def test_what_an_answer_lacks_is_asked_for_again() -> None:
    assert instant("2020-01-31T12:00:00Z") == NOON
    assert instant("2020-01-31T12:00:00") is instant(None) is instant("x") is None
    properties = {"singleValueExtendedProperties": [{"id": "String {0x1}", "value": "x"}, "y", {"id": "String 0x1A"}]}
    assert property_of(properties, "String 0x001A") == "None"
    assert property_of(properties, "Integer 0x001A") is property_of({}, "String 0x001A") is None
    for wrong in ({}, {"value": {}}, {"value": [1]}):
        with pytest.raises(TransientMailboxError, match="not the list"):
            list(listed(wrong))
    for lacking in ({}, {"id": ""}, {"id": 5}):
        with pytest.raises(TransientMailboxError, match="lacks the id"):
            named(lacking, "id")


def test_what_was_left_in_drafts_is_told_by_the_check(stage: Stage) -> None:
    box = stage.open()
    assert box.check() == f"The mailbox {ADDRESS} in Exchange Online is ready: 0 in Inbox and 0 in Junk."
    box.prepare(letter())
    assert box.check().endswith("1 in Drafts: what has lain there for an hour did not go.")
