"""A strict SMTP server on loopback. What it does not know or what comes out of turn is refused, not guessed."""

import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass

from tests.servers.loopback import CutError, LineHandler, LoopbackServer

_MAIL = re.compile(r"FROM:<([^<> ]*)>((?: [A-Z0-9]+(?:=[^ ]+)?)*)", re.IGNORECASE)
_RCPT = re.compile(r"TO:<([^<> ]+)>", re.IGNORECASE)
_KNOWN_OPTIONS = frozenset({"SIZE", "BODY"})


@dataclass(frozen=True)
class Envelope:
    """One message as it was handed over."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


class SmtpServer(LoopbackServer):
    """Hands every accepted message to ``deliver``, before it says that it accepted it.

    ``users`` maps names to passwords (or tokens); None lets everybody send without signing in.
    """

    def __init__(self, deliver: Callable[[Envelope], None], users: dict[str, str] | None = None) -> None:
        super().__init__(_Dialogue)
        self.deliver = deliver
        self.users = users
        self.mechanisms = "PLAIN LOGIN XOAUTH2"
        self.size = 60_000_000
        self.accepted: list[Envelope] = []
        self.envelopes: list[tuple[str, ...]] = []
        self.connections = 0


class _Dialogue(LineHandler):
    server: SmtpServer

    def talk(self) -> None:
        self.server.connections += 1
        self._signed_in = self.server.users is None
        self._greeted = False
        self._reset()
        self.carry_out(lambda: f"{self.server.faults.answer('GREETING') or '220 loopback ESMTP'}\r\n".encode())
        while True:
            command = self.line().decode("ascii")
            self.carry_out(lambda: self._answer(command))  # noqa: B023 - carried out before the next turn
            if command.upper() == "QUIT":
                return
            if self._data:
                self._take_message()

    def _reset(self) -> None:
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._data = False

    def _answer(self, command: str) -> bytes:
        verb, _, rest = command.partition(" ")
        method = getattr(self, f"_do_{verb.lower()}", None)
        said = self.server.faults.answer(command)
        if said is None:
            said = method(rest) if method else "500 5.5.1 unknown command"
        return said.encode() + b"\r\n"

    def _do_ehlo(self, rest: str) -> str:
        self._greeted = bool(rest)
        self._reset()
        offers = [f"SIZE {self.server.size}", "8BITMIME"]
        if self.server.users is not None:
            offers.append(f"AUTH {self.server.mechanisms}")
        return "\r\n".join(["250-loopback", *(f"250-{offer}" for offer in offers), "250 HELP"])

    def _do_auth(self, rest: str) -> str:
        mechanism, _, initial = rest.partition(" ")
        if self.server.users is None or self._signed_in or mechanism not in self.server.mechanisms.split():
            return "503 5.5.1 not now, not so"
        said = b64decode(initial, validate=True).decode()
        if mechanism == "PLAIN":
            _, name, secret = said.split("\0")
        elif mechanism == "LOGIN":
            name, secret = said, self._asked("334 UGFzc3dvcmQ6")
        else:
            name, secret = said.split("\1")[0].removeprefix("user="), said.split("\1")[1].removeprefix("auth=Bearer ")
        self._signed_in = self.server.users.get(name) == secret
        if not self._signed_in and mechanism == "XOAUTH2" and self._asked("334 eyJzdGF0dXMiOiI0MDAifQ=="):
            return "501 5.5.2 an empty answer was due"
        return "235 2.7.0 welcome" if self._signed_in else f"535 5.7.8 credentials of {rest} were not accepted"

    def _asked(self, challenge: str) -> str:
        self.wfile.write(challenge.encode() + b"\r\n")
        return b64decode(self.line(), validate=True).decode()

    def _do_mail(self, rest: str) -> str:
        found = _MAIL.fullmatch(rest)
        if not self._greeted or not self._signed_in or self._sender is not None:
            return "503 5.5.1 out of turn"
        if found is None or {each.partition("=")[0] for each in found[2].split()} - _KNOWN_OPTIONS:
            return "501 5.5.4 what is that"
        self._sender = found[1]
        return "250 2.1.0 ok"

    def _do_rcpt(self, rest: str) -> str:
        found = _RCPT.fullmatch(rest)
        if self._sender is None:
            return "503 5.5.1 out of turn"
        if found is None:
            return "501 5.5.4 what is that"
        self._recipients.append(found[1])
        return "250 2.1.5 ok"

    def _do_data(self, rest: str) -> str:
        if not self._recipients or rest:
            return "503 5.5.1 out of turn"
        self._data = True
        return "354 go on"

    def _take_message(self) -> None:
        lines: list[bytes] = []
        while (line := self.line()) != b".":
            if b"\r" in line or b"\n" in line:
                raise CutError
            lines.append(line.removeprefix(b"."))
        self.carry_out(lambda: self._accept(b"".join(each + b"\r\n" for each in lines)))
        self._reset()

    def _accept(self, raw: bytes) -> bytes:
        refused = self.server.faults.answer("MESSAGE")
        if refused is not None:
            return refused.encode() + b"\r\n"
        envelope = Envelope(self._sender or "", tuple(self._recipients), raw)
        self.server.deliver(envelope)
        self.server.accepted.append(envelope)
        return b"250 2.0.0 accepted\r\n"

    def _do_rset(self, rest: str) -> str:
        if self._recipients:
            self.server.envelopes.append(tuple(self._recipients))
        self._reset()
        return "250 2.0.0 ok"

    def _do_noop(self, rest: str) -> str:
        return "250 2.0.0 ok"

    def _do_quit(self, rest: str) -> str:
        return "221 2.0.0 bye"
