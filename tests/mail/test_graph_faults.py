"""Whatever goes wrong at whichever request: nothing is lost, and what is sent is sent once."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from mail.graph import GraphMailbox
from mail.letter import Attachment
from mail.port import Lane, MailboxError, Outcome, TransientMailboxError
from mail.reading import read
from tests.servers.graph_login import TENANT
from tests.servers.graph_stage import MINUTE, NOON, XLSX, Stage, carry, incoming, letter, message_id, staged
from tests.servers.graph_wire import Fault, Trouble

MAIL = "/v1.0/|/api/"
ANYWHERE = [each for each in Trouble if each not in (Trouble.GONE, Trouble.UNCONVERTIBLE, Trouble.DRIPPING)]
QUICK = 0.8


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as opened:
        yield opened


def opener(stage: Stage, restarted: bool, trouble: Trouble) -> Iterator[GraphMailbox]:
    """The same process for every call, or another one."""
    timeout = QUICK if trouble is Trouble.SLOW else 10.0
    box = stage.open(timeout=timeout)
    while True:
        yield stage.open(timeout=timeout) if restarted else box


def requests_of_one(stage: Stage, raw: bytes) -> int:
    """How many requests one message takes, once the process is signed in."""
    box = stage.open()
    before = len(stage.requests())
    box.send(box.prepare(raw))
    return len(stage.requests()) - before


@pytest.mark.parametrize(
    ("trouble", "restarted"),
    [(each, False) for each in ANYWHERE] + [(each, True) for each in (Trouble.CUT_BEFORE, Trouble.CUT_AFTER)],
)
def test_a_message_goes_once_whatever_strikes_whichever_request(
    stage: Stage, trouble: Trouble, restarted: bool
) -> None:
    boxes = opener(stage, restarted, trouble)
    fault, number = Fault(trouble, times=0), 0
    while fault.times == 0:  # until a message went for which there was no such request any more
        stage.on(10 * MINUTE)
        fault = Fault(trouble, on=MAIL, skip=number)
        stage.server.faults = [fault]
        assert carry(stage, lambda: next(boxes), letter(number), message_id(number)) is Outcome.SENT
        assert [message_id(number).encode() in sent for sent in stage.state.sent].count(True) == 1
        number += 1
    assert number > 5
    assert stage.state.lying("Drafts") == []


@pytest.mark.parametrize("trouble", [Trouble.CUT_AFTER, Trouble.SAYS_NOTHING, Trouble.PROXY_PAGE])
def test_a_large_file_arrives_whole_and_once_whatever_strikes(stage: Stage, trouble: Trouble) -> None:
    large = Attachment("Plana gnìomh – mòr.xlsx", Random(1).randbytes(3_400_000), XLSX)
    raw = letter(0, large, Attachment("beag.xlsx", b"PK", XLSX))
    steps = requests_of_one(stage, raw)
    assert sum(each.startswith("PUT /api/") for each in stage.requests()) == 2
    for step in range(2, steps - 3):  # the making of the draft and what is attached to it
        number = step + 1
        stage.on(10 * MINUTE)
        stage.server.faults = [Fault(trouble, on=MAIL, skip=step)]
        box = stage.open()
        again = raw.replace(message_id(0).encode(), message_id(number).encode())
        assert carry(stage, lambda box=box: box, again, message_id(number)) is Outcome.SENT  # type: ignore[misc]
        (sent,) = [each for each in stage.state.sent if message_id(number).encode() in each]
        assert [(each.name, each.content) for each in read(sent).attachments] == [
            ("Plana gnìomh – mòr.xlsx", large.content),
            ("beag.xlsx", b"PK"),
        ]


@pytest.mark.parametrize("trouble", ANYWHERE)
def test_no_message_is_lost_whatever_strikes_while_reading_and_filing(stage: Stage, trouble: Trouble) -> None:
    step = 0
    box = stage.open(timeout=QUICK if trouble is Trouble.SLOW else 10.0)
    fault = Fault(trouble, times=0)
    while step == 0 or fault.times == 0:
        for number in range(2):
            stage.state.deliver(incoming(10 * step + number), NOON)
        fault = Fault(trouble, on=MAIL, skip=step)
        stage.server.faults = [fault]
        assert collected(stage, box) == {incoming(10 * step + number) for number in range(2)}
        assert stage.state.lying("Inbox") == []
        step += 1
    assert len(stage.state.lying("Processed")) == 2 * step
    assert step > 9


def collected(stage: Stage, box: GraphMailbox) -> set[bytes]:
    """Read and file as the service does: a cursor counts only once its messages were returned."""
    cursor: str | None = None
    found: dict[str, bytes] = {}
    for _ in range(8):
        stage.on(6 * MINUTE)
        try:
            batch = box.poll(cursor)
            cursor = batch.cursor
            found |= {message.server_id: message.raw for message in batch.messages}
            for server_id in found:
                box.file(server_id, Lane.PROCESSED)
        except TransientMailboxError:
            continue
        if not batch.more and not batch.messages:
            break
    return set(found.values())


@pytest.mark.parametrize("trouble", ANYWHERE)
@pytest.mark.parametrize("on", ["openid-configuration", "oauth2/v2.0/token"])
def test_a_sign_in_that_fails_is_tried_again(stage: Stage, trouble: Trouble, on: str) -> None:
    box = stage.open(timeout=QUICK if trouble is Trouble.SLOW else 10.0)
    stage.server.faults = [Fault(trouble, on=f"{TENANT}/.*{on}")]
    with pytest.raises(MailboxError) as failed:
        box.check()
    assert str(failed.value).startswith(("The sign-in", "The connection", "Exchange Online's answer"))
    stage.on(6 * MINUTE)
    assert "is ready" in box.check()


@pytest.mark.parametrize("trouble", [Trouble.SLOW, Trouble.DRIPPING])
def test_an_answer_that_never_ends_is_given_up(stage: Stage, trouble: Trouble) -> None:
    stage.server.faults = [Fault(trouble, on="mailFolders/inbox")]
    with pytest.raises(TransientMailboxError, match=r"connection to https://127\.0\.0\.1:\d+ failed \(\w*Time\w+\)"):
        stage.open(timeout=QUICK).check()


def test_connections_are_kept_while_they_are_used_and_not_when_they_lay_idle(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = stage.open()
    for _ in range(3):
        box.check()
    assert stage.server.connections == 1
    monkeypatch.setattr("mail.graph_wire.IDLE", -1.0)
    box.check()
    assert stage.server.connections > 1
