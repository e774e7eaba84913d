import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ledger import arrivals, assignments, configurations, desk, intents, meta, returns, steps, ticks
from ledger.errors import LedgerError
from ledger.glance import AssignmentGlance, CycleGlance, Glance, IntentGlance, Refusal, Stop, glance
from ledger.records import DeskItem, IntentState, Outlook
from ledger.schema import Entry
from ledger.store import Ledger
from tests.ledger.samples import (
    AT,
    LATER,
    a_key,
    a_return,
    a_step,
    a_verdict,
    an_arrival,
    an_assignment,
    an_intent,
    keep_configuration,
)

EMPTY = Glance(
    kind=None,
    last_tick=None,
    stop=None,
    ahead={},
    configuration=None,
    refusal=None,
    read_to_end_at=None,
    undecided=0,
    cycles=(),
    desk=(),
    intents=(),
)


def fill(entry: Entry) -> None:
    keep_configuration(entry)
    meta.dedicate(entry, meta.Kind.LIVE)
    configurations.put_in_force(entry, "good", AT)
    configurations.refuse(entry, "bad", "cycles.yaml:1:1: wrong", LATER)
    ticks.beat(entry, LATER, {"Plan": Outlook("papers on Friday", ("issue",))})
    ticks.stop(entry, LATER, "The clock went back.")
    arrivals.save_cursor(entry, "page 1", LATER, True)
    assignments.add(entry, an_assignment())
    returns.add(entry, a_return(an_arrival(entry), a_verdict("3.1", rating="red")))
    desk.open_item(entry, DeskItem(0, AT, "stranger", "Nobody knows them.", "Vouch.", arrival=1))
    desk.close(entry, desk.open_item(entry, DeskItem(0, AT, "old", "", "")), "dropped", "planner", "", LATER)
    for person in ("ana", "bo"):
        intents.add(entry, an_intent(a_key(person)))
    intents.settle(entry, a_key("bo"), IntentState.SENT, LATER)


def cycles(path: Path) -> list[tuple[str, str]]:
    return [(seen.programme, seen.cycle) for seen in glance(path).cycles]


def issue(entry: Entry, programme: str, cycle: str, days: int) -> None:
    name = f"{programme}-{cycle}/ba3/health"
    at = AT + timedelta(days=days)
    assignments.add(entry, an_assignment(name, programme=programme, cycle=cycle, issued_at=at))


def test_what_an_earlier_version_saw_ahead_is_read(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        ticks.beat(entry, AT, {})
        entry.execute(text('UPDATE ticks SET ahead = \'{"Plan": "papers on Friday"}\''))
    assert glance(ledger.path).ahead == {"Plan": Outlook("papers on Friday")}


def test_an_empty_ledger_shows_nothing(ledger: Ledger) -> None:
    assert glance(ledger.path) == EMPTY


def test_a_service_that_runs_is_shown_whole(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        fill(entry)
    assignment = an_assignment()
    seen = AssignmentGlance(assignment.id, "ba3", "health", "ana", assignment.deadline, 2, 1, 1)
    assert glance(ledger.path) == Glance(
        kind="live",
        last_tick=LATER,
        stop=Stop(LATER, "The clock went back."),
        ahead={"Plan": Outlook("papers on Friday", ("issue",))},
        configuration="good",
        refusal=Refusal("bad", LATER, "cycles.yaml:1:1: wrong"),
        read_to_end_at=LATER,
        undecided=1,
        cycles=(CycleGlance("bigactions", "c5", (seen,), {"issue": 1}),),
        desk=(DeskItem(1, AT, "stranger", "Nobody knows them.", "Vouch.", arrival=1),),
        intents=(IntentGlance(a_key(), "ana@example.org", IntentState.DECIDED, AT),),
    )


def test_a_service_that_goes_on_is_not_stopped(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        ticks.beat(entry, AT, {})
    assert glance(ledger.path) == replace(EMPTY, last_tick=AT)


def test_it_sees_only_what_is_committed(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        ticks.beat(entry, AT, {})
        assert glance(ledger.path).last_tick is None


def test_open_cycles_are_shown_or_else_the_newest(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        keep_configuration(entry)
        for programme, cycle, days in (("p", "1", 0), ("p", "2", 30), ("p", "3", 60), ("q", "1", 0), ("q", "2", 30)):
            issue(entry, programme, cycle, days)
        for programme, cycle in (("p", "1"), ("q", "1"), ("q", "2")):
            steps.settle(entry, a_step("papers", cycle, programme))
        steps.settle(entry, a_step("deadline", "2", "p"))
    assert cycles(ledger.path) == [("p", "2"), ("p", "3"), ("q", "2")]


def test_what_was_withdrawn_is_not_shown(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        keep_configuration(entry)
        issue(entry, "p", "1", 0)
        assignments.withdraw(entry, "p-1/ba3/health", "merged", LATER)
    assert cycles(ledger.path) == []


def test_an_assignment_without_rows_asks_none(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        keep_configuration(entry)
        assignments.add(entry, an_assignment(rows=()))
    (seen,) = glance(ledger.path).cycles[0].assignments
    assert (seen.rows_asked, seen.rows_answered) == (0, 0)


def test_where_one_return_serves_the_plan_a_fellow_owes_no_more_than_nobody_has_answered(ledger: Ledger) -> None:
    with ledger.transaction() as entry:
        keep_configuration(entry)
        for name in ("c5/ba3/health", "c5/ba3/homes", "c5/ba4/homes"):
            assignments.add(entry, an_assignment(name, policy="all" if "ba4" in name else "any"))
        gone = an_assignment("c5/ba3/gone", policy="any")
        assignments.add(entry, gone)
        returns.add(entry, a_return(an_arrival(entry), a_verdict("3.1", rating="red")))
        returns.add(entry, a_return(an_arrival(entry, "inbox/2"), a_verdict("3.2", rating="red"), assignment=gone.id))
        assignments.withdraw(entry, gone.id, "a sponsor no more", LATER)
    (cycle,) = glance(ledger.path).cycles
    assert [(one.plan, one.post, one.rows_asked, one.rows_answered, one.rows_owed) for one in cycle.assignments] == [
        ("ba3", "health", 2, 1, 1),
        ("ba3", "homes", 2, 0, 1),
        ("ba4", "homes", 2, 0, 2),
    ]


def test_a_ledger_at_rest_is_read_by_somebody_who_may_not_write(path: Path) -> None:
    with Ledger.open(path) as ledger, ledger.transaction() as entry:
        ticks.beat(entry, AT, {})
    # What a reader of the log needs to make cannot be made, as in a folder that is somebody else's.
    path.with_name("ledger.sqlite-shm").symlink_to("/nowhere/at/all")
    assert glance(path).last_tick == AT


def test_a_ledger_in_use_that_cannot_be_followed_is_a_sentence(path: Path) -> None:
    Ledger.open(path).close()
    path.with_name("ledger.sqlite-shm").symlink_to("/nowhere/at/all")
    path.with_name("ledger.sqlite-wal").write_bytes(b"not yet in the database")
    with pytest.raises(LedgerError, match=r"ledger\.sqlite cannot be read: unable to open database file"):
        glance(path)


def test_a_missing_ledger_is_a_sentence_and_stays_missing(path: Path) -> None:
    with pytest.raises(LedgerError, match=r"There is no ledger at .* yet"):
        glance(path)
    assert not path.exists()


def test_a_ledger_that_it_cannot_read_is_a_sentence(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(LedgerError, match=r"no such table: ticks.*plancycle ledger upgrade"):
        glance(path)


def test_a_file_that_is_no_database_is_a_sentence(path: Path) -> None:
    path.write_text("Dear all, " * 500)
    with pytest.raises(LedgerError, match="file is not a database"):
        glance(path)


def test_it_needs_nothing_but_the_standard_library(ledger: Ledger) -> None:
    code = (
        "import sys; from pathlib import Path; from ledger.glance import glance; glance(Path(sys.argv[1])); "
        "print(sorted({'sqlalchemy', 'alembic', 'openpyxl', 'jinja2', 'yaml', 'holidays'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(ledger.path)], check=True, capture_output=True, text=True)
    assert ran.stdout == "[]\n"
