"""A relay on loopback between an adapter and its server, which counts the bytes that pass."""

import socket
import threading
from contextlib import suppress

_PIECE = 256 * 1024


class Relay:
    """Passes every connection on to ``port``. ``passed`` counts bytes, both ways together."""

    def __init__(self, port: int) -> None:
        self.passed = 0
        self._target = port
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            for each in (near, far):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                with self._lock:
                    self.passed += len(piece)
                target.sendall(piece)
        # A socket is closed by whichever side ends last, so that the other may still be told what is on its way.
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            source.shutdown(socket.SHUT_RD)
