"""What went wrong with an Exchange server, in a sentence with the likely cause and what to do."""

import base64
from dataclasses import dataclass

from mail.port import MailboxError, PermanentMailboxError, TransientMailboxError

_LONGEST_DETAIL = 240


@dataclass(frozen=True, slots=True)
class Place:
    """Who asked whom for what, for the sentences: the server's address, the mailbox, who signs in, the deed."""

    endpoint: str
    address: str
    signs_in_as: str
    secret: str
    deed: str

    def __repr__(self) -> str:
        return f"Place({self.endpoint!r}, {self.address!r}, {self.deed!r})"


@dataclass(frozen=True, slots=True)
class _Saying:
    permanent: bool
    sentence: str


_SIGN_IN = _Saying(
    True,
    "refused the sign-in of {signs_in_as}: the secret is wrong or has expired, the account is locked, or this way of"
    " signing in is switched off. Put the right secret in place, or ask IT which way of signing in EWS takes.",
)
_BLOCKED = _Saying(
    True,
    "forbids access to {address}: EWS may be switched off for the mailbox, the account or the application. Ask IT to"
    " allow EWS for it. In Exchange Online EWS has ended: use the graph mailbox there.",
)
_NO_RIGHT = _Saying(
    True,
    "does not let {signs_in_as} do this in {address}: ask IT for full access to this mailbox, or for the"
    " application's impersonation of it.",
)
_NO_EWS = _Saying(True, "has no EWS at this address: correct the endpoint, which usually ends in /EWS/Exchange.asmx.")
_CERTIFICATE = _Saying(
    True,
    "showed a certificate that is not believed: name the file of your own authority as ca_bundle, or ask IT whether the"
    " certificate has expired or is for another name. This machine's clock may also be wrong.",
)
_NO_MAILBOX = _Saying(True, "knows no mailbox {address}: correct the address, or ask IT for the primary address.")
_VERSION = _Saying(True, "does not speak the version of EWS that is set: set version to an older one, Exchange2013.")
_BUSY = _Saying(False, "is busy or has closed the connection. It is tried again.")
_UNREACHABLE = _Saying(
    False,
    "could not be reached, or did not answer in time. It is tried again; where that does not help, look at the network,"
    " the name and the proxy.",
)
_LACKING = _Saying(True, "does not offer what is needed for this: ask IT which server it is.")
_NO_SENSE = _Saying(False, "gave an answer that cannot be understood. It is tried again.")

_BY_STATUS = {
    401: _SIGN_IN,
    403: _BLOCKED,
    404: _NO_EWS,
    405: _NO_EWS,
    301: _NO_EWS,
    302: _NO_EWS,
    307: _NO_EWS,
    308: _NO_EWS,
    407: _Saying(False, "is behind a proxy that refuses us. It is tried again; ask IT about the proxy."),
    413: _Saying(True, "takes no message of this size: ask IT to raise the limit of EWS, or send less."),
    429: _BUSY,
    501: _LACKING,
    502: _BUSY,
    503: _BUSY,
    504: _BUSY,
}
_BY_NAME = {
    **dict.fromkeys(("UnauthorizedError", "ErrorPasswordExpired", "ErrorPasswordChangeRequired"), _SIGN_IN),
    **dict.fromkeys(
        (
            "ErrorAccessDenied",
            "ErrorImpersonateUserDenied",
            "ErrorImpersonationDenied",
            "ErrorImpersonationFailed",
        ),
        _NO_RIGHT,
    ),
    **dict.fromkeys(("ErrorNonExistentMailbox", "ErrorMissingEmailAddress"), _NO_MAILBOX),
    **dict.fromkeys(
        (
            "ErrorInvalidServerVersion",
            "ErrorIncorrectSchemaVersion",
            "ErrorInvalidSchemaVersionForMailboxVersion",
        ),
        _VERSION,
    ),
    **dict.fromkeys(
        (
            "ErrorServerBusy",
            "ErrorExceededConnectionCount",
            "ErrorInternalServerTransientError",
            "ErrorInsufficientResources",
            "ErrorMailboxFailover",
            "ErrorMailboxMoveInProgress",
            "ErrorMailboxStoreUnavailable",
            "ErrorTooManyObjectsOpened",
            "RateLimitError",
        ),
        _BUSY,
    ),
    "ErrorAccountDisabled": _BLOCKED,
    "ErrorSendAsDenied": _Saying(
        True, "does not let {signs_in_as} send as the address in From: ask IT for the right to send as {address}."
    ),
    "ErrorInvalidRecipients": _Saying(True, "refuses the recipient: correct the address."),
    "ErrorMissingRecipients": _Saying(True, "finds no recipient in the message: correct the address."),
    "ErrorMessageSizeExceeded": _Saying(True, "takes no message of this size: send less, or ask IT for the limit."),
    "ErrorQuotaExceeded": _Saying(True, "says that {address} is full: make room, or ask IT for more."),
    "ErrorSubmissionQuotaExceeded": _Saying(False, "lets {address} send no more for now. It is tried again."),
    "ErrorFolderNotFound": _Saying(True, "lacks a folder that is needed in {address}: ask IT to restore it."),
    **dict.fromkeys(
        (
            "ErrorInvalidOperation",
            "ErrorInvalidRequest",
            "ErrorSchemaValidation",
            "ErrorUnsupportedPathForQuery",
            "ErrorUnsupportedQueryFilter",
        ),
        _LACKING,
    ),
    "ErrorTimeoutExpired": _UNREACHABLE,
    "ConnectionError": _UNREACHABLE,
    "Timeout": _UNREACHABLE,
    "OSError": _UNREACHABLE,
    "MissingTokenError": _NO_SENSE,
    "ServerError": _BUSY,
    "TemporarilyUnavailableError": _BUSY,
    "OAuth2Error": _Saying(
        True,
        "could not be asked, as no token was given to {signs_in_as}: the secret is wrong or has expired, the"
        " application lacks consent, or the tenant is wrong. Put the right secret in place, or ask IT about the"
        " application.",
    ),
}


def explained(error: Exception, status: int | None, wait: float, place: Place) -> MailboxError:
    """The port's error for a foreign one. ``status`` is that of the last HTTP answer, ``wait`` seconds asked for."""
    saying = _saying(error, status)
    words = saying.sentence.format(signs_in_as=place.signs_in_as, address=place.address)
    pause = f" It asks not to be asked for {wait:.0f} seconds." if wait else ""
    text = f"The Exchange server {place.endpoint} {words}{pause} ({place.deed}: {_detail(error, place.secret)})"
    return (PermanentMailboxError if saying.permanent else TransientMailboxError)(text)


def _saying(error: Exception, status: int | None) -> _Saying:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if "CERTIFICATE_VERIFY_FAILED" in str(error) or "doesn't match" in str(error):
        return _CERTIFICATE
    if type(error).__name__ == "TransportError" and "SSL" in str(error):
        return _UNREACHABLE
    names = (each.__name__ for each in type(error).__mro__)
    return next((_BY_NAME[name] for name in names if name in _BY_NAME), _NO_SENSE)


def _detail(error: Exception, secret: str) -> str:
    """The kind of error and its own words, on one line, without the secret in any form that a library may print."""
    words = " ".join(str(error).split())
    for form in _forms(secret):
        words = words.replace(form, "…")
    short = words if len(words) <= _LONGEST_DETAIL else words[:_LONGEST_DETAIL] + "…"
    return f"{type(error).__name__}: {short}" if short else type(error).__name__


def _forms(secret: str) -> tuple[str, ...]:
    """The secret, and the pieces of it that every base64 of a longer text with the secret at its end contains."""
    octets = secret.encode("utf-8", "replace")
    inner = (base64.b64encode(octets[start:]).decode().rstrip("=")[:-1] for start in range(3))
    return tuple(form for form in (secret, repr(secret)[1:-1], *inner) if len(form) > 3)
