"""Sections of a report that were left blank: asked about in the receipt and the review, never refused."""

from tests.jobs.stage import EVE, GREEN, ISSUE, REVIEW, YEAR, File, Stage, at, mail, service
from tests.jobs.test_changes import flat
from workbook import filling

REPORTS = service(*YEAR, ("strategic/form.yaml", "implementation-plan", "highlight-report"))
SECTIONS = ("progress_since_last", "escalated", "risk_assessment", "critical_issues", "financial_strategy")
ASKED = "Left blank is “6. Look ahead – actions in the next reporting period”. Please fill it in"


def report(stage: Stage, **sections: str) -> File:
    form = stage.programme.form
    content = filling.fill(stage.workbook("p1"), {"1.1": GREEN, "1.2": GREEN}, form, fields=sections)
    return File("report.xlsx", content)


def issued(stage: Stage) -> Stage:
    stage.declare(REPORTS)
    stage.play(EVE, ISSUE)
    return stage


def test_a_blank_section_is_asked_about_and_none_is_an_answer(empty: Stage) -> None:
    stage = issued(empty)
    stage.receive(mail("ann@ours.example", report(stage, **dict.fromkeys(SECTIONS, "None"))), at(22))
    [receipt] = stage.sent("receipt", "ann")
    assert receipt.subject.endswith("2 rows accepted, 1 question")
    assert ASKED in flat(receipt.text)
    assert "Risk assessment" not in receipt.text
    stage.play(at(31, 17), REVIEW)
    assert ASKED in flat(stage.sent("review", "ann")[0].text)


def test_what_came_in_an_earlier_file_is_not_asked_for_again(empty: Stage) -> None:
    stage = issued(empty)
    stage.receive(mail("ann@ours.example", report(stage, look_ahead="The group meets.")), at(22))
    stage.receive(mail("ann@ours.example", report(stage, **dict.fromkeys(SECTIONS, "None"))), at(23))
    newest = max(stage.sent("receipt", "ann"), key=lambda message: "question" not in message.subject)
    assert "Left blank" not in newest.text
    stage.play(at(31, 17), REVIEW)
    assert "Left blank" not in stage.sent("review", "ann")[0].text


def test_nobody_is_asked_for_the_sections_of_a_form_that_was_not_filled_in(empty: Stage) -> None:
    stage = issued(empty)
    stage.receive(mail("ann@ours.example", File("report.xlsx", stage.workbook("p1"))), at(22))
    assert "Left blank" not in stage.sent("receipt", "ann")[0].text


def test_a_form_without_expected_sections_asks_nothing(year: Stage) -> None:
    year.receive(mail("ann@ours.example", year.returned("p1")), at(22))
    assert "Left blank" not in year.sent("receipt", "ann")[0].text
