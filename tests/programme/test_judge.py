"""The row rules: what is accepted, what is blank or refused, and what is asked."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.answer import WITHDRAWN, Answers, IssuedRow, LastKnown, RowState, Verdict
from programme.form import Form
from programme.judge import blank_fields, judge
from programme.loader import load

FORM = load(Path(__file__).parent.parent.parent / "config").programmes[0].form
TODAY = date(2020, 1, 30)
PLACES = {column.id: f"{letter}9" for column, letter in zip(FORM.columns, "ABCDEFGHIJKLMNOPQRST", strict=True)}
ROW = IssuedRow("3.2", "token", "Implement the revised governance", date(2020, 3, 31), LastKnown("green", "green"))


def verdict(values: dict[str, str], problems: dict[str, str] | None = None, row: IssuedRow = ROW) -> Verdict:
    return judge(FORM, row, Answers("3.2", values, problems or {}, PLACES), TODAY)


def sentences(judged: Verdict) -> list[str]:
    return [query.sentence for query in judged.queries]


def test_a_whole_green_row_is_accepted_without_a_question() -> None:
    judged = verdict({"rating": "green", "progress": "The new group met twice.", "updated_by": "SM Criminal Justice"})
    assert judged.state is RowState.ACCEPTED
    assert judged.values == {
        "rating": "green",
        "progress": "The new group met twice.",
        "updated_by": "SM Criminal Justice",
    }
    assert judged.queries == ()


def test_a_whole_amber_row_is_accepted_without_a_question() -> None:
    judged = verdict({"rating": "amber", "progress": "Late", "reason": "Recruitment", "green_by": "2020-02-28"})
    assert (judged.state, judged.queries) == (RowState.ACCEPTED, ())


def test_an_empty_row_is_blank_and_asks_nothing() -> None:
    assert verdict({}) == Verdict("3.2", RowState.BLANK, {})
    assert verdict({"progress": "  "}) == Verdict("3.2", RowState.BLANK, {})


def test_a_row_without_rating_does_not_count_and_is_asked_about() -> None:
    judged = verdict({"progress": "The new group met twice."})
    assert (judged.state, judged.values) == (RowState.BLANK, {})
    assert sentences(judged) == [
        (
            "Row 3.2 (cell F9) has been filled in but has no rating, so it does not count yet. "
            'Please reply "3.2" and Red, Amber, Green or Blue.'
        )
    ]


def test_an_unclear_cell_without_rating_asks_for_both() -> None:
    judged = verdict({}, {"green_by": "Row 3.2: we cannot read the date."})
    assert judged.state is RowState.BLANK
    assert [query.code for query in judged.queries] == ["rating-missing", "cell-unclear"]


def test_a_rating_that_cannot_be_understood_is_refused() -> None:
    sentence = 'Row 3.2 (cell F9) has the rating "purple". Please reply "3.2" and Red, Amber, Green or Blue.'
    judged = verdict({"progress": "Going well"}, {"rating": sentence})
    assert (judged.state, judged.values) == (RowState.REFUSED, {})
    assert [(query.code, query.column, query.sentence) for query in judged.queries] == [
        ("rating-unclear", "rating", sentence)
    ]


def test_a_rating_that_the_form_does_not_have_is_refused() -> None:
    judged = verdict({"rating": "purple"})
    assert judged.state is RowState.REFUSED
    assert sentences(judged) == [
        (
            'Row 3.2 (cell F9) has a rating that we do not know, "purple". '
            'Please reply "3.2" and Red, Amber, Green or Blue.'
        )
    ]


@pytest.mark.parametrize("rating", ["red", "amber"])
def test_a_rating_that_needs_recovery_asks_why_and_when(rating: str) -> None:
    judged = verdict({"rating": rating, "progress": "Late"})
    assert judged.state is RowState.ACCEPTED
    assert sentences(judged) == [
        (
            f"Row 3.2 (cell H9) is {rating.title()} with no reason. "
            'Please reply "3.2 reason" with why, and what is being done.'
        ),
        f'Row 3.2 (cell I9) is {rating.title()} with no date back to Green. Please reply "3.2 Green by" and a date.',
    ]


def test_a_cell_that_is_unclear_is_asked_about_once_and_left_out() -> None:
    sentence = 'Row 3.2 (cell I9): "soon" is not a date. Please reply "3.2 Green by" and a date.'
    judged = verdict({"rating": "amber", "reason": "Staff", "green_by": "soon"}, {"green_by": sentence})
    assert judged.values == {"rating": "amber", "reason": "Staff"}
    assert [(query.code, query.column, query.sentence) for query in judged.queries] == [
        ("cell-unclear", "green_by", sentence)
    ]


def test_green_past_its_due_date() -> None:
    late = replace(ROW, due=date(2020, 1, 29))
    assert sentences(verdict({"rating": "green"}, row=late)) == [
        (
            "Row 3.2 (cell F9) is Green, but was due on 29 January 2020. "
            'Please reply "3.2 Blue" if it is finished, or "3.2 new date" and a date.'
        )
    ]
    assert verdict({"rating": "green", "new_date": "2020-06-30"}, row=late).queries == ()
    assert verdict({"rating": "green"}, row=replace(ROW, due=TODAY)).queries == ()
    assert verdict({"rating": "green"}, row=replace(ROW, due=None)).queries == ()


def test_a_date_that_the_spg_revised_is_the_due_date() -> None:
    revised = replace(ROW, due=date(2019, 12, 31), reference={"revised_due": "2020-03-31"})
    assert verdict({"rating": "green"}, row=revised).queries == ()
    assert [query.code for query in verdict({"rating": "blue"}, row=revised).queries] == ["figure-missing"]


def test_green_with_the_text_of_last_time() -> None:
    row = replace(ROW, last=LastKnown("green", "green", "The group met.", "2019-3"))
    judged = verdict({"rating": "green", "progress": "  the GROUP\nmet "}, row=row)
    assert sentences(judged) == [
        (
            "Row 3.2 (cell G9) is Green with the same progress as last time. "
            'Please reply "3.2 progress" and what has happened since.'
        )
    ]
    assert verdict({"rating": "green", "progress": "It met again."}, row=row).queries == ()


def test_the_same_text_for_three_cycles_is_asked_about_once_whatever_the_rating() -> None:
    past = [LastKnown(progress="Started", cycle="1"), LastKnown(progress="The group met.", cycle="2")]
    row = replace(ROW, last=LastKnown(progress="The group met", cycle="3"))
    answers = Answers("3.2", {"rating": "green", "progress": "The group met."}, places=PLACES)
    for history in (past, [*past, row.last]):
        judged = judge(FORM, row, answers, TODAY, history)
        assert [query.code for query in judged.queries] == ["same-text"]
        assert sentences(judged) == [
            (
                "Row 3.2 (cell G9) has had the same progress for three cycles. "
                'Please reply "3.2 progress" and what has happened since.'
            )
        ]
    amber = {"rating": "amber", "reason": "x", "green_by": "2020-06-30", "progress": "The group met"}
    judged = judge(FORM, row, Answers("3.2", amber), TODAY, past)
    assert [query.code for query in judged.queries] == ["same-text"]
    assert judged.queries[0].sentence.startswith("Row 3.2 has had")


def test_blue_without_a_figure() -> None:
    assert sentences(verdict({"rating": "blue", "progress": "Done"})) == [
        (
            "Row 3.2 (cell J9) is Blue with no figure to show for it. "
            'Please reply "3.2 figure" with the latest figure and its date.'
        )
    ]
    assert verdict({"rating": "blue", "figure": "12"}).queries == ()


@pytest.mark.parametrize("last", [LastKnown("red", "green"), LastKnown("amber", "red"), LastKnown(None, "red")])
def test_red_to_green_without_a_reason(last: LastKnown) -> None:
    row = replace(ROW, last=last)
    assert sentences(verdict({"rating": "green"}, row=row)) == [
        (
            'Row 3.2 (cell H9) has gone from Red to Green with no reason. Please reply "3.2 reason" with what has put '
            "it right."
        )
    ]
    assert verdict({"rating": "green", "reason": "New contractor"}, row=row).queries == ()


def test_a_changed_due_date_is_pointed_at_the_way_to_ask() -> None:
    sentence = 'We left Due in 3.2 as it was: only the SPG changes it. To ask, reply "3.2 new date" and a date.'
    judged = verdict({"rating": "green", "due": "2020-09-30"}, {"due": sentence})
    assert judged.values == {"rating": "green"}
    assert [(query.code, query.column, query.sentence) for query in judged.queries] == [
        ("due-changed", "due", sentence)
    ]
    untouched = verdict({}, {"due": sentence})
    assert (untouched.state, [query.code for query in untouched.queries]) == (RowState.BLANK, ["due-changed"])


def test_a_form_without_a_column_is_not_asked_for_it() -> None:
    short = replace(FORM, columns=tuple(one for one in FORM.columns if one.id in ("ref", "deliverable", "rating")))
    judged = judge(short, replace(ROW, last=LastKnown("red")), Answers("3.2", {"rating": "amber"}), TODAY)
    assert (judged.state, judged.queries) == (RowState.ACCEPTED, ())
    assert judge(short, replace(ROW, last=LastKnown("red")), Answers("3.2", {"rating": "green"}), TODAY).queries == ()


def test_ratings_without_a_healthy_or_a_complete_one_still_make_sentences() -> None:
    red, _, green, blue = FORM.ratings
    unhealthy = replace(FORM, ratings=(red, replace(blue, complete=True)))
    asked = judge(unhealthy, ROW, Answers("3.2", {"rating": "red", "reason": "x"}), TODAY)
    assert [query.sentence for query in asked.queries] == [
        'Row 3.2 is Red with no date back to Blue. Please reply "3.2 Blue by" and a date.'
    ]
    endless = replace(FORM, ratings=(red, green))
    asked = judge(endless, replace(ROW, due=date(2020, 1, 1)), Answers("3.2", {"rating": "green"}), TODAY)
    assert '"3.2 complete" if it is finished' in asked.queries[0].sentence


texts = st.text(max_size=12)
cells = st.dictionaries(st.sampled_from([column.id for column in FORM.columns]), texts)
ratings = st.sampled_from(["", "red", "amber", "green", "blue", "purple"])


@given(cells, cells, ratings, st.dates(), st.one_of(st.none(), st.dates()), texts)
def test_whatever_is_written_is_judged(
    values: dict[str, str], problems: dict[str, str], rating: str, on: date, due: date | None, last: str
) -> None:
    form: Form = FORM
    row = IssuedRow("3.2", "token", "Anything", due, LastKnown("red", "green", last), {"revised_due": last})
    judged = judge(form, row, Answers("3.2", values | {"rating": rating}, problems, PLACES), on)
    answered = {column.id for column in form.answered}
    assert set(judged.values) <= answered - set(problems)
    assert (judged.state is RowState.ACCEPTED) == bool(judged.values)
    assert all(text.strip() for text in judged.values.values())
    assert len({(query.code, query.column) for query in judged.queries}) == len(judged.queries)
    if judged.state is RowState.ACCEPTED:
        assert judged.values["rating"] == rating
        assert {query.column for query in judged.queries} >= set(problems)


def test_what_is_expected_beside_the_rows_is_asked_for_in_one_question() -> None:
    reports = load(Path(__file__).parent.parent.parent / "config").programme("highlight-reports").form
    filled = {field.id: "None" for field in reports.fields if field.expected}
    assert blank_fields(reports, filled) == ()
    [query] = blank_fields(reports, filled | {"risk_assessment": " ", "critical_issues": ""})
    assert query.sentence == (
        "Left blank are “3. Risk assessment”, “4. Critical issues to be addressed”. "
        'Please fill them in and send the file again, with "None" where there is nothing to say.'
    )
    assert blank_fields(FORM, {}) == ()


def test_none_is_no_figure_and_no_forum_but_an_answer_in_words() -> None:
    judged = verdict({"rating": "blue", "progress": "None", "figure": "n/a", "escalate_to": "None."})
    assert judged.values == {"rating": "blue", "progress": "None", "figure": WITHDRAWN, "escalate_to": WITHDRAWN}
    assert judged.queries == ()


def test_no_date_is_no_way_back_and_no_new_date() -> None:
    amber = verdict({"rating": "amber", "progress": "Late", "reason": "Staff", "green_by": WITHDRAWN})
    assert [query.code for query in amber.queries] == ["way-back-missing"]
    late = judge(FORM, ROW, Answers("3.2", {"rating": "green", "new_date": WITHDRAWN}), date(2020, 6, 1))
    assert "green-past-due" in [query.code for query in late.queries]


def test_every_question_can_be_told_without_its_way_out() -> None:
    said = (
        verdict({"progress": "No rating."}),
        verdict({"rating": "purple"}),
        verdict({"rating": "red", "progress": "Late"}),
        verdict({"rating": "blue", "progress": "Done"}),
        judge(FORM, ROW, Answers("3.2", {"rating": "green"}), date(2020, 6, 1)),
    )
    queries = [query for judged in said for query in judged.queries]
    assert {query.code for query in queries} == {
        *("rating-missing", "rating-unclear", "reason-missing", "way-back-missing", "figure-missing", "green-past-due")
    }
    for query in queries:
        assert query.finding.endswith(".")
        assert query.sentence.startswith(f"{query.finding} Please reply ")
