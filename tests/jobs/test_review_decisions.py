"""What is decided, and what the past says of it: nothing that was said at a meeting is lost on the way."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import delete

from jobs import desk as words
from jobs import minutes
from jobs.past import last_known, tallies, unrecorded
from jobs.standing import standing
from ledger import decisions, schema
from ledger.records import Decision
from report.standing import Standing
from tests.jobs.stage import (
    CHASES,
    DEADLINE,
    GREEN,
    ISSUE_2,
    RED,
    REMINDER,
    YEAR,
    File,
    Stage,
    at,
    mail,
    rows,
    service,
)
from workbook import filling

ANN, EVE, TESS, TOM = "ann@ours.example", "eve@ours.example", "tess@ours.example", "tom@ours.example"
AFTER = at(22, 10, month=2)
CANCELLED = (
    "strategic/facts.yaml",
    "{}\n",
    "cancelled:\n  - {cycle: c1, reason: The meeting did not take place, decided_by: Sam Shaw}\n",
)


def decided(
    stage: Stage, answers: Mapping[str, Mapping[str, str | date]], fields: Mapping[str, str] | None = None
) -> File:
    """The decisions workbook that the team got, with these words typed in."""
    issued = stage.letter(stage.intents("spg")[0]).attachments[0].content
    return File("Decisions.xlsx", filling.fill(issued, answers, minutes.form(stage.programme.form), fields))


def recorded(stage: Stage) -> list[Decision]:
    with stage.ledger.reading() as entry:
        return decisions.of_cycle(entry, "strategic", "c1")


def agreed(stage: Stage) -> dict[str, str | None]:
    return {row.ref: row.agreed for row in recorded(stage) if row.kind == "row"}


def stood(stage: Stage, cycle: str = "c1") -> Standing:
    with stage.ledger.reading() as entry:
        return standing(entry, stage.programme, stage.programme.cycle(cycle), stage.now, draft=False)


def test_the_owner_of_a_row_is_whoever_was_issued_it(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p5", r5_1=GREEN)))
    assert rows(stood(year).plans)["5.1"].rating == "green"
    swapped = (("owner: care}", "owner: x}"), ("owner: social}", "owner: care}"), ("owner: x}", "owner: social}"))
    year.edit(service(*YEAR, *(("strategic/plans.yaml", old, new) for old, new in swapped)))
    assert rows(stood(year).plans)["5.1"].rating == "green"


def test_a_cycle_that_was_cancelled_after_its_papers_keeps_what_came_back(met: Stage) -> None:
    met.edit(service(*YEAR, CANCELLED))
    met.play(at(24, 9, month=2), ISSUE_2)
    assert met.assignment("p1").withdrawn is not None
    with met.ledger.reading() as entry:
        second = met.programme.cycle("c2")
        known = last_known(entry, met.programme, second)
        assert unrecorded(entry, met.programme, second) == ()
        assert tallies(entry, met.programme, second) == ()
    assert (known["p1", "1.1"].reported, known["p3", "3.1"].reported) == ("red", "green")
    assert met.assignment("p1", cycle="c2").rows[0].last.reported == "red"


def test_a_cancelled_cycle_is_not_the_last_time(met: Stage) -> None:
    met.receive(mail(TESS, decided(met, {"1.1": {"progress": "Bid again by May."}})), AFTER)
    met.play(at(24, 9, month=2), ISSUE_2)
    edited = (CANCELLED[0], CANCELLED[1], CANCELLED[2].replace("c1", "c2"))
    met.edit(service(*YEAR, edited))
    assert any("Bid again by May" in line for line in stood(met, "c3").decided)


def told(stage: Stage, person: str = "tess") -> str:
    return " ".join(stage.sent("decided", person)[-1].text.split())


def test_endorsed_are_the_ratings_that_the_meeting_had(met: Stage) -> None:
    met.receive(mail(EVE, met.returned("p3", "social", r3_1=RED)), at(24, month=2))
    assert rows(stood(met).plans)["3.1"].rating == "red"
    met.receive(mail(TESS, decided(met, {}, {"endorsed": "Yes"})), at(25, month=2))
    assert agreed(met) == {"1.1": "red", "1.2": "blue", "3.1": "green"}


def test_without_a_day_of_the_meeting_the_papers_say_what_was_endorsed(met: Stage) -> None:
    with met.ledger.transaction() as entry:
        entry.execute(delete(schema.events).where(schema.events.c.what == minutes.MEETING_ASKED))
    met.receive(mail(EVE, met.returned("p3", "social", r3_1=RED)), at(24, month=2))
    met.receive(mail(TESS, decided(met, {}, {"endorsed": "Yes"})), at(25, month=2))
    assert agreed(met) == {"1.1": "red", "1.2": "blue", "3.1": "green"}


def test_an_endorsement_leaves_what_was_decided_before_it(met: Stage) -> None:
    met.receive(mail(TESS, decided(met, {"1.1": {"rating": "amber"}})), AFTER)
    met.receive(mail(TOM, decided(met, {}, {"endorsed": "Yes"})), at(23, month=2))
    assert agreed(met) == {"1.1": "amber", "1.2": "blue", "3.1": "green"}


def test_what_was_decided_on_a_plan_that_was_withdrawn_since_counts(met: Stage) -> None:
    gone = "withdrawn:\n  - {plan: p1, since: 2020-02-21, reason: It is done, decided_by: Sam Shaw}\n"
    file = decided(met, {"1.1": {"rating": "amber", "progress": "Hand it over."}})
    met.edit(service(*YEAR, ("strategic/facts.yaml", "{}\n", gone)))
    met.wake(at(22, 9, month=2))
    assert met.assignment("p1").withdrawn is not None
    assert "p1" not in {plan.id for plan in stood(met).plans}
    met.receive(mail(TESS, file), AFTER)
    assert agreed(met) == {"1.1": "amber"}


def test_a_row_that_is_unknown_by_now_is_told_to_the_team(met: Stage) -> None:
    plans = service(*YEAR).files["strategic/plans.yaml"]
    file = decided(met, {"1.1": {"rating": "amber"}, "3.1": {"rating": "amber"}})
    met.now = AFTER
    met.edit(service(*YEAR, ("strategic/plans.yaml", plans[plans.index("  - id: p3") :], "")))
    met.receive(mail(TESS, file), AFTER)
    assert agreed(met) == {"1.1": "amber"}
    assert "3.1, which is not in the plan as we issued it: we left it out" in told(met)


def test_a_late_return_makes_no_note_on_what_was_asked(met: Stage) -> None:
    file = decided(met, {"3.1": {"rating": "amber"}})
    met.receive(mail(EVE, met.returned("p3", "social", r3_1=RED)), at(24, month=2))
    met.receive(mail(TESS, file), at(25, month=2))
    assert "We left" not in told(met)


def test_an_action_that_was_closed_by_mistake_is_opened_again(met: Stage) -> None:
    met.receive(mail(TESS, decided(met, {"2.1": {"closed": "Yes"}, "2.2": {"closed": "Yes"}})), AFTER)
    met.receive(mail(TESS, decided(met, {"2.1": {"closed": "No", "progress": "Go on."}})), at(23, month=2))
    met.receive(mail(TESS, decided(met, {"2.2": {"progress": "Thank you."}})), at(23, 11, month=2))
    assert "The action stays open. Go on" in told(met, "eve") + " ".join(item.words for item in recorded(met))
    met.play(at(24, 9, month=2), ISSUE_2)
    assert [row.ref for row in met.assignment("p2", cycle="c2").rows] == ["2.1"]


def test_a_new_action_needs_a_ref_that_no_action_has(met: Stage) -> None:
    earlier = Decision(met.now, "strategic", "c0", "p3", "3.7", "new", "tess", deliverable="Open the hub")
    with met.ledger.transaction() as entry:
        decisions.add(entry, earlier)
    text = "Plan 3; 3.7; Close the hub; ; \nPlan 3; 3.8; Mend it; ; \nPlan 3; 3.8; Sell it; ; "
    met.receive(mail(TESS, decided(met, {}, {"new_actions": text})), AFTER)
    assert [(row.ref, row.deliverable) for row in recorded(met)] == [("3.8", "Mend it")]
    assert told(met).count("Give it a ref of its own") == 2


def test_a_new_action_of_this_meeting_may_be_said_again_in_better_words(met: Stage) -> None:
    for day, said in ((22, "Mend it"), (23, "Mend the hub")):
        text = f"Plan 3; 3.8; {said}; 2021-06-30; "
        met.receive(mail(TESS, decided(met, {}, {"new_actions": text})), at(day, month=2))
    met.play(at(24, 9, month=2), ISSUE_2)
    assert [row.deliverable for row in met.assignment("p3", "social", "c2").rows][1:] == ["Mend the hub"]


def test_what_comes_with_the_decisions_is_taken_in_as_well(met: Stage) -> None:
    people = ("strategic/people.yaml", "members: [tess, tom]", "members: [tess, tom, eve]")
    met.edit(service(*YEAR, people))
    picture = File("p2.pdf", b"%PDF-1.4 scanned", "application/pdf")
    file = decided(met, {"1.1": {"rating": "amber"}})
    arrival = met.receive(mail(EVE, file, met.returned("p3", "social", r3_1=RED), picture), AFTER)
    assert arrival.lane == "decisions"
    assert agreed(met) == {"1.1": "amber"}
    assert rows(stood(met).plans)["3.1"].rating == "red"
    assert "PDF" in met.sent("receipt", "eve")[-1].text
    assert len(met.sent("decided", "eve")) == 1


def test_a_file_that_comes_with_the_decisions_and_is_not_taken_waits_for_a_person(met: Stage) -> None:
    picture = File("p2.pdf", b"%PDF-1.4 scanned", "application/pdf")
    met.receive(mail(TESS, decided(met, {"1.1": {"rating": "amber"}}), picture), AFTER)
    assert agreed(met) == {"1.1": "amber"}
    [item] = met.desk()
    assert (item.kind, "p2.pdf" in item.reason) == ("unreadable", True)
    assert "p2.pdf" in told(met)
    assert met.intents("unreadable") == []


def test_two_workbooks_with_the_decisions_of_one_meeting_are_a_persons_matter(met: Stage) -> None:
    one, other = (decided(met, {"1.1": {"rating": rating}}) for rating in ("amber", "green"))
    met.receive(mail(TESS, one, other), AFTER)
    assert recorded(met) == []
    assert [item.kind for item in met.desk()] == ["conflict"]
    met.receive(mail(TESS, one, one), at(23, month=2))
    assert agreed(met) == {"1.1": "amber"}


def bounce(about: str) -> bytes:
    return (
        f"From: Mail Delivery <mailer-daemon@mx.example>\r\nTo: plans@ours.example\r\nSubject: Undelivered\r\n"
        "Message-ID: <bounced@mx>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=B\r\n\r\n"
        "--B\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
        "--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\n"
        f"Final-Recipient: rfc822; {ANN}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {about}\r\n\r\n--B--\r\n"
    ).encode()


def test_nobody_is_chased_for_what_did_not_reach_them(year: Stage) -> None:
    year.receive(bounce(year.issue_to("ann").message_id))
    assert {item.assignment for item in year.desk()} == {year.assignment(plan).id for plan in ("p1", "p2", "p5")}
    year.play(REMINDER, DEADLINE, *CHASES)
    assert "ann" not in {*year.people("reminder"), *year.people("chase")}
    assert not [intent for intent in year.intents("escalation") if "ann" in intent.key.occasion]
    assert "eve" in year.people("chase")


def test_a_bounce_that_is_decided_afresh_opens_only_what_was_closed(year: Stage) -> None:
    year.receive(bounce(year.issue_to("ann").message_id))
    words.reprocess(year.ledger, year.office.service, year.desk()[0].id, words.Word("tess", "again", year.now))
    year.wake(at(23))
    assert len(year.desk()) == 3


def test_an_escalation_does_not_count_what_came_back(year: Stage) -> None:
    year.receive(bounce(year.issue_to("ann").message_id))
    for item in year.desk():
        words.accept(year.ledger, year.office.service, item.id, words.Word("tess", "put right", year.now))
    year.play(REMINDER, DEADLINE, *CHASES)
    text = " ".join(next(year.letter(item).text for item in year.intents("escalation")).split())
    own = text.partition("ANN AIRD")[2].partition("Plan 1:")[0]
    assert "20 Jan" not in own
    assert "28 Jan" in own


def test_an_unreadable_file_from_a_private_address_in_our_thread_is_a_doubt(year: Stage) -> None:
    picture = File("form.pdf", b"%PDF-1.4 scanned", "application/pdf")
    year.receive(mail("ann@home.example", picture, answers=year.issue_to("ann").message_id))
    assert {item.assignment for item in year.desk()} == {year.assignment(plan).id for plan in ("p1", "p2", "p5")}
    year.wake(REMINDER)
    assert "ann" not in year.people("reminder")
