"""Waiting for a mail system: a pause at a time, for as long as patience lasts."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta


def sleep(pause: timedelta) -> None:
    """Let the time pass for real."""
    time.sleep(pause.total_seconds())


def tries(wait: Callable[[timedelta], None], patience: timedelta, between: timedelta) -> Iterator[None]:
    """A try at once and one after every pause, until the pauses come to ``patience``."""
    yield None
    for _ in range(patience // between):
        wait(between)
        yield None
