"""Faults of the service that a review brought out: whose message it is, what waits, and what stands for ever."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from jobs import configuration, inbox
from jobs import desk as words
from jobs.owed import waiting
from ledger import assignments, returns, steps, ticks
from ledger.records import Return
from mail.folder import deliver
from programme.loader import load_files
from programme.service import Service
from tests.jobs.stage import (
    COLLECT,
    DEADLINE,
    DRAFT,
    DURING,
    EVE,
    FILES,
    GREEN,
    ISSUE,
    LADDER,
    PAPERS,
    REVIEW,
    YEAR,
    File,
    Stage,
    at,
    filled,
    mail,
    release,
    service,
)
from workbook.reading import Reader

FACT = "\n    reason: The year is full.\n    decided_by: Planning Officer\n"


def two_programmes() -> Service:
    """Two programmes with the same ids; in the second, ``ann`` is Annabel, and Ann Aird is ``aird`` of the team."""
    second = {f"second/{name.partition('/')[2]}": text for name, text in FILES.items() if name.startswith("strategic/")}
    people = second["second/people.yaml"].replace("title: Strategic Plan", "title: Second Plan")
    people = people.replace(
        "{id: ann, name: Ann Aird, addresses: [ann@ours.example, a.aird@ours.example]}",
        "{id: ann, name: Annabel Ash, addresses: [annabel@ours.example]}",
    )
    people = people.replace(
        "{id: eve, name: Eve Ewing, addresses: [eve@ours.example]}",
        "{id: ewing, name: Eve Ewing, addresses: [eve@ours.example]}",
    )
    people = people.replace("{person: eve}", "{person: ewing}").replace("[sam, eve]", "[sam, ewing]")
    declared = FILES["service.yaml"].replace("[strategic]", "[strategic, second]")
    return load_files({**FILES, **second, "second/people.yaml": people, "service.yaml": declared})


@pytest.fixture
def both(room: Path, reader: Reader) -> Iterator[Stage]:
    """A service of two programmes that has issued its first cycles."""
    stage = Stage(room, reader, two_programmes())
    configuration.adopt(stage.ledger, stage.office.service, EVE)
    stage.play(EVE, ISSUE)
    yield stage
    stage.close()


def second_form(stage: Stage, plan: str, post: str, *refs: str) -> File:
    """A workbook of the second programme, filled in."""
    with stage.ledger.reading() as entry:
        issued_now = assignments.of_cycle(entry, "second", "c1")
    [own] = [item.id for item in issued_now if (item.plan, item.post) == (plan, post)]
    [issued] = [intent for intent in stage.intents("issue") if own in intent.about]
    label = stage.office.service.programme("second").plan(plan).label
    form = next(item.content for item in stage.letter(issued).attachments if item.name.startswith(label))
    return File(f"{plan}.xlsx", filled(form, dict.fromkeys(refs, GREEN)))


def second_returns(stage: Stage) -> list[Return]:
    with stage.ledger.reading() as entry:
        return returns.of_cycle(entry, "second", "c1")


def test_a_namesake_of_another_programme_does_not_return_its_forms(both: Stage) -> None:
    arrival = both.receive(mail("ann@ours.example", second_form(both, "p1", "care", "1.1", "1.2")))
    assert (arrival.lane, second_returns(both)) == ("doubt", [])
    assert "Ann Aird does not return that plan" in both.desk()[0].reason
    assert "annabel@ours.example" not in {intent.address for intent in both.intents("receipt", "question")}


def test_one_human_under_two_ids_is_known_in_each_programme(both: Stage) -> None:
    arrival = both.receive(mail("eve@ours.example", second_form(both, "p3", "social", "3.1")))
    assert (arrival.lane, both.desk()) == ("return", [])
    assert [(back.sender, back.role) for back in second_returns(both)] == [("ewing", "holder")]
    assert [intent.address for intent in both.intents("receipt")] == ["eve@ours.example"]


def test_the_first_papers_wait_for_a_release_where_the_draft_was_missed(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, PAPERS)
    assert (year.intents("draft"), year.intents("papers")) == ([], [])
    year.wake(PAPERS + COLLECT)
    assert [item.kind for item in year.desk()] == ["release papers of strategic/c1"]
    release(year)
    year.wake(PAPERS + 2 * COLLECT)
    assert year.people("papers") == ["sam", "eve", "ann", "fay"]


def test_the_first_papers_wait_for_a_release_where_drafts_are_switched_off(year: Stage) -> None:
    year.edit(service(*YEAR[1:], ("strategic/ladder.yaml", LADDER, "draft: {at: off}\n")))
    year.play(DEADLINE, REVIEW, PAPERS)
    assert year.intents("papers") == []
    release(year)
    year.wake(PAPERS + COLLECT)
    assert len(year.intents("papers")) == 4


def test_a_rejected_release_is_asked_for_anew_once_and_may_be_accepted(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, DRAFT)
    [item] = year.desk()
    word = words.Word("tess", "wrong figures", year.now)
    words.reject(year.ledger, year.office.service, item.id, word)
    year.wake(PAPERS)
    assert (year.desk(), year.intents("papers")) == ([], [])
    assert "asks for the release anew" in words.reprocess(year.ledger, year.office.service, item.id, word)
    with pytest.raises(words.DeskError, match="was reprocessed before"):
        words.reprocess(year.ledger, year.office.service, item.id, word)
    release(year)
    year.wake(PAPERS + COLLECT)
    assert len(year.intents("papers")) == 4


def test_a_clock_that_is_not_trusted_passes_nothing_on_and_withdraws_nothing(stage: Stage) -> None:
    off = ("strategic/facts.yaml", "{}\n", "cancelled:\n  - cycle: c1" + FACT)
    stage.edit(service(off))
    wrong = ISSUE + timedelta(days=46)
    stage.wake(wrong)
    assert stage.alerts() == ["Needs a person: plancycle has stopped"]
    assert (stage.events("withdrawn"), stage.events("passed on")) == ([], [])
    with stage.ledger.transaction() as entry:
        ticks.resume(entry)
    stage.wake(wrong + COLLECT)
    assert len([event for event in stage.events("withdrawn") if event.cycle == "c1"]) == 4


def test_a_cycle_is_not_seen_by_a_clock_that_is_not_trusted(stage: Stage) -> None:
    last = "spg: 2020-11-16}\n"
    added = f"{last}  - {{id: c4, label: update 4, issue: 2020-12-07, deadline: 2020-12-20, spg: 2021-01-18}}\n"
    stage.wake(ISSUE + COLLECT)
    stage.edit(service(("strategic/cycles.yaml", last, added)))
    stage.wake(ISSUE + timedelta(days=46))
    with stage.ledger.reading() as entry:
        assert "c4" not in steps.seen(entry, "strategic")


def test_a_message_whose_bytes_are_gone_holds_up_no_other(stage: Stage) -> None:
    lost = mail("eve@ours.example", text="Which form is it?")
    fine = mail("ann@ours.example", stage.returned("p1"))
    deliver(stage.mailbox, lost, DURING)
    inbox.poll_once(stage.office, DURING)
    sha256 = stage.arrivals()[0].sha256
    (stage.ledger.blobs.folder / sha256[:2] / sha256).unlink()
    assert stage.receive(fine).lane == "return"
    assert stage.arrivals()[0].lane == "quarantine"
    [item] = stage.desk()
    assert "cannot be read from the ledger" in item.reason
    with stage.ledger.reading() as entry:
        assert waiting(stage.office, entry, stage.programme).people == {}
    stage.ledger.blobs.put(lost)
    words.reprocess(stage.ledger, stage.office.service, item.id, words.Word("tess", "put back", stage.now))
    stage.wake(stage.now + COLLECT)
    assert stage.arrivals()[0].lane == "question"


def test_a_start_from_that_is_set_in_mid_year_leaves_the_open_cycle_running(stage: Stage) -> None:
    stage.edit(service(("strategic/cycles.yaml", "cycles:\n", "start_from: c2\ncycles:\n")))
    stage.play(DEADLINE, PAPERS)
    with stage.ledger.reading() as entry:
        done = {key[2] for key in steps.settled(entry, "strategic") if key[1] == "c1"}
    assert {"deadline", "papers"} <= done
    assert stage.people("papers") == ["sam", "eve", "gil"]


CANCELLED = ("strategic/facts.yaml", "{}\n", "cancelled:\n  - cycle: c1" + FACT)
WITHDRAWN = ("strategic/facts.yaml", "{}\n", "withdrawn:\n  - plan: p1\n    since: 2020-01-20" + FACT)


@pytest.mark.parametrize("fact", [CANCELLED, WITHDRAWN])
def test_what_is_taken_back_and_given_back_counts_again(stage: Stage, fact: tuple[str, str, str]) -> None:
    form = stage.returned("p1")
    stage.edit(service(fact))
    stage.wake(ISSUE + COLLECT)
    assert stage.assignment("p1").withdrawn
    assert stage.receive(mail("ann@ours.example", form, text="Early")).lane == "doubt"
    stage.edit(service())
    stage.wake(stage.now + COLLECT)
    assert stage.assignment("p1").withdrawn is None
    assert [title for title in stage.alerts() if "are open again" in title] != []
    [item] = stage.desk()
    words.reprocess(stage.ledger, stage.office.service, item.id, words.Word("tess", "open again", stage.now))
    stage.wake(stage.now + COLLECT)
    assert [back.role for back in stage.returns("p1")] == ["holder"]
    stage.play(DEADLINE, PAPERS)
    assert len(stage.alerts()) == 1
    assert "Plan 3" in stage.sent("papers", "sam")[0].text


def test_an_assignment_that_passed_on_before_it_was_taken_back_comes_back_to_the_successor(stage: Stage) -> None:
    stage.wake(at(29))
    stage.edit(service(CANCELLED))
    stage.wake(at(29, 11))
    stage.edit(service())
    stage.wake(at(29, 12))
    with stage.ledger.reading() as entry:
        held = [(item.person, bool(item.withdrawn)) for item in assignments.of_cycle(entry, "strategic", "c1")]
    assert held.count(("gil", False)) == 2
    assert held.count(("ann", True)) == 2


def test_a_programme_that_is_taken_out_whole_is_an_event_and_told(both: Stage) -> None:
    both.edit(service())
    [event] = [event for event in both.events("changed") if event.about == "programme removed"]
    assert "Second Plan is gone from service.yaml" in event.why
    assert both.alerts() == ["Needs a person: A programme was taken out"]
    both.wake(ISSUE + COLLECT)
    assert len(both.sent("alert", "tess")) == 1


def test_a_sponsor_who_takes_over_in_mid_cycle_is_told_of_all_that_is_outstanding(stage: Stage) -> None:
    stage.edit(
        service(("strategic/people.yaml", "{person: gil, since: 2020-01-29}", "{person: eve, since: 2020-01-29}"))
    )
    stage.wake(at(29))
    stage.receive(mail("eve@ours.example", text="Which plans are left?"), at(29, 11))
    [answer] = stage.sent("question", "eve")
    assert [label for label in ("Plan 1", "Plan 2", "Plan 3") if label in answer.text] == ["Plan 1", "Plan 2", "Plan 3"]


def test_a_predecessors_form_that_is_vouched_for_is_told_to_the_successor(stage: Stage) -> None:
    form = stage.returned("p1")
    stage.wake(at(29))
    stage.receive(mail("cara@ours.example", form), at(29, 11))
    [item] = stage.desk()
    words.accept(stage.ledger, stage.office.service, item.id, words.Word("tess", "cara rang", stage.now))
    stage.wake(stage.now + COLLECT)
    assert stage.people("receipt") == ["gil", "cara"]


def test_a_predecessor_is_told_of_no_change(stage: Stage) -> None:
    stage.wake(at(29))
    stage.edit(service(("strategic/cycles.yaml", "deadline: 2020-01-31", "deadline: 2020-02-03")))
    assert sorted({*stage.people("change")} - {"tess", "tom"}) == ["eve", "gil"]
