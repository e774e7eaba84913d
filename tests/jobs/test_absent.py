"""Sponsors who were not asked stand in the papers with the reason, and messages in doubt or too late do not go."""

from io import BytesIO

from openpyxl import load_workbook

from jobs.alert import A_DAY, raise_alert
from jobs.standing import standing
from mail.folder import FolderMailbox
from mail.port import TransientMailboxError
from report.standing import PlanStanding
from tests.jobs.stage import (
    ADDENDUM,
    DEADLINE,
    DRAFT,
    EVE,
    GREEN,
    ISSUE,
    PAPERS,
    RED,
    REMINDER,
    REVIEW,
    SPG,
    YEAR,
    Stage,
    at,
    mail,
    release,
    service,
)

EXCUSED = (
    "strategic/facts.yaml",
    "{}\n",
    "excuses:\n  - cycle: c1\n    plan: p3\n    post: social\n    reason: A new team\n    decided_by: Chief Officer\n",
)


class Down(FolderMailbox):
    """A mailbox that takes no mail for a while."""

    down = True

    def prepare(self, raw: bytes) -> str:
        if self.down:
            raise TransientMailboxError("The server is down.")
        return super().prepare(raw)


def plans(stage: Stage) -> dict[str, PlanStanding]:
    with stage.ledger.reading() as entry:
        stood = standing(entry, stage.programme, stage.programme.cycle("c1"), stage.now, draft=False)
    return {plan.id: plan for plan in stood.plans}


def test_a_plan_excused_before_the_issue_is_in_the_papers_with_the_reason(empty: Stage) -> None:
    empty.edit(service(EXCUSED))
    for now in (EVE, ISSUE, DEADLINE):
        empty.wake(now)
    assert {plan for plan, shown in plans(empty).items() if any(item.rows_asked for item in shown.sponsors)} == {
        "p1",
        "p2",
    }
    excused = plans(empty)["p3"]
    [sponsor] = excused.sponsors
    assert (sponsor.state, sponsor.note) == ("no return", "excused by Chief Officer: A new team")
    assert [(row.ref, row.rating, row.status) for row in excused.rows] == [("3.1", None, "no return")]


def test_a_sponsor_excused_after_the_issue_is_said_to_be(stage: Stage) -> None:
    stage.edit(service(EXCUSED))
    assert plans(stage)["p3"].sponsors[0].note == "excused by Chief Officer: A new team"


def test_a_post_that_was_vacant_on_the_issue_is_in_the_papers(empty: Stage) -> None:
    vacant = ("strategic/people.yaml", "holders: [{person: eve}]", "holders: [{person: eve, since: 2020-03-01}]")
    empty.edit(service(vacant))
    for now in (EVE, ISSUE, DEADLINE):
        empty.wake(now)
    stood = plans(empty)
    assert stood["p3"].sponsors[0].note == "the post was vacant"
    assert [sponsor.note for sponsor in stood["p2"].sponsors] == ["", "the post was vacant"]


NEW_PLAN = (
    "strategic/plans.yaml",
    "  - id: p3\n",
    """\
  - id: p9
    label: Plan 9
    title: Roads
    sponsors: [social]
    actions:
      - {ref: "9.1", deliverable: Mend the road, due: 2020-12-31}
  - id: p3
""",
)
SWAPPED = (
    "strategic/plans.yaml",
    "    title: Care\n    sponsors: [care]\n",
    "    title: Care\n    sponsors: [social]\n",
)


def test_a_plan_that_came_after_the_issue_is_no_part_of_the_cycle(stage: Stage) -> None:
    stage.edit(service(NEW_PLAN))
    assert set(plans(stage)) == {"p1", "p2", "p3"}
    stage.play(DEADLINE, PAPERS)
    papers = stage.sent("papers")[0]
    assert "Plan 9" not in papers.text
    assert "5 actions" in papers.text


def test_a_sponsor_who_came_after_the_issue_is_no_part_of_the_cycle(stage: Stage) -> None:
    stage.edit(service(SWAPPED))
    assert [sponsor.post for sponsor in plans(stage)["p1"].sponsors] == ["Head of Care"]


def test_why_somebody_was_not_asked_is_what_it_was_on_the_issue(empty: Stage) -> None:
    empty.edit(service(EXCUSED))
    for now in (EVE, ISSUE):
        empty.wake(now)
    empty.edit(service())
    assert plans(empty)["p3"].sponsors[0].note == "excused by Chief Officer: A new team"
    assert empty.events("issued")[0].detail["not asked p3/social"] == "excused by Chief Officer: A new team"


EXTENDED = (
    "strategic/facts.yaml",
    "{}\n",
    "extensions:\n  - {cycle: c1, plan: p3, until: 2020-02-05, reason: A new team, decided_by: the chair}\n",
)


def test_who_has_longer_is_said_to_have_it_until_all_is_in(stage: Stage) -> None:
    stage.edit(service(EXTENDED))
    assert plans(stage)["p3"].sponsors[0].note == "extended until Wed 5 Feb 2020 by the chair: A new team"
    stage.play(DEADLINE, PAPERS)
    text = " ".join(stage.sent("papers")[0].text.split())
    assert "No return: Head of Social Work (extended until Wed 5 Feb 2020 by the chair: A new team)" in text
    stage.receive(mail("eve@ours.example", stage.returned("p3", "social")), at(17, month=2))
    assert plans(stage)["p3"].sponsors[0].note == ""


def test_a_post_that_fell_vacant_in_the_middle_of_a_cycle_is_said_to_be_vacant(stage: Stage) -> None:
    stage.edit(
        service(("strategic/people.yaml", "holders: [{person: eve}]", "holders: [{person: eve, until: 2020-01-22}]"))
    )
    stage.play(at(23), DEADLINE, PAPERS)
    text = " ".join(stage.sent("papers", "sam")[0].text.split())
    assert "No return: Head of Social Work (the post is vacant)" in text


def test_the_last_rating_of_a_gap_is_printed_with_its_date(second: Stage) -> None:
    second.play(at(29, 17, month=3), at(14, 9, month=4))
    sent = [letter for letter in second.sent("papers", "sam") if "update 2" in letter.subject]
    text = " ".join(sent[0].text.split())
    assert "no return; last rating Amber (reported, not agreed), update 1, 21 February 2020" in text


def test_where_sponsors_differ_the_group_is_asked_which_is_right(year: Stage) -> None:
    year.receive(mail("ann@ours.example", year.returned("p2", r2_1=GREEN, r2_2=GREEN)))
    year.receive(mail("eve@ours.example", year.returned("p2", "social", r2_1=RED, r2_2=GREEN)))
    year.play(DEADLINE, REVIEW, DRAFT)
    release(year)
    year.play(PAPERS, ADDENDUM, SPG)
    ask = "decide which rating is right; Red stands until then."
    assert ask in " ".join(year.sent("papers", "sam")[0].text.split())
    sheet = load_workbook(BytesIO(year.sent("spg", "tess")[0].attachments[0].content)).worksheets[0]
    told = [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell]
    assert any("the sponsors differ (Head of Care: Green; Head of Social Work: Red)" in text for text in told)


def test_the_papers_print_why_somebody_was_not_asked(empty: Stage) -> None:
    empty.edit(service(EXCUSED))
    for now in (EVE, ISSUE, DEADLINE, PAPERS):
        empty.wake(now)
    papers = empty.sent("papers")
    assert papers
    assert "excused by Chief Officer: A new team" in " ".join(papers[0].text.split())


def test_a_reminder_does_not_go_in_the_minute_of_a_delayed_issue(empty: Stage) -> None:
    empty.edit(service(*YEAR))
    empty.wake(EVE)
    mailbox = Down(empty.mailbox)
    empty.through(mailbox)
    for now in (ISSUE, at(27, 12)):
        empty.wake(now)
    mailbox.down = False
    empty.wake(REMINDER)
    assert set(empty.people("issue")) >= {"ann", "eve"}
    reminders = empty.intents("reminder")
    assert {item.state for item in reminders} == {"withdrawn"}
    assert {item.reason for item in reminders} == {"The issue itself went only now."}
    assert not [event for event in empty.events("alert") if "withdrawn" in event.about]


def test_what_must_be_read_is_told_however_many_alerts_came_before(stage: Stage) -> None:
    with stage.ledger.transaction() as entry:
        for number in range(A_DAY + 1):
            raise_alert(stage.office, entry, f"small {number}", "Something small", ("It is.", "Nothing."), stage.now)
        raise_alert(stage.office, entry, "fuse x", "plancycle has stopped sending", ("Why.", "Do."), stage.now)
    assert [item.key.occasion for item in stage.intents("alert")][-1] == "fuse x"
    assert [item.reason for item in stage.desk()] == ["Something small. It is."]
