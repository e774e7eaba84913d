"""The IMAP mailbox against a real Dovecot: what small servers cannot show."""

import hashlib
import hmac
import json
import socket
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from imapclient import IMAPClient

from mail.imap import ImapMailbox
from mail.imap_settings import Endpoint, ImapSettings
from mail.port import Folder, Lane, Outcome, PermanentMailboxError
from tests.conformance.imap_bench import ADDRESS, dovecot_settings, running_dovecot
from tests.servers.dovecot import PASSWORD, TOKEN_KEY, Dovecot
from tests.servers.dovecot_certificate import write_certificate

pytestmark = pytest.mark.servers

NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)
OUT = b"From: plans@example.gov\r\nTo: s@example.org\r\nMessage-ID: <1@example.gov>\r\nX-Plancycle: 1\r\n\r\nout\r\n"
IN = b"From: s@example.org\r\nMessage-ID: <in@example.org>\r\n\r\nin\r\n"
ID = "<1@example.gov>"


@pytest.fixture
def server() -> Dovecot:
    found = running_dovecot()
    found.new_box(ADDRESS)
    return found


@pytest.fixture
def settings(server: Dovecot) -> ImapSettings:
    return dovecot_settings(server)


@pytest.fixture
def box(settings: ImapSettings) -> Iterator[ImapMailbox]:
    mailbox = ImapMailbox(settings, PASSWORD)
    yield mailbox
    mailbox.close()


def test_our_own_copy_comes_back_through_the_mail_system_and_lands_in_sent(
    server: Dovecot, box: ImapMailbox, settings: ImapSettings
) -> None:
    token = box.prepare(OUT)
    box.send(token)
    server.deliver(IN, NOON)
    assert [message.raw for message in box.poll(None).messages] == [IN]
    assert server.flags_in("Gesendete Objekte") == [()]
    assert server.relay.accepted[0].recipients == ("s@example.org", ADDRESS)
    later = ImapMailbox(settings, PASSWORD)
    assert later.lookup(ID, token) is Outcome.SENT
    later.close()


def test_a_message_id_of_any_characters_is_found(server: Dovecot, box: ImapMailbox, settings: ImapSettings) -> None:
    strange = '<a"b\\c{1}(*%@example.gov>'
    box.send(box.prepare(OUT.replace(ID.encode(), strange.encode())))
    later = ImapMailbox(settings, PASSWORD)
    assert later.lookup(strange, "smtp/1") is Outcome.SENT
    assert later.lookup('<a"c@example.gov>', "smtp/1") is Outcome.UNKNOWN
    later.close()


def test_a_copy_that_somebody_forwards_back_is_an_arrival(server: Dovecot, box: ImapMailbox) -> None:
    server.deliver_by_lmtp("forwarder@example.org", b"Received: from x by y; Fri, 31 Jan 2020 12:00:00 +0000\r\n" + OUT)
    assert len(box.poll(None).messages) == 1


def test_a_refused_recipient_is_known_before_anything_is_sent(server: Dovecot, box: ImapMailbox) -> None:
    server.relay.faults.answers["RCPT TO:<s@example.org>"] = "550 5.1.1 no such person"
    with pytest.raises(PermanentMailboxError, match=r"refuses the recipient s@example\.org: 550 “.*5\.1\.1 no such"):
        box.prepare(OUT)
    assert server.relay.accepted == []


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
def test_every_kind_of_connection_signs_in(server: Dovecot, settings: ImapSettings, security: str) -> None:
    ports = server.ports
    imap, smtp = {
        "tls": (Endpoint("localhost", ports.imaps), Endpoint("localhost", ports.submissions)),
        "starttls": (
            Endpoint("localhost", ports.imap, "starttls"),
            Endpoint("localhost", ports.submission, "starttls"),
        ),
        "none": (Endpoint("127.0.0.1", ports.imap, "none"), Endpoint("127.0.0.1", ports.submission, "none")),
    }[security]
    box = ImapMailbox(replace(settings, imap=imap, smtp=smtp), PASSWORD)
    assert "0 in Inbox and 0 in Junk" in box.check()
    box.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: Dovecot, settings: ImapSettings, tmp_path: Path, security: str
) -> None:
    write_certificate(tmp_path / "other.pem", tmp_path / "key.pem")
    ports = server.ports
    tls = Endpoint("localhost", ports.imaps)
    imap = tls if security == "tls" else Endpoint("localhost", ports.imap, "starttls")
    for changed in (
        replace(settings, imap=imap, ca_bundle=tmp_path / "other.pem"),
        replace(settings, imap=imap, ca_bundle=None),
    ):
        with pytest.raises(PermanentMailboxError, match=r"not trusted .*Checking is never switched off"):
            ImapMailbox(changed, PASSWORD).check()


def test_a_certificate_for_another_name_is_refused(
    server: Dovecot, settings: ImapSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", partial(_by_another_name, socket.getaddrinfo))
    for end in ("imap", "smtp"):
        port = server.ports.imaps if end == "imap" else server.ports.submissions
        box = ImapMailbox(replace(settings, **{end: Endpoint("mail.example.gov", port)}), PASSWORD)
        with pytest.raises(PermanentMailboxError, match=r"not valid for 'mail\.example\.gov'.*check the host name"):
            box.check()
        box.close()


def _by_another_name(ask: Any, host: str, *rest: Any, **named: Any) -> Any:
    return ask("127.0.0.1" if host == "mail.example.gov" else host, *rest, **named)


@pytest.mark.parametrize("auth", ["plain", "xoauth2"])
def test_a_wrong_secret_needs_a_person(settings: ImapSettings, auth: str) -> None:
    changed = replace(settings, auth="xoauth2" if auth == "xoauth2" else "plain")
    with pytest.raises(PermanentMailboxError, match=r"refuses the sign-in of box.*Check the user name") as refused:
        ImapMailbox(changed, "an0ther-secret").check()
    assert "an0ther-secret" not in str(refused.value)


def test_an_access_token_signs_in_to_both_servers(server: Dovecot, settings: ImapSettings) -> None:
    box = ImapMailbox(replace(settings, auth="xoauth2"), token_for(server.local))
    box.send(box.prepare(OUT))
    assert len(server.sent()) == 1
    assert box.poll(None).messages == ()
    box.close()


def test_folders_are_found_by_their_attributes_and_lanes_are_subscribed(server: Dovecot, box: ImapMailbox) -> None:
    ids = [server.deliver(IN, NOON, folder) for folder in Folder]
    assert [message.folder for message in box.poll(None).messages] == [Folder.INBOX, Folder.JUNK]
    for server_id, lane in zip(ids, Lane, strict=True):
        box.file(server_id, lane)
    assert [server.flags_in(name) for name in ("Processed", "Attention", "INBOX")] == [[()], [()], []]
    assert {"Processed", "Attention"} <= server.subscribed()


def test_a_change_of_uidvalidity_is_survived(server: Dovecot, settings: ImapSettings, box: ImapMailbox) -> None:
    old = server.deliver(IN, NOON)
    cursor = box.poll(None).cursor
    box.close()
    server.forget_uids()
    batch = box.poll(cursor)
    assert [message.raw for message in batch.messages] == [IN]
    new = batch.messages[0].server_id
    assert new.split("/")[1] != old.split("/")[1]
    box.file(old, Lane.PROCESSED)
    assert len(box.poll(cursor).messages) == 1
    box.file(new, Lane.PROCESSED)
    assert (box.poll(batch.cursor).messages, server.flags_in("Processed")) == ((), [()])


def test_waiting_ends_when_something_arrives(
    server: Dovecot, box: ImapMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = IMAPClient.idle_check

    def arriving(client: IMAPClient, timeout: float | None = None) -> list[object]:
        """It comes as soon as the server waits, and not before."""
        server.deliver(IN, NOON)
        return told(client, timeout)  # type: ignore[no-any-return]

    monkeypatch.setattr(IMAPClient, "idle_check", arriving)
    assert box.wait(60) is True
    assert len(box.poll(None).messages) == 1


def test_waiting_in_vain_ends_in_time(box: ImapMailbox) -> None:
    assert box.wait(0.05) is False
    assert box.check()


def test_a_connection_that_the_server_ended_is_made_again(server: Dovecot, box: ImapMailbox) -> None:
    box.check()
    server.kick()
    server.deliver(IN, NOON)
    assert len(box.poll(None).messages) == 1


def test_a_message_is_polled_from_among_many_filed_ones(server: Dovecot, box: ImapMailbox) -> None:
    for minute in range(10):
        box.file(server.deliver(IN, NOON + timedelta(minutes=minute)), Lane.PROCESSED)
    server.deliver(IN, NOON)
    batch = box.poll(None)
    assert (len(batch.messages), batch.more) == (1, False)


def token_for(user: str) -> str:
    """A JSON web token, as an identity provider would sign it."""
    head = {"alg": "HS256", "typ": "JWT"}
    claims = {"sub": user, "iat": int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()), "exp": 4_000_000_000}
    signed = ".".join(_base64url(json.dumps(each).encode()) for each in (head, claims))
    return f"{signed}.{_base64url(hmac.digest(TOKEN_KEY, signed.encode(), hashlib.sha256))}"


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).decode().rstrip("=")
