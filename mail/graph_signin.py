"""Signing in to Exchange Online as an application, with a client secret or a certificate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from mail.graph_faults import Answer, sign_in_refusal
from mail.graph_settings import GraphSettings
from mail.graph_wire import Wire
from mail.port import MailboxError, PermanentMailboxError, TransientMailboxError

_PFX = frozenset({".pfx", ".p12"})
_LARGEST = 1024 * 1024


class SignIn:
    """Access tokens for one application. Signs in at the first use, and again when a token runs out.

    ``secret`` is the client secret or, with a certificate, the passphrase of its key (empty where it has none).
    ``busy`` makes the error for an answer by which the sign-in service asks to wait.
    """

    def __init__(
        self, settings: GraphSettings, secret: str, wire: Wire, busy: Callable[[Answer], MailboxError]
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._http = _Http(wire, busy)
        self._application: Any = None

    def token(self) -> str:
        """An access token that is still good. Raises the port's errors, with the likely cause and the cure."""
        where = self._settings.where()
        result = self._asked(lambda: self._app().acquire_token_for_client([f"{where.graph}/.default"]))
        token = result.get("access_token") if isinstance(result, dict) else None
        if isinstance(token, str) and token:
            return token
        self._application = None
        raise sign_in_refusal(result if isinstance(result, dict) else {}, self._settings.client_id, self._secret)

    def forget(self) -> None:
        """Drop the token that was given, so that the next one is new."""
        if self._application is not None:
            self._application.remove_tokens_for_client()

    def _app(self) -> Any:
        """The application; making it asks the sign-in service where its endpoints are."""
        if self._application is None:
            import msal  # type: ignore[import-untyped,unused-ignore]

            where, tenant = self._settings.where(), self._settings.tenant_id
            self._application = msal.ConfidentialClientApplication(
                self._settings.client_id,
                client_credential=self._credential(),
                authority=f"{where.login}/{tenant}",
                http_client=self._http,
                instance_discovery=False,  # the authority is declared, so nobody else is asked about it
            )
        return self._application

    def _credential(self) -> str | dict[str, Any]:
        if self._settings.certificate is None:
            if not self._secret:
                raise PermanentMailboxError(
                    "The mailbox has no client secret: give it to the service by its environment, and start again."
                )
            return self._secret
        return certificate_credential(self._settings.certificate, self._secret)

    def _asked(self, call: Any) -> Any:
        """msal lets the errors of the wire pass, and raises its own for answers that it cannot use."""
        try:
            return call()
        except MailboxError:
            raise
        except Exception as error:
            self._application = None  # msal remembers some answers for a minute; ours are not asked for that often
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> MailboxError:
        """msal's words may repeat what it was given, so only the codes are read from them."""
        words = {"error_description": f"{error} {error.__context__ or ''}"}
        known = sign_in_refusal(words, self._settings.client_id, self._secret)
        if "AADSTS" in str(known):
            return known
        return TransientMailboxError(
            f"The sign-in service {self._settings.where().login} gave no usable answer ({type(error).__name__}): check"
            " the tenant id, the cloud and the proxy. It is tried again later."
        )


def certificate_credential(path: Path, passphrase: str) -> dict[str, Any]:
    """The certificate in the form that msal takes; its thumbprint is reckoned there."""
    _contents(path)
    phrase = {"passphrase": passphrase} if passphrase else {}
    if path.suffix.lower() in _PFX:
        _certificate(path, passphrase)
        return {"private_key_pfx_path": str(path), "public_certificate": True} | phrase
    text = _contents(path).decode("ascii", "replace")
    if "PRIVATE KEY-----" not in text or "-----BEGIN CERTIFICATE-----" not in text:
        raise PermanentMailboxError(
            f"The file {path} does not hold both a private key and a certificate: put both into it, in PEM form."
        )
    _check_key(path, passphrase)
    return {"private_key": text, "public_certificate": _first_certificate(text)} | phrase


def certificate_expires(path: Path, passphrase: str) -> date:
    """The last day of the certificate in the file."""
    end: date = _certificate(path, passphrase).not_valid_after_utc.date()
    return end


def _certificate(path: Path, passphrase: str) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import pkcs12

    content = _contents(path)
    try:
        if path.suffix.lower() in _PFX:
            found = pkcs12.load_key_and_certificates(content, passphrase.encode() or None)[1]
        else:
            found = x509.load_pem_x509_certificate(_first_certificate(content.decode("ascii", "replace")).encode())
    except (ValueError, TypeError):
        raise _unreadable(path) from None
    if found is None:
        raise _unreadable(path)
    return found


def _check_key(path: Path, passphrase: str) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        load_pem_private_key(_contents(path), passphrase.encode() or None)
    except (ValueError, TypeError):
        raise _unreadable(path) from None


def _first_certificate(text: str) -> str:
    start = text.find("-----BEGIN CERTIFICATE-----")
    end = text.find("-----END CERTIFICATE-----", start)
    return text[start:end] + "-----END CERTIFICATE-----\n" if 0 <= start < end else ""


def _contents(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise PermanentMailboxError(
            f"The certificate {path} cannot be read ({error.strerror}): put it there, readable for the service only."
        ) from None


def _unreadable(path: Path) -> PermanentMailboxError:
    return PermanentMailboxError(
        f"The certificate {path} cannot be used: its key or its passphrase is wrong, or it is neither PEM nor PFX."
    )


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer in the shape that msal reads."""

    status_code: int
    text: str
    headers: Mapping[str, str]


class _Http:
    """The two calls that msal makes, over our own wire."""

    def __init__(self, wire: Wire, busy: Callable[[Answer], MailboxError]) -> None:
        self._wire = wire
        self._busy = busy

    def get(self, url: str, headers: Mapping[str, str] | None = None, **_: Any) -> _Answered:
        return self._answered("GET", url, headers, b"")

    def post(self, url: str, headers: Mapping[str, str] | None = None, data: Any = b"", **_: Any) -> _Answered:
        return self._answered("POST", url, headers, data)

    def close(self) -> None:
        """The wire is not msal's to close."""

    def _answered(self, method: str, url: str, headers: Mapping[str, str] | None, content: Any) -> _Answered:
        answer = self._wire.send(method, url, headers or {}, content)
        if answer.status == 429 or answer.status >= 500:
            raise self._busy(answer)
        answer.json()  # msal would write what is not JSON into the log, whatever it holds
        return _Answered(answer.status, answer.body.decode("utf-8", "replace"), answer.headers)
