"""A quarter of highlight reports: one as it should be, one late and in part, one that did not come."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from programme.answer import LastKnown
from programme.loader import load
from report import letters
from report.standing import CycleTally, Difference, LogLine, PlanStanding, RowStanding, SponsorStanding, Standing
from tests.report.samples import SENDER

FORM = load(Path(__file__).parents[2] / "config").programme("highlight-reports").form
HEADINGS = ("Deliverables to timescales", "Risks / issues", "Resources")


def _last(rating: str | None) -> LastKnown:
    return LastKnown(rating, rating, "As planned." if rating else "", "report 1" if rating else "")


def _row(ref: int, rating: str | None, last: str | None, status: str = "", **values: str) -> RowStanding:
    answers = ({"rating": rating} if rating else {}) | values
    return RowStanding(str(ref), HEADINGS[ref - 1], None, rating, status, _last(last), answers)


HUBS = PlanStanding(
    "hubs",
    "Health and Social Care Hubs",
    "Health & Social Care Hubs (HSCHs)",
    (
        SponsorStanding(
            "Workstream Lead, Health and Social Care Hubs", "Marion Firth", "returned", 3, 3,
            datetime(2018, 6, 6, 11, 20, tzinfo=UTC),
            fields={
                "progress_since_last": "This is the second formal report.\nThe group has met twice, and visited the "
                "Brae and the Kirkwall practices.",
                "escalated": "Premises for the first hub: the lease of the Brae practice ends in March.",
                "escalated_forum": "Asset Management Group",
                "escalated_timescale": "By the end of September 2018",
                "risk_assessment": "- Savings across the partnership\n- The present model cannot be sustained",
                "critical_issues": "None",
                "financial_strategy": "A hub has to pay for itself within three years.",
                "look_ahead": "The revised group meets for the first time.",
            },
        ),
    ),
    (
        _row(1, "amber", "green", progress="The site visits took longer than planned.",
             reason="Two visits were put off by the weather. They are booked again.", green_by="2018-08-31"),
        _row(2, "green", "amber", progress="The risks are known and shared."),
        _row(3, "green", "green"),
    ),
    "amber",
)  # fmt: skip
GENERIC = PlanStanding(
    "generic-worker",
    "Generic Worker",
    "Generic Worker",
    (
        SponsorStanding("Workstream Lead, Generic Worker", "Erlend Heddle", "partial", 2, 3,
                        datetime(2018, 6, 11, 9, 5, tzinfo=UTC), late=True,
                        fields={"progress_since_last": "=cmd|'/c calc'!A1", "escalated": "nil"}, missing=("3",)),
        SponsorStanding("Depute Lead", "", "returned", 3, 3, fields={"escalated": "The grade of the post."}),
    ),
    (
        replace(_row(1, "red", None, progress="No meeting has taken place.", reason="Illness."), late=True,
                differences=(Difference("Depute Lead", "amber"), Difference("Workstream Lead", "red"))),
        _row(2, "blue", "green"),
        _row(3, None, "green", "not updated"),
    ),
    "red",
)  # fmt: skip
ISLES = PlanStanding(
    "isles-model",
    "Isles Model of Care",
    "Isles Model of Care (IMOC)",
    (SponsorStanding("Workstream Lead, Isles Model of Care", "Inga Rendall", "no return", 0, 3,
                     missing=("1", "2", "3")),),
    tuple(_row(ref, None, last, "no return") for ref, last in ((1, "green"), (2, "amber"), (3, None))),
    None,
)  # fmt: skip
STANDING = Standing(
    programme="Workstream highlights",
    cycle="report 2",
    issue=date(2018, 6, 1),
    deadline=date(2018, 6, 8),
    spg=date(2018, 6, 27),
    spg_name="Strategic Planning Group",
    team="Planning team",
    phone="01632 960123",
    form=FORM,
    plans=(HUBS, GENERIC, ISLES),
    log=(LogLine(datetime(2018, 6, 6, 11, 20, tzinfo=UTC), "marion.firth@hscp.example", HUBS.label, "Hubs.xlsx",
                 "accepted", 3, 0, True),),
    as_at=datetime(2018, 6, 20, 9, 0, tzinfo=UTC),
    draft=False,
    history=(CycleTally("report 1", {"green": 5, "amber": 2, "not updated": 2}),),
    decided=("Health and Social Care Hubs: the report was endorsed.",),
    period="April – June 2018",
)  # fmt: skip
QUIET = replace(
    STANDING,
    plans=(replace(HUBS, sponsors=(replace(HUBS.sponsors[0], fields={"escalated": "None"}),)),),
    history=(),
    decided=(),
    phone="",
)
PAPERS = letters.PapersLetter(
    "Councillor Brown", "member", STANDING, "Highlight reports report 2 - papers.xlsx", SENDER
)
DRAFT = letters.DraftLetter(
    "Caroline Champion", "team", replace(STANDING, draft=True), "Highlight reports report 2 - papers DRAFT.xlsx",
    datetime(2018, 6, 20, 9, 0, tzinfo=UTC), "", SENDER,
)  # fmt: skip
LETTERS: dict[str, letters.AnyLetter] = {
    "highlights": PAPERS,
    "highlights-sponsor": replace(PAPERS, person="Inga Rendall", role="sponsor", standing=QUIET),
    "highlights-draft": DRAFT,
}
