"""A small implementation plan form, and what is issued with it."""

from datetime import date

import pytest

from programme.answer import IssuedRow, LastKnown
from programme.form import Column, Field, Form, Kind, Rating
from workbook.contents import FormContents

RATINGS = (
    Rating("red", "Red", "Not expected to meet its target: immediate action.", "#9B0F0F", "#FFFFFF", True),
    Rating("amber", "Amber", "Not as expected: corrective action.", "#FFB81C", "#000000", True, synonyms=("yellow",)),
    Rating("green", "Green", "On track.", "#00857D", "#FFFFFF", synonyms=("on track",)),
    Rating("blue", "Blue", "Complete.", "#12436D", "#FFFFFF", complete=True, synonyms=("complete",)),
)
COLUMNS = (
    Column("ref", "Ref", width=6),
    Column("deliverable", "Deliverable", width=30, headers=("Key deliverable",)),
    Column("due", "Due", Kind.DATE, width=12),
    Column("last_rating", "Last rating", width=13),
    Column("last_progress", "Last progress", width=30),
    Column("rating", "Rating", Kind.RATING, answered=True, width=10),
    Column("progress", "Progress", answered=True, width=36),
    Column("reason", "Reason and recovery", answered=True, width=30, hint="Red and Amber"),
    Column("green_by", "Back to Green by", Kind.DATE, answered=True, width=12),
    Column("figure", "Latest figure", answered=True, width=13),
    Column("figure_date", "Figure date", Kind.DATE, answered=True, width=12),
    Column("forecast", "Forecast", Kind.CHOICE, True, width=13, choices=("On time", "Late", "Not achievable")),
    Column("new_date", "Proposed new date", Kind.DATE, answered=True, width=12),
    Column("escalate_to", "Escalate to", answered=True, width=14),
    Column("updated_by", "Updated by", answered=True, width=14),
    Column("lead", "Lead", grouped=True, width=22),
    Column("start", "Start", Kind.DATE, grouped=True, width=12),
    Column("revised_due", "Revised due", Kind.DATE, grouped=True, width=12),
    Column("measure", "Measure", grouped=True, width=28),
    Column("outcomes", "National outcomes", grouped=True, width=14),
)
FIELDS = (
    Field("ask", "Ask of the SPG", hint="What you need them to decide or unblock"),
    Field("case_study", "Case study"),
    Field("feedback", "Service user feedback"),
    Field("anything_else", "Anything else"),
    Field("nobody_identified", "Nobody can be identified from this", Kind.TICK),
)
ROWS = (
    ("3.1", "Agree a multi-agency response to the Hard Edges Scotland findings", date(2020, 6, 30), "green", "green"),
    ("3.2", "Implement the revised Community Safety Partnership governance", date(2020, 3, 31), "green", "amber"),
    ("3.3", "Deliver the Community Justice outcomes and publish the annual report", date(2020, 9, 30), "amber", None),
    ("3.4", "Review adult support and protection inquiry timescales", date(2020, 6, 30), "red", "red"),
    ("3.5", "Roll out revised multi-agency child protection training", date(2020, 12, 31), None, None),
    ("3.10", "Introduce one public-protection dashboard for children and adults", None, None, "green"),
)
PROGRESS = "Two workshops held with partners; the draft response was shared with the Alcohol and Drug Partnership."


def issued(ref: str, deliverable: str, due: date | None, agreed: str | None, reported: str | None) -> IssuedRow:
    last = LastKnown(agreed, reported, PROGRESS if agreed else "", "2020-02" if agreed else "")
    reference = {
        "lead": "SM Adult Protection",
        "start": "2019-09-01",
        "measure": "Inquiries within 5 days",
        "outcomes": "5, 7",
    }
    return IssuedRow(ref, f"t-{ref}-x9", deliverable, due, last, reference)


@pytest.fixture(scope="session")
def form() -> Form:
    return Form("implementation", "Implementation plan", COLUMNS, FIELDS, RATINGS)


@pytest.fixture(scope="session")
def contents(form: Form) -> FormContents:
    return FormContents(
        programme="Strategic Plan 2019–2024",
        cycle="Cycle 5, March 2020",
        plan_label="Big Action 3",
        plan_title="Together We Will Protect Our Population",
        post="Head of Health and Community Care",
        person="Allan Example",
        deadline=date(2020, 3, 13),
        spg=date(2020, 4, 3),
        team="Planning Team",
        phone="01475 000 000",
        form=form,
        rows=tuple(issued(*row) for row in ROWS),
        identity={"programme": "strategic-plan", "cycle": "2020-03", "plan": "big-action-3", "hmac": "00ff"},
    )
