"""A person's word on what waits: accept, reject, reprocess, for messages and for sendings in doubt."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from jobs import desk as words
from ledger import desk
from ledger.records import DeskItem, IntentState
from tests.jobs.stage import COLLECT, File, Stage, at, mail, service

ANN, ISLA = "ann@ours.example", "isla@elsewhere.example"
PDF = File("Plan 1.pdf", b"%PDF-1.4 scanned", "application/pdf")
Verb = Callable[..., str]


def say(stage: Stage, verb: Verb, item: DeskItem | int, why: str = "I rang them") -> str:
    """Tess's word, and the wake-up after it."""
    number = item if isinstance(item, int) else item.id
    word = words.Word("tess", why, stage.now + timedelta(minutes=1))
    said = verb(stage.ledger, stage.office.service, number, word)
    stage.wake(stage.now + COLLECT)
    return said


def test_a_strangers_form_counts_on_an_administrators_word(stage: Stage) -> None:
    stage.receive(mail(ISLA, stage.returned("p1")))
    said = say(stage, words.accept, stage.desk()[0])
    [back] = stage.returns("p1")
    assert (back.role, back.sender, back.on_time, stage.desk()) == ("vouched", "", True, [])
    assert "on tess's word" in said
    assert [intent.key.person for intent in stage.intents("receipt")] == ["ann"]
    [event] = stage.events("desk accepted")
    assert (event.who, event.why) == ("tess", "I rang them")
    assert stage.arrivals()[0].vouched_by == "tess"
    assert (stage.lying("Attention"), stage.lying("Inbox")) == (1, 0)


def test_a_forged_stamp_counts_on_an_administrators_word(stage: Stage) -> None:
    from tests.jobs.test_doubts import restamped

    stage.receive(mail(ANN, File("p1.xlsx", restamped(stage.returned("p1").content, hmac="a" * 26))))
    say(stage, words.accept, stage.desk()[0])
    assert [back.role for back in stage.returns("p1")] == ["vouched"]


def test_a_vouched_workbook_that_names_no_plan_waits_again(stage: Stage) -> None:
    from tests.jobs.test_returns import unstamped

    stage.receive(mail(ANN, File("typed.xlsx", unstamped(stage.returned("p1").content))))
    say(stage, words.accept, stage.desk()[0])
    [item] = stage.desk()
    assert "does not say which plan it is for" in item.reason


def test_a_vouched_stamp_of_an_assignment_that_was_never_issued_waits_again(stage: Stage) -> None:
    from tests.jobs.test_doubts import restamped

    never = restamped(stage.returned("p1").content, assignment="strategic/c9/p1/care")
    stage.receive(mail(ANN, File("p1.xlsx", never)))
    say(stage, words.accept, stage.desk()[0])
    assert len(stage.desk()) == 1
    assert stage.returns("p1") == []


def test_rows_copied_alone_are_vouched_for_by_their_tokens(stage: Stage) -> None:
    from workbook import filling

    alone = filling.keep_only_action_sheet(stage.returned("p1").content)
    stage.receive(mail(ISLA, File("copy.xlsx", alone)))
    say(stage, words.accept, stage.desk()[0])
    assert [back.role for back in stage.returns("p1")] == ["vouched"]


def test_a_workbook_in_an_automatic_reply_counts_once_it_is_vouched_for(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), headers={"Auto-Submitted": "auto-replied"}))
    say(stage, words.accept, stage.desk()[0])
    assert ([back.role for back in stage.returns("p1")], stage.desk()) == (["vouched"], [])


def test_a_message_that_failed_its_checks_counts_once_it_is_vouched_for(stage: Stage) -> None:
    forged = {"Authentication-Results": "mx.ours.example; dmarc=fail"}
    stage.receive(mail(ANN, stage.returned("p1"), headers=forged))
    say(stage, words.accept, stage.desk()[0])
    assert [back.role for back in stage.returns("p1")] == ["vouched"]


def test_other_content_under_a_known_message_id_counts_once_it_is_vouched_for(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), number=1))
    stage.receive(mail(ANN, stage.returned("p2"), number=1))
    say(stage, words.accept, stage.desk()[0])
    assert (len(stage.returns("p1")), len(stage.returns("p2"))) == (1, 1)


def waiting_messages(stage: Stage) -> dict[str, bytes]:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(200))
    return {
        "question": mail(ANN, text="Is 1.2 mine?"),
        "unreadable": mail(ANN, PDF),
        "machine": mail(ANN, headers={"List-Id": "<all.ours.example>"}),
        "quarantine": deep + b"x",
        "bounce": mail("MAILER-DAEMON@mx.ours.example", text="It did not arrive."),
    }


@pytest.mark.parametrize("kind", ["question", "unreadable", "machine", "quarantine", "bounce"])
def test_what_was_accepted_and_brings_no_return_comes_back_to_no_desk_and_is_not_answered_again(
    stage: Stage, kind: str
) -> None:
    stage.receive(waiting_messages(stage)[kind])
    assert [item.kind for item in stage.desk()] == [kind]
    before = len(stage.intents())
    stage.wake(at(23))
    say(stage, words.accept, stage.desk()[0])
    assert (stage.desk(), len(stage.intents())) == ([], before)
    assert stage.arrivals()[0].lane == "dealt with"
    assert stage.lying("Inbox") == 0


@pytest.mark.parametrize("kind", ["question", "unreadable", "machine", "quarantine", "bounce"])
def test_what_is_decided_afresh_waits_again_and_is_not_answered_twice(stage: Stage, kind: str) -> None:
    stage.receive(waiting_messages(stage)[kind])
    before = len(stage.intents())
    say(stage, words.reprocess, stage.desk()[0])
    assert [item.kind for item in stage.desk()] == [kind]
    assert len(stage.intents()) == before


def test_a_rejected_message_causes_nothing(stage: Stage) -> None:
    stage.receive(mail(ISLA, stage.returned("p1")))
    assert "nothing follows" in say(stage, words.reject, stage.desk()[0])
    assert (stage.returns("p1"), stage.desk(), stage.intents("receipt")) == ([], [], [])


def test_a_message_is_decided_afresh_once_the_configuration_knows_its_sender(stage: Stage) -> None:
    stage.receive(mail("ann.new@ours.example", stage.returned("p1")))
    stage.declare(service(("strategic/people.yaml", "a.aird@ours.example", "ann.new@ours.example")))
    say(stage, words.reprocess, stage.desk()[0])
    assert [back.role for back in stage.returns("p1")] == ["holder"]
    assert stage.arrivals()[0].vouched_by is None


def test_the_rest_of_a_message_taken_in_later_gets_a_receipt_of_its_own(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), stage.returned("p3", "social")))
    assert [item.kind for item in stage.desk()] == ["doubt"]
    say(stage, words.accept, stage.desk()[0])
    assert (len(stage.returns("p1")), len(stage.returns("p3", "social"))) == (1, 1)
    to_ann = [intent for intent in stage.intents("receipt") if intent.key.person == "ann"]
    assert len(to_ann) == 2
    assert len({intent.key.occasion for intent in to_ann}) == 2


def test_two_items_of_one_message_can_each_be_accepted(stage: Stage) -> None:
    conflicting = File("p1 (2).xlsx", stage.returned("p1", r1_1={"rating": "green"}).content)
    stage.receive(mail(ANN, stage.returned("p1"), conflicting, stage.returned("p3", "social")))
    first, second = stage.desk()
    say(stage, words.accept, first)
    say(stage, words.accept, second)
    assert len(stage.returns("p3", "social")) == 1
    assert stage.returns("p1") == []
    assert {item.kind for item in stage.desk()} == {"conflict"}


def test_only_a_named_member_of_a_team_has_a_word(stage: Stage) -> None:
    stage.receive(mail(ISLA, stage.returned("p1")))
    with pytest.raises(words.DeskError, match=r"“ann” is no member of a planning team.*tess, tom"):
        words.accept(stage.ledger, stage.office.service, 1, words.Word("ann", "it is mine", stage.now))
    assert len(stage.desk()) == 1


def test_an_item_is_closed_once(stage: Stage) -> None:
    stage.receive(mail(ISLA, stage.returned("p1")))
    [item] = stage.desk()
    say(stage, words.reject, item)
    with pytest.raises(words.DeskError, match=r"closed already: rejected by tess"):
        say(stage, words.accept, item)


def test_an_item_about_nothing_that_came_can_be_accepted_but_not_decided_afresh(stage: Stage) -> None:
    with stage.ledger.transaction() as entry:
        number = desk.open_item(entry, DeskItem(0, stage.now, "vacant post", "Nobody holds it.", "Name a holder."))
    with pytest.raises(words.DeskError, match="no message to decide afresh"):
        say(stage, words.reprocess, number)
    assert len(stage.desk()) == 1
    assert "is closed" in say(stage, words.accept, number)


def doubtful(stage: Stage, state: IntentState) -> int:
    """A sending in doubt, or one that was refused, as its desk item's number."""
    intent = stage.intents("issue")[0]
    with stage.ledger.transaction() as entry:
        from ledger.schema import intents as table

        entry.execute(table.update().where(table.c.message_id == intent.message_id).values(state=state))
        item = DeskItem(0, stage.now, "unknown sending", "Nobody can tell.", "Ask.", intent=str(intent.key))
        return desk.open_item(entry, item)


@pytest.mark.parametrize(
    ("verb", "said", "state"),
    [
        (words.accept, "counts as sent", IntentState.SENT),
        (words.reject, "will not be sent", IntentState.WITHDRAWN),
    ],
)
def test_a_persons_word_settles_a_sending_in_doubt(stage: Stage, verb: Verb, said: str, state: IntentState) -> None:
    number = doubtful(stage, IntentState.UNKNOWN)
    assert said in say(stage, verb, number)
    assert stage.intents("issue")[0].state is state


def test_a_sending_in_doubt_that_is_reprocessed_is_sent_again(stage: Stage) -> None:
    for path in (stage.mailbox / "Sent").iterdir():
        path.unlink()
    number = doubtful(stage, IntentState.UNKNOWN)
    assert "will be sent again" in say(stage, words.reprocess, number)
    assert stage.intents("issue")[0].state is IntentState.SENT
    assert stage.lying("Sent") == 1


def test_a_refused_message_can_be_accepted_as_known_but_never_counts_as_sent(stage: Stage) -> None:
    number = doubtful(stage, IntentState.WITHDRAWN)
    assert "was not sent by plancycle" in say(stage, words.accept, number)
    assert stage.intents("issue")[0].state is IntentState.WITHDRAWN


def test_a_refused_message_is_not_sent_again(stage: Stage) -> None:
    number = doubtful(stage, IntentState.WITHDRAWN)
    with pytest.raises(words.DeskError, match="from your own mail program"):
        say(stage, words.reprocess, number)
    assert len(stage.desk()) == 1


def test_an_item_about_a_message_that_the_ledger_does_not_have_says_so(stage: Stage) -> None:
    with stage.ledger.transaction() as entry:
        item = DeskItem(0, stage.now, "unknown sending", "?", "?", intent="a/b/c/d/e")
        number = desk.open_item(entry, item)
    with pytest.raises(words.DeskError, match="knows no message a/b/c/d/e"):
        say(stage, words.accept, number)


def test_the_administrators_are_the_members_of_the_teams(stage: Stage) -> None:
    assert words.administrators(stage.office.service) == {"tess": "Tess Tait", "tom": "Tom Todd"}
