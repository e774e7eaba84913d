"""What an Exchange store hands over, whatever a stranger wrote."""

from datetime import UTC, datetime

import pytest

from mail.item import Item, cloud_links, received
from mail.letter import UnreadableMessageError
from mail.port import Folder
from mail.reading import read

NOON = datetime(2020, 1, 22, 12, tzinfo=UTC)
LINK = b"https://1drv.ms/x/plan"
# Python refuses to make a number of so many digits, which it takes an HTML reference for.
ABSURD = b"<p>&#" + b"9" * 5_000 + b";</p>"
TWO_PARTS = (
    b'From: s@example.org\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nSee " + LINK + b".\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n" + ABSURD + b"\r\n--b--\r\n"
)


def test_a_message_that_is_malformed_past_reading_is_handed_over_with_the_links_before_the_fault() -> None:
    with pytest.raises(UnreadableMessageError, match="malformed in a way that is not read"):
        read(TWO_PARTS)
    found = received("1", Folder.INBOX, Item(mime=TWO_PARTS), NOON)
    assert (found.raw, found.cloud_links) == (TWO_PARTS, (LINK.decode(),))


def test_a_message_past_a_limit_has_no_links() -> None:
    assert list(cloud_links(b"X: y\r\n" * 6_000 + b"\r\n" + LINK)) == []
    assert list(cloud_links(b"X: y\r\n\r\n" + LINK)) == [LINK.decode()]
