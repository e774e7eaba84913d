"""One connection to the IMAP server, signed in, reused, and made again when it was lost."""

import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from imaplib import IMAP4
from typing import Any

from mail.imap_faults import FOREIGN, refused_sign_in, spoken
from mail.imap_folders import Folders
from mail.imap_patience import patience
from mail.imap_settings import ImapSettings, Secret
from mail.port import PermanentMailboxError


@dataclass(frozen=True, slots=True)
class Opened:
    """A folder that was opened: its UIDVALIDITY, and how many messages lie in it."""

    validity: int
    lying: int


class Session:
    """A signed-in client (an IMAPClient) and the folders behind it."""

    def __init__(self, client: Any, settings: ImapSettings) -> None:
        self.client = client
        self.folders = Folders(client, settings.folders)

    def select(self, name: str) -> Opened:
        """Open a folder to be read and moved from."""
        facts = self.client.select_folder(name)
        return Opened(int(facts[b"UIDVALIDITY"]), int(facts[b"EXISTS"]))

    def offers(self, capability: str) -> bool:
        return bool(self.client.has_capability(capability))


class Connection:
    """Where sessions come from."""

    def __init__(self, settings: ImapSettings, secret: Secret, trust: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._secret = secret
        self._trust = trust
        self._session: Session | None = None
        self._socket: socket.socket | None = None

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that answers; after any error it is given up. Raises only the port's errors."""
        server, timeout = self._settings.imap, self._settings.timeout
        with spoken(server, self._secret), patience(server, timeout, lambda: self._socket):
            try:
                yield self._alive()
            except BaseException:
                self._drop()
                raise

    def close(self) -> None:
        if self._session is not None:
            with suppress(*FOREIGN):
                self._session.client.logout()
        self._drop()

    def _alive(self) -> Session:
        if self._session is not None:
            try:
                self._session.client.noop()
            except FOREIGN:
                self._drop()
        if self._session is None:
            self._session = self._signed_in()
        return self._session

    def _signed_in(self) -> Session:
        client = self._connected()
        try:
            if self._settings.imap.security == "starttls":
                self._start_tls(client)
            self._sign_in(client)
            return Session(client, self._settings)
        except BaseException:
            with suppress(*FOREIGN):
                client.shutdown()
            raise

    def _connected(self) -> Any:
        from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]

        # At DEBUG it writes what the server says, which may repeat the secret.
        logging.getLogger("imapclient").setLevel(logging.CRITICAL)
        server, timeout = self._settings.imap, self._settings.timeout
        tls = server.security == "tls"
        client = IMAPClient(
            server.host,
            server.port,
            ssl=tls,
            ssl_context=self._trust if tls else None,
            timeout=SocketTimeout(timeout, timeout),
        )
        client.normalise_times = False
        # The library writes a command in pieces, each of which would wait for the answer to the one before.
        self._socket = client.socket()
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def _start_tls(self, client: Any) -> None:
        if not client.has_capability("STARTTLS"):
            raise PermanentMailboxError(
                f"{self._settings.imap} does not offer STARTTLS: check the port, or set security to tls."
            )
        client.starttls(self._trust)
        self._socket = client.socket()

    def _sign_in(self, client: Any) -> None:
        if client.has_capability("LOGINDISABLED"):
            raise PermanentMailboxError(
                f"{self._settings.imap} takes no sign-in on this connection: set security to tls or starttls."
            )
        try:
            if self._settings.auth == "xoauth2":
                client.sasl_login("XOAUTH2", self._token_once())
            elif client.has_capability("AUTH=PLAIN"):
                client.sasl_login("PLAIN", lambda _: self._secret.plain())
            else:
                client.login(self._settings.username, self._secret.password())
        except IMAP4.error as error:
            raise refused_sign_in(error, self._settings.imap, self._settings.username) from None

    def _token_once(self) -> Any:
        """The token, then nothing: a refusal comes as a challenge that wants an empty answer."""
        answers = iter([self._secret.xoauth2()])
        return lambda _: next(answers, "")

    def _drop(self) -> None:
        if self._session is not None:
            with suppress(*FOREIGN):
                self._session.client.shutdown()
        self._session = self._socket = None
