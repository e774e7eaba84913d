"""The laws hold under any interleaving of time, returns, verdicts, facts, edits and restarts."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jobs import configuration
from jobs import desk as words
from jobs.answered import answered
from jobs.fuse import ANSWERS
from jobs.owed import FRESH_FOR, people_of
from jobs.past import issued_before
from jobs.standing import standing
from jobs.useful import ALERT, ASKING
from ledger import arrivals, assignments, decisions, desk, returns, ticks
from ledger.records import Assignment, Decision, DeskItem, Intent, IntentState, Return
from ledger.store import Entry
from mail.folder import FolderMailbox, deliver, sent_messages
from mail.reading import read
from programme.answer import RowState
from programme.cycle import Cycle, StepKind
from programme.fault import ConfigurationError
from programme.loader import load_files
from programme.service import Programme, Service
from programme.standing_facts import hold_on
from tests.jobs.stage import FILES, File, Stage, Unread, copied, filled, mail
from workbook.reading import Reader

PEOPLE = """\
title: Strategic Plan
zone: Europe/London
people:
  - {id: ann, name: Ann Aird, addresses: [ann@ours.example]}
  - {id: ben, name: Ben Bain, addresses: [ben@ours.example]}
  - {id: cara, name: Cara Cole, addresses: [cara@ours.example]}
  - {id: eve, name: Eve Ewing, addresses: [eve@ours.example]}
  - {id: fay, name: Fay Firth, addresses: [fay@partner.example]}
  - {id: gil, name: Gil Gow, addresses: [gil@ours.example]}
  - {id: sam, name: Sam Shaw, addresses: [sam@ours.example]}
  - {id: tess, name: Tess Tait, addresses: [tess@ours.example]}
  - {id: zoe, name: Zoe Zell, addresses: [zoe@ours.example]}
posts:
  - id: care
    title: Head of Care
    holders: [CARE]
    assistants: [{person: ben}]
    delegates: [{person: cara}]
    escalation: zoe
  - id: social
    title: Head of Social Work
    holders: [{person: eve}]
    escalation: zoe
  - id: homes
    title: Head of Homes
    external: true
    escalation: off
    holders: [{person: fay}]
team: {name: Planning team, phone: 01632 960001, members: [tess]}
spg: {name: Strategic Planning Group, members: [sam]}
"""

PLANS = """\
plans:
  - id: p1
    label: Plan 1
    title: Care
    sponsors: [care]
    actions:
      - {ref: "1.1", deliverable: Open the centre, due: 2020-12-31}
      - {ref: "1.2", deliverable: Train the staff, due: 2020-12-31}
  - id: p2
    label: Plan 2
    title: Homes
    sponsors: [social, homes]
    policy: POLICY
    actions:
      - {ref: "2.1", deliverable: Find the houses, due: 2020-12-31}
      - {ref: "2.2", deliverable: Let the houses, due: 2020-12-31}
"""

# What the two plans become where they are merged.
WHOLE = """\
  - id: whole
    label: Plan 3
    title: Care and homes
    sponsors: [social]
    actions:
      - {ref: "3.1", deliverable: House those in care, due: 2020-12-31}
      - {ref: "3.2", deliverable: Care for the housed, due: 2020-12-31}
"""

WHO_HOLDS_CARE = {
    "ann": "{person: ann}",
    "gil later": "{person: ann, until: DAY}, {person: gil, since: NEXT}",
    "nobody": "{person: ann, until: DAY}",
}
START = datetime(2020, 1, 5, 12, tzinfo=UTC)
FIRST_DAY = START.date()
FIRST_ISSUE = datetime(2020, 1, 6, 9, tzinfo=UTC)
SECOND_ISSUE = datetime(2020, 2, 10, 9, tzinfo=UTC)
ONE_DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SPONSORS = (("p1", "care"), ("p2", "social"), ("p2", "homes"), ("whole", "social"))
ADDRESS = {
    "ann": "ann@ours.example",
    "ben": "ben@ours.example",
    "eve": "eve@ours.example",
    "fay": "fay@partner.example",
    "gil": "gil@ours.example",
    "stranger": "isla@elsewhere.example",
}
RATINGS = ("green", "amber", "red", "blue")
WHY = "reason: It was so decided, decided_by: Planning Officer"
FACTS = {
    "none": "",
    "extension": "extensions: [{cycle: CYCLE, plan: p1, post: care, until: LATER, WHY}]\n",
    "excuse": "excuses: [{cycle: CYCLE, plan: p2, post: homes, WHY}]\n",
    "hold": "holds: [{cycle: CYCLE, steps: [reminder, chase], post: social, WHY}]\n",
    "hold of all": "holds: [{cycle: CYCLE, steps: [reminder, chase, papers], until: NEXT, WHY}]\n",
    "withdrawn": "withdrawn: [{plan: p2, since: NEXT, WHY}]\n",
    "merged": "merged: [{plans: [p1, p2], into: whole, since: NEXT, WHY}]\n",
    "cancelled": "cancelled: [{cycle: CYCLE, WHY}]\n",
}


@dataclass(frozen=True)
class Edit:
    """What the administrators have declared: everything that an edit may change, with the day on which it was made."""

    on: date = FIRST_DAY
    care: str = "ann"
    fact: str = "none"
    cycle: str = "c1"
    deadline_moves: int = 0
    spg_moves: int = 0
    broken: bool = False

    def files(self) -> dict[str, str]:
        first = (date(2020, 1, 10) + self.deadline_moves * ONE_DAY, date(2020, 1, 31) + self.spg_moves * ONE_DAY)
        cycles = (
            "cycles:\n"
            f"  - {{id: c1, label: update 1, issue: 2020-01-06, deadline: {first[0]}, spg: {first[1]}}}\n"
            "  - {id: c2, label: update 2, issue: 2020-02-10, deadline: 2020-02-14, spg: 2020-03-06}\n"
        )
        deadline = first[0] if self.cycle == "c1" else date(2020, 2, 14)
        days = {
            "DAY": self.on,
            "NEXT": self.on + ONE_DAY,
            "LATER": deadline + 4 * ONE_DAY,
            "CYCLE": self.cycle,
            "WHY": WHY,
        }
        people = PEOPLE.replace("CARE", WHO_HOLDS_CARE[self.care])
        facts = FACTS[self.fact] or "{}\n"
        for name, day in days.items():
            people, facts = people.replace(name, str(day)), facts.replace(name, str(day))
        return {
            **FILES,
            "strategic/people.yaml": people.replace("Europe", "Nowhere") if self.broken else people,
            "strategic/plans.yaml": PLANS.replace("POLICY", "all") + (WHOLE if self.fact == "merged" else ""),
            "strategic/cycles.yaml": cycles,
            "strategic/ladder.yaml": "{}\n",
            "strategic/facts.yaml": facts,
        }


@cache
def declared(edit: Edit) -> Service:
    return load_files(edit.files())


@pytest.fixture(scope="module")
def issued(quick_folder: Path) -> Iterator[tuple[Path, Reader]]:
    """The folder of a service that was installed the day before its first issue."""
    with Reader() as reader:
        stage = Stage(quick_folder / "issued", reader, declared(Edit()))
        configuration.adopt(stage.ledger, stage.office.service, START)
        stage.wake(START)
        stage.close()
        yield stage.root, reader


class Lives(RuleBasedStateMachine):
    """A service, the people around it, and the clock. The rules are what may happen; the invariants are the laws."""

    template: Path
    reader: Reader

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.template.parent))
        self.stage = Stage(copied(self.template, self.folder / "service"), self.reader, declared(Edit()))
        self.now = START
        self.edit = Edit()
        self.delivered = 0
        self.readable = True
        self.frozen: dict[str, Assignment] = {}
        self.told: set[str] = set()

    def teardown(self) -> None:
        self.stage.close()
        shutil.rmtree(self.folder)

    @initialize()
    def the_first_plans_are_issued(self) -> None:
        self._wake(FIRST_ISSUE)

    @property
    def programme(self) -> Programme:
        return self.stage.programme

    def _wake(self, now: datetime) -> None:
        self.now = now
        with self.stage.ledger.transaction() as entry:
            # A fuse that blew, or a clock that leapt, was seen to by somebody.
            if ticks.stopped(entry):
                ticks.resume(entry)
                ticks.beat(entry, now, {})
        self.stage.wake(now)

    # What may happen.

    @rule(hours=st.sampled_from((1, 7, 24, 72, 240)))
    def time_passes(self, hours: int) -> None:
        self._wake(self.now + timedelta(hours=hours))

    @rule(count=st.integers(1, 6))
    def the_next_steps_fall_due(self, count: int) -> None:
        from programme.calendar import next_instants

        for _ in range(count):
            coming = next_instants(self.programme, self.now)
            if coming and coming[0] - self.now < timedelta(days=40):
                self._wake(coming[0])

    @precondition(lambda self: self.now < SECOND_ISSUE)
    @rule()
    def the_next_plans_are_issued(self) -> None:
        self._wake(SECOND_ISSUE)

    @rule(
        sponsor=st.sampled_from(SPONSORS),
        sender=st.sampled_from(("sponsor", "sponsor", "sponsor", *ADDRESS)),
        rated=st.sampled_from(((), (0,), (1,), (0, 1))),
        rating=st.sampled_from(RATINGS),
        stale=st.integers(0, 3),
    )
    def somebody_returns_a_workbook(
        self, sponsor: tuple[str, str], sender: str, rated: Sequence[int], rating: str, stale: int
    ) -> None:
        """Whole, in part, unchanged, late, of the cycle before, by the sponsor, an assistant or a stranger."""
        plan, post = sponsor
        cycle = "c2" if stale and self._assignments("c2", plan, post) else "c1"
        own = self._assignments(cycle, plan, post)
        if not own:
            return
        issued = self.stage.workbook(plan, post, cycle)
        refs = [row.ref for number, row in enumerate(own[-1].rows) if number in rated]
        answers = {ref: {"rating": rating, "progress": f"Said at {self.now}."} for ref in refs}
        file = File(f"{plan}.xlsx", filled(issued, answers) if answers else issued)
        self._deliver(mail(ADDRESS[own[-1].person if sender == "sponsor" else sender], file))

    @rule(sender=st.sampled_from(tuple(ADDRESS)), text=st.sampled_from(("Is 1.2 mine?", "Please find attached.")))
    def somebody_writes(self, sender: str, text: str) -> None:
        self._deliver(mail(ADDRESS[sender], text=text))

    def _deliver(self, raw: bytes) -> None:
        received = self.now + MINUTE
        deliver(self.stage.mailbox, raw, received)
        self.delivered += 1
        self._wake(received + 5 * MINUTE)

    @precondition(lambda self: self.stage.desk())
    @rule(which=st.integers(0, 5), verb=st.sampled_from((words.accept, words.reject, words.reprocess)))
    def a_person_says_a_word(self, which: int, verb: object) -> None:
        waiting = self.stage.desk()
        item = waiting[which % len(waiting)]
        try:
            verb(self.stage.ledger, self.stage.office.service, item.id, words.Word("tess", "so decided", self.now))  # type: ignore[operator]
        except words.DeskError:
            return
        self._wake(self.now + MINUTE)

    @rule(
        care=st.sampled_from(tuple(WHO_HOLDS_CARE)),
        fact=st.sampled_from((*FACTS, "merged")),
        moves=st.sampled_from(((0, 0), (3, 0), (0, 7), (-1, 0))),
        broken=st.integers(0, 3),
    )
    def the_configuration_is_edited(self, care: str, fact: str, moves: tuple[int, int], broken: int) -> None:
        """Once a day at most: four notices on one day would blow the fuse, as they should."""
        today = self.programme.local(self.now).date()
        if today == self.edit.on:
            return
        cycle = "c2" if self._assignments("c2") else "c1"
        self.edit = Edit(today, care, fact, cycle, *moves, broken == 0)
        self.stage.now = self.now
        try:
            self.stage.edit(declared(self.edit))
        except ConfigurationError as fault:
            configuration.refuse(self.stage.office, str(self.edit), fault.faults, self.now)
        self._wake(self.now + MINUTE)

    @rule()
    def the_service_is_started_again(self) -> None:
        self.stage.close()
        again = Stage(self.stage.root, self.reader, self.stage.office.service)
        kept = configuration.last_good(again.ledger)
        assert kept is not None
        again.office = replace(again.office, service=kept)
        if not self.readable:
            again.through(Unread(again.mailbox))
        self.stage = again
        self._wake(self.now + MINUTE)

    @rule()
    def the_inbox_can_be_read_or_cannot(self) -> None:
        self.readable = not self.readable
        box = FolderMailbox if self.readable else Unread
        self.stage.through(box(self.stage.mailbox))
        self._wake(self.now + 31 * MINUTE)

    @rule(number=st.integers(0, 3), agreed=st.sampled_from((*RATINGS, None)), closed=st.booleans())
    def the_group_decides(self, number: int, agreed: str | None, closed: bool) -> None:
        plan, ref = (("p1", "1.1"), ("p1", "1.2"), ("p2", "2.1"), ("p2", "2.2"))[number]
        cycle = "c2" if self._assignments("c2") else "c1"
        one = Decision(self.now, "strategic", cycle, plan, ref, "row", "tess", agreed, closed=closed, words="Decided.")
        with self.stage.ledger.transaction() as entry:
            decisions.add(entry, one)

    # The laws.

    @invariant()
    def nobody_was_asked_in_doubt(self) -> None:
        """Law 11: of every message that asks and went since the last look."""
        gone = [item for item in self.stage.intents(*ASKING) if item.state is IntentState.SENT]
        new = [item for item in gone if item.message_id not in self.told]
        self.told |= {item.message_id for item in new}
        with self.stage.ledger.reading() as entry:
            for item in new:
                self._asked_without_doubt(entry, item)

    def _asked_without_doubt(self, entry: Entry, intent: Intent) -> None:
        read_at, sent_at = arrivals.read_to_end_at(entry), intent.settled_at
        assert read_at is not None
        assert sent_at is not None
        assert sent_at - read_at <= FRESH_FOR
        text = read(self.stage.ledger.blobs.get(intent.sha256)).text
        kind = StepKind.REMINDER if intent.key.kind == "reminder" else StepKind.CHASE
        on = self.programme.local(sent_at).date()
        for name in intent.about:
            own = assignments.get(entry, name)
            rated = self._rated(entry, own)
            assert own.withdrawn is None
            assert {row.ref for row in own.rows} - rated, "everything had been answered"
            assert not any(row.deliverable in text for row in own.rows if row.ref in rated), "asks for what is in"
            assert hold_on(self.programme, own.cycle, kind, on, own.plan, own.post) is None
            assert not [item for item in desk.waiting(entry) if self._is_about(entry, item, own)]

    def _is_about(self, entry: Entry, item: DeskItem, own: Assignment) -> bool:
        if item.assignment == own.id:
            return True
        if item.arrival is None:
            return False
        sender = read(self.stage.ledger.blobs.get(arrivals.get(entry, item.arrival).sha256)).sender
        person = self.programme.person_at(sender)
        return person is not None and person.id in people_of(self.programme, own)

    @invariant()
    def no_colour_is_carried_forward(self) -> None:
        """Law 5: a rating in the papers came back in that cycle, or was agreed as complete. So did a plan's colour."""
        with self.stage.ledger.reading() as entry:
            for cycle in self._issued(entry):
                every = assignments.of_cycle(entry, "strategic", cycle.id)
                rated = {(item.plan, ref) for item in every for ref in self._rated(entry, item)}
                for plan in standing(entry, self.programme, cycle, self.now, draft=True).plans:
                    for row in plan.rows:
                        came = row.rating is None or (plan.id, row.ref) in rated
                        assert came or row.last.agreed == row.rating == "blue", (cycle.id, plan.id, row)
                    came_back = {row.rating for row in plan.rows if (plan.id, row.ref) in rated}
                    every_row = {row.rating for row in plan.rows} == {"blue"}
                    assert every_row if plan.worst == "blue" else plan.worst in {None, *came_back}, (cycle.id, plan)

    @invariant()
    def what_was_issued_stays_what_it_was(self) -> None:
        """Law 12. What a fact took back is taken up again when the fact is gone; what passed on never is."""
        for own in (*self._assignments("c1"), *self._assignments("c2")):
            before = self.frozen.setdefault(own.id, own)
            assert replace(own, withdrawn=None) == replace(before, withdrawn=None)
            if "The post passed" in (before.withdrawn or ""):
                assert own.withdrawn == before.withdrawn, "a predecessor's form came back to life"
            self.frozen[own.id] = own
        open_now = Counter((own.cycle, own.plan, own.post) for own in self.frozen.values() if own.withdrawn is None)
        assert max(open_now.values(), default=1) == 1

    @invariant()
    def the_position_is_the_fold(self) -> None:
        with self.stage.ledger.reading() as entry:
            for cycle in self._issued(entry):
                for item in answered(entry, self.programme, cycle):
                    assert item.position == _folded(item.returns)
                    missing = {row.ref for row in item.asked} - _folded(item.returns).keys()
                    assert set(item.outstanding) == missing

    @invariant()
    def every_message_is_accounted_for(self) -> None:
        """Law 1: what was read is decided, filed, and came to a return, to a person, or to a line in the log."""
        known = self.stage.arrivals()
        assert len(known) + self.stage.lying("Inbox") >= self.delivered
        if self.readable:
            assert (len(known), self.stage.lying("Inbox")) == (self.delivered, 0)
        filed = self.stage.lying("Processed") + self.stage.lying("Attention")
        assert filed == len(known)
        told = {event.about for event in self.stage.events("message read")}
        assert {f"message {arrival.id}" for arrival in known} <= told
        assert None not in {arrival.lane for arrival in known}

    @invariant()
    def nothing_is_sent_twice(self) -> None:
        """Law 2."""
        sent = [read(path.read_bytes()).message_id for path in sent_messages(self.stage.mailbox)]
        assert len(sent) == len(set(sent))
        assert set(sent) == {item.message_id for item in self.stage.intents() if item.state is IntentState.SENT}

    @invariant()
    def nobody_gets_more_than_three_messages_a_day(self) -> None:
        """Law 10: beside receipts, and but for the team, which gets the digests and drafts too."""
        days = Counter(
            (item.key.person, self.programme.local(item.settled_at).date())
            for item in self.stage.intents()
            if item.state is IntentState.SENT and item.settled_at and item.key.kind not in {*ANSWERS, ALERT}
        )
        assert all(count <= 3 for (person, _), count in days.items() if person not in self.programme.team.members)

    def _assignments(self, cycle: str, plan: str = "", post: str = "") -> list[Assignment]:
        with self.stage.ledger.reading() as entry:
            every = assignments.of_cycle(entry, "strategic", cycle)
        return [item for item in every if item.plan in (plan or item.plan) and item.post in (post or item.post)]

    def _issued(self, entry: Entry) -> list[Cycle]:
        last = self.programme.cycles[-1]
        return [*issued_before(entry, self.programme, last), last]

    def _rated(self, entry: Entry, own: Assignment) -> set[str]:
        """The refs that came back for a plan from a post, from a predecessor in it too."""
        same = [
            item
            for item in assignments.of_cycle(entry, own.programme, own.cycle)
            if (item.plan, item.post) == (own.plan, own.post)
        ]
        back = [each for item in same for each in returns.of_assignment(entry, item.id)]
        return set(_folded(back))


def _folded(back: Sequence[Return]) -> dict[str, dict[str, str]]:
    """The newest accepted answer of each cell; blanks erase nothing."""
    cells: dict[str, dict[str, str]] = {}
    for returned in sorted(back, key=lambda one: (one.arrival, one.id)):
        for verdict in returned.verdicts:
            if verdict.state is RowState.ACCEPTED:
                for column, text in verdict.values.items():
                    if text.strip():
                        cells.setdefault(verdict.ref, {})[column] = text
    return cells


def test_the_laws_hold_whatever_happens(issued: tuple[Path, Reader]) -> None:
    class Here(Lives):
        template, reader = issued

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            database=None,
            # To find the shortest life that breaks a law takes minutes: put Phase.shrink in where one does.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
