"""One plan's past is what the whole cycle has of it, whoever held the post and whatever was withdrawn."""

from jobs import desk as words
from jobs.answered import Answered, answered_at_all, joined, rows_of
from jobs.past import said_before_last
from ledger.store import Entry
from programme.answer import LastKnown
from programme.service import Programme
from tests.jobs.stage import AMBER, DEADLINE, GREEN, ISSUE_2, PAPERS, RED, YEAR, Stage, at, mail, service
from tests.jobs.test_changes import ANN, EVA, GIL, NEW_HOLDER, facts

WHY = "\n    reason: It is done elsewhere.\n    decided_by: Strategic Planning Group\n"
FAY = "fay@partner.example"
MOVED = {"rating": "green", "progress": "It moves again."}


def whole(entry: Entry, programme: Programme, cycle: str) -> dict[str, tuple[Answered, ...]]:
    """The whole cycle, plan by plan; those that nothing was issued of are empty."""
    items = answered_at_all(entry, programme, programme.cycle(cycle))
    return {plan.id: tuple(item for item in items if item.assignment.plan == plan.id) for plan in programme.plans}


def by_plan(entry: Entry, programme: Programme, cycle: str) -> dict[str, tuple[Answered, ...]]:
    return {plan.id: answered_at_all(entry, programme, programme.cycle(cycle), plan.id) for plan in programme.plans}


def test_a_plan_alone_is_what_the_whole_cycle_has_of_it(year: Stage) -> None:
    old = year.returned("p1", r1_1=AMBER)
    year.receive(mail(ANN, year.returned("p1", r1_1=RED)))
    year.receive(mail(EVA, year.returned("p2", "social", r2_1=GREEN), year.returned("p3", "social")))
    year.receive(mail(FAY, year.returned("p4", "partner", r4_1=GREEN)))
    year.edit(NEW_HOLDER)
    year.wake(at(24))
    year.receive(mail(GIL, year.returned("p1", r1_2=GREEN)), at(25))
    year.receive(mail(GIL, old), at(27))
    [late] = [item for item in year.desk() if "passed from Ann Aird to Gil Gow" in item.reason]
    words.accept(year.ledger, year.office.service, late.id, words.Word("tess", "Gil sends what Ann had said", at(27)))
    year.wake(at(27, 11))
    year.receive(mail(GIL, year.returned("p1", r1_1=MOVED)), at(28, 12))
    year.edit(service(*YEAR, facts(f"withdrawn:\n  - plan: p3\n    since: 2020-01-28{WHY}")))
    year.play(at(28, 13), at(29))
    with year.ledger.reading() as entry:
        found = by_plan(entry, year.programme, "c1")
        assert found == whole(entry, year.programme, "c1")
        assert by_plan(entry, year.programme, "c2") == dict.fromkeys(found, ())
        assert answered_at_all(entry, year.programme, year.programme.cycle("c1"), "p9") == ()
    [first] = found["p1"]
    in_turn = [back.assignment.rpartition("/")[2] for back in first.returns]
    assert (in_turn, first.assignment.person) == (["care", "care#2", "care", "care#2"], "gil")
    assert {ref: values["rating"] for ref, values in first.position.items()} == {"1.1": "green", "1.2": "green"}
    assert [(item.assignment.withdrawn is not None, len(item.returns)) for item in found["p3"]] == [(True, 1)]
    assert [item.assignment.post for item in found["p2"]] == ["care", "social"]


def test_what_was_said_two_cycles_ago_is_what_the_whole_cycles_say(stage: Stage) -> None:
    """The post passes from Ann to Gil on 29 January."""
    stage.receive(mail(ANN, stage.returned("p1", r1_1=RED), stage.returned("p2", r2_1=GREEN, r2_2=GREEN)))
    stage.receive(mail(EVA, stage.returned("p2", "social", r2_1=RED), stage.returned("p3", "social")))
    stage.wake(at(29))
    stage.receive(mail(GIL, stage.returned("p1", r1_1=AMBER)), at(30))
    assert stage.assignment("p1").person == "gil"
    stage.play(DEADLINE, PAPERS, ISSUE_2)
    stage.receive(
        mail(GIL, stage.returned("p1", cycle="c2", r1_1=GREEN), stage.returned("p2", cycle="c2")), at(18, month=3)
    )
    stage.receive(mail(EVA, stage.returned("p3", "social", cycle="c2")), at(18, 11, month=3))
    stage.edit(service(facts(f"withdrawn:\n  - plan: p3\n    since: 2020-03-19{WHY}")))
    stage.wake(at(19, month=3))
    third = stage.programme.cycle("c3")
    with stage.ledger.reading() as entry:
        first, last = (_said(whole(entry, stage.programme, cycle)) for cycle in ("c1", "c2"))
        for plan in ("p1", "p2", "p3"):
            found = said_before_last(entry, stage.programme, third, plan)
            assert found == {
                ref: (LastKnown(None, *said, "update 1"),)
                for (own, ref), said in first.items()
                if own == plan and (plan, ref) in last
            }
        assert said_before_last(entry, stage.programme, third, "p1") == {
            "1.1": (LastKnown(None, "amber", "It is slow.", "update 1"),)
        }
        assert said_before_last(entry, stage.programme, third, "p2").keys() == {"2.1", "2.2"}
        assert said_before_last(entry, stage.programme, third, "p3").keys() == {"3.1"}
        assert said_before_last(entry, stage.programme, stage.programme.cycle("c2"), "p1") == {}


def _said(plans: dict[str, tuple[Answered, ...]]) -> dict[tuple[str, str], tuple[str, str]]:
    """The rating and the progress of each row that was reported."""
    rows = {(plan, row.ref): joined(items, row.ref) for plan, items in plans.items() for row in rows_of(items)}
    return {where: (row.rating, row.values["progress"]) for where, row in rows.items() if row.rating is not None}
