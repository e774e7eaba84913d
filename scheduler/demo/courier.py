"""The demo on a real mailbox: the service works in it, and the demo's people write to it, as if it were their year.

The people live in folders, as in every demo. What the service sends goes out for real, to the mailbox itself and to
nobody else, and is laid into the people's Sent. What people write goes out the same way, and counts as received when
they wrote it: a mail server says today's date, and the demo's year is another.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from mail.folder import FolderMailbox
from mail.port import (
    Batch,
    Lane,
    Mailbox,
    MailboxError,
    Outcome,
    PermanentMailboxError,
    Received,
    TransientMailboxError,
)
from mail.reading import read
from scheduler.command_line import CommandError
from scheduler.demo.envelope import posted, redirected, restored, tag_of
from scheduler.waiting import tries

# Exchange Online may ask to wait for minutes, and settles in ten what became of a message whose answer was lost.
PATIENCE = timedelta(minutes=15)
BETWEEN = timedelta(seconds=2)
ATTEMPTS = 3
# What the service sent itself may come back after the last thing that anybody waits for.
HOMECOMING = timedelta(minutes=1)

Answer = TypeVar("Answer")


class TrialError(CommandError):
    """The mailbox did not do what a demo in it needs: the sentence says what, and what to look at."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A mailbox to be tried: its address, the name of this run (eight hexadecimal digits), the clock and the waiting.

    ``wait`` lets the time pass that it is given; ``say`` shows a line of progress.
    """

    mailbox: Mailbox
    address: str
    run: str
    clock: Callable[[], datetime]
    wait: Callable[[timedelta], None]
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lying:
    """What lay in Inbox and Junk before the demo: the cursor behind it, and how many are not an earlier demo's.

    ``whole``: they were read to the end.
    """

    cursor: str
    others: int
    whole: bool = True


@dataclass(slots=True)
class Left:
    """What the demo leaves in the mailbox; ``untouched`` are the messages that are not its own."""

    sent: int = 0
    filed: dict[Lane, int] = field(default_factory=lambda: dict.fromkeys(Lane, 0))
    untouched: int = 0


def lying(trial: Trial, any_will_do: bool = False) -> Lying:
    """Read Inbox and Junk, changing nothing: to their end, or until ``any_will_do`` and some are not a demo's."""
    cursor: str | None = None
    others = 0
    while True:
        batch = _patiently(trial, lambda at=cursor: trial.mailbox.poll(at))  # type: ignore[misc]
        others += sum(1 for each in batch.messages if tag_of(each.raw, trial.address) is None)
        if not batch.more or (others and any_will_do):
            return Lying(batch.cursor, others, whole=not batch.more)
        cursor = batch.cursor


class Courier:
    """The mailbox of the demo's service: the real one, behind the demo's clock and with the demo's people.

    ``root`` is the folder mailbox in which the people write and read. It sees the demo's own messages only: any other
    stays where it lies. Trouble that passes is waited out in real time, as the demo's time does not pass meanwhile;
    other trouble, and trouble that lasts, raises TrialError, and so does every call after that. It lives as long as
    its process: what was cut off is not taken up again.
    """

    def __init__(self, trial: Trial, root: Path, before: Lying) -> None:
        self._trial = trial
        self._people = FolderMailbox(root)
        self._start = before.cursor
        self._latest = before.cursor
        self._read: str | None = None
        self._numbers = 0
        self._prepared: dict[str, tuple[bytes, bytes]] = {}
        self._awaited: dict[str, Received] = {}
        self._abroad: set[str] = set()
        self._comes_home = False
        self._over: TrialError | None = None
        self._written: dict[str, str] = {}
        self.left = Left(untouched=before.others)

    def check(self) -> str:
        """What the mailbox itself says."""
        return self._ask(self._trial.mailbox.check)

    def prepare(self, raw: bytes) -> str:
        """Prepare the message to the mailbox itself, whomever it is for."""
        tag = self._tag()
        out = redirected(raw, self._trial.address, tag, self._trial.clock())
        token = self._ask(lambda: self._trial.mailbox.prepare(out))
        self._prepared[token] = (out, raw)
        self._abroad.add(tag)
        return token

    def send(self, token: str) -> None:
        """Send it for real, and let those that it is for have it."""
        out, raw = self._prepared.pop(token, (b"", b""))
        if not out:
            raise PermanentMailboxError(f"No message {token} is prepared: prepare it before sending.")
        self._go(out, token)
        self._people.send(self._people.prepare(raw))

    def lookup(self, message_id: str, token: str) -> Outcome:
        """What the mailbox itself says."""
        return self._ask(lambda: self._trial.mailbox.lookup(message_id, token))

    def poll(self, cursor: str | None) -> Batch:
        """Send what people have written, and return it when all of it has arrived, by the times of their writing."""
        self._post()
        cursor = cursor or self._start
        found: list[Received] = []
        for _ in self._while_waiting("It was sent and has not arrived"):
            messages, cursor = self._arrived(cursor)
            found += messages
            if not self._awaited:
                break
        self._latest = cursor
        return Batch(tuple(sorted(found, key=lambda each: (each.received_at is None, each.received_at))), cursor, False)

    def file(self, server_id: str, lane: Lane) -> None:
        """File the message in the mailbox, and the people's copy of it in their folders."""
        self._ask(lambda: self._trial.mailbox.file(server_id, lane))
        written = self._written.pop(server_id, None)
        if written is not None:
            self._people.file(written, lane)
            self.left.filed[lane] += 1

    def tidy(self) -> None:
        """File what the service sent itself and has come back; where it does come back, wait a little for the rest."""
        cursor = self._latest
        for _ in tries(self._trial.wait, HOMECOMING, BETWEEN):
            _, cursor = self._arrived(cursor)
            if not self._abroad or not self._comes_home:
                return

    def close(self) -> None:
        """Nothing: whoever opened the mailbox closes it, and the demo tidies up in it first."""

    def _tag(self) -> str:
        self._numbers += 1
        return f"{self._trial.run}-{self._numbers}"

    def _post(self) -> None:
        """Send what people have written since the last time."""
        more = True
        while more:
            batch = self._people.poll(self._read)
            self._read, more = batch.cursor, batch.more
            for each in batch.messages:
                self._send_on(each)

    def _send_on(self, written: Received) -> None:
        tag = self._tag()
        message_id = f"<demo.{tag}@{self._trial.address.rpartition('@')[2]}>"
        out = posted(written.raw, self._trial.address, tag, message_id, self._trial.clock())
        self._go(out, self._ask(lambda: self._trial.mailbox.prepare(out)))
        self._awaited[tag] = written

    def _go(self, out: bytes, token: str) -> None:
        """Send once: again only where the mailbox proves that it was not sent."""
        mailbox = self._trial.mailbox
        message_id = read(out).message_id
        for _ in range(ATTEMPTS):
            try:
                mailbox.send(token)
            except MailboxError as trouble:
                self._trial.say(str(trouble))
                if not self._went(message_id, token):
                    token = self._ask(lambda: mailbox.prepare(out))
                    continue
            self.left.sent += 1
            return
        raise self._given_up(f"A message could not be sent in {ATTEMPTS} attempts: try plancycle mailbox check first.")

    def _went(self, message_id: str, token: str) -> bool:
        for _ in self._while_waiting("Nobody can tell whether it was sent"):
            outcome = self.lookup(message_id, token)
            if outcome is not Outcome.UNKNOWN:
                return outcome is Outcome.SENT
        raise AssertionError("waiting ends with an error")

    def _while_waiting(self, what: str) -> Iterator[None]:
        yield from tries(self._trial.wait, PATIENCE, BETWEEN)
        raise self._given_up(
            f"{what} within {PATIENCE.seconds // 60} minutes: a message from {self._trial.address} to itself. A filter"
            " or a rule may hold it, or the service itself may be running on this mailbox: try plancycle mailbox check."
        )

    def _arrived(self, cursor: str) -> tuple[list[Received], str]:
        """What arrived of the people's messages after the cursor, and the cursor behind it."""
        found: list[Received] = []
        more = True
        while more:
            batch = self._ask(lambda at=cursor: self._trial.mailbox.poll(at))  # type: ignore[misc]
            cursor, more = batch.cursor, batch.more
            found += filter(None, map(self._sorted, batch.messages))
        return found, cursor

    def _sorted(self, arrived: Received) -> Received | None:
        """A person's message as they wrote it; None for the service's own, which is filed, and for any other."""
        tag = tag_of(arrived.raw, self._trial.address)
        written = self._awaited.pop(tag, None) if tag else None
        if written is not None:
            self._written[arrived.server_id] = written.server_id
            raw = restored(written.raw, arrived.raw)
            return replace(arrived, raw=raw, received_at=written.received_at, extra_headers={})
        if tag is not None and tag.startswith(f"{self._trial.run}-"):
            if tag in self._abroad:
                self._comes_home = True
                self._abroad.discard(tag)
            self._ask(lambda: self._trial.mailbox.file(arrived.server_id, Lane.PROCESSED))
            self.left.filed[Lane.PROCESSED] += 1
        elif tag is None:
            self.left.untouched += 1
        return None

    def _ask(self, ask: Callable[[], Answer]) -> Answer:
        if self._over is not None:
            raise self._over
        try:
            return _patiently(self._trial, ask)
        except TrialError as over:
            raise self._given_up(str(over)) from None

    def _given_up(self, sentence: str) -> TrialError:
        """Other work of the same wake-up is not to try its own patience."""
        self._over = TrialError(sentence)
        return self._over


def _patiently(trial: Trial, ask: Callable[[], Answer]) -> Answer:
    """The answer, when the mailbox gives it: trouble that passes is waited out."""
    last = ""
    for _ in tries(trial.wait, PATIENCE, BETWEEN):
        try:
            return ask()
        except TransientMailboxError as trouble:
            if str(trouble) != last:
                trial.say(f"waiting: {trouble}")
            last = str(trouble)
        except MailboxError as trouble:
            raise TrialError(str(trouble)) from None
    raise TrialError(f"The mailbox was tried for {PATIENCE.seconds // 60} minutes: {last}")
