"""The mailbox of each system, as it is declared."""

from pathlib import Path

import pytest

from programme.loader import load_files, read_files
from programme.service import MailboxSettings

BASE = read_files(Path(__file__).parent.parent / "data" / "configurations" / "base")
FOLDER = "  system: folder\n  path: var/mailbox\n"

DECLARED = {
    "exchange": (
        "  exchange: {endpoint: https://mail.hscp.example/EWS/Exchange.asmx, username: plans, timeout: 90}\n",
        {"endpoint": "https://mail.hscp.example/EWS/Exchange.asmx", "username": "plans", "timeout": 90},
    ),
    "graph": (
        "  graph: {tenant_id: t, client_id: c, secret_expires: 2027-01-31}\n",
        {"tenant_id": "t", "client_id": "c", "secret_expires": "2027-01-31"},
    ),
    "imap": (
        (
            "  imap:\n    username: plans\n    incoming: {host: mail.hscp.example, port: 993}\n"
            "    outgoing: {host: mail.hscp.example, port: 587, security: starttls}\n    folders: {junk: Spam}\n"
        ),
        {
            "username": "plans",
            "incoming.host": "mail.hscp.example",
            "incoming.port": 993,
            "outgoing.host": "mail.hscp.example",
            "outgoing.port": 587,
            "outgoing.security": "starttls",
            "folders.junk": "Spam",
        },
    ),
}


def declared(system: str, settings: str) -> MailboxSettings:
    files = BASE | {"service.yaml": BASE["service.yaml"].replace(FOLDER, f"  system: {system}\n{settings}")}
    assert files != BASE
    return load_files(files).mailbox


@pytest.mark.parametrize("system", DECLARED)
def test_a_system_has_the_settings_of_its_own(system: str) -> None:
    settings, options = DECLARED[system]
    mailbox = declared(system, settings)
    assert (mailbox.system, mailbox.path, mailbox.address) == (system, "", "plans@hscp.example")
    assert mailbox.options == options


def test_what_another_system_needs_may_stay_for_the_way_back() -> None:
    mailbox = declared("graph", DECLARED["exchange"][0] + DECLARED["graph"][0])
    assert mailbox.options == DECLARED["graph"][1]


def test_a_folder_has_none() -> None:
    mailbox = load_files(BASE).mailbox
    assert (mailbox.path, mailbox.options) == ("var/mailbox", {})


def test_a_server_on_this_machine_needs_no_encryption() -> None:
    settings = "  exchange: {endpoint: http://localhost:8080/EWS/Exchange.asmx, username: plans}\n"
    assert declared("exchange", settings).options["endpoint"] == "http://localhost:8080/EWS/Exchange.asmx"
