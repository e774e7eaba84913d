"""What an IMAP mailbox needs to know: where it is, how to sign in, and the secret that never shows."""

import re
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from mail.port import PermanentMailboxError

Security = Literal["tls", "starttls", "none"]
Auth = Literal["plain", "xoauth2"]

_ADDRESS = re.compile(r"[!-;=?A-~]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server. ``tls`` speaks TLS from the first byte, ``starttls`` insists on it before anything is said.

    ``none`` is for this machine alone: any other host is a PermanentMailboxError.
    """

    host: str
    port: int
    security: Security = "tls"

    def __post_init__(self) -> None:
        if self.security == "none" and not _is_loopback(self.host):
            raise PermanentMailboxError(
                f"The server {self.host}:{self.port} would be spoken to without TLS: set security to tls or starttls."
                " Going without is only for a server on this machine."
            )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class FolderNames:
    """The names of folders where they are not to be found by themselves. None: look for it, or make it."""

    junk: str | None = None
    sent: str | None = None
    processed: str | None = None
    attention: str | None = None


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """One mailbox. ``timeout`` is in seconds, for each single answer of a server.

    ``ca_bundle`` replaces the system's list of trusted authorities. Raises PermanentMailboxError for what can
    never work.
    """

    address: str
    imap: Endpoint
    smtp: Endpoint
    username: str
    auth: Auth = "plain"
    ca_bundle: Path | None = None
    timeout: float = 60
    folders: FolderNames = field(default_factory=FolderNames)

    def __post_init__(self) -> None:
        if not _ADDRESS.fullmatch(self.address):
            raise PermanentMailboxError(f"The mailbox's address {self.address!r} is not one: use name@example.org.")
        if self.timeout <= 0:
            raise PermanentMailboxError(f"The mailbox's time-out of {self.timeout} seconds must be more than nothing.")

    def trust(self) -> ssl.SSLContext | None:
        """A context that checks certificate and host name, always. None where neither server speaks TLS."""
        if self.imap.security == self.smtp.security == "none":
            return None
        try:
            return ssl.create_default_context(cafile=str(self.ca_bundle) if self.ca_bundle else None)
        except OSError as error:
            raise PermanentMailboxError(
                f"The CA bundle {self.ca_bundle} cannot be used ({error.strerror or error}): name a readable file of"
                " certificates in PEM form."
            ) from None


class Secret:
    """The password or access token. It is read anew at every sign-in, so that a renewed one is picked up."""

    __slots__ = ("_last", "_source", "_username")

    def __init__(self, secret: str | Callable[[], str], username: str) -> None:
        self._source = secret
        self._username = username
        self._last = ""

    def __repr__(self) -> str:
        return "Secret(…)"

    def plain(self) -> str:
        """The message of the SASL mechanism PLAIN."""
        return _plain(self._username, self.password())

    def xoauth2(self) -> str:
        """The message of the mechanism XOAUTH2, which carries an access token."""
        return _xoauth2(self._username, self.password())

    def password(self) -> str:
        self._last = self._source() if callable(self._source) else self._source
        return self._last

    def scrub(self, text: str) -> str:
        """The text without the secret that was last read, in whichever spelling a server echoes it."""
        messages = (self._last, _plain(self._username, self._last), _xoauth2(self._username, self._last))
        # The library drops what is not ASCII from some of what servers say.
        dropped = self._last.encode("ascii", "ignore").decode()
        spellings = (self._last, dropped if len(dropped) > 3 else "", *map(in_base64, messages))
        for spelling in filter(None, spellings if self._last else ()):
            text = text.replace(spelling, "…")
        return text


def _plain(username: str, secret: str) -> str:
    return f"\0{username}\0{secret}"


def _xoauth2(username: str, token: str) -> str:
    return f"user={username}\1auth=Bearer {token}\1\1"


def in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
