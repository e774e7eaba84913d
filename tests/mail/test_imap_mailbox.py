"""What the IMAP mailbox adds to the port: our own copies, UIDVALIDITY, folders, and servers that lack something."""

import gc
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from mail.imap import ImapMailbox
from mail.imap_settings import Endpoint, FolderNames, ImapSettings
from mail.port import Folder, Lane, Outcome, PermanentMailboxError
from mail.reading import read
from tests.conformance.imap_bench import ADDRESS, USERS, Loopback
from tests.servers.imap import Shelf

NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)
OUT = b"From: plans@example.gov\r\nTo: s@example.org\r\nMessage-ID: <1@example.gov>\r\nX-Plancycle: 1\r\n\r\nout\r\n"
IN = b"From: s@example.org\r\nMessage-ID: <in@example.org>\r\n\r\nin\r\n"
ID = "<1@example.gov>"
MEASURING = ("coverage", "tracemalloc")


@pytest.fixture
def loop() -> Iterator[Loopback]:
    loopback = Loopback()
    loopback.start()
    yield loopback
    loopback.stop()


@pytest.fixture
def box(loop: Loopback) -> ImapMailbox:
    return loop.open()


def lying(loop: Loopback, folder: str) -> list[bytes]:
    return [each.raw for each in loop.imap.shelves[folder].kept]


def test_check_counts_and_says_where(loop: Loopback, box: ImapMailbox) -> None:
    loop.deliver(IN, NOON, Folder.JUNK)
    imap, smtp = loop.imap.port, loop.smtp.port
    assert box.check() == (
        f"The mailbox plans@example.gov on 127.0.0.1:{imap} is ready: 0 in Inbox and 1 in Junk; 127.0.0.1:{smtp} takes"
        " its messages."
    )


def test_our_own_copy_is_proof_and_never_an_arrival(loop: Loopback, box: ImapMailbox) -> None:
    token = box.prepare(OUT)
    box.send(token)
    loop.deliver(IN, NOON + timedelta(minutes=1))
    batch = box.poll(None)
    assert [message.raw for message in batch.messages] == [IN]
    assert [OUT in raw for raw in lying(loop, "Sent")] == [True]
    assert loop.open().lookup(ID, token) is Outcome.SENT


def test_our_own_copy_in_junk_is_proof_too(loop: Loopback, box: ImapMailbox) -> None:
    token = box.prepare(OUT)
    box.send(token)
    loop.imap.shelves["Junk"], loop.imap.shelves["INBOX"] = loop.imap.shelves["INBOX"], Shelf()
    assert loop.open().lookup(ID, token) is Outcome.SENT
    assert box.poll(None).messages == ()
    assert len(lying(loop, "Sent")) == 1


def test_our_message_in_somebody_s_answer_is_no_copy_of_ours(loop: Loopback, box: ImapMailbox) -> None:
    loop.deliver(OUT.replace(b"plans@example.gov", b"s@example.org", 1), NOON)
    assert len(box.poll(None).messages) == 1
    assert box.lookup(ID, "smtp/1") is Outcome.UNKNOWN


def test_a_copy_is_looked_for_among_the_newest(
    loop: Loopback, box: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail.imap._LOOKED_THROUGH", 2)
    box.send(box.prepare(OUT))
    for outcome in (Outcome.SENT, Outcome.SENT, Outcome.UNKNOWN):
        assert loop.open().lookup(ID, "smtp/1") is outcome
        loop.deliver(IN, NOON)


@pytest.mark.parametrize("message_id", ['<a"b\\c@example.gov>', "<a b@example.gov>", "", "<ü@example.gov>"])
def test_a_strange_message_id_is_unknown(box: ImapMailbox, message_id: str) -> None:
    assert box.lookup(message_id, "smtp/1") is Outcome.UNKNOWN


def test_a_batch_of_our_own_copies_says_that_more_waits(loop: Loopback, box: ImapMailbox) -> None:
    box.batch_messages = 2
    for number in range(2):
        box.send(box.prepare(OUT.replace(b"<1@", f"<{number}@".encode())))
    loop.deliver(IN, NOON + timedelta(minutes=1))
    first = box.poll(None)
    assert (first.messages, first.more) == ((), True)
    assert [message.raw for message in box.poll(first.cursor).messages] == [IN]


def test_a_change_of_uidvalidity_starts_the_folder_afresh(loop: Loopback, box: ImapMailbox) -> None:
    old = loop.deliver(IN, NOON)
    loop.deliver(IN, NOON, Folder.JUNK)
    cursor = box.poll(None).cursor
    loop.imap.shelves["INBOX"].validity = 2
    batch = box.poll(cursor)
    assert [message.server_id for message in batch.messages] == ["inbox/2/1"]
    box.file(old, Lane.PROCESSED)
    assert len(lying(loop, "INBOX")) == 1
    box.file("inbox/2/1", Lane.PROCESSED)
    assert lying(loop, "INBOX") == []
    assert box.poll(batch.cursor).messages == ()


def test_a_message_that_appears_late_under_a_low_uid_is_not_missed(loop: Loopback, box: ImapMailbox) -> None:
    for _ in range(3):
        loop.deliver(IN, NOON)
    hidden = loop.imap.shelves["INBOX"].kept.pop(1)
    cursor = box.poll(None).cursor
    loop.imap.shelves["INBOX"].kept.insert(1, hidden)
    assert [message.server_id for message in box.poll(cursor).messages] == ["inbox/1/2"]


def test_the_cursor_holds_only_what_still_lies_there(loop: Loopback, box: ImapMailbox) -> None:
    ids = [loop.deliver(IN, NOON) for _ in range(5)]
    cursor = box.poll(None).cursor
    for server_id in ids[:3]:
        box.file(server_id, Lane.PROCESSED)
    assert json.loads(box.poll(cursor).cursor)["inbox"] == {"validity": 1, "returned": "4:5"}


def test_the_oldest_come_first_across_both_folders(loop: Loopback, box: ImapMailbox) -> None:
    ids = [
        loop.deliver(IN, NOON + timedelta(minutes=minute), folder)
        for minute, folder in ((3, Folder.INBOX), (2, Folder.JUNK), (1, Folder.INBOX), (0, Folder.JUNK))
    ]
    assert [message.server_id for message in box.poll(None).messages] == ids[::-1]


def test_of_very_many_all_are_returned_in_the_end(loop: Loopback, box: ImapMailbox) -> None:
    box.considered, box.batch_messages = 4, 3
    ids = {loop.deliver(IN, NOON - timedelta(minutes=number)) for number in range(11)}
    cursor, found, more = None, [], True
    while more:
        batch = box.poll(cursor)
        cursor, more = batch.cursor, batch.more
        found += [message.server_id for message in batch.messages]
    assert (set(found), len(found)) == (ids, 11)


def test_a_folder_of_very_many_is_searched_in_parts(
    loop: Loopback, box: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail.imap._SEARCHED_AT_ONCE", 2)
    for _ in range(5):
        loop.deliver(IN, NOON)
    assert len(box.poll(None).messages) == 5
    assert [each for each in loop.imap.commands if each.startswith("UID SEARCH")] == [
        "UID SEARCH 1:2", "UID SEARCH 3:4", "UID SEARCH 5:*"
    ]  # fmt: skip


def test_nothing_is_marked_as_read(loop: Loopback, box: ImapMailbox) -> None:
    loop.deliver(IN, NOON)
    box.poll(None)
    assert not any(each.flags for each in loop.imap.shelves["INBOX"].kept)
    assert all("PEEK" in each for each in loop.imap.commands if "BODY" in each)


def test_a_message_that_is_too_long_keeps_its_sender(loop: Loopback, box: ImapMailbox) -> None:
    box.message_limit = 1_000
    server_id = loop.deliver(IN + b"x" * 100_000, NOON)
    (message,) = box.poll(None).messages
    found = read(message.raw)
    assert (found.sender, message.server_id) == ("s@example.org", server_id)
    assert "more than the 1,000 that are read" in found.text
    assert len(message.raw) < 1_000


def test_a_message_that_the_server_withholds_becomes_one_that_says_so(loop: Loopback, box: ImapMailbox) -> None:
    loop.deliver(IN, NOON)
    good = loop.deliver(IN, NOON)
    loop.imap.unreadable.add(1)
    bad, other = box.poll(None).messages
    assert "does not hand over the message inbox/1/1" in read(bad.raw).text
    assert (other.server_id, other.raw) == (good, IN)


def test_a_batch_stops_at_its_size_but_always_has_one(loop: Loopback, box: ImapMailbox) -> None:
    box.batch_bytes = 10
    for _ in range(3):
        loop.deliver(IN, NOON)
    batch = box.poll(None)
    assert (len(batch.messages), batch.more) == (1, True)


@pytest.mark.parametrize("server_id", ["", "sent/1/1", "inbox/1", "inbox/1/1:*", "inbox/1/99999999999", "../1/1"])
def test_an_id_that_is_none_of_ours_moves_nothing(loop: Loopback, box: ImapMailbox, server_id: str) -> None:
    with pytest.raises(PermanentMailboxError, match="is not the id"):
        box.file(server_id, Lane.PROCESSED)
    assert loop.imap.commands == []


def test_lanes_are_made_and_subscribed_once(loop: Loopback, box: ImapMailbox) -> None:
    for server_id in [loop.deliver(IN, NOON) for _ in range(2)]:
        box.file(server_id, Lane.ATTENTION)
    assert loop.imap.subscribed == ["Attention"]
    assert lying(loop, "Attention") == [IN, IN]


def test_a_lane_that_somebody_removed_is_made_again(loop: Loopback, box: ImapMailbox) -> None:
    ids = [loop.deliver(IN, NOON) for _ in range(2)]
    box.file(ids[0], Lane.PROCESSED)
    del loop.imap.shelves["Processed"]
    box.file(ids[1], Lane.PROCESSED)
    assert (lying(loop, "Processed"), lying(loop, "INBOX")) == ([IN], [])


def test_a_folder_that_somebody_removed_holds_no_copy(loop: Loopback, box: ImapMailbox) -> None:
    box.file(loop.deliver(IN, NOON), Lane.PROCESSED)
    del loop.imap.shelves["Processed"]
    assert box.lookup(ID, "smtp/1") is Outcome.UNKNOWN
    box.send(box.prepare(OUT))


def test_a_message_that_goes_away_while_it_is_polled_is_left_out(loop: Loopback, box: ImapMailbox) -> None:
    loop.deliver(IN, NOON)
    loop.imap.vanishing.add(1)
    batch = box.poll(None)
    assert (batch.messages, batch.more) == ((), False)


def test_a_lane_that_somebody_else_made_meanwhile_serves(loop: Loopback, box: ImapMailbox) -> None:
    server_id = loop.deliver(IN, NOON)
    box.check()
    loop.imap.shelves["Processed"] = Shelf()
    box.file(server_id, Lane.PROCESSED)
    assert lying(loop, "Processed") == [IN]


def test_without_move_a_message_is_copied_and_only_it_is_removed(loop: Loopback, box: ImapMailbox) -> None:
    loop.imap.capabilities = "IMAP4rev1 UIDPLUS AUTH=PLAIN"
    first, second = (loop.deliver(IN + name, NOON) for name in (b"1", b"2"))
    box.file(second, Lane.PROCESSED)
    box.file(second, Lane.PROCESSED)
    assert (lying(loop, "INBOX"), lying(loop, "Processed")) == ([IN + b"1"], [IN + b"2"])
    assert [message.server_id for message in box.poll(None).messages] == [first]


def test_a_server_that_cannot_move_safely_is_refused(loop: Loopback, box: ImapMailbox) -> None:
    loop.imap.capabilities = "IMAP4rev1 AUTH=PLAIN"
    server_id = loop.deliver(IN, NOON)
    for call in (box.check, lambda: box.file(server_id, Lane.PROCESSED)):
        with pytest.raises(PermanentMailboxError, match="neither MOVE nor UIDPLUS"):
            call()
    assert lying(loop, "INBOX") == [IN]


def test_a_mailbox_that_may_only_be_read_is_found_by_check(loop: Loopback, box: ImapMailbox) -> None:
    loop.imap.read_only = True
    with pytest.raises(PermanentMailboxError, match="may be read but not changed"):
        box.check()


def test_folders_are_found_by_their_usual_names_where_the_server_does_not_say(loop: Loopback, box: ImapMailbox) -> None:
    loop.imap.special_use = False
    for old, new in (("Junk", "Spam"), ("Sent", "Sent Items")):
        loop.imap.shelves[new] = loop.imap.shelves.pop(old)
    box.send(box.prepare(OUT))
    loop.imap.shelves["Spam"].add(IN, NOON)
    assert [message.folder for message in box.poll(None).messages] == [Folder.JUNK]
    assert len(lying(loop, "Sent Items")) == 1


def test_a_server_without_junk_is_read_without_it(loop: Loopback, box: ImapMailbox) -> None:
    del loop.imap.shelves["Junk"]
    loop.deliver(IN, NOON)
    assert "no Junk folder" in box.check()
    assert len(box.poll(None).messages) == 1
    box.file("junk/1/1", Lane.PROCESSED)


def test_new_folders_stand_where_the_server_keeps_ours(loop: Loopback, box: ImapMailbox) -> None:
    loop.imap.prefix = "INBOX/"
    box.file(loop.deliver(IN, NOON), Lane.PROCESSED)
    assert lying(loop, "INBOX/Processed") == [IN]


def test_configured_names_come_before_all_others(loop: Loopback) -> None:
    found = loop.settings()
    names = FolderNames(junk="Quarantine", processed="Plans done")
    loop.imap.shelves["Quarantine"] = Shelf()
    box = ImapMailbox(ImapSettings(ADDRESS, found.imap, found.smtp, "plans", folders=names), USERS["plans"])
    loop.opened.append(box)
    loop.imap.shelves["Quarantine"].add(IN, NOON)
    (message,) = box.poll(None).messages
    box.file(message.server_id, Lane.PROCESSED)
    assert (lying(loop, "Plans done"), message.folder) == ([IN], Folder.JUNK)


def test_a_token_is_asked_for_at_every_sign_in(loop: Loopback) -> None:
    found = loop.settings()
    tokens = iter(["old", "old", USERS["plans"], USERS["plans"]])
    settings = ImapSettings(ADDRESS, found.imap, found.smtp, "plans", auth="xoauth2")
    box = ImapMailbox(settings, lambda: next(tokens))
    loop.opened.append(box)
    for _ in range(2):
        with pytest.raises(PermanentMailboxError, match="the token may have expired"):
            box.check()
    assert box.check()


def test_a_server_without_sasl_is_signed_in_to_by_login(loop: Loopback, box: ImapMailbox) -> None:
    loop.imap.users = loop.smtp.users = {"plans": "ascii"}
    loop.imap.capabilities = "IMAP4rev1 MOVE"
    found = loop.settings()
    box = ImapMailbox(found, "ascii")
    loop.opened.append(box)
    assert box.check()
    assert any(each.startswith("LOGIN") for each in loop.imap.commands)


def test_a_sign_in_that_wants_tls_says_so(loop: Loopback, box: ImapMailbox) -> None:
    loop.imap.capabilities = "IMAP4rev1 MOVE LOGINDISABLED"
    with pytest.raises(PermanentMailboxError, match="set security to tls or starttls"):
        box.check()


def test_waiting_ends_at_once_where_the_server_has_no_idle(box: ImapMailbox) -> None:
    assert box.wait(60) is False


@pytest.mark.parametrize("host", ["mail.example.org", "192.0.2.1", "localhost.example.org", "0.0.0.0"])
def test_going_without_tls_is_for_this_machine_alone(host: str) -> None:
    with pytest.raises(PermanentMailboxError, match="would be spoken to without TLS"):
        Endpoint(host, 143, "none")


@pytest.mark.parametrize("address", ["", "plans", "plans@example.gov>\r\nRCPT TO:<x@example.org", "a b@example.org"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(PermanentMailboxError, match="is not one"):
        ImapSettings(address, Endpoint("localhost", 993), Endpoint("localhost", 465), "plans")


def test_hundreds_of_polls_keep_no_memory(loop: Loopback, box: ImapMailbox) -> None:
    loop.deliver(IN, NOON)
    cursor = box.poll(None).cursor
    tracemalloc.start()
    try:
        sizes = [_after_polls(loop, box, cursor) for _ in range(4)]
    finally:
        tracemalloc.stop()
    # What is kept is kept every time; what a thread of the server holds just then is not.
    assert min(after - before for before, after in pairwise(sizes[1:])) < 20_000


def _after_polls(loop: Loopback, box: ImapMailbox, cursor: str) -> int:
    for _ in range(300):
        box.poll(cursor)
    loop.imap.commands.clear()
    gc.collect()
    # Measuring coverage keeps something for every thread that ever ran.
    found = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, f"*{each}*") for each in MEASURING])
    return sum(each.size for each in found.statistics("filename"))
