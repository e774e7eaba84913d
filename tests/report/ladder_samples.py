"""A letter of every kind of the year's ladder, and the standing of a bad cycle with its history."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from programme.answer import Query
from report import asked, letters
from report.standing import CycleTally
from report.summary import ask_lines, summarise
from tests.report import highlight_samples, samples
from tests.report.samples import ASKED_2, ASKED_3, PLAN_1, PLAN_3, PLAN_5, SENDER, STANDING

_DEADLINE, _SPG, _PAPERS = date(2020, 1, 31), date(2020, 2, 21), date(2020, 2, 14)
_SPG_NAME = "Strategic Planning Group (SPG)"


def _tally(cycle: str, *counts: int) -> CycleTally:
    keys = ("red", "amber", "green", "blue", "not updated", "no return")
    return CycleTally(cycle, dict(zip(keys, counts, strict=True)))


HISTORY = (
    _tally("update 1", 0, 3, 10, 0, 0, 0),
    _tally("update 2", 1, 2, 8, 0, 2, 0),
    _tally("update 3", 1, 4, 8, 0, 0, 0),
)
REVISED = replace(
    PLAN_1,
    rows=(
        replace(PLAN_1.rows[0], original_due=date(2020, 9, 30)),
        PLAN_1.rows[1],
        replace(PLAN_1.rows[2], original_due=date(2019, 12, 31)),
        PLAN_1.rows[3],
    ),
)
_MISSING = replace(
    PLAN_3, sponsors=(replace(PLAN_3.sponsors[0], missing=("3.5",)), PLAN_3.sponsors[1]),
    rows=(replace(PLAN_3.rows[0], original_due=date(2020, 3, 31)), *PLAN_3.rows[1:]),
)  # fmt: skip
OUT = replace(PLAN_5, sponsors=(replace(PLAN_5.sponsors[0], missing=("5.1", "5.2", "5.5")),))
YEAR = replace(
    STANDING,
    plans=(REVISED, _MISSING, STANDING.plans[2], OUT),
    history=HISTORY,
    decided=(
        "Big Action 1, row 1.1: a new date was agreed, 31 March 2021 (was 30 September 2020). It is now Green.",
        "Big Action 4, row 4.1: site funding was referred to the Integration Joint Board. It is still Red.",
    ),
)
LONG_YEAR = replace(YEAR, cycle="update 11", decided=(), unrecorded="update 10",
                    history=tuple(_tally(f"update {one}", 1, 2, 9, 1, 0, 0) for one in range(1, 11)))  # fmt: skip

REMINDER = asked.ReminderLetter(
    "Strategic Plan", "update 4", "Sharon McAlees", _DEADLINE, _SPG,
    (replace(ASKED_3, rows=(ASKED_3.rows[0], replace(ASKED_3.rows[2], original_due=date(2019, 12, 31),
     last_reported="Amber", decision="keep the new date; report site visits monthly"))),),
    ("Big Action 2",), datetime(2020, 1, 28, 8, 50, tzinfo=UTC), SENDER,
)  # fmt: skip
CHASE = asked.ChaseLetter(
    "Strategic Plan", "update 4", "Sharon McAlees", 1, _DEADLINE, _PAPERS, _SPG, REMINDER.outstanding, False, (),
    (asked.NextRung(date(2020, 2, 5), "delegate", "Ann Smith"),
     asked.NextRung(date(2020, 2, 7), "sponsor", "Sharon McAlees"),
     asked.NextRung(date(2020, 2, 10), "escalation", "Louise Long, the Chief Officer,")),
    datetime(2020, 2, 4, 8, 50, tzinfo=UTC), SENDER,
)  # fmt: skip
_OWED = asked.OwedBy("Sharon McAlees", "Head of Children & Families & Criminal Justice", REMINDER.outstanding,
                     (date(2020, 2, 4), date(2020, 2, 5), date(2020, 2, 7)))  # fmt: skip
_OWED_TOO = asked.OwedBy("Allen Stevenson", "Head of Health & Community Care", (ASKED_2,), (date(2020, 2, 5),))
COVER = asked.CoverLetter("Strategic Plan", "update 4", "Ann Smith", _DEADLINE, _PAPERS, _SPG, (_OWED,), SENDER)
ESCALATION = asked.EscalationLetter(
    "Strategic Plan", "update 4", "Louise Long", _DEADLINE, _PAPERS, _SPG, (_OWED,), SENDER
)
_COPIED = asked.CopiedFor("Sharon McAlees", (ASKED_2, ASKED_3))
_COPIED_TOO = asked.CopiedFor("Allen Stevenson", (replace(ASKED_3, label="Big Action 4", deadline=date(2020, 2, 7)),))
COPY = asked.CopyLetter("Strategic Plan", "update 4", "Ann Smith", (_COPIED,), SENDER)
REVIEWED = letters.ReviewedPlan(
    "Big Action 3",
    "Together We Will Protect Our Population",
    samples.FORM,
    samples.RECEIPT_3.rows,
    ("3.5",),
    (Query("3.2", "no-way-back", "green_by", "Row 3.2 is Amber with no date back to Green. When will it be?"),),
    ("Row 3.1: you said Green, the Head of Health & Community Care said Red. The worse stands until someone decides.",),
    False,
)
REVIEW = letters.ReviewLetter(
    "Strategic Plan", "update 4", "Sharon McAlees", (REVIEWED,), datetime(2020, 2, 12, 9, 0, tzinfo=UTC), _SPG,
    _SPG_NAME, SENDER,
)  # fmt: skip
DRAFT = letters.DraftLetter(
    "Caroline Champion", "team",
    replace(YEAR, draft=True, as_at=datetime(2020, 2, 12, 9, 0, tzinfo=UTC), waiting=samples.WAITING),
    "Strategic Plan update 4 - papers DRAFT.xlsx", datetime(2020, 2, 14, 9, 0, tzinfo=UTC), "", SENDER,
)  # fmt: skip
ADDENDUM = letters.AddendumLetter(
    "Councillor Brown", "member", replace(YEAR, as_at=datetime(2020, 2, 20, 15, 0, tzinfo=UTC)),
    ("Big Action 3, row 3.5 (Roll out revised multi-agency child protection training): not updated, now Green.",
     "Big Action 5: a return came on Monday 17 February. 5.1 is Green, 5.2 Amber and 5.5 Green."),
    "Strategic Plan update 4 - addendum.xlsx", SENDER,
)  # fmt: skip
DIGEST = letters.DigestLetter(
    "Caroline Champion",
    "Working: inbox read to the end at 08:25; configuration good since Friday 31 January.",
    ("14: Deborah Gillespie sent a photograph of a form. Ask for words, or enter it: plancycle desk show 14.",
     "15: an unknown sender returned row 4.5. Vouch for it or set it aside: plancycle desk show 15."),
    (),
    ("09:30, chase 2: Big Action 3 to Sharon McAlees, with Ann Smith asked too. To stop it, add a hold for the plan.",),
    ("The chase of Deborah Gillespie: item 14 of hers waits for you.",),
    "3 sent, 2 returns, none bounced.",
    YEAR,
    ("Draft papers on Wednesday 12 February", "Papers on Friday 14 February", "SPG on Friday 21 February"),
    date(2020, 2, 4),
    SENDER,
)  # fmt: skip
CHANGE = letters.ChangeLetter(
    "Strategic Plan", "Sharon McAlees", False,
    ("The deadline of update 4 is now Friday 7 February 2020; it was Friday 31 January 2020.",
     "The reason: the SPG meets a week later than planned."),
    ("You have a week longer. The form that you have stays good.",), SENDER,
)  # fmt: skip
SPG = letters.SpgLetter(
    "Caroline Champion", "Strategic Plan", "update 4", _SPG, _SPG_NAME, ask_lines(summarise(STANDING)),
    ("update 2", "update 3"), "Strategic Plan update 4 - decisions.xlsx", SENDER,
)  # fmt: skip
DECIDED = letters.DecidedLetter(
    "Strategic Plan", "update 4", "Allen Stevenson", False, _SPG, _SPG_NAME,
    (letters.DecidedPlan("Big Action 3", PLAN_3.title, ()),
     letters.DecidedPlan("Big Action 4", STANDING.plans[2].title,
                         ("4.1: due 1 October 2022 (was 31 March 2022).", "4.2: agreed as Green."))),
    True, (), SENDER,
)  # fmt: skip

_SILENT = replace(SENDER, phone="")
_BOTH = (ASKED_2, *REMINDER.outstanding)
_WHOLE = replace(ASKED_3, label="Workstream 2", rows=())
_CALM = replace(samples.ALL_IN, history=HISTORY[:1])
LADDER: dict[str, letters.AnyLetter] = {
    "issue-successor": replace(samples.ISSUE, unrecorded="update 3", copied=("Ann Smith",),
                               successor_of="Deborah Gillespie", plans=REMINDER.outstanding),
    "issue-alone": replace(samples.ISSUE, copied=("Ann Smith", "Bill Ross"), follows=()),
    "issue-apart": replace(
        samples.ISSUE, on=date(2020, 2, 3), successor_of="Deborah Gillespie",
        plans=(replace(ASKED_2, deadline=_DEADLINE, done=("2.2",)),
               replace(ASKED_3, deadline=date(2020, 2, 7), done=("3.3", "3.5"))),
    ),
    "issue-after-papers": replace(samples.ISSUE, papers=date(2020, 2, 20), in_papers=False,
                                  plans=REMINDER.outstanding, successor_of="Deborah Gillespie"),
    "reminder": REMINDER,
    "reminder-both": replace(REMINDER, outstanding=_BOTH, complete=(), sender=_SILENT),
    "chase": CHASE,
    "chase-last": replace(CHASE, request=3, outstanding=(*_BOTH, _WHOLE), partial=True, copied=("Ann Smith",),
                          next_rungs=(), sender=_SILENT),
    "chase-successor": replace(CHASE, outstanding=_BOTH, since=date(2020, 2, 4)),
    "cover": COVER,
    "cover-both": replace(COVER, owed_by=(replace(_OWED, plans=_BOTH),), sender=_SILENT),
    "cover-several": replace(COVER, owed_by=(_OWED, _OWED_TOO)),
    "escalation": ESCALATION,
    "escalation-successor": replace(ESCALATION, owed_by=(
        replace(_OWED, asked_on=_OWED.asked_on[:1], warned=False, since=date(2020, 2, 4)),
    )),
    "escalation-whole": replace(ESCALATION, owed_by=(replace(_OWED, plans=(_WHOLE,), asked_on=()),)),
    "escalation-several": replace(ESCALATION, owed_by=(_OWED, replace(_OWED_TOO, asked_on=()))),
    "copy": COPY,
    "copy-apart": replace(COPY, on=date(2020, 2, 3), copied_for=(
        replace(_COPIED, plans=(replace(ASKED_2, deadline=_DEADLINE), replace(ASKED_3, deadline=date(2020, 2, 7)))),
    )),
    "copy-one": replace(COPY, copied_for=(replace(_COPIED, plans=(ASKED_3,)),), sender=_SILENT),
    "copy-several": replace(COPY, copied_for=(_COPIED, _COPIED_TOO)),
    "review": replace(REVIEW, plans=(replace(REVIEWED, fields=samples.SAID),)),
    "review-two": replace(REVIEW, sender=_SILENT, plans=(
        replace(REVIEWED, rows=(), queries=(), differences=(), missing=("3.1", "3.5")),
        replace(REVIEWED, label="Big Action 2", queries=REVIEWED.queries * 2, missing=(), differences=(), late=True))),
    "draft": DRAFT,
    "draft-chair": replace(DRAFT, person="Councillor Brown", role="chair"),
    "draft-held": replace(DRAFT, held="This is the first live cycle: release them from the desk when you have read "
                          "them.", standing=replace(_CALM, draft=True)),
    "addendum": ADDENDUM,
    "addendum-sponsor": replace(ADDENDUM, role="sponsor", standing=_CALM, changed=ADDENDUM.changed[:1]),
    "digest": DIGEST,
    "digest-quiet": replace(DIGEST, needs=(), tomorrow=(), held=(), yesterday="", standing=_CALM, coming=()),
    "digest-friday": replace(DIGEST, next_on=DIGEST.on + timedelta(days=3)),
    "digest-busy": replace(DIGEST, needs=DIGEST.needs[:1], today=DIGEST.tomorrow, tomorrow=DIGEST.tomorrow * 2),
    "change": CHANGE,
    "change-team": replace(CHANGE, person="Caroline Champion", team=True,
                           consequences=("7 people were told.", "No reminder that was sent is sent again.")),
    "change-plain": replace(CHANGE, lines=CHANGE.lines[:1], consequences=(), sender=_SILENT),
    "spg": SPG,
    "spg-nothing": replace(SPG, asks=(), unrecorded=()),
    "decided": DECIDED,
    "decided-team": replace(DECIDED, person="Caroline Champion", team=True, endorsed=False,
                            problems=("Decisions!F7 says “soon”: please give a date.",)),
    "deadline-year": replace(samples.DEADLINE, standing=replace(YEAR, draft=True), chased=False),
    "papers-year": replace(samples.PAPERS, standing=YEAR, addendum=datetime(2020, 2, 20, 15, 0, tzinfo=UTC)),
    "papers-unrecorded": replace(samples.PAPERS, standing=LONG_YEAR),
}  # fmt: skip
LETTERS = samples.LETTERS | LADDER | highlight_samples.LETTERS
