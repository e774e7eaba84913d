"""Review, draft, papers and addendum: what people see before the meeting, and may still change."""

import pytest

from jobs import desk as words
from ledger import meta
from tests.jobs.stage import (
    ADDENDUM,
    DEADLINE,
    DRAFT,
    EVE,
    GREEN,
    ISSUE,
    MEETING,
    PAPERS,
    RED,
    REVIEW,
    SPG,
    YEAR,
    File,
    Stage,
    at,
    filled,
    mail,
    release,
    service,
)

ANN, EVA = "ann@ours.example", "eve@ours.example"
FACT = "\n    reason: The chair is away\n    decided_by: Planning Officer\n"


def flat(text: str) -> str:
    return " ".join(text.split())


def test_each_sponsor_sees_what_they_returned_with_its_gaps_and_queries(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1={"rating": "red", "progress": "It stopped."})))
    year.play(DEADLINE, REVIEW)
    assert year.people("review") == ["ann"]
    [review] = year.sent("review", "ann")
    text = flat(review.text)
    assert [word in text for word in ("It stopped.", "1.2", "Red")] == [True] * 3
    assert "2.1" not in text
    assert set(review.thread) == {*year.threads("p1"), year.issue_to("ann").message_id}


def test_the_sponsors_of_a_joint_plan_are_shown_where_they_differ(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p2", r2_1=GREEN, r2_2=GREEN)))
    year.receive(mail(EVA, year.returned("p2", "social", r2_1=RED, r2_2=GREEN)))
    year.play(DEADLINE, REVIEW)
    for person in ("ann", "eve"):
        text = flat(year.sent("review", person)[0].text)
        assert "2.1 is rated differently (Head of Care: Green; Head of Social Work: Red)" in text
        assert "Red stands until somebody decides" in text
        assert "2.2 is rated differently" not in text


def test_an_answer_to_the_review_changes_the_draft(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1", r1_1=RED)))
    year.play(DEADLINE, REVIEW)
    year.receive(mail(ANN, year.returned("p1", r1_1=GREEN)), at(4, month=2))
    year.wake(DRAFT)
    assert "Red" not in [plan.worst for plan in _stood(year)]
    assert year.returns("p1")[-1].on_time is False


def _stood(stage: Stage) -> list[object]:
    from jobs.standing import standing

    with stage.ledger.reading() as entry:
        return list(standing(entry, stage.programme, stage.programme.cycle("c1"), stage.now, draft=True).plans)


def test_the_team_the_chair_and_the_officer_see_the_draft_once_each(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, DRAFT)
    assert year.people("draft") == ["tess", "tom", "sam", "cleo"]
    assert all(len(message.attachments) == 1 for message in year.sent("draft"))


def test_the_first_papers_of_a_live_service_wait_for_a_word(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, DRAFT)
    [item] = year.desk()
    assert "are the first of this service and wait for a release" in item.reason
    assert "first papers" in year.sent("draft", "tess")[0].text
    year.wake(PAPERS)
    assert year.intents("papers") == []
    assert any("held" in subject for subject in year.alerts())
    alert = next(intent for intent in year.intents("alert") if "held" in intent.subject)
    assert "Accept the item" in flat(year.letter(alert).text)
    release(year)
    year.wake(at(14, 11, month=2))
    assert year.people("papers") == ["sam", "eve", "ann", "fay"]
    assert len([subject for subject in year.alerts() if "held" in subject]) == 1


def test_first_papers_that_are_released_before_their_time_go_on_time(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, DRAFT)
    release(year)
    year.wake(PAPERS)
    assert len(year.sent("papers")) == 4
    assert year.alerts() == []


def test_first_papers_that_are_rejected_are_kept_back(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, DRAFT)
    words.reject(year.ledger, year.office.service, year.desk()[0].id, words.Word("tess", "not like this", year.now))
    year.play(PAPERS, ADDENDUM, MEETING)
    assert year.intents("papers") == []
    assert "The meeting began before the papers could be sent." in [event.why for event in year.events("missed")]


def test_later_papers_go_by_themselves(met: Stage) -> None:
    from jobs import draft

    with met.ledger.reading() as entry:
        assert not draft.is_first(entry, met.programme)
    met.play(at(24, 9, month=2), at(16, 9, month=3), at(29, 17, month=3), at(30, 10, month=3), at(8, 10, month=4))
    assert [item.kind for item in met.desk() if item.kind.startswith("release")] == []


def test_a_demos_papers_wait_for_nobody(empty: Stage) -> None:
    with empty.ledger.transaction() as entry:
        meta.dedicate(entry, meta.Kind.DEMO)
    empty.declare(service(*YEAR))
    empty.play(EVE, ISSUE, DEADLINE, REVIEW, DRAFT)
    assert empty.desk() == []
    empty.wake(PAPERS)
    assert len(empty.intents("papers")) == 4


def test_a_release_sets_one_programmes_papers_free_and_no_others(year: Stage) -> None:
    from dataclasses import replace

    from jobs.draft import unreleased

    year.play(DEADLINE, REVIEW, DRAFT)
    release(year)
    other = replace(year.programme, id="other")
    with year.ledger.reading() as entry:
        assert unreleased(entry, year.programme) == {"c2", "c3"}
        assert unreleased(entry, other) == {"c1", "c2", "c3"}


def test_a_hold_of_the_papers_is_in_the_draft_and_keeps_them(year: Stage) -> None:
    hold = ("strategic/facts.yaml", "{}\n", "holds:\n  - cycle: c1\n    steps: [papers]" + FACT)
    year.edit(service(*YEAR, hold))
    year.play(DEADLINE, REVIEW, DRAFT)
    assert "Held by Planning Officer: The chair is away." in flat(year.sent("draft", "tess")[0].text)
    release(year)
    year.wake(PAPERS)
    assert year.intents("papers") == []
    year.edit(service(*YEAR))
    year.wake(at(14, 12, month=2))
    assert len(year.sent("papers")) == 4


@pytest.fixture
def papers_went(year: Stage) -> Stage:
    year.receive(mail(ANN, year.returned("p1", r1_1=RED, r1_2=GREEN)))
    year.play(DEADLINE, REVIEW, DRAFT)
    release(year)
    year.wake(PAPERS)
    return year


def test_no_addendum_where_nothing_changed(papers_went: Stage) -> None:
    papers_went.wake(ADDENDUM)
    assert papers_went.intents("addendum") == []
    assert [event.why for event in papers_went.events("addendum")] == ["nothing changed since the papers"]


def test_a_late_return_after_the_papers_is_in_the_addendum(papers_went: Stage) -> None:
    papers_went.receive(mail(EVA, papers_went.returned("p3", "social")), at(18, month=2))
    papers_went.receive(mail(ANN, papers_went.returned("p1", r1_1=GREEN)), at(18, 12, month=2))
    papers_went.wake(ADDENDUM)
    assert papers_went.people("addendum") == ["sam", "eve", "ann", "fay"]
    text = flat(papers_went.sent("addendum", "sam")[0].text)
    assert "Plan 3, 3.1 Review the caseload: Green. It is going well. (the papers said no return)" in text
    assert "Plan 1, 1.1 Open the centre: Green. It is going well. (the papers said Red)" in text
    assert "1.2" not in " ".join(event.why for event in papers_went.events("addendum"))


def test_other_words_under_the_same_rating_are_a_change(papers_went: Stage) -> None:
    papers_went.receive(mail(ANN, papers_went.returned("p1", r1_1={**RED, "progress": "Lost."})), at(18, month=2))
    papers_went.wake(ADDENDUM)
    assert "Red. Lost. (the papers said Red)" in papers_went.events("addendum")[0].why


def test_a_new_ask_alone_is_a_change(papers_went: Stage) -> None:
    rated = {"1.1": RED, "1.2": GREEN}
    papers_went.receive(
        mail(ANN, File("p1.xlsx", filled(papers_went.workbook("p1"), rated, ask="Find £2m."))), at(18, month=2)
    )
    papers_went.wake(ADDENDUM)
    assert papers_went.events("addendum")[0].why == (
        "Plan 1, Head of Care, Ask of the SPG: Find £2m. (the papers had nothing here)"
    )
    assert papers_went.people("addendum") == ["sam", "eve", "ann", "fay"]


def test_a_second_sponsor_who_disagrees_is_a_change_though_the_rating_stands(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p2", r2_1=RED, r2_2=GREEN)))
    year.play(DEADLINE, REVIEW, DRAFT)
    release(year)
    year.wake(PAPERS)
    year.receive(mail(EVA, year.returned("p2", "social", r2_1=GREEN, r2_2=GREEN)), at(18, month=2))
    year.wake(ADDENDUM)
    assert year.events("addendum")[0].why == (
        "Plan 2, Head of Social Work: returned (the papers said no return); "
        "Plan 2, 2.1 Agree the protocol: Red, and the sponsors differ: "
        "Head of Care: Red; Head of Social Work: Green. It stopped. (the papers said Red)"
    )


WITHDRAWN = (
    "strategic/facts.yaml",
    "{}\n",
    "withdrawn:\n  - {plan: p1, since: 2020-02-18, reason: Gone to the council, decided_by: The IJB}\n",
)


def test_a_plan_withdrawn_after_the_papers_is_told_at_once_and_in_the_addendum(papers_went: Stage) -> None:
    papers_went.now = at(18, 9, month=2)
    papers_went.edit(service(*YEAR, WITHDRAWN))
    papers_went.wake(at(18, 10, month=2))
    assert papers_went.people("change") == ["ann", "sam", "eve", "fay", "tess", "tom"]
    assert "Plan 1 is no longer reported from Tue 18 Feb 2020." in flat(papers_went.sent("change", "sam")[0].text)
    papers_went.wake(ADDENDUM)
    assert papers_went.events("addendum")[0].why == (
        "Plan 1 is no part of the papers any more: withdrawn by The IJB, Gone to the council"
    )


def test_a_withdrawal_that_is_undone_brings_the_plan_back(papers_went: Stage) -> None:
    before = service(*YEAR, WITHDRAWN)
    papers_went.edit(before)
    papers_went.wake(at(18, 10, month=2))
    papers_went.edit(service(*YEAR))
    papers_went.wake(at(19, 10, month=2))
    papers_went.wake(ADDENDUM)
    assert papers_went.events("addendum")[0].why == "nothing changed since the papers"


def test_a_row_left_blank_at_last_has_no_colour_in_the_addendum(papers_went: Stage) -> None:
    papers_went.receive(mail(EVA, papers_went.returned("p2", "social", r2_1=GREEN)), at(18, month=2))
    papers_went.wake(ADDENDUM)
    why = papers_went.events("addendum")[0].why
    assert "Plan 2, 2.2 Publish the report: not updated (the papers said no return)" in why


def test_without_papers_there_is_no_addendum(year: Stage) -> None:
    year.play(DEADLINE, REVIEW, DRAFT)
    words.reject(year.ledger, year.office.service, year.desk()[0].id, words.Word("tess", "no", year.now))
    year.receive(mail(EVA, year.returned("p3", "social")), at(18, month=2))
    year.play(SPG, MEETING)
    assert year.intents("addendum") == []
    assert year.people("spg") == ["tess", "tom"]


def test_the_papers_go_to_whoever_holds_the_post_on_the_day(year: Stage) -> None:
    leaves = "holders: [{person: ann, until: 2020-02-12}, {person: gil, since: 2020-02-13}]"
    year.receive(mail("ann@ours.example", *(year.returned(plan) for plan in ("p1", "p2", "p5"))))
    year.edit(service(*YEAR, ("strategic/people.yaml", "holders: [{person: ann}]", leaves)))
    year.play(DEADLINE, REVIEW, DRAFT)
    release(year)
    year.wake(PAPERS)
    assert year.people("papers") == ["sam", "eve", "gil", "fay"]
