"""A server of the same protocol that is not Exchange, and lacks this or that: the rest goes on, and it is said."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mail.exchange import ExchangeMailbox
from mail.port import Folder, Lane, Outcome, PermanentMailboxError, TransientMailboxError
from tests.servers.ews import EwsServer, Fault, serving
from tests.servers.ews_client import OUT, RAW, opened

NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)
UNKNOWN = ["ErrorInvalidOperation", "ErrorInvalidRequest", "ErrorSchemaValidation", "ErrorNotImplemented", 500, 501]
SAID = "The server does not tell what has changed (SyncFolderItems), so all that lies there is listed at every reading."


@pytest.fixture
def server() -> Iterator[EwsServer]:
    with serving(EwsServer()) as running:
        yield running


@pytest.fixture
def box(server: EwsServer) -> Iterator[ExchangeMailbox]:
    with opened(server) as mailbox:
        yield mailbox


def message(number: int) -> bytes:
    return f"From: s@example.org\r\nMessage-ID: <in.{number}@example.org>\r\nSubject: plan\r\n\r\nhello\r\n".encode()


def arrived(server: EwsServer, number: int, folder: str = "inbox", **facts: object) -> str:
    when = facts.pop("received", NOON + timedelta(minutes=number))
    return server.store.put(server.store.named(folder).id, message(number), when, **facts).id  # type: ignore[arg-type]


def drained(box: ExchangeMailbox, cursor: str | None = None) -> tuple[list[bytes], str]:
    found = []
    while True:
        batch = box.poll(cursor)
        cursor = batch.cursor
        found += [each.raw for each in batch.messages]
        if not batch.more:
            return found, cursor


@pytest.mark.parametrize("how", UNKNOWN)
def test_a_server_without_changes_is_read_by_listing_and_check_says_so(
    server: EwsServer, box: ExchangeMailbox, how: str | int
) -> None:
    server.lacking["SyncFolderItems"] = how
    arrived(server, 2)
    first = arrived(server, 1)
    junk = arrived(server, 3, "junkemail")
    assert box.check().endswith(f"is ready: 2 in Inbox and 1 in Junk. {SAID}")
    batch = box.poll(None)
    assert [each.raw for each in batch.messages] == [message(1), message(2), message(3)]
    assert [each.folder for each in batch.messages] == [Folder.INBOX, Folder.INBOX, Folder.JUNK]
    box.file(first, Lane.PROCESSED)
    box.file(junk, Lane.ATTENTION)
    arrived(server, 4)
    assert drained(box, batch.cursor)[0] == [message(4)]
    assert drained(box, batch.cursor)[0] == [message(4)]


def test_the_cursor_of_a_listing_holds_what_still_lies_there(server: EwsServer, box: ExchangeMailbox) -> None:
    server.lacking["SyncFolderItems"] = "ErrorInvalidOperation"
    identities = [arrived(server, number) for number in range(120)]
    found, cursor = drained(box)
    assert found == [message(number) for number in range(120)]
    assert sorted(json.loads(cursor)["returned"]["inbox"]) == sorted(identities)
    for identity in identities[:-1]:
        box.file(identity, Lane.PROCESSED)
    found, cursor = drained(box, cursor)
    assert found == []
    assert json.loads(cursor)["returned"]["inbox"] == identities[-1:]


def test_what_somebody_took_away_before_it_was_returned_waits_no_more(server: EwsServer, box: ExchangeMailbox) -> None:
    server.lacking["SyncFolderItems"] = "ErrorInvalidOperation"
    identities = [arrived(server, number) for number in range(60)]
    batch = box.poll(None)
    server.store.remove(server.store.item(identities[55]))
    found, _ = drained(box, batch.cursor)
    assert found == [message(number) for number in range(50, 60) if number != 55]


def test_a_server_that_learns_to_tell_changes_returns_nothing_again(server: EwsServer, box: ExchangeMailbox) -> None:
    server.lacking["SyncFolderItems"] = "ErrorInvalidOperation"
    arrived(server, 1)
    _, cursor = drained(box)
    server.lacking.clear()
    box.close()
    arrived(server, 2)
    found, cursor = drained(box, cursor)
    assert found == [message(2)]
    assert "returned" not in json.loads(cursor)


def test_an_error_that_may_pass_does_not_undo_a_state(server: EwsServer, box: ExchangeMailbox) -> None:
    arrived(server, 1)
    _, cursor = drained(box)
    server.lacking["SyncFolderItems"] = 500
    with pytest.raises(TransientMailboxError):
        box.poll(cursor)
    server.lacking["SyncFolderItems"] = "ErrorInvalidOperation"
    assert drained(box, cursor)[0] == [message(1)]  # again: its state is gone, and the caller knows it


@pytest.mark.parametrize("how", UNKNOWN)
def test_what_is_lacking_changes_no_version_and_is_not_asked_for_ever(
    server: EwsServer, box: ExchangeMailbox, how: str | int
) -> None:
    server.lacking["SyncFolderItems"] = how
    cursor = box.poll(None).cursor
    box.send(box.prepare(RAW))
    assert set(server.spoken[-3:]) == {"Exchange2016"}
    before = len(server.spoken)
    box.poll(cursor)
    assert len(server.spoken) - before <= 6


def test_a_broken_connection_is_no_lack(server: EwsServer, box: ExchangeMailbox) -> None:
    for fault in (Fault.CUT_MIDWAY, Fault.MALFORMED, Fault.BUSY_HTTP, Fault.CLOSING):
        server.plan("SyncFolderItems", fault)
        with opened(server) as fresh, pytest.raises(TransientMailboxError):
            fresh.poll(None)
    assert box.poll(None).messages == ()


@pytest.mark.parametrize("lacking", ["SyncFolderItems", ""])
@pytest.mark.parametrize("code", ["ErrorSchemaValidation", "ErrorInvalidRequest", "ErrorNotImplemented"])
def test_a_name_of_junk_that_spoils_the_question_is_no_junk(
    server: EwsServer, box: ExchangeMailbox, lacking: str, code: str
) -> None:
    server.lacking = {lacking: "ErrorInvalidOperation"}
    server.store.unheard_of = {"junkemail": code}
    arrived(server, 1)
    assert "1 in Inbox and no Junk folder, so only the Inbox is read." in box.check()
    assert drained(box)[0] == [message(1)]


def test_junk_that_fails_this_once_is_not_taken_for_junk_that_is_not_there(
    server: EwsServer, box: ExchangeMailbox
) -> None:
    server.lacking["SyncFolderItems"] = "ErrorInvalidOperation"
    arrived(server, 1, "junkemail")
    of_junk = iter([False, True])

    def second_list_fails(operation: str, stage: str) -> None:
        if (operation, stage) == ("FindItem", "before") and next(of_junk):
            server.plan("FindItem", Fault.ERROR_BEFORE)

    server.watcher = second_list_fails
    with pytest.raises(TransientMailboxError):
        box.poll(None)
    server.watcher = lambda *_: None
    assert drained(box)[0] == [message(1)]


@pytest.mark.parametrize("folder", ["inbox", "sentitems"])
def test_a_name_of_another_folder_that_spoils_it_is_said(server: EwsServer, box: ExchangeMailbox, folder: str) -> None:
    server.store.unheard_of = {folder: "ErrorSchemaValidation"}
    with pytest.raises(PermanentMailboxError, match="does not offer what is needed"):
        box.check()


@pytest.mark.parametrize("how", UNKNOWN)
def test_a_server_that_makes_no_folders_says_which_to_make(server: EwsServer, box: ExchangeMailbox, how: str) -> None:
    server.lacking["CreateFolder"] = how
    identity = arrived(server, 1)
    with pytest.raises(
        PermanentMailboxError, match=r"makes no folders: make Processed beside the Inbox of \S+@"
    ) as told:
        box.file(identity, Lane.PROCESSED)
    assert told.value.__cause__ is None
    with pytest.raises(PermanentMailboxError, match="make Attention beside the Inbox"):
        box.file(identity, Lane.ATTENTION)
    server.store.make_folder(server.store.named("msgfolderroot").id, "Processed")
    box.file(identity, Lane.PROCESSED)
    assert box.poll(None).messages == ()


def test_a_server_that_moves_nothing_says_so(server: EwsServer, box: ExchangeMailbox) -> None:
    server.lacking["MoveItem"] = "ErrorInvalidOperation"
    with pytest.raises(PermanentMailboxError, match=r"does not offer what is needed.*filing into Processed"):
        box.file(arrived(server, 1), Lane.PROCESSED)


def test_answers_that_say_no_more_than_they_must_are_enough(server: EwsServer, box: ExchangeMailbox) -> None:
    server.operations.terse = True
    token = box.prepare(RAW)
    box.send(token)
    assert box.lookup(OUT, token) is Outcome.SENT
    assert server.store.delivered == [RAW]
    box.file(arrived(server, 1), Lane.PROCESSED)
    assert [folder.name for folder in server.store.folders.values() if not folder.distinguished] == ["Processed"]
    server.lacking["SyncFolderItems"] = "ErrorInvalidOperation"
    for number in range(520):
        arrived(server, number)
    box.batch_messages = 1000  # type: ignore[misc]
    assert len(box.poll(None).messages) == 520


@pytest.mark.parametrize(
    "lacking", ["item:ItemClass", "item:InternetMessageHeaders", "item:Attachments", "item:Subject"]
)
def test_a_property_that_is_lacking_takes_no_other_with_it(
    server: EwsServer, box: ExchangeMailbox, lacking: str
) -> None:
    server.store.lacks = {lacking}
    headers = (("Auto-Submitted", "auto-replied"),)
    arrived(server, 1, item_class="IPM.Note.Rules", headers=headers, links=["https://a.sharepoint.com/x"])
    (received,) = box.poll(None).messages
    assert received.raw == message(1)
    assert received.item_class == (None if lacking == "item:ItemClass" else "IPM.Note.Rules")
    assert dict(received.extra_headers) == ({} if lacking == "item:InternetMessageHeaders" else dict(headers))
    assert bool(received.cloud_links) is (lacking != "item:Attachments")


@pytest.mark.parametrize("how", ["ErrorUnsupportedPathForQuery", "ErrorInvalidOperation", 501])
def test_a_server_that_cannot_search_sent_items_is_refused_by_check(
    server: EwsServer, box: ExchangeMailbox, how: str | int
) -> None:
    server.lacking["FindItem"] = how
    with pytest.raises(PermanentMailboxError, match=r"does not offer what is needed.*looking at the folders"):
        box.check()
    with pytest.raises(TransientMailboxError):
        box.prepare(RAW)
    assert server.store.delivered == []
