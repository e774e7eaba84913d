"""Parting: a merger that was carried out in mid-cycle is taken back, and the old plans are open again (law 12)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.answered import MERGED_AWAY, MERGER_UNDONE
from jobs.called import plan_label
from jobs.entitled import declared
from jobs.merging import MERGED, WITHDRAWN, papers_ahead
from jobs.notice import notice
from jobs.office import Office
from jobs.outbox import Outgoing, decide
from ledger import assignments, events
from ledger.records import Assignment, Event
from ledger.store import Entry
from programme.change import listed
from programme.cycle import Cycle
from programme.service import Programme
from programme.standing_facts import merged_in_turn, merged_into, plans_in_force

PARTED = "parted"


@dataclass(frozen=True, slots=True)
class Parting:
    """What a merger that stands no more did in one cycle: old plans to open again, and what to withdraw of the new.

    ``settled`` are the assignments of the merger's own event that are done with.
    """

    programme: Programme
    cycle: Cycle
    into: str
    back: tuple[Assignment, ...]
    off: tuple[Assignment, ...]
    settled: tuple[str, ...]

    @property
    def label(self) -> str:
        """What the plans were merged into; its id where an edit has taken it out."""
        return plan_label(self.programme, self.into)

    @property
    def old(self) -> str:
        return listed(dict.fromkeys(plan_label(self.programme, item.plan) for item in self.back))


def part_one(office: Office, now: datetime) -> bool:
    """Undo one merger in one cycle whose papers have not gone. True if there was one; what was accepted stays."""
    with office.ledger.reading() as entry:
        found = next((each for one in office.service.programmes for each in _partings(entry, one, now)), None)
    if found is None:
        return False
    reason = f"{MERGER_UNDONE}. What was returned stays."
    where = (found.programme.id, found.cycle.id)
    messages = list(_notices(office, found, now))
    with office.ledger.transaction() as entry:
        for item in found.off:
            assignments.withdraw(entry, item.id, reason, now)
            events.record(entry, Event(now, "plancycle", "withdrawn", item.id, reason, *where))
        for item in found.back:
            assignments.reinstate(entry, item.id)
            why = f"{MERGER_UNDONE}. Before: {item.withdrawn}"
            events.record(entry, Event(now, "plancycle", "reinstated", item.id, why, *where))
        detail = dict.fromkeys(found.settled, PARTED)
        events.record(entry, Event(now, "plancycle", PARTED, found.into, reason, *where, detail))
        decide(entry, messages)
    office.log("parted", into=found.into, reinstated=len(found.back), withdrawn=len(found.off))
    return True


def _partings(entry: Entry, programme: Programme, now: datetime) -> Iterator[Parting]:
    for cycle in papers_ahead(entry, programme, now):
        every = assignments.of_cycle(entry, programme.id, cycle.id)
        if not any((item.withdrawn or "").startswith(MERGED_AWAY) for item in every):
            continue
        for into, did in _carried_out(events.of_cycle(entry, programme.id, cycle.id)).items():
            found = _parting(programme, cycle, into, did, every, now)
            if found.settled:
                yield found


def _carried_out(happened: Sequence[Event]) -> dict[str, dict[str, str]]:
    """What the mergers of a cycle did and nobody has undone: by the merged plan, withdrawn or issued by assignment."""
    done: dict[str, dict[str, str]] = {}
    for event in happened:
        if event.what == MERGED:
            done.setdefault(event.about, {}).update(event.detail)
        elif event.what == PARTED:
            for name in event.detail:
                done.get(event.about, {}).pop(name, None)
    return done


def _parting(
    programme: Programme,
    cycle: Cycle,
    into: str,
    did: Mapping[str, str],
    every: Sequence[Assignment],
    now: datetime,
) -> Parting:
    today = programme.local(now).date()
    old = [item for item in every if did.get(item.id) == WITHDRAWN]
    loose = [item for item in old if into not in merged_in_turn(programme.facts, item.plan, today)]
    whole = len(loose) == len(old)
    new = {(item.plan, item.post) for item in every if item.id in did and item not in old} if whole else set()
    newest = {(item.plan, item.post): item for item in every}
    reported = {plan.id for plan in plans_in_force(programme, today)}
    back = tuple(
        item
        for item in loose
        if item == newest[item.plan, item.post]
        and (item.withdrawn or "").startswith(MERGED_AWAY)
        and (item.plan in reported or merged_into(programme.facts, item.plan, today) != item.plan)
        and declared(programme, item)
    )
    # A successor of who was asked for the merged plan, too.
    off = tuple(item for item in every if (item.plan, item.post) in new and item.withdrawn is None)
    settled = tuple(did) if whole else tuple(item.id for item in loose)
    return Parting(programme, cycle, into, back, off, settled if loose else ())


def _notices(office: Office, found: Parting, now: datetime) -> Iterator[Outgoing]:
    """To the team; everybody else was told of the edit, and what it means (jobs/changes.py)."""
    programme, cycle = found.programme, found.cycle
    changed = f"{found.label} takes no other plan's place in {cycle.label} any more: the merger was taken back."
    if found.back:
        changed = f"{found.old} and {found.label} are apart again in {cycle.label}: the merger was taken back."
    done = [f"Open again: {found.old}; the forms that are out count again."] if found.back else []
    done += [f"Nothing more is asked for {found.label}; what was returned of it stays."] if found.off else []
    done.append("Reprocess on the desk what came back meanwhile.")
    for person in programme.team.members:
        occasion = f"{PARTED} {cycle.id}/{found.into}"
        yield from notice(office, programme, person, ((changed,), done), occasion, now)
