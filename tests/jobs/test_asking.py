"""Reminders and chasers: only those who owe something, just that, and nobody in doubt (law 11)."""

from datetime import timedelta

import pytest

from jobs import desk as words
from jobs.office import WorkbookReader
from ledger import arrivals, assignments
from ledger.errors import LedgerError
from ledger.records import Intent
from mail.folder import FolderMailbox, deliver
from mail.port import TransientMailboxError
from programme.fault import ConfigurationError
from tests.jobs.stage import (
    CHASES,
    DEADLINE,
    GREEN,
    ISSUE,
    PAPERS,
    REMINDER,
    REVIEW,
    YEAR,
    Stage,
    Unread,
    at,
    mail,
    service,
)

ANN, BEN, CARA, EVE, FAY = (f"{name}@ours.example" for name in ("ann", "ben", "cara", "eve", "fay"))
MINUTE = timedelta(minutes=1)
HALF = {"rating": "green", "progress": "It is half done."}

FACT = "\n    reason: The service review reports then\n    decided_by: Planning Officer\n"


class Unsent(FolderMailbox):
    """A mailbox that can be read and will not send."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.mailbox)
        self.refuses: TransientMailboxError | None = TransientMailboxError("The server is busy.")

    def prepare(self, raw: bytes) -> str:
        if self.refuses is not None:
            raise self.refuses
        return super().prepare(raw)


def facts(text: str) -> tuple[str, str, str]:
    """Standing facts, written where the small service has none."""
    return ("strategic/facts.yaml", "{}\n", text)


def all_of_ann(stage: Stage) -> None:
    stage.receive(mail(ANN, stage.returned("p1"), stage.returned("p2"), stage.returned("p5")))


def listed(stage: Stage, kind: str, person: str) -> str:
    [message] = stage.sent(kind, person)
    return message.text


def reasons(stage: Stage, kind: str) -> set[str]:
    return {intent.reason for intent in stage.intents(kind)}


def left_alone(stage: Stage) -> dict[str, str]:
    return {event.about.removeprefix("strategic/c1/"): event.why for event in stage.events("not asked")}


def test_the_reminder_goes_to_those_who_owe_something_and_lists_just_that(year: Stage) -> None:
    all_of_ann(year)
    year.receive(mail(EVE, year.returned("p2", "social", r2_1=GREEN), year.returned("p3", "social")))
    year.wake(REMINDER)
    assert year.people("reminder") == ["eve", "fay"]
    text = listed(year, "reminder", "eve")
    assert [ref in text for ref in ("2.1", "2.2", "3.1", "4.1", "5.1", "5.2")] == [
        False,
        True,
        False,
        True,
        False,
        True,
    ]
    names = [item.name for item in year.sent("reminder", "eve")[0].attachments]
    assert names == ["Plan 2 - update 1.xlsx", "Plan 4 - update 1.xlsx", "Plan 5 - update 1.xlsx"]


def test_the_reminder_is_in_the_thread_of_the_issue(year: Stage) -> None:
    year.wake(REMINDER)
    [reminder] = year.sent("reminder", "ann")
    asked = year.issue_to("ann").message_id
    assert set(reminder.thread) == {*year.threads("p1", "p2", "p5"), asked}
    assert reminder.headers["in-reply-to"] == (asked,)


def test_whatever_is_about_a_plan_is_in_the_thread_of_the_plan(year: Stage) -> None:
    """Whoever gets it, and whether or not they were sent the issue: the plan and cycle have one thread."""
    year.play(REMINDER, DEADLINE, REVIEW, *CHASES)
    [mine] = year.threads("p1")
    for kind, person in (("issue", "ann"), ("chase", "ann"), ("cover", "cara"), ("escalation", "zoe")):
        messages = year.sent(kind, person)
        assert messages
        assert all(mine in message.thread for message in messages), kind
    assert all(mine not in message.thread for message in year.sent("chase", "fay"))
    assert year.threads("p1", cycle="c2") != (mine,)


def test_nobody_is_reminded_when_all_is_in(year: Stage) -> None:
    all_of_ann(year)
    social = [year.returned(plan, "social") for plan in ("p2", "p3", "p4", "p5")]
    year.receive(mail(EVE, *social))
    year.play(REMINDER, DEADLINE, REVIEW, *CHASES)
    assert year.intents("reminder", "chase", "cover", "escalation") == []


def test_of_a_plan_for_which_one_return_serves_nobody_else_is_asked(year: Stage) -> None:
    year.receive(mail("fay@partner.example", year.returned("p4", "partner", r4_1=GREEN)))
    year.wake(REMINDER)
    text = listed(year, "reminder", "eve")
    assert ("4.1" in text, "4.2" in text) == (False, True)
    year.receive(mail(EVE, year.returned("p4", "social", r4_2=GREEN)), at(29))
    year.play(DEADLINE, REVIEW, CHASES[0])
    assert year.people("reminder") == ["ann", "eve", "fay"]
    assert "fay" not in year.people("chase")


def test_an_issue_says_who_of_several_sponsors_answers(year: Stage) -> None:
    both, one = (" ".join(year.issue_to(person).text.split()) for person in ("eve", "fay"))
    assert "each of you returns the plan" in both
    assert "you are asked for your own rows only" in both
    assert "Shared with Head of Social Work: one return serves for all of you" in one
    assert "each of you" not in one


def test_of_a_plan_with_owners_each_is_asked_for_their_own_rows(year: Stage) -> None:
    year.wake(REMINDER)
    assert ("5.1" in listed(year, "reminder", "ann"), "5.2" in listed(year, "reminder", "ann")) == (True, False)
    assert ("5.1" in listed(year, "reminder", "eve"), "5.2" in listed(year, "reminder", "eve")) == (False, True)


def test_the_rungs_ask_the_sponsor_then_the_delegate_then_whom_to_turn_to(year: Stage) -> None:
    year.play(REMINDER, DEADLINE, REVIEW, CHASES[0])
    assert (year.people("chase"), year.people("cover"), year.people("escalation")) == (["ann", "eve", "fay"], [], [])
    year.wake(CHASES[1])
    assert (len(year.intents("chase")), year.people("cover"), year.people("escalation")) == (6, ["cara"], [])
    year.wake(CHASES[2])
    assert (len(year.intents("chase")), year.people("cover"), year.people("escalation")) == (
        9,
        ["cara"],
        ["zoe"],
    )
    assert {intent.state.value for intent in year.intents("chase", "cover", "escalation")} == {"sent"}


def test_the_delegate_gets_a_message_of_their_own_with_the_forms(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, *CHASES[:2])
    [cover] = year.sent("cover", "cara")
    assert cover.recipients == (CARA,)
    assert "Ann Aird" in cover.text
    assert len(cover.attachments) == 3
    assert all(message.recipients == (ANN,) for message in year.sent("chase", "ann"))


def test_whom_we_turn_to_is_told_of_every_time_that_we_asked_and_gets_no_form(year: Stage) -> None:
    year.play(REMINDER, DEADLINE, REVIEW, *CHASES)
    [message] = year.sent("escalation", "zoe")
    text = " ".join(message.text.split())
    assert "Ann Aird and Eve Ewing have not returned" in text
    assert "please ask each of them" in text
    assert "ANN AIRD (Head of Care), asked four times, on" in text
    assert message.attachments == ()


def test_that_one_sponsor_answers_meanwhile_does_not_let_the_others_off(year: Stage) -> None:
    """Decided while the mailbox was down: whom we turn to is asked about those who are still out, and only those."""
    year.play(REMINDER, DEADLINE, REVIEW, *CHASES[:2])
    down = Unsent(year)
    year.through(down)
    year.wake(CHASES[2])
    all_of_ann(year)
    down.refuses = None
    year.wake(CHASES[2] + 3 * MINUTE)
    first, second = year.intents("escalation")
    assert (first.state.value, second.state.value) == ("withdrawn", "sent")
    assert second.about == tuple(name for name in first.about if year_sponsor(year, name) == "eve")
    assert second.about
    [message] = year.sent("escalation", "zoe")
    assert "Eve Ewing (Head of Social Work) has not returned" in " ".join(message.text.split())
    assert "Ann Aird" not in message.text
    year.wake(CHASES[2] + 4 * MINUTE)
    assert len(year.intents("escalation")) == 2


def year_sponsor(stage: Stage, assignment: str) -> str:
    with stage.ledger.reading() as entry:
        return assignments.get(entry, assignment).person


def test_a_sponsor_is_told_what_comes_next_so_that_nothing_surprises(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, CHASES[0])
    text = " ".join(listed(year, "chase", "ann").split())
    assert "Cara Cole" in text
    assert "Zoe Zell" in text
    assert "Zoe Zell" not in " ".join(listed(year, "chase", "fay").split())


def test_whom_we_turn_to_is_never_the_sponsor(year: Stage) -> None:
    """Somebody who sponsors one post and is turned to for another is told of the other alone."""
    stands_in = ("strategic/people.yaml", "holders: [{person: ann}]", "holders: [{person: zoe}]")
    with pytest.raises(ConfigurationError, match="escalation contact of a post that they hold themselves"):
        service(*YEAR, stands_in)
    eve = ("strategic/people.yaml", "delegates: [{person: cara, since: 2020-01-27}]", "delegates: [{person: ann}]")
    year.edit(service(*YEAR, eve))
    year.play(DEADLINE, REVIEW, *CHASES)
    assert year.intents("cover") == []
    assert {intent.key.occasion for intent in year.intents("escalation")} == {"3"}
    assert {year_sponsor(year, name) for intent in year.intents("escalation") for name in intent.about} == {
        "ann",
        "eve",
    }


def test_a_delegate_is_asked_only_while_in_force(year: Stage) -> None:
    over = ("strategic/people.yaml", "{person: cara, since: 2020-01-27}", "{person: cara, until: 2020-02-05}")
    year.edit(service(*YEAR, over))
    year.play(DEADLINE, REVIEW, *CHASES)
    assert year.people("cover") == []


def test_after_downtime_only_the_latest_rung_goes(year: Stage) -> None:
    year.play(DEADLINE, CHASES[2])
    assert [intent.key.occasion for intent in year.intents("chase")] == ["3", "3", "3"]
    assert len(year.events("missed")) >= 2


@pytest.mark.parametrize("kind", ["question", "unreadable"])
def test_nobody_is_chased_while_something_of_theirs_waits_on_the_desk(year: Stage, kind: str) -> None:
    from tests.jobs.stage import File

    file = [File("scan.pdf", b"%PDF-1.4 a scan", "application/pdf")] if kind == "unreadable" else []
    year.receive(mail(BEN, *file, text="Is 1.2 ours?"))
    assert [item.kind for item in year.desk()] == [kind]
    year.wake(REMINDER)
    assert year.people("reminder") == ["eve", "fay"]
    assert set(left_alone(year)) == {"p1/care", "p2/care", "p5/care"}
    assert "Something from Ben Bain waits on the desk" in left_alone(year)["p1/care"]
    words.reject(year.ledger, year.office.service, year.desk()[0].id, words.Word("tess", "I rang", year.now))
    year.play(DEADLINE, REVIEW, CHASES[0])
    assert year.people("chase") == ["ann", "eve", "fay"]


def test_an_item_on_the_desk_about_one_plan_holds_back_that_plan(year: Stage) -> None:
    year.receive(mail("isla@elsewhere.example", year.returned("p1")))
    year.wake(REMINDER)
    assert "Waits on the desk" in left_alone(year)["p1/care"]
    text = listed(year, "reminder", "ann")
    assert ("1.1" in text, "2.1" in text) == (False, True)


def test_a_hold_of_one_post_leaves_the_others_alone_and_says_who_decided(year: Stage) -> None:
    hold = facts("holds:\n  - cycle: c1\n    steps: [reminder, chase]\n    post: care" + FACT)
    year.edit(service(*YEAR, hold))
    year.play(REMINDER, DEADLINE, REVIEW, CHASES[0])
    assert set(year.people("reminder")) == set(year.people("chase")) == {"eve", "fay"}
    assert left_alone(year)["p1/care"] == "Held by Planning Officer: The service review reports then."


def test_who_is_excused_is_not_asked(year: Stage) -> None:
    excuse = facts("excuses:\n  - cycle: c1\n    plan: p3\n    post: social" + FACT)
    year.edit(service(*YEAR, excuse))
    year.wake(REMINDER)
    assert "3.1" not in listed(year, "reminder", "eve")


def test_a_post_that_nobody_holds_any_more_is_not_asked(year: Stage) -> None:
    gone = ("strategic/people.yaml", "holders: [{person: ann}]", "holders: [{person: ann, until: 2020-01-24}]")
    year.edit(service(*YEAR, gone))
    year.play(at(24, 9), at(27, 9), REMINDER)
    assert year.people("reminder") == ["eve", "fay"]
    assert {item.kind for item in year.desk()} == {"vacant post"}
    assert "Waits on the desk" in left_alone(year)["p1/care"]
    for item in year.desk():
        words.accept(year.ledger, year.office.service, item.id, words.Word("tess", "noted", year.now))
    year.play(DEADLINE, REVIEW, CHASES[0])
    assert year.people("chase") == ["eve", "fay"]
    assert "Nobody holds the post Head of Care." in {event.why for event in year.events("not asked")}


def test_an_extension_has_a_reminder_and_rungs_of_its_own(year: Stage) -> None:
    later = facts("extensions:\n  - cycle: c1\n    plan: p1\n    post: care\n    until: 2020-02-05" + FACT)
    year.edit(service(*YEAR, later))
    year.wake(REMINDER)
    assert "1.1" not in listed(year, "reminder", "ann")
    year.wake(DEADLINE)
    own = [intent for intent in year.intents("reminder") if "2020-02-05" in intent.key.occasion]
    assert [(intent.key.person, intent.key.occasion) for intent in own] == [("ann", "1 for 2020-02-05")]
    text = year.letter(own[0]).text
    assert ("1.1" in text, "2.1" in text, "5 FEBRUARY" in text.upper()) == (True, False, True)
    year.play(REVIEW, CHASES[0], CHASES[1], at(7, 9, 30, month=2), CHASES[2])
    occasions = [intent.key.occasion for intent in year.intents("chase") if intent.key.person == "ann"]
    assert occasions == ["1", "2", "1 for 2020-02-05", "3"]
    back = year.receive(mail(ANN, year.returned("p1")), at(5, 12, month=2))
    assert (back.lane, year.returns("p1")[0].on_time) == ("return", True)


def test_nothing_that_asks_goes_while_the_inbox_was_not_read_for_half_an_hour(year: Stage) -> None:
    year.wake(REMINDER - timedelta(minutes=31))
    year.through(Unread(year.mailbox))
    year.wake(REMINDER)
    assert year.intents("reminder") == []
    year.through(FolderMailbox(year.mailbox))
    year.wake(REMINDER + 10 * MINUTE)
    assert year.people("reminder") == ["ann", "eve", "fay"]


def test_half_an_hour_is_just_fresh_enough(year: Stage) -> None:
    year.wake(REMINDER - timedelta(minutes=30))
    year.through(Unread(year.mailbox))
    year.wake(REMINDER)
    assert {intent.state.value for intent in year.intents("reminder")} == {"sent"}


def test_an_inbox_that_cannot_be_read_holds_up_no_papers(year: Stage) -> None:
    """What asks is missed in its turn, and what stands behind it in the chain goes on."""
    year.through(Unread(year.mailbox))
    year.play(REMINDER, DEADLINE, at(1, 1, month=2))
    assert year.people("deadline") == ["tess", "tom"]
    assert year.intents("reminder") == []
    assert "reminder" in [event.about for event in year.events("missed")]


class Busy(FolderMailbox):
    """A folder mailbox that takes nothing now."""

    def prepare(self, raw: bytes) -> str:
        raise TransientMailboxError("The server is busy.")


def decided_and_not_sent(stage: Stage) -> list[Intent]:
    """The reminder is decided, and the mailbox takes none of it."""
    stage.through(Busy(stage.mailbox))
    stage.wake(REMINDER)
    assert {intent.state.value for intent in stage.intents("reminder")} == {"decided"}
    stage.through(FolderMailbox(stage.mailbox))
    return stage.intents("reminder")


def test_what_came_in_between_the_decision_and_the_sending_withdraws_the_reminder(year: Stage) -> None:
    decided_and_not_sent(year)
    year.receive(mail(ANN, year.returned("p1", r1_1=GREEN)), REMINDER + MINUTE)
    states = {intent.key.person: (intent.state.value, intent.reason) for intent in year.intents("reminder")}
    assert states["ann"] == ("withdrawn", "Something came in meanwhile.")
    assert states["eve"][0] == "sent"


def test_what_the_server_had_before_the_decision_and_we_read_after_it_counts_as_come_in(year: Stage) -> None:
    year.wake(REMINDER - 20 * MINUTE)
    deliver(year.mailbox, mail(ANN, year.returned("p1", r1_1=GREEN)), REMINDER - 10 * MINUTE)

    class Dead(Busy, Unread):
        pass

    year.through(Dead(year.mailbox))
    year.wake(REMINDER)
    year.through(FolderMailbox(year.mailbox))
    year.wake(REMINDER + 10 * MINUTE)
    [ann] = [intent for intent in year.intents("reminder") if intent.key.person == "ann"]
    assert (ann.state.value, ann.reason) == ("withdrawn", "Something came in meanwhile.")


def test_what_was_put_on_the_desk_since_the_decision_withdraws_the_reminder(year: Stage) -> None:
    decided_and_not_sent(year)
    year.receive(mail(ANN, text="I am off sick; ask Ben?"), REMINDER + MINUTE)
    [ann] = [intent for intent in year.intents("reminder") if intent.key.person == "ann"]
    assert ann.state.value == "withdrawn"
    assert "waits on the desk" in ann.reason


def test_what_was_withdrawn_since_the_decision_is_not_asked_for(year: Stage) -> None:
    decided_and_not_sent(year)
    year.edit(service(*YEAR, facts("cancelled:\n  - cycle: c1" + FACT)))
    year.wake(REMINDER + 5 * MINUTE)
    assert reasons(year, "reminder") == {"What it asks for is no longer open."}


def test_while_the_inbox_grows_stale_a_decided_reminder_waits_and_others_go(year: Stage) -> None:
    decided_and_not_sent(year)
    year.through(Unread(year.mailbox))
    year.wake(REMINDER + timedelta(minutes=31))
    assert {intent.state.value for intent in year.intents("reminder")} == {"decided"}
    assert {intent.state.value for intent in year.intents("digest")} == {"sent"}


def test_nobody_is_chased_while_a_message_lies_undecided(year: Stage) -> None:
    """The ledger or its disk is in trouble: nobody knows yet what the message brings."""

    class Full:
        def read(self, data: bytes) -> object:
            raise LedgerError("The disk is full.")

    whole = year.office.reader
    deliver(year.mailbox, mail(ANN, year.returned("p1")), REMINDER - MINUTE)
    broken: WorkbookReader = Full()  # type: ignore[assignment]
    year.office = _with_reader(year, broken)
    with pytest.raises(LedgerError):
        year.wake(REMINDER)
    assert year.intents("reminder") == []
    year.office = _with_reader(year, whole)
    year.wake(REMINDER + MINUTE)
    assert "1.1" not in listed(year, "reminder", "ann")


def _with_reader(stage: Stage, reader: WorkbookReader) -> object:
    from dataclasses import replace

    return replace(stage.office, reader=reader)


def test_a_plan_or_a_post_taken_out_of_the_configuration_is_not_asked_for(year: Stage) -> None:
    year.receive(mail(EVE, year.returned("p3", "social")))
    plans = service(*YEAR).files["strategic/plans.yaml"]
    p3 = plans[plans.index("  - id: p3") :]
    fay = "  - id: partner\n    title: Director of the Partner\n    external: true\n    escalation: off\n"
    year.declare(
        service(
            *YEAR,
            ("strategic/plans.yaml", p3, ""),
            ("strategic/plans.yaml", "sponsors: [social, partner]", "sponsors: [social]"),
            ("strategic/people.yaml", fay + "    holders: [{person: fay}]\n", ""),
        )
    )
    year.play(REMINDER, DEADLINE, REVIEW, CHASES[0])
    assert set(year.people("reminder")) == set(year.people("chase")) == {"ann", "eve"}
    assert year.intents("review") == []


def test_a_late_issue_puts_the_reminder_off_by_a_working_day(empty: Stage) -> None:
    empty.declare(service(*YEAR))
    empty.play(at(19), at(27, 16))
    empty.wake(REMINDER - MINUTE)
    assert empty.intents("reminder") == []
    empty.wake(REMINDER)
    assert empty.people("reminder") == ["ann", "eve", "fay"]
    assert ISSUE < REMINDER < PAPERS


@pytest.mark.parametrize("ahead", [timedelta(days=3), timedelta(days=40)])
def test_an_inbox_that_a_wrong_clock_read_in_the_future_was_not_read(year: Stage, ahead: timedelta) -> None:
    """The clock was ahead for a while, and Ann answered after it was put right: she is not chased."""
    with year.ledger.transaction() as entry:
        arrivals.save_cursor(entry, arrivals.cursor(entry) or "[]", year.now + ahead, complete=True)
    deliver(year.mailbox, mail(ANN, *(year.returned(plan) for plan in ("p1", "p2", "p5"))), at(22))
    year.play(REMINDER)
    assert "ann" not in year.people("reminder")
    assert "eve" in year.people("reminder")
