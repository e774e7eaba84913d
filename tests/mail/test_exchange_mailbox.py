"""What the exchange mailbox adds to the port: states, poorer servers, headers and links beside the MIME."""

import gc
import json
import resource
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mail.exchange import ExchangeMailbox
from mail.nature import Kind, nature
from mail.port import Folder, Lane, PermanentMailboxError
from mail.reading import read
from tests.servers.ews import EwsServer, serving
from tests.servers.ews_client import RAW, opened

NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[EwsServer]:
    with serving(EwsServer()) as running:
        yield running


@pytest.fixture
def box(server: EwsServer) -> Iterator[ExchangeMailbox]:
    with opened(server) as mailbox:
        yield mailbox


def message(number: int, text: str = "hello", kind: str = "text/plain") -> bytes:
    head = f"From: s@example.org\r\nMessage-ID: <in.{number}@example.org>\r\nContent-Type: {kind}; charset=utf-8\r\n"
    return f"{head}Subject: plan\r\n\r\n{text}\r\n".encode()


def arrived(server: EwsServer, number: int, folder: str = "inbox", **facts: object) -> str:
    raw = facts.pop("raw", message(number))
    when = facts.pop("received", NOON + timedelta(minutes=number))
    return server.store.put(server.store.named(folder).id, raw, when, **facts).id  # type: ignore[arg-type]


def names(server: EwsServer) -> list[str]:
    return [folder.name for folder in server.store.folders.values() if not folder.distinguished]


def test_an_idle_poll_is_two_small_questions_however_much_is_filed(server: EwsServer, box: ExchangeMailbox) -> None:
    processed = server.store.make_folder(server.store.named("msgfolderroot").id, "Processed").id
    for number in range(300):
        server.store.put(processed, message(number), NOON)
    cursor = box.poll(None).cursor
    server.asked.clear()
    assert box.poll(cursor).messages == ()
    assert server.asked == ["SyncFolderItems", "SyncFolderItems"]


def test_one_sending_searches_twice_and_sends_once(server: EwsServer, box: ExchangeMailbox) -> None:
    box.send(box.prepare(RAW))
    assert server.asked == ["FindItem", "FindItem", "CreateItem"]
    assert server.store.delivered == [RAW]


def test_the_copy_lies_in_sent_items(server: EwsServer, box: ExchangeMailbox) -> None:
    box.send(box.prepare(RAW))
    assert [item.raw for item in server.store.inside(server.store.named("sentitems").id)] == [RAW]


def test_another_process_sent_it_meanwhile(server: EwsServer, box: ExchangeMailbox) -> None:
    token = box.prepare(RAW)
    with opened(server) as other:
        other.send(other.prepare(RAW))
    with pytest.raises(PermanentMailboxError, match="was sent already"):
        box.send(token)
    assert len(server.store.delivered) == 1


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (RAW.replace(b"Message-ID", b"X-Nothing"), "has no Message-ID"),
        (RAW.replace(b"To:", b"X-To:"), "names no recipient"),
        (RAW.replace(b"sponsor@example.org", b"sponsor"), "which is no address"),
    ],
)
def test_what_cannot_go_out_is_refused_before_anything_is_asked(
    server: EwsServer, box: ExchangeMailbox, raw: bytes, sentence: str
) -> None:
    with pytest.raises(PermanentMailboxError, match=sentence):
        box.prepare(raw)
    assert server.asked == []


def test_what_was_not_prepared_here_is_not_sent(server: EwsServer, box: ExchangeMailbox) -> None:
    with opened(server) as other:
        token = other.prepare(RAW)
    with pytest.raises(PermanentMailboxError, match="prepare it before sending"):
        box.send(token)
    assert server.store.delivered == []


def test_a_lost_state_brings_everything_again(server: EwsServer, box: ExchangeMailbox) -> None:
    ids = [arrived(server, 1), arrived(server, 2, "junkemail")]
    cursor = box.poll(None).cursor
    assert box.poll(cursor).messages == ()
    server.store.epoch += 1
    again = box.poll(cursor)
    assert [each.server_id for each in again.messages] == ids
    assert box.poll(again.cursor).messages == ()


def test_the_cursor_of_another_mailbox_or_system_starts_afresh(server: EwsServer, box: ExchangeMailbox) -> None:
    arrived(server, 1)
    mine = json.loads(box.poll(None).cursor)
    assert box.poll(json.dumps(mine)).messages == ()
    for other in (mine | {"exchange": "else@example.gov"}, mine | {"states": 3}, mine | {"waiting": [[1]]}, {}, [], 7):
        assert len(box.poll(json.dumps(other)).messages) == 1


def test_many_changes_are_listed_to_their_end_and_sorted(server: EwsServer, box: ExchangeMailbox) -> None:
    box.batch_messages = 3
    for number in range(1200, 0, -1):
        arrived(server, number)
    first = box.poll(None)
    assert [each.received_at for each in first.messages] == [NOON + timedelta(minutes=number) for number in (1, 2, 3)]
    assert first.more
    assert server.asked.count("SyncFolderItems") == 4
    arrived(server, 0)
    assert box.poll(first.cursor).messages[0].received_at == NOON


def test_a_batch_stops_at_its_size(server: EwsServer, box: ExchangeMailbox) -> None:
    box.batch_bytes = 100
    arrived(server, 1)
    arrived(server, 2)
    first = box.poll(None)
    assert (len(first.messages), first.more) == (1, True)
    second = box.poll(first.cursor)
    assert (len(second.messages), second.more) == (1, False)


def test_what_a_person_moved_away_while_it_waited_is_passed_over(server: EwsServer, box: ExchangeMailbox) -> None:
    box.batch_messages = 1
    arrived(server, 1)
    second, third = arrived(server, 2), arrived(server, 3)
    first = box.poll(None)
    server.store.move(server.store.items[second], server.store.named("drafts").id)
    assert [each.server_id for each in box.poll(first.cursor).messages] == [third]


def test_headers_that_only_the_server_shows_tell_a_machine(server: EwsServer, box: ExchangeMailbox) -> None:
    shown = (("Auto-Submitted", "auto-replied"), ("Subject", "plan"), ("X-Two", "1"), ("X-Two", "2"))
    arrived(server, 1, headers=shown, item_class="IPM.Note.Rules.OofTemplate.Microsoft")
    (found,) = box.poll(None).messages
    assert found.extra_headers == {"Auto-Submitted": "auto-replied", "X-Two": "1"}
    assert found.item_class == "IPM.Note.Rules.OofTemplate.Microsoft"
    assert nature(read(found.raw), found.item_class, found.extra_headers).kind is Kind.ABSENCE


def test_cloud_files_are_said_to_be_links(server: EwsServer, box: ExchangeMailbox) -> None:
    attached = "https://council-my.sharepoint.com/personal/a/plan.xlsx"
    html = '<a href="https://1drv.ms/x/s!Abc?e=1&amp;f=2">plan</a> <a href="https://example.org/not">x</a>'
    arrived(server, 1, raw=message(1, html, "text/html"), links=(attached,))
    (found,) = box.poll(None).messages
    assert found.cloud_links == (attached, "https://1drv.ms/x/s!Abc?e=1&f=2")


def test_a_message_that_is_too_long_keeps_its_headers_and_says_so(server: EwsServer, box: ExchangeMailbox) -> None:
    box.message_limit = 1000
    shown = (("From", "s@example.org"), ("Content-Type", "text/html"), ("In-Reply-To", "<issue@example.gov>"))
    identity = arrived(server, 1, raw=message(1, "x" * 2000), headers=shown)
    (found,) = box.poll(None).messages
    seen = read(found.raw)
    assert (seen.sender, seen.thread, seen.content_types) == (
        "s@example.org",
        ("<issue@example.gov>",),
        ("text/plain",),
    )
    assert "more than the 1,000 that are read" in seen.text
    assert "GetItem" in server.asked
    box.file(identity, Lane.ATTENTION)
    assert names(server) == ["Attention"]


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"raw": None, "item_class": "IPM.Task", "tag": "Task"}, "none for items of the class IPM.Task"),
        ({"trouble": "ErrorMimeContentConversionFailed"}, "says ErrorMimeContentConversionFailed"),
        ({"trouble": "ErrorItemCorrupt"}, "says ErrorItemCorrupt"),
    ],
)
def test_an_item_without_a_message_stops_nothing(
    server: EwsServer, box: ExchangeMailbox, facts: dict[str, object], sentence: str
) -> None:
    arrived(server, 1, **facts)
    arrived(server, 2)
    odd, good = box.poll(None).messages
    assert sentence in read(odd.raw).text
    assert good.raw == message(2)


@pytest.mark.parametrize("tag", ["MeetingResponse", "PostItem", "SharingMessage", "SomethingNew"])
def test_an_item_of_any_kind_is_a_message(server: EwsServer, box: ExchangeMailbox, tag: str) -> None:
    arrived(server, 1, tag=tag)
    assert [each.raw for each in box.poll(None).messages] == [message(1)]


def test_an_item_without_a_time_comes_last(server: EwsServer, box: ExchangeMailbox) -> None:
    arrived(server, 1, received=None)
    arrived(server, 2)
    assert [each.received_at for each in box.poll(None).messages] == [NOON + timedelta(minutes=2), None]


@pytest.mark.parametrize(
    "lacking", [{"item:Size"}, {"item:DateTimeReceived"}, {"item:InternetMessageHeaders"}, {"item:Attachments"}]
)
def test_a_server_that_lacks_a_property_is_still_read(
    server: EwsServer, box: ExchangeMailbox, lacking: set[str]
) -> None:
    server.store.lacks = lacking
    identity = arrived(server, 1)
    batch = box.poll(None)
    assert [each.raw for each in batch.messages] == [message(1)]
    box.file(identity, Lane.PROCESSED)
    assert box.poll(batch.cursor).messages == ()


def test_a_mailbox_without_junk_is_read_and_check_says_so(server: EwsServer, box: ExchangeMailbox) -> None:
    server.store.lacks = {"junkemail"}
    arrived(server, 1)
    assert box.check().endswith("is ready: 1 in Inbox and no Junk folder, so only the Inbox is read.")
    batch = box.poll(None)
    assert (len(batch.messages), batch.more) == (1, False)


@pytest.mark.parametrize("folder", ["inbox", "sentitems"])
def test_a_mailbox_without_what_is_needed_is_refused(server: EwsServer, box: ExchangeMailbox, folder: str) -> None:
    server.store.lacks = {folder}
    with pytest.raises(PermanentMailboxError, match="ask IT for full access"):
        box.check()


def test_a_folder_of_the_name_is_used_whatever_its_case(server: EwsServer, box: ExchangeMailbox) -> None:
    folder = server.store.make_folder(server.store.named("msgfolderroot").id, "PROCESSED").id
    box.file(arrived(server, 1), Lane.PROCESSED)
    assert len(server.store.inside(folder)) == 1
    assert names(server) == ["PROCESSED"]


def test_a_folder_that_somebody_removed_is_made_again(server: EwsServer, box: ExchangeMailbox) -> None:
    box.file(arrived(server, 1), Lane.PROCESSED)
    (gone,) = [identity for identity, folder in server.store.folders.items() if folder.name == "Processed"]
    del server.store.folders[gone]
    box.file(arrived(server, 2), Lane.PROCESSED)
    assert names(server) == ["Processed"]
    assert box.poll(None).messages == ()


def test_an_id_that_is_none_of_this_server_has_nothing_to_file(server: EwsServer, box: ExchangeMailbox) -> None:
    box.file("inbox/1.eml@7-7", Lane.PROCESSED)
    assert box.poll(None).messages == ()


@pytest.mark.parametrize("style", ["gzip", "chunked", "until closed"])
def test_answers_are_read_in_every_style(server: EwsServer, box: ExchangeMailbox, style: str) -> None:
    server.style = style
    raw = message(1, "long " * 50_000)
    identity = arrived(server, 1, raw=raw)
    assert [each.raw for each in box.poll(None).messages] == [raw]
    box.file(identity, Lane.PROCESSED)
    box.send(box.prepare(RAW))
    assert server.store.delivered == [RAW]
    assert box.check().endswith("0 in Inbox and 0 in Junk.")


def test_our_own_message_to_ourselves_arrives(server: EwsServer, box: ExchangeMailbox) -> None:
    raw = RAW.replace(b"sponsor@example.org", server.address.encode())
    box.send(box.prepare(raw))
    assert [(each.raw, each.folder) for each in box.poll(None).messages] == [(raw, Folder.INBOX)]


def test_a_closed_mailbox_opens_again(server: EwsServer, box: ExchangeMailbox) -> None:
    said = box.check()
    box.close()
    assert box.check() == said


def test_two_hundred_polls_keep_no_more_memory_than_the_first_twenty(server: EwsServer, box: ExchangeMailbox) -> None:
    cursor = box.poll(None).cursor
    account = box._account

    def polled(times: int) -> tuple[int, int]:
        for _ in range(times):
            box.poll(cursor)
            server.asked.clear()
            server.signed_in.clear()
        gc.collect()
        return len(gc.get_objects()), int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()

    objects, resident = polled(20)
    later_objects, later_resident = polled(200)
    assert later_objects - objects < 100
    assert later_resident - resident < 2 * 1024 * 1024
    assert box._account is account
