"""The position: the fold of accepted rows in the order of arrival, and the joining of several sponsors."""

from collections.abc import Mapping
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from programme.answer import WITHDRAWN, RowState, Verdict
from programme.loader import load
from programme.plan import Policy
from programme.position import combine, fold

FORM = load(Path(__file__).parent.parent.parent / "config").programmes[0].form
REFS = ("1.1", "1.2", "1.3")
COLUMNS = ("rating", "progress", "reason")

verdicts = st.builds(
    Verdict,
    ref=st.sampled_from(REFS),
    state=st.sampled_from(RowState),
    values=st.dictionaries(st.sampled_from(COLUMNS), st.sampled_from(["", " ", "green", "red", "none"])),
)
returns = st.lists(st.lists(verdicts, max_size=4), max_size=5)


def accepted(ref: str, **values: str) -> Verdict:
    return Verdict(ref, RowState.ACCEPTED, values)


def test_pieces_join_and_the_newest_answer_wins() -> None:
    position = fold(
        [
            [accepted("1.1", rating="amber", progress="Late"), accepted("1.2", rating="green")],
            [accepted("1.1", rating="green", progress="  "), Verdict("1.2", RowState.BLANK, {})],
            [Verdict("1.2", RowState.REFUSED, {"rating": "red"}), accepted("1.3", progress="none")],
        ]
    )
    assert position == {
        "1.1": {"rating": "green", "progress": "Late"},
        "1.2": {"rating": "green"},
        "1.3": {"progress": "none"},
    }


def test_nothing_returned_is_nothing_known() -> None:
    assert fold([]) == {}
    assert fold([[]]) == {}


@given(returns)
def test_every_cell_is_the_last_answer_that_was_accepted(arrived: list[list[Verdict]]) -> None:
    position = fold(arrived)
    for ref in REFS:
        for column in COLUMNS:
            answers = [
                verdict.values[column]
                for returned in arrived
                for verdict in returned
                if verdict.ref == ref and verdict.state is RowState.ACCEPTED and verdict.values.get(column, "").strip()
            ]
            assert position.get(ref, {}).get(column) == (answers[-1] if answers else None)


@given(returns, st.lists(verdicts, max_size=4))
def test_another_return_never_takes_anything_away(arrived: list[list[Verdict]], another: list[Verdict]) -> None:
    before, after = fold(arrived), fold([*arrived, another])
    assert all(set(before[ref]) <= set(after[ref]) for ref in before)


@given(returns)
def test_the_same_return_again_changes_nothing(arrived: list[list[Verdict]]) -> None:
    assert fold([*arrived, *arrived[-1:]]) == fold(arrived)


@given(returns)
def test_how_rows_are_split_over_returns_does_not_matter(arrived: list[list[Verdict]]) -> None:
    assert fold([[verdict] for returned in arrived for verdict in returned]) == fold(arrived)


def test_the_worse_rating_of_a_joint_plan_stands_and_differences_are_told() -> None:
    by_post: Mapping[str, Mapping[str, Mapping[str, str]]] = {
        "children": {"3.1": {"rating": "green"}, "3.2": {"rating": "amber"}},
        "community-care": {"3.1": {"rating": "red"}, "3.2": {"rating": "amber"}, "3.3": {"rating": "blue"}},
        "health": {},
    }
    assert combine(FORM, by_post, "3.1") == ("red", (("children", "green"), ("community-care", "red")))
    assert combine(FORM, by_post, "3.2") == ("amber", ())
    assert combine(FORM, by_post, "3.3") == ("blue", ())
    assert combine(FORM, by_post, "3.4") == (None, ())


def test_each_policy_joins_in_its_own_way() -> None:
    by_post: Mapping[str, Mapping[str, Mapping[str, str]]] = {
        "children": {"3.1": {"rating": "green"}},
        "community-care": {"3.1": {"rating": "red"}, "3.2": {"rating": "amber"}},
    }
    differing = (("children", "green"), ("community-care", "red"))
    assert combine(FORM, by_post, "3.1", Policy.ANY) == ("red", differing)
    assert combine(FORM, by_post, "3.2", Policy.ANY) == ("amber", ())
    assert combine(FORM, by_post, "3.1", Policy.ROWS, "children") == ("green", ())
    assert combine(FORM, by_post, "3.2", Policy.ROWS, "children") == (None, ())
    assert combine(FORM, by_post, "3.1", Policy.ROWS, "nobody") == (None, ())
    assert combine(FORM, by_post, "3.1", Policy.ROWS) == ("red", differing)
    assert combine(FORM, by_post, "3.1", Policy.ALL, "children") == ("red", differing)


@given(st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["red", "amber", "green", "blue"]), min_size=1))
def test_the_worst_is_one_of_those_given_and_none_is_worse(given_ratings: dict[str, str]) -> None:
    order = [rating.id for rating in FORM.ratings]
    worst, differing = combine(
        FORM, {post: {"1.1": {"rating": rating}} for post, rating in given_ratings.items()}, "1.1"
    )
    assert worst == min(given_ratings.values(), key=order.index)
    assert dict(differing) == (given_ratings if len(set(given_ratings.values())) > 1 else {})


def test_what_was_withdrawn_is_there_no_more_until_it_is_answered_again() -> None:
    asked, withdrawn = accepted("1.1", rating="red", new_date="2021-03-01"), accepted("1.1", new_date=WITHDRAWN)
    assert fold([[asked], [withdrawn]]) == {"1.1": {"rating": "red"}}
    assert fold([[withdrawn], [asked]])["1.1"]["new_date"] == "2021-03-01"
