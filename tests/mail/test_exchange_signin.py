"""Signing in to Exchange: which way, by whose certificate, and with a secret that is never seen again."""

import base64
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests_ntlm

from mail.exchange import ExchangeMailbox, ExchangeSettings
from mail.exchange_account import discovered
from mail.exchange_faults import Place, explained
from mail.exchange_wire import Wire
from mail.port import MailboxError, PermanentMailboxError, TransientMailboxError
from tests.servers.ews import DISCOVERY, TOKEN, EwsServer, Fault, serving
from tests.servers.ews_certificate import certificates
from tests.servers.ews_client import OUT, RAW, opened, settings

WRONG = "wrong-Secret-99"
GOOD = {"endpoint": "https://mail.example.gov/EWS/Exchange.asmx", "address": "plans@example.gov", "username": "plans"}


@pytest.fixture
def server() -> Iterator[EwsServer]:
    with serving(EwsServer()) as running:
        yield running


@pytest.fixture
def sealed(tmp_path: Path) -> Iterator[tuple[EwsServer, Path]]:
    """A server over TLS, and the file of the authority that vouches for it."""
    bundle, own = certificates(tmp_path)
    with serving(EwsServer(), own) as running:
        yield running, bundle


def app(server: EwsServer, bundle: Path) -> dict[str, object]:
    authority = server.endpoint.partition("/EWS")[0]
    return {"auth": "oauth", "client_id": "client", "tenant_id": "tenant", "authority": authority, "ca_bundle": bundle}


@pytest.mark.parametrize("call", [lambda box: box.check(), lambda box: box.poll(None), lambda box: box.lookup(OUT, "")])
def test_a_wrong_password_is_said_with_what_to_do(server: EwsServer, call: Callable[[ExchangeMailbox], object]) -> None:
    with opened(server, WRONG) as box, pytest.raises(PermanentMailboxError) as caught:
        call(box)
    assert "refused the sign-in of plans: the secret is wrong or has expired" in str(caught.value)
    assert server.endpoint in str(caught.value)


def test_a_wrong_password_is_one_even_where_the_server_closes_the_connection(server: EwsServer) -> None:
    server.plan("GetFolder", Fault.REFUSED)
    with opened(server) as box, pytest.raises(PermanentMailboxError, match="refused the sign-in"):
        box.check()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault.FORBIDDEN, "forbids access to plans@example.gov: EWS may be switched off"),
        (Fault.DENIED, "does not let plans do this in plans@example.gov: ask IT for full access"),
        (Fault.REDIRECTED, "has no EWS at this address: correct the endpoint"),
    ],
)
def test_what_a_person_must_change_is_permanent(server: EwsServer, fault: Fault, sentence: str) -> None:
    server.plan("SyncFolderItems", fault)
    with opened(server) as box, pytest.raises(PermanentMailboxError, match=sentence):
        box.poll(None)


def test_another_address_and_another_path_are_told_apart(server: EwsServer) -> None:
    with opened(server, address="other@example.gov") as box, pytest.raises(PermanentMailboxError, match="no mailbox"):
        box.poll(None)
    with opened(server, endpoint=server.endpoint + "x") as box, pytest.raises(PermanentMailboxError, match="no EWS"):
        box.check()


def test_a_name_that_does_not_exist_is_tried_again() -> None:
    nowhere = ExchangeSettings("https://nobody.invalid/EWS/Exchange.asmx", "plans@example.gov", "plans")
    with pytest.raises(TransientMailboxError, match="could not be reached"):
        ExchangeMailbox(nowhere, WRONG).check()


@pytest.fixture
def ntlm_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users = tmp_path / "users"
    users.write_text(f"COUNCIL:plans:{EwsServer.password}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(users))


@pytest.mark.usefixtures("ntlm_users")
@pytest.mark.parametrize("sealed_too", [False, True])
def test_ntlm_signs_in_once_for_each_connection(tmp_path: Path, sealed_too: bool) -> None:
    bundle, own = certificates(tmp_path) if sealed_too else (None, None)
    way = {"auth": "ntlm", "username": "COUNCIL\\plans", "ca_bundle": bundle}
    with serving(EwsServer(ntlm=True), own) as server, opened(server, **way) as box:
        box.send(box.prepare(RAW))
        assert box.poll(None).messages == ()
        assert server.signed_in == ["COUNCIL\\plans"]
        with opened(server, WRONG, **way) as other, pytest.raises(PermanentMailboxError, match="refused the sign-in"):
            other.check()
        server.plan("SyncFolderItems", Fault.CUT_BEFORE)
        with pytest.raises(TransientMailboxError):
            box.poll(None)
        assert box.poll(None).messages == ()
        assert server.signed_in == ["COUNCIL\\plans"] * 2


@pytest.mark.usefixtures("ntlm_users")
def test_signing_in_again_while_sending_is_no_second_sending() -> None:
    with serving(EwsServer(ntlm=True)) as server, opened(server, auth="ntlm", username="COUNCIL\\plans") as box:
        token = box.prepare(RAW)
        server.plan("CreateItem", Fault.SIGN_IN_AGAIN)
        box.send(token)
        assert server.asked[-2:] == ["CreateItem", "CreateItem"]
        assert server.store.delivered == [RAW]


def test_ntlm_signs_in_with_the_domain_and_the_name(server: EwsServer) -> None:
    with opened(server, auth="ntlm", username="COUNCIL\\plans") as box:
        with pytest.raises(PermanentMailboxError, match=r"refused the sign-in of COUNCIL\\plans"):
            box.check()
        protocol = box._account.protocol
        session = protocol.create_session()
        assert (protocol.auth_type, type(session.auth)) == ("NTLM", requests_ntlm.HttpNtlmAuth)
        assert (session.auth.username, session.auth.password) == ("COUNCIL\\plans", server.password)
        session.close()
    assert server.signed_in == []


def test_one_session_neither_retries_nor_waits(server: EwsServer) -> None:
    with opened(server, timeout=7) as box:
        box.check()
        protocol, account = box._account.protocol, box._account
        assert (protocol.max_connections, protocol.TIMEOUT, protocol.retry_policy.fail_fast) == (1, 7, True)
        assert (account.access_type, account.default_timezone.key) == ("delegate", "UTC")
        assert len(type(protocol)._protocol_cache) == 0


def test_a_mailbox_does_not_change_how_others_connect(server: EwsServer) -> None:
    from exchangelib.protocol import BaseProtocol

    before = BaseProtocol.HTTP_ADAPTER_CLS, BaseProtocol.TIMEOUT
    with opened(server, timeout=7) as box, opened(server, timeout=8) as other:
        assert box.check() == other.check()
        assert (box._account.protocol.TIMEOUT, other._account.protocol.TIMEOUT) == (7, 8)
    assert before == (BaseProtocol.HTTP_ADAPTER_CLS, BaseProtocol.TIMEOUT)


def test_an_application_impersonates_the_one_mailbox(sealed: tuple[EwsServer, Path]) -> None:
    server, bundle = sealed
    with opened(server, **app(server, bundle)) as box:
        box.send(box.prepare(RAW))
        box.poll(None)
        assert (box._account.access_type, box._account.identity.primary_smtp_address) == (
            "impersonation",
            "plans@example.gov",
        )
    assert set(server.impersonated) == {"plans@example.gov"}
    assert server.scopes == ["https://localhost/.default"]
    assert server.store.delivered == [RAW]


def test_a_token_that_ran_out_is_asked_for_anew(sealed: tuple[EwsServer, Path]) -> None:
    server, bundle = sealed
    with opened(server, **app(server, bundle)) as box:
        box.check()
        box._account.protocol.credentials.client._expires_at = 1
        assert box.check().startswith("The Exchange mailbox plans@example.gov is ready")
    assert len(server.tokens) == 2


def test_tokens_that_have_run_out_when_they_come_are_not_asked_for_without_end(
    sealed: tuple[EwsServer, Path],
) -> None:
    server, bundle = sealed
    server.token_seconds = -1
    with opened(server, **app(server, bundle)) as box, pytest.raises(TransientMailboxError, match="clock right"):
        box.check()
    assert len(server.tokens) == 2


def test_a_token_that_the_server_no_longer_takes_is_asked_for_anew(sealed: tuple[EwsServer, Path]) -> None:
    server, bundle = sealed
    with opened(server, **app(server, bundle)) as box:
        box.check()
        server.tokens.clear()
        with pytest.raises(PermanentMailboxError, match="refused the sign-in of application client"):
            box.check()
        assert box.check()


def test_a_wrong_client_secret_is_said_with_what_to_do(sealed: tuple[EwsServer, Path]) -> None:
    server, bundle = sealed
    with opened(server, WRONG, **app(server, bundle)) as box:
        for _ in range(2):
            with pytest.raises(PermanentMailboxError, match="no token was given to application client") as caught:
                box.check()
    assert "AADSTS7000215" in str(caught.value)
    assert WRONG not in str(caught.value)


def test_a_session_that_a_fault_dropped_is_not_waited_for(sealed: tuple[EwsServer, Path]) -> None:
    server, bundle = sealed
    right = server.password
    with opened(server, **app(server, bundle)) as box:
        box.check()
        server.plan("GetFolder", Fault.CUT_BEFORE)
        server.password = "another"  # the connection fails, and so does the sign-in that follows
        with pytest.raises(MailboxError):
            box.check()
        server.password = right
        assert box.check().startswith("The Exchange mailbox")


def test_a_private_authority_is_believed_only_where_it_is_named(sealed: tuple[EwsServer, Path]) -> None:
    server, bundle = sealed
    with opened(server, ca_bundle=bundle) as box:
        assert box.check()
    with opened(server) as box, pytest.raises(PermanentMailboxError, match="certificate that is not believed"):
        box.check()
    assert server.asked == ["GetFolder", "FindItem", "SyncFolderItems"]


def test_a_certificate_for_another_name_is_not_believed(tmp_path: Path) -> None:
    bundle, own = certificates(tmp_path, "elsewhere.example")
    with (
        serving(EwsServer(), own) as server,
        opened(server, ca_bundle=bundle) as box,
        pytest.raises(PermanentMailboxError, match="certificate that is not believed"),
    ):
        box.check()


def test_a_send_to_a_server_that_is_not_believed_left_nothing(sealed: tuple[EwsServer, Path]) -> None:
    server, _ = sealed
    with opened(server) as box:
        box._prepared["token"] = RAW
        with pytest.raises(PermanentMailboxError, match="certificate"):
            box.send("token")
        assert "token" in box._refused


def test_no_environment_switches_the_certificates_off(
    sealed: tuple[EwsServer, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = sealed
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    with opened(server) as box, pytest.raises(PermanentMailboxError, match="certificate that is not believed"):
        box.check()
    assert Wire(server.endpoint, None, 1, lambda: 0.0).trusted(False) is True


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"endpoint": "http://mail.example.gov/EWS/Exchange.asmx"}, "is not encrypted: only https:// is used"),
        ({"endpoint": "https://plans:pass@mail.example.gov/EWS"}, "has a user name or password in it"),
        ({"endpoint": "mail.example.gov"}, "is not a web address"),
        ({"endpoint": ""}, "endpoint is empty: write the address of EWS"),
        ({"endpoint": "https://[bad/EWS"}, "is not a web address"),
        ({"address": "plans"}, "write the mailbox's own address"),
        ({"username": ""}, "username must be given with auth ntlm"),
        ({"auth": "kerberos"}, "it is one of basic, ntlm, oauth"),
        ({"version": "Exchange2031"}, "version is 'Exchange2031'"),
        ({"timeout": 0}, "number of seconds above 0"),
        ({"ca_bundle": Path("/nowhere.pem")}, "ca_bundle /nowhere.pem is not a file"),
        ({"auth": "oauth"}, "tenant_id and client_id must be given"),
        ({"auth": "oauth", "tenant_id": "t", "client_id": "c", "authority": "http://x.example"}, "is not encrypted"),
    ],
)
def test_settings_that_cannot_work_are_refused_in_a_sentence(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(PermanentMailboxError) as caught:
        ExchangeSettings(**GOOD | changes)  # type: ignore[arg-type]
    assert sentence in str(caught.value)
    assert "pass@" not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "127.8.8.8"])
def test_a_server_on_this_machine_may_be_unencrypted(host: str) -> None:
    assert ExchangeSettings(**GOOD | {"endpoint": f"http://{host}:8080/EWS"}).endpoint  # type: ignore[arg-type]


def test_autodiscovery_asks_only_where_it_is_told_to_and_only_when_asked(server: EwsServer) -> None:
    place = server.endpoint.partition("/EWS")[0]
    asked = settings(server, endpoint="", autodiscover=True)
    wire = Wire("", None, 20, lambda: 0.0)
    places = (f"{place}/nothing", f"{place}{DISCOVERY}")
    assert discovered(asked, server.password, wire, places) == server.endpoint
    with pytest.raises(PermanentMailboxError, match="Autodiscovery found no EWS address for plans@"):
        discovered(asked, WRONG, wire, places)


def test_autodiscovery_of_a_domain_that_cannot_be_reached_is_tried_again() -> None:
    asked = ExchangeSettings("", "plans@nobody.invalid", "plans", autodiscover=True)
    with pytest.raises(TransientMailboxError, match="asked were https://autodiscover"):
        ExchangeMailbox(asked, WRONG).check()


def seen(error: BaseException) -> str:
    """All that a log could show of an error, the chain of its causes with it."""
    return "".join(traceback.format_exception(error)) + repr(error)


def test_no_secret_is_ever_shown(
    sealed: tuple[EwsServer, Path], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    server, bundle = sealed
    caplog.set_level(logging.DEBUG)
    for name in ("exchangelib", "requests_oauthlib", "oauthlib", "urllib3", "requests", "spnego"):
        caplog.set_level(logging.DEBUG, name)
    shown: list[str] = []
    ways: list[dict[str, object]] = [{"ca_bundle": bundle}, {"auth": "ntlm", "ca_bundle": bundle}, app(server, bundle)]
    for way in ways:
        for secret in (server.password, WRONG):
            with opened(server, secret, **way) as box:
                server.plan("GetFolder", Fault.CLOSING, Fault.MALFORMED, Fault.CUT_MIDWAY)
                shown += [repr(box), repr(box._settings)]
                for _ in range(4):
                    try:
                        shown.append(box.check())
                    except MailboxError as error:
                        shown.append(seen(error))
                server._plans.clear()
    shown += [caplog.text, *capfd.readouterr(), *(str(record.args) for record in caplog.records)]
    everything = "\n".join(shown)
    assert "sign-in" in everything
    pairs = [f"plans:{secret}" for secret in (server.password, WRONG)]
    hidden = [server.password, WRONG, *(base64.b64encode(pair.encode()).decode() for pair in pairs), *server.tokens]
    assert [secret for secret in hidden if secret in everything] == []


@pytest.mark.parametrize("user", ["", "u", "us", "use"])
def test_what_a_library_says_is_told_without_the_secret_in_it(user: str) -> None:
    place = Place(GOOD["endpoint"], GOOD["address"], "plans", WRONG, "reading")
    basic = base64.b64encode(f"{user}:{WRONG}".encode()).decode()
    told = str(explained(ValueError(f"{WRONG} and {basic} at https://u:{WRONG}@x"), None, 0, place))
    assert "reading: ValueError" in told
    assert WRONG not in told
    assert not any(basic[start : start + 8] in told for start in range(8, len(basic) - 8))
    assert WRONG not in repr(place)


def test_where_tokens_come_from_is_the_tenant(sealed: tuple[EwsServer, Path]) -> None:
    server, bundle = sealed
    with opened(server, **app(server, bundle)) as box:
        box.check()
        assert box._account.protocol.credentials.token_url.endswith(TOKEN)
