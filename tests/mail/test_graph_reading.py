"""Reading and filing against the loopback Graph server: what is told of a message, and what stands in its way."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mail.graph import GraphMailbox
from mail.graph_read import PATIENCE_WITH_ONE
from mail.graph_window import INSIDE, OLDER, Listed, Window, read_window
from mail.port import Folder, Lane, PermanentMailboxError, TransientMailboxError
from mail.reading import read
from tests.servers.graph_stage import MINUTE, NOON, Stage, incoming, staged
from tests.servers.graph_wire import Fault, Trouble

DAY = timedelta(days=1)


class Narrow(GraphMailbox):
    message_limit = 2_000


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as opened:
        yield opened


def drained(box: GraphMailbox, cursor: str | None = None) -> tuple[list[bytes], str]:
    found: list[bytes] = []
    while True:
        batch = box.poll(cursor)
        found += [message.raw for message in batch.messages]
        cursor = batch.cursor
        if not batch.more:
            return found, cursor


def test_what_the_server_says_of_a_message_comes_with_it(stage: Stage) -> None:
    raw = incoming(1, "Auto-Submitted: auto-replied\r\n") + b"See https://example.sharepoint.com/:x:/s/plan.xlsx.\r\n"
    references = [{"name": "Plana.xlsx"}, {"name": ""}]
    number = stage.state.deliver(raw, NOON, item_class="REPORT.IPM.Note.NDR", references=references)
    stage.state.items[number].header("X")
    stage.state.items[number].headers.add_header("X-Beside", "only the server shows it")  # type: ignore[union-attr]
    (message,) = stage.open().poll(None).messages
    assert (message.raw, message.received_at, message.item_class) == (raw, NOON, "REPORT.IPM.Note.NDR")
    assert dict(message.extra_headers) == {"X-Beside": "only the server shows it"}
    assert message.cloud_links == (
        "Plana.xlsx",
        "a file without a name",
        "https://example.sharepoint.com/:x:/s/plan.xlsx",
    )


def test_a_message_beyond_the_limit_is_replaced_by_a_sentence_with_its_headers(stage: Stage) -> None:
    stage.state.deliver(incoming(1) + b"x" * 5_000, NOON)
    stage.state.deliver(incoming(2), NOON + MINUTE)
    first, second = stage.open(kind=Narrow).poll(None).messages
    assert "more than the 2,000 bytes that are read" in read(first.raw).text
    assert (read(first.raw).sender, read(first.raw).message_id) == ("s@example.org", "<in.1@example.org>")
    assert second.raw == incoming(2)


def test_a_message_that_the_server_cannot_write_is_replaced_by_a_sentence(stage: Stage) -> None:
    stage.state.deliver(incoming(1), NOON)
    stage.server.faults = [Fault(Trouble.UNCONVERTIBLE, on=r"\$value")]
    (message,) = stage.open().poll(None).messages
    assert "ErrorMimeContentConversionFailed" in read(message.raw).text
    assert read(message.raw).sender == "s@example.org"


def test_one_message_that_the_server_fails_with_does_not_keep_the_others_away_for_ever(stage: Stage) -> None:
    bad = stage.state.deliver(incoming(1), NOON)
    stage.state.deliver(incoming(2), NOON + MINUTE)
    stage.server.faults = [Fault(Trouble.BROKEN, on=rf"{bad}/\$value", times=1_000)]
    box = stage.open()
    for _ in range(PATIENCE_WITH_ONE - 1):
        with pytest.raises(TransientMailboxError, match="500"):
            box.poll(None)
        stage.on(MINUTE)
    batch = box.poll(None)
    assert "did not give the message" in read(batch.messages[0].raw).text
    stage.on(MINUTE)
    assert drained(box, batch.cursor)[0] == [incoming(2)]  # the refusal made us wait


def test_what_came_before_a_failure_is_returned_and_the_rest_afterwards(stage: Stage) -> None:
    stage.state.deliver(incoming(1), NOON)
    bad = stage.state.deliver(incoming(2), NOON + MINUTE)
    stage.server.faults = [Fault(Trouble.BUSY, on=rf"{bad}/\$value")]
    box = stage.open()
    batch = box.poll(None)
    assert ([message.raw for message in batch.messages], batch.more) == ([incoming(1)], True)
    stage.on(MINUTE)
    assert drained(box, batch.cursor)[0] == [incoming(2)]


@pytest.mark.parametrize("on", [r"messages/[^/]+$", r"\$value"])
def test_a_message_that_goes_while_it_is_read_is_passed_over(stage: Stage, on: str) -> None:
    stage.state.deliver(incoming(1), NOON)
    stage.state.deliver(incoming(2), NOON + MINUTE)
    stage.server.faults = [Fault(Trouble.GONE, on=f"GET .*{on}")]
    assert drained(stage.open())[0] == [incoming(2)]


def test_a_proxys_page_is_not_taken_for_a_message(stage: Stage) -> None:
    stage.state.deliver(incoming(1), NOON)
    stage.server.faults = [Fault(Trouble.PROXY_PAGE, on=r"\$value")]
    box = stage.open()
    with pytest.raises(TransientMailboxError, match="no message: a proxy"):
        box.poll(None)
    assert drained(box)[0] == [incoming(1)]


def test_lists_of_several_pages_are_read_to_the_end(stage: Stage) -> None:
    raws = [incoming(number) for number in range(130)]
    for number, raw in enumerate(raws):
        stage.state.deliver(raw, NOON + number * timedelta(seconds=1))
    box = stage.open()
    box.batch_messages = 120
    found, cursor = drained(box)
    assert found == raws
    late = incoming(999)
    stage.state.deliver(late, NOON + 131 * timedelta(seconds=1))
    assert drained(stage.open(), cursor)[0] == [late]


def test_a_list_that_goes_on_at_another_server_is_not_followed(stage: Stage) -> None:
    for number in range(101):
        stage.state.deliver(incoming(number), NOON)
    stage.state.url = "https://elsewhere.example.org/v1.0/users/x"
    box = stage.open()
    box.batch_messages = 200
    with pytest.raises(PermanentMailboxError, match=r"'elsewhere\.example\.org': it is not followed"):
        box.poll(None)


def test_an_old_message_that_a_person_puts_into_the_inbox_is_read(stage: Stage) -> None:
    stage.state.deliver(incoming(1), NOON)
    box = stage.open()
    cursor = drained(box)[1]
    stage.state.deliver(incoming(2), NOON - 400 * DAY)
    found, cursor = drained(box, cursor)
    assert found == [incoming(2)]
    assert drained(box, cursor)[0] == []


def test_a_message_that_a_person_takes_out_of_junk_is_read_from_the_inbox(stage: Stage) -> None:
    number = stage.state.deliver(incoming(1), NOON, "junkemail")
    box = stage.open()
    first = box.poll(None)
    stage.state.items[number].folder = "folder-inbox"
    (again,) = box.poll(first.cursor).messages
    assert (again.folder, again.raw) == (Folder.INBOX, incoming(1))
    box.file(first.messages[0].server_id, Lane.PROCESSED)
    assert len(stage.state.lying("Inbox")) == 1
    box.file(again.server_id, Lane.PROCESSED)
    assert len(stage.state.lying("Processed")) == 1


def test_a_poll_costs_the_same_however_much_lies_in_processed(stage: Stage) -> None:
    box = stage.open()
    box.file(f"inbox/{stage.state.deliver(incoming(0), NOON)}", Lane.PROCESSED)
    cursor = box.poll(None).cursor
    counts = []
    for _ in range(2):
        before = len(stage.requests())
        cursor = box.poll(cursor).cursor
        counts.append(len(stage.requests()) - before)
        for number in range(2_000):
            stage.state.deliver(incoming(number), NOON, "inbox")
            stage.state.items[next(reversed(stage.state.items))].folder = stage.state.lying("Processed")[0].folder
    assert counts[0] == counts[1] <= 3


def test_lanes_are_made_once_found_again_and_made_anew_when_they_go(stage: Stage) -> None:
    ids = [f"inbox/{stage.state.deliver(incoming(number), NOON)}" for number in range(4)]
    box = stage.open()
    box.file(ids[0], Lane.ATTENTION)
    stage.open().file(ids[1], Lane.ATTENTION)
    assert len(stage.state.lying("Attention")) == 2
    stage.state.folders = {each: name for each, name in stage.state.folders.items() if name != "Attention"}
    box.file(ids[2], Lane.ATTENTION)
    assert len(stage.state.lying("Attention")) == 1
    stage.server.faults = [Fault(Trouble.GONE, on="/move$", times=2)]
    with pytest.raises(TransientMailboxError, match="comes and goes"):
        box.file(ids[3], Lane.ATTENTION)


def test_an_id_from_before_the_mailbox_came_here_is_of_no_message_and_stops_nothing(stage: Stage) -> None:
    box = stage.open()
    for foreign in ("AAMkADI5MAAIT3drCAAA=", "", "inbox", "inbox/", "sent/1", "../etc"):
        box.file(foreign, Lane.PROCESSED)
    assert stage.server.requests == []


def test_a_list_without_dates_is_asked_for_again(stage: Stage) -> None:
    stage.state.deliver(incoming(1), NOON)
    stage.server.faults = [Fault(Trouble.MALFORMED, on="inbox/messages")]
    with pytest.raises(TransientMailboxError, match="not the JSON that it promises"):
        stage.open().poll(None)


@pytest.mark.parametrize(
    "cursor",
    [
        "no cursor", "[]", "{}", '{"version":2,"since":1,"seen":{}}', '{"version":1,"since":"x","seen":{}}',
        '{"version":1,"since":1,"seen":{"a":true}}', '{"version":1,"since":1,"seen":[]}',
    ],
)  # fmt: skip
def test_a_cursor_that_is_not_ours_starts_afresh(cursor: str) -> None:
    assert read_window(cursor) == Window()


def listed(number: int, folder: Folder = Folder.INBOX) -> Listed:
    return Listed(f"id-{number}", NOON + number * MINUTE, folder)


def test_the_window_is_bounded_and_what_was_returned_is_not_fresh_again() -> None:
    window = Window()
    everything = [listed(number) for number in range(3 * INSIDE)]
    for start in range(0, len(everything), 500):
        window = read_window(window.after(everything[start : start + 500], None).text())
    assert len(window.seen) <= INSIDE + OLDER
    start_of_window = window.start()
    assert start_of_window is not None
    assert window.fresh(each for each in everything if each.received_at >= start_of_window) == []
    assert window.fresh(everything[:OLDER]) == []  # what an Inbox that nobody empties shows first
    assert len(window.text()) < 200_000


def test_what_was_filed_leaves_the_cursor_and_what_still_lies_stays_in_it() -> None:
    window = Window().after([listed(0), listed(1)], None)
    window = window.after([listed(10_000)], [])
    assert window.fresh([listed(0), listed(1), listed(10_000)]) == []  # they left the window only now
    window = window.after([], [listed(1)])
    assert window.fresh([listed(0), listed(1), listed(10_000)]) == [listed(0)]


def test_many_of_one_second_stay_together() -> None:
    same = [Listed(f"id-{number}", NOON, Folder.INBOX) for number in range(INSIDE + 50)]
    assert Window().after(same, None).fresh(same) == []


def test_the_window_never_goes_back() -> None:
    window = Window().after([listed(10_000)], None)
    assert window.after([listed(1)], []).since == window.since


def test_a_batch_ends_where_it_grows_large(stage: Stage) -> None:
    for number in range(3):
        stage.state.deliver(incoming(number), NOON + number * MINUTE)
    box = stage.open()
    box.batch_bytes = len(incoming(0)) + 1
    batch = box.poll(None)
    assert (len(batch.messages), batch.more) == (2, True)
    assert drained(box, batch.cursor)[0] == [incoming(2)]


def test_of_what_lies_there_for_ever_only_so_much_is_looked_through(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mail.graph_read.OLDER", 2)
    stage.state.deliver(incoming(0), NOON)
    cursor = drained(stage.open())[1]
    for number in range(1, 4):
        stage.state.deliver(incoming(number), NOON - (30 - number) * DAY)
    assert drained(stage.open(), cursor)[0] == [incoming(1), incoming(2)]


def test_a_date_that_is_none_stops_the_list(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.state.deliver(incoming(1), NOON)
    facts = stage.state._facts
    monkeypatch.setattr(stage.state, "_facts", lambda item, query: facts(item, query) | {"receivedDateTime": "soon"})
    with pytest.raises(TransientMailboxError, match="without its date"):
        stage.open().poll(None)
