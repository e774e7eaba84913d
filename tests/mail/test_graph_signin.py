"""Signing in, being refused, and secrets that never show."""

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

from mail.graph import GraphMailbox
from mail.graph_faults import Answer, refusal, sign_in_refusal
from mail.graph_settings import CLOUDS, Endpoints, GraphSettings, expiry_warning, safe
from mail.letter import Attachment
from mail.port import Lane, MailboxError, PermanentMailboxError, TransientMailboxError
from tests.servers.graph_login import EXPIRED, SECRET
from tests.servers.graph_stage import MINUTE, NOON, XLSX, Stage, incoming, letter, staged
from tests.servers.graph_tls import application_certificate
from tests.servers.graph_wire import Fault, Trouble

PHRASE = "pass~phrase+of the key"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as opened:
        yield opened


def test_a_token_that_is_refused_is_renewed_once_and_nobody_notices(stage: Stage) -> None:
    box = stage.open()
    box.check()
    stage.server.login.valid.clear()
    box.send(box.prepare(letter()))
    assert len(stage.server.login.issued) == 2
    assert len(stage.state.sent) == 1


def test_one_token_serves_many_calls(stage: Stage) -> None:
    box = stage.open()
    for _ in range(3):
        box.check()
    assert len(stage.server.login.issued) == 1


def test_a_token_that_is_refused_again_is_a_persons_business(stage: Stage) -> None:
    stage.server.faults = [Fault(Trouble.UNAUTHORIZED, on="mailFolders", times=2)]
    with pytest.raises(PermanentMailboxError, match=r"new access token too \(401\)\. Ask IT whether"):
        stage.open().check()


def test_a_wrong_clock_is_said_to_be_the_cause_and_warned_of(stage: Stage) -> None:
    stage.ahead = timedelta(minutes=17)
    assert "clock is 17 minutes ahead of Exchange Online's" in stage.open().check()
    stage.ahead = -timedelta(hours=1)
    stage.server.faults = [Fault(Trouble.UNAUTHORIZED, on="mailFolders", times=2)]
    with pytest.raises(PermanentMailboxError, match="clock is 60 minutes behind Exchange Online's: have it set by NTP"):
        stage.open().check()


@pytest.mark.parametrize(
    ("secret", "changes", "why"),
    [
        ("not this one", {}, r"AADSTS7000215\): the client secret is wrong"),
        (EXPIRED, {}, r"AADSTS7000222\): the client secret has expired"),
        (SECRET, {"client_id": "somebody-else"}, r"AADSTS700016\): the application is not known in this tenant"),
        (SECRET, {"tenant_id": "another-tenant"}, r"AADSTS90002\): the tenant is not known"),
        ("", {}, "has no client secret"),
        (SECRET, {"address": "nobody@example.gov"}, r"ErrorInvalidUser\): there is no such mailbox"),
        (SECRET, {"endpoints": None, "cloud": "mars"}, "cloud 'mars' is not known: use global, us-gov, us-dod, china"),
        (SECRET, {"endpoints": Endpoints("http://login.example.org", "https://a.example")}, "is not https"),
        (SECRET, {"endpoints": Endpoints("https://a.example", "http://192.0.2.1")}, "is not https"),
        (SECRET, {"ca_bundle": None}, "not signed by an authority that this machine trusts"),
    ],
)
def test_what_a_person_must_put_right_is_said_in_a_sentence(
    stage: Stage, secret: str, changes: dict[str, object], why: str
) -> None:
    with pytest.raises(PermanentMailboxError, match=why) as refused:
        stage.open(secret, **changes).check()
    assert secret not in str(refused.value) or not secret


def test_a_sign_in_that_was_refused_is_made_again_with_the_right_secret(stage: Stage) -> None:
    with pytest.raises(TransientMailboxError, match="AADSTS7000215"):
        stage.open("not this one").prepare(letter())
    assert stage.open().prepare(letter())


def test_a_closed_mailbox_is_a_matter_of_permission(stage: Stage) -> None:
    stage.server.denied.add("plans@example.gov")
    with pytest.raises(PermanentMailboxError, match=r"403 ErrorAccessDenied\).*Mail\.ReadWrite.*RBAC for Applications"):
        stage.open().check()


def test_a_proxy_is_taken_from_the_environment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(TransientMailboxError, match=r"failed \(ProxyError\): check the network and the proxy"):
        stage.open().check()


def certificate(stage: Stage, folder: Path, days: int = 300, phrase: str = "") -> Path:
    path = folder / "application.pem"
    stage.server.login.certificate = application_certificate(path, days, phrase)
    return path


@pytest.mark.parametrize("phrase", ["", PHRASE])
def test_a_certificate_signs_in(stage: Stage, tmp_path: Path, phrase: str) -> None:
    path = certificate(stage, tmp_path, phrase=phrase)
    box = stage.open(phrase, certificate=path)
    assert "is ready" in box.check()
    stage.server.login.valid.clear()
    assert "is ready" in box.check()
    assert stage.server.login.assertions == 2


def test_a_pfx_file_signs_in(stage: Stage, tmp_path: Path) -> None:
    pem = certificate(stage, tmp_path)
    assert stage.server.login.certificate
    key = load_pem_private_key(pem.read_bytes(), None)
    pfx = pkcs12.serialize_key_and_certificates(
        None,
        key,  # type: ignore[arg-type]
        stage.server.login.certificate,
        None,
        BestAvailableEncryption(PHRASE.encode()),
    )
    (tmp_path / "a.pfx").write_bytes(pfx)
    assert "is ready" in stage.open(PHRASE, certificate=tmp_path / "a.pfx").check()
    with pytest.raises(PermanentMailboxError, match="its key or its passphrase is wrong"):
        stage.open("not it", certificate=tmp_path / "a.pfx").check()


def test_a_certificate_that_was_not_registered_is_refused(stage: Stage, tmp_path: Path) -> None:
    path = certificate(stage, tmp_path)
    stage.server.login.certificate = application_certificate(tmp_path / "other.pem", 300)
    with pytest.raises(PermanentMailboxError, match=r"AADSTS700027\): the certificate is not the one"):
        stage.open("", certificate=path).check()


def test_a_certificate_that_cannot_be_used_is_said_to_be_so(stage: Stage, tmp_path: Path) -> None:
    path = certificate(stage, tmp_path, phrase=PHRASE)
    text = path.read_text()
    (tmp_path / "no key.pem").write_text(text[text.index("-----BEGIN CERTIFICATE") :])
    (tmp_path / "broken.pem").write_text(text.replace("MII", "XXX"))
    for name, phrase, why in (
        ("application.pem", "not it", "passphrase is wrong"),
        ("missing.pem", "", "cannot be read"),
        ("no key.pem", "", "does not hold both a private key and a certificate"),
        ("broken.pem", PHRASE, "cannot be used"),
    ):
        with pytest.raises(PermanentMailboxError, match=why):
            stage.open(phrase, certificate=tmp_path / name).check()


def test_an_end_that_comes_near_is_warned_of_weeks_before(stage: Stage, tmp_path: Path) -> None:
    assert "expires" not in stage.open(secret_expires=date(2020, 3, 14)).check()
    assert (
        "The client secret expires on 13 March 2020, in 42 days" in stage.open(secret_expires=date(2020, 3, 13)).check()
    )
    path = certificate(stage, tmp_path, days=20)
    stage.ahead = datetime.now(UTC) - stage.now
    (warning,) = stage.open("", certificate=path).warnings()
    assert warning.startswith("The certificate expires on")
    assert "in 20 days" in warning
    for expires, words in (
        (NOON.date(), "in 0 days"),
        (date(2020, 2, 1), "in 1 day:"),
        (date(2020, 1, 30), "expired on 30"),
    ):
        assert words in (expiry_warning("client secret", expires, NOON) or "")
    assert expiry_warning("client secret", None, NOON) is None


def test_national_clouds_have_endpoints_of_their_own() -> None:
    for cloud, endpoints in CLOUDS.items():
        assert GraphSettings("a@b.example", "t", "c", cloud=cloud).where() == endpoints
        assert endpoints.login.startswith("https://login.")
        assert "graph" in endpoints.graph
    assert len({endpoints.graph for endpoints in CLOUDS.values()}) == len(CLOUDS) == 4


@pytest.mark.parametrize(
    ("url", "verdict"),
    [
        ("https://graph.microsoft.com", True), ("http://127.0.0.1:80/x", True), ("http://[::1]:80", True),
        ("http://localhost:1", True), ("http://localhost.example.org", False), ("http://10.0.0.1", False),
        ("ftp://127.0.0.1", False), ("https://", False), ("", False), ("http://127.0.0.1@example.org/", False),
    ],
)  # fmt: skip
def test_secrets_go_only_over_tls_or_to_this_machine(url: str, verdict: bool) -> None:
    assert safe(url) is verdict


def attempts(stage: Stage, box: GraphMailbox, raw: bytes) -> Iterator[Callable[[], object]]:
    yield box.check
    yield lambda: box.send(box.prepare(raw))
    yield lambda: box.poll(None)
    yield lambda: box.file("inbox/nothing", Lane.PROCESSED)
    yield lambda: box.lookup("<a@example.gov>", "")


def test_secrets_show_nowhere(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stage.state.deliver(incoming(1), NOON)
    raw = letter(1, Attachment("a.bin", bytes(3_300_000), XLSX))
    told: list[str] = []
    troubles = [None, Trouble.CUT_AFTER, Trouble.CUT_MID, Trouble.MALFORMED, Trouble.BROKEN, Trouble.UNAUTHORIZED]
    places = ["PUT", "token", "createUploadSession", "/messages$", "openid"]
    for trouble in troubles:
        for place in places if trouble else [""]:
            stage.server.faults = [Fault(trouble, on=place, times=3)] if trouble else []
            stage.on(20 * MINUTE)
            box = stage.open()
            told += [repr(box), str(box), repr(stage.settings)]
            for attempt in attempts(stage, box, raw):
                try:
                    attempt()
                except MailboxError:
                    told.append(traceback.format_exc())
    with suppress(MailboxError):
        stage.open("Secret+that~is.wrong").check()
    everything = "\n".join([*told, caplog.text, *(str(record.args) for record in caplog.records)])
    assert "AttachmentSessions" in everything
    for secret in (SECRET, "Secret+that~is.wrong", "Secret%2Bthat", "upload-token", "access.token.number"):
        assert secret not in everything, secret


def test_a_refusal_that_repeats_the_secret_does_not_pass_it_on() -> None:
    said = {"error": "x", "error_description": f"AADSTS1234567: something new about {SECRET} Trace ID: 1"}
    sentence = str(sign_in_refusal(said, "client", SECRET))
    assert "AADSTS1234567" in sentence
    assert "something new about …" in sentence
    assert "nothing" in str(sign_in_refusal({}, "client", ""))
    busy = sign_in_refusal({"error": "invalid_grant", "error_codes": [90033]}, "client", SECRET)
    assert isinstance(busy, TransientMailboxError)


@pytest.mark.parametrize(
    ("status", "body", "permanent", "words"),
    [
        (
            400,
            b'{"error":{"code":"ErrorNew","message":"Something\\n new"}}',
            True,
            "says “Something new”. Show this to IT",
        ),
        (413, b"too large", True, "larger than this mailbox may send"),
        (403, b"{}", True, "RBAC for Applications"),
        (403, b'{"error":{"code":"ErrorSendAsDenied"}}', True, "may not send as the From address"),
        (400, b'{"error":{"code":"x","innerError":{"code":"ErrorQuotaExceeded"}}}', True, "the mailbox is full"),
        (404, b'{"error":{"code":"MailboxNotEnabledForRESTAPI"}}', True, "may be on premises"),
        (302, b'{"error":"moved"}', True, "says “nothing”"),
        (504, b"", False, "busy"),
        (409, b"[]", False, "busy"),
    ],
)
def test_refusals_name_cause_and_cure(status: int, body: bytes, permanent: bool, words: str) -> None:
    fault = refusal(Answer(status, {}, body), "doing it", "plans@example.gov")
    assert fault.permanent is permanent
    assert words in str(fault)
    assert "plans@example.gov: doing it" in str(fault)


def test_settings_hold_no_secret_and_are_values() -> None:
    settings = GraphSettings("a@b.example", "t", "c")
    assert replace(settings) == settings
    assert "secret=" not in repr(settings)
