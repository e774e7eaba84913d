"""What a form says around its table: each of the built-in forms speaks to whoever fills it in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from workbook.contents import FormContents

HIGHLIGHT_REPORT = "highlight-report"
DECISIONS = "decisions"


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one workbook. ``about`` is the line below the title, ``wanted`` the one in bold, ``hint`` the last
    above the table; ``box_points`` is how high a box for text is at least."""

    action_sheet: str
    plan_sheet: str
    title: str
    about: str
    wanted: str
    hint: str
    plan_title: str
    plan_hint: str
    guide_title: str
    steps: tuple[str, ...]
    box_points: float


def wording(contents: FormContents) -> Wording:
    """The words of this workbook, by the form's id; a form of the programme's own speaks as a plan does."""
    return _WORDINGS.get(contents.form.id, _plan)(contents)


def in_full(day: date) -> str:
    """Such as ``Friday 13 March 2020``."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def _plan(contents: FormContents) -> Wording:
    label = contents.plan_label
    steps = [
        "On the sheet Actions, choose a rating in every row. A row counts once its rating is filled in.",
        "Write the progress since last time beside it. For a rating that is not on track, say why and when it will be.",
        "Leave the white and grey cells as they are. To ask for another date, fill in the proposed new one.",
    ]
    if contents.form.fields:
        steps.append("On the sheet About this plan, answer what applies to the plan as a whole.")
    return Wording(
        action_sheet="Actions",
        plan_sheet="About this plan",
        title=f"{label}: {contents.plan_title}",
        about=_joined(contents.programme, contents.cycle, contents.post, contents.person),
        wanted=_wanted(contents),
        hint=f"Fill in the cream cells; leave the rest as it is. {_meets(contents)} {_questions(contents)}",
        plan_title=f"{label}: about the plan as a whole",
        plan_hint="Fill in what applies. Write “None” where the answer is none; an empty box is no answer.",
        guide_title="How to fill in this form",
        steps=(*steps, *_sending(contents)),
        box_points=96.0,
    )


def _highlight_report(contents: FormContents) -> Wording:
    number = f"Report {contents.number}" if contents.number is not None else "Report"
    lead = f"{contents.person} ({contents.post})" if contents.person and contents.post else contents.person
    steps = [
        (
            "On the sheet Ratings, choose a rating for each heading, for the reporting period as it is known "
            "today. What each rating means under that heading stands beside it. A heading counts once its rating "
            "is filled in."
        ),
        "Write a sentence or two of comment. For Red and Amber, say why, and when it will be back to Green.",
        (
            "On the sheet Report, fill in the six sections. Write “None” where there is nothing to report: an "
            "empty box is printed as not filled in."
        ),
        "For an item that another forum should take up, say which forum, and by when.",
    ]
    return Wording(
        action_sheet="Ratings",
        plan_sheet="Report",
        title=f"{number}: {contents.plan_title}",
        about=_joined(
            f"Workstream lead’s report, {contents.programme}",
            f"Reporting period: {contents.period}" if contents.period else contents.cycle,
            f"Date: {contents.deadline.day} {contents.deadline:%B %Y}",
            f"Lead: {lead}" if lead else "",
        ),
        wanted=_wanted(contents),
        hint=f"Fill in the cream cells here and on the sheet Report. {_meets(contents)} {_questions(contents)}",
        plan_title=f"{number}: {contents.plan_label}",
        plan_hint="Fill in every section. Write “None” where there is nothing to say; an empty box is not filled in.",
        guide_title="How to fill in this report",
        steps=(*steps, *_sending(contents)),
        box_points=132.0,
    )


def _decisions(contents: FormContents) -> Wording:
    steps = (
        (
            "On the sheet Decisions every action of the papers has a row, with what is asked of the SPG beside "
            "it. Fill in only what was decided: no row needs an answer."
        ),
        (
            "Agreed rating: where the SPG agreed another rating than the sponsor’s. Revised due date: the new "
            "date; the first one stays visible. Close the action: it is not asked again. New wording: the action "
            "as it is to read."
        ),
        "Decision: what was decided, in words. The sponsor is told them.",
        (
            "On the sheet The meeting, choose Yes beside Endorsed if the SPG endorsed the report: then every "
            "rating that was not decided otherwise is agreed as reported."
        ),
        "New actions stand on the same sheet, one a line, the parts with semicolons between them.",
        (
            "Save the file as an Excel workbook and send it back as a reply to our email, once the SPG has met. "
            "What it says is where the next cycle starts; until then the last ratings are the sponsors’ own."
        ),
    )
    return Wording(
        action_sheet="Decisions",
        plan_sheet="The meeting",
        title=f"{contents.plan_label}: {contents.plan_title}",
        about=_joined(contents.programme, contents.cycle),
        wanted=f"Please return it once the SPG has met on {in_full(contents.spg)}",
        hint="Fill in the cream cells only where something was decided. Endorsement and new actions: see The meeting.",
        plan_title=f"{contents.plan_label}: the meeting as a whole",
        plan_hint="Fill in what was decided; an empty box is no decision.",
        guide_title="How to record what was decided",
        steps=steps,
        box_points=120.0,
    )


_WORDINGS: Mapping[str, Callable[[FormContents], Wording]] = {
    HIGHLIGHT_REPORT: _highlight_report,
    DECISIONS: _decisions,
}


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _wanted(contents: FormContents) -> str:
    if contents.past:
        return f"Please return as soon as you can: it was due by {in_full(contents.deadline)}"
    return f"Please return by {in_full(contents.deadline)}"


def _meets(contents: FormContents) -> str:
    return f"The SPG meets on {in_full(contents.spg)}."


def _questions(contents: FormContents) -> str:
    return f"Questions: {contents.team}, {contents.phone}." if contents.phone else f"Questions: {contents.team}."


def _sending(contents: FormContents) -> tuple[str, ...]:
    when = "as soon as you can" if contents.past else f"by {in_full(contents.deadline)}"
    grouped = [column.header for column in contents.form.columns if column.grouped]
    steps = (
        f"Save the file as an Excel workbook and send it back as a reply to our email, {when}.",
        "You may share the work: send the file to colleagues, and send back each piece as it comes.",
    )
    folded = (
        f"For reference, {', '.join(grouped)} are folded away at the right of Actions. To see them, press the + above "
        "the columns; if Excel asks, first choose Review, Unprotect Sheet (there is no password)."
    )
    return (*steps, folded) if grouped else steps
