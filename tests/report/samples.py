"""One standing with everything in it, and a letter of every kind, as they might be in update 4."""

from dataclasses import replace
from datetime import UTC, date, datetime

from programme.answer import LastKnown, Query
from programme.form import Column, Field, Form, Kind, Rating
from report import asked, letters
from report.standing import Difference, LogLine, PlanStanding, RowStanding, SponsorStanding, Standing

RED = Rating("red", "Red", "Not expected to meet its target; immediate action", "#9B0F0F", "#FFFFFF", True)
AMBER = Rating("amber", "Amber", "Not as expected; corrective action", "#FFB81C", "#000000", True)
GREEN = Rating("green", "Green", "On track", "#00857D", "#FFFFFF")
BLUE = Rating("blue", "Blue", "Complete", "#12436D", "#FFFFFF", complete=True)

FORM = Form(
    id="implementation-plan",
    title="Implementation plan",
    columns=(
        Column("ref", "Ref", width=6),
        Column("deliverable", "Deliverable", width=36),
        Column("due", "Due", Kind.DATE, width=12),
        Column("last_rating", "Last rating", width=12),
        Column("last_progress", "Last progress", width=34),
        Column("rating", "Rating", Kind.RATING, answered=True, width=10),
        Column("progress", "Progress", answered=True, width=44),
        Column("reason", "Reason and recovery", answered=True, width=40),
        Column("green_by", "Back to Green by", Kind.DATE, answered=True, width=12),
        Column("figure", "Latest figure", answered=True, width=16),
        Column("figure_date", "Date of figure", Kind.DATE, answered=True, width=12),
        Column("forecast", "Forecast", Kind.CHOICE, True, width=14, choices=("On time", "Late", "Not achievable")),
        Column("new_date", "Proposed new date", Kind.DATE, answered=True, width=12),
        Column("escalate_to", "Escalate to", answered=True, width=18),
        Column("updated_by", "Updated by", answered=True, width=18),
        Column("lead", "Lead", grouped=True, width=22),
        Column("start", "Start", Kind.DATE, grouped=True, width=12),
        Column("revised_due", "Revised due", Kind.DATE, grouped=True, width=12),
        Column("measure", "Measure", grouped=True, width=28),
        Column("outcomes", "National outcomes", grouped=True, width=12),
    ),
    fields=(
        Field("ask", "Ask of the SPG"),
        Field("case_study", "Case study"),
        Field("feedback", "Service user feedback"),
        Field("anything_else", "Anything else"),
        Field("nobody_identified", "Nobody can be identified", Kind.TICK),
    ),
    ratings=(RED, AMBER, GREEN, BLUE),
)

SENDER = asked.Sender("Planning team", "01632 960123", "planning@hscp.example")
LONG = (
    "The tender was re-run after the first contractor withdrew in November, and the new programme has been agreed "
    "with housing, legal and finance colleagues. "
)
HOSTILE = "<script>alert(\"x\")</script> & =cmd|'/c calc'!A1 https://evil.example/?a=1&b=2 \u202egnp.exe"


def _last(agreed: str | None, reported: str | None = None, progress: str = "As planned.") -> LastKnown:
    return LastKnown(agreed, reported or agreed, progress, "update 3" if agreed or reported else "")


def row(
    ref: str, deliverable: str, due: date | None, rating: str | None, last: LastKnown, **values: str
) -> RowStanding:
    """A row that was returned; its answers are named by column id."""
    return RowStanding(
        ref,
        deliverable,
        due,
        rating,
        "" if rating else "not updated",
        last,
        values=({"rating": rating} if rating else {}) | values,
        reference={"lead": "SM Service Lead", "measure": "Agreed and in use", "outcomes": "1, 5"},
    )


def no_return(ref: str, deliverable: str, due: date, last: str) -> RowStanding:
    return RowStanding(ref, deliverable, due, None, "no return", _last(last), last_on=date(2019, 11, 29))


PLAN_1 = PlanStanding(
    "ba1",
    "Big Action 1",
    "Reducing Inequalities By Building Stronger Communities & Improving Physical & Mental Health",
    (
        SponsorStanding(
            "Head of Strategy and Support Services",
            "Helen Watson",
            "returned",
            4,
            4,
            datetime(2020, 1, 29, 16, 5, tzinfo=UTC),
            fields={"ask": "None", "case_study": "A community connector met an older man.", "feedback": ""},
        ),
    ),
    (
        row("1.1", "Implement the recommendations of the external review of advice provision", date(2021, 3, 31),
            "green", _last("green"), progress="Eleven of 14 recommendations are in place; 412 clients seen.",
            figure="412 clients", figure_date="2020-01-24"),
        row("1.3", "Embed community link workers in every GP practice", date(2020, 9, 30), "blue", _last("green"),
            progress="All practices have a link worker since 13 January.", figure="14 of 14", figure_date="2020-01-13"),
        row("1.5", "Agree and start an improved pathway for people in distress", date(2020, 6, 30), "amber",
            _last("green"), progress="Pathway drafted.",
            reason="The police triage pilot started six weeks late. " + LONG,
            green_by="2020-05-29", new_date="2020-09-30", forecast="Late", updated_by="SM Mental Health"),
        row("1.6", "Raise bowel-screening uptake in the most deprived datazones", date(2021, 3, 31), "green",
            _last("amber"), progress="Uptake rose two points after the practice visits.", figure="47.1%"),
    ),
    "amber",
)  # fmt: skip
PLAN_3 = PlanStanding(
    "ba3",
    "Big Action 3",
    "Together We Will Protect Our Population",
    (
        SponsorStanding("Head of Children & Families & Criminal Justice", "Sharon McAlees", "partial", 3, 4,
                        datetime(2020, 1, 30, 14, 12, tzinfo=UTC)),
        SponsorStanding("Head of Health & Community Care", "Allen Stevenson", "returned", 4, 4,
                        datetime(2020, 2, 3, 9, 12, tzinfo=UTC), late=True,
                        fields={"ask": "Write to the national screening board about the shared dashboard.",
                                "nobody_identified": "TRUE", "anything_else": "Winter pressures eased in January."}),
    ),
    (
        replace(
            row("3.1", "Agree a multi-agency response to the Hard Edges Scotland findings", date(2020, 6, 30), "red",
                _last("amber"), progress="Two of five agencies have signed.\nThe rest meet in March.", reason=LONG * 2,
                forecast="Not achievable", escalate_to="Chief Officers' Group", updated_by="SM Criminal Justice"),
            differences=(Difference("Head of Children & Families & Criminal Justice", "amber"),
                         Difference("Head of Health & Community Care", "red")),
            queries=(Query("3.1", "no-way-back", "green_by", "Row 3.1 is Red with no date back to Green."),),
            late=True,
        ),
        row("3.2", "Implement the revised Community Safety Partnership governance", date(2020, 3, 31), "amber",
            _last("amber", "green"), progress="New group met on 9 January."),
        row("3.4", HOSTILE, date(2020, 6, 30), "green", _last("green"), progress="=cmd|'/c calc'!A1"),
        row("3.5", "Roll out revised multi-agency child protection training", None, None, _last(None, "green")),
    ),
    "red",
)  # fmt: skip
PLAN_4 = PlanStanding(
    "ba4",
    "Big Action 4",
    "We Will Support More People To Fulfil Their Right To Live At Home Or Within A Homely Setting & Promote "
    "Independent Living",
    (SponsorStanding("Head of Health & Community Care", "Allen Stevenson", "returned", 2, 2,
                     datetime(2020, 1, 31, 17, 40, tzinfo=UTC)),),
    (
        row("4.1", "Deliver the new learning disability community hub", date(2022, 3, 31), "red", _last("red"),
            progress="Site agreed in principle.",
            reason="Ground conditions add £310,000. A revised case goes to the board.",
            green_by="2020-08-31", escalate_to="Integration Joint Board", lead="SM Learning Disability"),
        row("4.2", "Open the new Greenock Health and Care Centre", date(2020, 11, 30), "green", _last(None),
            progress=LONG * 16),
    ),
    "red",
)  # fmt: skip
PLAN_5 = PlanStanding(
    "ba5",
    "Big Action 5",
    "Together We Will Reduce The Use Of & Harm From Alcohol, Tobacco & Drugs",
    (SponsorStanding("Head of Mental Health, Addictions & Homelessness", "Deborah Gillespie", "no return", 0, 3,
                     note="extended until Wed 19 Feb 2020 by the Chief Officer: staff absence"),),
    (
        no_return("5.1", "Redesign alcohol and drug services into one recovery service", date(2020, 12, 31), "green"),
        no_return("5.2", "Recruit a peer naloxone link worker and widen take-home naloxone", date(2020, 12, 31),
                  "amber"),
        no_return("5.5", "Implement the Rapid Rehousing Transition Plan, including Housing First", date(2024, 3, 31),
                  "green"),
    ),
    None,
)  # fmt: skip

STANDING = Standing(
    programme="Strategic Plan",
    cycle="update 4",
    issue=date(2020, 1, 20),
    deadline=date(2020, 1, 31),
    spg=date(2020, 2, 21),
    spg_name="Strategic Planning Group (SPG)",
    team="Planning team",
    phone="01632 960123",
    form=FORM,
    plans=(PLAN_1, PLAN_3, PLAN_4, PLAN_5),
    log=(
        LogLine(datetime(2020, 1, 29, 16, 5, tzinfo=UTC), "helen.watson@hscp.example", "Big Action 1", "BA1.xlsx",
                "accepted", 4, 0, True),
        LogLine(datetime(2020, 1, 30, 14, 12, tzinfo=UTC), "pa.mcalees@hscp.example", "Big Action 3", "BA3 Jan.xlsx",
                "accepted in part", 3, 1, True),
        LogLine(datetime(2020, 1, 31, 17, 40, tzinfo=UTC), "allen.stevenson@hscp.example", "Big Action 4", "BA4.xlsx",
                "accepted", 2, 0, True),
        LogLine(datetime(2020, 2, 3, 9, 12, tzinfo=UTC), "allen.stevenson@hscp.example", "Big Action 3",
                "=BA3 <final>.xlsx", "accepted", 4, 0, False),
        LogLine(datetime(2020, 2, 4, 11, 1, tzinfo=UTC), "someone@elsewhere.example", "", "", "waits for a person"),
    ),
    as_at=datetime(2020, 2, 14, 9, 0, tzinfo=UTC),
    draft=False,
)  # fmt: skip

ASKED_2 = asked.AskedPlan(
    "Big Action 2",
    "A Nurturing Inverclyde Will Give Our Children & Young People The Best Start In Life",
    "Big Action 2 - update 4.xlsx",
    (
        asked.AskedRow(
            "2.1", "Publish and begin the Children's Services Plan 2020-23", date(2020, 3, 31), "Green", True
        ),
        asked.AskedRow(
            "2.3", "Agree local implementation of the national Play Strategy", date(2020, 6, 30), "Amber", False
        ),
        asked.AskedRow("2.5", "Increase the number of local kinship and foster carers", None, "", False),
    ),
    date(2020, 1, 31),
)
ASKED_3 = asked.AskedPlan(
    "Big Action 3",
    "Together We Will Protect Our Population",
    "Big Action 3 - update 4.xlsx",
    (
        asked.AskedRow(
            "3.1", "Agree a multi-agency response to the Hard Edges Scotland findings", date(2020, 6, 30), "Amber", True
        ),
        asked.AskedRow(
            "3.2", "Implement the revised Community Safety Partnership governance", date(2020, 3, 31), "Amber", True
        ),
        asked.AskedRow("3.4", "Review adult support and protection inquiry timescales", date(2020, 6, 30), "Red", True),
    ),
    date(2020, 1, 31),
    ("Head of Health & Community Care",),
)
ISSUE = asked.IssueLetter(
    "Strategic Plan", "update 4", "Sharon McAlees", date(2020, 2, 21),
    "Strategic Planning Group (SPG)", (ASKED_2, ASKED_3), SENDER,
)  # fmt: skip
MERGED_AWAY = (
    "Merged into Big Action 4 on Mon 27 Jan 2020, decided by SPG: They depend on it. "
    "The papers show these rows beside the new report."
)
RECEIPT_3 = letters.ReceiptPlan(
    label="Big Action 3",
    title="Together We Will Protect Our Population",
    file_name="BA3 Jan.xlsx",
    form=FORM,
    rows=(
        letters.ReceiptRow("3.1", "green", "Test of change began 6 January with four families of practice."),
        letters.ReceiptRow("3.2", "amber", "New group met on 9 January; terms of reference go to the board in March."),
        letters.ReceiptRow("3.4", "red", LONG * 3),
    ),
    queries=(
        Query("3.2", "no-way-back", "green_by",
              'Row 3.2 (cell H9) is Amber with no date back to Green.'),
    ),
    refused=('Actions!F11 says "Purple": please choose Red, Amber, Green or Blue.',),
    notes=("We left Due in 3.4 as it was: only the SPG changes it. To ask, fill in Proposed new date.",),
    still_missing=("3.3", "3.5", "3.6"),
    on_time=True,
    deadline=date(2020, 1, 31),
)  # fmt: skip
RECEIPT = letters.ReceiptLetter(
    "Strategic Plan", "update 4", "Sharon McAlees", "Ann Smith", datetime(2020, 1, 30, 14, 12, tzinfo=UTC),
    date(2020, 2, 21), (RECEIPT_3,), (), SENDER,
)  # fmt: skip
UNCHANGED = replace(RECEIPT_3, label="Big Action 2", title=ASKED_2.title, file_name="BA2.xlsx", rows=(), queries=(),
                    refused=(), notes=(), still_missing=("2.1",), on_time=False, unchanged=True)  # fmt: skip
SAID = (("Ask of the SPG", "Write to the national screening board about the shared dashboard. " * 4),
        ("Nobody can be identified", "Yes"))  # fmt: skip
COMPLETE = replace(RECEIPT_3, rows=RECEIPT_3.rows[:1], queries=(), refused=(), notes=(), still_missing=())
UNREADABLE = letters.UnreadableLetter(
    "Strategic Plan", "update 4", "Sharon McAlees", datetime(2020, 1, 30, 14, 12, tzinfo=UTC), date(2020, 1, 31),
    ("“BA3.pdf” is a PDF. Please open the form in Excel, choose Save As, Excel Workbook (.xlsx), and send that.",),
    (ASKED_3,), SENDER,
)  # fmt: skip
AGAIN = letters.AgainLetter(
    "Strategic Plan", "update 4", "Sharon McAlees", datetime(2020, 1, 31, 9, 5, tzinfo=UTC),
    (letters.AgainPlan(RECEIPT_3.label, RECEIPT_3.title, RECEIPT_3.file_name, FORM, RECEIPT.received, RECEIPT_3.rows),),
    (), (), SENDER,
)  # fmt: skip
QUESTION = letters.QuestionLetter(
    "Strategic Plan", "update 4", "Sharon McAlees", datetime(2020, 1, 30, 14, 12, tzinfo=UTC), date(2020, 1, 31),
    True, (ASKED_3,), SENDER,
)  # fmt: skip
WAITING = (
    "A photograph of a form came from Deborah Gillespie this morning: enter it or ask for the file.",
    "An unknown sender, someone@elsewhere.example, returned row 4.5: vouch for it or set it aside.",
)
DEADLINE = letters.DeadlineLetter(
    "Caroline Champion",
    replace(STANDING, draft=True, as_at=datetime(2020, 2, 3, 17, 0, tzinfo=UTC), waiting=WAITING),
    "Strategic Plan update 4 - papers DRAFT.xlsx", datetime(2020, 2, 14, 9, 0, tzinfo=UTC), SENDER,
)  # fmt: skip
PAPERS = letters.PapersLetter("Councillor Brown", "member", STANDING, "Strategic Plan update 4 - papers.xlsx", SENDER)
ALERT = letters.AlertLetter(
    "Caroline Champion",
    "one message may or may not have been sent",
    ("The issue of update 4 to Sharon McAlees was being sent when the mailbox stopped answering.",
     "For 30 minutes the mailbox could not say whether it went."),
    "Look in Sent Items; if it is not there, send it again from the desk.",
    datetime(2020, 1, 20, 9, 42, tzinfo=UTC), SENDER,
)  # fmt: skip

FIRST = replace(
    STANDING,
    plans=tuple(
        replace(plan, rows=tuple(replace(row, last=LastKnown()) for row in plan.rows)) for plan in STANDING.plans
    ),
    cycle="update 1",
    draft=True,
)
ALL_IN = replace(
    STANDING,
    plans=(
        replace(
            PLAN_4, rows=(row("4.2", "Open the centre", date(2020, 11, 30), "green", _last("green"), progress="Open."),)
        ),
    ),
    log=(),
)

LETTERS: dict[str, letters.AnyLetter] = {
    "issue": ISSUE,
    "issue-late": replace(ISSUE, plans=(ASKED_3,), issued_late=True, sender=replace(SENDER, phone="", address="")),
    "issue-merged": replace(ISSUE, plans=(replace(ASKED_3, policy="any"),), merges=("Big Action 5", "Big Action 6")),
    "issue-merged-late": replace(ISSUE, plans=(replace(ASKED_3, policy="rows"),), merges=("Big Action 6",),
                                 papers=date(2020, 2, 14), follows=("chase",)),
    "receipt": RECEIPT,
    "receipt-late": replace(RECEIPT, returned_by=None, received=datetime(2020, 2, 3, 9, 0, tzinfo=UTC),
                            plans=(UNCHANGED, replace(COMPLETE, on_time=False)), problems=UNREADABLE.problems),
    "receipt-complete": replace(RECEIPT, returned_by=None, plans=(replace(COMPLETE, fields=SAID),)),
    "receipt-merged": replace(RECEIPT, returned_by=None, plans=(
        replace(COMPLETE, closed=MERGED_AWAY),
    )),
    "receipt-after": replace(
        RECEIPT, returned_by="isla@elsewhere.example", vouched_by="Caroline Champion", too_late=True,
        received=datetime(2020, 2, 25, 9, 0, tzinfo=UTC),
        plans=(replace(COMPLETE, a_part=True, deadline=date(2020, 2, 5), on_time=False),
               replace(COMPLETE, label="Big Action 4", still_missing=("4.2",), rows=(), fields=SAID)),
    ),
    "unreadable": UNREADABLE,
    "unreadable-late": replace(UNREADABLE, received=datetime(2020, 2, 3, 9, 0, tzinfo=UTC), outstanding=(),
                               problems=(*UNREADABLE.problems, "“BA2.docx” is a Word document.")),
    "again": AGAIN,
    "again-partly": replace(AGAIN, plans=(AGAIN.plans[0], replace(AGAIN.plans[0], label="Big Action 2", rows=())),
                            problems=UNREADABLE.problems, outstanding=(ASKED_3,)),
    "again-whole": replace(AGAIN, plans=(
        replace(AGAIN.plans[0], rows=AGAIN.plans[0].rows[:1], fields=SAID),
        replace(AGAIN.plans[0], label="Big Action 2", rows=(), fields=SAID),
    )),
    "question": QUESTION,
    "question-plain": replace(QUESTION, mentions_file=False, outstanding=(), deadline=None),
    "deadline": DEADLINE,
    "deadline-clear": replace(
        DEADLINE, standing=replace(ALL_IN, draft=True, as_at=datetime(2020, 1, 31, 17, 45, tzinfo=UTC))
    ),
    "papers": PAPERS,
    "papers-sponsor": replace(PAPERS, person="Sharon McAlees", role="sponsor"),
    "papers-first": replace(PAPERS, standing=FIRST),
    "papers-quiet": replace(PAPERS, standing=ALL_IN),
    "alert": ALERT,
}  # fmt: skip
