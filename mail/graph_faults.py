"""What Exchange Online and its sign-in answer when they refuse, as errors of the port: cause and cure in a sentence."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from mail.port import MailboxError, PermanentMailboxError, TransientMailboxError

TRANSIENT_STATUS = frozenset({408, 409, 412, 423, 425, 429, 500, 502, 503, 504, 509})
SKEW = timedelta(minutes=5)
_AADSTS = re.compile(r"AADSTS(\d{4,9})")


class NotThereError(PermanentMailboxError):
    """The message, or the folder, that was asked for is not there."""


class RefusedMessageError(PermanentMailboxError):
    """The server refused this one message; the mailbox itself is well."""


class TroubledMessageError(TransientMailboxError):
    """The server failed with what was asked, and may fail with that only."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered. Header names are lower case; ``headers`` holds no secret."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The answer as an object. TransientMailboxError where it is none: a proxy's page, or cut short."""
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise TransientMailboxError(
                f"Exchange Online's answer ({self.status}) is not the JSON that it promises: a proxy may have answered"
                " in its place. It is asked again later."
            )
        return found

    def error(self) -> tuple[str, str]:
        """The code and the message of a refusal, empty where it has none."""
        try:
            found = self.json().get("error")
        except MailboxError:
            return "", ""
        if not isinstance(found, dict):
            return "", ""
        inner = found.get("innerError") or found.get("innererror")
        code = inner.get("code") if isinstance(inner, dict) else None
        return str(code or found.get("code") or ""), " ".join(str(found.get("message") or "").split())[:300]


_CURES = {
    "ErrorAccessDenied": (
        "the application may not do this in the mailbox. Ask IT to give it Mail.ReadWrite and Mail.Send through RBAC"
        " for Applications, with a scope that holds this mailbox (a change may take two hours), or to correct the"
        " access policy"
    ),
    "Authorization_RequestDenied": (
        "the application has no consent. Ask IT to assign it Application Mail.ReadWrite and Application Mail.Send"
    ),
    "ErrorSendAsDenied": "the mailbox may not send as the From address. Make From the mailbox's own address",
    "ErrorInvalidUser": "there is no such mailbox in this tenant. Correct the mailbox's address, or the tenant id",
    "Request_ResourceNotFound": "there is no such mailbox in this tenant. Correct the address, or the tenant id",
    "ResourceNotFound": "there is no such mailbox in this tenant. Correct the mailbox's address, or the tenant id",
    "MailboxNotEnabledForRESTAPI": (
        "the mailbox is not in Exchange Online (it may be on premises), or has no licence. Ask IT where it is"
    ),
    "MailboxNotSupportedForRESTAPI": "the mailbox cannot be opened through Graph. Ask IT which kind of mailbox it is",
    "ErrorQuotaExceeded": "the mailbox is full. Ask IT for room, or archive Processed",
    "ErrorMailboxQuotaExceeded": "the mailbox is full. Ask IT for room, or archive Processed",
    "ErrorMessageSizeExceeded": "the message is larger than this mailbox may send. Ask IT to raise its limit",
    "ErrorInvalidRecipients": "a recipient's address is not accepted. Correct the address",
    "ErrorSubmissionQuotaExceeded": "the mailbox has sent as much as it may today. Ask IT to raise the limit",
}
_OF_THE_MESSAGE = frozenset(
    {
        "ErrorMessageSizeExceeded",
        "ErrorInvalidRecipients",
        "ErrorMimeContentInvalid",
        "ErrorMimeContentInvalidBase64String",
        "ErrorMimeContentConversionFailed",
    }
)
_NO_MAILBOX = frozenset({"ErrorInvalidUser", "Request_ResourceNotFound", "ResourceNotFound"})

_SIGN_INS = {
    "7000215": (
        "the client secret is wrong. Give the secret's value (not its id), of this very application, and mind that"
        " nothing was cut off or added"
    ),
    "7000222": "the client secret has expired. Make a new one in the application's registration and install it",
    "7000229": "the application has no service principal in this tenant. Ask IT for admin consent",
    "700016": "the application is not known in this tenant. Correct the client id or the tenant id",
    "700027": (
        "the certificate is not the one of the application's registration, or has expired. Upload its public part"
        " there, or install the right one"
    ),
    "700024": (
        "the signed request is outside its time: this machine's clock is probably wrong. Have it set by NTP, then try"
        " again"
    ),
    "90002": "the tenant is not known. Correct the tenant id, and the cloud",
    "900023": "the tenant id is not one. Give the directory (tenant) id of the application's registration",
    "500011": "Graph is not known to this tenant: the cloud is probably wrong. Correct the mailbox's cloud",
    "53003": "a conditional access policy forbids it. Ask IT to allow this application from this machine",
    "65001": "nobody consented to the application. Ask IT for admin consent, or for RBAC for Applications",
    "7000112": "the application is disabled. Ask IT to enable it",
}
_SIGN_IN_BUSY = frozenset({"90033", "50196", "90006", "90012", "90055"})


def refusal(answer: Answer, what: str, address: str) -> MailboxError:
    """The error that a refusal means; ``what`` was being done in the mailbox ``address``."""
    code, message = answer.error()
    place = f"The mailbox {address}: {what}"
    said = f"{answer.status} {code}".strip()
    if answer.status in TRANSIENT_STATUS:
        kind = TroubledMessageError if answer.status == 500 else TransientMailboxError
        return kind(f"{place} failed ({said}): Exchange Online is busy. It is tried again later.")
    if answer.status == 404 and code not in _NO_MAILBOX and code not in _CURES:
        return NotThereError(f"{place} found nothing ({said}).")
    cure = _CURES.get(code) or (_CURES["ErrorAccessDenied"] if answer.status == 403 else None)
    if answer.status == 413 and cure is None:
        cure = _CURES["ErrorMessageSizeExceeded"]
    tail = f": {cure}." if cure else f": Exchange Online says “{message or 'nothing'}”. Show this to IT."
    of_the_message = code in _OF_THE_MESSAGE or answer.status == 413
    return (RefusedMessageError if of_the_message else PermanentMailboxError)(f"{place} was refused ({said}){tail}")


def sign_in_refusal(result: Mapping[str, Any], client_id: str, secret: str) -> MailboxError:
    """The error that a refused sign-in means. Never holds the secret, even where the server repeats it."""
    described = " ".join(str(result.get("error_description") or "").split())
    codes = [str(code) for code in result.get("error_codes") or ()] + _AADSTS.findall(described)
    code = next((code for code in codes if code in _SIGN_INS or code in _SIGN_IN_BUSY), codes[0] if codes else "")
    name = f"AADSTS{code}" if code else str(result.get("error") or "no reason given")[:80]
    place = f"The sign-in of the application {client_id} was refused ({name})"
    if code in _SIGN_IN_BUSY or result.get("error") in ("temporarily_unavailable", "server_error"):
        return TransientMailboxError(f"{place}: the sign-in service is busy. It is tried again later.")
    if code in _SIGN_INS:
        return PermanentMailboxError(f"{place}: {_SIGN_INS[code]}.")
    said = described.split("Trace ID")[0][:300]
    said = said.replace(secret, "…") if secret else said
    return PermanentMailboxError(f"{place}: the sign-in service says “{said.strip() or 'nothing'}”. Show this to IT.")


def skew(date_header: str | None, now: datetime) -> timedelta | None:
    """By how much this machine's clock is ahead of the server's, where that is more than five minutes."""
    server = server_time(date_header)
    ahead = now - server if server else timedelta()
    return ahead if abs(ahead) > SKEW else None


def server_time(date_header: str | None) -> datetime | None:
    """The server's clock, from its Date header; None where it is missing or not a date."""
    try:
        found = parsedate_to_datetime(date_header or "")
    except ValueError:
        return None
    return found if found.tzinfo else None
