"""An edit that drops what is open is a bad edit: the last good configuration stays, and the way out is named."""

import pytest

from jobs import configuration
from jobs.standing import standing
from programme.fault import ConfigurationError
from tests.jobs.stage import RED, YEAR, Stage, at, mail, service

EVA = "eve@ours.example"
PLAN = (
    "strategic/plans.yaml",
    """\
  - id: p3
    label: Plan 3
    title: Social work
    sponsors: [social]
    actions:
      - {ref: "3.1", deliverable: Review the caseload, due: 2020-12-31}
""",
    "",
)
CYCLE = (
    "strategic/cycles.yaml",
    "  - {id: c1, label: update 1, issue: 2020-01-20, deadline: 2020-01-31, spg: 2020-02-21}\n",
    "",
)
WITHDRAWN = (
    "strategic/facts.yaml",
    "{}\n",
    "withdrawn:\n  - {plan: p3, since: 2020-01-23, reason: Gone to the council, decided_by: The IJB}\n",
)


def test_a_plan_that_is_open_cannot_be_deleted(year: Stage) -> None:
    year.receive(mail(EVA, year.returned("p3", "social", r3_1=RED)))
    in_force = year.office.service.hash
    with pytest.raises(ConfigurationError) as refused:
        year.edit(service(*YEAR, PLAN))
    [fault] = refused.value.faults
    assert str(fault).startswith(
        "strategic/plans.yaml:1:1: Plan 3 (p3) is gone from here while it is open in update 1."
    )
    assert '"withdrawn" in facts.yaml' in fault.fix
    assert "Fri 21 Feb 2020" in fault.fix
    assert year.office.service.hash == in_force
    kept = configuration.last_good(year.ledger)
    assert kept is not None
    assert kept.hash == in_force
    assert year.intents("change") == []
    with year.ledger.reading() as entry:
        plans = standing(entry, year.programme, year.programme.cycle("c1"), year.now, draft=False).plans
    assert [plan.worst for plan in plans if plan.id == "p3"] == ["red"]


def test_a_cycle_under_way_cannot_be_deleted(year: Stage) -> None:
    with pytest.raises(
        ConfigurationError, match=r"strategic/cycles.yaml:1:1: update 1 \(c1\) is gone from here"
    ) as bad:
        year.edit(service(*YEAR, CYCLE))
    assert '"cancelled" in facts.yaml' in bad.value.faults[0].fix


def test_every_plan_that_an_edit_drops_is_named_at_once(year: Stage) -> None:
    with pytest.raises(ConfigurationError) as bad:
        year.edit(service(*YEAR, PLAN, CYCLE))
    assert [fault.file for fault in bad.value.faults] == ["strategic/cycles.yaml", "strategic/plans.yaml"]


def test_a_plan_that_was_withdrawn_may_be_deleted(year: Stage) -> None:
    year.edit(service(*YEAR, WITHDRAWN))
    year.wake(at(23))
    year.edit(service(*YEAR, PLAN))
    assert "p3" not in [plan.id for plan in year.programme.plans]


def test_once_its_meeting_is_over_anything_may_be_deleted(met: Stage) -> None:
    met.now = at(22, month=2)
    met.edit(service(*YEAR, PLAN, CYCLE))
    assert [cycle.id for cycle in met.programme.cycles] == ["c2", "c3"]


def test_before_its_issue_anything_may_be_deleted(empty: Stage) -> None:
    empty.edit(service(PLAN))
    assert [plan.id for plan in empty.programme.plans] == ["p1", "p2"]
