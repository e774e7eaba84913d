"""HTTP for the Graph mailbox: verified TLS, bounded in time and size, and silent about what it carries."""

import logging
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mail.graph_faults import Answer
from mail.graph_settings import GraphSettings, safe
from mail.port import PermanentMailboxError, TransientMailboxError

if TYPE_CHECKING:
    import requests

ANSWER_LIMIT = 16 * 1024 * 1024
# A connection that lay idle for longer may have been dropped by a firewall that told nobody.
IDLE = 45.0
# How many time-outs the whole of one answer may take, however slowly it drips.
PATIENCE = 4
_PIECE = 256 * 1024


class OversizeError(PermanentMailboxError):
    """The answer is larger than was asked for; ``start`` is how it begins."""

    def __init__(self, sentence: str, start: bytes) -> None:
        super().__init__(sentence)
        self.start = start


class Wire:
    """Requests, one at a time, over connections that are kept while they are in use."""

    def __init__(self, settings: GraphSettings) -> None:
        self._settings = settings
        self._session: requests.Session | None = None
        self._used = 0.0

    def send(
        self, method: str, url: str, headers: Mapping[str, str], content: Any = b"", limit: int = ANSWER_LIMIT
    ) -> Answer:
        """Send one request and return the answer, whatever its status; ``content`` is bytes, or a form's fields.

        Redirections are not followed. TransientMailboxError where the connection fails or takes too long,
        PermanentMailboxError where the server's certificate is not trusted or its address is not safe,
        OversizeError for an answer above ``limit`` bytes. None of them tells more of the address than its host.
        """
        import requests
        from urllib3.exceptions import HTTPError

        if not safe(url):
            raise PermanentMailboxError(f"{_host(url)} is not an https address: nothing is sent there.")
        bundle, timeout = self._settings.ca_bundle, self._settings.timeout
        try:
            with self._connection().request(
                method,
                url,
                headers={**headers, "Accept-Encoding": "identity"},
                data=content,
                auth=_as_it_is,
                timeout=timeout,
                stream=True,
                allow_redirects=False,
                verify=True if bundle is None else str(bundle),
            ) as response:
                body = _body(response, limit, timeout * PATIENCE)
                named = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, named, body)
        except requests.exceptions.SSLError:
            raise _unproved(url) from None
        except (OSError, HTTPError) as error:  # every error of requests is an OSError
            raise _cut_off(url, error) from None
        finally:
            self._used = time.monotonic()

    def close(self) -> None:
        """Let go of the connections; the next request makes new ones."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _connection(self) -> "requests.Session":
        import requests

        if self._session is None:
            logging.getLogger("urllib3.connectionpool").addFilter(_HIDDEN)
            self._session = requests.Session()
        elif time.monotonic() - self._used > IDLE:
            self._session.close()  # closes the connections; the session goes on with new ones
        return self._session


def _as_it_is(request: "requests.PreparedRequest") -> "requests.PreparedRequest":
    """Without this, a .netrc file would put another Authorization in the place of ours."""
    return request


def _body(response: "requests.Response", limit: int, patience: float) -> bytes:
    """Read to the end, but neither beyond ``limit`` bytes nor for longer than ``patience`` seconds.

    By whatever has come, as the usual way of reading waits for a whole piece, however slowly it drips.
    """
    deadline = time.monotonic() + patience
    pieces: list[bytes] = []
    size = 0
    while piece := response.raw.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise OversizeError(f"The answer has more than {limit:,} bytes.", b"".join(pieces))
        if time.monotonic() > deadline:
            raise TimeoutError
    return b"".join(pieces)


def _unproved(url: str) -> PermanentMailboxError:
    return PermanentMailboxError(
        f"The certificate of {_host(url)} is not signed by an authority that this machine trusts: where a proxy opens"
        " TLS, name its authority in the mailbox's ca_bundle. It is never skipped."
    )


def _cut_off(url: str, error: Exception) -> TransientMailboxError:
    return TransientMailboxError(
        f"The connection to {_host(url)} failed ({type(error).__name__}): check the network and the proxy. It is tried"
        " again later."
    )


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class _WithoutQueries(logging.Filter):
    """urllib3 notes every address at DEBUG; that of an upload session holds its token."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                each.split("?", 1)[0] + "?…" if isinstance(each, str) and "?" in each else each for each in record.args
            )
        return True


_HIDDEN = _WithoutQueries()
