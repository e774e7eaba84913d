"""A merger whose date comes in a cycle under way: the old plans end, the merged one is asked, and back again."""

import pytest

from jobs import desk as words
from jobs.history import history
from jobs.past import tallies
from jobs.standing import standing
from jobs.tick import wake
from ledger.errors import LedgerError
from mail.folder import FolderMailbox
from programme.service import Service
from report.standing import PlanStanding, Standing
from tests.jobs.stage import (
    CHASES,
    DEADLINE,
    DRAFT,
    GREEN,
    ISSUE_2,
    PAPERS,
    RED,
    REMINDER,
    REVIEW,
    SPG,
    YEAR,
    Stage,
    Unread,
    at,
    mail,
    release,
    service,
)
from tests.jobs.test_changes import ANN, BEN, EVA, facts, flat

FAY = "fay@partner.example"
WHY = "\n    reason: They depend on each other.\n    decided_by: Strategic Planning Group\n"
WHOLE = (
    "strategic/plans.yaml",
    "plans:\n",
    """\
plans:
  - id: whole
    label: Plan 9
    title: Care and social work
    sponsors: [SPONSORS]
    actions:
      - {ref: "9.1", deliverable: Do both, due: 2020-12-31}
      - {ref: "9.2", deliverable: Do more, due: 2020-12-31}
""",
)


def merged(
    since: str = "2020-01-27", plans: str = "p1, p3", sponsors: str = "partner", into: str = "whole", *more: object
) -> Service:
    """Plans 1 and 3 become Plan 9, which the partner reports, unless said otherwise."""
    name, old, new = WHOLE
    plan = (name, old, new.replace("SPONSORS", sponsors))
    fact = facts(f"merged:\n  - plans: [{plans}]\n    into: {into}\n    since: {since}{WHY}")
    return service(*YEAR, plan, fact, *more)  # type: ignore[arg-type]


APART = service(*YEAR, (WHOLE[0], WHOLE[1], WHOLE[2].replace("SPONSORS", "partner")))


def stood(stage: Stage, cycle: str = "c1") -> Standing:
    with stage.ledger.reading() as entry:
        return standing(entry, stage.programme, stage.programme.cycle(cycle), stage.now, draft=False)


def plans(stage: Stage) -> dict[str, PlanStanding]:
    return {plan.id: plan for plan in stood(stage).plans}


def changed(stage: Stage, person: str) -> str:
    """All that a person was told of changes."""
    return flat(" ".join(message.text for message in stage.sent("change", person)))


def test_what_is_open_ends_on_the_day_and_the_merged_plan_is_asked_by_the_cycles_deadline(year: Stage) -> None:
    year.edit(merged())
    year.wake(at(26, 12))
    assert year.assignment("p1").withdrawn is None
    year.wake(at(27, 6))
    reason = "Merged into Plan 9 on Mon 27 Jan 2020, decided by Strategic Planning Group: They depend on each other."
    assert {year.assignment("p1").withdrawn, year.assignment("p3", "social").withdrawn} == {reason}
    assert year.assignment("p2").withdrawn is None
    own = year.assignment("whole", "partner")
    assert (own.person, own.deadline.isoformat(), [row.ref for row in own.rows]) == (
        "fay",
        "2020-01-31",
        ["9.1", "9.2"],
    )
    [message] = [one for one in year.sent("issue", "fay") if "Plan 9" in one.subject]
    assert message.subject == "Strategic Plan update 1 – Plan 9 – due Fri 31 Jan"
    assert [item.name for item in message.attachments] == ["Plan 9 - update 1.xlsx"]
    assert "Plan 9 takes the place of Plan 1 and Plan 3 from now on: your report covers both." in flat(message.text)


def test_those_who_knew_the_old_fact_are_told_at_the_edit_and_on_the_day(year: Stage) -> None:
    year.edit(merged())
    year.wake(at(22))
    assert set(year.people("change")) == {"ann", "eve", "tess", "tom"}
    assert "Plan 1 and Plan 3 are reported together as Plan 9 from Mon 27 Jan 2020." in changed(year, "ann")
    assert "From that day nothing more is asked for a plan that is merged into another" in changed(year, "ann")
    assert "From that day what is open of the old plans" in changed(year, "tess")
    year.wake(at(27, 6))
    assert year.people("change").count("fay") == 0
    assert "Nothing more is asked of you for Plan 1 in update 1." in changed(year, "ann")
    assert "Nothing more is asked of you for Plan 3 in update 1." in changed(year, "eve")
    assert "Plan 9 is asked of Fay Firth in update 1 instead." in changed(year, "ann")
    assert "What was open of Plan 1 and Plan 3 in update 1 is withdrawn; what was accepted stays." in changed(
        year, "tess"
    )


def test_nobody_is_told_of_the_edit_and_of_the_day_where_they_are_one(year: Stage) -> None:
    year.wake(at(27, 6))
    year.edit(merged())
    year.wake(at(27, 9))
    assert year.people("change").count("ann") == 1
    assert "Plan 9 is asked of Fay Firth in update 1 instead." in changed(year, "tess")
    year.edit(APART)
    year.play(at(27, 9, 20), REMINDER)
    assert year.people("change").count("ann") == 2
    assert "ann" in [intent.key.person for intent in year.intents("reminder") if intent.state == "sent"]


def test_only_the_merged_plan_is_reminded_chased_and_reviewed(year: Stage) -> None:
    year.edit(merged(since="2020-01-23"))
    year.play(at(23, 6), REMINDER, DEADLINE)
    assert "9.1" in year.sent("reminder", "fay")[0].text
    assert ("1.1" in year.sent("reminder", "ann")[0].text, "2.1" in year.sent("reminder", "ann")[0].text) == (
        False,
        True,
    )
    year.receive(mail(FAY, year.returned("whole", "partner", r9_1=GREEN)), at(1, month=2))
    year.play(REVIEW, CHASES[0])
    assert "9.2" in flat(year.sent("review", "fay")[0].text)
    chase = year.sent("chase", "fay")[0].text
    assert ("9.1" in chase, "9.2" in chase) == (False, True)
    assert "3.1" not in year.sent("chase", "eve")[0].text


def test_nobody_is_reminded_on_the_day_on_which_they_are_asked(year: Stage) -> None:
    year.edit(merged(since="2020-01-28"))
    year.play(at(28, 6), REMINDER)
    assert "9.1" not in year.sent("reminder", "fay")[0].text
    about = {event.about: event.why for event in year.events("not asked")}
    assert about["strategic/c1/whole/partner"] == "It was issued only on Tue 28 Jan 2020."


def test_the_papers_have_the_new_plan_and_what_had_come_back_of_the_old_ones(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=RED)))
    year.edit(merged())
    year.wake(at(27, 6))
    shown = plans(year)
    assert "p3" not in shown
    assert [(row.ref, row.status) for row in shown["p1"].rows] == [("1.1", "Red")]
    [sponsor] = shown["p1"].sponsors
    assert (sponsor.person, sponsor.state, sponsor.missing) == ("Ann Aird", "returned", ())
    assert sponsor.note == "merged into Plan 9 on Mon 27 Jan 2020; what had come back stays"
    assert [(row.ref, row.status) for row in shown["whole"].rows] == [("9.1", "no return"), ("9.2", "no return")]
    year.play(DEADLINE, DRAFT)
    release(year)
    year.play(PAPERS, SPG)
    text = flat(year.sent("papers", "sam")[0].text)
    assert "3.1" not in text
    assert "ann" in year.people("papers")
    assert "fay" in year.people("papers")
    [decisions] = [item for item in year.sent("spg", "tess")[0].attachments if "Decisions" in item.name]
    sheets = year.office.reader.read(decisions.content)
    cells = str(sheets)
    assert ("9.1" in cells, "1.1" in cells, "3.1" in cells, "1.2" in cells) == (True, True, False, False)


def test_the_year_counts_nothing_of_a_plan_that_was_merged_away_as_no_return(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=RED)))
    year.edit(merged())
    year.play(at(27, 6), DEADLINE, DRAFT)
    release(year)
    year.play(PAPERS, SPG)
    with year.ledger.reading() as entry:
        lines = list(history(entry, year.programme))
        year.play(ISSUE_2)
        [tally] = tallies(entry, year.programme, year.programme.cycle("c2"))
    assert [(line.plan, line.ref, line.sponsor_rating) for line in lines if line.plan in ("Plan 1", "Plan 3")] == [
        ("Plan 1", "1.1", "Red")
    ]
    assert [line.sponsor_rating for line in lines if line.plan == "Plan 9"] == ["no return"] * 2
    assert (tally.counts["red"], sum(tally.counts.values())) == (1, 1 + 2 + 2 + 2 + 2)
    assert not [item for item in year.intents("issue") if item.key.cycle == "c2" and "Plan 1" in item.subject]


def test_an_old_plan_that_was_returned_completely_is_kept_beside_the_merged_one(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1")))
    year.edit(merged())
    year.wake(at(27, 6))
    assert year.assignment("p1").withdrawn is None
    assert year.assignment("p3", "social").withdrawn is not None
    assert year.assignment("whole", "partner").withdrawn is None
    assert [row.status for row in plans(year)["p1"].rows] == ["Green", "Green"]
    assert "ann" not in [intent.key.person for intent in year.intents("change") if intent.key.occasion[:6] == "merged"]


def test_nothing_new_is_asked_where_every_old_plan_was_returned_completely(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1")))
    year.receive(mail(EVA, year.returned("p3", "social")))
    year.edit(merged())
    year.play(at(27, 6), REMINDER)
    assert year.events("merged") == []
    assert set(plans(year)) == {"p1", "p2", "p3", "p4", "p5"}
    assert plans(year)["p3"].sponsors[0].note.startswith("merged into Plan 9")


def test_after_the_deadline_the_letter_says_so_and_by_when(year: Stage) -> None:
    year.edit(merged(since="2020-02-05"))
    year.play(DEADLINE, at(5, 6, month=2))
    [message] = [one for one in year.sent("issue", "fay") if "Plan 9" in one.subject]
    assert message.subject == "Strategic Plan update 1 – Plan 9 – for the papers of Fri 14 Feb"
    assert "The date for returning, Friday 31 January 2020, is past." in flat(message.text)
    assert "What comes before the papers go, on Friday 14 February 2020, is in them." in flat(message.text)
    assert "we remind you" not in flat(message.text)


def test_once_the_papers_went_the_cycle_is_finished_under_the_old_plans(year: Stage) -> None:
    year.edit(merged(since="2020-02-17"))
    year.play(DEADLINE, DRAFT)
    release(year)
    year.play(PAPERS, at(17, 6, month=2))
    assert year.assignment("p1").withdrawn is None
    year.play(SPG, ISSUE_2)
    asked = [item.key.cycle for item in year.intents("issue") if any("/whole/" in name for name in item.about)]
    assert asked == ["c2"]


def test_a_plan_that_others_are_merged_into_goes_on_and_is_not_asked_twice(year: Stage) -> None:
    year.edit(merged(plans="p1, p3", into="p1", sponsors="partner"))
    year.wake(at(27, 6))
    assert year.assignment("p1").withdrawn is None
    assert year.assignment("p3", "social").withdrawn is not None
    assert year.people("issue").count("ann") == 1
    assert "3.1" not in {row.ref for plan in plans(year).values() for row in plan.rows}
    year.edit(service(*YEAR))
    year.wake(at(27, 9))
    assert year.assignment("p3", "social").withdrawn is None
    assert year.assignment("p1").withdrawn is None


def test_what_was_returned_before_the_day_counts_although_it_is_read_on_it(year: Stage) -> None:
    from mail.folder import deliver

    year.edit(merged())
    year.wake(at(26, 23, 57))
    deliver(year.mailbox, mail(ANN, year.returned("p1")), at(26, 23, 58))
    year.wake(at(27, 0, 1))
    assert year.assignment("p1").withdrawn is None
    year.wake(at(27, 0, 5))
    assert year.arrivals()[-1].lane == "return"
    assert year.assignment("p1").withdrawn is None
    assert year.assignment("p3", "social").withdrawn is not None


def test_nothing_is_merged_while_the_inbox_cannot_be_read(year: Stage) -> None:
    year.edit(merged())
    year.through(Unread(year.mailbox))
    year.play(at(27, 6), at(27, 12))
    assert year.events("merged") == []
    year.through(FolderMailbox(year.mailbox))
    year.wake(at(27, 18))
    assert len(year.events("merged")) == 1


def test_an_old_form_that_comes_later_is_a_persons_matter_and_counts_when_accepted(year: Stage) -> None:
    old = year.returned("p1", r1_2=RED)
    year.edit(merged())
    year.wake(at(27, 6))
    assert year.receive(mail(ANN, old), at(28)).lane == "doubt"
    [item] = year.desk()
    assert item.reason == (
        f"{ANN} sent “p1.xlsx”: the assignment was withdrawn: Merged into Plan 9 on Mon 27 Jan 2020,"
        " decided by Strategic Planning Group: They depend on each other."
    )
    assert "its rows stand in the papers as what had come back of the old plan" in item.advice
    courtesy = flat(year.sent("question", "ann")[0].text)
    assert "1.1" not in courtesy
    words.accept(year.ledger, year.office.service, item.id, words.Word("tess", "it was on its way", year.now))
    year.wake(at(28, 11))
    assert [(row.ref, row.status) for row in plans(year)["p1"].rows] == [("1.2", "Red")]
    receipt = flat(year.sent("receipt", "ann")[0].text)
    assert "NOTHING MORE IS ASKED OF YOU FOR THIS PLAN. Merged into Plan 9" in receipt
    assert "STILL" not in receipt


def test_taken_back_the_old_plans_are_open_again_and_nothing_more_is_asked_of_the_new(year: Stage) -> None:
    year.edit(merged())
    year.play(at(22), at(27, 6))
    year.receive(mail(FAY, year.returned("whole", "partner", r9_1=GREEN)), at(27, 12))
    year.edit(APART)
    year.play(at(27, 13))
    assert year.assignment("p1").withdrawn is None
    assert year.assignment("p3", "social").withdrawn is None
    assert str(year.assignment("whole", "partner").withdrawn).startswith("The merger was taken back")
    assert "Plan 1 and Plan 3 are not reported together as Plan 9 any more." in changed(year, "ann")
    assert "What was merged is asked by itself again, in the form that you have" in changed(year, "ann")
    assert "nothing more is asked for a plan that took its place" in changed(year, "fay")
    assert "Open again: Plan 1 and Plan 3" in changed(year, "tess")
    assert [row.ref for row in plans(year)["whole"].rows] == ["9.1"]
    year.receive(mail(ANN, year.returned("p1")), at(27, 15))
    assert len(year.returns("p1")) == 1


def test_made_again_the_merged_plan_is_asked_under_another_id(year: Stage) -> None:
    for minute, edit in enumerate((merged(), APART, merged())):
        year.edit(edit)
        year.wake(at(27, 6, minute))
    assert year.assignment("whole", "partner").id == "strategic/c1/whole/partner#2"
    assert year.assignment("p1").withdrawn is not None
    assert len(year.events("merged")) == 2
    year.receive(mail(FAY, year.returned("whole", "partner")), at(28))
    assert {plan: shown.sponsors[0].state for plan, shown in plans(year).items()}["whole"] == "returned"


def test_a_plan_that_leaves_a_merger_is_open_again_and_the_others_stay_merged(year: Stage) -> None:
    year.edit(merged(plans="p1, p3"))
    year.wake(at(27, 6))
    year.edit(merged(plans="p1"))
    year.wake(at(27, 7))
    assert year.assignment("p3", "social").withdrawn is None
    assert year.assignment("p1").withdrawn is not None
    assert year.assignment("whole", "partner").withdrawn is None
    year.wake(at(27, 8))
    assert len(year.events("parted")) == 1


def test_a_plan_that_is_merged_into_another_one_instead_is_asked_there(year: Stage) -> None:
    year.edit(merged())
    year.wake(at(27, 6))
    year.edit(merged(into="p2"))
    year.wake(at(27, 7))
    assert "Merged into Plan 2" in str(year.assignment("p1").withdrawn)
    assert year.assignment("whole", "partner").withdrawn is not None


def test_a_merged_plan_that_is_taken_out_leaves_the_old_ones_open(year: Stage) -> None:
    year.edit(merged())
    year.wake(at(27, 6))
    year.edit(service(*YEAR))
    year.play(at(27, 7), at(27, 8))
    assert year.assignment("p1").withdrawn is None
    assert len(year.events("parted")) == 1


def test_nobody_holds_the_merged_plans_post_and_the_old_ones_stay_open_until_somebody_does(year: Stage) -> None:
    nobody = (
        "strategic/people.yaml",
        "holders: [{person: fay}]",
        "holders: [{person: fay, until: 2020-01-26}, {person: gil, since: 2020-01-29}]",
    )
    year.edit(merged("2020-01-27", "p1, p3", "partner", "whole", nobody))
    year.play(at(27, 6), at(27, 12))
    vacant = [item for item in year.desk() if "became Plan 9" in item.reason]
    assert [item.reason for item in vacant] == [
        "In update 1 Plan 1 and Plan 3 became Plan 9, and nobody holds the post Director of the Partner."
    ]
    assert year.assignment("p1").withdrawn is None
    year.wake(at(29, 6))
    assert year.assignment("whole", "partner").person == "gil"
    assert year.assignment("p1").withdrawn is not None
    assert [item for item in year.desk() if "Plan 9" in item.reason] == []


def test_a_joint_merged_plan_goes_to_both_and_a_copy_to_the_assistant(year: Stage) -> None:
    year.edit(merged(sponsors="care, social"))
    year.wake(at(24, 6))
    year.wake(at(27, 6))
    assert {intent.key.person for intent in year.intents("issue") if "Plan 9" in intent.subject} == {"ann", "eve"}
    copies = [intent for intent in year.intents("copy") if "merged" in intent.key.occasion]
    assert {intent.key.person for intent in copies} == {"ben"}
    assert {intent.state.value for intent in copies} == {"sent"}
    year.receive(mail(BEN, year.returned("whole", "care")), at(27, 12))
    assert len(year.returns("whole", "care")) == 1


def test_an_excused_plan_alone_asks_nobody_for_the_merged_one(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1")))
    excuse = f"excuses:\n  - cycle: c1\n    plan: p3{WHY}"
    fact = f"merged:\n  - plans: [p1, p3]\n    into: whole\n    since: 2020-01-27{WHY}"
    year.edit(service(*YEAR, (WHOLE[0], WHOLE[1], WHOLE[2].replace("SPONSORS", "partner")), facts(excuse + fact)))
    year.wake(at(27, 6))
    assert year.events("merged") == []


def test_a_merged_plan_that_is_excused_stands_in_the_papers_with_the_reason(year: Stage) -> None:
    excuse = f"excuses:\n  - cycle: c1\n    plan: whole{WHY}"
    fact = f"merged:\n  - plans: [p1, p3]\n    into: whole\n    since: 2020-01-27{WHY}"
    year.edit(service(*YEAR, (WHOLE[0], WHOLE[1], WHOLE[2].replace("SPONSORS", "partner")), facts(excuse + fact)))
    year.wake(at(27, 6))
    assert "excused by Strategic Planning Group" in plans(year)["whole"].sponsors[0].note
    assert "p1" not in plans(year)


def test_a_kill_in_the_middle_leaves_nothing_of_it(year: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    from ledger import keys

    year.edit(merged())

    def killed(*_: object) -> None:
        raise LedgerError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(keys, "signed", killed)
        with pytest.raises(LedgerError):
            wake(year.office, at(27, 6))
    assert year.assignment("p1").withdrawn is None
    assert year.people("issue").count("fay") == 1
    year.wake(at(27, 7))
    assert year.assignment("p1").withdrawn is not None
    assert year.people("issue").count("fay") == 2


def test_a_new_holder_on_the_day_of_the_merger_is_not_asked_for_the_old_plan(year: Stage) -> None:
    change = (
        "strategic/people.yaml",
        "holders: [{person: ann}]",
        "holders: [{person: ann, until: 2020-01-26}, {person: gil, since: 2020-01-27}]",
    )
    year.edit(merged("2020-01-27", "p1, p3", "partner", "whole", change))
    year.wake(at(27, 6))
    assert year.assignment("p1").id == "strategic/c1/p1/care"
    assert "Plan 1" not in next(one for one in year.intents("issue") if one.key.person == "gil").subject


def test_the_merged_plan_is_asked_in_the_form_that_the_cycle_was_issued_with(year: Stage) -> None:
    year.edit(
        merged(
            "2020-01-27",
            "p1, p3",
            "partner",
            "whole",
            ("strategic/form.yaml", "implementation-plan", "highlight-report"),
        )
    )
    year.wake(at(27, 6))
    assert year.assignment("whole", "partner").form == year.assignment("p2").form != year.programme.form
    year.receive(mail(FAY, year.returned("whole", "partner")), at(28))
    assert [row.status for row in plans(year)["whole"].rows] == ["Green", "Green"]


def test_plans_that_are_merged_twice_in_turn_are_asked_as_what_they_are_now(year: Stage) -> None:
    """Plans 1 and 3 become Plan 9, and Plan 9 and Plan 2 become Plan 4, before anybody returned anything."""
    twice = (
        "strategic/facts.yaml",
        WHY,
        f"{WHY}  - plans: [whole, p2]\n    into: p4\n    since: 2020-01-28{WHY}",
    )
    year.edit(merged("2020-01-27", "p1, p3", "partner", "whole", twice))
    year.play(at(27, 6), at(28, 6))
    assert "Merged into Plan 9" in str(year.assignment("p1").withdrawn)
    assert "Merged into Plan 4 on Tue 28 Jan 2020" in str(year.assignment("whole", "partner").withdrawn)
    assert year.assignment("p4", "social").withdrawn is None
    year.wake(at(28, 7))
    assert year.assignment("p1").withdrawn is not None
    assert set(plans(year)) == {"p4", "p5"}
