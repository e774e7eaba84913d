"""The exchange mailbox when something goes wrong at every stage of every question: nothing lost, nothing twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from mail.exchange import ExchangeMailbox
from mail.port import Folder, Lane, MailboxError, Outcome, PermanentMailboxError, TransientMailboxError
from tests.servers.ews import EwsServer, Fault, serving
from tests.servers.ews_client import OUT, RAW, opened

NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)
LATE = {Fault.SLOW, Fault.DRIPPING}
QUICK = [fault for fault in Fault if fault not in LATE]
NEVER_TAKEN = {Fault.REFUSED, Fault.SIGN_IN_AGAIN}
PERMANENT = NEVER_TAKEN | {Fault.DENIED, Fault.FORBIDDEN, Fault.REDIRECTED}
# The library then tries an older version by itself: there is no fault to see, except where it must not ask twice.
OTHER_VERSION = {Fault.WRONG_VERSION, Fault.VERSION_AFTER}


@pytest.fixture
def server() -> Iterator[EwsServer]:
    with serving(EwsServer()) as running:
        yield running


@pytest.fixture
def box(server: EwsServer) -> Iterator[ExchangeMailbox]:
    with opened(server) as mailbox:
        yield mailbox


def arrived(server: EwsServer, number: int, folder: str = "inbox") -> str:
    raw = f"From: s@example.org\r\nMessage-ID: <in.{number}@example.org>\r\n\r\nnumber {number}\r\n".encode()
    return server.store.put(server.store.named(folder).id, raw, NOON + timedelta(minutes=number)).id


@pytest.mark.parametrize("fault", Fault)
def test_a_send_that_fails_is_sent_once_or_in_doubt(server: EwsServer, fault: Fault) -> None:
    with opened(server, timeout=1.0 if fault in LATE else 20) as box:
        token = box.prepare(RAW)
        server.plan("CreateItem", fault)
        with pytest.raises(MailboxError) as caught:
            box.send(token)
        assert caught.value.permanent is (fault in PERMANENT)
    with opened(server) as later:
        outcome = later.lookup(OUT, token)
        assert outcome is (Outcome.SENT if fault.carried_out else Outcome.UNKNOWN)
        assert server.store.delivered == ([RAW] if fault.carried_out else [])
        if outcome is Outcome.SENT:
            with pytest.raises(PermanentMailboxError, match="was sent already"):
                later.prepare(RAW)
    assert server.asked.count("CreateItem") == 1


@pytest.mark.parametrize("fault", QUICK)
def test_the_process_that_sent_knows_a_refusal_from_a_doubt(server: EwsServer, fault: Fault) -> None:
    ticks = [0.0]
    with opened(server, clock=lambda: ticks[0]) as box:
        token = box.prepare(RAW)
        server.plan("CreateItem", fault)
        with pytest.raises(MailboxError):
            box.send(token)
        ticks[0] = 10_000.0
        outcome = box.lookup(OUT, token)
    assert outcome is (
        Outcome.SENT if fault.carried_out else Outcome.NOT_SENT if fault in NEVER_TAKEN else Outcome.UNKNOWN
    )


@pytest.mark.parametrize("fault", [fault for fault in QUICK if fault not in OTHER_VERSION])
def test_a_fault_in_the_search_before_sending_is_a_proof_that_nothing_left(server: EwsServer, fault: Fault) -> None:
    ticks = [0.0]
    with opened(server, clock=lambda: ticks[0]) as box:
        token = box.prepare(RAW)
        server.plan("FindItem", fault)
        with pytest.raises(MailboxError):
            box.send(token)
        ticks[0] = 10_000.0
        assert box.lookup(OUT, token) is Outcome.NOT_SENT
        assert server.store.delivered == []
        box.send(box.prepare(RAW))
        assert box.lookup(OUT, token) is Outcome.SENT
    assert server.store.delivered == [RAW]


def test_a_doubt_is_not_undone_by_a_later_proof(server: EwsServer, box: ExchangeMailbox) -> None:
    token = box.prepare(RAW)
    server.plan("CreateItem", Fault.CUT_BEFORE)
    with pytest.raises(TransientMailboxError):
        box.send(token)
    assert box.prepare(RAW) == token
    server.plan("FindItem", Fault.CUT_BEFORE)
    with pytest.raises(TransientMailboxError):
        box.send(token)
    assert box.lookup(OUT, token) is Outcome.UNKNOWN


@pytest.mark.parametrize("fault", [fault for fault in QUICK if fault not in OTHER_VERSION])
def test_trouble_with_the_mailbox_never_refuses_the_message_itself(server: EwsServer, fault: Fault) -> None:
    ticks = [0.0]
    with opened(server, clock=lambda: ticks[0]) as box:
        server.plan("FindItem", fault)
        with pytest.raises(TransientMailboxError):
            box.prepare(RAW)
        ticks[0] = 10_000.0
        box.send(box.prepare(RAW))
    assert server.store.delivered == [RAW]


@pytest.mark.parametrize("operation", ["SyncFolderItems", "GetItem"])
@pytest.mark.parametrize("fault", QUICK)
def test_a_poll_that_fails_loses_nothing(server: EwsServer, operation: str, fault: Fault) -> None:
    ticks = [0.0]
    first = arrived(server, 1)
    with opened(server, clock=lambda: ticks[0]) as box:
        cursor = box.poll(None).cursor
        box.file(first, Lane.PROCESSED)
        ids = [arrived(server, 2), arrived(server, 3, "junkemail"), arrived(server, 4)]
        server.plan(operation, fault)
        if fault in OTHER_VERSION:
            box.poll(cursor)
        else:
            with pytest.raises(MailboxError) as caught:
                box.poll(cursor)
            assert caught.value.permanent is (fault in PERMANENT)
        ticks[0] = 10_000.0
        batch = box.poll(cursor)
    assert [message.server_id for message in batch.messages] == ids
    assert [message.folder for message in batch.messages] == [Folder.INBOX, Folder.JUNK, Folder.INBOX]


@pytest.mark.parametrize("operation", ["FindFolder", "CreateFolder", "MoveItem"])
@pytest.mark.parametrize("fault", QUICK)
def test_a_filing_that_fails_is_done_once_when_repeated(server: EwsServer, operation: str, fault: Fault) -> None:
    ticks = [0.0]
    identity = arrived(server, 1)
    with opened(server, clock=lambda: ticks[0]) as box:
        server.plan(operation, fault)
        try:
            box.file(identity, Lane.ATTENTION)
        except MailboxError:
            ticks[0] = 10_000.0
            box.file(identity, Lane.ATTENTION)
        assert box.poll(None).messages == ()
    (lane,) = [folder.id for folder in server.store.folders.values() if folder.name == "Attention"]
    assert len(server.store.inside(lane)) == 1
    assert len(server.store.items) == 1


@pytest.mark.parametrize("operation", ["SyncFolderItems", "MoveItem", "FindItem"])
def test_a_silent_server_is_given_up_in_time(server: EwsServer, operation: str) -> None:
    identity = arrived(server, 1)
    with opened(server, timeout=1.0) as box:
        server.plan(operation, Fault.SLOW)
        with pytest.raises(TransientMailboxError, match="did not answer in time"):
            {
                "SyncFolderItems": lambda: box.poll(None),
                "MoveItem": lambda: box.file(identity, Lane.PROCESSED),
                "FindItem": lambda: box.prepare(RAW),
            }[operation]()


def test_where_nobody_listens_nothing_was_sent_and_that_is_known(server: EwsServer, box: ExchangeMailbox) -> None:
    token = box.prepare(RAW)
    real = box._wire.endpoint  # type: ignore[union-attr]
    assert real == server.endpoint
    with serving(EwsServer()) as gone:
        nobody = gone.endpoint
    with opened(server, endpoint=nobody) as elsewhere:
        elsewhere._prepared[token] = RAW
        with pytest.raises(TransientMailboxError, match="could not be reached"):
            elsewhere.send(token)
        assert token in elsewhere._refused
    assert server.store.delivered == []


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(server: EwsServer) -> None:
    ticks = [100.0]
    with opened(server, clock=lambda: ticks[0]) as box:
        server.plan("SyncFolderItems", Fault.BUSY)
        with pytest.raises(TransientMailboxError, match="asks not to be asked for 297 seconds"):
            box.poll(None)
        asked = len(server.asked)
        ticks[0] = 396.0
        for call in (box.check, lambda: box.poll(None), lambda: box.prepare(RAW)):
            with pytest.raises(TransientMailboxError, match="for another 1 seconds"):
                call()
        assert len(server.asked) == asked
        ticks[0] = 397.0
        assert box.poll(None).messages == ()


def test_the_wait_of_an_http_answer_is_kept_as_well(server: EwsServer, box: ExchangeMailbox) -> None:
    server.plan("FindItem", Fault.BUSY_HTTP)
    with pytest.raises(TransientMailboxError, match="for 120 seconds"):
        box.lookup(OUT, "")


def test_a_busy_server_that_names_no_time_is_asked_again_at_once(server: EwsServer, box: ExchangeMailbox) -> None:
    server.plan("FindItem", Fault.CLOSING)
    with pytest.raises(TransientMailboxError, match="busy or has closed the connection"):
        box.lookup(OUT, "")
    assert box.lookup(OUT, "") is Outcome.UNKNOWN


def test_a_wait_without_reason_is_not_believed_for_long(server: EwsServer) -> None:
    server.back_off_milliseconds = 10**9
    ticks = [0.0]
    with opened(server, clock=lambda: ticks[0]) as box:
        server.plan("FindItem", Fault.BUSY)
        with pytest.raises(TransientMailboxError):
            box.lookup(OUT, "")
        ticks[0] = 900.0
        assert box.lookup(OUT, "") is Outcome.UNKNOWN


def test_a_draft_would_prove_nothing_more(server: EwsServer, box: ExchangeMailbox) -> None:
    """Measured: SendItem may deliver, answer with an error and keep the draft. It would then be sent again."""
    from exchangelib.items import Message

    box.check()
    account = box._account
    server.operations.raise_after_sending = True
    draft = Message(account=account, mime_content=RAW, folder=box._calls._top.__class__(root=box._calls._top.root))
    draft.save()
    with pytest.raises(Exception, match="internal server error"):
        draft.send(copy_to_folder=box._calls._sent)
    assert server.store.delivered == [RAW]
    assert any(item.id == draft.id for item in server.store.items.values())
    assert box.lookup(OUT, "") is Outcome.UNKNOWN
