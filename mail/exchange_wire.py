"""The connection to an Exchange server: time limits, hints to wait, and what the server may have carried out."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import DecodeError, HTTPError, NewConnectionError
from urllib3.exceptions import SSLError as HandshakeError

_CONNECT_SECONDS = 15.0
_WHOLE_ANSWER = 5  # times the time-out: the rest of an answer that keeps coming, but slowly
_ANSWER_LIMIT = 160 * 1024 * 1024
_PIECE = 64 * 1024
_LONGEST_WAIT = 15 * 60.0


class Wire:
    """What this process knows of its last question to the EWS address.

    ``open``: the server may have carried it out. ``renewed``: a token was asked for anew. ``status`` and
    ``retry_after`` (seconds) are those of the last HTTP answer. While ``once`` is set, a question that the server may
    have carried out is not put a second time, whatever the library on top decides.
    """

    def __init__(self, endpoint: str, ca_bundle: Path | None, timeout: float, clock: Callable[[], float]) -> None:
        self.endpoint = endpoint
        self.token_url = ""
        self.timeout = timeout
        self.open = False
        self.once = False
        self.renewed = False
        self.status: int | None = None
        self.retry_after: int | None = None
        self._ca_bundle = ca_bundle
        self._clock = clock
        self._held_until = 0.0

    def begin(self, once: bool = False) -> None:
        """Forget the last question."""
        self.open, self.once, self.renewed, self.status, self.retry_after = False, once, False, None, None

    def hold(self, seconds: float) -> None:
        """The server asks not to be asked for so many seconds; at most a quarter of an hour is believed."""
        self._held_until = self._clock() + min(seconds, _LONGEST_WAIT)

    def held(self) -> float:
        """How many seconds are left of that."""
        return max(0.0, self._held_until - self._clock())

    def trusted(self, verify: bool | str | None) -> bool | str:
        """Which certificates are believed: the private bundle where there is one, and never just any."""
        return str(self._ca_bundle) if self._ca_bundle else (verify or True)

    def is_question(self, url: str | None) -> bool:
        """Whether a request is one to EWS: every one is, but those for a token."""
        return not self.token_url or (url or "").casefold() != self.token_url.casefold()

    def asking(self) -> None:
        """Note that a question is about to leave."""
        if self.once and self.open:
            raise requests.ConnectionError("The server may have carried it out already: it is not asked again.")
        self.open, self.status, self.retry_after = True, None, None

    def failed(self, error: Exception) -> None:
        """Note that no answer came. Where no connection was made, nothing can have been carried out."""
        if _never_connected(error):
            self.open = False

    def answered(self, response: requests.Response) -> None:
        """Note an answer. What a sign-in that was refused asked for was not carried out."""
        self.status = response.status_code
        with suppress(ValueError):
            self.retry_after = int(response.headers.get("Retry-After", ""))
        if response.status_code == 401:
            self.open = False

    def read(self, response: requests.Response) -> None:
        """Read the whole answer within its time and size. Raises requests' own errors."""
        deadline = time.monotonic() + _WHOLE_ANSWER * self.timeout
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := response.raw.read1(_PIECE, decode_content=True):
                pieces.append(piece)
                size += len(piece)
                if time.monotonic() > deadline or size > _ANSWER_LIMIT:
                    raise requests.Timeout("The answer came too slowly or was too long.")
        except (HTTPError, DecodeError) as error:
            raise requests.ConnectionError(error) from error
        finally:
            if not response.raw.closed and response.raw.length_remaining:
                response.raw.close()
        # exchangelib iterates octet by octet, which takes many seconds over a large message.
        response.iter_content = lambda *_, **__: iter(pieces)  # type: ignore[method-assign]


class Adapter(HTTPAdapter):
    """Carries requests for one mailbox. Certificates are always verified."""

    def __init__(self, wire: Wire, **pool: Any) -> None:
        self._wire = wire
        super().__init__(**pool)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - an answer is always read whole
        timeout: Any = None,  # noqa: ARG002 - the wire knows the limits
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> requests.Response:
        """Send one request and read its answer whole, however it was to be read."""
        wire = self._wire
        limits = (min(_CONNECT_SECONDS, wire.timeout), wire.timeout)
        if not wire.is_question(request.url):
            response = super().send(request, True, limits, wire.trusted(verify), cert, proxies)
            wire.read(response)
            return response
        wire.asking()
        try:
            response = super().send(request, True, limits, wire.trusted(verify), cert, proxies)
            if response.status_code != 401:  # NTLM ties its next message to the certificate of the open connection
                wire.read(response)
        except Exception as error:
            wire.failed(error)
            raise
        wire.answered(response)
        return response


def _never_connected(error: Exception) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    certificate = isinstance(reason, HandshakeError) and "CERTIFICATE_VERIFY_FAILED" in str(reason)
    return isinstance(reason, NewConnectionError) or certificate
