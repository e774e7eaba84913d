"""The same text for three cycles is asked about: what was said before reaches the row rules."""

from datetime import datetime

from tests.jobs.stage import ISSUE_2, Stage, at, mail

GIL = "gil@ours.example"
BEGUN = {"rating": "amber", "progress": "Begun.", "reason": "Short of staff; two start in May."}
# Between two issues somebody wakes the service: a clock that leapt by 45 days would stop it.
TO_ISSUE_3 = (at(20, month=5), at(30, month=6), at(5, month=8), at(15, month=9), at(12, 9, month=10))


def codes(stage: Stage, cycle: str) -> dict[str, set[str]]:
    [*_, newest] = stage.returns("p1", cycle=cycle)
    return {verdict.ref: {query.code for query in verdict.queries} for verdict in newest.verdicts}


def say(stage: Stage, cycle: str, on: datetime) -> None:
    stage.receive(mail(GIL, stage.returned("p1", cycle=cycle, r1_1=BEGUN, r1_2=BEGUN)), on)


def test_the_same_text_for_three_cycles_is_asked_about(second: Stage) -> None:
    """Row 1.1 said it in the first cycle too, 1.2 did not."""
    say(second, "c2", at(18, month=3))
    assert "same-text" not in codes(second, "c2")["1.1"]
    second.play(at(29, 17, month=3), at(14, 9, month=4), *TO_ISSUE_3)
    say(second, "c3", at(14, month=10))
    assert "same-text" in codes(second, "c3")["1.1"]
    assert "same-text" not in codes(second, "c3")["1.2"]
    assert "has had the same progress for three cycles" in " ".join(second.sent("receipt", "gil")[-1].text.split())


def test_a_cycle_without_an_answer_is_none_of_the_three(second: Stage) -> None:
    second.receive(mail(GIL, second.returned("p1", cycle="c2", r1_2=BEGUN)), at(18, month=3))
    second.play(at(29, 17, month=3), at(14, 9, month=4), *TO_ISSUE_3)
    say(second, "c3", at(14, month=10))
    assert "same-text" not in codes(second, "c3")["1.1"]
    assert second.now > ISSUE_2
