"""The journal: a line of JSON per transition, for whoever runs the machine."""

import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TextIO

from jobs.office import Log


def journal(clock: Callable[[], datetime], stream: TextIO = sys.stderr) -> Log:
    """A log that writes one JSON object a line to the stream, stamped by the clock that is given (UTC)."""
    import structlog

    def stamped(_: object, __: str, facts: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {"at": clock().isoformat(), **facts}

    logger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[stamped, structlog.processors.JSONRenderer(sort_keys=False, default=str)],
        wrapper_class=structlog.BoundLogger,
        cache_logger_on_first_use=True,
    )

    def log(what: str, /, **facts: object) -> None:
        # A full disk must not end the service that the log tells of: what happened stands in the ledger.
        with suppress(OSError):
            logger.info(what, **facts)

    return log


def silent(what: str, /, **facts: object) -> None:
    """A log that says nothing, for commands that speak for themselves."""
