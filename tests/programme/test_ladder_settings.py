"""The ladder and the other settings of the year, from their files to their values."""

from datetime import time
from pathlib import Path

from programme.cycle import DEFAULT_RUNGS, Asked, Ladder, Rung
from programme.loader import load, load_files, read_files

ROOT = Path(__file__).parent.parent.parent
CONFIGURATIONS = ROOT / "tests" / "data" / "configurations"
BASE = read_files(CONFIGURATIONS / "base")
FILES = BASE | read_files(CONFIGURATIONS / "whole")


def test_every_step_has_its_setting() -> None:
    assert load_files(FILES).programmes[0].ladder == Ladder(
        digest_at=None,
        issue_at=time(9),
        reminder_at=time(10),
        reminder_days=2,
        deadline_at=time(17),
        review_at=time(11),
        chase_at=time(10, 30),
        rungs=(Rung(1, (Asked.SPONSOR, Asked.DELEGATE)), Rung(3, (Asked.ESCALATION,))),
        draft_at=time(12),
        draft_days=1,
        papers_at=time(9),
        papers_days_before_spg=7,
        addendum_at=time(14),
        spg_at=time(7, 30),
    )


def test_what_is_left_out_is_built_in_and_what_is_off_is_off() -> None:
    assert load_files(BASE | {"updates/ladder.yaml": "{}\n"}).programmes[0].ladder == Ladder()
    off = "digest: {at: off}\nreminder: {at: off}\nreview: {at: off}\ndraft: {at: off}\naddendum: {at: off}\n"
    ladder = load_files(BASE | {"updates/ladder.yaml": off + "chase: {rungs: []}\n"}).programmes[0].ladder
    assert (ladder.digest_at, ladder.reminder_at, ladder.review_at) == (None, None, None)
    assert (ladder.draft_at, ladder.addendum_at, ladder.rungs) == (None, None, ())
    at = load_files(BASE | {"updates/ladder.yaml": 'chase: {at: "08:15"}\n'}).programmes[0].ladder
    assert (at.chase_at, at.rungs) == (time(8, 15), DEFAULT_RUNGS)


def test_the_shipped_ladder_is_the_built_in_one() -> None:
    assert load(ROOT / "config").programme("strategic-plan").ladder == Ladder()


def test_the_chair_and_the_committee_officer() -> None:
    spg = load(ROOT / "config").programme("strategic-plan").spg
    assert (spg.chair, spg.committee_officer) == ("spg-chair", "committee-officer")
    assert load_files(BASE).programmes[0].spg.chair is None


def test_escalation_may_be_off() -> None:
    people = BASE["updates/people.yaml"].replace("escalation: cat", "escalation: off")
    assert load_files(BASE | {"updates/people.yaml": people}).programmes[0].posts["care"].escalation is None
    assert load(ROOT / "config").programme("strategic-plan").posts["cvs"].escalation is None
    assert load_files(BASE).programmes[0].posts["care"].escalation == "cat"


def test_a_cycle_may_have_a_number_and_a_period() -> None:
    cycles = load_files(FILES).programmes[0].cycles
    assert [(cycle.number, cycle.period) for cycle in cycles] == [(None, ""), (None, ""), (3, "April to June")]
