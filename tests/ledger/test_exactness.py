"""Whatever is stored comes back exactly."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import arrivals, assignments, configurations, desk, events, returns
from ledger.records import Assignment, DeskItem, Event, Return
from ledger.store import Ledger
from programme.answer import IssuedRow, LastKnown, Query, RowState, Verdict
from programme.form import Column, Field, Form, Kind, Rating
from tests.ledger.samples import AT, Facts, an_assignment

TEXT = st.text(max_size=12)
FACTS = st.dictionaries(TEXT, TEXT, max_size=3)
INSTANTS = st.datetimes(timezones=st.just(UTC))
TEXTS = st.lists(TEXT, max_size=2).map(tuple)

LAST = st.builds(LastKnown, st.none() | TEXT, st.none() | TEXT, TEXT, TEXT)
ROWS = st.builds(IssuedRow, TEXT, TEXT, TEXT, st.none() | st.dates(), LAST, FACTS)
FORMS = st.builds(
    Form,
    TEXT,
    TEXT,
    st.lists(
        st.builds(Column, TEXT, TEXT, st.sampled_from(Kind), st.booleans(), choices=TEXTS, headers=TEXTS), max_size=2
    ).map(tuple),
    st.lists(st.builds(Field, TEXT, TEXT, st.sampled_from(Kind)), max_size=2).map(tuple),
    st.lists(st.builds(Rating, TEXT, TEXT, TEXT, TEXT, TEXT, synonyms=TEXTS), max_size=2).map(tuple),
)
ASSIGNMENTS = st.builds(
    Assignment,
    id=TEXT,
    programme=TEXT,
    cycle=TEXT,
    plan=TEXT,
    post=TEXT,
    person=TEXT,
    form=FORMS,
    rows=st.lists(ROWS, max_size=3, unique_by=(lambda row: row.ref, lambda row: row.token)).map(tuple),
    policy=TEXT,
    configuration=st.just("good"),
    key_id=TEXT,
    issued_at=INSTANTS,
    deadline=st.dates(),
    on_time_until=INSTANTS,
    withdrawn=st.none() | TEXT,
)
QUERIES = st.lists(st.builds(Query, TEXT, TEXT, TEXT, TEXT), max_size=2).map(tuple)
VERDICTS = st.lists(st.builds(Verdict, TEXT, st.sampled_from(RowState), FACTS, QUERIES), max_size=3).map(tuple)
RETURNS = st.builds(
    Return,
    id=st.just(0),
    arrival=st.just(1),
    assignment=st.just(an_assignment().id),
    sender=TEXT,
    role=TEXT,
    received_at=INSTANTS,
    on_time=st.booleans(),
    file_name=TEXT,
    sha256=TEXT,
    verdicts=VERDICTS,
    fields=FACTS,
    notes=TEXTS,
)
EVENTS = st.builds(Event, INSTANTS, TEXT, TEXT, TEXT, TEXT, TEXT, TEXT, FACTS)
ITEMS = st.builds(DeskItem, st.just(0), INSTANTS, TEXT, TEXT, TEXT, st.just(1) | st.none(), st.none() | TEXT)

exactly = settings(max_examples=40, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with Ledger.open(tmp_path_factory.mktemp("exact") / "ledger.sqlite") as ledger:
        with ledger.transaction() as entry:
            configurations.keep(entry, "good", {}, AT)
            assignments.add(entry, an_assignment())
            arrivals.store(entry, Facts(), "a" * 64, "", AT)
        yield ledger


@exactly
@given(given_=ASSIGNMENTS)
def test_an_assignment_is_restored(shared: Ledger, given_: Assignment) -> None:
    with shared.transaction() as entry:
        assignments.add(entry, given_)
        assert assignments.get(entry, given_.id) == given_
        entry.rollback()


@exactly
@given(given_=RETURNS)
def test_a_return_is_restored_with_the_order_of_its_values(shared: Ledger, given_: Return) -> None:
    with shared.transaction() as entry:
        new_id = returns.add(entry, given_)
        (restored,) = returns.of_assignment(entry, given_.assignment)
        assert restored == replace(given_, id=new_id)
        assert [list(one.values) for one in restored.verdicts] == [list(one.values) for one in given_.verdicts]
        entry.rollback()


@exactly
@given(event=EVENTS, item=ITEMS)
def test_events_and_desk_items_are_restored(shared: Ledger, event: Event, item: DeskItem) -> None:
    with shared.transaction() as entry:
        events.record(entry, event)
        assert events.recent(entry, 1) == [event]
        item_id = desk.open_item(entry, item)
        assert desk.get(entry, item_id) == replace(item, id=item_id)
        entry.rollback()
