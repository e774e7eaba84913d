"""A poll asks and carries the same however much lies in Processed; `make bench` measures it with 100,000."""

import pytest

from tests.bench.polls import SYSTEMS, Cost, measured, the_same


@pytest.mark.parametrize(
    "system", [pytest.param(name, marks=[pytest.mark.servers] * (name == "imap-dovecot")) for name in SYSTEMS]
)
def test_a_poll_costs_the_same_with_few_and_with_many_in_processed(system: str) -> None:
    few, many = measured(system, 10), measured(system, 2_000)
    assert the_same([few, many]), (few, many)
    assert all(cost.octets > 100 for cost in few.values())


def test_what_grows_with_processed_is_noticed() -> None:
    assert not the_same([{"nothing new": Cost(2, 900)}, {"nothing new": Cost(3, 900)}])
    assert not the_same([{"nothing new": Cost(2, 900)}, {"nothing new": Cost(2, 1_900)}])
