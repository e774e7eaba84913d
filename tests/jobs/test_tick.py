"""Wake-ups: the clock, holds, misses, a mailbox that is down, and units that do not stop each other."""

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from jobs import configuration, tick
from jobs.tick import wake
from ledger import ticks
from ledger.records import Outlook
from mail.folder import FolderMailbox
from mail.port import Batch, Lane, TransientMailboxError
from programme.cycle import StepKind
from programme.fault import Fault
from tests.jobs.stage import COLLECT, DEADLINE, EVE, ISSUE, MEETING, PAPERS, Stage, at, mail, service
from workbook.reading import Reader

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BAD = [Fault("strategic/people.yaml", 3, 1, "There is no such zone.", "Name one."), Fault("x", 0, 0, "Hm.", "", True)]


def stopped(stage: Stage) -> str:
    with stage.ledger.reading() as entry:
        found = ticks.stopped(entry)
    return found[1] if found else ""


def kinds(stage: Stage) -> dict[str, int]:
    names = [intent.key.kind for intent in stage.intents()]
    return {name: names.count(name) for name in dict.fromkeys(names) if name != "alert"}


def test_a_whole_cycle_sends_what_its_steps_call_for_and_no_more(empty: Stage) -> None:
    for now in (EVE, ISSUE, ISSUE + MINUTE, DEADLINE, DEADLINE + HOUR, PAPERS, PAPERS + HOUR, MEETING):
        empty.wake(now)
    assert kinds(empty) == {"issue": 3, "deadline": 2, "papers": 3, "spg": 2}
    assert [intent.key.person for intent in empty.intents("issue")] == ["ann", "eve", "gil"]
    assert {intent.key.person for intent in empty.intents("papers")} == {"sam", "eve", "gil"}
    assert empty.alerts() == []
    assert empty.desk() == []


@pytest.mark.parametrize(
    ("now", "halts"),
    [
        (ISSUE - timedelta(minutes=5), False),
        (ISSUE - timedelta(minutes=5, seconds=1), True),
        (ISSUE + timedelta(days=45), False),
        (ISSUE + timedelta(days=45, seconds=1), True),
    ],
)
def test_a_clock_that_went_back_or_leapt_on_stops_the_service(stage: Stage, now: datetime, halts: bool) -> None:
    stage.wake(now)
    assert ("The clock says" in stopped(stage)) is halts
    assert any("has stopped" in subject for subject in stage.alerts()) is halts


def test_a_stopped_service_sends_its_alert_and_nothing_else_until_it_is_resumed(stage: Stage) -> None:
    stage.wake(at(10, month=6))
    assert [intent.state.value for intent in stage.intents("alert")] == ["sent", "sent"]
    assert "the last tick was at 20 January 2020 09:00 UTC" in stopped(stage)
    stage.wake(at(10, month=6) + COLLECT)
    assert kinds(stage) == {"issue": 2}
    assert len(stage.alerts()) == 1
    with stage.ledger.transaction() as entry:
        ticks.resume(entry)
    stage.wake(at(10, month=6) + 2 * COLLECT)
    assert kinds(stage)["deadline"] == 2
    assert stopped(stage) == ""


def test_a_stopped_service_still_takes_in_the_mail_and_answers_once_it_goes_on(stage: Stage) -> None:
    with stage.ledger.transaction() as entry:
        ticks.stop(entry, ISSUE, "The fuse.")
    stage.receive(mail("ann@ours.example", stage.returned("p1")))
    assert len(stage.returns("p1")) == 1
    assert [intent.state.value for intent in stage.intents("receipt")] == ["decided"]


def test_mass_mail_waits_two_hours_for_a_bad_edit_and_the_team_hears_of_both(empty: Stage) -> None:
    empty.wake(EVE)
    configuration.refuse(empty.office, "bad", BAD, EVE)
    for now in (ISSUE, ISSUE + HOUR):
        empty.wake(now)
        assert kinds(empty) == {}
    assert len(empty.alerts()) == 2
    assert "held" in empty.alerts()[1]
    empty.wake(ISSUE + 2 * HOUR)
    assert kinds(empty) == {"issue": 2}
    assert len(empty.alerts()) == 2


def test_one_programmes_held_mailing_leaves_another_ones_step_alone(empty: Stage) -> None:
    first = empty.programme
    other = dataclasses.replace(first, id="other")
    empty.office = dataclasses.replace(empty.office, service=dataclasses.replace(service(), programmes=(first, other)))
    empty.wake(EVE)
    configuration.refuse(empty.office, "bad", BAD, EVE)
    empty.wake(ISSUE)
    held = [event.about for event in empty.events("alert") if event.about.startswith("held")]
    assert held == ["held strategic/c1/issue/1", "held other/c1/issue/1"]


def test_a_step_that_was_missed_is_told_with_its_reason(empty: Stage) -> None:
    empty.wake(EVE)
    empty.wake(at(3, month=2))
    [event, *_] = empty.events("missed")
    assert event.why == "The deadline passed before the plans could be issued."
    assert any("missed" in subject for subject in empty.alerts())
    assert empty.log.said("missed")[0]["step"] == "strategic/c1/issue/1"
    assert kinds(empty) == {}


def test_a_cycle_first_seen_past_its_issue_is_told_once_and_runs_late_when_named(empty: Stage) -> None:
    empty.wake(at(22))
    empty.wake(at(23))
    assert kinds(empty) == {}
    assert len(empty.alerts()) == 1
    [event] = empty.events("alert")
    assert "start_from" in event.about
    late = service(("strategic/cycles.yaml", "cycles:\n", "start_from: c1\ncycles:\n"))
    empty.declare(late)
    empty.wake(at(24))
    assert kinds(empty) == {"issue": 2, "copy": 1}
    assert len(empty.sent("issue", "ann")) == 1


class Down(FolderMailbox):
    """A folder mailbox whose server does not answer for the calls that are named."""

    names: ClassVar[set[str]] = set()

    def poll(self, cursor: str | None) -> Batch:
        self._ask("poll")
        return super().poll(cursor)

    def file(self, server_id: str, lane: Lane) -> None:
        self._ask("file")
        super().file(server_id, lane)

    def prepare(self, raw: bytes) -> str:
        self._ask("prepare")
        return super().prepare(raw)

    def _ask(self, name: str) -> None:
        if name in self.names:
            raise TransientMailboxError("The server does not answer.")


def down(stage: Stage, *names: str) -> Down:
    mailbox = Down(stage.mailbox)
    mailbox.names = set(names)  # type: ignore[misc]
    stage.through(mailbox)
    return mailbox


def test_an_inbox_that_cannot_be_read_for_an_hour_is_told_once(stage: Stage) -> None:
    down(stage, "poll")
    for minutes in (10, 50):
        stage.wake(ISSUE + timedelta(minutes=minutes))
    assert stage.alerts() == []
    for minutes in (60, 65, 600):
        stage.wake(ISSUE + timedelta(minutes=minutes))
    assert len(stage.alerts()) == 1
    assert "The server does not answer." in " ".join(stage.sent("alert", "tess")[0].text.split())
    assert stage.log.said("mailbox trouble")[0] == {
        "unit": "poll",
        "permanent": False,
        "trouble": "The server does not answer.",
    }


def test_a_mailbox_that_never_answered_is_no_news_of_an_hour(empty: Stage) -> None:
    down(empty, "poll")
    empty.wake(EVE)
    assert empty.alerts() == []


def test_steps_and_sending_go_on_while_the_inbox_cannot_be_read(empty: Stage) -> None:
    empty.wake(EVE)
    down(empty, "poll")
    empty.wake(ISSUE)
    assert kinds(empty) == {"issue": 2}
    assert empty.lying("Sent") >= 2


def test_messages_are_decided_and_answered_while_nothing_can_be_filed(stage: Stage) -> None:
    mailbox = down(stage, "file")
    stage.receive(mail("ann@ours.example", stage.returned("p1")))
    assert len(stage.sent("receipt", "ann")) == 1
    assert stage.lying("Inbox") == 1
    mailbox.names.clear()
    stage.wake(stage.now + COLLECT)
    assert (stage.lying("Inbox"), len(stage.returns("p1")), len(stage.intents("receipt"))) == (0, 1, 1)


def test_the_inbox_is_read_before_a_step_however_fresh(stage: Stage) -> None:
    from mail.folder import deliver

    stage.wake(DEADLINE - MINUTE)
    deliver(stage.mailbox, mail("gil@ours.example", stage.returned("p1")), DEADLINE - timedelta(seconds=20))
    stage.wake(DEADLINE)
    [letter] = stage.sent("deadline", "tess")
    assert len(stage.returns("p1")) == 1
    assert "Plan 1" in letter.text


def test_between_two_turns_the_mailbox_is_left_alone(stage: Stage) -> None:
    down(stage, "poll")
    stage.wake(ISSUE + timedelta(minutes=4))
    assert stage.log.said("mailbox trouble") == []
    stage.wake(ISSUE + timedelta(minutes=4, seconds=30))
    assert len(stage.log.said("mailbox trouble")) == 1


def test_a_service_that_is_told_to_stop_finishes_the_unit_in_hand(empty: Stage) -> None:
    empty.wake(EVE)
    asked = iter([False, False, True])
    wake(empty.office, ISSUE, lambda: next(asked))
    assert len(empty.intents("issue")) == 2
    assert empty.lying("Sent") == 0
    empty.wake(ISSUE + MINUTE)
    assert empty.lying("Sent") == 2


def test_a_bug_in_a_step_is_raised_at_the_end_and_stops_no_other_unit(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug in the deadline")

    monkeypatch.setattr(tick, "FIRE", {**tick.FIRE, StepKind.DEADLINE: broken})
    from mail.folder import deliver

    deliver(stage.mailbox, mail("gil@ours.example", stage.returned("p1")), DEADLINE - MINUTE)
    with pytest.raises(ZeroDivisionError, match="a bug in the deadline"):
        stage.wake(DEADLINE)
    assert len(stage.sent("receipt")) >= 1
    with stage.ledger.reading() as entry:
        assert ticks.last(entry) == DEADLINE
        [late] = ticks.ahead(entry)["Strategic Plan"].late
    assert late.startswith("deadline of update 1 on Friday 31 January 2020 at 17:00. It is tried at every tick")


def test_what_was_due_while_the_service_stands_still_is_not_done(stage: Stage) -> None:
    with stage.ledger.transaction() as entry:
        ticks.stop(entry, DEADLINE, "the fuse")
    stage.wake(DEADLINE)
    [late] = late_in(stage)
    assert late == "deadline of update 1 on Friday 31 January 2020 at 17:00. The service has stopped itself."


def test_a_cycle_that_is_not_run_is_told_with_what_runs_it(room: Path, reader: Reader) -> None:
    begun = Stage(room, reader)
    begun.declare(begun.office.service)
    begun.wake(ISSUE + timedelta(days=1))
    [told] = late_in(begun)
    begun.close()
    assert told.startswith("update 1. Its issue was over when this service first saw it")
    assert 'start_from: "c1"' in told


def late_in(stage: Stage) -> list[str]:
    with stage.ledger.reading() as entry:
        return list(ticks.ahead(entry)["Strategic Plan"].late)


def test_a_message_that_brings_out_a_bug_waits_for_a_person_and_holds_up_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def read(self, data: bytes) -> object:
            raise ZeroDivisionError("a bug in the reader")

    whole = stage.office
    stage.office = dataclasses.replace(whole, reader=Broken())  # type: ignore[arg-type]
    arrival = stage.receive(mail("ann@ours.example", stage.returned("p1")))
    [item] = stage.desk()
    assert (arrival.lane, item.kind) == ("unforeseen", "unforeseen")
    assert len(stage.alerts()) == 1
    assert "a bug in the reader" in str(stage.log.said("bug")[0]["trouble"])
    assert stage.lying("Attention") == 1
    stage.office = whole
    assert stage.receive(mail("ann@ours.example", stage.returned("p2")), at(23)).lane == "return"


def test_trouble_with_the_ledger_leaves_the_message_undecided(stage: Stage) -> None:
    raw = mail("ann@ours.example", stage.returned("p1"))
    from ledger.errors import LedgerError
    from mail.folder import deliver

    class Full:
        def read(self, data: bytes) -> object:
            raise LedgerError("The disk is full.")

    whole = stage.office
    stage.office = dataclasses.replace(whole, reader=Full())  # type: ignore[arg-type]
    deliver(stage.mailbox, raw, at(22))
    with pytest.raises(LedgerError, match="The disk is full"):
        stage.wake(at(22) + COLLECT)
    assert stage.arrivals()[0].lane is None
    stage.office = whole
    stage.wake(at(22) + 2 * COLLECT)
    assert stage.arrivals()[0].lane == "return"


def test_a_calendar_without_an_end_in_sight_says_what_is_next_and_one_at_its_end_says_so(second: Stage) -> None:
    with second.ledger.reading() as entry:
        coming = Outlook("deadline of update 2 on Sunday 29 March 2020 at 17:00")
        assert ticks.ahead(entry) == {"Strategic Plan": coming}
    for now in (at(25, month=4), at(5, month=6), at(15, month=7), at(20, month=8), at(30, month=9)):
        second.wake(now)
    for now in (at(12, 9, month=10), at(25, 17, month=10), at(9, 9, month=11), at(20, month=11)):
        second.wake(now)
    with second.ledger.reading() as entry:
        end = Outlook("nothing ahead: add the next year's cycles to cycles.yaml")
        assert ticks.ahead(entry) == {"Strategic Plan": end}
