"""What people and machines really send: none of it stops the rest, and none of it is answered with an untruth."""

from dataclasses import replace

from mail.folder import FolderMailbox, deliver
from mail.port import Batch, Folder, Received
from tests.jobs.stage import COLLECT, DURING, Stage, at, mail

ANN = "ann@ours.example"

PIECES = (
    b"From: x@evil.example\nTo: plans@ours.example\nSubject: hi\nMessage-ID: <e1@evil>\nContent-Type: application/pdf\n"
    b"Content-Disposition: attachment; filename*=utf-8''a.pdf; filename*0=\"b.pdf\"\n\nhello\n"
)


def test_a_malformed_message_stops_nothing(stage: Stage) -> None:
    deliver(stage.mailbox, PIECES, DURING, Folder.INBOX)
    stage.receive(mail(ANN, stage.returned("p1")), at(22, 11))
    assert [arrival.lane for arrival in stage.arrivals()] == ["unreadable", "return"]
    assert stage.arrivals()[0].message_id == "<e1@evil>"
    assert len(stage.returns("p1")) == 1


class Poisoned(FolderMailbox):
    """A folder mailbox whose server says the time of one message without its zone."""

    def poll(self, cursor: str | None) -> Batch:
        batch = super().poll(cursor)
        return replace(batch, messages=tuple(map(self._said_of, batch.messages)))

    def _said_of(self, message: Received) -> Received:
        naive = DURING.replace(tzinfo=None)
        return replace(message, received_at=naive) if b"poison" in message.raw else message


def test_a_message_that_cannot_be_stored_waits_for_a_person_and_the_others_are_stored(stage: Stage) -> None:
    stage.through(Poisoned(stage.mailbox))
    deliver(stage.mailbox, mail("x@else.example", subject="poison"), DURING, Folder.INBOX)
    stage.receive(mail(ANN, stage.returned("p1")), at(22, 11))
    assert [arrival.lane for arrival in stage.arrivals()] == ["return"]
    [item] = stage.desk()
    assert (item.kind, item.arrival) == ("unforeseen", None)
    assert item.reason.startswith("A message in the folder inbox that came on 22 January 2020 at 10:00 could not")
    assert stage.lying("Inbox") == 1
    stage.wake(stage.now + COLLECT)
    assert (len(stage.desk()), len(stage.alerts())) == (1, 1)
