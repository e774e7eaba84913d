"""People and machines told apart."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.compose import compose
from mail.letter import Letter, Message
from mail.nature import Kind, Nature, authentication_failed, nature
from mail.reading import read

SAMPLES = Path(__file__).parents[1] / "data" / "mail"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.eml"))


def sample(name: str) -> Message:
    return read((SAMPLES / f"{name}.eml").read_bytes())


def of(raw: str, item_class: str | None = None, **extra: str) -> Nature:
    return nature(read(raw.encode()), item_class, {name.replace("_", "-"): value for name, value in extra.items()})


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("bounce-postfix", Kind.BOUNCE, "bounce"),
        ("bounce-headers-only", Kind.BOUNCE, "bounce"),
        ("bounce-delayed", Kind.BOUNCE, "delayed"),
        ("bounce-qmail", Kind.BOUNCE, "bounce"),
        ("bounce-mute", Kind.BOUNCE, "bounce"),
        ("bounce-forwarded-by-a-person", Kind.PERSON, "person"),
        ("absence-exchange", Kind.ABSENCE, "absence"),
        ("absence-plain", Kind.ABSENCE, "absence"),
        ("human-reply-from-phone", Kind.PERSON, "person"),
        ("receipt", Kind.MACHINE, "receipt"),
        ("complaint", Kind.MACHINE, "complaint"),
        ("meeting-reply", Kind.MACHINE, "meeting"),
        ("forwarded-with-file", Kind.PERSON, "person"),
        ("signed", Kind.PERSON, "person"),
    ],
)
def test_samples(name: str, kind: Kind, code: str) -> None:
    found = nature(sample(name), None, {})
    assert (found.kind, found.code) == (kind, code)
    assert found.reason.endswith(".")


@pytest.mark.parametrize(
    ("name", "recipients", "status", "about"),
    [
        ("bounce-postfix", ("gone@example.org",), "5.1.1", ("<issue.1@example.gov>",)),
        ("bounce-headers-only", ("full@example.org",), "4.2.2", ("<issue.2@example.gov>",)),
        ("bounce-delayed", ("slow@example.org",), "", ("<issue.3@example.gov>",)),
        ("bounce-qmail", ("gone@example.org",), "5.0.0", ()),
        ("bounce-mute", ("gone@example.org", "too@example.org"), "", ()),
    ],
)
def test_what_a_bounce_is_about(name: str, recipients: tuple[str, ...], status: str, about: tuple[str, ...]) -> None:
    found = nature(sample(name), None, {})
    assert (found.recipients, found.status, found.about) == (recipients, status, about)


def test_an_absence_says_what_it_answers() -> None:
    assert nature(sample("absence-plain"), None, {}).about == ("<issue.1@example.gov>",)


@pytest.mark.parametrize(
    ("item_class", "code"),
    [
        ("REPORT.IPM.Note.NDR", "bounce"),
        ("REPORT.IPM.Note.DR", "delivered"),
        ("REPORT.IPM.Note.IPNRN", "receipt"),
        ("REPORT.IPM.Note.IPNNRN", "receipt"),
        ("IPM.Schedule.Meeting.Resp.Pos", "meeting"),
        ("IPM.Outlook.Recall", "recall"),
        ("IPM.Note", "person"),
    ],
)
def test_item_classes(item_class: str, code: str) -> None:
    assert of("From: a@example.org\n\nhello", item_class).code == code


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ("X-Plancycle: 1", "loop"),
        ("X-Plancycle: 1\nX-Failed-Recipients: a@example.org", "loop"),
        ("X-MS-Exchange-Message-Is-Ndr:", "bounce"),
        ("X-Failed-Recipients: a@example.org\nAuto-Submitted: auto-replied", "bounce"),
        ("Auto-Submitted: auto-generated", "absence"),
        ("Auto-Submitted: no", "person"),
        ("X-Autoreply: yes", "absence"),
        ("X-Autorespond: no", "person"),
        ("Precedence: auto_reply", "absence"),
        ("X-POST-MessageClass: 9; Autoresponder", "absence"),
        ("X-Apple-Action: VACATION/1.0", "absence"),
        ("X-Auto-Response-Suppress: All\nX-MS-Exchange-Inbox-Rules-Loop: a@example.org", "absence"),
        ("X-Auto-Response-Suppress: All", "person"),
        ("X-MS-Exchange-Inbox-Rules-Loop: a@example.org", "person"),
        ("Precedence: bulk", "bulk"),
        ("List-Id: <x>", "bulk"),
        ("Return-Path: <>", "bulk"),
        ("Return-Path: <a@example.org>", "person"),
    ],
)
def test_headers_wherever_the_server_shows_them(headers: str, code: str) -> None:
    assert of(f"{headers}\nFrom: a@example.org\n\nhello").code == code
    extra = dict(line.split(":", 1) for line in headers.splitlines())
    assert nature(read(b"From: a@example.org\n\nhello"), "IPM.Note", extra).code == code


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        ("Automatic reply: Plan update 4", "absence"),
        ("Out of Office: Plan update 4", "absence"),
        ("Out of office", "absence"),
        ("AUTO: Morag Reid is away", "absence"),
        ("Automatische Antwort: Plan", "absence"),
        ("Réponse automatique : Plan", "absence"),
        ("Autosvar: Plan", "absence"),
        ("Ymateb Awtomatig: Plan", "absence"),
        ("Re: Automatic reply: Plan", "person"),
        ("Out of office hours service: rows attached", "person"),
        ("Automatic doors, action 3.2", "person"),
        ("Autumn update", "person"),
    ],
)
def test_subjects(subject: str, code: str) -> None:
    assert of(f"From: a@example.org\nSubject: {subject}\n\nhello").code == code


def report(fields: str) -> Nature:
    return of(
        "From: x@example.org\nContent-Type: multipart/report; boundary=b\n\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n{fields}\n--b--\n"
    )


@pytest.mark.parametrize(
    ("fields", "code", "status"),
    [
        ("Final-Recipient: rfc822; a@example.org\nAction: delivered\nStatus: 2.0.0", "delivered", "2.0.0"),
        ("Final-Recipient: rfc822; a@example.org\nAction: relayed\nStatus: 2.1.5", "delivered", "2.1.5"),
        ("Final-Recipient: rfc822; a@example.org\nStatus: 2.1.5", "delivered", "2.1.5"),
        ("Final-Recipient: rfc822; a@example.org\nStatus: 5.7.1", "bounce", "5.7.1"),
        ("Final-Recipient: rfc822; unknown\nAction: bounced", "bounce", ""),
        ("Action: delayed (will retry)\nStatus: 4.4.7", "delayed", "4.4.7"),
        ("Some: thing", "bounce", ""),
    ],
)
def test_delivery_reports(fields: str, code: str, status: str) -> None:
    found = report(fields)
    assert (found.kind, found.code, found.status) == (Kind.BOUNCE, code, status)


def test_our_own_letter_that_comes_back_is_a_loop() -> None:
    now = datetime(2020, 1, 10, 9, 0, tzinfo=UTC)
    letter = Letter("plans@example.gov", "", "a@example.org", "", "Plan", "x", "", "<1@example.gov>", now)
    assert nature(read(compose(letter)), None, {}).code == "loop"


def failed(results: str, *relays: str) -> str | None:
    message = read(f"From: a@example.org\nAuthentication-Results: {results}\n\nx".encode())
    return authentication_failed(message, relays or ("mx.example.gov",))


def test_a_dmarc_failure_is_believed_from_our_own_relay_only() -> None:
    sentence = failed("MX.example.gov 1; spf=pass; dmarc=fail (p=reject) header.from=example.org")
    assert sentence == (
        "MX.example.gov found that the message does not come from a@example.org: its DMARC check failed."
    )
    assert failed("other.example.com; dmarc=fail") is None
    assert failed("mx.example.gov; dmarc=pass (was dmarc=fail; once)") is None
    assert failed("mx.example.gov.evil.example; dmarc=fail") is None
    assert failed("spf=fail; dmarc=fail action=none") is None
    assert failed("") is None
    assert failed("mx.example.gov; dmarc = FAIL", "a.example.gov", "mx.example.gov") is not None
    assert authentication_failed(read(b"From: a@example.org\n\nx"), ["mx.example.gov"]) is None


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(NAMES), at=st.integers(0, 2000), length=st.integers(0, 60), put=st.binary(max_size=8))
def test_a_damaged_sample_still_has_a_nature(name: str, at: int, length: int, put: bytes) -> None:
    raw = (SAMPLES / f"{name}.eml").read_bytes()
    found = nature(read(raw[:at] + put + raw[at + length :] or b"x"), None, {"Return-Path": "<>"})
    assert found.reason
    assert found.kind is not Kind.PERSON


def test_a_hostile_delivery_report_is_read_in_time() -> None:
    begin = time.process_time()
    for line in ("Final-Recipient: a@b\n\n", "\n ", "Status: 5.1." + "1" * 50, "a" * 70 + "@", "<a@b"):
        report(line * 100_000)
    assert time.process_time() - begin < 4
