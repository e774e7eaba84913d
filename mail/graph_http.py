"""Requests about one mailbox: signed in, with immutable ids, and never before a wait is over."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from mail.graph_faults import Answer, TroubledMessageError, refusal, server_time, skew
from mail.graph_pace import Pace, wait_until
from mail.graph_settings import GraphSettings
from mail.graph_signin import SignIn
from mail.graph_wire import ANSWER_LIMIT, Wire
from mail.port import MailboxError, PermanentMailboxError, TransientMailboxError

IMMUTABLE = 'IdType="ImmutableId"'
_HEADER_LINE = re.compile(rb"[A-Za-z][A-Za-z0-9_.-]{0,99}[ \t]*:")


class GraphHttp:
    """The thin client. ``clock`` gives aware UTC instants.

    In every method ``path`` begins after the mailbox and has its query, quoted, and ``what`` is said where it fails.
    """

    def __init__(self, settings: GraphSettings, secret: str, clock: Callable[[], datetime], pace: Pace) -> None:
        self.settings = settings
        self._clock = clock
        self._pace = pace
        self._wire = Wire(settings)
        self._sign_in = SignIn(settings, secret, self._wire, self._busy_sign_in)
        self._last_date: tuple[str | None, datetime] | None = None

    def get(self, path: str, what: str) -> dict[str, Any]:
        """GET an object."""
        return self._asked("GET", self.url(path), what).json()

    def page(self, link: str, what: str) -> dict[str, Any]:
        """GET the next page of a list, from the link that the last one gave."""
        if not link.startswith(f"{self.settings.where().graph}/"):
            raise PermanentMailboxError(
                f"The mailbox {self.settings.address}: {what} goes on at another server, {urlsplit(link).netloc!r}: it"
                " is not followed. Show this to IT."
            )
        return self._asked("GET", link, what).json()

    def download(self, path: str, what: str, limit: int) -> bytes:
        """GET a message's bytes. OversizeError above ``limit``; TroubledMessageError where they are no message."""
        answer = self._asked("GET", self.url(path), what, limit=limit)
        if _HEADER_LINE.match(answer.body) and "html" not in answer.headers.get("content-type", ""):
            return answer.body
        raise TroubledMessageError(
            f"The mailbox {self.settings.address}: {what} brought something that is no message: a proxy may have"
            " answered in place of Exchange Online. It is read again later."
        )

    def post(self, path: str, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST an object, and return the one that was made."""
        content = json.dumps(body).encode("ascii")
        return self._done(self._asked("POST", self.url(path), what, content, "application/json"), what, 201).json()

    def post_mime(self, path: str, what: str, content: bytes) -> dict[str, Any]:
        """POST a message that is already in base64, and return the draft that was made."""
        return self._done(self._asked("POST", self.url(path), what, content, "text/plain"), what, 201).json()

    def order(self, path: str, what: str) -> None:
        """POST nothing, to have something done."""
        self._done(self._asked("POST", self.url(path), what), what, 202)

    def delete(self, path: str, what: str) -> None:
        """DELETE what is there."""
        self._done(self._asked("DELETE", self.url(path), what), what, 204)

    def put_range(self, url: str, what: str, content: bytes, start: int, total: int) -> Answer:
        """PUT a range of a file to an upload session, whose address is a secret and wants no token."""
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes {start}-{start + len(content) - 1}/{total}",
        }
        self._pace.may_ask(self._clock())
        return self._accepted(self._wire.send("PUT", url, headers, content), what)

    def server_now(self) -> datetime:
        """The server's clock as of its last answer; this machine's where it did not say."""
        said = server_time(self._last_date[0]) if self._last_date else None
        return said or self._clock()

    def clock_fault(self) -> str | None:
        """A sentence where this machine's clock and the server's differ by more than five minutes."""
        ahead = skew(*self._last_date) if self._last_date else None
        if ahead is None:
            return None
        minutes = round(abs(ahead).total_seconds() / 60)
        which = "ahead of" if ahead.total_seconds() > 0 else "behind"
        return f"This machine's clock is {minutes} minutes {which} Exchange Online's: have it set by NTP."

    def url(self, path: str) -> str:
        """The address of something in the mailbox."""
        return f"{self.settings.where().graph}/v1.0/users/{quote(self.settings.address, safe='@')}{path}"

    def close(self) -> None:
        """Let go of the connections; the next request makes new ones."""
        self._wire.close()

    def _asked(
        self, method: str, url: str, what: str, content: bytes = b"", kind: str = "", *, limit: int = ANSWER_LIMIT
    ) -> Answer:
        """Carry out one request. A token that is refused is renewed once: a 401 means that nothing was done."""
        answer = self._once(method, url, content, kind, limit)
        if answer.status == 401:
            self._sign_in.forget()
            answer = self._once(method, url, content, kind, limit)
        return self._accepted(answer, what)

    def _once(self, method: str, url: str, content: bytes, kind: str, limit: int) -> Answer:
        self._pace.may_ask(self._clock())
        headers = {"Authorization": f"Bearer {self._sign_in.token()}", "Prefer": IMMUTABLE}
        if kind:
            headers["Content-Type"] = kind
        answer = self._wire.send(method, url, headers, content, limit)
        self._last_date = (answer.headers.get("date"), self._clock())
        return answer

    def _accepted(self, answer: Answer, what: str) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        if answer.status == 401:
            cure = self.clock_fault() or "Ask IT whether the application was disabled, and whether the cloud is right."
            raise PermanentMailboxError(
                f"The mailbox {self.settings.address}: {what} was refused with a new access token too (401). {cure}"
            )
        fault = refusal(answer, what, self.settings.address)
        raise self._waiting(answer, fault) if answer.status == 429 or answer.status >= 500 else fault

    def _done(self, answer: Answer, what: str, status: int) -> Answer:
        """Only the very status that Graph documents says that it was done: a proxy's page may come with a 200."""
        if answer.status == status:
            return answer
        raise TransientMailboxError(
            f"The mailbox {self.settings.address}: {what} was answered with {answer.status} in place of {status}: a"
            " proxy may have answered in place of Exchange Online. It is looked at again later."
        )

    def _waiting(self, answer: Answer, fault: MailboxError) -> MailboxError:
        """The same fault, with the time until which nothing is asked now."""
        now = self._clock()
        until = wait_until(answer.status, answer.headers.get("retry-after"), now)
        self._pace.be_quiet(now, until)
        return type(fault)(f"{fault} Nothing is asked of it before {until:%H:%M:%S} UTC.")

    def _busy_sign_in(self, answer: Answer) -> MailboxError:
        place = f"The sign-in service {self.settings.where().login} is busy ({answer.status})."
        return self._waiting(answer, TransientMailboxError(place))
