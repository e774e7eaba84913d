"""What is known of a plan now: the fold of accepted rows in the order of arrival."""

from collections.abc import Iterable, Mapping, Sequence

from programme.answer import WITHDRAWN, RowState, Verdict
from programme.form import Form
from programme.plan import Policy


def fold(verdicts: Iterable[Sequence[Verdict]]) -> dict[str, Mapping[str, str]]:
    """The position by ref and column id, from the returns in the order of arrival.

    The newest accepted answer of each cell wins; a blank never erases one, and what was withdrawn is there no more;
    a refused row never counts.
    """
    position: dict[str, dict[str, str]] = {}
    for verdict in (verdict for returned in verdicts for verdict in returned):
        if verdict.state is RowState.ACCEPTED:
            row = position.setdefault(verdict.ref, {})
            row |= {column: text for column, text in verdict.values.items() if text.strip()}
            position[verdict.ref] = {column: text for column, text in row.items() if text != WITHDRAWN}
    return dict(position)


def combine(
    form: Form,
    by_post: Mapping[str, Mapping[str, Mapping[str, str]]],
    ref: str,
    policy: Policy = Policy.ALL,
    owner: str | None = None,
) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """Join what several posts answered for one row of a plan.

    ``by_post`` holds each post's own position. Returns the worst rating id, None when nobody rated the row, and
    every (post, rating id) in the given order when they differ, else nothing. Under the policy ``rows`` only the
    row's ``owner`` counts; under ``any`` one answer serves, and of several the worst stands as under ``all``.
    """
    counted = {owner: by_post.get(owner, {})} if policy is Policy.ROWS and owner is not None else by_post
    rated = tuple(
        (post, position[ref]["rating"]) for post, position in counted.items() if position.get(ref, {}).get("rating")
    )
    ratings = frozenset(rating for _, rating in rated)
    return form.worst(ratings), rated if len(ratings) > 1 else ()
