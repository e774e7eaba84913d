"""Where an Exchange mailbox is and how to sign in to it; what is wrong with that is said in sentences."""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from mail.port import PermanentMailboxError

AUTHS = ("basic", "ntlm", "oauth")
VERSIONS = ("Exchange2010_SP2", "Exchange2013", "Exchange2013_SP1", "Exchange2016")
_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")


@dataclass(frozen=True, slots=True)
class ExchangeSettings:
    """One mailbox on a server that speaks Exchange Web Services (EWS). The secret is not among the settings.

    ``endpoint`` is the address of EWS, such as ``https://mail.example.gov/EWS/Exchange.asmx``; it may be empty where
    ``autodiscover`` asks the server for it. ``address`` is the mailbox's primary SMTP address; ``username`` signs in
    with basic or ntlm (``DOMAIN\\name`` or a user principal name) and may be somebody else who was given the mailbox.
    With oauth ``client_id`` signs in against ``tenant_id`` at ``authority``. ``version`` is the version of the EWS
    protocol: Exchange Server 2016, 2019 and SE all speak Exchange2016. ``ca_bundle`` is a PEM file of the authorities
    to believe instead of the public ones. ``timeout`` is in seconds, for each connection and each pause in an answer.
    """

    endpoint: str
    address: str
    username: str = ""
    auth: str = "ntlm"
    tenant_id: str = ""
    client_id: str = ""
    authority: str = "https://login.microsoftonline.com"
    version: str = "Exchange2016"
    autodiscover: bool = False
    ca_bundle: Path | None = None
    timeout: float = 60.0

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem:
            raise PermanentMailboxError(f"The exchange mailbox cannot be used as it is set: {problem}")

    @property
    def signs_in_as(self) -> str:
        """The name that is shown where a sign-in is spoken of."""
        return f"application {self.client_id}" if self.auth == "oauth" else self.username


def unsafe(url: str, what: str) -> str:
    """The sentence that says why secrets may not go to this address; empty where they may."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return f"{what} is not a web address: write it as https://mail.example.gov/EWS/Exchange.asmx."
    if parts.username or parts.password:
        return f"{what} has a user name or password in it: take them out, the secret comes from the environment."
    if not host or parts.scheme not in ("https", "http"):
        return f"{what} {url!r} is not a web address: write it as https://mail.example.gov/EWS/Exchange.asmx."
    if parts.scheme == "http" and not _is_loopback(parts):
        return f"{what} {url} is not encrypted: only https:// is used, except for a server on this machine."
    return ""


def _problem(settings: ExchangeSettings) -> str:
    """The first thing that is wrong, in a sentence."""
    if settings.auth not in AUTHS:
        return f"auth is {settings.auth!r}; it is one of {', '.join(AUTHS)}."
    if settings.version not in VERSIONS:
        return f"version is {settings.version!r}; it is one of {', '.join(VERSIONS)}."
    if not _ADDRESS.fullmatch(settings.address):
        return f"address is {settings.address!r}; write the mailbox's own address, such as plans@example.gov."
    if not settings.timeout > 0:
        return f"timeout is {settings.timeout}; write a number of seconds above 0, such as 60."
    if settings.ca_bundle is not None and not settings.ca_bundle.is_file():
        return f"ca_bundle {settings.ca_bundle} is not a file: name the PEM file with your authority's certificate."
    return _problem_of_address(settings) or _problem_of_names(settings)


def _problem_of_address(settings: ExchangeSettings) -> str:
    if not settings.endpoint and not settings.autodiscover:
        return "endpoint is empty: write the address of EWS, or set autodiscover so that the server is asked for it."
    found = unsafe(settings.endpoint, "endpoint") if settings.endpoint else ""
    return found or (unsafe(settings.authority, "authority") if settings.auth == "oauth" else "")


def _problem_of_names(settings: ExchangeSettings) -> str:
    if settings.auth == "oauth":
        missing = [name for name in ("tenant_id", "client_id") if not getattr(settings, name)]
        return f"{' and '.join(missing)} must be given with auth oauth." if missing else ""
    return "" if settings.username else f"username must be given with auth {settings.auth}."


def _is_loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
