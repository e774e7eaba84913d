"""The dialogue with the SMTP server: sign in, try an envelope, hand over a message."""

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from mail.imap_faults import FOREIGN, RefusedMessageError, said, sign_in_sentence, spoken
from mail.imap_patience import patience
from mail.imap_settings import ImapSettings, Secret, in_base64
from mail.port import MailboxError, PermanentMailboxError, TransientMailboxError

# A server may look through a whole message before it says that it takes it.
ACCEPTING_TAKES_LONGER = 5
_TOO_LARGE = 552

_END = re.compile(rb"\r\n|\r|\n")
# Our own name would be looked up in the DNS, without a bound on how long that takes.
_HELO = "[127.0.0.1]"


class Submission:
    """One connection to the SMTP server, made when it is needed and made again when it was lost."""

    def __init__(self, settings: ImapSettings, secret: Secret, trust: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._secret = secret
        self._trust = trust
        self._smtp: smtplib.SMTP | None = None
        self._opening: smtplib.SMTP | None = None

    @contextmanager
    def session(self) -> Iterator[smtplib.SMTP]:
        """A connection that is signed in; after any error it is given up. Raises only the port's errors."""
        server, timeout = self._settings.smtp, self._settings.timeout
        with spoken(server, self._secret), patience(server, timeout, self._held):
            try:
                yield self._alive()
            except BaseException:
                self._drop()
                raise

    def require_room(self, smtp: smtplib.SMTP, size: int) -> None:
        """Raise RefusedMessageError for a message of more bytes than the server takes."""
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < size:
            raise RefusedMessageError(
                f"The message has {size:,} bytes; {self._settings.smtp} takes {int(limit):,} at most."
            )

    def envelope(self, smtp: smtplib.SMTP, recipients: Sequence[str], size: int) -> None:
        """Name ourselves as sender, then the recipients.

        A person who is refused for good, and a message that is too large, are a RefusedMessageError; when we
        are refused ourselves it is a PermanentMailboxError.
        """
        sender = self._settings.address
        options = [f"SIZE={size}"] if smtp.has_extn("size") else []
        reply = smtp.mail(sender, options)
        self._require(reply, f"does not let us send as {sender}", of_message=reply[0] == _TOO_LARGE)
        for recipient in recipients:
            ours = recipient.casefold() == sender.casefold()
            what = f"refuses our own address {recipient}, whose copy is the proof of sending"
            self._require(
                smtp.rcpt(recipient), what if ours else f"refuses the recipient {recipient}", of_message=not ours
            )

    def begin(self, smtp: smtplib.SMTP) -> None:
        """Announce the message's bytes. Until this returns, the server has nothing of it."""
        code, text = smtp.docmd("DATA")
        if code != 354:
            self._require((code, text), "does not take the message", of_message=True)
            raise TransientMailboxError(f"{self._settings.smtp} answered DATA with {code} {said(text)}")

    def hand_over(self, smtp: smtplib.SMTP, raw: bytes) -> tuple[int, bytes]:
        """Send the bytes with their end, and return what the server says to them."""
        smtp.send(_dotted(raw))
        if smtp.sock is not None:
            smtp.sock.settimeout(self._settings.timeout * ACCEPTING_TAKES_LONGER)
        code, text = smtp.getreply()
        if smtp.sock is not None:
            smtp.sock.settimeout(self._settings.timeout)
        return code, text

    def close(self) -> None:
        if self._smtp is not None:
            with suppress(*FOREIGN):
                self._smtp.quit()
        self._drop()

    def _alive(self) -> smtplib.SMTP:
        if self._smtp is not None:
            with suppress(*FOREIGN):
                if self._smtp.noop()[0] == 250:
                    return self._smtp
            self._drop()
        self._smtp = self._connected()
        return self._smtp

    def _connected(self) -> smtplib.SMTP:
        smtp = self._opening = self._opened()
        try:
            smtp.ehlo_or_helo_if_needed()
            if self._settings.smtp.security == "starttls":
                smtp.starttls(context=self._trust)
                smtp.ehlo_or_helo_if_needed()
            self._sign_in(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _opened(self) -> smtplib.SMTP:
        server, timeout = self._settings.smtp, self._settings.timeout
        if server.security == "tls":
            return smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=_HELO, timeout=timeout, context=self._trust
            )
        return smtplib.SMTP(server.host, server.port, local_hostname=_HELO, timeout=timeout)

    def _sign_in(self, smtp: smtplib.SMTP) -> None:
        code, text = self._authenticated(smtp, smtp.esmtp_features.get("auth", "").upper().split())
        if code == 235:
            return
        server, words = self._settings.smtp, f"{code} {text.decode('utf-8', 'replace')}"
        if 500 <= code < 600:
            raise PermanentMailboxError(sign_in_sentence(server, self._settings.username, words))
        raise TransientMailboxError(f"{server} does not let us sign in for now: {said(words)}")

    def _authenticated(self, smtp: smtplib.SMTP, offered: Sequence[str]) -> tuple[int, bytes]:
        if self._settings.auth == "xoauth2" and "XOAUTH2" in offered:
            code, text = smtp.docmd("AUTH", f"XOAUTH2 {in_base64(self._secret.xoauth2())}")
            # The reason of a refusal comes as a challenge, and the refusal itself after an empty answer to it.
            return smtp.docmd("") if code == 334 else (code, text)
        if self._settings.auth == "plain" and "PLAIN" in offered:
            return smtp.docmd("AUTH", f"PLAIN {in_base64(self._secret.plain())}")
        if self._settings.auth == "plain" and "LOGIN" in offered:
            smtp.docmd("AUTH", f"LOGIN {in_base64(self._settings.username)}")
            return smtp.docmd(in_base64(self._secret.password()))
        raise PermanentMailboxError(
            f"{self._settings.smtp} does not offer to sign in by {self._settings.auth}"
            f" (it offers {', '.join(offered) or 'nothing'}): is it the port for submission, usually 465 or 587?"
        )

    def _require(self, reply: tuple[int, bytes], what: str, *, of_message: bool) -> None:
        code, text = reply
        if not 200 <= code < 300:
            lasting: type[MailboxError] = RefusedMessageError if of_message else PermanentMailboxError
            kind = lasting if 500 <= code < 600 else TransientMailboxError
            raise kind(f"{self._settings.smtp} {what}: {code} {said(text)}")

    def _held(self) -> socket.socket | None:
        return self._opening.sock if self._opening is not None else None

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = self._opening = None


def _dotted(raw: bytes) -> bytes:
    """The bytes as they are written in DATA: every line ends in CR LF, and none looks like the end of it all."""
    ends = raw.count(b"\r\n")
    body = raw if ends == raw.count(b"\r") == raw.count(b"\n") else _END.sub(b"\r\n", raw)
    body = (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:]
    return body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")
