"""What IMAP and SMTP servers, TLS and the network say when it goes wrong, as sentences of the port's two kinds."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from imaplib import IMAP4

from mail.imap_settings import Endpoint, Secret
from mail.port import MailboxError, PermanentMailboxError, TransientMailboxError

# The libraries raise these when a server stops, refuses or answers with what is no answer.
FOREIGN = (OSError, EOFError, IMAP4.error, ValueError, LookupError, TypeError, AttributeError, AssertionError)

_CODE = re.compile(r"\[([A-Z-]+)")
_LASTING = frozenset(
    {
        "AUTHENTICATIONFAILED",
        "AUTHORIZATIONFAILED",
        "CANNOT",
        "CONTACTADMIN",
        "EXPIRED",
        "NONEXISTENT",
        "NOPERM",
        "OVERQUOTA",
        "PRIVACYREQUIRED",
    }
)
_PASSING = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"})
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"})
_LONGEST = 300


class RefusedMessageError(PermanentMailboxError):
    """About this one message: others may still go."""


@contextmanager
def about_the_mailbox() -> Iterator[None]:
    """Let pass what is wrong with the mailbox, its servers or the sign-in: a message waits until that is mended.

    A permanent error would withdraw it, and every other one that falls due meanwhile.
    """
    try:
        yield
    except RefusedMessageError:
        raise
    except PermanentMailboxError as trouble:
        raise TransientMailboxError(str(trouble)) from None


@contextmanager
def spoken(server: Endpoint, secret: Secret) -> Iterator[None]:
    """Turn every foreign error into one of the port's; the secret stands in none of them.

    The foreign error is not chained: its text may hold what was said to the server.
    """
    try:
        yield
    except MailboxError as error:
        raise type(error)(secret.scrub(str(error))) from None
    except FOREIGN as error:
        found = translated(error, server)
        raise type(found)(secret.scrub(str(found))) from None


def translated(error: Exception, server: Endpoint) -> MailboxError:
    """The error as a sentence about this server, with the likely cause and what to do."""
    if isinstance(error, smtplib.SMTPException):
        return _of_smtp(error, server)
    if isinstance(error, OSError):
        return _of_network(error, server)
    if isinstance(error, IMAP4.error):
        return _of_imap(error, server)
    return TransientMailboxError(
        f"{server} answered what is no answer of a mail server ({type(error).__name__}): is it the right port, with"
        " nothing in between that changes what is said?"
    )


def refused_sign_in(error: Exception, server: Endpoint, username: str) -> MailboxError:
    """A sign-in that failed: for good unless the server says, or the connection shows, that it will pass.

    The library wraps a lost connection as a refused sign-in; the error that it wrapped tells them apart.
    """
    wrapped = error.__context__
    if isinstance(wrapped, IMAP4.abort):
        return translated(wrapped, server)
    if _code(error) in _PASSING:
        return TransientMailboxError(f"{server} does not let us sign in for now: {said(str(error))}")
    return PermanentMailboxError(sign_in_sentence(server, username, str(error)))


def sign_in_sentence(server: Endpoint, username: str, text: str) -> str:
    return (
        f"{server} refuses the sign-in of {username}: {said(text)} Check the user name and the secret; the password"
        " may have changed, the token may have expired, or the server may want an app password."
    )


def said(text: str | bytes) -> str:
    """What a server said, on one line, not too long, and ending as a sentence does."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = " ".join("".join(each if each.isprintable() else " " for each in words).split())[:_LONGEST]
    return f"“{line}”."


def _of_network(error: OSError, server: Endpoint) -> MailboxError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return PermanentMailboxError(
            f"The certificate of {server} is not trusted ({error.verify_message}): check the host name and this"
            " machine's clock, or name the CA bundle that vouches for it. Checking is never switched off."
        )
    if isinstance(error, ssl.SSLError) and error.reason in _NO_TLS:
        return PermanentMailboxError(
            f"{server} does not speak TLS from the first byte: is the port right, or should security be starttls?"
        )
    if isinstance(error, socket.gaierror):
        return TransientMailboxError(
            f"The name {server.host} cannot be resolved ({error.strerror}): check the name and the DNS."
        )
    if isinstance(error, TimeoutError):
        return TransientMailboxError(f"{server} did not answer in time: it may be busy, or a firewall may be shut.")
    if isinstance(error, ConnectionRefusedError):
        return TransientMailboxError(f"{server} refuses connections: check host and port, and whether the server runs.")
    return TransientMailboxError(f"The connection to {server} was lost: {error.strerror or type(error).__name__}.")


def _of_imap(error: Exception, server: Endpoint) -> MailboxError:
    if isinstance(error, IMAP4.readonly):
        return PermanentMailboxError(
            f"A folder on {server} may be read but not changed: ask for the right to move messages in this mailbox."
        )
    if isinstance(error, IMAP4.abort):
        return TransientMailboxError(f"The connection to {server} was lost: {said(str(error))}")
    if _code(error) in _LASTING:
        return PermanentMailboxError(f"{server} refuses: {said(str(error))} Ask the mail administrators.")
    return TransientMailboxError(f"{server} could not do it: {said(str(error))}")


def _of_smtp(error: smtplib.SMTPException, server: Endpoint) -> MailboxError:
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return PermanentMailboxError(f"{server} does not offer STARTTLS: check the port, or set security to tls.")
    if isinstance(error, smtplib.SMTPResponseException):
        kind = PermanentMailboxError if 500 <= error.smtp_code < 600 else TransientMailboxError
        return kind(f"{server} refuses: {error.smtp_code} {said(error.smtp_error)}")
    return TransientMailboxError(f"The connection to {server} was lost: {said(str(error))}")


def _code(error: Exception) -> str:
    found = _CODE.search(str(error))
    return found[1] if found else ""
