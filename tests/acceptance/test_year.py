"""The whole year, judged from what it leaves in the ledger and the mailbox, never from what it says of itself."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import select

from jobs.answered import Answered, answered
from jobs.owed import people_of
from ledger import arrivals, assignments, decisions, desk, events, intents
from ledger.dump import dump, missing_blobs
from ledger.records import Arrival, DeskItem, Event, Intent, IntentState
from ledger.schema import Entry
from ledger.schema import arrivals as arrivals_table
from ledger.schema import desk as desk_table
from ledger.store import Ledger
from mail.folder import sent_messages
from mail.letter import Message
from mail.reading import read
from programme.cycle import Cycle
from programme.loader import load, load_files, read_files
from programme.position import fold
from programme.service import Programme, Service
from scheduler.demo.playing import Outcome, play
from scheduler.demo.service_file import LEDGER
from scheduler.demo.stage import prepare
from scheduler.journal import silent

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).resolve().parent / "golden"
ASKING = ("reminder", "chase", "cover", "escalation")
NEVER_RECORDED = "2019-10"


@dataclass(frozen=True, slots=True)
class Year:
    """A year that was played, under the configuration as it was at its end."""

    service: Service
    out: Path
    outcomes: tuple[Outcome, ...]

    @property
    def plan(self) -> Programme:
        return self.service.programme("strategic-plan")


@pytest.fixture(scope="module")
def year(quick_folder: Path) -> Year:
    outcomes = tuple(play(prepare(load(ROOT / "config"), quick_folder, 1, silent), lambda _: None))
    return Year(load_files(read_files(quick_folder / "config")), quick_folder, outcomes)


@pytest.fixture(scope="module")
def entry(year: Year) -> Iterator[Entry]:
    with Ledger.open(year.out / LEDGER, create=False) as ledger, ledger.reading() as opened:
        yield opened


def cycles(year: Year) -> tuple[Cycle, ...]:
    return year.plan.cycles


def every_cycle(year: Year) -> Iterator[tuple[Programme, Cycle]]:
    for programme in year.service.programmes:
        for cycle in programme.cycles:
            yield programme, cycle


def sent_of(entry: Entry, programme: Programme, cycle: Cycle, *kinds: str) -> list[Intent]:
    every = intents.of_cycle(entry, programme.id, cycle.id)
    return [item for item in every if item.key.kind in kinds and item.state is IntentState.SENT]


def came_in(entry: Entry) -> list[Arrival]:
    numbers = entry.execute(select(arrivals_table.c.id).order_by(arrivals_table.c.id)).scalars()
    return [arrivals.get(entry, number) for number in numbers]


def on_the_desk(entry: Entry) -> list[DeskItem]:
    return [desk.get(entry, number) for number in entry.execute(select(desk_table.c.id)).scalars()]


def happened(entry: Entry, what: str) -> list[Event]:
    return [event for event in events.recent(entry, 100_000) if event.what == what]


def test_each_cycle_issues_seven_assignments_to_five_people(year: Year, entry: Entry) -> None:
    for cycle in cycles(year):
        issued = [item for item in sent_of(entry, year.plan, cycle, "issue") if item.key.occasion == "1"]
        asked = {name for item in issued for name in item.about}
        first = [item for item in assignments.of_cycle(entry, year.plan.id, cycle.id) if "#" not in item.id]
        assert len({item.key.person for item in issued}) == len(issued) == 5, cycle.id
        assert asked == {item.id for item in first}
        assert len(asked) == 7, cycle.id
        assert len(answered(entry, year.plan, cycle)) == 7


def test_three_workstreams_report_as_one_once_they_are_merged(year: Year, entry: Entry) -> None:
    reports = year.service.programme("highlight-reports")
    people = [{item.person for item in assignments.of_cycle(entry, reports.id, cycle.id)} for cycle in reports.cycles]
    first, then = "shaun-hourston-wells", "tom-linklater"
    assert people == [{"marion-firth", "erlend-heddle", "inga-rendall"}, {first}, {first}, {first}, {first, then}]
    assert [who(item) for item in answered(entry, reports, reports.cycles[-1])] == [(then, {then})]


def test_the_reports_have_a_year_of_their_own_too(year: Year, entry: Entry) -> None:
    reports = year.service.programme("highlight-reports")
    told = {(event.about, event.cycle) for event in happened(entry, "changed") if event.programme == reports.id}
    assert told == {("extension", "2018-2"), ("holder", "")}
    [extended] = answered(entry, reports, reports.cycles[1])
    assert [(back.on_time, back.received_at.date() > reports.cycles[1].deadline) for back in extended.returns] == [
        (True, True)
    ]
    assert not sent_of(entry, reports, reports.cycles[1], "chase")


def who(item: Answered) -> tuple[str, set[str]]:
    """Who was asked, and who returned."""
    return item.assignment.person, {back.sender for back in item.returns}


def test_nobody_is_asked_who_had_answered_or_whose_message_waits(year: Year, entry: Entry) -> None:
    waited = on_the_desk(entry)
    for programme, cycle in every_cycle(year):
        items = {item.assignment.id: item for item in answered(entry, programme, cycle)}
        asked = [(intent, items[name]) for intent in sent_of(entry, programme, cycle, *ASKING) for name in intent.about
                 if name in items]  # fmt: skip
        for intent, item in asked:
            assert intent.settled_at is not None
            assert owed_at(item, intent.settled_at), f"{intent.key} asks for nothing"
            assert not waiting_at(year, entry, programme, waited, item, intent.settled_at), str(intent.key)


def owed_at(item: Answered, at: datetime) -> set[str]:
    """The rows that nobody had answered by then."""
    position = fold(back.verdicts for back in item.returns if back.received_at < at)
    return {row.ref for row in item.asked if "rating" not in position.get(row.ref, {})}


def waiting_at(
    year: Year, entry: Entry, programme: Programme, waited: list[DeskItem], item: Answered, at: datetime
) -> list[DeskItem]:
    """What lay on the desk at an instant from anybody who may return this assignment."""
    own = people_of(programme, item.assignment)
    return [
        one
        for one in waited
        if one.opened_at <= at
        and (one.closed_at is None or one.closed_at > at)
        and (one.assignment == item.assignment.id or (one.arrival is not None and sender_of(year, one.arrival) in own))
    ]


@cache
def raw_of(out: Path, number: int) -> bytes:
    with Ledger.open(out / LEDGER, create=False) as ledger, ledger.reading() as entry:
        return ledger.blobs.get(arrivals.get(entry, number).sha256)


def sender_of(year: Year, number: int) -> str:
    address = read(raw_of(year.out, number)).sender
    known = (programme.person_at(address) for programme in year.service.programmes)
    return next((person.id for person in known if person), "")


def test_nothing_is_asked_twice(year: Year, entry: Entry) -> None:
    """A row that was answered, or that the SPG agreed Blue, stands in no later message that asks for it."""
    for programme, cycle in every_cycle(year):
        items = {item.assignment.id: item for item in answered(entry, programme, cycle)}
        for intent in sent_of(entry, programme, cycle, *ASKING):
            told = text_of(year, intent)
            for item in (items[name] for name in intent.about if name in items):
                assert intent.settled_at is not None
                owed = owed_at(item, intent.settled_at)
                asked = set(re.findall(r"(?m)^[^\S\n]*(\d+\.\d+)\b", told)) & {row.ref for row in item.assignment.rows}
                fellow = {ref for other in items.values() if other.assignment.id in intent.about
                          for ref in owed_at(other, intent.settled_at)}  # fmt: skip
                assert asked <= owed | fellow, f"{intent.key} asks for {asked - owed}"


def test_what_the_spg_agreed_blue_is_not_asked_again(year: Year, entry: Entry) -> None:
    blue: set[tuple[str, str]] = set()
    for before, cycle in zip(cycles(year), cycles(year)[1:], strict=False):
        decided = decisions.of_cycle(entry, year.plan.id, before.id)
        agreed = {(item.plan, item.ref): item.agreed for item in decided if item.agreed}
        blue |= {place for place, rating in agreed.items() if rating == "blue"}
        asked = {(item.assignment.plan, row.ref) for item in answered(entry, year.plan, cycle) for row in item.asked}
        assert not blue & asked, cycle.id
    assert blue


def test_every_message_that_came_in_is_accounted_for(year: Year, entry: Entry) -> None:
    arrived = came_in(entry)
    assert all(item.lane and item.filed for item in arrived)
    assert arrivals.undecided(entry) is None
    assert arrivals.unfiled(entry) is None
    lanes = Counter(item.lane for item in arrived)
    assert {"return", "absence", "decisions", "dealt with", "doubt"} <= set(lanes)
    assert [item.reason for item in on_the_desk(entry) if item.closed_at is None] == []
    assert lanes["decisions"] == len(list(every_cycle(year))) - 1


def test_every_message_went_once_and_all_that_was_decided_went(year: Year, entry: Entry) -> None:
    ids = [message.message_id for message in messages(year)]
    assert len(ids) == len(set(ids)) > 1000
    assert intents.open_intents(entry) == []
    for message_id in ids:
        (intent,) = intents.by_message_id(entry, [message_id])
        assert intent.state is IntentState.SENT
    assert happened(entry, "withdrawn") == []
    assert happened(entry, "fuse") == []
    assert happened(entry, "missed") == []
    with Ledger.open(year.out / LEDGER, create=False) as ledger:
        assert missing_blobs(ledger) == []


def test_alerts_are_rare(entry: Entry) -> None:
    assert [event.why.partition(".")[0] for event in happened(entry, "alert")] == [
        "An edit of the configuration cannot be used"
    ]


def test_positions_equal_the_fold_of_what_came_in(year: Year, entry: Entry) -> None:
    for outcome in year.outcomes:
        programme = year.service.programme(outcome.programme.id)
        items = answered(entry, programme, programme.cycle(outcome.cycle.id))
        for item in items:
            assert item.position == fold(back.verdicts for back in item.returns)
            assert [back.id for back in item.returns] == sorted(back.id for back in item.returns)
        for plan in outcome.standing.plans:
            own = [item for item in items if item.assignment.plan == plan.id]
            rated = {ref for item in own for ref, values in item.position.items() if "rating" in values}
            assert {row.ref for row in plan.rows if row.values} <= rated


def test_no_colour_is_carried_forward(year: Year) -> None:
    """A plan of which nothing came in shows no colour but what the SPG agreed as complete."""
    never = [
        plan for outcome in year.outcomes for plan in outcome.standing.plans
        if all(sponsor.state == "no return" for sponsor in plan.sponsors)
    ]  # fmt: skip
    assert never
    assert {row.rating for plan in never for row in plan.rows} <= {None, "blue"}


def test_every_meeting_is_written_up_but_one_and_the_next_issue_says_so(year: Year, entry: Entry) -> None:
    unrecorded = [
        cycle.id for programme, cycle in every_cycle(year) if not decisions.of_cycle(entry, programme.id, cycle.id)
    ]
    assert unrecorded == [NEVER_RECORDED]
    following = cycles(year)[-1]
    for intent in sent_of(entry, year.plan, following, "issue"):
        assert "update 10" in text_of(year, intent)
        assert "not been recorded" in " ".join(text_of(year, intent).split()) or "not recorded" in text_of(year, intent)


def test_the_teams_edits_do_what_they_should(year: Year, entry: Entry) -> None:
    told = Counter(event.about for event in happened(entry, "changed"))
    assert {"extension", "excuse", "hold", "holder", "spg-moved", "action-reworded", "addresses"} <= set(told)
    moved = [item for item in everything_sent(entry, "change") if item.key.person == "spg-chair"]
    assert ["the papers that were sent stand" in " ".join(text_of(year, item).split()) for item in moved] == [True]
    passed = {item.id: item.person for item in assignments.of_cycle(entry, year.plan.id, "2019-6") if "#" in item.id}
    assert set(passed.values()) == {"jean-laird"}
    assert len(passed) == 2


def everything_sent(entry: Entry, kind: str) -> list[Intent]:
    return [item for item in intents.of_cycle(entry, "strategic-plan", "") if item.key.kind == kind]


def messages(year: Year) -> list[Message]:
    return list(_messages(year.out))


@cache
def _messages(out: Path) -> tuple[Message, ...]:
    return tuple(read(path.read_bytes()) for path in sent_messages(out / "mailbox"))


def text_of(year: Year, intent: Intent) -> str:
    return next(message.text for message in messages(year) if message.message_id == intent.message_id)


@pytest.mark.parametrize(("programme", "cycle"), [("strategic-plan", "2019-3"), ("highlight-reports", "2018-4")])
def test_two_cycles_read_as_they_should(year: Year, entry: Entry, programme: str, cycle: str) -> None:
    """One bad cycle and one calm one, message by message, in the order of sending: read by eye, kept as they are."""
    sent = [item for item in intents.of_cycle(entry, programme, cycle) if item.state is IntentState.SENT]
    by_id = {message.message_id: message for message in messages(year)}
    shown: dict[str, list[str]] = {}
    for item in sorted(sent, key=lambda item: (item.decided_at, str(item.key))):
        shown.setdefault(said(item, by_id[item.message_id]), []).append(item.address)
    text = "\n".join(message.replace(TO, ", ".join(people)) for message, people in shown.items())
    golden = GOLDEN / f"{programme} {cycle}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


TO = "{everybody who got it}"


def said(intent: Intent, message: Message) -> str:
    """A message as text. What several people got alike, but for their name, is the same text."""
    rule = "=" * 100
    files = "".join(f"Attached: {file.name}\n" for file in message.attachments)
    body = "\n".join(line.rstrip() for line in message.text.splitlines())
    body = re.sub(r"\ADear [^\n]*,\n", "Dear …,\n", body.lstrip())
    return (
        f"{rule}\n{intent.decided_at:%a %d %b %Y %H:%M} UTC  {intent.key.kind}\nTo: {TO}\n"
        f"Subject: {message.subject}\n{files}\n{body}\n"
    )


def test_the_same_seed_gives_the_same_ledger(quick_folder: Path) -> None:
    assert ledger_of(quick_folder / "once", 2) == ledger_of(quick_folder / "again", 2)


def ledger_of(out: Path, first: int) -> str:
    out.mkdir()
    for _ in play(prepare(load(ROOT / "config"), out, 3, silent, first), lambda _: None):
        pass
    with Ledger.open(out / LEDGER, create=False) as ledger:
        return dump(ledger)
