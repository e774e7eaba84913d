"""Servers of text lines on loopback, which fall silent, cut or answer nonsense where a test says so."""

import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum


class Stage(StrEnum):
    """When something happens to a command."""

    BEFORE = "before it is carried out"
    AFTER = "after it was carried out, before the answer"
    MID = "in the middle of the answer"
    SILENT = "no answer ever comes"
    NONSENSE = "the answer is none"
    DROPS = "the answer comes drop by drop, and never ends"


class CutError(Exception):
    """The connection ends here."""


@dataclass
class Faults:
    """What goes wrong. ``number`` counts the commands of every connection from 1, from when it was set."""

    number: int = 0
    stage: Stage = Stage.BEFORE
    seen: int = 0
    # Answers in place of the server's own, by the beginning of the command; such a command is not carried out.
    answers: dict[str, str] = field(default_factory=dict)

    def cut(self, number: int, stage: Stage) -> None:
        self.number, self.stage, self.seen = number, stage, 0

    def due(self) -> Stage | None:
        self.seen += 1
        return self.stage if self.seen == self.number else None

    def answer(self, command: str) -> str | None:
        return next((said for start, said in self.answers.items() if command.upper().startswith(start.upper())), None)


class LineHandler(socketserver.StreamRequestHandler):
    """One connection: commands in, answers out, with the faults between the two."""

    server: "LoopbackServer"
    timeout = 30
    disable_nagle_algorithm = True

    def handle(self) -> None:
        try:
            self.talk()
        except (CutError, ConnectionError, TimeoutError):
            return

    def talk(self) -> None:
        raise NotImplementedError

    def line(self) -> bytes:
        found = self.rfile.readline(1_000_000)
        if not found.endswith(b"\r\n"):
            raise CutError
        return found[:-2]

    def carry_out(self, work: Callable[[], bytes]) -> None:
        """Do one command's work and answer, unless its turn has come to go wrong."""
        stage = self.server.faults.due()
        if stage is Stage.BEFORE:
            raise CutError
        answer = work()
        if stage is Stage.AFTER:
            raise CutError
        if stage is Stage.SILENT:
            self.rfile.read()
            raise CutError
        if stage is Stage.DROPS:
            while not self.server.stopping.wait(0.02):
                self.wfile.write(b" ")
            raise CutError
        if stage is Stage.NONSENSE:
            self.wfile.write(b"\x00\xff nonsense (\r\n" * 3)
            raise CutError
        self.wfile.write(answer[: len(answer) // 2] if stage is Stage.MID else answer)
        if stage is Stage.MID:
            raise CutError


class LoopbackServer(socketserver.ThreadingTCPServer):
    """A server on a free loopback port, in its own threads."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: type[LineHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.faults = Faults()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        # Shutting down what never ran would wait for ever.
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join(10)
        self.server_close()
