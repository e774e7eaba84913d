"""Preparing and sending by SMTP, and what this process can prove of it."""

import hashlib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from mail.addresses import addresses
from mail.imap_faults import about_the_mailbox, said
from mail.imap_own import headers_of
from mail.imap_settings import ImapSettings, Secret
from mail.imap_submission import Submission
from mail.port import MailboxError, Outcome, PermanentMailboxError, TransientMailboxError

# A caller prepares one message and sends it; what was prepared and never sent is forgotten before it fills memory.
KEPT_READY = 4
KEPT_IN_MIND = 2_000

# A server that hands on what it is told may lose the next one after that took the message: these are no refusals.
_CLOSING = 421
_ON_THE_WAY = re.compile(rb"[45]\.4\.")


@dataclass(slots=True)
class _Attempt:
    """One message under one token. ``raw`` is let go when its sending begins or another token supersedes it."""

    message_id: str
    outcome: Outcome = Outcome.NOT_SENT
    raw: bytes = field(default=b"", repr=False)
    recipients: tuple[str, ...] = ()


class Sending:
    """Messages on their way out. What is known of them is the server's own word, and ends with this process."""

    def __init__(self, settings: ImapSettings, secret: Secret, trust: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._submission = Submission(settings, secret, trust)
        self._attempts: dict[str, _Attempt] = {}
        self._hopeless: dict[str, str] = {}

    def check(self) -> None:
        """Sign in, and nothing else."""
        with self._submission.session():
            pass

    def prepare(self, raw: bytes) -> str:
        """Try the envelope, with ourselves as a second recipient, take it back, and return the token."""
        message_id, recipients = self._addressed(raw)
        self._refuse_again(message_id, raw)
        with about_the_mailbox(), self._submission.session() as smtp:
            self._submission.require_room(smtp, len(raw))
            self._submission.envelope(smtp, recipients, len(raw))
            code, text = smtp.rset()
            if code != 250:
                raise TransientMailboxError(f"{self._settings.smtp} answered RSET with {code} {said(text)}")
        return self._keep(_Attempt(message_id, raw=raw, recipients=recipients))

    def send(self, token: str) -> None:
        """Say the envelope again and hand the message over, once."""
        attempt = self._attempts.get(token)
        if attempt is None:
            raise PermanentMailboxError(f"Nothing was prepared under the token {token!r} here: prepare it first.")
        if not attempt.raw:
            raise PermanentMailboxError(
                f"The message {attempt.message_id} cannot go under this token any more: it was tried already, or others"
                " were prepared since."
            )
        raw, attempt.raw = attempt.raw, b""
        with self._submission.session() as smtp:
            self._submission.envelope(smtp, attempt.recipients, len(raw))
            with self._remembering_refusal(raw):
                self._submission.begin(smtp)
                attempt.outcome = Outcome.UNKNOWN
                self._settle(attempt, *self._submission.hand_over(smtp, raw))

    def outcome(self, message_id: str, token: str) -> Outcome:
        """What the SMTP server itself said to this process: nothing of it, or nothing certain, means unknown."""
        told = {each.outcome for each in self._attempts.values() if each.message_id == message_id}
        if Outcome.SENT in told:
            return Outcome.SENT
        attempt = self._attempts.get(token)
        certain = attempt is not None and attempt.message_id == message_id and Outcome.UNKNOWN not in told
        return Outcome.NOT_SENT if certain else Outcome.UNKNOWN

    def close(self) -> None:
        self._submission.close()

    def _settle(self, attempt: _Attempt, code: int, text: bytes) -> None:
        if 200 <= code < 300:
            attempt.outcome = Outcome.SENT
            return
        if 400 <= code < 600 and code != _CLOSING and not _ON_THE_WAY.match(text):
            attempt.outcome = Outcome.NOT_SENT
        kind: type[MailboxError] = PermanentMailboxError if 500 <= code < 600 else TransientMailboxError
        raise kind(f"{self._settings.smtp} did not take the message {attempt.message_id}: {code} {said(text)}")

    @contextmanager
    def _remembering_refusal(self, raw: bytes) -> Iterator[None]:
        """A message that is refused for what it contains would be tried for ever: the next ``prepare`` says so."""
        try:
            yield
        except PermanentMailboxError as refused:
            self._hopeless[_digest(raw)] = str(refused)
            _forget_oldest(self._hopeless, KEPT_IN_MIND)
            raise

    def _refuse_again(self, message_id: str, raw: bytes) -> None:
        if sentence := self._hopeless.get(_digest(raw)):
            raise PermanentMailboxError(sentence)
        if self.outcome(message_id, "") is Outcome.SENT:
            raise PermanentMailboxError(f"The message {message_id} was sent already: it is not prepared again.")

    def _keep(self, attempt: _Attempt) -> str:
        """Remember the attempt under a new token; one that it supersedes can no longer be sent."""
        ready = [token for token, each in self._attempts.items() if each.raw]
        for token in ready:
            if self._attempts[token].message_id == attempt.message_id or token in ready[: 1 - KEPT_READY]:
                self._attempts[token].raw = b""
        token = f"smtp/{uuid4().hex}"
        self._attempts[token] = attempt
        _forget_oldest(self._attempts, KEPT_IN_MIND)
        return token

    def _addressed(self, raw: bytes) -> tuple[str, tuple[str, ...]]:
        """The Message-ID, and the envelope's recipients: whom To and Cc name, and ourselves."""
        headers = headers_of(raw)
        message_id = str(headers.get("Message-ID", "")).strip()
        if not message_id:
            raise PermanentMailboxError("The message to be sent has no Message-ID: it cannot be looked up later.")
        named = [
            found.address
            for name in ("To", "Cc")
            for value in headers.get_all(name, [])
            for found in addresses(str(value))
        ]
        if not named:
            raise PermanentMailboxError(f"The message {message_id} to be sent names no recipient.")
        if not all(map(str.isascii, named)):
            raise PermanentMailboxError(f"The message {message_id} names an address that is not in ASCII.")
        return message_id, tuple({each.casefold(): each for each in (*named, self._settings.address)}.values())


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _forget_oldest(kept: dict[str, str] | dict[str, _Attempt], most: int) -> None:
    while len(kept) > most:
        del kept[next(iter(kept))]
