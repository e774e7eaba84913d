"""The demo's first cycles, judged from what they leave in the ledger and the mailbox, never from what is said."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from jobs.answered import Answered, answered
from ledger import arrivals, assignments, desk, intents, meta
from ledger.dump import missing_blobs
from ledger.errors import LedgerError
from ledger.records import Arrival, Assignment, DeskItem, IntentState
from ledger.schema import Entry
from ledger.store import Ledger
from mail.folder import sent_messages
from mail.letter import Attachment, Message
from mail.reading import read
from programme.loader import load
from programme.service import Programme
from report.standing import PlanStanding, RowStanding
from report.summary import summarise
from scheduler.demo.playing import Outcome, play
from scheduler.demo.service_file import LEDGER
from scheduler.demo.stage import prepare
from scheduler.journal import silent

CONFIGURATION = Path(__file__).resolve().parents[2] / "config"

SPONSORS = ("allen-stevenson", "cvs-chief-executive", "deborah-gillespie", "helen-watson", "sharon-mcalees")

RECEIPTS = {
    "helen-watson": 1,
    "children-assistant": 1,
    "sharon-mcalees": 3,  # what her assistant sent, what her service lead sent, and what she sent herself
    "sm-criminal-justice": 1,
    "allen-stevenson": 2,
    "cvs-chief-executive": 1,
}


@dataclass(frozen=True, slots=True)
class Played:
    """A demo that was played, as far as it is about the plan updates."""

    programme: Programme
    out: Path
    outcomes: tuple[Outcome, ...]

    @property
    def ledger(self) -> Path:
        return self.out / LEDGER


def played(seed: int, cycles: int, out: Path) -> Played:
    service = load(CONFIGURATION)
    out.mkdir(parents=True)
    programme = service.programme("strategic-plan")
    outcomes = play(prepare(service, out, seed, silent, cycles), lambda _: None)
    return Played(programme, out, tuple(item for item in outcomes if item.programme.id == programme.id))


@pytest.fixture(scope="module", params=[1, 2], ids=["seed 1", "seed 2"])
def demo(request: pytest.FixtureRequest, quick_folder: Path) -> Played:
    return played(request.param, 1, quick_folder / f"seed {request.param}")


@pytest.fixture(scope="module")
def two_cycles(quick_folder: Path) -> Played:
    return played(1, 2, quick_folder / "two cycles")


@pytest.fixture
def entry(demo: Played) -> Iterator[Entry]:
    with Ledger.open(demo.ledger, create=False) as ledger, ledger.reading() as opened:
        yield opened


def sent_by_kind(entry: Entry, messages: list[Message], cycle: str) -> dict[str, Counter[str]]:
    """Who was sent how many messages of each kind in a cycle, from the messages that lie in Sent."""
    kinds: dict[str, Counter[str]] = {}
    for message in messages:
        (intent,) = intents.by_message_id(entry, [message.message_id])
        assert intent.state is IntentState.SENT
        assert message.recipients == (intent.address,)
        if intent.key.cycle == cycle:
            kinds.setdefault(intent.key.kind, Counter())[intent.key.person] += 1
    return kinds


def messages_sent(demo: Played) -> list[Message]:
    return [read(path.read_bytes()) for path in sent_messages(demo.out / "mailbox")]


def first_cycle(entry: Entry, demo: Played) -> dict[tuple[str, str], Answered]:
    items = answered(entry, demo.programme, demo.programme.cycles[0])
    return {(item.assignment.plan, item.assignment.post): item for item in items}


def came_in(entry: Entry) -> list[Arrival]:
    """What came in about the plan updates: the highlight reports, played before, are over by then."""
    every = numbered(lambda number: arrivals.get(entry, number))
    return [item for item in every if item.received_at.year >= 2019 and item.received_at.month >= 8]


def on_the_desk(entry: Entry) -> list[DeskItem]:
    return list(numbered(lambda number: desk.get(entry, number)))


def numbered(get) -> Iterator:  # type: ignore[no-untyped-def]
    number = 1
    while True:
        try:
            yield get(number)
        except LedgerError:
            return
        number += 1


def plan_of(demo: Played, plan: str, cycle: int = 0) -> PlanStanding:
    return next(item for item in demo.outcomes[cycle].standing.plans if item.id == plan)


def row_of(demo: Played, ref: str) -> RowStanding:
    return next(row for row in plan_of(demo, f"ba{ref[0]}").rows if row.ref == ref)


def test_five_people_are_issued_seven_assignments(demo: Played, entry: Entry) -> None:
    issued: list[Assignment] = assignments.of_cycle(entry, demo.programme.id, demo.programme.cycles[0].id)
    assert len(issued) == 7
    assert {item.person for item in issued} == set(SPONSORS)
    assert sum(len(item.rows) for item in issued) == 42


def test_everybody_gets_what_is_theirs_once_and_nobody_anything_else(demo: Played, entry: Entry) -> None:
    kinds = sent_by_kind(entry, messages_sent(demo), demo.programme.cycles[0].id)
    team = demo.programme.team.members
    assistants = [holding.person for post in demo.programme.posts.values() for holding in post.assistants]
    days = kinds.pop("digest")
    assert set(days) == set(team)
    assert set(days.values()) == {26}
    readers = {*demo.programme.spg.members, *SPONSORS}
    assert kinds == {
        "issue": dict.fromkeys(SPONSORS, 1),
        "receipt": RECEIPTS,
        "question": {"allen-stevenson": 1},
        "unreadable": {"allen-stevenson": 1},
        "copy": dict.fromkeys(assistants, 1),
        "reminder": {"allen-stevenson": 1, "deborah-gillespie": 1},
        "deadline": dict.fromkeys(team, 1),
        "review": dict.fromkeys(set(SPONSORS) - {"deborah-gillespie"}, 1),
        "chase": {"allen-stevenson": 3, "deborah-gillespie": 3},
        "cover": {"sm-assessment": 1, "sm-recovery": 1},
        "escalation": {"chief-officer": 1},
        "draft": dict.fromkeys([*team, "spg-chair", "committee-officer"], 1),
        "spg": dict.fromkeys(team, 1),
        "decided": dict.fromkeys({*team, *SPONSORS} - {"deborah-gillespie"}, 1),
        "papers": dict.fromkeys(readers, 1),
    }


def test_nothing_is_left_undecided_unsent_or_unnamed(demo: Played, entry: Entry) -> None:
    assert intents.open_intents(entry) == []
    assert arrivals.undecided(entry) is None
    assert arrivals.unfiled(entry) is None
    assert meta.kind(entry) is meta.Kind.DEMO
    with Ledger.open(demo.ledger, create=False) as ledger:
        assert missing_blobs(ledger) == []


def test_every_behaviour_ends_in_the_lane_that_the_design_gives_it(entry: Entry) -> None:
    lanes = Counter((arrival.folder, arrival.lane) for arrival in came_in(entry))
    assert lanes == {
        ("inbox", "absence"): 1,
        ("inbox", "return"): 6,
        ("junk", "return"): 1,
        ("inbox", "doubt"): 1,
        ("inbox", "question"): 1,
        ("inbox", "unreadable"): 1,
        ("inbox", "decisions"): 1,
    }


def test_every_assignment_ends_in_its_state(demo: Played, entry: Entry) -> None:
    states = {place: item.state for place, item in first_cycle(entry, demo).items()}
    assert states == {
        ("ba1", "strategy"): "returned",
        ("ba2", "children"): "returned",
        ("ba3", "children"): "returned",
        ("ba3", "community-care"): "partial",
        ("ba4", "community-care"): "returned",
        ("ba5", "mental-health"): "no return",
        ("ba6", "cvs"): "returned",
    }


def test_words_pasted_over_the_dropdown_are_understood(demo: Played, entry: Entry) -> None:
    item = first_cycle(entry, demo)["ba1", "strategy"]
    pasted = {str(cell.value) for cell in cells_of(only_workbook(demo, "helen.watson@hscp.example"), "Actions")}
    assert {"green ", "A"} <= pasted
    ratings = [item.position[row.ref]["rating"] for row in item.assignment.rows]
    assert ratings == ["green", "green", "amber", "green", "green", "red"]


def test_an_assistants_return_is_taken_out_of_junk(demo: Played, entry: Entry) -> None:
    (returned,) = first_cycle(entry, demo)["ba2", "children"].returns
    arrival = arrivals.get(entry, returned.arrival)
    assert (returned.role, arrival.folder, arrival.filed) == ("assistant", "junk", True)
    assert list((demo.out / "mailbox" / "Junk").glob("*.eml")) == []


def test_pieces_of_several_people_join(demo: Played, entry: Entry) -> None:
    piece, rest = first_cycle(entry, demo)["ba3", "children"].returns
    assert (piece.role, rest.role) == ("contributor", "holder")
    assert {verdict.ref for verdict in piece.verdicts if verdict.values} == {"3.2", "3.3"}
    assert {verdict.ref for verdict in rest.verdicts if verdict.values} == {"3.1", "3.4", "3.5", "3.6"}


def test_an_untidy_file_is_partial_with_exactly_the_row_missing_that_was_deleted(demo: Played, entry: Entry) -> None:
    item = first_cycle(entry, demo)["ba3", "community-care"]
    assert item.outstanding == ("3.6",)
    assert len(item.returns) == 1


def test_what_two_sponsors_rate_differently_is_shown_and_the_worse_stands(demo: Played) -> None:
    row = row_of(demo, "3.1")
    assert {item.rating for item in row.differences} == {"amber", "green"}
    assert row.rating == "amber"
    assert [other.ref for other in plan_of(demo, "ba3").rows if other.differences] == ["3.1"]


def test_an_absence_is_recorded_and_never_answered(demo: Played, entry: Entry) -> None:
    (absence,) = (arrival for arrival in came_in(entry) if arrival.lane == "absence")
    assert read(raw_of(demo, absence)).sender == "deborah.gillespie@hscp.example"
    assert answers_to(demo, absence) == []


def test_a_stranger_is_put_on_the_desk_rejected_by_the_team_and_not_answered(demo: Played, entry: Entry) -> None:
    (item,) = (item for item in on_the_desk(entry) if item.kind == "stranger")
    assert (item.verdict, item.by) == ("rejected", "planning-officer")
    assert item.closed_at is not None
    assert item.closed_at - item.opened_at < timedelta(days=4)
    assert item.arrival is not None
    arrival = arrivals.get(entry, item.arrival)
    stranger = read(raw_of(demo, arrival)).sender
    assert demo.programme.person_at(stranger) is None
    assert stranger not in {address for message in messages_sent(demo) for address in message.recipients}
    assert answers_to(demo, arrival) == []
    assert lies_in(demo, "Attention", arrival)


def test_a_message_without_its_attachment_is_answered_courteously_and_put_on_the_desk(
    demo: Played, entry: Entry
) -> None:
    (item,) = (item for item in on_the_desk(entry) if item.kind == "missing file")
    assert item.arrival is not None
    (answer,) = answers_to(demo, arrivals.get(entry, item.arrival))
    assert answer.recipients == ("allen.stevenson@hscp.example",)
    assert "no file came with it" in answer.text.casefold()
    assert "thank you" in answer.text.casefold()


def test_a_pdf_is_answered_with_advice_and_put_on_the_desk(demo: Played, entry: Entry) -> None:
    (item,) = (item for item in on_the_desk(entry) if item.kind == "unreadable")
    assert item.arrival is not None
    (answer,) = answers_to(demo, arrivals.get(entry, item.arrival))
    assert answer.recipients == ("allen.stevenson@hscp.example",)
    assert "This is a PDF." in answer.text
    assert "save it as an Excel Workbook (.xlsx)" in " ".join(answer.text.split())


def test_the_right_workbook_makes_good_what_could_not_be_read(demo: Played, entry: Entry) -> None:
    verdicts = {item.kind: item.verdict for item in on_the_desk(entry)}
    assert verdicts == {"stranger": "rejected", "missing file": "made good", "unreadable": "made good"}
    (returned,) = first_cycle(entry, demo)["ba4", "community-care"].returns
    assert returned.on_time


def test_nobody_without_a_return_has_a_colour(demo: Played) -> None:
    assert plan_of(demo, "ba5").worst is None
    assert {(row.rating, row.status) for row in plan_of(demo, "ba5").rows} == {(None, "no return")}


def test_the_summary_counts_every_action_once(demo: Played) -> None:
    summary = summarise(demo.outcomes[0].standing)
    assert summary.total == sum(item.rows for item in summary.tallies) == 36
    assert {item.word: item.rows for item in summary.tallies}["No return"] == 6


def test_the_papers_carry_a_workbook_that_opens_and_agrees_with_the_standing(demo: Played) -> None:
    papers = [
        message
        for message in messages_sent(demo)
        if "Papers for" in message.subject and message.subject.startswith(demo.programme.title)
    ]
    assert len({message.attachments[0].content for message in papers}) == 1
    workbook = load_workbook(BytesIO(papers[0].attachments[0].content))
    for plan in demo.outcomes[0].standing.plans:
        (sheet,) = (sheet for sheet in workbook.worksheets if sheet.title.startswith(plan.label))
        refs = {str(cell.value) for row in sheet.iter_rows() for cell in row}
        assert {row.ref for row in plan.rows} <= refs


def test_a_second_cycle_shows_the_last_ratings_and_carries_no_colour_forward(two_cycles: Played) -> None:
    first, second = two_cycles.programme.cycles[:2]
    with Ledger.open(two_cycles.ledger, create=False) as ledger, ledger.reading() as entry:
        kinds = sent_by_kind(entry, messages_sent(two_cycles), second.id)
        issued = assignments.of_cycle(entry, two_cycles.programme.id, second.id)
    last = {row.ref: row.last for item in issued for row in item.rows}
    before = {row.ref: row.rating for plan in two_cycles.outcomes[0].standing.plans for row in plan.rows}
    assert kinds["issue"] == dict.fromkeys(SPONSORS, 1)
    assert {ref: known.reported for ref, known in last.items()} == before
    assert {known.cycle for known in last.values() if known.reported} == {first.label}
    assert {row.rating for row in plan_of(two_cycles, "ba5", 0).rows} == {None}


def test_a_second_cycle_issues_its_answers_blank_beside_the_last_ones(two_cycles: Played) -> None:
    second = two_cycles.programme.cycles[1]
    (issue,) = (
        message
        for message in messages_sent(two_cycles)
        if message.recipients == ("helen.watson@hscp.example",) and f"{second.label} – Big Action 1" in message.subject
    )
    rows = list(load_workbook(BytesIO(issue.attachments[0].content))["Actions"].iter_rows(values_only=True))
    header = next(row for row in rows if "Rating" in {first_line(cell) for cell in row})
    names = [first_line(cell) for cell in header]
    asked = [row for row in rows if re.fullmatch(r"1\.\d", str(row[names.index("Ref")]))]
    assert [row[names.index("Rating")] for row in asked] == [None] * 6
    last = [str(row[names.index("Last rating")]) for row in asked]
    assert [re.findall("Red|Amber|Green|Blue", cell) for cell in last] == [
        ["Green"],
        ["Green"],
        ["Amber"],
        ["Green"],
        ["Green"],
        ["Red"],
    ]


def first_line(cell: object) -> str:
    return str(cell or "").split("\n")[0]


def raw_of(demo: Played, arrival: Arrival) -> bytes:
    with Ledger.open(demo.ledger, create=False) as ledger:
        return ledger.blobs.get(arrival.sha256)


def answers_to(demo: Played, arrival: Arrival) -> list[Message]:
    return [message for message in messages_sent(demo) if arrival.message_id in message.thread]


def lies_in(demo: Played, lane: str, arrival: Arrival) -> bool:
    raws = [path.read_bytes() for path in (demo.out / "mailbox" / lane).glob("*.eml")]
    return raw_of(demo, arrival) in raws


def only_workbook(demo: Played, sender: str) -> Attachment:
    filed = [read(path.read_bytes()) for path in (demo.out / "mailbox" / "Processed").glob("*.eml")]
    (message,) = (message for message in filed if message.sender == sender)
    (workbook,) = (file for file in message.attachments if file.name.endswith(".xlsx"))
    return workbook


def cells_of(file: Attachment, sheet: str) -> Iterator:  # type: ignore[type-arg]
    return (cell for row in load_workbook(BytesIO(file.content))[sheet].iter_rows() for cell in row)
