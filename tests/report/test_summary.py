"""What the papers say of a standing."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.answer import LastKnown
from report.answers import asks_for_date, standing_asks
from report.standing import CycleTally, PlanStanding, RowStanding, SponsorStanding, Standing
from report.summary import AskKind, Movement, ask_lines, counts_of, moved, place_rows, summarise
from tests.report import ladder_samples, samples

_IDS = [rating.id for rating in samples.FORM.ratings]
_last = st.builds(LastKnown, st.none() | st.sampled_from(_IDS), st.none() | st.sampled_from([*_IDS, "mauve"]))
_values = st.dictionaries(st.sampled_from(["new_date", "escalate_to", "forecast", "progress"]), st.text(max_size=20))


@st.composite
def _rows(draw: st.DrawFn, number: int) -> RowStanding:
    rating = draw(st.none() | st.sampled_from(_IDS))
    status = "" if rating else draw(st.sampled_from(["not updated", "no return"]))
    due = draw(st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)))
    last = draw(_last)
    return RowStanding(f"1.{number}", draw(st.text(max_size=30)), due, rating, status, last, draw(_values))


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    plans = []
    for number in range(draw(st.integers(0, 3))):
        rows = tuple(draw(_rows(place)) for place in range(draw(st.integers(0, 5))))
        state = draw(st.sampled_from(["returned", "partial", "no return"]))
        sponsor = SponsorStanding("Head", "A Person", state, 0, len(rows), fields={"ask": draw(st.text(max_size=9))})
        plans.append(PlanStanding(f"p{number}", f"Plan {number}", draw(st.text(max_size=30)), (sponsor,), rows, None))
    return replace(samples.STANDING, plans=tuple(plans), log=(), draft=draw(st.booleans()))


@given(standings())
def test_every_row_is_counted_once(standing: Standing) -> None:
    summary = summarise(standing)
    rows = [row for plan in standing.plans for row in plan.rows]
    assert summary.total == len(rows) == sum(one.rows for one in summary.tallies)
    assert sum(map(len, summary.movements.values())) == len(rows)
    assert len(summary.reds) == summary.tallies[0].rows
    assert len(summary.ambers) == summary.tallies[1].rows
    assert counts_of(standing.form, summary.trend[-1]) == tuple(one.rows for one in summary.tallies)
    assert sum(len(gap.rows) for gap in summary.gaps) == summary.tallies[-1].rows + summary.tallies[-2].rows


@given(standings())
def test_asks_are_numbered_from_one(standing: Standing) -> None:
    asks = summarise(standing).asks
    assert [ask.number for ask in asks] == list(range(1, len(asks) + 1))
    assert all(ask.sentence and "\n" not in ask.sentence for ask in asks)


@given(standings())
def test_a_status_is_never_a_movement(standing: Standing) -> None:
    summary = summarise(standing)
    for kind in (Movement.WORSENED, Movement.IMPROVED, Movement.SAME):
        assert all(placed.before and placed.after for placed in summary.movements[kind])


def test_the_sample_reads_as_a_person_would_say_it() -> None:
    summary = summarise(samples.STANDING)
    assert summary.headline == "13 actions: 2 Red, 2 Amber, 4 Green, 1 Blue, 1 not updated and 3 no return."
    assert summary.movement == (
        "Since update 3, 2 worsened and 2 improved; 5 are not comparable (3 no return, 1 not updated, 1 not rated "
        "before)."
    )
    assert summary.in_brief == "2 Red, 2 Amber, 1 not updated, 3 no return, 7 to decide"
    assert [one.row.ref for one in summary.worsened] == ["1.5", "3.1"]
    assert [one.row.ref for one in summary.improved] == ["1.3", "1.6"]
    assert [one.row.ref for one in summary.reds] == ["3.1", "4.1"]
    assert [one.row.ref for one in summary.ambers] == ["1.5", "3.2"]
    assert [(gap.plan.label, len(gap.out), len(gap.partial)) for gap in summary.gaps] == [
        ("Big Action 3", 0, 1),
        ("Big Action 5", 1, 0),
    ]
    assert [late.sponsor.person for late in summary.late] == ["Allen Stevenson"]
    assert [one.row.ref for one in summary.differences] == ["3.1"]


def test_what_is_to_be_decided() -> None:
    asks = summarise(samples.STANDING).asks
    board = "Write to the national screening board about the shared dashboard."
    request = f"Head of Health & Community Care asks: {board}"
    hopeless = "the sponsor forecasts that it is not achievable: decide what becomes of it"
    differ = (
        "the sponsors differ (Head of Children & Families & Criminal Justice: Amber; Head of Health & Community Care: "
        "Red): decide which rating is right; Red stands until then"
    )
    assert [(ask.number, ask.kind, ask.row.ref if ask.row else "", ask.sentence) for ask in asks] == [
        (1, AskKind.COMPLETE, "1.3", "agree it as complete (Blue)"),
        (2, AskKind.NEW_DATE, "1.5", "agree a new date, 30 September 2020 (now due 30 June 2020)"),
        (3, AskKind.REQUEST, "", request),
        (4, AskKind.ESCALATE, "3.1", "refer it to Chief Officers' Group"),
        (5, AskKind.NOT_ACHIEVABLE, "3.1", hopeless),
        (6, AskKind.DIFFERENCE, "3.1", differ),
        (7, AskKind.ESCALATE, "4.1", "refer it to Integration Joint Board"),
    ]  # fmt: skip


def _one_row(**changes: object) -> Standing:
    row = replace(samples.PLAN_4.rows[1], **changes)
    return replace(samples.STANDING, plans=(replace(samples.PLAN_4, rows=(row,)),))


def test_a_row_that_the_spg_agreed_complete_is_not_asked_again() -> None:
    assert summarise(_one_row(rating="blue", last=LastKnown(agreed="blue"))).asks == ()
    assert len(summarise(_one_row(rating="blue", last=LastKnown(agreed="green", reported="blue"))).asks) == 1


def test_a_report_that_is_rated_anew_each_time_is_agreed_as_complete_by_nobody() -> None:
    blue = _one_row(rating="blue", last=LastKnown(agreed="green"))
    assert summarise(replace(blue, form=replace(blue.form, skip_complete=False))).asks == ()


def test_a_new_date_that_is_not_a_date_is_still_asked() -> None:
    (ask,) = summarise(_one_row(values={"new_date": "after the summer"}, due=None)).asks
    assert ask.sentence == "agree a new date, after the summer"


@pytest.mark.parametrize(
    ("last", "rating", "movement"),
    [
        (LastKnown(agreed="green", reported="red"), "amber", Movement.WORSENED),
        (LastKnown(reported="red"), "amber", Movement.IMPROVED),
        (LastKnown(agreed="blue"), "green", Movement.WORSENED),
        (LastKnown(agreed="green"), "green", Movement.SAME),
        (LastKnown(), "green", Movement.NOT_COMPARABLE),
        (LastKnown(agreed="mauve"), "green", Movement.NOT_COMPARABLE),
        (LastKnown(agreed="red"), None, Movement.NOT_COMPARABLE),
    ],
)
def test_movement_is_from_the_agreed_rating_or_else_the_reported(
    last: LastKnown, rating: str | None, movement: Movement
) -> None:
    assert len(summarise(_one_row(last=last, rating=rating)).movements[movement]) == 1


def test_movement_sentences() -> None:
    green = LastKnown(agreed="green", cycle="")
    assert summarise(samples.FIRST).movement == "This is the first report: there is nothing to compare it with."
    assert summarise(_one_row(last=green)).movement == "Since the last report no rating has changed."
    assert summarise(_one_row(last=replace(green, cycle="update 3"), rating="red")).movement == (
        "Since update 3, 1 worsened and none improved."
    )
    assert summarise(_one_row(last=green, rating=None)).movement == (
        "Since the last report nothing can be compared; 1 is not comparable (1 not updated)."
    )


def test_the_movement_of_some_rows_in_a_few_words() -> None:
    rows = place_rows(samples.STANDING)
    assert moved(rows) == "2 worsened, 2 improved, 4 same, 5 not comparable"
    assert moved(rows[:1]) == "1 same"


def test_escalations_are_gathered_by_forum() -> None:
    plan = samples.PLAN_4
    again = replace(plan.rows[1], values={"escalate_to": "integration joint  BOARD"})
    none = replace(plan.rows[1], ref="4.3", values={"escalate_to": "None"})
    summary = summarise(replace(samples.STANDING, plans=(replace(plan, rows=(plan.rows[0], again, none)),)))
    (one,) = summary.escalations
    assert (one.forum, one.asks) == ("Integration Joint Board", (1, 2))
    assert [placed.row.ref for placed in one.rows] == ["4.1", "4.2"]


def test_the_asks_in_lines() -> None:
    lines = ask_lines(summarise(ladder_samples.YEAR))
    assert lines[1].endswith("agree a new date, 30 September 2020 (now due 30 June 2020, originally 31 December 2019).")
    assert lines[2].startswith("3. Big Action 3: Head of Health & Community Care asks: Write")


def test_the_trend_ends_with_this_cycle() -> None:
    standing = replace(samples.STANDING, history=(*ladder_samples.HISTORY, CycleTally("update 4", {"red": 9})))
    trend = summarise(standing).trend
    assert [one.cycle for one in trend] == ["update 1", "update 2", "update 3", "update 4"]
    assert counts_of(samples.FORM, trend[-1]) == (2, 2, 4, 1, 1, 3)
    assert counts_of(samples.FORM, CycleTally("old", {"mauve": 3, "red": 1})) == (1, 0, 0, 0, 0, 0)


def test_an_empty_standing() -> None:
    summary = summarise(replace(samples.STANDING, plans=()))
    assert summary.headline == "There are no actions to report."
    assert summary.in_brief == ""


def test_free_text_beside_an_unticked_box_is_for_the_team() -> None:
    (check,) = summarise(samples.STANDING).checks
    assert check == (
        "Big Action 1: Head of Strategy and Support Services filled in “Case study”, but “Nobody can be identified” "
        "is not ticked. Please read it before the papers go."
    )


def test_a_rating_that_the_form_does_not_know_is_a_bug() -> None:
    with pytest.raises(KeyError):
        summarise(_one_row(rating="mauve"))


@pytest.mark.parametrize(
    ("new_date", "due", "forum", "said"),
    [
        ("2021-03-01", date(2020, 12, 31), "", "Row 3.2 asks the SPG for a new date, 1 March 2021. "),
        ("2021-03-01", None, "n/a", "Row 3.2 asks the SPG for a new date, 1 March 2021. "),
        ("2021-03-01", date(2021, 3, 1), "", ""),
        ("2021-03-01", date(2021, 3, 1), "IJB", "Row 3.2 asks the SPG that it is referred to IJB. "),
        ("after the bid", None, "", "Row 3.2 asks the SPG for a new date, after the bid. "),
        ("None", date(2021, 3, 1), "none.", ""),
    ],
)
def test_a_sponsor_is_told_of_what_their_row_asks_as_the_papers_count_it(
    new_date: str, due: date | None, forum: str, said: str
) -> None:
    asks = standing_asks("3.2", due, {"new_date": new_date, "escalate_to": forum})
    assert asks == (f"{said}To take that back, write “none” in the cell." if said else "")
    assert asks_for_date(new_date, due) is ("a new date" in said)
