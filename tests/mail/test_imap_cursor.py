"""The cursor of an IMAP mailbox: small, exact, and harmless when it is broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail import imap_cursor
from mail.port import Folder

UIDS = st.sets(st.integers(1, 4_294_967_295), max_size=60) | st.sets(st.integers(1, 80), max_size=60)


@given(uids=UIDS, others=UIDS)
def test_what_is_written_is_read_back_and_nothing_beside_it(uids: set[int], others: set[int]) -> None:
    found = imap_cursor.read(imap_cursor.written({Folder.INBOX: (7, uids)}))[Folder.INBOX]
    assert found.validity == 7
    assert all(uid in found for uid in uids)
    assert not any(uid in found for uid in others - uids)


def test_neighbours_are_written_as_one_range() -> None:
    cursor = imap_cursor.written({Folder.INBOX: (7, range(1, 100_001)), Folder.JUNK: (8, [3, 5, 6])})
    assert json.loads(cursor) == {
        "inbox": {"validity": 7, "returned": "1:100000"},
        "junk": {"validity": 8, "returned": "3,5:6"},
    }


@pytest.mark.parametrize(
    "cursor",
    [
        None,
        "",
        "[]",
        "no cursor",
        '{"inbox": 3}',
        '{"inbox": {"validity": "7", "returned": "1"}}',
        '{"inbox": {"validity": 7, "returned": "1:2:3"}}',
        '{"inbox": {"validity": 7, "returned": "1;2"}}',
        '{"inbox": {"validity": 7, "returned": "99999999999"}}',
    ],
)
def test_a_cursor_that_means_nothing_returned_nothing(cursor: str | None) -> None:
    found = imap_cursor.read(cursor)
    assert not any(uid in found.get(folder, imap_cursor.Returned()) for folder in Folder for uid in (1, 2, 7))
