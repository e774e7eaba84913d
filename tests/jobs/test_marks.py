"""What changed since the papers: everything that they say is marked, and compared both ways."""

from collections.abc import Mapping
from dataclasses import replace

from jobs.marks import changed, marks
from report.standing import PlanStanding, SponsorStanding, Standing
from tests.report import highlight_samples, samples

BEFORE = samples.STANDING


def with_fields(plan: PlanStanding, fields: Mapping[str, str]) -> PlanStanding:
    first, *others = plan.sponsors
    return replace(plan, sponsors=(replace(first, fields=fields), *others))


def with_plans(standing: Standing, *plans: PlanStanding) -> Standing:
    return replace(standing, plans=plans)


def since(before: Standing, after: Standing) -> tuple[str, ...]:
    return changed(after, marks(before), {})


def test_the_same_papers_have_not_changed() -> None:
    assert since(BEFORE, BEFORE) == ()
    assert changed(BEFORE, {}, {}) == ()


def test_a_section_of_a_highlight_report_is_marked_with_its_words() -> None:
    before = highlight_samples.STANDING
    first, *others = before.plans
    fields = {**first.sponsors[0].fields, "critical_issues": "The roof leaks."}
    [line] = since(before, with_plans(before, with_fields(first, fields), *others))
    assert line.startswith(f"{first.label}, {first.sponsors[0].post}, ")
    assert "The roof leaks. (the papers had" in line


def test_what_is_not_on_page_one_is_named_and_not_repeated_in_a_mail() -> None:
    first, *others = BEFORE.plans
    fields = {**first.sponsors[0].fields, "case_study": "Another man.", "nobody_identified": "TRUE"}
    [line] = since(BEFORE, with_plans(BEFORE, with_fields(first, fields), *others))
    assert line.endswith("Case study: new words, on the sheet of the plan (the papers had other words)")


def test_an_ask_that_was_taken_back_is_said_to_be() -> None:
    plan = BEFORE.plans[1]
    _, second = plan.sponsors
    without = replace(plan, sponsors=(plan.sponsors[0], replace(second, fields={**second.fields, "ask": "None"})))
    [line] = since(BEFORE, with_plans(BEFORE, BEFORE.plans[0], without, *BEFORE.plans[2:]))
    assert line.endswith("Ask of the SPG: nothing any more (the papers had other words)")


def test_a_plan_and_a_row_that_are_new_or_gone_are_named() -> None:
    first, *others = BEFORE.plans
    assert since(BEFORE, with_plans(BEFORE, *others)) == ("Big Action 1 is no part of the papers any more",)
    back = since(with_plans(BEFORE, *others), BEFORE)
    assert back[0].endswith("is part of the papers now; they went without it")
    assert "(the papers did not have it)" in back[-1]
    shorter = replace(first, rows=first.rows[1:])
    assert since(BEFORE, with_plans(BEFORE, shorter, *others)) == (
        "Big Action 1, 1.1: no part of the papers any more (they said Green)",
    )


def test_a_sponsor_who_closed_a_gap_is_named() -> None:
    sponsor: SponsorStanding = BEFORE.plans[3].sponsors[0]
    back = replace(BEFORE.plans[3], sponsors=(replace(sponsor, state="partial", rows_in=1),))
    served = replace(BEFORE.plans[3], sponsors=(replace(sponsor, state="served"),))
    [line] = since(BEFORE, with_plans(BEFORE, *BEFORE.plans[:3], served))
    assert line == f"Big Action 5, {sponsor.post}: not needed (the papers said no return)"
    [line] = since(BEFORE, with_plans(BEFORE, *BEFORE.plans[:3], back))
    assert line == f"Big Action 5, {sponsor.post}: returned in part (the papers said no return)"
