"""Reading what really arrives: a corpus of awkward messages, hostile ones, and bytes at random."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.letter import Message
from mail.reading import Limits, UnreadableMessageError, read

SAMPLES = Path(__file__).parents[1] / "data" / "mail"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.eml"))
FILE = b"PK\x03\x04 a small file"


def sample(name: str) -> Message:
    return read((SAMPLES / f"{name}.eml").read_bytes())


def outcome(raw: bytes) -> Message | str:
    """The message, or the sentence that refuses it; anything else fails the test."""
    try:
        return read(raw)
    except UnreadableMessageError as error:
        return str(error)


def files(name: str) -> list[str]:
    return [attachment.name for attachment in sample(name).attachments]


@pytest.mark.parametrize("name", NAMES)
def test_every_sample_is_read(name: str) -> None:
    message = sample(name)
    assert all(attachment.name for attachment in message.attachments)
    assert "\x00" not in message.text + message.subject


@pytest.mark.parametrize("name", ["no-boundary-parameter", "never-closed"])
def test_a_broken_frame_still_gives_its_words_and_file(name: str) -> None:
    message = sample(name)
    assert message.text.strip() == "3.2 Amber – contractor delayed"
    assert [(each.name, each.content) for each in message.attachments] == [("BA3.xlsx", FILE)]


def test_a_frame_without_parts_is_text() -> None:
    assert sample("boundary-never-appears").text.strip() == "3.2 Amber – no parts here"


def test_charsets_that_are_unknown_wrong_or_missing() -> None:
    assert sample("unknown-charset").text.strip() == "3.2 Amber – contractor delayed"
    assert sample("charset-that-is-a-codec").text.strip() == r"C:\new\x path"
    assert sample("windows-1252-without-charset").text.strip() == "Costs £3m – “late”"


def test_odd_address_headers() -> None:
    message = sample("odd-addresses")
    assert (message.sender, message.sender_name) == ("morag.reid@example.org", "Reid, Morag (Head of Health)")
    assert message.recipients == ("second@example.org", "third@example.org")


def test_nobody_is_guessed_among_several_senders() -> None:
    assert sample("two-senders").sender == ""
    assert read(b"From: a@example.org, b@example.org\n\nx").sender == ""
    assert read(b"From: <a@example.org> <b@example.org>\n\nx").sender == ""
    assert read(b'From: "a"b@example.org\n\nx').sender == ""


def test_a_display_name_is_never_an_address() -> None:
    message = sample("address-in-display-name")
    assert (message.sender, message.sender_name) == ("intruder@example.com", "morag.reid@example.org")


def test_a_group_of_recipients() -> None:
    assert read(b"To: Team: a@example.org, B <b@example.org>;\n\nx").recipients == ("a@example.org", "b@example.org")


def test_headers_outside_ascii() -> None:
    assert (sample("eight-bit-headers").subject, sample("eight-bit-headers").sender_name) == (
        "Plana gnìomh",
        "Mòrag Reid",
    )
    message = sample("encoded-headers")
    assert message.sender_name == "Mòrag"
    assert message.subject == "Re: Plàna 4 –end =?utf-8?b?broken?"


def test_duplicated_headers_are_all_kept_and_the_first_counts() -> None:
    message = sample("duplicated-headers")
    assert (message.subject, message.message_id, message.sender) == ("first", "<one@x>", "a@example.org")
    assert message.headers["subject"] == ("first", "second")


def test_no_headers_and_only_headers() -> None:
    assert sample("no-headers").text == "Just some words without any header.\nA second line.\n"
    assert (sample("only-headers").subject, sample("only-headers").text) == ("only headers", "")
    assert sample("header-without-colon").text.startswith("this line is no header")
    assert sample("mbox-envelope").subject == sample("bare-line-feeds").subject == "Plan update 4"


def test_names_of_files_in_every_notation() -> None:
    assert files("rfc2231-names") == ["Plana gnìomh 3.xlsx", "£ costs.xlsx", "plàna.xlsx"]
    assert files("names-with-paths") == ["BA3: Jan.xlsx", "BA4.xlsx"]
    assert files("files-without-names") == ["attachment-2.xlsx", "attachment-3.png", "attachment-4", "attachment-5"]


def test_a_very_long_name_keeps_its_ending() -> None:
    raw = b'Content-Type: application/x; name="' + b"n" * 500 + b'.xlsx"\n\nx'
    (attachment,) = read(raw).attachments
    assert len(attachment.name) == 200
    assert attachment.name.endswith(".xlsx")


def test_tnef_is_kept_as_a_file() -> None:
    assert [(each.name, each.media_type) for each in sample("winmail").attachments] == [
        ("winmail.dat", "application/ms-tnef")
    ]


def test_apple_mail_puts_files_between_the_words() -> None:
    message = sample("apple-mail-inline")
    assert message.text.split("\n") == ["3.2 Amber – contractor delayed", "Second half."]
    assert files("apple-mail-inline") == ["BA3.xlsx", "notes.txt"]


def test_thread_ids_with_commas_folds_and_rubbish() -> None:
    assert sample("references-with-commas").thread == ("<one@x>", "<two@x>", "<three@x>", "<four@x>")


@pytest.mark.parametrize("name", ["forwarded-with-file", "forwarded-as-base64", "digest"])
def test_a_forwarded_message_gives_its_files_and_thread_but_not_its_words(name: str) -> None:
    message = sample(name)
    assert [(each.name, each.content) for each in message.attachments] == [("inner.xlsx", FILE)]
    assert message.thread == ("<inner@x>", "<issue@example.gov>", "<older@example.gov>")
    assert "Inner words" not in message.text


def test_a_signed_message_is_its_content_without_the_signature() -> None:
    assert files("signed") == ["BA3.xlsx"]
    assert sample("signed").text.strip() == "3.2 Amber – contractor delayed"


def test_html_is_reduced_to_lines() -> None:
    assert sample("html-only").text.split("\n") == [
        "3.2 Amber – late",
        "Second line",
        "a \tb <c>",
        "- one",
        "- two",
        "> Quoted",
        "a",
        "  b",
    ]


def test_the_best_of_alternatives() -> None:
    assert sample("blank-plain-beside-html").text == "The words."
    assert sample("html-with-plain-footer").text == "The words.\nA disclaimer."


def test_broken_transfer_encodings_give_what_can_be_had() -> None:
    (attachment,) = sample("broken-base64").attachments
    assert attachment.content.startswith(FILE[:-3])
    assert sample("broken-quoted-printable").text.startswith("Contractor delayed – soft break =ZZ")


def test_dates() -> None:
    assert sample("no-boundary-parameter").date == datetime(2020, 1, 31, 14, 12, tzinfo=UTC)
    assert sample("date-without-zone").date == datetime(2020, 1, 31, 14, 12, tzinfo=UTC)
    assert sample("dates-that-are-none").date is None


def test_message_ids_without_brackets_or_content() -> None:
    assert sample("dates-that-are-none").message_id == "<no-brackets@x>"
    assert sample("date-without-zone").message_id == ""


def test_controls_and_lone_surrogates_are_dropped() -> None:
    message = sample("controls")
    assert message.subject == "abc"
    message.text.encode()


def test_content_types_are_those_of_the_message_itself() -> None:
    assert sample("forwarded-with-file").content_types == ("multipart/mixed", "text/plain", "message/rfc822")


def test_a_forwarded_delivery_report_is_not_this_message_s() -> None:
    assert files("bounce-forwarded-by-a-person") == []


# What is over a limit, and what is meant to take long.


@pytest.mark.parametrize(
    ("raw", "limits", "sentence"),
    [
        (b"", Limits(), "empty"),
        (b" \r\n\t", Limits(), "empty"),
        (b"x" * 11, Limits(size=10), "11 bytes, more than the 10"),
        (b"A: " + b"x" * 100, Limits(header_bytes=50), "headers"),
        (b"A: x\n" * 20, Limits(header_lines=10), "headers"),
    ],
)
def test_limits_are_named(raw: bytes, limits: Limits, sentence: str) -> None:
    with pytest.raises(UnreadableMessageError, match=sentence):
        read(raw, limits)


def nested(depth: int) -> bytes:
    return b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)) + b"\nx"


def test_sixty_levels_are_refused_and_twenty_read() -> None:
    with pytest.raises(UnreadableMessageError, match="30 deep"):
        read(nested(60))
    assert read(nested(20)).text == "x"


def test_sixty_messages_within_messages_are_refused() -> None:
    with pytest.raises(UnreadableMessageError, match="30 deep"):
        read(b"Content-Type: message/rfc822\n\n" * 60 + b"\nx")


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(UnreadableMessageError, match="500 parts"):
        read(b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 600)


MEGABYTE = 1024 * 1024
HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty lines": lambda: b"From: a@example.org\n\n" + b"\n" * (20 * MEGABYTE),
    "nested empty lines": lambda: nested(29)[:-2] + b"Content-Type: application/x\n\n" + b"\n" * (20 * MEGABYTE),
    "nearly delimiters": lambda: nested(29) + b"\n--b" * (2 * MEGABYTE),
    "dashes": lambda: nested(29) + b"-" * (20 * MEGABYTE),
    "delimiters inside lines": lambda: b"Content-Type: multipart/mixed; boundary=b\n\n" + b"x--b" * (2 * MEGABYTE),
    "huge header": lambda: b"Subject: " + b"x" * (20 * MEGABYTE),
    "many headers": lambda: b"a:\n" * MEGABYTE,
    "folded header": lambda: b"Subject: x\n" + b" \n" * MEGABYTE,
    "quotes in a parameter": lambda: b"Content-Type: text/plain; " + b'a=";' * 100_000 + b"\n\nx",
    "parameters": lambda: b"Content-Type: text/plain" + b"; a*0=x" * 60_000 + b"\n\nx",
    "addresses": lambda: b"From: " + b'"\\' * 200_000 + b"\n\nx",
    "comments": lambda: b"From: " + b"(" * 400_000 + b"\n\nx",
    "encoded words": lambda: b"Subject: " + b"=?a?b?" * 60_000 + b"\nFrom: " + b"=?a?q?" * 20_000 + b"\n\nx",
    "references": lambda: b"References: " + b"<" * 200_000 + b"<a>" * 90_000 + b"\n\nx",
    "base64": lambda: b"Content-Type: application/x\nContent-Transfer-Encoding: base64\n\n" + b"A=\n" * (3 * MEGABYTE),
    "html tags": lambda: b"Content-Type: text/html\n\n" + b"<a " * (2 * MEGABYTE),
    "html attributes": lambda: b"Content-Type: text/html\n\n" + b"<a b='" * MEGABYTE,
    "html comments": lambda: b"Content-Type: text/html\n\n" + b"<!--" * MEGABYTE,
    "html scripts": lambda: b"Content-Type: text/html\n\n" + b"<script></" * MEGABYTE,
    "html bold": lambda: b"Content-Type: text/html\n\n" + b"<b>x" * MEGABYTE,
    "html quotes": lambda: b"Content-Type: text/html\n\n" + b"<blockquote>" * (MEGABYTE // 4),
    "html cells": lambda: b"Content-Type: text/html\n\n" + b"<td>" * MEGABYTE,
    "html pre": lambda: b"Content-Type: text/html\n\n<pre>" + b"x\n" * MEGABYTE,
    "html entities": lambda: b"Content-Type: text/html\n\n" + b"&#x" * MEGABYTE,
    "many pages": lambda: (
        b"Content-Type: multipart/mixed; boundary=b\n\n"
        + (b"--b\nContent-Type: text/html\n\n" + b"<p>" * 25_000 + b"\n") * 400
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_message_takes_long(kind: str) -> None:
    raw = HOSTILE[kind]()
    begin = time.process_time()
    outcome(raw)
    assert time.process_time() - begin < 4


# Bytes at random, and pieces of real messages put together at random.

PIECES = [
    *(f"{name}: " for name in ("From", "To", "Subject", "Date", "Content-Type", "References", "Message-ID")),
    "multipart/mixed; boundary=b",
    "multipart/alternative; boundary=",
    "message/rfc822",
    "text/html; charset=utf-7",
    "text/plain; charset=idna; name*0*=utf-16'x'%ff%fe; name*1=y",
    "Content-Transfer-Encoding: base64\n",
    "Content-Transfer-Encoding: quoted-printable\n",
    "Content-Disposition: inline; filename*=x-none''%ff\n",
    "--b\n", "--b--\n", "\n", "\n\n", "\r\n", "=", "=?utf-8?b?/w==?=", "<a@b>", "<p", "&#1;", "\"", "(", "\\", "é",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(raw=st.binary(max_size=600) | st.lists(st.sampled_from(PIECES), max_size=40).map(lambda p: "".join(p).encode()))
def test_whatever_the_bytes_a_message_or_a_sentence_comes_back(raw: bytes) -> None:
    found = outcome(raw)
    if isinstance(found, str):
        assert found.endswith(".")
    else:
        assert "\x00" not in found.text
        assert found.text.encode().decode() == found.text


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(NAMES), at=st.integers(0, 3000), length=st.integers(0, 60), put=st.binary(max_size=8))
def test_a_damaged_sample_is_still_read(name: str, at: int, length: int, put: bytes) -> None:
    raw = (SAMPLES / f"{name}.eml").read_bytes()
    damaged = raw[:at] + put + raw[at + length :]
    assert isinstance(read(damaged or b"x"), Message)


# A name that is written whole and in pieces at once is what the standard library's parser dies of.
PARAMETERS = [
    b"; filename*=utf-8''a.pdf; filename*0=\"b.pdf\"", b"; name*0*=utf-8''%ff; name=x", b"; charset*=x''%00",
    b"; charset*1=y; charset=utf-7", b"; boundary=\"", b"; boundary*0=b; boundary*=''c", b"=?utf-8?q?=ff?=",
    b"=?x?b?!!?=", b";", b"\"", b"<@,;:>", b"\r\n ", b"\n\n", b"\x00", b"\xff\xfe",
    b"\nContent-Disposition: attachment", b"\nContent-Type: multipart/mixed; boundary=b", b"\nFrom: a@b",
    b"\nDate: Mon, 99 Foo 99999 99:99:99 +9999", b"\nContent-Transfer-Encoding: base64",
]  # fmt: skip


def mutated(raw: bytes, dice: random.Random) -> bytes:
    """A message with a few bytes put in, taken out, turned over or said twice, at line ends more often than not."""
    data = bytearray(raw)
    for _ in range(dice.randrange(1, 5)):
        ends = [at for at, byte in enumerate(data) if byte == 10] or [0]
        at = dice.choice([dice.choice(ends), dice.randrange(len(data) + 1)])
        what = dice.randrange(5)
        if what < 2:
            data[at:at] = dice.choice(PARAMETERS)
        elif what == 2:
            del data[at : at + dice.randrange(60)]
        elif what == 3:
            data[at : at + 1] = bytes([dice.randrange(256)])
        else:
            data[at:at] = data[max(0, at - dice.randrange(200)) : at]
    return bytes(data)


def test_of_thousands_of_mutations_each_is_read_or_refused_in_a_sentence() -> None:
    samples = [(SAMPLES / f"{name}.eml").read_bytes() for name in NAMES]
    dice = random.Random(20191120)
    found = [outcome(mutated(dice.choice(samples), dice)) for _ in range(3000)]
    assert sum(isinstance(each, Message) for each in found) > 2900
    assert all(each.endswith(".") for each in found if isinstance(each, str))


def test_a_name_that_is_written_whole_and_in_pieces_costs_the_name_and_not_the_file() -> None:
    disposition = b"Content-Disposition: attachment; filename*=utf-8''a.pdf; filename*0=\"b.pdf\""
    message = read(b"From: a@example.org\nContent-Type: application/pdf\n" + disposition + b"\n\nhello")
    assert [(each.name, each.content) for each in message.attachments] == [("attachment-1.pdf", b"hello")]


def test_whatever_the_parser_dies_of_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(value: str) -> datetime:
        raise RuntimeError(f"no date in {value}")

    monkeypatch.setattr("mail.reading.parsedate_to_datetime", broken)
    with pytest.raises(UnreadableMessageError, match="malformed in a way that is not read"):
        read(b"From: a@example.org\nDate: today\n\nhello")


@settings(max_examples=100, deadline=None)
@given(
    subject=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=100),
    name=st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\"), min_size=1, max_size=80),
    content=st.binary(max_size=500),
    text=st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" \n"), max_size=300),
)
def test_what_the_standard_library_writes_is_read(subject: str, name: str, content: bytes, text: str) -> None:
    written = EmailMessage()
    written["From"] = "Morag Reid <morag.reid@example.org>"
    written["Subject"] = subject.strip()
    written.set_content(text)
    written.add_attachment(content, "application", "x-form", filename=name)
    message = read(written.as_bytes(policy=policy.SMTP))
    assert [(each.name, each.content) for each in message.attachments] == [(name, content)]
    assert message.text.rstrip("\n") == (text.rstrip("\n") if text.strip() else "")
    assert message.sender == "morag.reid@example.org"
    assert "".join(message.subject.split()) == "".join(subject.split())
