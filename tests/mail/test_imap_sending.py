"""Sending by SMTP: what is refused before anything is claimed, and what can be proved afterwards."""

from collections.abc import Iterator

import pytest

from mail.imap import ImapMailbox
from mail.port import Outcome, PermanentMailboxError, TransientMailboxError
from tests.conformance.imap_bench import ADDRESS, Loopback

RAW = (
    b"From: plans@example.gov\r\nTo: sponsor@example.org\r\nMessage-ID: <1@example.gov>\r\nX-Plancycle: 1\r\n\r\n"
    b".one\r\n.two\r\n..\r\n.\r\nlast"
)
ID = "<1@example.gov>"


@pytest.fixture
def loop() -> Iterator[Loopback]:
    loopback = Loopback()
    loopback.start()
    yield loopback
    loopback.stop()


@pytest.fixture
def box(loop: Loopback) -> ImapMailbox:
    return loop.open()


def test_the_envelope_is_tried_with_our_own_address_and_taken_back(loop: Loopback, box: ImapMailbox) -> None:
    box.prepare(RAW)
    assert loop.smtp.envelopes == [("sponsor@example.org", ADDRESS)]
    assert loop.smtp.accepted == []


def test_one_envelope_carries_it_to_the_person_and_to_us(loop: Loopback, box: ImapMailbox) -> None:
    box.send(box.prepare(RAW))
    (envelope,) = loop.smtp.accepted
    assert (envelope.sender, envelope.recipients) == (ADDRESS, ("sponsor@example.org", ADDRESS))


def test_lines_that_begin_with_a_dot_arrive_as_they_are(loop: Loopback, box: ImapMailbox) -> None:
    box.send(box.prepare(RAW))
    assert loop.world == [RAW + b"\r\n"]


def test_bare_line_ends_cannot_end_the_message_early(loop: Loopback, box: ImapMailbox) -> None:
    smuggled = RAW + b"\n.\nMAIL FROM:<ceo@example.gov>\r.\rDATA"
    box.send(box.prepare(smuggled))
    (envelope,) = loop.smtp.accepted
    assert envelope.raw.endswith(b"last\r\n.\r\nMAIL FROM:<ceo@example.gov>\r\n.\r\nDATA\r\n")


def test_a_refused_recipient_needs_a_person_before_anything_is_claimed(loop: Loopback, box: ImapMailbox) -> None:
    loop.smtp.faults.answers["RCPT TO:<sponsor@example.org>"] = "550 5.1.1 not known"
    with pytest.raises(PermanentMailboxError, match=r"refuses the recipient sponsor@example\.org: 550 “5\.1\.1"):
        box.prepare(RAW)
    assert loop.smtp.accepted == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("RCPT TO:<plans@example.gov>", "refuses our own address plans@example.gov, whose copy is the proof"),
        ("MAIL", "does not let us send as plans@example.gov"),
        ("AUTH", "refuses the sign-in"),
    ],
)
def test_trouble_with_the_mailbox_withdraws_no_message(
    loop: Loopback, box: ImapMailbox, command: str, words: str
) -> None:
    loop.smtp.faults.answers[command] = "550 5.7.1 not allowed"
    with pytest.raises(TransientMailboxError, match=words):
        box.prepare(RAW)
    loop.smtp.faults.answers.clear()
    box.send(box.prepare(RAW))
    assert len(loop.world) == 1


def test_a_mailbox_that_cannot_be_read_withdraws_no_message(loop: Loopback, box: ImapMailbox) -> None:
    loop.imap.faults.answers["AUTHENTICATE"] = "NO [AUTHENTICATIONFAILED] no"
    with pytest.raises(TransientMailboxError, match="Check the user name and the secret"):
        box.prepare(RAW)


def test_a_message_too_large_for_the_envelope_is_refused(loop: Loopback, box: ImapMailbox) -> None:
    loop.smtp.faults.answers["MAIL"] = "552 5.3.4 too large"
    with pytest.raises(PermanentMailboxError, match="too large"):
        box.prepare(RAW)


def test_a_busy_server_is_asked_again(loop: Loopback, box: ImapMailbox) -> None:
    loop.smtp.faults.answers["RCPT"] = "450 4.2.0 greylisted"
    with pytest.raises(TransientMailboxError, match="greylisted"):
        box.prepare(RAW)
    loop.smtp.faults.answers.clear()
    box.send(box.prepare(RAW))
    assert len(loop.world) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "MESSAGE"])
@pytest.mark.parametrize(
    ("reply", "kind"), [("554 5.7.1 no", PermanentMailboxError), ("452 4.3.1 full", TransientMailboxError)]
)
def test_what_the_server_refuses_while_sending_was_not_sent(
    loop: Loopback, box: ImapMailbox, command: str, reply: str, kind: type[Exception]
) -> None:
    token = box.prepare(RAW)
    loop.smtp.faults.answers[command] = reply
    with pytest.raises(kind, match=reply[4:]):
        box.send(token)
    assert box.lookup(ID, token) is Outcome.NOT_SENT
    assert loop.open().lookup(ID, token) is Outcome.UNKNOWN
    loop.smtp.faults.answers.clear()
    with pytest.raises(PermanentMailboxError, match="cannot go under this token any more"):
        box.send(token)
    assert loop.world == []


@pytest.mark.parametrize(
    "reply", ["421 4.3.2 closing", "451 4.4.2 lost the relay", "554 5.4.0 lost it", "354 go on", "99"]
)
def test_an_answer_that_proves_nothing_leaves_it_unknown(loop: Loopback, box: ImapMailbox, reply: str) -> None:
    token = box.prepare(RAW)
    loop.smtp.faults.answers["MESSAGE"] = reply
    with pytest.raises((TransientMailboxError, PermanentMailboxError)):
        box.send(token)
    assert box.lookup(ID, token) is Outcome.UNKNOWN


def test_a_message_refused_for_what_it_says_is_refused_when_it_is_prepared_again(
    loop: Loopback, box: ImapMailbox
) -> None:
    token = box.prepare(RAW)
    loop.smtp.faults.answers["MESSAGE"] = "554 5.7.1 looks like spam"
    with pytest.raises(PermanentMailboxError):
        box.send(token)
    with pytest.raises(PermanentMailboxError, match="looks like spam"):
        box.prepare(RAW)
    loop.smtp.faults.answers.clear()
    box.send(box.prepare(RAW.replace(b"<1@", b"<2@")))


def test_a_message_above_the_server_s_limit_is_refused_before_it_is_sent(loop: Loopback, box: ImapMailbox) -> None:
    loop.smtp.size = 100
    with pytest.raises(PermanentMailboxError, match="takes 100 at most"):
        box.prepare(RAW)


def test_what_was_sent_is_not_prepared_again_here_nor_by_a_later_process(loop: Loopback, box: ImapMailbox) -> None:
    box.send(box.prepare(RAW))
    for sender in (box, loop.open()):
        with pytest.raises(PermanentMailboxError, match="was sent already"):
            sender.prepare(RAW)
    loop.imap.shelves["INBOX"].kept.clear()
    with pytest.raises(PermanentMailboxError, match="was sent already"):
        box.prepare(RAW)


def test_the_server_s_word_is_proof_while_the_copy_is_on_its_way(loop: Loopback, box: ImapMailbox) -> None:
    token = box.prepare(RAW)
    box.send(token)
    loop.imap.shelves["INBOX"].kept.clear()
    assert box.lookup(ID, token) is Outcome.SENT
    assert loop.open().lookup(ID, token) is Outcome.UNKNOWN


def test_a_superseded_token_does_not_deny_what_its_successor_sent(loop: Loopback, box: ImapMailbox) -> None:
    first = box.prepare(RAW)
    second = box.prepare(RAW)
    assert box.lookup(ID, first) is Outcome.NOT_SENT
    box.send(second)
    loop.imap.shelves["INBOX"].kept.clear()
    assert box.lookup(ID, first) is Outcome.SENT


def test_only_a_few_prepared_messages_are_kept(loop: Loopback, box: ImapMailbox) -> None:
    tokens = [box.prepare(RAW.replace(b"<1@", f"<{number}@".encode())) for number in range(6)]
    for token in tokens[:2]:
        with pytest.raises(PermanentMailboxError, match="others were prepared since"):
            box.send(token)
    for token in tokens[2:]:
        box.send(token)
    assert len(loop.world) == 4


@pytest.mark.parametrize(
    "raw",
    [
        b"To: a@example.org\r\n\r\nx",
        b"Message-ID: <1@x>\r\n\r\nx",
        b"Message-ID: <1@x>\r\nBcc: a@example.org\r\n\r\nx",
        "Message-ID: <1@x>\r\nTo: ü@example.org\r\n\r\nx".encode(),
        b"",
    ],
)
def test_a_message_that_cannot_be_followed_or_addressed_is_not_prepared(
    loop: Loopback, box: ImapMailbox, raw: bytes
) -> None:
    with pytest.raises(PermanentMailboxError):
        box.prepare(raw)
    assert loop.smtp.envelopes == []


@pytest.mark.parametrize("token", ["", "smtp/0000", "../../etc/passwd"])
def test_a_token_that_was_never_given_sends_nothing(loop: Loopback, box: ImapMailbox, token: str) -> None:
    with pytest.raises(PermanentMailboxError, match="prepare it first"):
        box.send(token)
    assert loop.smtp.accepted == []


def test_one_connection_is_reused_and_made_again_when_it_was_lost(loop: Loopback, box: ImapMailbox) -> None:
    box.send(box.prepare(RAW))
    assert (loop.imap.connections, loop.smtp.connections) == (1, 1)
    loop.smtp.faults.answers["NOOP"] = "421 too long idle"
    box.send(box.prepare(RAW.replace(b"<1@", b"<2@")))
    assert loop.smtp.connections > 1
    assert len(loop.world) == 2


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "LOGIN XOAUTH2"])
def test_plain_sign_in_takes_what_the_server_offers(loop: Loopback, box: ImapMailbox, mechanisms: str) -> None:
    loop.smtp.mechanisms = mechanisms
    assert box.check()


def test_a_server_without_a_sign_in_is_probably_the_wrong_port(loop: Loopback, box: ImapMailbox) -> None:
    loop.smtp.users = None
    with pytest.raises(PermanentMailboxError, match=r"it offers nothing.*465 or 587"):
        box.check()
