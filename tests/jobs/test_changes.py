"""Edits taken in: each difference an event, its consequences told; successors, vacancies, and what is withdrawn."""

from datetime import date

from ledger import decisions
from ledger.glance import glance
from ledger.records import Decision
from programme.service import Service
from tests.jobs.stage import (
    CHASES,
    DEADLINE,
    DRAFT,
    GREEN,
    ISSUE_2,
    REMINDER,
    REVIEW,
    YEAR,
    Stage,
    at,
    mail,
    service,
)

ANN, BEN, EVA, GIL = "ann@ours.example", "ben@ours.example", "eve@ours.example", "gil@ours.example"
WHY = "\n    reason: The chair is away\n    decided_by: Planning Officer\n"
CYCLE = "{id: c1, label: update 1, issue: 2020-01-20, deadline: 2020-01-31, spg: 2020-02-21}"


def facts(text: str) -> tuple[str, str, str]:
    return ("strategic/facts.yaml", "{}\n", text)


def holders(text: str) -> Service:
    return service(*YEAR, ("strategic/people.yaml", "holders: [{person: ann}]", f"holders: [{text}]"))


NEW_HOLDER = holders("{person: ann, until: 2020-01-23}, {person: gil, since: 2020-01-24}")
LATER = service(*YEAR, ("strategic/cycles.yaml", CYCLE, CYCLE.replace("01-31", "02-05")))
SPG_MOVES = service(*YEAR, ("strategic/cycles.yaml", CYCLE, CYCLE.replace("02-21", "02-28")))


def flat(text: str) -> str:
    return " ".join(text.split())


def told(stage: Stage) -> list[str]:
    return [intent.key.person for intent in stage.intents("change")]


def test_a_moved_deadline_is_an_event_and_told_once_to_those_who_knew_and_to_the_team(year: Stage) -> None:
    year.now = at(22)
    year.edit(LATER)
    [event] = year.events("changed")
    assert event.why == "The deadline of update 1 moves from Fri 31 Jan to Wed 5 Feb 2020."
    assert told(year) == ["ann", "eve", "fay", "tess", "tom"]
    year.wake(at(22, 11))
    assert "Wed 5 Feb 2020" in flat(year.sent("change", "ann")[0].text)
    team = flat(year.sent("change", "tess")[0].text)
    assert "Told, because they knew what was before: Ann Aird, Eve Ewing, Fay Firth." in team
    assert "Steps that were sent stay sent" in team


def test_how_things_stand_is_told_by_the_deadline_in_force_and_by_what_a_predecessor_returned(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=GREEN)))
    extended = facts(f"extensions:\n  - cycle: c1\n    plan: p1\n    until: 2020-02-05{WHY}")
    holder = (
        "strategic/people.yaml",
        "[{person: ann}]",
        "[{person: ann, until: 2020-01-23}, {person: gil, since: 2020-01-24}]",
    )
    year.edit(service(*YEAR, extended, holder))
    year.wake(at(24))
    assert _glimpse(year) == ("gil", date(2020, 2, 5), 2, 1)
    year.edit(service(*YEAR, holder))
    assert _glimpse(year)[1] == date(2020, 1, 31)


def test_what_was_agreed_as_complete_is_not_missing_from_how_things_stand(met: Stage) -> None:
    with met.ledger.transaction() as entry:
        decisions.add(entry, Decision(met.now, "strategic", "c1", "p1", "1.2", "row", "tess", "blue"))
    met.play(at(24, 9, month=2), ISSUE_2)
    met.receive(mail(ANN, met.returned("p1", cycle="c2", r1_1=GREEN)), at(17, month=3))
    assert _glimpse(met)[2:] == (1, 1)


def _glimpse(stage: Stage) -> tuple[str, date, int, int]:
    [own] = [item for cycle in glance(stage.ledger.path).cycles for item in cycle.assignments if item.plan == "p1"]
    return own.person, own.deadline, own.rows_asked, own.rows_answered


def test_nobody_is_told_twice_on_a_restart(year: Stage) -> None:
    from jobs import configuration

    year.edit(LATER)
    before = len(year.intents("change"))
    configuration.adopt(year.ledger, LATER, year.now)
    kept = configuration.last_good(year.ledger)
    assert kept is not None
    assert kept.hash == LATER.hash
    year.edit(LATER)
    assert len(year.intents("change")) == before


def test_an_edit_that_is_undone_and_made_again_is_told_each_time(year: Stage) -> None:
    for minute, edit in enumerate((LATER, service(*YEAR), LATER)):
        year.now = at(22, 10, minute)
        year.edit(edit)
    assert told(year).count("ann") == 3


def test_before_the_issue_nobody_knew_anything(empty: Stage) -> None:
    empty.declare(service(*YEAR))
    empty.edit(LATER)
    assert told(empty) == ["tess", "tom"]


def test_of_a_cycle_whose_meeting_is_behind_us_only_the_team_is_told(met: Stage) -> None:
    met.now = at(22, month=2)
    met.edit(service(*YEAR, ("strategic/cycles.yaml", CYCLE, CYCLE.replace("02-21", "02-20"))))
    assert told(met) == ["tess", "tom"]


def test_a_meeting_put_off_on_its_very_day_is_told_to_whoever_has_the_papers(met: Stage) -> None:
    met.now = at(21, 8, 30, month=2)
    met.edit(SPG_MOVES)
    assert sorted(told(met)) == ["ann", "eve", "fay", "sam", "tess", "tom"]
    met.wake(at(21, 8, 40, month=2))
    assert "moves from Fri 21 Feb to Fri 28 Feb 2020" in flat(met.sent("change", "sam")[0].text)
    met.play(at(27, 15, month=2), at(28, 8, month=2))
    assert met.people("spg") == ["tess", "tom"]


def test_members_are_told_once_the_papers_went_and_before_the_meeting(year: Stage) -> None:
    from tests.jobs.stage import PAPERS, release

    year.play(DEADLINE, REVIEW, DRAFT)
    year.edit(SPG_MOVES)
    assert "sam" not in told(year)
    year.edit(service(*YEAR))
    release(year)
    year.wake(PAPERS)
    year.edit(SPG_MOVES)
    assert told(year).count("sam") == 1


def test_a_moved_date_fires_no_step_again(year: Stage) -> None:
    year.play(REMINDER)
    year.edit(LATER)
    year.play(at(31, 9, 30), at(3, 9, 30, month=2), at(5, 17, month=2))
    assert year.people("reminder").count("ann") == 1
    assert year.people("deadline") == ["tess", "tom"]
    assert year.assignment("p1").deadline.day == 31


def test_an_edit_of_nothing_that_matters_tells_nobody(year: Stage) -> None:
    year.edit(service(*YEAR, ("service.yaml", "name: Small service", "name: Another name")))
    assert year.intents("change") == []


def test_what_is_open_passes_to_the_successor_in_one_message(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p2"), year.returned("p1", r1_1=GREEN)))
    year.edit(NEW_HOLDER)
    year.play(at(23), at(24))
    [issue] = [intent for intent in year.intents("issue") if intent.key.person == "gil"]
    message = year.letter(issue)
    assert [item.name for item in message.attachments] == ["Plan 1 - update 1.xlsx", "Plan 5 - update 1.xlsx"]
    text = flat(message.text)
    assert ("Ann Aird" in text, "1.2" in text, "2.1" in text) == (True, True, False)
    assert year.assignment("p1").person == "gil"
    assert year.assignment("p1").id == "strategic/c1/p1/care#2"
    assert year.assignment("p2").person == "ann"
    assert len(year.events("passed on")) == 2


def test_a_successors_assistant_gets_a_copy_of_what_the_successor_is_sent(year: Stage) -> None:
    year.edit(NEW_HOLDER)
    year.wake(at(24))
    [copy] = [intent for intent in year.intents("copy") if intent.key.occasion.startswith("successor")]
    assert (copy.key.person, copy.state) == ("ben", "sent")
    message = year.letter(copy)
    assert "You assist Gil Gow" in flat(message.text)
    assert [item.name[:6] for item in message.attachments] == ["Plan 1", "Plan 2", "Plan 5"]
    issue = next(intent for intent in year.intents("issue") if intent.key.person == "gil")
    assert "Ben Bain has a copy of this message and may reply for you." in flat(year.letter(issue).text)


def test_what_a_predecessor_returned_stays_and_is_not_asked_again(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=GREEN)))
    year.edit(NEW_HOLDER)
    year.play(at(24), REMINDER)
    text = year.sent("reminder", "gil")[0].text
    assert ("1.1" in text, "1.2" in text) == (False, True)
    year.receive(mail(GIL, year.returned("p1", r1_2=GREEN)), at(29))
    receipt = flat(year.sent("receipt", "gil")[-1].text)
    assert "1.1" not in receipt
    assert [back.assignment for back in year.returns("p1")] == ["strategic/c1/p1/care", "strategic/c1/p1/care#2"]


def test_a_predecessors_late_file_is_a_persons_matter(year: Stage) -> None:
    old = year.returned("p1")
    year.edit(NEW_HOLDER)
    year.wake(at(24))
    assert year.receive(mail(GIL, old), at(27)).lane == "doubt"
    assert "The post passed from Ann Aird to Gil Gow" in year.desk()[0].reason


def test_a_post_that_changes_hands_twice_has_a_third_assignment(year: Stage) -> None:
    year.edit(NEW_HOLDER)
    year.wake(at(24))
    before = "{person: ann, until: 2020-01-23}, {person: gil, since: 2020-01-24, until: 2020-01-26}"
    year.edit(holders(f"{before}, {{person: dan, since: 2020-01-27}}"))
    year.play(at(27, 9), at(27, 10))
    assert year.assignment("p1").id == "strategic/c1/p1/care#3"
    assert year.people("issue") == ["ann", "eve", "fay", "gil", "dan"]


def test_a_post_without_a_holder_waits_for_a_person_once_and_is_made_good(year: Stage) -> None:
    year.edit(holders("{person: ann, until: 2020-01-23}"))
    year.play(at(24), at(27), at(28))
    assert [item.kind for item in year.desk()] == ["vacant post"] * 3
    assert "is open and nobody holds the post Head of Care any more" in year.desk()[0].reason
    year.edit(holders("{person: ann, until: 2020-01-23}, {person: gil, since: 2020-01-29}"))
    year.wake(at(29))
    assert year.desk() == []
    assert year.people("issue")[-1] == "gil"


def test_nothing_passes_on_once_all_is_in_or_the_papers_went(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1"), year.returned("p2"), year.returned("p5")))
    year.edit(NEW_HOLDER)
    year.play(at(24), REMINDER, DEADLINE)
    assert "gil" not in year.people("issue")


def test_a_cancelled_cycle_is_withdrawn_and_nothing_more_is_sent_for_it(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1")))
    year.edit(service(*YEAR, facts("cancelled:\n  - cycle: c1" + WHY)))
    year.play(at(23), REMINDER, DEADLINE, REVIEW, CHASES[0], DRAFT)
    assert {event.why for event in year.events("withdrawn")} == {
        "The cycle was cancelled by Planning Officer: The chair is away."
    }
    assert year.intents("reminder", "chase", "deadline", "draft", "papers") == []
    assert set(told(year)) == {"ann", "eve", "fay", "tess", "tom"}
    assert "Update 1 is cancelled. Decided by Planning Officer" in flat(year.sent("change", "ann")[0].text)


def test_an_issue_that_could_not_go_is_withdrawn_with_its_cycle(empty: Stage) -> None:
    from mail.folder import FolderMailbox
    from mail.port import TransientMailboxError
    from tests.jobs.stage import EVE, ISSUE

    class Busy(FolderMailbox):
        def prepare(self, raw: bytes) -> str:
            raise TransientMailboxError("The server is busy.")

    empty.declare(service(*YEAR))
    empty.wake(EVE)
    empty.through(Busy(empty.mailbox))
    empty.wake(ISSUE)
    empty.through(FolderMailbox(empty.mailbox))
    empty.edit(service(*YEAR, facts("cancelled:\n  - cycle: c1" + WHY)))
    empty.wake(at(20, 10))
    assert {intent.state.value for intent in empty.intents("issue", "copy")} == {"withdrawn"}
    assert {intent.reason for intent in empty.intents("issue")} == {"Its step no longer takes place."}


def test_a_withdrawn_plan_is_withdrawn_from_its_day_on_and_what_was_accepted_stays(year: Stage) -> None:
    year.receive(mail(EVA, year.returned("p2", "social")))
    year.edit(service(*YEAR, facts("withdrawn:\n  - plan: p2\n    since: 2020-01-27" + WHY)))
    year.wake(at(26, 12))
    assert year.assignment("p2").withdrawn is None
    year.wake(at(27, 12))
    assert "The plan was withdrawn by Planning Officer" in str(year.assignment("p2").withdrawn)
    assert year.assignment("p1").withdrawn is None
    assert len(year.returns("p2", "social")) == 1
    year.wake(REMINDER)
    assert "2.1" not in year.sent("reminder", "ann")[0].text


def test_a_plan_that_was_withdrawn_before_its_issue_is_withdrawn_when_that_is_learnt(year: Stage) -> None:
    year.edit(service(*YEAR, facts("withdrawn:\n  - plan: p2\n    since: 2020-01-06" + WHY)))
    year.wake(at(22, 12))
    assert year.assignment("p2").withdrawn is not None
    assert year.assignment("p2", "social").withdrawn is not None


def test_a_plan_withdrawn_after_the_meeting_leaves_its_cycle_alone(met: Stage) -> None:
    met.edit(service(*YEAR, facts("withdrawn:\n  - plan: p2\n    since: 2020-02-24" + WHY)))
    met.wake(at(25, month=2))
    assert met.assignment("p2").withdrawn is None
