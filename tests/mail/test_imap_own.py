"""Which arrivals are our own copies, and what stands in for a message that is not handed over."""

import pytest

from mail.imap_own import is_our_copy, stand_in
from mail.reading import read

OURS = "plans@example.gov"
COPY = (
    b"Return-Path: <plans@example.gov>\r\nReceived: from a by b; Fri, 31 Jan 2020 12:00:00 +0000\r\n"
    b'From: "Planning team"\r\n <Plans@Example.gov>\r\nX-Plancycle: 1\r\nSubject: x\r\n\r\nbody\r\n'
)


def test_a_copy_that_the_mail_system_brought_back_is_ours() -> None:
    assert is_our_copy(COPY, OURS)
    assert is_our_copy(COPY.replace(b"Return-Path: <plans@example.gov>\r\n", b""), OURS)


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (b"X-Plancycle: 1\r\n", b""),
        (b"Received: from a by b; Fri, 31 Jan 2020 12:00:00 +0000\r\n", b""),
        (b"Return-Path: <plans@example.gov>", b"Return-Path: <forwarder@example.org>"),
        (b"Return-Path: <plans@example.gov>", b"Return-Path: <>"),
        (b"<Plans@Example.gov>", b"<sponsor@example.org>"),
        (b"<Plans@Example.gov>", b"<plans@example.gov>, other@example.org"),
        (b"X-Plancycle: 1\r\nSubject: x\r\n\r\n", b"Subject: x\r\n\r\nX-Plancycle: 1\r\n"),
    ],
)
def test_what_differs_in_any_of_it_is_an_arrival(there: bytes, instead: bytes) -> None:
    assert there in COPY
    assert not is_our_copy(COPY.replace(there, instead), OURS)


def test_a_stand_in_keeps_the_header_lines_and_says_why() -> None:
    start = b"From: a@example.org\r\nContent-Type: multipart/mixed;\r\n boundary=x\r\nIn-Reply-To: <1@x>\r\n\r\n--x\r\n"
    found = read(stand_in(start, "It is too long."))
    assert (found.sender, found.thread, found.text.strip()) == ("a@example.org", ("<1@x>",), "It is too long.")
    assert found.content_types == ("text/plain",)


@pytest.mark.parametrize("start", [b"", b"From: a@example.org\r\nSubject: cut in the midd", b"\x00"])
def test_a_stand_in_is_readable_whatever_it_begins_with(start: bytes) -> None:
    assert read(stand_in(start, "It is too long.")).text.strip() == "It is too long."
