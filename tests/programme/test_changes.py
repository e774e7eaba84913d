"""What an edit means: each difference of two programmes as one sentence, in a fixed order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.changes import MEMBERS, SPONSORS, Change, ChangeKind, changes
from programme.cycle import Cycle, StepKind
from programme.facts import Cancelled, Decided, Excuse, Extension, Facts, Hold, Merged, Withdrawn
from programme.form import Field
from programme.loader import load_files, read_files
from programme.people import Contribution, Holding
from programme.plan import Action, Plan, Policy
from programme.service import Programme, WorkingDays

CONFIGURATIONS = Path(__file__).parent.parent / "data" / "configurations"
BASE = load_files(read_files(CONFIGURATIONS / "base")).programmes[0]
WHY = Decided("The review reports late.", "Planning Officer")
OTHER = Decided("The review reports later still.", "Chair")
FEB_5, FEB_7 = date(2020, 2, 5), date(2020, 2, 7)

Parts = Mapping[str, object]


def sentences(before: Programme, after: Programme) -> list[str]:
    return [change.sentence for change in changes(before, after)]


def with_cycle(**parts: object) -> Programme:
    first, second = BASE.cycles
    return replace(BASE, cycles=(replace(first, **parts), second))  # type: ignore[arg-type]


def with_facts(**facts: object) -> Programme:
    return replace(BASE, facts=Facts(**facts))  # type: ignore[arg-type]


def with_plan(**parts: object) -> Programme:
    first, second = BASE.plans
    return replace(BASE, plans=(replace(first, **parts), second))  # type: ignore[arg-type]


def with_action(**parts: object) -> Programme:
    first, second = BASE.plans[0].actions
    return with_plan(actions=(replace(first, **parts), second))  # type: ignore[arg-type]


def with_post(**parts: object) -> Programme:
    return replace(BASE, posts=BASE.posts | {"care": replace(BASE.posts["care"], **parts)})  # type: ignore[arg-type]


def test_nothing_is_said_of_what_is_the_same() -> None:
    assert changes(BASE, replace(BASE)) == ()


def test_a_moved_deadline_is_told_to_the_sponsors() -> None:
    assert changes(BASE, with_cycle(deadline=FEB_7)) == (
        Change(
            ChangeKind.DEADLINE_MOVED,
            "The deadline of update 1 moves from Fri 31 Jan to Fri 7 Feb 2020.",
            cycle="first",
            audience=(SPONSORS,),
        ),
    )


def test_dates_that_move_together_are_told_one_by_one() -> None:
    moved = changes(BASE, with_cycle(issue=date(2019, 12, 30), deadline=FEB_7, spg=date(2020, 2, 28)))
    assert [(change.kind.value, change.sentence, change.audience) for change in moved] == [
        ("issue-moved", "The issue of update 1 moves from Mon 20 Jan 2020 to Mon 30 Dec 2019.", ()),
        ("deadline-moved", "The deadline of update 1 moves from Fri 31 Jan to Fri 7 Feb 2020.", (SPONSORS,)),
        (
            "spg-moved",
            "The SPG of update 1 moves from Fri 21 Feb to Fri 28 Feb 2020; the papers go on Fri 21 Feb 2020.",
            (SPONSORS, MEMBERS),
        ),
    ]


def test_cycles_that_come_and_go() -> None:
    third = Cycle("third", "update 3", date(2020, 4, 13), date(2020, 4, 24), date(2020, 5, 15))
    longer = replace(BASE, cycles=(*BASE.cycles, third))
    assert sentences(BASE, longer) == [
        "Update 3 is new: issued on Mon 13 Apr 2020, due on Fri 24 Apr 2020, with the SPG on Fri 15 May 2020."
    ]
    assert sentences(longer, BASE) == [
        "Update 3 is gone from cycles.yaml; nothing in it was open, and what came back in it is kept."
    ]
    cancelled = replace(longer, facts=Facts(cancelled=(Cancelled("third", WHY),)))
    assert (
        sentences(cancelled, BASE)
        == [
            "Update 3 takes place after all.",
            "Update 3 is gone from cycles.yaml; it was cancelled.",
        ][::-1]
    )


EXTENSION = Extension("first", "wards", FEB_5, WHY, "care")
EXCUSE = Excuse("first", "homes", WHY)
HOLD = Hold("first", (StepKind.PAPERS,), WHY)
WITHDRAWN = Withdrawn("wards", FEB_5, WHY)
MERGED = Merged(("homes", "wards"), "homes", FEB_5, WHY)
CANCELLED = Cancelled("first", WHY)
AGAIN = "stands as it was, with another reason or another name to it."


@pytest.mark.parametrize(
    ("before", "after", "sentence", "audience"),
    [
        (
            {},
            {"extensions": (EXTENSION,)},
            "Plan 2 (Head of Care) may be returned for update 1 until Wed 5 Feb 2020, instead of Fri 31 Jan 2020.",
            (SPONSORS,),
        ),
        (
            {"extensions": (EXTENSION,)},
            {"extensions": (replace(EXTENSION, until=FEB_7, why=OTHER),)},
            "The extension of Plan 2 (Head of Care) for update 1 moves from Wed 5 Feb to Fri 7 Feb 2020.",
            (SPONSORS,),
        ),
        (
            {"extensions": (EXTENSION,)},
            {"extensions": (replace(EXTENSION, after_papers=True),)},
            "The extension of Plan 2 (Head of Care) for update 1 may pass the day of the papers.",
            (),
        ),
        (
            {"extensions": (replace(EXTENSION, after_papers=True),)},
            {"extensions": (EXTENSION,)},
            "The extension of Plan 2 (Head of Care) for update 1 may not pass the day of the papers.",
            (),
        ),
        (
            {"extensions": (EXTENSION,)},
            {"extensions": (replace(EXTENSION, why=OTHER),)},
            f"The extension of Plan 2 (Head of Care) for update 1 {AGAIN}",
            (),
        ),
        (
            {"extensions": (EXTENSION,)},
            {},
            (
                "The extension of Plan 2 (Head of Care) for update 1 is taken back: the deadline is Fri 31 Jan 2020 "
                "again."
            ),
            (SPONSORS,),
        ),
        ({}, {"excuses": (EXCUSE,)}, "Plan 1 need not be returned for update 1.", (SPONSORS,)),
        ({"excuses": (EXCUSE,)}, {}, "Plan 1 is to be returned for update 1 after all.", (SPONSORS,)),
        (
            {"excuses": (EXCUSE,)},
            {"excuses": (replace(EXCUSE, why=OTHER),)},
            f"The excuse of Plan 1 for update 1 {AGAIN}",
            (),
        ),
        ({}, {"holds": (HOLD,)}, "Held until the hold is lifted: papers of update 1.", ()),
        (
            {"holds": (HOLD,)},
            {"holds": (replace(HOLD, until=FEB_5),)},
            "Held until Wed 5 Feb 2020, that day included: papers of update 1.",
            (),
        ),
        ({"holds": (HOLD,)}, {}, "The hold is lifted from papers of update 1.", ()),
        (
            {"holds": (replace(HOLD, plan="wards", post="care"),)},
            {"holds": (replace(HOLD, plan="wards", post="care", why=OTHER),)},
            f"The hold of papers of update 1, for Plan 2 (Head of Care) {AGAIN}",
            (),
        ),
        (
            {},
            {"holds": (replace(HOLD, steps=(StepKind.REMINDER, StepKind.CHASE), post="care"),)},
            "Held until the hold is lifted: reminder and chase of update 1, for Head of Care.",
            (),
        ),
        ({}, {"cancelled": (CANCELLED,)}, "Update 1 is cancelled.", (SPONSORS, MEMBERS)),
        (
            {"cancelled": (CANCELLED,)},
            {},
            "Update 1 takes place after all, with its deadline on Fri 31 Jan 2020 and the SPG on Fri 21 Feb 2020.",
            (SPONSORS, MEMBERS),
        ),
        (
            {"cancelled": (CANCELLED,)},
            {"cancelled": (replace(CANCELLED, why=OTHER),)},
            f"The cancelling of update 1 {AGAIN}",
            (),
        ),
        ({}, {"withdrawn": (WITHDRAWN,)}, "Plan 2 is no longer reported from Wed 5 Feb 2020.", (SPONSORS, MEMBERS)),
        (
            {"withdrawn": (WITHDRAWN,)},
            {"withdrawn": (replace(WITHDRAWN, since=FEB_7),)},
            "The day from which Plan 2 is no longer reported moves from Wed 5 Feb to Fri 7 Feb 2020.",
            (SPONSORS, MEMBERS),
        ),
        (
            {"withdrawn": (WITHDRAWN,)},
            {"withdrawn": (replace(WITHDRAWN, why=OTHER),)},
            f"The withdrawal of Plan 2 {AGAIN}",
            (),
        ),
        (
            {"withdrawn": (WITHDRAWN,)},
            {},
            "Plan 2 is reported again: it is not withdrawn any more.",
            (SPONSORS, MEMBERS),
        ),
        (
            {},
            {"merged": (MERGED,)},
            "Plan 1 and Plan 2 are reported together as Plan 1 from Wed 5 Feb 2020.",
            (SPONSORS,),
        ),
        (
            {"merged": (MERGED,)},
            {"merged": (replace(MERGED, since=FEB_7),)},
            (
                "The day from which Plan 1 and Plan 2 are reported together as Plan 1 moves from Wed 5 Feb to Fri "
                "7 Feb 2020."
            ),
            (SPONSORS,),
        ),
        (
            {"merged": (MERGED,)},
            {"merged": (replace(MERGED, why=OTHER),)},
            f"The merger of Plan 1 and Plan 2 into Plan 1 {AGAIN}",
            (),
        ),
        ({"merged": (MERGED,)}, {}, "Plan 1 and Plan 2 are not reported together as Plan 1 any more.", (SPONSORS,)),
    ],
)
def test_each_standing_fact(before: Parts, after: Parts, sentence: str, audience: tuple[str, ...]) -> None:
    (change,) = changes(with_facts(**before), with_facts(**after))
    assert change.sentence == sentence
    assert change.audience == audience
    assert (change.reason, change.decided_by) == (
        ("", "") if not after else (OTHER.reason, OTHER.decided_by) if OTHER in reasons(after) else tuple(WHY_TEXT)
    )


WHY_TEXT = (WHY.reason, WHY.decided_by)


def reasons(facts: Parts) -> set[Decided]:
    return {fact.why for kind in facts.values() for fact in kind}  # type: ignore[attr-defined]


def test_a_fact_names_what_it_is_about() -> None:
    (change,) = changes(BASE, with_facts(extensions=(EXTENSION,)))
    assert (change.kind, change.cycle, change.plan, change.post) == (ChangeKind.EXTENSION, "first", "wards", "care")
    (merged,) = changes(BASE, with_facts(merged=(MERGED,)))
    assert (merged.cycle, merged.plan, merged.post) == (None, "homes", None)


def test_an_extension_of_a_cycle_that_is_gone_is_told_all_the_same() -> None:
    strange = with_facts(extensions=(replace(EXTENSION, cycle="lost", plan="nothing", post="nobody"),))
    assert sentences(strange, BASE) == [
        "The extension of nothing (nobody) for lost is taken back: the deadline is what the calendar says again."
    ]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (
            {"holders": (Holding("bob", date(2020, 2, 1)), Holding("ann", None, date(2020, 1, 31)))},
            (
                "The post Head of Care is held by Ann Gray until Fri 31 Jan 2020 and Bob Reid from Sat 1 Feb 2020; "
                "before, Ann Gray until Tue 30 Jun 2020 and Bob Reid from Wed 1 Jul 2020."
            ),
        ),
        (
            {"delegates": (Holding("cat", date(2020, 1, 1), date(2020, 3, 1)),)},
            (
                "The post Head of Care has for a delegate Cat Main from Wed 1 Jan 2020 until Sun 1 Mar 2020; before, "
                "nobody."
            ),
        ),
        ({"assistants": (Holding("cat"),)}, "The post Head of Care is assisted by Cat Main; before, nobody."),
        (
            {"contributors": (Contribution("stranger", "homes"),)},
            (
                "The post Head of Care has contributors: stranger (every row of Plan 1); before, Cat Main (rows 1.1 of "
                "Plan 1)."
            ),
        ),
        ({"escalation": None}, "The post Head of Care is escalated to nobody; before, Cat Main."),
    ],
)
def test_the_people_of_a_post(parts: Parts, sentence: str) -> None:
    (change,) = changes(BASE, with_post(**parts))
    assert change.sentence == sentence
    assert change.post == "care"
    assert change.audience == ((SPONSORS,) if change.kind is ChangeKind.HOLDER else ())


def test_a_person_s_other_address() -> None:
    ann = replace(BASE.people["ann"], addresses=("ann.gray@hscp.example", "ann@hscp.example"))
    assert sentences(BASE, replace(BASE, people=BASE.people | {"ann": ann})) == [
        "Ann Gray has the address ann.gray@hscp.example and ann@hscp.example; before, ann@hscp.example."
    ]
    newcomer = replace(ann, id="dan", name="Dan Law")
    assert sentences(BASE, replace(BASE, people=BASE.people | {"dan": newcomer})) == []


def test_a_new_post_is_told_with_the_plan_that_it_sponsors() -> None:
    post = replace(BASE.posts["care"], id="homes-lead", title="Lead for Homes")
    after = replace(with_plan(sponsors=("homes-lead",)), posts=BASE.posts | {"homes-lead": post})
    assert sentences(BASE, after) == ["Plan 1 is sponsored by Lead for Homes; before, by Head of Care."]


NEW = Plan("roads", "The way home", "Plan 3", ("health", "care"), (Action("3.1", "Mend the road", None),))


def test_plans_that_come_and_go() -> None:
    longer = replace(BASE, plans=(NEW, *BASE.plans))
    assert sentences(BASE, longer) == ["Plan 3, The way home, is new, sponsored by Head of Health and Head of Care."]
    (gone,) = changes(longer, BASE)
    assert (gone.kind, gone.plan) == (ChangeKind.PLAN_REMOVED, "roads")
    assert gone.sentence == (
        "Plan 3 is gone from plans.yaml; nothing of it was open, and what came back of it is kept."
    )
    withdrawn = Facts(withdrawn=(Withdrawn("roads", FEB_5, WHY),))
    after = replace(BASE, facts=withdrawn)
    assert sentences(replace(longer, facts=withdrawn), after) == [
        "Plan 3 is gone from plans.yaml; it was withdrawn from Wed 5 Feb 2020."
    ]


@pytest.mark.parametrize(
    ("parts", "sentence", "audience"),
    [
        (
            {"label": "Plan A", "title": "Care at the fireside"},
            "Plan 1, Care at home, is now called Plan A, Care at the fireside.",
            (),
        ),
        (
            {"sponsors": ("health", "care")},
            "Plan 1 is sponsored by Head of Health and Head of Care; before, by Head of Care.",
            (SPONSORS,),
        ),
        (
            {"policy": Policy.ANY},
            'The sponsors of Plan 1 answer by the policy "any"; before, by "all".',
            (SPONSORS,),
        ),
        (
            {"actions": (*BASE.plans[0].actions, Action("1.3", "Paint the hub", date(2021, 1, 31)))},
            'Row 1.3 of Plan 1 is new: "Paint the hub", due on Sun 31 Jan 2021.',
            (),
        ),
        (
            {"actions": (*BASE.plans[0].actions, Action("1.3", "Paint the hub", None))},
            'Row 1.3 of Plan 1 is new: "Paint the hub".',
            (),
        ),
        (
            {"actions": BASE.plans[0].actions[:1]},
            (
                'Row 1.2 of Plan 1 is gone, "Train everybody"; forms that are out keep it, and the next issue will not '
                "ask for it."
            ),
            (SPONSORS,),
        ),
    ],
)
def test_each_part_of_a_plan(parts: Parts, sentence: str, audience: tuple[str, ...]) -> None:
    (change,) = changes(BASE, with_plan(**parts))
    assert (change.sentence, change.plan, change.audience) == (sentence, "homes", audience)


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"deliverable": "Open two hubs"}, 'Row 1.1 of Plan 1 reads "Open two hubs"; before, "Open the hub".'),
        (
            {"due": date(2021, 1, 31)},
            "The due date of row 1.1 of Plan 1 moves from Wed 30 Sep 2020 to Sun 31 Jan 2021.",
        ),
        ({"due": None}, "The due date of row 1.1 of Plan 1 is taken away."),
        (
            {"reference": {"start": "2019-09-30", "revised_due": "2020-12-31"}},
            "The revised due date of row 1.1 of Plan 1 is Thu 31 Dec 2020; before, there was none.",
        ),
        (
            {"reference": {"lead": "SM Homecare", "measure": "Hubs"}},
            "Row 1.1 of Plan 1 has another lead, measure and start.",
        ),
        ({"owner": "care"}, "Row 1.1 of Plan 1 is owned by Head of Care; before, by nobody."),
    ],
)
def test_each_part_of_a_row(parts: Parts, sentence: str) -> None:
    assert sentences(BASE, with_action(**parts)) == [sentence]


def test_a_revised_date_is_the_same_however_it_is_written() -> None:
    said = sentences(BASE, with_action(reference={"start": "2019-09-30", "revised_due": "20201231"}))
    assert said == ["The revised due date of row 1.1 of Plan 1 is Thu 31 Dec 2020; before, there was none."]
    dashed = with_action(reference={"revised_due": "2020-12-31"})
    assert sentences(dashed, with_action(reference={"revised_due": "20201231"})) == []


def test_the_form_and_the_ratings_change_from_the_next_issue() -> None:
    form = replace(BASE.form, fields=(*BASE.form.fields, Field("mood", "Mood")))
    assert sentences(BASE, replace(BASE, form=form)) == [
        "The form has other columns or questions from the next issue; forms that are out stay as they are."
    ]
    red, *others = BASE.form.ratings
    ratings = (replace(red, word="Crimson", fill="#990000", synonyms=()), *others)
    assert sentences(BASE, replace(BASE, form=replace(BASE.form, ratings=ratings))) == [
        "The rating Crimson has another word, colour and synonyms from the next issue."
    ]


def test_who_is_sent_the_papers() -> None:
    spg = replace(BASE.spg, members=("bob", "cat"), chair="bob", committee_officer="cat")
    after = replace(BASE, spg=spg)
    assert sentences(BASE, after) == [
        "Bob Reid joins the Planning group.",
        "Ann Gray leaves the Planning group.",
        "The chair of the Planning group is Bob Reid; before, nobody.",
        "The committee officer of the Planning group is Cat Main; before, nobody.",
    ]


def test_other_times_and_other_working_days() -> None:
    after = replace(BASE, ladder=replace(BASE.ladder, chase_at=time(11)), working_days=WorkingDays())
    assert sentences(BASE, after) == [
        "The times in ladder.yaml have changed: steps that have not been carried out fall due by the new times.",
        "The working days have changed: steps that have not been carried out may fall on other days.",
    ]


VARIANTS = st.sampled_from(
    [
        replace(programme, facts=facts, posts=posts, spg=spg)
        for programme, facts, posts, spg in product(
            (BASE, with_cycle(deadline=FEB_7), with_plan(policy=Policy.ANY), with_action(due=None)),
            (Facts(), Facts((EXTENSION,)), Facts((replace(EXTENSION, until=FEB_7),), holds=(HOLD,), merged=(MERGED,))),
            (BASE.posts, with_post(escalation=None).posts),
            (BASE.spg, replace(BASE.spg, members=("bob",))),
        )
    ]
)


@given(VARIANTS, VARIANTS)
def test_every_difference_is_a_whole_sentence_once_in_the_same_order(before: Programme, after: Programme) -> None:
    told = changes(before, after)
    assert bool(told) == (before != after)
    assert told == changes(replace(before), replace(after))
    assert len(set(told)) == len(told)
    for change in told:
        assert change.sentence.endswith(".")
        assert change.sentence[0] == change.sentence[0].upper()
        assert set(change.audience) <= {SPONSORS, MEMBERS}


@given(st.integers(-400, 400).filter(bool))
def test_a_move_names_both_days(days: int) -> None:
    (change,) = changes(BASE, with_cycle(issue=BASE.cycles[0].issue + timedelta(days=days)))
    later = BASE.cycles[0].issue + timedelta(days=days)
    assert change.sentence.endswith(f"to {later:%a} {later.day} {later:%b %Y}.")
    assert "from Mon 20 Jan" in change.sentence
