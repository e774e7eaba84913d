"""An end to a call whose answer comes drop by drop, each drop within the time for one answer."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from mail.imap_settings import Endpoint
from mail.port import TransientMailboxError

# A batch of large messages over a slow line is well inside it.
WHOLE_CALL = 20


@contextmanager
def patience(server: Endpoint, timeout: float, held: Callable[[], socket.socket | None]) -> Iterator[None]:
    """Cut the connection that is held once the block takes longer than twenty time-outs (in seconds).

    The block then ends in a TransientMailboxError, whatever error the cut caused in it.
    """
    ran_out = threading.Event()

    def cut() -> None:
        ran_out.set()
        connection = held()
        if connection is not None:
            # Not the method of a TLS socket: it would forget its state under the thread that reads.
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    timer = threading.Timer(timeout * WHOLE_CALL, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except Exception:
        if ran_out.is_set():
            minutes = timeout * WHOLE_CALL / 60
            raise TransientMailboxError(f"{server} took longer than {minutes:.0f} minutes: it was given up.") from None
        raise
    finally:
        timer.cancel()
