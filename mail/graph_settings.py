"""Which mailbox of Exchange Online, in which cloud, and who signs in to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from mail.port import PermanentMailboxError

# Long enough for a change request in a public body, and for somebody's holiday.
WARN_BEFORE = timedelta(weeks=6)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where to sign in and where Graph is: URLs without a path, https (http only to this machine)."""

    login: str
    graph: str


CLOUDS: Mapping[str, Endpoints] = {
    "global": Endpoints("https://login.microsoftonline.com", "https://graph.microsoft.com"),
    "us-gov": Endpoints("https://login.microsoftonline.us", "https://graph.microsoft.us"),
    "us-dod": Endpoints("https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
    "china": Endpoints("https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
}


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """One mailbox and the application that opens it. Holds no secret, so it may be shown and logged.

    ``certificate`` is a PEM file (private key and certificate) or a .pfx file; without one the application signs in
    with a client secret. ``endpoints`` overrides ``cloud``. ``ca_bundle`` is a PEM file of the authorities to
    trust in place of the usual ones. ``timeout`` is in seconds, for a connection and for every wait on it. A
    proxy is taken from HTTPS_PROXY and NO_PROXY.
    """

    address: str
    tenant_id: str
    client_id: str
    certificate: Path | None = None
    cloud: str = "global"
    endpoints: Endpoints | None = None
    ca_bundle: Path | None = None
    timeout: float = 30.0
    secret_expires: date | None = None

    def where(self) -> Endpoints:
        """The endpoints to use. PermanentMailboxError for an unknown cloud or an endpoint that is not safe."""
        found = self.endpoints or CLOUDS.get(self.cloud)
        if found is None:
            raise PermanentMailboxError(
                f"The mailbox's cloud {self.cloud!r} is not known: use {', '.join(CLOUDS)}, or give both endpoints."
            )
        for url in (found.login, found.graph):
            if not safe(url):
                raise PermanentMailboxError(
                    f"The mailbox's endpoint {url!r} is not https: give an https:// address. Plain http is taken only"
                    " for this machine itself."
                )
        return found


def safe(url: str) -> bool:
    """Whether a secret may be sent there: https, or a loopback address."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    return parts.scheme == "http" and _loopback(parts.hostname or "")


def expiry_warning(what: str, expires: date | None, now: datetime) -> str | None:
    """A sentence from six weeks before the day on which a secret or a certificate ends; None before that."""
    if expires is None or expires - now.date() > WARN_BEFORE:
        return None
    days = (expires - now.date()).days
    when = f"{expires.day} {expires:%B %Y}"
    advice = f"make a new one in the application's registration now, and give it to the service before {when}"
    if days < 0:
        return f"The {what} expired on {when}: make a new one in the application's registration and install it."
    return f"The {what} expires on {when}, in {days} day{'' if days == 1 else 's'}: {advice}."


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
