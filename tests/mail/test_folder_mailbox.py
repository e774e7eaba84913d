"""What the folder mailbox adds to the port: files, crashes between calls, and directories that go wrong."""

import errno
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mail.folder import FolderMailbox, deliver, sent_messages
from mail.port import Folder, Lane, MailboxError, Outcome, PermanentMailboxError, TransientMailboxError
from mail.reading import read

NOON = datetime(2020, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)
OUT = b"Message-ID: <1@plans.example>\r\nTo: a@example.org\r\nSubject: x\r\n\r\nbody\r\n"
IN = b"From: a@example.org\r\nSubject: hello\r\n\r\nbody\r\n"


@pytest.fixture
def box(tmp_path: Path) -> FolderMailbox:
    return FolderMailbox(tmp_path)


def test_delivered_message_keeps_its_time_to_the_microsecond(tmp_path: Path, box: FolderMailbox) -> None:
    server_id = deliver(tmp_path, IN, NOON)
    (message,) = box.poll(None).messages
    assert (message.server_id, message.received_at, message.raw, message.folder) == (server_id, NOON, IN, Folder.INBOX)


def test_two_deliveries_of_the_same_bytes_are_two_messages(tmp_path: Path, box: FolderMailbox) -> None:
    assert deliver(tmp_path, IN, NOON) != deliver(tmp_path, IN, NOON)
    assert len(box.poll(None).messages) == 2


def test_check_counts_and_makes_nothing(tmp_path: Path, box: FolderMailbox) -> None:
    deliver(tmp_path, IN, NOON, Folder.JUNK)
    assert box.check() == f"The folder mailbox {tmp_path} is ready: 0 in Inbox and 1 in Junk."
    assert [entry.name for entry in tmp_path.iterdir()] == ["Junk"]


def test_half_written_and_foreign_files_are_not_messages(tmp_path: Path, box: FolderMailbox) -> None:
    deliver(tmp_path, IN, NOON, name="whole.eml")
    for name in (".hidden.eml", "half.eml.tmp", "notes.txt"):
        (tmp_path / "Inbox" / name).write_bytes(b"x")
    assert [message.server_id.split("@")[0] for message in box.poll(None).messages] == ["inbox/whole.eml"]


def test_a_new_message_under_the_name_of_a_filed_one_is_new(tmp_path: Path, box: FolderMailbox) -> None:
    first = deliver(tmp_path, IN, NOON, name="1.eml")
    cursor = box.poll(None).cursor
    box.file(first, Lane.PROCESSED)
    second = deliver(tmp_path, IN + b"more", NOON, name="1.eml")
    box.file(first, Lane.PROCESSED)
    batch = box.poll(cursor)
    assert [message.server_id for message in batch.messages] == [second]
    box.file(second, Lane.PROCESSED)
    assert sorted(path.name for path in (tmp_path / "Processed").iterdir()) == ["1.2.eml", "1.eml"]


def test_cursor_is_bounded_by_what_lies_there(tmp_path: Path, box: FolderMailbox) -> None:
    ids = [deliver(tmp_path, IN, NOON, name=f"{number}.eml") for number in range(3)]
    cursor = box.poll(None).cursor
    for server_id in ids[:2]:
        box.file(server_id, Lane.ATTENTION)
    assert json.loads(box.poll(cursor).cursor) == ids[2:]


def test_a_batch_stops_at_its_size_but_always_has_one(tmp_path: Path, box: FolderMailbox) -> None:
    box.batch_bytes = 100
    for number in range(3):
        deliver(tmp_path, IN + b"x" * 200, NOON, name=f"{number}.eml")
    batch = box.poll(None)
    assert len(batch.messages) == 1
    assert batch.more


@pytest.mark.parametrize("name", ["naïve – ä.eml", "50% 100@x.eml", "a b;c.EML", os.fsdecode(b"\xff\xfe.eml")])
def test_any_file_name_has_a_printable_id_and_can_be_filed(tmp_path: Path, box: FolderMailbox, name: str) -> None:
    server_id = deliver(tmp_path, IN, NOON, name=name)
    assert server_id.isascii()
    assert [message.server_id for message in box.poll(None).messages] == [server_id]
    box.file(server_id, Lane.PROCESSED)
    assert [path.name for path in (tmp_path / "Processed").iterdir()] == [name]


def test_what_is_no_file_becomes_a_message_that_says_so(tmp_path: Path, box: FolderMailbox) -> None:
    deliver(tmp_path, IN, NOON, name="good.eml")
    (tmp_path / "secret").write_text("not for reading")
    (tmp_path / "Inbox" / "link.eml").symlink_to(tmp_path / "secret")
    (tmp_path / "Inbox" / "folder.eml").mkdir()
    os.mkfifo(tmp_path / "Inbox" / "pipe.eml")
    batch = box.poll(None)
    assert len(batch.messages) == 4
    assert sum("is not a regular file" in read(message.raw).text for message in batch.messages) == 3
    assert not any(b"not for reading" in message.raw for message in batch.messages)
    for message in batch.messages:
        box.file(message.server_id, Lane.ATTENTION)
    assert (tmp_path / "Attention" / "link.eml").is_symlink()
    assert box.poll(None).messages == ()


def test_a_message_that_is_too_long_keeps_its_sender_and_thread(tmp_path: Path, box: FolderMailbox) -> None:
    box.message_limit = 1000
    head = (
        b"From: a@example.org\r\nContent-Type: multipart/mixed;\r\n boundary=x\r\nIn-Reply-To: <1@x>\r\nMIME-Version: 1"
    )
    deliver(tmp_path, head + b"\r\n\r\n" + b"x" * 2000, NOON)
    (message,) = box.poll(None).messages
    found = read(message.raw)
    assert (found.sender, found.thread, found.content_types) == ("a@example.org", ("<1@x>",), ("text/plain",))
    assert "more than the 1,000 that are read" in found.text


def test_one_file_that_may_not_be_opened_stops_nothing(
    tmp_path: Path, box: FolderMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, IN, NOON, name="bad.eml")
    deliver(tmp_path, IN, NOON, name="good.eml")
    _opening_fails(monkeypatch, "bad.eml", errno.EACCES)
    bad, good = box.poll(None).messages
    assert "cannot be opened: Permission denied." in read(bad.raw).text
    assert good.raw == IN


def test_a_broken_disk_is_worth_trying_again(
    tmp_path: Path, box: FolderMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, IN, NOON, name="bad.eml")
    _opening_fails(monkeypatch, "bad.eml", errno.EIO)
    with pytest.raises(TransientMailboxError, match="Input/output error"):
        box.poll(None)


def test_a_file_that_goes_away_while_it_is_polled_is_left_out(
    tmp_path: Path, box: FolderMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, IN, NOON, name="gone.eml")
    _opening_fails(monkeypatch, "gone.eml", errno.ENOENT)
    batch = box.poll(None)
    assert (batch.messages, batch.cursor, batch.more) == ((), "[]", False)


def test_a_file_that_grows_while_it_is_read_waits_for_the_next_poll(
    tmp_path: Path, box: FolderMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(tmp_path, IN, NOON, name="growing.eml")
    really_open = os.open

    def growing(path: Path | str, *rest: int) -> int:
        if str(path).endswith("growing.eml"):
            Path(path).write_bytes(IN + b"and more")
        return really_open(path, *rest)

    monkeypatch.setattr(os, "open", growing)
    batch = box.poll(None)
    assert batch.messages == ()
    monkeypatch.undo()
    assert [message.raw for message in box.poll(batch.cursor).messages] == [IN + b"and more"]


def test_a_file_time_before_1970_is_read_and_filed(tmp_path: Path, box: FolderMailbox) -> None:
    deliver(tmp_path, IN, NOON, name="old.eml")
    os.utime(tmp_path / "Inbox" / "old.eml", (-5, -5))
    (message,) = box.poll(None).messages
    assert message.received_at == datetime(1969, 12, 31, 23, 59, 55, tzinfo=UTC)
    box.file(message.server_id, Lane.PROCESSED)
    assert box.poll(None).messages == ()


@pytest.mark.parametrize("cursor", ["", "[1, 2]", "{}", "not json", '["inbox/other.eml@1-1"]'])
def test_a_cursor_that_means_nothing_starts_afresh(tmp_path: Path, box: FolderMailbox, cursor: str) -> None:
    deliver(tmp_path, IN, NOON)
    assert len(box.poll(cursor).messages) == 1


def test_a_missing_root_needs_a_person(tmp_path: Path) -> None:
    box = FolderMailbox(tmp_path / "gone")
    token = "0" * 32 + ".eml"
    for call in (box.check, lambda: box.poll(None), lambda: box.prepare(OUT), lambda: box.send(token)):
        with pytest.raises(PermanentMailboxError, match="does not exist: make it"):
            call()
    with pytest.raises(PermanentMailboxError, match="does not exist"):
        box.lookup("<1@plans.example>", token)
    with pytest.raises(PermanentMailboxError, match="does not exist"):
        box.file("inbox/1.eml@1-1", Lane.PROCESSED)


def test_a_root_that_is_a_file_needs_a_person(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PermanentMailboxError, match="is not a directory"):
        FolderMailbox(tmp_path / "file").check()
    with pytest.raises(PermanentMailboxError):
        deliver(tmp_path / "file", IN, NOON)


def test_a_file_where_a_folder_should_be_needs_a_person(tmp_path: Path, box: FolderMailbox) -> None:
    (tmp_path / "Drafts").write_text("x")
    with pytest.raises(PermanentMailboxError, match="Drafts"):
        box.prepare(OUT)
    (tmp_path / "Inbox").write_text("x")
    with pytest.raises(PermanentMailboxError, match="Inbox"):
        box.poll(None)


def test_a_root_that_cannot_be_written_is_found_by_check(
    tmp_path: Path, box: FolderMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermanentMailboxError, match="cannot be written"):
        box.check()


def test_a_full_disk_is_worth_trying_again_and_leaves_no_draft(
    tmp_path: Path, box: FolderMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TransientMailboxError, match=f"{tmp_path}.*No space left"):
        box.prepare(OUT)
    monkeypatch.undo()
    assert not list((tmp_path / "Drafts").glob("[!.]*"))
    box.send(box.prepare(OUT))


@pytest.mark.parametrize("raw", [b"To: a@example.org\n\nx", b"Message-ID: <1@x>\r\n\r\nx", b""])
def test_a_message_that_cannot_be_followed_or_addressed_is_not_prepared(box: FolderMailbox, raw: bytes) -> None:
    with pytest.raises(PermanentMailboxError):
        box.prepare(raw)


@pytest.mark.parametrize("token", ["", "../../etc/passwd", "0" * 32 + ".eml"])
def test_a_token_that_was_never_given_sends_nothing(tmp_path: Path, box: FolderMailbox, token: str) -> None:
    with pytest.raises(PermanentMailboxError):
        box.send(token)
    assert sent_messages(tmp_path) == []


@pytest.mark.parametrize("server_id", ["", "inbox/../x", "sent/1.eml@1-1", "inbox/..%2Fx@1-1", "inbox/a%00b@1-1"])
def test_an_id_that_is_none_of_ours_moves_nothing(box: FolderMailbox, server_id: str) -> None:
    with pytest.raises(PermanentMailboxError, match="is not the id"):
        box.file(server_id, Lane.PROCESSED)


def test_what_was_sent_is_not_prepared_again(tmp_path: Path, box: FolderMailbox) -> None:
    box.send(box.prepare(OUT))
    with pytest.raises(PermanentMailboxError, match="was sent already"):
        box.prepare(OUT)
    assert len(sent_messages(tmp_path)) == 1


def test_lookup_with_another_token_proves_nothing(box: FolderMailbox) -> None:
    box.prepare(OUT)
    assert box.lookup("<1@plans.example>", "0" * 32 + ".eml") is Outcome.UNKNOWN


def test_a_send_killed_after_the_rename_was_sent(
    tmp_path: Path, box: FolderMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = box.prepare(OUT)

    def killed(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(MailboxError):
        box.send(token)
    monkeypatch.undo()
    assert FolderMailbox(tmp_path).lookup("<1@plans.example>", token) is Outcome.SENT


def test_a_prepare_killed_before_the_rename_left_nothing_to_find(tmp_path: Path, box: FolderMailbox) -> None:
    token = box.prepare(OUT)
    draft = tmp_path / "Drafts" / token
    draft.rename(draft.with_name(f".{token}.tmp"))
    assert box.lookup("<1@plans.example>", token) is Outcome.UNKNOWN
    assert box.prepare(OUT) == token
    assert box.lookup("<1@plans.example>", token) is Outcome.NOT_SENT


def test_a_draft_put_back_beside_its_sent_message_is_not_sent_again(tmp_path: Path, box: FolderMailbox) -> None:
    token = box.prepare(OUT)
    box.send(token)
    (tmp_path / "Drafts" / token).write_bytes(OUT)
    with pytest.raises(PermanentMailboxError, match="sent already"):
        box.send(token)
    assert box.lookup("<1@plans.example>", token) is Outcome.SENT


def test_sent_messages_stand_in_the_order_of_preparing(tmp_path: Path, box: FolderMailbox) -> None:
    tokens = [box.prepare(OUT.replace(b"<1@", f"<{number}@".encode())) for number in range(3)]
    for place, token in enumerate(tokens):
        os.utime(tmp_path / "Drafts" / token, (place, place))
        box.send(token)
    assert [path.name for path in sent_messages(tmp_path)] == tokens


def _opening_fails(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    really_open = os.open

    def refusing(path: Path | str, *rest: int) -> int:
        if str(path).endswith(name):
            raise OSError(number, os.strerror(number), str(path))
        return really_open(path, *rest)

    monkeypatch.setattr(os, "open", refusing)
