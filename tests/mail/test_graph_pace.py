"""How long is waited, and how much is sent, as a function of what was answered and done."""

from datetime import UTC, datetime, timedelta

import pytest

from mail.graph_faults import server_time, skew
from mail.graph_pace import BUSY_FOR, SENDS, THROTTLED_FOR, UPLOADED, Pace, wait_until
from mail.port import TransientMailboxError

NOON = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "said", "wait"),
    [
        (429, None, THROTTLED_FOR),
        (429, "", THROTTLED_FOR),
        (503, None, BUSY_FOR),
        (429, " 120 ", timedelta(seconds=120)),
        (503, "0", timedelta(seconds=1)),
        (429, "Fri, 31 Jan 2020 12:07:00 GMT", timedelta(minutes=7)),
        (429, "Fri, 31 Jan 2020 13:07:00 +0100", timedelta(minutes=7)),
        (429, "Fri, 31 Jan 2020 12:07:00 -0000", timedelta(minutes=7)),
        (429, "Fri, 31 Jan 2020 11:00:00 GMT", timedelta(seconds=1)),
        (429, "soon", THROTTLED_FOR),
        (503, "-5", BUSY_FOR),
        (503, "9" * 12, BUSY_FOR),
    ],
)
def test_the_wait_is_what_the_server_says_or_a_careful_guess(status: int, said: str | None, wait: timedelta) -> None:
    assert wait_until(status, said, NOON) == NOON + wait


def test_a_wait_has_an_end_and_a_clock_that_was_put_back_does_not_make_it_longer() -> None:
    pace = Pace()
    pace.be_quiet(NOON, NOON + timedelta(days=400))
    with pytest.raises(TransientMailboxError, match="13:00:00 UTC"):
        pace.may_ask(NOON)
    pace.may_ask(NOON + timedelta(hours=1))
    pace.be_quiet(NOON, NOON + timedelta(minutes=5))
    pace.may_ask(NOON - timedelta(days=2))


def test_a_minute_has_so_many_messages_and_then_the_next_begins() -> None:
    pace = Pace()
    for second in range(SENDS):
        pace.may_prepare(NOON, 1_000)
        pace.sent(NOON + timedelta(seconds=second))
    with pytest.raises(TransientMailboxError, match="paced until 12:01:00 UTC"):
        pace.may_prepare(NOON + timedelta(seconds=59), 1_000)
    pace.may_prepare(NOON + timedelta(seconds=60), 1_000)
    pace.may_prepare(NOON - timedelta(days=1), 1_000)


def test_one_message_may_always_go_however_large() -> None:
    pace = Pace()
    pace.may_prepare(NOON, UPLOADED + 1)
    pace.uploaded(NOON, UPLOADED + 1)
    with pytest.raises(TransientMailboxError, match="paced until 12:05:00 UTC"):
        pace.may_prepare(NOON + timedelta(seconds=1), 1)
    pace.may_prepare(NOON + timedelta(minutes=5), 1)


def test_the_servers_clock_is_read_from_its_answers() -> None:
    assert server_time("Fri, 31 Jan 2020 12:00:00 GMT") == NOON
    assert server_time(None) is server_time("yesterday") is server_time("Fri, 31 Jan 2020 12:00:00 -0000") is None
    assert skew("Fri, 31 Jan 2020 12:00:00 GMT", NOON + timedelta(minutes=5)) is None
    assert skew("Fri, 31 Jan 2020 12:00:00 GMT", NOON - timedelta(minutes=6)) == -timedelta(minutes=6)
    assert skew(None, NOON) is None
