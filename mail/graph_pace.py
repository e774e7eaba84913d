"""Keeping within what Exchange Online allows one mailbox, and keeping quiet for as long as it asks."""

from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from mail.port import TransientMailboxError

# A mailbox may send 30 messages in a minute and take in 150 MB in five. Both are kept clear of, as a restarted
# service has forgotten what it did, and as people may send from the same mailbox.
SENDS = 25
SENDS_IN = timedelta(minutes=1)
UPLOADED = 120_000_000
UPLOADED_IN = timedelta(minutes=5)

# A refusal without Retry-After has been seen to need more than four minutes.
THROTTLED_FOR = timedelta(minutes=5)
BUSY_FOR = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)


class Pace:
    """What was done lately, and until when nothing may be asked. The caller gives the time; nothing sleeps."""

    def __init__(self) -> None:
        self._sent: deque[datetime] = deque()
        self._uploaded: deque[tuple[datetime, int]] = deque()
        self._quiet_until: datetime | None = None

    def may_ask(self, now: datetime) -> None:
        """Raise TransientMailboxError while the server's own wait is not over."""
        until = self._quiet_until
        if until is None or now >= until or until - now > LONGEST_WAIT:  # the clock was put back: the wait is void
            self._quiet_until = None
            return
        raise TransientMailboxError(f"Exchange Online asked us to wait until {_clock(until)}: nothing is sent to it.")

    def be_quiet(self, now: datetime, until: datetime) -> None:
        """Ask nothing before ``until``, or for an hour at most."""
        self._quiet_until = min(until, now + LONGEST_WAIT)

    def may_prepare(self, now: datetime, size: int) -> None:
        """Raise TransientMailboxError where one more message of ``size`` bytes would pass the mailbox's limits."""
        while self._sent and not timedelta() <= now - self._sent[0] < SENDS_IN:
            self._sent.popleft()
        while self._uploaded and not timedelta() <= now - self._uploaded[0][0] < UPLOADED_IN:
            self._uploaded.popleft()
        if len(self._sent) >= SENDS:
            raise TransientMailboxError(
                f"{SENDS} messages went in the last minute, and Exchange Online takes 30: paced until"
                f" {_clock(self._sent[0] + SENDS_IN)}."
            )
        if self._uploaded and sum(size for _, size in self._uploaded) + size > UPLOADED:
            raise TransientMailboxError(
                "The last five minutes' messages are near the 150 MB that Exchange Online takes: paced until"
                f" {_clock(self._uploaded[0][0] + UPLOADED_IN)}."
            )

    def uploaded(self, now: datetime, size: int) -> None:
        """Note bytes that were uploaded."""
        self._uploaded.append((now, size))

    def sent(self, now: datetime) -> None:
        """Note a message that was sent, or may have been."""
        self._sent.append(now)


def wait_until(status: int, retry_after: str | None, now: datetime) -> datetime:
    """The instant before which nothing is asked after a refusal: what the server says, else a careful guess."""
    default = now + (THROTTLED_FOR if status == 429 else BUSY_FOR)
    if not retry_after:
        return default
    text = retry_after.strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return now + timedelta(seconds=max(1, int(text)))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return default
    until = until.replace(tzinfo=UTC) if until.tzinfo is None else until.astimezone(UTC)
    return max(until, now + timedelta(seconds=1))


def _clock(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%H:%M:%S} UTC"
