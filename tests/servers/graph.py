"""A loopback server that speaks Graph's mail and its sign-in as they are documented, over TLS, strictly.

A request that the documentation does not describe, or one without the immutable-id header, is refused with 400.
"""

import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock, Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.servers.graph_login import TENANT, Login
from tests.servers.graph_mailbox import MailboxState
from tests.servers.graph_tls import authority
from tests.servers.graph_wire import Fault, RefusedRequest, Reply, Request, Trouble, refusal

USERS = "/v1.0/users/"
_SPOILT = {Trouble.MALFORMED: b'{"id": ', Trouble.SAYS_NOTHING: b"{}"}


class GraphServer:
    """One tenant. ``faults`` strike in order; ``requests`` are those that arrived; ``crashes`` must stay empty."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] | None = None) -> None:
        self.ca_bundle, server_file = authority(folder)
        self.clock = clock or (lambda: datetime.now(UTC))
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.crashes: list[str] = []
        self.connections = 0
        self.denied: set[str] = set()
        self.mailboxes: dict[str, MailboxState] = {}
        self.lock = RLock()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.graph = self
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server_file)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self._http.server_port}"
        self.login = Login(self.url)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def mailbox(self, address: str, clock: Callable[[], datetime] | None = None) -> MailboxState:
        """The server's side of a mailbox, made where it is new."""
        if address not in self.mailboxes:
            self.mailboxes[address] = MailboxState(f"{self.url}{USERS}{address}", clock or self.clock)
        return self.mailboxes[address]

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Reply:
        with self.lock:
            try:
                return self._answer(request)
            except RefusedRequest as refused:
                return refused.reply

    def _answer(self, request: Request) -> Reply:
        if request.path.startswith(f"/{TENANT}/") or not request.path.startswith(("/v1.0/", "/api/")):
            return self.login.answer(request)
        if request.path.startswith("/api/v2.0/"):
            return self._upload(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.login.valid:
            raise RefusedRequest(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        if request.headers.get("Prefer") != 'IdType="ImmutableId"':
            raise RefusedRequest(400, "ErrorInvalidRequest", "Every request must ask for immutable ids.")
        address, _, rest = request.path.removeprefix(USERS).partition("/")
        if not request.path.startswith(USERS) or unquote(address) not in self.mailboxes:
            raise RefusedRequest(404, "ErrorInvalidUser", f"The requested user '{unquote(address)}' is invalid.")
        if unquote(address) in self.denied:
            raise RefusedRequest(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
        return self.mailboxes[unquote(address)].answer(request, f"/{rest}")

    def _upload(self, request: Request) -> Reply:
        for mailbox in self.mailboxes.values():
            if request.path in mailbox.sessions:
                return mailbox.take_range(request)
        raise RefusedRequest(404, "ErrorItemNotFound", "There is no such upload session.")

    def trouble(self, request: Request) -> Trouble | None:
        with self.lock:
            self.requests.append(f"{request.method} {request.path}")
            return next((fault.trouble for fault in self.faults if fault.strikes(request)), None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    graph: GraphServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        import traceback

        self.graph.crashes.append(traceback.format_exc())


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        with suppress(ssl.SSLError, ConnectionError):  # a client that hangs up, or does not trust us
            self.request.do_handshake()
            self.server.graph.connections += 1
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()

    def log_message(self, *_: object) -> None:
        """The requests are kept in a list."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        graph, parts = self.server.graph, urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, parts.path, parts.query, dict(self.headers.items()), body)
        trouble = graph.trouble(request)
        if trouble is Trouble.CUT_BEFORE:
            self.close_connection = True
        elif trouble is None or trouble.carried_out:
            self._reply(graph.answer(request), trouble)
        else:
            self._reply(refusal(trouble), None)

    def _reply(self, reply: Reply, trouble: Trouble | None) -> None:
        if trouble in (Trouble.CUT_AFTER, Trouble.SLOW):
            if trouble is Trouble.SLOW:
                self.rfile.read(1)  # until the client has hung up
            self.close_connection = True
            return
        if trouble is Trouble.DRIPPING:
            self._drip(reply)
            return
        body = _SPOILT.get(trouble, reply.body) if trouble else reply.body
        named = {"Content-Type": reply.kind, "Content-Length": str(len(body))} | dict(reply.headers)
        if trouble is Trouble.CUT_MID:  # an answer without a body is cut within its headers
            whole = self._head(reply.status, named) + body
            self.wfile.write(whole[: len(whole) - max(2, len(body) // 2 + 1)])
            self.close_connection = True
        else:
            self.wfile.write(self._head(reply.status, named) + body)

    def _drip(self, reply: Reply) -> None:
        self.close_connection = True
        self.wfile.write(self._head(reply.status, {"Content-Type": reply.kind, "Content-Length": "1000000"}))
        self.connection.settimeout(0.02)
        while True:  # until the client has hung up
            self.wfile.write(b" ")
            with suppress(TimeoutError):
                if self.connection.recv(1) == b"":
                    return

    def _head(self, status: int, headers: dict[str, str]) -> bytes:
        date = format_datetime(self.server.graph.clock().astimezone(UTC), usegmt=True)
        lines = [f"HTTP/1.1 {status} Answer", f"Date: {date}", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
