"""What the mailbox foresees is told to the team, once a week."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from jobs.tick import wake
from mail.graph import GraphMailbox
from mail.graph_settings import GraphSettings
from mail.port import Foreseeing, PermanentMailboxError
from tests.jobs.stage import EVE, Stage

ENDS = date(2020, 2, 20)


class Ending(GraphMailbox):
    """The adapter of Exchange Online, of which only the forecast is asked here: it has no server."""

    def __init__(self, now: list[datetime], ends: date = ENDS, certificate: Path | None = None) -> None:
        settings = GraphSettings("plans@ours.example", "tenant", "client", certificate, secret_expires=ends)
        super().__init__(settings, "a secret", lambda: now[0])


def foretold(stage: Stage, mailbox: GraphMailbox, clock: list[datetime], days: int) -> list[str]:
    folders = stage.office.mailbox
    for _ in range(days):
        clock[0] += timedelta(days=1)
        folders.warnings = mailbox.warnings  # type: ignore[attr-defined]
        wake(stage.office, clock[0])
    return [subject for subject in stage.alerts() if "will stop" in subject]


def test_a_secret_that_expires_is_told_of_once_a_week(stage: Stage) -> None:
    clock = [EVE]
    stage.declare(stage.office.service)
    told = foretold(stage, Ending(clock), clock, 14)
    assert len(told) == 2  # the weeks that begin on 20 and 27 January
    letters = [stage.ledger.blobs.get(intent.sha256) for intent in stage.intents("alert")]
    assert all(b"20 February 2020" in letter for letter in letters)


def test_one_that_holds_for_long_is_no_news(stage: Stage) -> None:
    clock = [EVE]
    stage.declare(stage.office.service)
    assert foretold(stage, Ending(clock, date(2021, 1, 1)), clock, 3) == []


def test_a_certificate_that_cannot_be_read_stops_nothing(stage: Stage, tmp_path: Path) -> None:
    clock = [EVE]
    stage.declare(stage.office.service)
    lost = Ending(clock, certificate=tmp_path / "gone.pem")
    with pytest.raises(PermanentMailboxError):
        lost.warnings()
    assert foretold(stage, lost, clock, 1) == []


def test_a_folder_foresees_nothing(stage: Stage) -> None:
    assert not isinstance(stage.office.mailbox, Foreseeing)
    assert isinstance(Ending([datetime(2020, 1, 1, tzinfo=UTC)]), Foreseeing)
