"""Signing in to an Exchange mailbox: exchangelib's account, set so that it neither retries nor waits by itself.

This module imports exchangelib as it is imported: import it only where a mailbox is opened.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import exchangelib  # type: ignore[import-untyped, unused-ignore]
from exchangelib import version as builds  # type: ignore[import-untyped, unused-ignore]
from exchangelib.account import Identity  # type: ignore[import-untyped, unused-ignore]
from exchangelib.autodiscover.protocol import (  # type: ignore[import-untyped, unused-ignore]
    AutodiscoverProtocol,
)
from exchangelib.protocol import Protocol  # type: ignore[import-untyped, unused-ignore]

from mail.exchange_settings import ExchangeSettings, unsafe
from mail.exchange_wire import Adapter, Wire
from mail.port import PermanentMailboxError, TransientMailboxError

_BUILDS = {
    "Exchange2010_SP2": builds.EXCHANGE_2010_SP2,
    "Exchange2013": builds.EXCHANGE_2013,
    "Exchange2013_SP1": builds.EXCHANGE_2013_SP1,
    "Exchange2016": builds.EXCHANGE_2016,
}
_AUTH_TYPES = {"basic": exchangelib.BASIC, "ntlm": exchangelib.NTLM, "oauth": exchangelib.OAUTH2}
_UNREACHABLE = frozenset({"ErrorTimeoutExpired", "ErrorServerBusy", "TransportError"})
# At DEBUG these write Authorization headers, tokens and whole messages; at ERROR exchangelib writes requests.
_TALKATIVE = ("exchangelib", "requests_oauthlib", "oauthlib", "spnego", "requests_ntlm")


class AppCredentials(exchangelib.OAuth2Credentials):  # type: ignore[misc, unused-ignore]
    """An application's sign-in by client credentials, where the tenant and the server say, not at fixed addresses."""

    def __init__(self, settings: ExchangeSettings, endpoint: str, secret: str) -> None:
        self._token_url = f"{settings.authority.rstrip('/')}/{settings.tenant_id}/oauth2/v2.0/token"
        self._scope = f"https://{urlsplit(endpoint).hostname}/.default"
        super().__init__(
            client_id=settings.client_id,
            client_secret=secret,
            tenant_id=settings.tenant_id,
            identity=Identity(primary_smtp_address=settings.address),
        )

    @property
    def token_url(self) -> str:
        """Where tokens come from."""
        return self._token_url

    @property
    def scope(self) -> list[str]:
        """What the token is for: the server itself."""
        return [self._scope]

    def session_params(self) -> dict[str, Any]:
        """A token that has run out is asked for anew: this way of signing in has none to refresh."""
        return {"token": self.access_token}


class _Alone(Protocol):  # type: ignore[misc, unused-ignore]
    """A protocol whose one session cannot get lost.

    exchangelib waits without end for a session that a fault in the middle of a renewal has dropped.
    """

    RETRY_WAIT = 0  # so that a back-off that the server did not ask for is not mistaken for one that it did
    USERAGENT = "plancycle"

    WIRE: Wire

    def refresh_credentials(self, session: Any) -> Any:
        """Ask for a token once for each question: exchangelib would go on for ever with tokens that have run out."""
        if self.WIRE.renewed:
            raise TransientMailboxError(
                f"The tokens for {self.service_endpoint} have run out when they are given:"
                " put this machine's clock right."
            )
        self.WIRE.renewed = True
        return super().refresh_credentials(session)

    def get_session(self) -> Any:
        if self._session_pool.empty():
            self._session_pool_size = 0
        return super().get_session()


def opened(settings: ExchangeSettings, secret: str, wire: Wire) -> Any:
    """Make the account. Asks the server nothing, unless the settings ask for autodiscovery."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if not settings.endpoint:
        wire.endpoint = discovered(settings, secret, wire, _well_known(settings.address))
    credentials = _credentials(settings, wire.endpoint, secret)
    wire.token_url = getattr(credentials, "token_url", "")
    configuration = exchangelib.Configuration(
        service_endpoint=wire.endpoint,
        credentials=credentials,
        auth_type=_AUTH_TYPES[settings.auth],
        version=exchangelib.Version(_BUILDS[settings.version], settings.version),
        retry_policy=exchangelib.FailFast(),
        max_connections=1,
    )
    protocol = type("MailboxProtocol", (_Alone,), _transport(settings, wire))
    # An account takes its protocol from a cache of the whole process: ours must be there now, and nobody else's later.
    protocol(config=configuration)
    try:
        return exchangelib.Account(
            primary_smtp_address=settings.address,
            config=configuration,
            access_type=exchangelib.IMPERSONATION if settings.auth == "oauth" else exchangelib.DELEGATE,
            default_timezone=exchangelib.UTC,
            locale="en_GB",
        )
    finally:
        del protocol[configuration]  # type: ignore[attr-defined]


def discovered(settings: ExchangeSettings, secret: str, wire: Wire, places: tuple[str, ...]) -> str:
    """Ask each of these autodiscovery services, in order, where EWS is.

    exchangelib's own discovery also tries unencrypted addresses and keeps a pickle among the temporary files.
    """
    protocol = type("DiscoveryProtocol", (AutodiscoverProtocol,), _transport(settings, wire) | {"RETRY_WAIT": 0})
    failed: dict[str, str] = {}
    for place in places:
        asked = protocol(
            config=exchangelib.Configuration(
                service_endpoint=place,
                credentials=_credentials(settings, place, secret),
                auth_type=_AUTH_TYPES[settings.auth],
                retry_policy=exchangelib.FailFast(),
                max_connections=1,
            )
        )
        try:
            found = _ews_address(asked, settings.address)
        except Exception as error:  # any failure at one place means that the next is asked
            failed[place] = type(error).__name__
        else:
            return found
        finally:
            asked.close()
    asked_were = " and ".join(f"{place} ({name})" for place, name in failed.items())
    kind = TransientMailboxError if _UNREACHABLE.issuperset(failed.values()) else PermanentMailboxError
    raise kind(
        f"Autodiscovery found no EWS address for {settings.address}; asked were {asked_were}."
        " Ask IT for the address and write it as endpoint."
    )


def _ews_address(protocol: Any, address: str) -> str:
    settings = protocol.get_user_settings(address, ["external_ews_url", "internal_ews_url"]).user_settings
    found = str(settings.get("external_ews_url") or settings.get("internal_ews_url") or "")
    problem = unsafe(found, "the address that was found")
    if problem:
        raise PermanentMailboxError(problem)
    return found


def _well_known(address: str) -> tuple[str, ...]:
    domain = address.rpartition("@")[2]
    return tuple(f"https://{host}/autodiscover/autodiscover.svc" for host in (f"autodiscover.{domain}", domain))


def _transport(settings: ExchangeSettings, wire: Wire) -> dict[str, Any]:
    adapter: Callable[..., Adapter] = partial(Adapter, wire)
    return {"WIRE": wire, "TIMEOUT": settings.timeout, "HTTP_ADAPTER_CLS": staticmethod(adapter)}


def _credentials(settings: ExchangeSettings, endpoint: str, secret: str) -> Any:
    if settings.auth == "oauth":
        return AppCredentials(settings, endpoint, secret)
    return exchangelib.Credentials(settings.username, secret)
