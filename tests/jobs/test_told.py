"""What sponsors and those around them are told is true: dates, thanks, counts, and who is left alone."""

from tests.jobs.stage import (
    CHASES,
    DEADLINE,
    GREEN,
    LADDER,
    REMINDER,
    REVIEW,
    YEAR,
    Stage,
    at,
    mail,
    service,
)

ANN, EVE, FAY, ZOE = "ann@ours.example", "eve@ours.example", "fay@partner.example", "zoe@ours.example"
WHY = "reason: late figures, decided_by: Tess Tait"
MORE_TIME = (
    "strategic/facts.yaml",
    "{}\n",
    f"extensions:\n  - {{cycle: c1, plan: p2, post: care, until: 2020-02-05, {WHY}}}\n",
)
EXCUSED = ("strategic/facts.yaml", "{}\n", f"excuses:\n  - {{cycle: c1, plan: p1, post: care, {WHY}}}\n")


def text(stage: Stage, kind: str, person: str) -> str:
    """The newest message of a kind to a person, on one line."""
    newest = [intent for intent in stage.intents(kind) if intent.key.person == person][-1]
    return " ".join(stage.letter(newest).text.split())


def html(stage: Stage, kind: str, person: str) -> str:
    newest = [intent for intent in stage.intents(kind) if intent.key.person == person][-1]
    return " ".join(stage.letter(newest).html.split())


def test_a_plan_that_is_in_part_is_not_thanked_for_where_it_has_more_time(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p2", r2_1=GREEN), year.returned("p5")))
    year.edit(service(*YEAR, MORE_TIME))
    year.play(at(23), REMINDER)
    assert "Plan 5 is in: thank you." in text(year, "reminder", "ann")
    assert "Plan 2" not in text(year, "reminder", "ann")


def test_a_plan_that_is_excused_in_part_is_not_thanked_for(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=GREEN)))
    year.edit(service(*YEAR, EXCUSED))
    year.play(at(23), REMINDER)
    assert "thank you" not in text(year, "reminder", "ann")


# The contact is asked first and the sponsor again later, so that an answer of the contact's lies between the two.
CONTACT_FIRST = """\
chase:
  rungs:
    - {working_days: 2, asks: [sponsor, escalation]}
    - {working_days: 4, asks: [sponsor]}
"""


def test_nobody_is_chased_while_a_word_of_their_escalation_contact_lies_on_the_desk(year: Stage) -> None:
    rungs = ("strategic/ladder.yaml", LADDER, CONTACT_FIRST)
    year.edit(service(*(rungs if edit[0] == rungs[0] else edit for edit in YEAR)))
    year.play(at(21), DEADLINE, REVIEW, CHASES[0])
    asked = year.sent("escalation", "zoe")[0].message_id
    year.receive(mail(ZOE, text="Ann is in hospital, please stop", answers=asked), at(4, 12, month=2))
    year.wake(CHASES[1])
    second = [intent.key.person for intent in year.intents("chase") if intent.key.occasion == "2"]
    assert second == ["fay"]
    assert {"zoe" in event.why or "Zoe" in event.why for event in year.events("not asked")} == {True}


def test_whoever_answers_in_the_thread_of_a_plan_stops_the_chase_of_that_plan(year: Stage) -> None:
    """Sam is no sponsor's man: it is what he answers that says whose matter it is."""
    year.play(REMINDER)
    reminder = year.sent("reminder", "ann")[0].message_id
    year.receive(mail("sam@ours.example", text="Ann asked me to say: not before March", answers=reminder), at(29))
    year.play(DEADLINE, REVIEW, CHASES[0])
    assert year.people("chase") == ["eve", "fay"]
