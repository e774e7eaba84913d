"""That a rating's word can be read on its colour."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programme.form import Rating
from programme.ratings import BUILT_IN, READABLE, better_ink, contrast


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        # The ends of the scale, and pairs that are well known for standing just on either side of 4.5.
        ("#FFFFFF", "#000000", 21),
        ("#336699", "#336699", 1),
        ("#767676", "#FFFFFF", 4.54),
        ("#777777", "#FFFFFF", 4.48),
        ("#ff0000", "#FFFFFF", 4.00),
    ],
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@pytest.mark.parametrize("rating", BUILT_IN, ids=lambda rating: rating.id)
def test_a_built_in_rating_can_be_read(rating: Rating) -> None:
    assert contrast(rating.fill, rating.ink) >= READABLE


@given(st.integers(0, 0xFFFFFF))
def test_black_or_white_can_be_read_on_every_colour(colour: int) -> None:
    fill = f"#{colour:06X}"
    assert contrast(fill, better_ink(fill)) >= READABLE
