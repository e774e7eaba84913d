"""What every mailbox promises, whichever system stands behind it.

An adapter joins by adding a ``Bench`` to BENCHES; one that needs a real server stands in SERVER_BENCHES as well.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from random import Random

import pytest

from mail.compose import compose
from mail.folder import FolderMailbox, deliver, sent_messages
from mail.letter import Attachment, Letter
from mail.port import Folder, Lane, Mailbox, Outcome, PermanentMailboxError
from mail.reading import read
from tests.conformance.bench import Bench
from tests.conformance.exchange_bench import exchange_bench, poorer_bench
from tests.conformance.graph_bench import graph_bench
from tests.conformance.imap_bench import dovecot_bench, imap_bench

NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)
LETTER = Letter(
    from_address="plans@example.gov",
    from_name="Planning team",
    to_address="sponsor@example.org",
    to_name="Mòrag Ní Dhòmhnaill",
    subject="Nàdar – plan update 4",
    text="Please return it.\n",
    html="<p>Please return it.</p>\n",
    message_id="<a.1@example.gov>",
    date=NOON,
    attachments=(
        Attachment("Plana gnìomh 3 – ‘Faoilleach’.xlsx", b"PK\x03\x04" + bytes(range(256)), "application/zip"),
    ),
    in_reply_to="<issue@example.gov>",
    references=("<issue@example.gov>", "<reminder@example.gov>"),
)
RAW = compose(LETTER)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _folder_bench(root: Path) -> Bench:
    return Bench(
        open=lambda: FolderMailbox(root),
        deliver=lambda raw, at, folder: deliver(root, raw, at, folder),
        sent=lambda: [path.read_bytes() for path in sent_messages(root)],
        batch=FolderMailbox.batch_messages,
    )


BENCHES: dict[str, Callable[[Path], Bench]] = {
    "exchange": exchange_bench,
    "exchange-poorer": poorer_bench,
    "folder": _folder_bench,
    "graph": graph_bench,
    "imap": imap_bench,
    "imap-dovecot": dovecot_bench,
}
SERVER_BENCHES = frozenset({"imap-dovecot"})


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.servers) if name in SERVER_BENCHES else name for name in sorted(BENCHES)
    ]
)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    opened = BENCHES[request.param](tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def box(bench: Bench) -> Mailbox:
    return bench.open()


def incoming(number: int) -> bytes:
    return f"From: s@example.org\r\nMessage-ID: <in.{number}@example.org>\r\n\r\nnumber {number}\r\n".encode()


def fill(bench: Bench, count: int, folder: Folder = Folder.INBOX) -> list[str]:
    return [bench.deliver(incoming(number), NOON + timedelta(minutes=number), folder) for number in range(count)]


def test_check_names_the_mailbox_and_may_be_repeated(box: Mailbox) -> None:
    assert box.check() == box.check() != ""


def test_a_message_goes_out_once_with_its_thread_and_names(bench: Bench, box: Mailbox) -> None:
    box.send(box.prepare(RAW))
    (sent,) = bench.sent()
    parsed = message_from_bytes(sent, policy=policy.default)
    assert parsed["Message-ID"] == LETTER.message_id
    assert parsed["In-Reply-To"] == LETTER.in_reply_to
    assert parsed["References"].split() == list(LETTER.references)
    assert parsed["Subject"] == LETTER.subject
    assert parsed["To"].addresses[0].display_name == LETTER.to_name
    (attachment,) = read(sent).attachments
    assert (attachment.name, attachment.content) == (LETTER.attachments[0].name, LETTER.attachments[0].content)


def test_preparing_sends_nothing(bench: Bench, box: Mailbox) -> None:
    box.prepare(RAW)
    assert bench.sent() == []


def test_an_attachment_of_25_mib_arrives_byte_for_byte(bench: Bench, box: Mailbox) -> None:
    content = Random(4).randbytes(25 * 1024 * 1024)
    letter = Letter(
        "plans@example.gov", "", "s@example.org", "", "large", "x", "", "<large@example.gov>", NOON,
        (Attachment("large.xlsx", content, XLSX),),
    )  # fmt: skip
    raw = compose(letter)
    box.send(box.prepare(raw))
    assert read(bench.sent()[0]).attachments[0].content == content
    bench.deliver(raw, NOON, Folder.INBOX)
    assert box.poll(None).messages[0].raw == raw


def test_lookup_of_a_prepared_message_never_claims_that_it_was_sent(bench: Bench, box: Mailbox) -> None:
    token = box.prepare(RAW)
    assert box.lookup(LETTER.message_id, token) is not Outcome.SENT
    assert bench.open().lookup(LETTER.message_id, token) is not Outcome.SENT


def test_lookup_of_a_sent_message_says_so_in_a_later_process(bench: Bench, box: Mailbox) -> None:
    token = box.prepare(RAW)
    box.send(token)
    box.close()
    assert bench.open().lookup(LETTER.message_id, token) is Outcome.SENT
    assert bench.open().lookup(LETTER.message_id, token) is Outcome.SENT


def test_lookup_of_what_was_never_prepared_is_unknown(box: Mailbox) -> None:
    token = box.prepare(RAW)
    assert box.lookup("<never@example.gov>", token) is Outcome.UNKNOWN


def test_prepared_twice_it_goes_once_and_as_the_later(bench: Bench, box: Mailbox) -> None:
    first = box.prepare(RAW)
    later = RAW.replace(b"Please return it.", b"Please send it in.")
    second = box.prepare(later)
    if first != second:
        with pytest.raises(PermanentMailboxError):
            box.send(first)
    box.send(second)
    assert bench.sent() == [later]


def test_prepared_again_by_a_later_process_it_goes_once(bench: Bench, box: Mailbox) -> None:
    box.prepare(RAW)
    again = bench.open()
    again.send(again.prepare(RAW))
    assert len(bench.sent()) == 1


def test_sent_twice_it_goes_once(bench: Bench, box: Mailbox) -> None:
    token = box.prepare(RAW)
    box.send(token)
    with pytest.raises(PermanentMailboxError):
        box.send(token)
    assert len(bench.sent()) == 1


def test_an_empty_mailbox_has_nothing_and_a_cursor(box: Mailbox) -> None:
    batch = box.poll(None)
    assert (batch.messages, batch.more) == ((), False)
    assert box.poll(batch.cursor).messages == ()


def test_messages_come_oldest_first_byte_for_byte_and_in_utc(bench: Bench, box: Mailbox) -> None:
    bench.deliver(incoming(2), NOON + timedelta(minutes=2), Folder.INBOX)
    bench.deliver(incoming(1), NOON + timedelta(minutes=1), Folder.INBOX)
    messages = box.poll(None).messages
    assert [message.raw for message in messages] == [incoming(1), incoming(2)]
    assert [message.received_at for message in messages] == [NOON + timedelta(minutes=n) for n in (1, 2)]
    assert all(message.received_at and message.received_at.utcoffset() == timedelta(0) for message in messages)


def test_junk_is_read_and_said_to_be_junk(bench: Bench, box: Mailbox) -> None:
    bench.deliver(incoming(1), NOON, Folder.JUNK)
    assert [message.folder for message in box.poll(None).messages] == [Folder.JUNK]


def test_the_next_cursor_goes_on_after_the_batch_in_a_later_process(bench: Bench, box: Mailbox) -> None:
    fill(bench, 2)
    cursor = box.poll(None).cursor
    bench.deliver(incoming(7), NOON + timedelta(hours=1), Folder.INBOX)
    assert [message.raw for message in bench.open().poll(cursor).messages] == [incoming(7)]


def test_the_same_cursor_returns_the_same_again_except_what_was_filed(bench: Bench, box: Mailbox) -> None:
    ids = fill(bench, 3)
    first = box.poll(None)
    assert box.poll(None).messages == first.messages
    box.file(ids[0], Lane.PROCESSED)
    assert box.poll(None).messages == first.messages[1:]


def test_an_unknown_cursor_starts_afresh(bench: Bench, box: Mailbox) -> None:
    fill(bench, 2)
    assert len(box.poll("no cursor of ours").messages) == 2


def test_a_duplicate_delivery_is_a_message_of_its_own(bench: Bench, box: Mailbox) -> None:
    bench.deliver(incoming(1), NOON, Folder.INBOX)
    bench.deliver(incoming(1), NOON, Folder.INBOX)
    messages = box.poll(None).messages
    assert len({message.server_id for message in messages}) == len(messages) == 2


def test_many_messages_come_in_batches_and_more_is_said_until_the_last(bench: Bench, box: Mailbox) -> None:
    fill(bench, bench.batch + 3)
    cursor: str | None = None
    found: list[bytes] = []
    more = True
    rounds = 0
    while more:
        batch = box.poll(cursor)
        found += [message.raw for message in batch.messages]
        cursor, more = batch.cursor, batch.more
        rounds += 1
    assert found == [incoming(number) for number in range(bench.batch + 3)]
    assert rounds > 1


@pytest.mark.parametrize("lane", Lane)
@pytest.mark.parametrize("folder", Folder)
def test_a_filed_message_is_not_polled_again(bench: Bench, box: Mailbox, lane: Lane, folder: Folder) -> None:
    bench.deliver(incoming(1), NOON, folder)
    (message,) = box.poll(None).messages
    box.file(message.server_id, lane)
    box.file(message.server_id, lane)
    assert box.poll(None).messages == ()


def test_filing_what_is_no_longer_there_does_nothing(bench: Bench, box: Mailbox) -> None:
    ids = fill(bench, 2)
    box.file(ids[0], Lane.PROCESSED)
    bench.open().file(ids[0], Lane.ATTENTION)
    assert [message.server_id for message in box.poll(None).messages] == [ids[1]]


def test_close_may_be_called_twice(bench: Bench, box: Mailbox) -> None:
    box.check()
    box.close()
    box.close()
    assert bench.open().check()
