"""Sending: looked up after a cut, withdrawn when it is of no use, refused, in doubt, and stopped by the fuse."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jobs import desk as words
from jobs import send
from jobs.alert import raise_alert
from jobs.fuse import too_much
from jobs.outbox import Envelope, decide, outgoing
from jobs.owed import waiting
from ledger import assignments, desk, intents, ticks
from ledger.records import DeskItem, Intent, IntentKey, IntentState
from mail.folder import FolderMailbox
from mail.port import Batch, Outcome, PermanentMailboxError, TransientMailboxError
from mail.reading import read
from programme.people import Person
from report.letters import QuestionLetter
from tests.jobs.stage import DEADLINE, DURING, EVE, ISSUE, MEETING, PAPERS, YEAR, Stage, at, service
from workbook.reading import Reader

MINUTE = timedelta(minutes=1)
ANN = "ann@ours.example"
SAME_HOLDER = (
    "strategic/people.yaml",
    "[{person: ann, until: 2020-01-28}, {person: gil, since: 2020-01-29}]",
    "[{person: ann}]",
)


class Trouble(FolderMailbox):
    """A folder mailbox whose server misbehaves: the outside world, played.

    ``cut`` loses the connection after the message was given over; ``proof`` is what a look-up then says.
    """

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.mailbox)
        self.refuses: PermanentMailboxError | TransientMailboxError | None = None
        self.cut = False
        self.proof: Outcome | None = None
        self.prepared = 0
        self.sending: Callable[[str], None] = lambda _: None

    def prepare(self, raw: bytes) -> str:
        self.prepared += 1
        if self.refuses is not None:
            raise self.refuses
        self.sending(read(raw).message_id)
        return super().prepare(raw)

    def send(self, token: str) -> None:
        if self.cut:
            raise TransientMailboxError("The connection was lost.")
        super().send(token)

    def lookup(self, message_id: str, token: str) -> Outcome:
        return self.proof or super().lookup(message_id, token)

    def poll(self, cursor: str | None) -> Batch:
        return Batch((), cursor or "[]", more=False)


@pytest.fixture
def trouble(empty: Stage) -> Trouble:
    mailbox = Trouble(empty)
    empty.wake(EVE)
    empty.through(mailbox)
    return mailbox


def states(stage: Stage, *kinds: str) -> list[str]:
    return [intent.state.value for intent in stage.intents(*kinds)]


def test_a_refused_message_goes_to_the_desk_and_the_team_hears_of_it(empty: Stage, trouble: Trouble) -> None:
    trouble.refuses = PermanentMailboxError("550 no such user")
    empty.wake(ISSUE)
    assert states(empty, "issue") == ["withdrawn", "withdrawn"]
    assert [item.kind for item in empty.desk() if "“" in item.reason][:2] == ["refused message", "refused message"]
    assert "550 no such user" in empty.desk()[0].reason
    assert ["refused" in subject for subject in empty.alerts()] == [True, True]


def test_a_refused_alert_raises_no_alert_about_itself(empty: Stage, trouble: Trouble) -> None:
    trouble.refuses = PermanentMailboxError("550 no")
    empty.wake(ISSUE)
    alerts = len(empty.intents("alert"))
    empty.wake(ISSUE + MINUTE)
    assert len(empty.intents("alert")) == alerts
    assert set(states(empty, "alert")) == {"withdrawn"}


def test_a_passing_trouble_leaves_the_message_for_the_next_wake_up(empty: Stage, trouble: Trouble) -> None:
    trouble.refuses = TransientMailboxError("The server is busy.")
    empty.wake(ISSUE)
    assert states(empty, "issue") == ["decided", "decided"]
    assert trouble.prepared == 2
    trouble.refuses = None
    empty.wake(ISSUE + MINUTE)
    assert states(empty, "issue") == ["sent", "sent"]
    assert (empty.alerts(), empty.desk()) == ([], [])


class Stubborn(FolderMailbox):
    """A folder mailbox whose server will not take messages to some addresses now."""

    def __init__(self, stage: Stage, *addresses: str) -> None:
        super().__init__(stage.mailbox)
        self.addresses = addresses

    def prepare(self, raw: bytes) -> str:
        [to] = read(raw).recipients
        if any(to.startswith(address) for address in self.addresses):
            raise TransientMailboxError("451 try again later")
        return super().prepare(raw)


HOUR = timedelta(hours=1)
WAITING = "A message is waiting"


@pytest.fixture
def crowded(room: Path, reader: Reader) -> Iterator[Stage]:
    """A service with many sponsors, on the eve of its first issue."""
    stage = Stage(room, reader, service(*YEAR))
    stage.declare(stage.office.service)
    stage.wake(EVE)
    yield stage
    stage.close()


def test_three_addresses_that_are_refused_for_now_hold_up_nobody(crowded: Stage) -> None:
    crowded.through(Stubborn(crowded, "ann@", "ben@", "eve@"))
    crowded.wake(ISSUE)
    crowded.wake(ISSUE + MINUTE)
    unsent = {intent.key.person for intent in crowded.intents() if intent.state is IntentState.DECIDED}
    assert unsent == {"ann", "ben", "eve"}
    assert {intent.key.person for intent in crowded.intents() if intent.state is IntentState.SENT} >= {"fay", "tess"}
    crowded.wake(ISSUE + 2 * HOUR)
    told = [subject for subject in crowded.alerts() if "Mail did not go" in subject or WAITING in subject]
    crowded.play(*(ISSUE + hour * HOUR for hour in range(3, 8)))
    assert (len(told), crowded.alerts()) == (1, told)
    crowded.through(FolderMailbox(crowded.mailbox))
    crowded.wake(ISSUE + 9 * HOUR)
    assert {intent.state for intent in crowded.intents("issue", "copy")} == {IntentState.SENT}


def test_the_team_hears_once_of_each_message_that_waits_for_more_than_an_hour(empty: Stage) -> None:
    empty.through(Stubborn(empty, "ann@", "eve@"))
    empty.play(EVE, ISSUE, ISSUE + MINUTE)
    assert empty.alerts() == []
    empty.play(ISSUE + HOUR, ISSUE + 2 * HOUR)
    assert len([subject for subject in empty.alerts() if WAITING in subject]) == 2
    [about_ann, _] = [text for text in empty.sent("alert", "tess") if WAITING in text.subject]
    assert "451 try again later" in about_ann.text
    assert {intent.state for intent in empty.intents("alert")} == {IntentState.SENT}


def test_every_message_has_its_turn_however_many_are_refused(crowded: Stage) -> None:
    crowded.through(Stubborn(crowded, ""))
    crowded.play(ISSUE, *(ISSUE + n * MINUTE for n in range(1, 40)))
    decided = {intent.key.person for intent in crowded.intents("issue", "copy")}
    crowded.through(Stubborn(crowded, *(f"{person}@" for person in decided - {"fay"})))
    crowded.play(*(ISSUE + n * MINUTE for n in range(40, 60)))
    assert [i.state for i in crowded.intents("issue") if i.key.person == "fay"] == [IntentState.SENT]


def test_many_messages_to_one_address_are_no_mailbox_that_is_down(stage: Stage) -> None:
    stage.through(Stubborn(stage, "ann@"))
    for number in range(4):
        written(stage, "question", "ann", f"n{number}")
    written(stage, "question", "eve", "n0")
    stage.play(DURING, DURING + MINUTE, DURING + 2 * HOUR)
    states_of = {intent.key: intent.state for intent in stage.intents("question")}
    assert [state for key, state in states_of.items() if key.person == "eve"] == [IntentState.SENT]
    assert {state for key, state in states_of.items() if key.person == "ann"} == {IntentState.DECIDED}
    assert [WAITING in subject for subject in stage.alerts()] == [True] * 4


def test_an_alert_goes_before_everything_else(empty: Stage, trouble: Trouble) -> None:
    trouble.refuses = TransientMailboxError("The server is busy.")
    empty.wake(ISSUE)
    with empty.ledger.transaction() as entry:
        raise_alert(empty.office, entry, "bug 1", "Look here", ("It broke.", "Mend it."), ISSUE)
    trouble.refuses = None
    order: list[str] = []
    trouble.sending = order.append
    empty.wake(ISSUE + MINUTE)
    alerts = {intent.message_id for intent in empty.intents("alert")}
    assert len(order) == 4
    assert set(order[:2]) == alerts


def test_a_message_whose_bytes_are_damaged_waits_for_a_person_and_the_others_go(empty: Stage, trouble: Trouble) -> None:
    trouble.refuses = TransientMailboxError("The server is busy.")
    empty.wake(ISSUE)
    first, second = empty.intents("issue")
    place = empty.ledger.blobs.folder / first.sha256[:2] / first.sha256
    kept = place.read_bytes()
    place.write_bytes(b"rubbish")
    trouble.refuses = None
    empty.play(ISSUE + MINUTE, ISSUE + 2 * MINUTE)
    assert states(empty, "issue") == ["unknown", "sent"]
    assert ["A message is damaged" in subject for subject in empty.alerts()] == [True]
    [item] = empty.desk()
    assert (item.kind, item.intent) == ("damaged message", str(first.key))
    assert doubtful(empty) == set(first.about)
    place.write_bytes(kept)
    words.reprocess(empty.ledger, empty.office.service, item.id, words.Word("tess", "It is back.", empty.now))
    empty.wake(ISSUE + 3 * MINUTE)
    assert doubtful(empty) == set()
    assert (states(empty, "issue"), empty.desk()) == (["sent", "sent"], [])
    assert second.key != first.key


def doubtful(stage: Stage) -> set[str]:
    """The assignments that nobody is asked for while something about them waits on the desk."""
    with stage.ledger.reading() as entry:
        return set(waiting(stage.office, entry, stage.programme).assignments)


def test_nobody_is_asked_for_what_an_issue_in_doubt_may_not_have_brought(empty: Stage, trouble: Trouble) -> None:
    trouble.cut, trouble.proof = True, Outcome.UNKNOWN
    empty.wake(ISSUE)
    empty.play(ISSUE + MINUTE, ISSUE + 40 * MINUTE)
    first, second = empty.intents("issue")
    assert [item.kind for item in empty.desk()] == ["unknown sending", "unknown sending"]
    assert doubtful(empty) == {*first.about, *second.about}
    item = empty.desk()[0]
    words.accept(empty.ledger, empty.office.service, item.id, words.Word("tess", "They have it.", empty.now))
    assert doubtful(empty) == set(second.about)


def test_a_copy_that_was_refused_says_nothing_of_its_sponsor(crowded: Stage) -> None:
    crowded.wake(ISSUE)
    copy = crowded.intents("copy")[0]
    with crowded.ledger.transaction() as entry:
        item = DeskItem(0, ISSUE, "refused message", "It was refused.", "Look.", intent=str(copy.key))
        desk.open_item(entry, item)
    assert doubtful(crowded) == set()


def test_what_was_cut_off_and_is_proven_sent_counts_as_sent(empty: Stage, trouble: Trouble) -> None:
    trouble.cut = True
    empty.wake(ISSUE)
    assert states(empty, "issue") == ["sending", "sending"]
    trouble.cut, trouble.proof = False, Outcome.SENT
    empty.wake(ISSUE + MINUTE)
    assert states(empty, "issue") == ["sent", "sent"]
    assert {intent.reason for intent in empty.intents("issue")} == {"found among the sent messages"}
    assert empty.lying("Sent") == 0


def test_what_was_cut_off_and_is_proven_not_sent_is_decided_afresh(empty: Stage, trouble: Trouble) -> None:
    trouble.cut = True
    empty.wake(ISSUE)
    trouble.cut = False
    empty.wake(ISSUE + MINUTE)
    assert states(empty, "issue") == ["sent", "sent"]
    assert empty.lying("Sent") == 2
    assert len(empty.events("not sent")) == 2


def test_one_that_the_mailbox_will_not_look_up_does_not_hold_up_the_others(empty: Stage, trouble: Trouble) -> None:
    class Blind(Trouble):
        def lookup(self, message_id: str, token: str) -> Outcome:
            if message_id == first.message_id:
                raise PermanentMailboxError("This search is not supported.")
            return Outcome.SENT

    trouble.cut = True
    empty.wake(ISSUE)
    first, _ = empty.intents("issue")
    empty.through(Blind(empty))
    empty.wake(ISSUE + MINUTE)
    assert states(empty, "issue") == ["sending", "sent"]
    empty.wake(ISSUE + timedelta(minutes=31))
    assert states(empty, "issue") == ["unknown", "sent"]
    assert [item.kind for item in empty.desk()] == ["unknown sending"]


def test_what_was_cut_off_and_is_of_no_use_any_more_is_withdrawn_not_sent(empty: Stage, trouble: Trouble) -> None:
    trouble.cut = True
    empty.wake(ISSUE)
    trouble.cut = False
    empty.declare(service(SAME_HOLDER))
    empty.wake(at(1, month=2))
    assert states(empty, "issue") == ["withdrawn", "withdrawn"]
    assert empty.lying("Sent") == len(empty.intents("alert", "deadline"))


def test_what_nobody_can_tell_waits_for_half_an_hour_and_then_for_a_person(empty: Stage, trouble: Trouble) -> None:
    trouble.cut, trouble.proof = True, Outcome.UNKNOWN
    empty.wake(ISSUE)
    trouble.cut = False
    empty.wake(ISSUE + timedelta(minutes=29))
    assert (states(empty, "issue"), empty.desk()) == (["sending", "sending"], [])
    empty.wake(ISSUE + timedelta(minutes=30))
    assert states(empty, "issue") == ["unknown", "unknown"]
    assert [(item.kind, item.intent) for item in empty.desk()] == [
        ("unknown sending", "strategic/c1/issue/ann/1"),
        ("unknown sending", "strategic/c1/issue/eve/1"),
    ]
    assert len(empty.alerts()) == 2
    empty.wake(ISSUE + timedelta(hours=5))
    assert empty.lying("Sent") == len(empty.intents("alert")) == 4
    assert states(empty, "issue") == ["unknown", "unknown"]


def test_an_alert_in_doubt_raises_no_alert_about_itself(stage: Stage) -> None:
    intent = written(stage, "alert", "tess", "x")
    with stage.ledger.transaction() as entry:
        intents.claim(entry, intent.key, "0" * 32 + ".eml", ISSUE)
    stage.wake(ISSUE + timedelta(hours=1))
    assert [item.kind for item in stage.desk()] == ["unknown sending"]
    assert len(stage.intents("alert")) == 1


def written(stage: Stage, kind: str, person_id: str, occasion: str, address: str | None = None) -> Intent:
    """A message of a kind that was decided for a person."""
    person: Person = stage.programme.people[person_id]
    key = IntentKey("strategic", "c1", kind, person_id, occasion)
    sender = stage.office.sender(stage.programme)
    letter = QuestionLetter("Strategic Plan", "update 1", person.name, stage.now, None, False, (), sender)
    made = outgoing(stage.office, Envelope(key, person, person.address), letter, stage.now)
    if address is not None:
        made = replace(made, intent=replace(made.intent, address=address))
    with stage.ledger.transaction() as entry:
        decide(entry, [made])
    return made.intent


@pytest.mark.parametrize(
    ("kind", "late", "reason"),
    [
        ("receipt", timedelta(days=15), "It comes too late."),
        ("alert", timedelta(days=4), "The alert is out of date."),
    ],
)
def test_an_answer_is_withdrawn_when_it_comes_too_late(stage: Stage, kind: str, late: timedelta, reason: str) -> None:
    written(stage, kind, "tess", "x")
    stage.wake(ISSUE + late)
    [intent] = [item for item in stage.intents(kind) if item.key.occasion == "x"]
    assert (intent.state, intent.reason) == (IntentState.WITHDRAWN, reason)


def test_an_answer_that_is_withdrawn_is_told_to_the_team_but_an_alert_is_not(stage: Stage) -> None:
    written(stage, "alert", "tess", "x")
    stage.wake(ISSUE + timedelta(days=4))
    assert len(stage.intents("alert")) == 1
    written(stage, "receipt", "ann", "y")
    stage.wake(ISSUE + timedelta(days=30))
    assert any("withdrawn" in subject for subject in stage.alerts())


def test_an_issue_is_withdrawn_once_every_plan_in_it_was_withdrawn(empty: Stage, trouble: Trouble) -> None:
    trouble.refuses = TransientMailboxError("The server is busy.")
    empty.wake(ISSUE)
    with empty.ledger.transaction() as entry:
        for plan in ("p1", "p2"):
            assignments.withdraw(entry, f"strategic/c1/{plan}/care", "a new holder", ISSUE)
        assignments.withdraw(entry, "strategic/c1/p3/social", "merged", ISSUE)
    trouble.refuses = None
    empty.wake(ISSUE + MINUTE)
    assert states(empty, "issue") == ["withdrawn", "sent"]
    assert empty.intents("issue")[0].reason == "Every plan in it was withdrawn."


@pytest.mark.parametrize("edit", [("strategic/cycles.yaml", "c1", "c0"), ("service.yaml", "strategic]", "other]")])
def test_a_message_of_a_cycle_that_is_no_longer_declared_is_withdrawn(
    empty: Stage, trouble: Trouble, edit: tuple[str, str, str]
) -> None:
    trouble.refuses = TransientMailboxError("The server is busy.")
    empty.wake(ISSUE)
    trouble.refuses = None
    first = service().programmes[0]
    gone = replace(first, cycles=first.cycles[1:]) if edit[0] != "service.yaml" else replace(first, id="other")
    empty.office = replace(empty.office, service=replace(service(), programmes=(gone,)))
    empty.wake(ISSUE + MINUTE)
    assert {intent.reason for intent in empty.intents("issue")} == {"Its cycle is no longer in the configuration."}


def test_papers_that_could_not_go_before_the_meeting_are_withdrawn(stage: Stage) -> None:
    mailbox = Trouble(stage)
    stage.wake(DEADLINE)
    stage.through(mailbox)
    mailbox.refuses = TransientMailboxError("The server is busy.")
    stage.wake(PAPERS)
    mailbox.refuses = None
    stage.wake(MEETING)
    assert set(states(stage, "papers")) == {"withdrawn"}
    assert "The meeting began" in stage.intents("papers")[0].reason


def test_the_fourth_message_of_a_step_a_day_stops_the_service_and_only_the_alert_goes(stage: Stage) -> None:
    for number in range(3):
        written(stage, "issue", "ann", f"1 {number}")
    stage.wake(ISSUE + MINUTE)
    assert states(stage, "issue")[2:] == ["sent", "sent", "decided"]
    assert set(states(stage, "alert")) == {"sent"}
    written(stage, "receipt", "eve", "x")
    stage.wake(ISSUE + 2 * MINUTE)
    assert states(stage, "receipt") == ["decided"]
    with stage.ledger.reading() as entry:
        stopped = ticks.stopped(entry)
    assert stopped is not None
    assert f"{ANN} was already sent 3 messages today; the limit is 3" in stopped[1]


def test_a_person_who_lets_a_stopped_service_go_on_lets_the_rest_of_the_day_go(stage: Stage) -> None:
    for number in range(3):
        written(stage, "issue", "ann", f"1 {number}")
    stage.wake(ISSUE + MINUTE)
    resume(stage, ISSUE + 2 * MINUTE)
    stage.wake(ISSUE + 3 * MINUTE)
    assert set(states(stage, "issue")) == {"sent"}
    assert [event.who for event in stage.events("resumed")] == ["administrator"]
    resume(stage, ISSUE + 4 * MINUTE)
    assert len(stage.events("resumed")) == 1, "it had not stopped"


def resume(stage: Stage, now: datetime) -> None:
    with stage.ledger.transaction() as entry:
        send.go_on(entry, now)


def test_a_person_of_two_programmes_is_one_person(empty: Stage) -> None:
    """Their ids may differ: what counts is whose address it is."""
    first = empty.office.service.programmes[0]
    ann = first.people["ann"]
    other = replace(first, id="other", people={"other-ann": replace(ann, id="other-ann")})
    empty.office = replace(empty.office, service=replace(empty.office.service, programmes=(first, other)))
    empty.now = ISSUE - timedelta(days=1)
    made = [written(empty, "question", "ann", str(number)) for number in range(4)]
    with empty.ledger.transaction() as entry:
        for number, intent in enumerate(made[:3]):
            key = replace(intent.key, programme="other", person="other-ann", kind="papers", occasion=str(number))
            sent = replace(intent, key=key, message_id=f"<other{number}@ours>")
            intents.add(entry, sent)
            intents.settle(entry, key, IntentState.SENT, empty.now)
    with empty.ledger.reading() as entry:
        told = too_much(empty.office, entry, replace(made[3], key=replace(made[3].key, kind="issue")), empty.now)
    assert told is not None
    assert "already sent 3 messages" in told.sentence


def test_a_sponsor_whose_id_is_that_of_another_programmes_officer_has_a_sponsors_limit(empty: Stage) -> None:
    """An id is a programme's own: it is the address that tells who somebody is."""
    first = empty.office.service.programmes[0]
    ann = first.people["ann"]
    namesake = replace(ann, addresses=("another.ann@ours.example",))
    team = replace(first.team, members=("ann",))
    other = replace(first, id="other", people={"ann": namesake}, team=team)
    empty.office = replace(empty.office, service=replace(empty.office.service, programmes=(first, other)))
    empty.now = ISSUE - timedelta(days=1)
    made = [written(empty, "papers", "ann", str(number)) for number in range(4)]
    with empty.ledger.transaction() as entry:
        for intent in made[:3]:
            intents.settle(entry, intent.key, IntentState.SENT, empty.now)
    with empty.ledger.reading() as entry:
        told = too_much(empty.office, entry, made[3], empty.now)
    assert told is not None
    assert (told.stops, "the limit is 3" in told.sentence) == (True, True)


def test_the_fourth_notice_a_day_waits_until_tomorrow_and_the_team_is_told(stage: Stage) -> None:
    for number in range(3):
        written(stage, "decided", "ann", str(number))
    stage.wake(ISSUE + MINUTE)
    assert states(stage, "decided") == ["sent", "sent", "decided"]
    assert len(stage.alerts()) == 1
    written(stage, "receipt", "eve", "x")
    stage.wake(ISSUE + 2 * MINUTE)
    assert (states(stage, "decided")[2], states(stage, "receipt")) == ("decided", ["sent"])
    assert len(stage.alerts()) == 1, "told once a day"
    stage.wake(at(21))
    assert set(states(stage, "decided")) == {"sent"}


def test_what_a_step_calls_for_waits_where_notices_took_its_place(stage: Stage) -> None:
    """Somebody who edited a lot on the day of a step broke nothing, and nobody gets a fourth message."""
    for number in range(2):
        written(stage, "decided", "ann", str(number))
    stage.wake(ISSUE + MINUTE)
    written(stage, "issue", "ann", "1 more")
    stage.wake(ISSUE + 2 * MINUTE)
    assert states(stage, "issue")[-1] == "decided"
    assert stage.events("fuse") == []
    stage.wake(at(21))
    assert set(states(stage, "issue")) == {"sent"}


def test_notices_that_pile_up_stop_the_service(stage: Stage) -> None:
    for number in range(7):
        written(stage, "decided", "ann", str(number))
    stage.wake(at(21))
    with stage.ledger.reading() as entry:
        stopped = ticks.stopped(entry)
    assert stopped is not None
    assert f"7 notices wait for {ANN}; the limit is 6" in stopped[1]
    assert set(states(stage, "decided")) == {"decided"}


def test_receipts_are_counted_apart_up_to_ten_a_day(stage: Stage) -> None:
    for number in range(11):
        written(stage, "receipt", "ann", str(number))
    stage.wake(ISSUE + MINUTE)
    assert states(stage, "receipt") == ["sent"] * 10 + ["decided"]
    assert stage.events("fuse") == []
    assert f"{ANN} was already sent 10 messages today; the limit is 10" in stage.events("alert")[0].why
    stage.wake(at(21))
    assert states(stage, "receipt") == ["sent"] * 11


def test_the_day_of_the_fuse_is_the_programmes_own(stage: Stage) -> None:
    """In summer a London day begins at eleven in the evening UTC."""
    stage.now = at(1, 22, 30, month=4)
    for number in range(3):
        written(stage, "decided", "sam", str(number))
    send_all(stage, stage.now)
    written(stage, "decided", "sam", "4")
    send_all(stage, at(1, 22, 59, month=4))
    assert states(stage, "decided")[-1] == "decided"
    send_all(stage, at(1, 23, month=4))
    assert states(stage, "decided")[-1] == "sent"


def send_all(stage: Stage, now: datetime) -> None:
    passed = send.Passed()
    while send.send_one(stage.office, now, passed):
        with stage.ledger.reading() as entry:
            if ticks.stopped(entry) and not [item for item in stage.intents("alert") if item.state == "decided"]:
                return


def test_nothing_is_sent_to_nobody(stage: Stage) -> None:
    written(stage, "receipt", "ann", "x", address="  ")
    stage.wake(DURING)
    assert states(stage, "receipt") == ["decided"]
    assert "addressed to nobody" in stage.events("fuse")[0].why
    with stage.ledger.reading() as entry:
        assert ticks.stopped(entry) is not None


def test_a_message_that_another_process_claimed_is_not_sent_twice(stage: Stage) -> None:
    class Rival(FolderMailbox):
        def prepare(self, raw: bytes) -> str:
            token = super().prepare(raw)
            with stage.ledger.transaction() as entry:
                intents.claim(entry, intent.key, token, stage.now)
            return token

    intent = written(stage, "receipt", "ann", "x")
    stage.through(Rival(stage.mailbox))
    before = stage.lying("Sent")
    assert send.send_one(stage.office, ISSUE + MINUTE, send.Passed())
    assert (stage.lying("Sent"), states(stage, "receipt")) == (before, ["sending"])


def test_with_nothing_to_send_there_is_nothing_to_do(stage: Stage) -> None:
    assert not send.send_one(stage.office, ISSUE, send.Passed())
    assert not send.settle_one(stage.office, ISSUE)
    order: Sequence[str] = [intent.key.person for intent in stage.intents("issue")]
    assert order == ["ann", "eve"]
