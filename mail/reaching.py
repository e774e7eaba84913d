"""Reaching a mail system before anybody signs in: its name, a connection, and its certificate, one after the other."""

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from mail.port import PermanentMailboxError, TransientMailboxError

_SECONDS = 15.0
_WARN_BEFORE = timedelta(weeks=6)


@dataclass(frozen=True, slots=True)
class Server:
    """One server that the mailbox needs. ``purpose`` says what for; ``proxy`` is host:port of what stands between.

    ``ca_bundle`` is a PEM file of the authorities to believe; None for the machine's own.
    """

    purpose: str
    host: str
    port: int
    security: Literal["tls", "starttls", "none"] = "tls"
    ca_bundle: Path | None = None
    proxy: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def web_server(purpose: str, url: str, ca_bundle: Path | None) -> Server:
    """The server behind a web address, as the adapters reach it: with their authorities, and the proxy that is set."""
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    proxy = "" if not host or proxy_bypass(host) else getproxies().get(parts.scheme, "")
    beyond = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    return Server(
        purpose=purpose,
        host=host,
        port=parts.port or (443 if secure else 80),
        security="tls" if secure else "none",
        ca_bundle=(ca_bundle or Path(DEFAULT_CA_BUNDLE_PATH)) if secure else None,
        proxy=f"{beyond.hostname}:{beyond.port or 3128}" if proxy else "",
    )


def resolve(server: Server) -> str:
    """Look the name up. Raises the port's errors, with the likely cause and what to do."""
    if server.proxy:
        return f"{server.host} is reached through the proxy {server.proxy}, which looks its name up."
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or "it is no name"
        raise PermanentMailboxError(
            f"The name {server.host} cannot be resolved ({said}). Correct the name in service.yaml, or ask IT why this"
            " machine's DNS does not know it."
        ) from None
    addresses = sorted({str(each[4][0]) for each in found})
    return f"{server.host} is {', '.join(addresses[:4])}."


def connect(server: Server) -> str:
    """Connect and hang up."""
    _connection(server).close()
    return f"{server.proxy or server} takes connections."


def handshake(server: Server, now: datetime) -> str:
    """Check the certificate as the mailbox does; the sentence says until when it is good."""
    if server.security == "none":
        return f"{server} is on this machine and speaks no TLS."
    if server.security == "starttls" or server.proxy:
        return f"{server} begins TLS after the first words: it is checked with the sign-in."
    context = _trusting(server)
    with _connection(server) as plain:
        try:
            with context.wrap_socket(plain, server_hostname=server.host) as tls:
                ends = tls.getpeercert() or {}
                return _good_until(server, str(ends.get("notAfter", "")), now)
        except ssl.SSLCertVerificationError as error:
            raise PermanentMailboxError(_unbelieved(server, error)) from None
        except OSError as error:
            raise PermanentMailboxError(
                f"{server} does not speak TLS from the first byte ({getattr(error, 'reason', None) or error.strerror})."
                " Is the port right? A port for STARTTLS needs security: starttls; a proxy or firewall may also be in"
                " between."
            ) from None


def _trusting(server: Server) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(server.ca_bundle) if server.ca_bundle else None)
    except OSError as error:
        raise PermanentMailboxError(
            f"The CA bundle {server.ca_bundle} cannot be used ({error.strerror or type(error).__name__}): name a"
            " readable file of certificates in PEM form."
        ) from None


def _connection(server: Server) -> socket.socket:
    host, _, port = server.proxy.rpartition(":") if server.proxy else (server.host, "", str(server.port))
    place = f"the proxy {server.proxy}" if server.proxy else str(server)
    try:
        return socket.create_connection((host, int(port)), timeout=_SECONDS)
    except TimeoutError:
        raise TransientMailboxError(
            f"No answer from {place} within {_SECONDS:.0f} seconds. A firewall probably drops the connection: ask IT"
            f" for the way out from this machine to {place}."
        ) from None
    except ConnectionRefusedError:
        raise TransientMailboxError(
            f"{place} refuses connections. Is the port right, and is the server running? Correct the port, or ask IT."
        ) from None
    except OSError as error:
        raise TransientMailboxError(
            f"{place} cannot be reached ({error.strerror or type(error).__name__}): ask IT about the network and the"
            " proxy."
        ) from None


def _unbelieved(server: Server, error: ssl.SSLCertVerificationError) -> str:
    return (
        f"The certificate of {server} is not believed ({error.verify_message.rstrip('.')}). Where your own authority"
        " signed it, name its PEM file as ca_bundle; where it has expired or is for another name, ask IT for a right"
        " one; and check this machine's clock. Checking is never switched off."
    )


def _good_until(server: Server, ends: str, now: datetime) -> str:
    if not ends:
        return f"The certificate of {server} is believed."
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)
    soon = " That is soon: ask IT whether it is renewed." if until - now < _WARN_BEFORE else ""
    return f"The certificate of {server} is believed, and good until {until.day} {until:%B %Y}.{soon}"
