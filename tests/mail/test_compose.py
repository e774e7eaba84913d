"""A letter and its bytes: the same every time, and understood by others as it was meant."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mail.compose import UnsendableLetterError, compose, composed
from mail.letter import Attachment, Letter
from mail.reading import read

LETTER = Letter(
    from_address="plans@example.gov",
    from_name="Planning team",
    to_address="morag.reid@example.org",
    to_name="Reid, Mòrag",
    subject="Strategic Plan update 4 – Big Actions 2 and 3 – due Fri 31 Jan",
    text="Please return them by the end of Friday 31 January.\n",
    html="<p>Please return them.</p>",
    message_id="<abc.1@example.gov>",
    date=datetime(2020, 1, 10, 9, 0, tzinfo=UTC),
    attachments=(Attachment("Big Action 3.xlsx", bytes(range(256)), "application/zip"),),
    in_reply_to="<issue@example.gov>",
    references=("<issue@example.gov>", "<reminder@example.gov>"),
)

line = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=120)
names = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"), exclude_characters='/\\"'), min_size=1)
# The standard parser reads runs of spaces in a display name as one.
display = line.map(lambda text: " ".join(text.split()))
body = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\x85"), max_size=400)
files = st.builds(
    Attachment,
    name=names.filter(lambda name: len(name.encode()) <= 250 and name.strip() == name),
    content=st.binary(max_size=2000),
    media_type=st.sampled_from(["application/pdf", "text/csv", "message/rfc822", "multipart/mixed", "image/png"]),
)
letters = st.builds(
    replace,
    st.just(LETTER),
    subject=line.map(str.strip),
    from_name=display,
    to_name=display,
    text=body,
    html=body.filter(bool),
    attachments=st.lists(files, max_size=3).map(tuple),
)


def parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(letter=letters)
def test_the_standard_parser_reads_back_what_was_written(letter: Letter) -> None:
    raw = compose(letter)
    message = parsed(raw)
    assert str(message["Subject"]) == letter.subject
    assert message["From"].addresses[0].addr_spec == letter.from_address
    assert _display_name(raw) == letter.to_name
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert _unix(plain.get_content()) == letter.text
    assert _unix(html.get_content()) == letter.html
    found = [part for part in message.walk() if part.get_content_disposition() == "attachment"]
    assert [part.get_filename() for part in found] == [file.name for file in letter.attachments]
    assert [part.get_payload(decode=True) for part in found] == [file.content for file in letter.attachments]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(letter=letters)
def test_our_own_reader_reads_back_what_was_written(letter: Letter) -> None:
    raw = compose(letter)
    found = read(raw)
    assert found.sender_name == " ".join(letter.from_name.split())[:200]
    assert found.thread == letter.references
    assert [(file.name, file.content) for file in found.attachments] == [
        (" ".join(file.name.split()) if len(file.name) <= 200 else file.name[:190] + file.name[-10:], file.content)
        for file in letter.attachments
    ]


def test_the_pieces_of_a_letter_are_the_letter() -> None:
    large = Attachment("Papers.xlsx", bytes(range(256)) * 1_000, "application/zip")
    letter = replace(LETTER, attachments=(*LETTER.attachments, large))
    other = replace(letter, to_address="ann@example.org", message_id="<abc.2@example.gov>", attachments=(large,))
    pieces, others = composed(letter), composed(other)
    assert (b"".join(pieces), b"".join(others)) == (compose(letter), compose(other))
    longest = max(pieces, key=len)
    assert longest is max(others, key=len)
    assert parsed(compose(other)).get_payload()[1].get_payload() == longest.decode()  # type: ignore[index,union-attr]
    assert max(len(piece) for piece in pieces if piece is not longest) < 1_000


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(letter=letters)
def test_every_line_is_short_ascii_and_ends_as_lines_on_the_wire_do(letter: Letter) -> None:
    raw = compose(letter)
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) < 998
    assert not any(b"\r" in each or b"\n" in each for each in lines)
    assert compose(letter) == raw


def test_the_headers_ask_for_no_absence_notice_but_let_bounces_come_back() -> None:
    message = parsed(compose(LETTER))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["X-Plancycle"] == "1"
    assert message["Date"].datetime == LETTER.date
    assert message["In-Reply-To"] == LETTER.in_reply_to
    assert message["References"].split() == list(LETTER.references)


def test_the_parts_are_arranged_as_mail_programs_expect() -> None:
    types = [part.get_content_type() for part in parsed(compose(LETTER)).walk()]
    assert types == ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/zip"]
    bare = replace(LETTER, attachments=(), html="", in_reply_to=None, references=())
    assert [part.get_content_type() for part in parsed(compose(bare)).walk()] == ["multipart/alternative", "text/plain"]
    assert "In-Reply-To" not in parsed(compose(bare))


def test_a_name_outside_ascii_is_written_for_old_and_new_readers() -> None:
    raw = compose(replace(LETTER, attachments=(Attachment("gnìomh.xlsx", b"x", "application/zip"),)))
    assert b'\r\n name="=?utf-8?b?Z27DrG9taC54bHN4?="' in raw
    assert b"\r\n filename*=utf-8''gn%C3%AComh.xlsx" in raw


def test_a_long_plain_subject_is_folded_not_encoded() -> None:
    subject = "Plan update " * 12 + "end"
    raw = compose(replace(LETTER, subject=subject))
    assert b"=?" not in raw.split(b"Subject:")[1].split(b"Message-ID")[0]
    assert parsed(raw)["Subject"] == subject


@pytest.mark.parametrize("control", ["\r\nBcc: x@example.com", "\n", "\r", "\x00", "\u2028", "\x85", "\ud800"])
@pytest.mark.parametrize("part", ["subject", "to_name", "from_name", "to_address", "message_id", "in_reply_to"])
def test_a_control_character_in_a_header_is_refused(part: str, control: str) -> None:
    value = getattr(LETTER, part)
    with pytest.raises(UnsendableLetterError, match="control character"):
        compose(replace(LETTER, **{part: value[:-1] + control + value[-1:]}))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"to_address": "no address"}, "The To address"),
        ({"to_address": "a@example.org,b@example.org"}, "The To address"),
        ({"to_address": "mòrag@example.org"}, "in ASCII"),
        ({"from_address": ""}, "The From address"),
        ({"message_id": "abc"}, "not a Message-ID"),
        ({"references": ("<a b@x>",)}, "The References"),
        ({"references": ("<a@x>\n",)}, "control character"),
        ({"date": datetime(2020, 1, 10)}, "no time zone"),  # noqa: DTZ001
        ({"attachments": (Attachment("", b"", "a/b"),)}, "has 0 bytes"),
        ({"attachments": (Attachment("x" * 256, b"", "a/b"),)}, "has 256 bytes"),
        ({"attachments": (Attachment("a\nb", b"", "a/b"),)}, "control character"),
        ({"attachments": (Attachment("a", b"", "a/b\r\nX: y"),)}, "media type"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_sentence(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(UnsendableLetterError, match=sentence):
        compose(replace(LETTER, **change))  # type: ignore[arg-type]


def test_lone_surrogates_in_the_text_do_not_stop_a_letter() -> None:
    assert b"a?b" in compose(replace(LETTER, text="a\ud800b"))


def test_composing_is_several_times_faster_than_building_an_email_message() -> None:
    letter = replace(LETTER, attachments=(Attachment("plan.xlsx", Random(1).randbytes(50_000), "application/zip"),))
    ours = min(_seconds(lambda: compose(letter)) for _ in range(9))
    theirs = min(_seconds(lambda: _email_message(letter)) for _ in range(3))
    assert ours < theirs


def _email_message(letter: Letter) -> bytes:
    message = EmailMessage()
    message["Subject"] = letter.subject
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    message.add_attachment(letter.attachments[0].content, "application", "zip", filename="plan.xlsx")
    return message.as_bytes(policy=policy.SMTP)


def _seconds(act: object) -> float:
    assert callable(act)
    begin = time.process_time()
    act()
    return time.process_time() - begin


def _display_name(raw: bytes) -> str:
    """Read as most programs do: EmailMessage of this Python puts spaces between the encoded words of a phrase."""
    name, _ = parseaddr(message_from_bytes(raw)["To"])
    return " ".join(str(make_header(decode_header(name))).split())


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")
