"""What is asked about a row, for whoever is not asked."""

import pytest

from programme.answer import Query


@pytest.mark.parametrize(
    ("sentence", "finding"),
    [
        ('Row 3.2 is Red with no reason. Please reply "3.2 reason" with why.', "Row 3.2 is Red with no reason."),
        ("Actions!F9 holds a formula: please type the answer itself.", "Actions!F9 holds a formula."),
        (
            'Actions!H9 says "soon", which we cannot read as a date: please type one day, such as 30 June 2020.',
            'Actions!H9 says "soon", which we cannot read as a date.',
        ),
        (
            'F9 says "Late. Please wait: please do": please choose Red or Green.',
            'F9 says "Late. Please wait: please do".',
        ),
        ("Is it still Green?", "Is it still Green?"),
        ("Row 3.1 has no date back to Green.", "Row 3.1 has no date back to Green."),
    ],
)
def test_others_read_what_was_found_and_not_what_to_do(sentence: str, finding: str) -> None:
    assert Query("3.2", "cell-unclear", "green_by", sentence).finding == finding
