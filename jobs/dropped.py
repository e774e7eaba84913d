"""What an edit may not do: drop a plan or a cycle while something of it is open (law 12).

What is open is removed with ``withdrawn`` or ``cancelled`` and a reason. Only the ledger knows what is open, so
``plancycle check`` cannot tell: the running service refuses such an edit, as any other bad one.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from jobs.answered import reported
from jobs.succession import open_cycles
from ledger.store import Entry
from programme.change import short_day
from programme.cycle import Cycle
from programme.fault import Fault
from programme.service import Programme, Service
from programme.source import parse


def dropped(entry: Entry, before: Service, after: Service, now: datetime) -> tuple[Fault, ...]:
    """A fault for each plan and each cycle that an edit takes out while it is open; ``before`` is in force."""
    kept = {programme.id: programme for programme in after.programmes}
    return tuple(
        fault
        for programme in before.programmes
        if programme.id in kept
        for cycle in open_cycles(entry, programme, now)
        for fault in _of_cycle(entry, (programme, kept[programme.id]), cycle, after.files)
    )


def _of_cycle(
    entry: Entry, both: tuple[Programme, Programme], cycle: Cycle, files: Mapping[str, str]
) -> Iterator[Fault]:
    before, after = both
    asked = {item.assignment.plan for item in reported(entry, before, cycle)}
    if asked and cycle.id not in {one.id for one in after.cycles}:
        yield _fault(
            files,
            f"{before.id}/cycles.yaml",
            f"{cycle.label} ({cycle.id}) is gone from here while it is under way.",
            'Put it back. If it is not to take place, write it under "cancelled" in facts.yaml, with its reason.',
        )
    # A merger that is taken back takes what the plans had become with it: the old ones are open again.
    parted = {merger.into for merger in before.facts.merged} - {merger.into for merger in after.facts.merged}
    left = {plan.id for plan in after.plans} | parted
    for plan in before.plans:
        if plan.id in asked and plan.id not in left:
            yield _fault(
                files,
                f"{before.id}/plans.yaml",
                f"{plan.label} ({plan.id}) is gone from here while it is open in {cycle.label}.",
                'Put it back. If it is not to be reported any more, write it under "withdrawn" in facts.yaml, with its'
                f" reason; once the SPG has met on {short_day(cycle.spg)} it may be deleted.",
            )


def _fault(files: Mapping[str, str], file: str, sentence: str, fix: str) -> Fault:
    """A fault at the list in which something is missing."""
    document, _ = parse(file, files.get(file, ""))
    name = file.rpartition("/")[2].removesuffix(".yaml")
    line, column = document.keys.get((name,), (0, 0)) if document else (0, 0)
    return Fault(file, line, column, sentence, fix)
