"""A loopback Exchange server: EWS over HTTP, sign-in by Basic or by token, autodiscovery, and faults on demand.

Written from the published wire format, and strict: what it does not know is refused with a SOAP fault.
"""

import base64
import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from tests.servers.ews_operations import SOAP, VERSIONS, M, Operations, T, parsed, refuse
from tests.servers.ews_store import EwsError, Store

E = "{http://schemas.microsoft.com/exchange/services/2006/errors}"
A = "{http://schemas.microsoft.com/exchange/2010/Autodiscover}"
EWS = "/EWS/Exchange.asmx"
TOKEN = "/tenant/oauth2/v2.0/token"
DISCOVERY = "/autodiscover/autodiscover.svc"
for _prefix, _uri in (("s", SOAP), ("m", M), ("t", T), ("e", E)):
    register_namespace(_prefix, _uri.strip("{}"))


class Fault(Enum):
    """What goes wrong with one request, and whether it was carried out before."""

    CUT_BEFORE = "connection cut before it is carried out"
    CUT_AFTER = "carried out, connection cut before the answer"
    CUT_MIDWAY = "carried out, connection cut in the answer"
    SLOW = "carried out, no answer within the time"
    DRIPPING = "carried out, the answer comes drop by drop"
    MALFORMED = "carried out, the answer is no XML"
    EMPTY = "carried out, the answer is empty"
    ERROR_AFTER = "carried out, answered with an internal error"
    ERROR_BEFORE = "not carried out, answered with an internal error"
    BUSY = "not carried out, told to back off in a SOAP fault"
    BUSY_HTTP = "not carried out, told to back off by HTTP 503"
    CLOSING = "not carried out, HTTP 500 and the connection closed"
    DENIED = "not carried out, access denied"
    REFUSED = "not carried out, HTTP 401"
    SIGN_IN_AGAIN = "not carried out, asked to sign in first"
    FORBIDDEN = "not carried out, HTTP 403"
    WRONG_VERSION = "not carried out, the version is refused"
    VERSION_AFTER = "carried out, yet the version is refused"
    REDIRECTED = "not carried out, sent to a sign-in page"

    @property
    def carried_out(self) -> bool:
        return self.value.startswith("carried out")


@dataclass
class EwsServer:
    """The server. ``plan`` says what goes wrong next with an operation; ``asked`` lists what was asked.

    ``lacking`` are operations that it does not know, and how it says so: a response code, told in a SOAP fault, or an
    HTTP status with a page.
    """

    address: str = "plans@example.gov"
    username: str = "plans"
    password: str = "right-Secret-77"
    client_id: str = "client"
    token_seconds: int = 3600
    back_off_milliseconds: int = 297_000
    store: Store = field(init=False)
    operations: Operations = field(init=False)
    asked: list[str] = field(default_factory=list)
    lacking: dict[str, str | int] = field(default_factory=dict)
    spoken: list[str] = field(default_factory=list)  # the versions of the protocol that were asked in
    signed_in: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    scopes: list[str] = field(default_factory=list)
    impersonated: list[str] = field(default_factory=list)
    port: int = 0
    scheme: str = "http"
    ntlm: bool = False
    style: str = ""  # of the answers: gzip, chunked, or until the connection is closed
    watcher: Callable[[str, str], None] = lambda _operation, _stage: None
    _plans: dict[str, list[Fault]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.store = Store(self.address)
        self.operations = Operations(self.store)

    @property
    def endpoint(self) -> str:
        return f"{self.scheme}://localhost:{self.port}{EWS}"

    def plan(self, operation: str, *faults: Fault) -> None:
        self._plans.setdefault(operation, []).extend(faults)

    def fault(self, operation: str) -> Fault | None:
        waiting = self._plans.get(operation)
        return waiting.pop(0) if waiting else None


@contextmanager
def serving(server: EwsServer, certificate: Path | None = None) -> Iterator[EwsServer]:
    """Serve on loopback while the block runs. With a certificate (PEM, with its key) over TLS."""

    class Handler(_Handler):
        ews = server

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        server.scheme = "https"
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        http.shutdown()
        http.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    ews: EwsServer
    ntlm: Any = None
    ntlm_name = ""
    challenge = ""

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        with suppress(ConnectionError, ssl.SSLError):
            super().handle()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        places = {EWS: self._ews, TOKEN: self._token, DISCOVERY: self._discovery}
        if self.path not in places:
            self._answer(404, b"Not found", "text/plain")
            return
        places[self.path](body)

    def _ews(self, body: bytes) -> None:
        if not self._may():
            self._unauthorised()
            return
        try:
            if not self.headers.get("Content-Type", "").startswith("text/xml"):
                raise refuse("text/xml is expected")
            header, operation = parsed(body)
            self._check(header)
        except EwsError as error:
            self._soap(_fault(error))
            return
        name = operation.tag.rpartition("}")[2]
        if name in self.ews.lacking:
            self._unknown(name, self.ews.lacking[name])
            return
        with self.ews.lock:
            self.ews.asked.append(name)
            self.ews.watcher(name, "before")
            fault = self.ews.fault(name)
            answer = self._carried_out(operation) if fault is None or fault.carried_out else None
            self.ews.watcher(name, "after")
        if fault is None and answer is not None:
            self._soap(answer)
        elif fault is not None:
            self._go_wrong(fault, name, answer)

    def _unknown(self, name: str, how: str | int) -> None:
        if isinstance(how, int):
            self._answer(how, b"<html><body>Something went wrong.</body></html>", "text/html")
        else:
            self._soap(_fault(EwsError(how, f"{name} is not implemented.")))

    def _carried_out(self, operation: Element) -> Element:
        try:
            return self.ews.operations.answer(operation)
        except EwsError as error:
            return _fault(error)

    def _may(self) -> bool:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind in ("NTLM", "Negotiate") or self.ntlm_name:
            return self._ntlm(value)
        if kind == "Basic":
            given = base64.b64decode(value).decode()
            self.ews.signed_in.append(given.partition(":")[0])
            return given == f"{self.ews.username}:{self.ews.password}"
        return kind == "Bearer" and value in self.ews.tokens

    def _ntlm(self, value: str) -> bool:
        """The three messages of NTLM, on this connection: it then stays signed in, as on Exchange."""
        import spnego

        if not value or self.ntlm_name:
            return bool(self.ntlm_name)
        if self.ntlm is None:
            self.ntlm = spnego.server(protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
        try:
            self.challenge = base64.b64encode(self.ntlm.step(base64.b64decode(value)) or b"").decode()
        except spnego.exceptions.SpnegoError:
            self.ntlm, self.challenge = None, ""
            return False
        self.ntlm_name = (self.ntlm.client_principal or "") if self.ntlm.complete else ""
        if self.ntlm_name:
            self.ews.signed_in.append(self.ntlm_name)
        return bool(self.ntlm_name)

    def _unauthorised(self) -> None:
        offer = ("WWW-Authenticate", f"NTLM {self.challenge}".strip() if self.ews.ntlm else 'Basic realm="EWS"')
        self._answer(401, b"", "text/plain", offer)

    def _check(self, header: Element | None) -> None:
        version = None if header is None else header.find(f"{T}RequestServerVersion")
        if version is None or version.get("Version") not in VERSIONS:
            raise EwsError("ErrorInvalidServerVersion", "The specified server version is invalid.", fault=True)
        named = header.find(f"{T}ExchangeImpersonation/{T}ConnectingSID/{T}PrimarySmtpAddress")
        self.ews.spoken.append(version.get("Version", ""))
        bearer = self.headers.get("Authorization", "").startswith("Bearer")
        if bearer and named is None:
            raise EwsError("ErrorImpersonationRequired", "Application tokens need impersonation.", fault=True)
        if named is not None and (not bearer or named.text != self.ews.address):
            raise EwsError("ErrorImpersonateUserDenied", "The account may not impersonate this user.", fault=True)
        if named is not None:
            self.ews.impersonated.append(named.text or "")

    def _token(self, body: bytes) -> None:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        right = {"grant_type": "client_credentials", "client_id": self.ews.client_id}
        if any(form.get(name) != value for name, value in right.items()):
            self._json(400, {"error": "invalid_request", "error_description": f"unexpected {sorted(form)}"})
        elif form.get("client_secret") != self.ews.password:
            said = "AADSTS7000215: Invalid client secret provided."
            self._json(401, {"error": "invalid_client", "error_description": said})
        else:
            token = f"token-{len(self.ews.tokens) + 1}"
            self.ews.tokens.add(token)
            self.ews.scopes.append(form.get("scope", ""))
            said = {"token_type": "Bearer", "access_token": token, "expires_in": self.ews.token_seconds}
            self._json(200, said)

    def _discovery(self, body: bytes) -> None:
        if not self._may():
            self._unauthorised()
            return
        assert b"GetUserSettingsRequestMessage" in body
        envelope = Element(f"{SOAP}Envelope")
        message = SubElement(SubElement(envelope, f"{SOAP}Body"), f"{A}GetUserSettingsResponseMessage")
        response = SubElement(message, f"{A}Response")
        SubElement(response, f"{A}ErrorCode").text = "NoError"
        user = SubElement(SubElement(response, f"{A}UserResponses"), f"{A}UserResponse")
        SubElement(user, f"{A}ErrorCode").text = "NoError"
        setting = SubElement(SubElement(user, f"{A}UserSettings"), f"{A}UserSetting")
        SubElement(setting, f"{A}Name").text = "ExternalEwsUrl"
        SubElement(setting, f"{A}Value").text = self.ews.endpoint
        self._answer(200, tostring(envelope), "text/xml; charset=utf-8")

    def _go_wrong(self, fault: Fault, name: str, answer: Element | None) -> None:
        whole = b"" if answer is None else tostring(_enveloped(answer), xml_declaration=True, encoding="utf-8")
        if fault is Fault.CUT_MIDWAY:
            self.send_response(200)
            self.send_header("Content-Type", "text/xml; charset=utf-8")
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole[: len(whole) // 2])
        if fault is Fault.SLOW:
            self.ews.released.wait(10)
        if fault is Fault.DRIPPING:
            self._drip(whole)
        if fault in (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.CUT_MIDWAY, Fault.SLOW, Fault.DRIPPING):
            self.close_connection = True
        elif fault in (Fault.MALFORMED, Fault.EMPTY):
            self._answer(200, whole[: len(whole) // 2] + b"<" if fault is Fault.MALFORMED else b"", "text/xml")
        elif fault is Fault.SIGN_IN_AGAIN:
            self.ntlm, self.ntlm_name, self.challenge = None, "", ""
            self._unauthorised()
        elif fault in _HTTP:
            self._answer(*_HTTP[fault])
        elif fault is Fault.BUSY:
            busy = EwsError("ErrorServerBusy", "Try again later.", back_off=self.ews.back_off_milliseconds)
            self._soap(_fault(busy))
        elif fault in (Fault.WRONG_VERSION, Fault.VERSION_AFTER):
            self._soap(_fault(EwsError("ErrorInvalidServerVersion", "The specified server version is invalid.")))
        else:
            self._soap(_response_error(name, _CODES[fault]))

    def _drip(self, whole: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        for octet in whole:
            self.wfile.write(bytes([octet]))
            self.wfile.flush()
            if self.ews.released.wait(0.1):
                return

    def _soap(self, answer: Element) -> None:
        status = 500 if answer.tag == f"{SOAP}Fault" else 200
        # Servers that lack something may name the version that they were asked in, in faults as well.
        whole = _enveloped(answer, self.ews.spoken[-1] if self.ews.lacking and self.ews.spoken else "")
        self._answer(status, tostring(whole, xml_declaration=True, encoding="utf-8"), "text/xml; charset=utf-8")

    def _json(self, status: int, said: object) -> None:
        self._answer(status, json.dumps(said).encode(), "application/json")

    def _answer(self, status: int, body: bytes, kind: str, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers:
            self.send_header(name, value)
        styled = {"gzip": self._zipped, "chunked": self._chunked, "until closed": self._until_closed}
        self.wfile.write(styled.get(self.ews.style, self._plain)(body))

    def _plain(self, body: bytes) -> bytes:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return body

    def _zipped(self, body: bytes) -> bytes:
        self.send_header("Content-Encoding", "gzip")
        return self._plain(gzip.compress(body))

    def _chunked(self, body: bytes) -> bytes:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pieces = [body[start : start + 1000] for start in range(0, len(body), 1000)]
        return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])

    def _until_closed(self, body: bytes) -> bytes:
        self.send_header("Connection", "close")
        self.end_headers()
        return body


_HTTP: dict[Fault, tuple[object, ...]] = {
    Fault.BUSY_HTTP: (503, b"", "text/plain", ("Retry-After", "120")),
    Fault.CLOSING: (500, b"gone", "text/plain", ("Connection", "close")),
    Fault.REFUSED: (401, b"", "text/plain", ("Connection", "close")),
    Fault.FORBIDDEN: (403, b"", "text/plain"),
    Fault.REDIRECTED: (302, b"", "text/plain", ("Location", "/owa/auth/logon.aspx")),
}
_CODES = {
    Fault.ERROR_AFTER: "ErrorInternalServerError",
    Fault.ERROR_BEFORE: "ErrorInternalServerError",
    Fault.DENIED: "ErrorAccessDenied",
}


def _enveloped(answer: Element, version: str = "") -> Element:
    envelope = Element(f"{SOAP}Envelope")
    if version or answer.tag != f"{SOAP}Fault":
        header = SubElement(envelope, f"{SOAP}Header")
        numbers = {"MajorVersion": "15", "MinorVersion": "1", "MajorBuildNumber": "2507", "MinorBuildNumber": "6"}
        SubElement(header, f"{T}ServerVersionInfo", numbers | ({"Version": version} if version else {}))
    SubElement(envelope, f"{SOAP}Body").append(answer)
    return envelope


def _fault(error: EwsError) -> Element:
    fault = Element(f"{SOAP}Fault")
    SubElement(fault, "faultcode").text = f"a:{error.code}"
    SubElement(fault, "faultstring").text = str(error)
    detail = SubElement(fault, "detail")
    SubElement(detail, f"{E}ResponseCode").text = error.code
    SubElement(detail, f"{E}Message").text = str(error)
    if error.back_off is not None:
        value = SubElement(SubElement(detail, f"{T}MessageXml"), f"{T}Value", Name="BackOffMilliseconds")
        value.text = str(error.back_off)
    return fault


def _response_error(name: str, code: str) -> Element:
    response = Element(f"{M}{name}Response")
    message = SubElement(
        SubElement(response, f"{M}ResponseMessages"), f"{M}{name}ResponseMessage", ResponseClass="Error"
    )
    SubElement(message, f"{M}MessageText").text = "It did not work."
    SubElement(message, f"{M}ResponseCode").text = code
    return response
