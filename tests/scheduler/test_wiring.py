"""From the settings of a mailbox to the adapter that they name, with its secret."""

from pathlib import Path

import pytest

from mail.exchange import ExchangeMailbox
from mail.graph import GraphMailbox
from mail.imap import ImapMailbox
from mail.port import Mailbox, PermanentMailboxError, TransientMailboxError
from programme.fault import ConfigurationError
from programme.loader import load_files
from programme.service import Service
from scheduler.secret import SecretError, mailbox_secret
from scheduler.wiring import ADAPTERS, SERVERS, open_mailbox, servers
from tests.jobs.stage import FILES

FOLDER = "  system: folder\n  path: mailbox\n"
CONFIG = Path("/srv/plancycle/config")
SECRET = {"PLANCYCLE_MAILBOX_SECRET": "a secret of the tests"}
EXCHANGE = "  system: exchange\n  exchange: {endpoint: https://mail.hscp.example/EWS/Exchange.asmx, username: plans}\n"
OAUTH = (
    "  system: exchange\n"
    "  exchange: {auth: oauth, tenant_id: t, client_id: c, autodiscover: true, ca_bundle: certificates/ours.pem}\n"
)
GRAPH = "  system: graph\n  graph: {tenant_id: t, client_id: c, cloud: us-dod, secret_expires: 2027-01-31}\n"
CERTIFICATE = "  system: graph\n  graph: {tenant_id: t, client_id: c, certificate: application.pem}\n"
ELSEWHERE = (
    "  system: graph\n"
    "  graph: {tenant_id: t, client_id: c, endpoints: {login: https://in.example, graph: https://graph.example}}\n"
)
IMAP = (
    "  system: imap\n"
    "  imap:\n"
    "    username: plans\n"
    "    incoming: {host: mail.hscp.example, port: 993}\n"
    "    outgoing: {host: smtp.hscp.example, port: 587, security: starttls}\n"
    "    folders: {junk: Spam}\n"
)
OPENED = {EXCHANGE: ExchangeMailbox, GRAPH: GraphMailbox, ELSEWHERE: GraphMailbox, IMAP: ImapMailbox}


def service(settings: str) -> Service:
    return load_files(FILES | {"service.yaml": FILES["service.yaml"].replace(FOLDER, settings)})


@pytest.mark.parametrize(("settings", "kind"), OPENED.items())
def test_the_adapter_is_opened_and_nothing_is_asked_of_it(settings: str, kind: type[Mailbox]) -> None:
    box = open_mailbox(service(settings), CONFIG, SECRET)
    assert type(box) is kind
    box.close()


@pytest.mark.parametrize("settings", OPENED)
@pytest.mark.parametrize("environment", [{}, {"PLANCYCLE_MAILBOX_SECRET": ""}])
def test_without_its_secret_none_is_opened(settings: str, environment: dict[str, str]) -> None:
    with pytest.raises(SecretError, match=r"never in the configuration"):
        open_mailbox(service(settings), CONFIG, environment)


def test_a_certificate_needs_no_secret() -> None:
    box = open_mailbox(service(CERTIFICATE), CONFIG, {})
    assert isinstance(box, GraphMailbox)
    with pytest.raises(PermanentMailboxError, match=r"/srv/plancycle/application\.pem"):
        box.warnings()


def test_every_system_of_the_schema_has_an_adapter_and_its_servers() -> None:
    assert list(ADAPTERS) == list(SERVERS) == ["folder", "exchange", "graph", "imap"]


@pytest.mark.parametrize(
    ("settings", "reached"),
    [
        (FOLDER, []),
        (EXCHANGE, ["Exchange mail.hscp.example:443 tls"]),
        (OAUTH, ["sign-in login.microsoftonline.com:443 tls"]),
        (GRAPH, ["sign-in login.microsoftonline.us:443 tls", "Graph dod-graph.microsoft.us:443 tls"]),
        (ELSEWHERE, ["sign-in in.example:443 tls", "Graph graph.example:443 tls"]),
        (IMAP, ["reading mail.hscp.example:993 tls", "sending smtp.hscp.example:587 starttls"]),
    ],
)
def test_the_servers_are_those_of_the_settings(settings: str, reached: list[str]) -> None:
    found = servers(service(settings), CONFIG)
    assert [f"{each.purpose} {each} {each.security}" for each in found] == reached


def test_files_are_looked_for_beside_the_configuration() -> None:
    assert {each.ca_bundle for each in servers(service(OAUTH), CONFIG)} == {
        Path("/srv/plancycle/certificates/ours.pem")
    }
    with pytest.raises(PermanentMailboxError, match=r"certificates/ours\.pem is not a file"):
        open_mailbox(service(OAUTH), CONFIG, SECRET)


@pytest.mark.parametrize("settings", [EXCHANGE, ELSEWHERE])
def test_an_address_without_tls_is_refused_unless_it_is_this_machine(settings: str) -> None:
    plain = settings.replace("https://", "http://")
    with pytest.raises(ConfigurationError, match=r"https://"):
        service(plain)
    here = (
        plain.replace("mail.hscp.example", "localhost")
        .replace("in.example", "127.0.0.1:1")
        .replace("graph.example", "localhost:2")
    )
    open_mailbox(service(here), CONFIG, SECRET).close()


def test_a_mail_server_without_tls_is_refused_unless_it_is_this_machine() -> None:
    plain = IMAP.replace("993}", "143, security: none}").replace("starttls}", "none}")
    with pytest.raises(ConfigurationError, match="only a server on this machine"):
        service(plain)
    here = plain.replace("mail.hscp.example", "127.0.0.1").replace("smtp.hscp.example", "localhost")
    open_mailbox(service(here), CONFIG, SECRET).close()


def test_no_setting_turns_verification_off() -> None:
    for name in ("verify: false", "insecure: true", "tls: false"):
        with pytest.raises(ConfigurationError, match="is not a setting here"):
            service(EXCHANGE.replace("username: plans", f"username: plans, {name}"))


def test_a_token_is_read_anew_and_its_absence_passes(tmp_path: Path) -> None:
    from scheduler.wiring import _renewed

    token = tmp_path / "token"
    environment = {"PLANCYCLE_MAILBOX_SECRET_FILE": str(token)}
    token.write_text("first\n", encoding="utf-8")
    assert _renewed(environment) == "first"
    token.write_text("second\n", encoding="utf-8")
    assert _renewed(environment) == "second"
    token.unlink()
    with pytest.raises(TransientMailboxError, match="cannot be read"):
        _renewed(environment)


def test_the_secret_comes_from_a_credential_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "plancycle-mailbox-secret").write_text("from systemd\n", encoding="utf-8")
    assert mailbox_secret({"CREDENTIALS_DIRECTORY": str(tmp_path)}, "imap") == "from systemd"
