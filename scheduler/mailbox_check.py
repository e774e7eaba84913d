"""Whether a mailbox can be put into service, step by step: each step a sentence, a failed one with cause and cure."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from jobs.witness import Keyring
from ledger.records import Arrival
from mail.compose import LOOP_HEADER, compose
from mail.letter import Letter
from mail.port import Lane, Mailbox, MailboxError, Outcome, Received
from mail.reaching import Server, connect, handshake, resolve
from scheduler.secret import SecretError
from scheduler.waiting import tries

SUBJECT = "plancycle: a test of this mailbox"
PATIENCE = timedelta(minutes=2)
BETWEEN = timedelta(seconds=5)
SKEW = timedelta(minutes=5)
# A mailbox in which this many messages wait is being used for something else, or was not read for long.
MOST_WAITING = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it was about, whether it went well, and what was seen or is to be done."""

    name: str
    good: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: a way to open the mailbox, its address and servers, and how far to go.

    ``delivers``: a message to the mailbox itself comes back to it, as with every system but folders. ``wait`` lets the
    time pass that it is given. With ``send`` off nothing is sent or filed. ``keyring`` signs the test message, so that
    a running service knows it; None leaves it unsigned. ``taken_in`` finds a message that the running service has
    filed, by its Message-ID; None where it has not.
    """

    opened: Callable[[], Mailbox] = field(repr=False)
    address: str
    servers: tuple[Server, ...]
    delivers: bool
    send: bool
    clock: Callable[[], datetime]
    wait: Callable[[timedelta], None]
    keyring: Keyring | None = None
    taken_in: Callable[[str], Arrival | None] = lambda _: None


class _FailedError(Exception):
    """The step of this name failed, with this sentence."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


def checked(trial: Trial) -> Iterator[Step]:
    """Every step as soon as it is done, ending with the first that fails."""
    try:
        yield from _steps(trial)
    except _FailedError as failed:
        yield Step(failed.name, False, str(failed))


@contextmanager
def _step(name: str) -> Iterator[None]:
    try:
        yield
    except (MailboxError, SecretError) as trouble:
        raise _FailedError(name, str(trouble)) from None


def _steps(trial: Trial) -> Iterator[Step]:
    with _step("settings"):
        mailbox = trial.opened()
    with closing(mailbox):
        yield Step("settings", True, "The settings can be used, and the secret that they need was given.")
        yield from _reached(trial)
        with _step("sign in"):
            ready = mailbox.check()
        yield Step("sign in", True, ready)
        with _step("read"):
            cursor, waiting = _read(mailbox)
        yield Step("read", True, f"Inbox and Junk were read; {waiting} wait there.")
        if trial.send:
            yield from _there_and_back(trial, mailbox, cursor)


def _reached(trial: Trial) -> Iterator[Step]:
    for server in trial.servers:
        works = (("resolve", resolve), ("connect", connect), ("TLS", partial(handshake, now=trial.clock())))
        for name, work in works:
            with _step(name):
                said = work(server)
            yield Step(name, True, f"{server.purpose}: {said}")


def _read(mailbox: Mailbox) -> tuple[str, int]:
    """The cursor behind everything that waits, and how many do."""
    batch = mailbox.poll(None)
    waiting = len(batch.messages)
    while batch.more and waiting < MOST_WAITING:
        batch = mailbox.poll(batch.cursor)
        waiting += len(batch.messages)
    return batch.cursor, waiting


def _there_and_back(trial: Trial, mailbox: Mailbox, cursor: str) -> Iterator[Step]:
    message_id = _message_id(trial)
    with _step("send"):
        token = mailbox.prepare(_message(trial, message_id))
        mailbox.send(token)
        mailbox.close()
    yield Step("send", True, f"A message from {trial.address} to itself was sent: “{SUBJECT}”.")
    with _step("find in Sent"):
        _found(trial, mailbox, message_id, token)
    yield Step("find in Sent", True, "A new connection finds it by its Message-ID, so a sending can be proved.")
    if not trial.delivers:
        return
    with _step("receive"):
        message = _came_back(trial, mailbox, cursor, message_id)
    if isinstance(message, Arrival):
        yield from _done_by_service(trial, message)
        return
    yield Step("receive", True, f"It came back, into {message.folder.value.capitalize()}.")
    with _step("clock"):
        said = _same_time(message.received_at, trial.clock())
    yield Step("clock", True, said)
    with _step("file"):
        _filed(mailbox, message, cursor)
    yield Step("file", True, "It was filed into Processed. Delete it there if you like: the service deletes nothing.")


def _done_by_service(trial: Trial, arrival: Arrival) -> Iterator[Step]:
    yield Step("receive", True, "It came back, and the running service took it in before this check saw it.")
    with _step("clock"):
        said = _same_time(arrival.received_at, trial.clock())
    yield Step("clock", True, said)
    if arrival.lane == "check":
        yield Step("file", True, "The running service knew it for a test, and filed it.")
        return
    why = "the signing keys given here are not its own" if trial.keyring else "no signing keys were given here"
    yield Step("file", True, f"The running service took it in as “{arrival.lane}”: {why}.")


def _message_id(trial: Trial) -> str:
    nonce, domain = uuid4().hex, trial.address.rpartition("@")[2]
    return trial.keyring.check_id(nonce, domain) if trial.keyring else f"<check.{nonce}@{domain}>"


def _message(trial: Trial, message_id: str) -> bytes:
    """The test message, without the header by which our own messages are kept from coming in."""
    words = "This message was sent to see whether the mailbox works. It may be deleted.\n"
    letter = Letter(trial.address, "plancycle", trial.address, "", SUBJECT, words, "", message_id, trial.clock())
    return compose(letter).replace(f"{LOOP_HEADER}: 1\r\n".encode(), b"", 1)


def _found(trial: Trial, mailbox: Mailbox, message_id: str, token: str) -> None:
    for _ in tries(trial.wait, PATIENCE, BETWEEN):
        if mailbox.lookup(message_id, token) is Outcome.SENT:
            return
    raise _FailedError(
        "find in Sent",
        "The message was sent, and is not found among the sent messages by its Message-ID. A rule or a retention policy"
        " may remove it, or something on the way gives messages new ids: ask IT. Every sending would end in doubt.",
    )


def _came_back(trial: Trial, mailbox: Mailbox, cursor: str, message_id: str) -> Received | Arrival:
    """The message, or, where the running service was there first, what that made of it."""
    for _ in tries(trial.wait, PATIENCE, BETWEEN):
        more = True
        while more:
            batch = mailbox.poll(cursor)
            cursor, more = batch.cursor, batch.more
            for message in batch.messages:
                if message_id.encode() in message.raw:
                    return message
        taken_in = trial.taken_in(message_id)
        if taken_in is not None:
            return taken_in
    raise _FailedError(
        "receive",
        f"The message was sent and did not come back within {PATIENCE.seconds // 60} minutes. A filter may hold it or a"
        " rule move it, another program may be reading this mailbox, or the address may be another"
        " mailbox's: look for it, and ask IT.",
    )


def _same_time(received_at: datetime | None, now: datetime) -> str:
    if received_at is None:
        return "The server does not say when a message came in."
    apart = abs(now - received_at)
    if apart > SKEW + PATIENCE:
        raise _FailedError(
            "clock",
            f"This machine says {now:%d %B %Y %H:%M} UTC; the mail server stamped the message"
            f" {received_at:%d %B %Y %H:%M}. Have both set by NTP: returns are on time by the server's clock.",
        )
    return "The mail server's clock and this machine's agree."


def _filed(mailbox: Mailbox, message: Received, cursor: str) -> None:
    mailbox.file(message.server_id, Lane.PROCESSED)
    if any(each.server_id == message.server_id for each in mailbox.poll(cursor).messages):
        raise _FailedError("file", "The message was moved to Processed and still lies where it was: ask IT.")
