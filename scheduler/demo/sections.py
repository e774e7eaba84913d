"""What workstream leads write in the six sections of a highlight report: about the work, and about no service user."""

from collections.abc import Mapping

from programme.form import Form
from scheduler.demo.chance import pick

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "progress_since_last": (
        "The first site is agreed and the staff there have been consulted.",
        "Two sessions with the localities were held; the outline of the model is agreed.",
        "The job descriptions are written and with the evaluation panel.",
        "The test of change ran for six weeks and its results are being written up.",
        "The steering group has met twice and the work plan to the end of the year is agreed.",
    ),
    "risk_assessment": (
        "Recruitment in the outer localities remains the main risk; a shared advert is out.",
        "The building work may run late. The contractor reports every fortnight.",
        "Staff are uncertain about the new roles. Sessions with the unions are arranged.",
        "None",
    ),
    "critical_issues": (
        "The budget for equipment is not confirmed.",
        "The link to the general practices' own plans is not settled.",
        "None",
        "None",
    ),
    "financial_strategy": (
        "Within the resources of the integration fund; no new money is asked for.",
        "Savings of travel costs are expected from the second year on.",
        "The costs of cover are met from vacancies.",
    ),
    "look_ahead": (
        "Agree the second site; begin the training; report the results of the test of change.",
        "Advertise the posts; visit a partnership that works in the same way.",
        "Hold the locality events; bring the evaluation framework to the next meeting.",
        "Write the business case and take it to the management team.",
    ),
}

ESCALATED = (
    ("Accommodation for the second site.", "Property and Asset Group", "By the end of the next quarter"),
    ("Cover for the lead practitioner.", "Senior Management Team", "Within six weeks"),
    ("None", "", ""),
)


def sections(form: Form, seed: int, voice: str) -> dict[str, str]:
    """The six sections as one lead fills them in for one report; empty where the form has none of them."""
    known = {field.id for field in form.fields}
    written = {name: pick(seed, f"{voice} {name}", bank) for name, bank in SECTIONS.items()}
    item, forum, timescale = pick(seed, f"{voice} escalated", ESCALATED)
    written |= {"escalated": item, "escalated_forum": forum, "escalated_timescale": timescale}
    return {name: text for name, text in written.items() if name in known and text}
