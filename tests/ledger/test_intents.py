from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import intents
from ledger.errors import DuplicateIntentError, LedgerError
from ledger.records import IntentState
from ledger.schema import Entry
from ledger.store import Ledger
from tests.ledger.samples import AT, LATER, a_key, an_intent

DECIDED, SENDING, SENT = IntentState.DECIDED, IntentState.SENDING, IntentState.SENT
WITHDRAWN, UNKNOWN = IntentState.WITHDRAWN, IntentState.UNKNOWN


def state(entry: Entry, person: str = "ana") -> IntentState:
    found = intents.get(entry, a_key(person))
    assert found is not None
    return found.state


def test_an_intent_comes_back_as_it_was_decided(entry: Entry) -> None:
    assert intents.get(entry, a_key()) is None
    intents.add(entry, an_intent())
    assert intents.get(entry, a_key()) == an_intent()


@pytest.mark.parametrize("second", [an_intent(message_id="<other@us>"), an_intent(a_key("bo"), "<one@us>")])
def test_a_message_is_decided_once_and_the_transaction_goes_on(entry: Entry, second: object) -> None:
    intents.add(entry, an_intent(message_id="<one@us>"))
    with pytest.raises(DuplicateIntentError, match="was decided before"):
        intents.add(entry, second)  # type: ignore[arg-type]
    intents.add(entry, an_intent(a_key("cy")))
    assert [one.key.person for one in intents.open_intents(entry)] == ["ana", "cy"]


@pytest.mark.parametrize("part", ["programme", "cycle", "kind", "person", "occasion"])
def test_each_part_of_the_key_tells_messages_apart(entry: Entry, part: str) -> None:
    intents.add(entry, an_intent())
    other = an_intent(replace(a_key(), **{part: "other"}), "<other@us>")
    intents.add(entry, other)
    assert intents.get(entry, other.key) == other


def test_messages_are_found_by_message_id(entry: Entry) -> None:
    for person in ("ana", "bo", "cy"):
        intents.add(entry, an_intent(a_key(person), f"<{person}@us>"))
    found = intents.by_message_id(entry, ["<cy@us>", "<unknown@them>", "<ana@us>"])
    assert [one.key.person for one in found] == ["ana", "cy"]
    assert intents.by_message_id(entry, []) == []


def test_a_message_is_claimed_once(entry: Entry) -> None:
    intents.add(entry, an_intent())
    assert intents.claim(entry, a_key(), "token-1", LATER)
    assert not intents.claim(entry, a_key(), "token-2", LATER)
    found = intents.get(entry, a_key())
    assert found == replace(an_intent(), state=SENDING, token="token-1", sending_at=LATER)


def test_what_was_proved_not_sent_is_decided_afresh(entry: Entry) -> None:
    intents.add(entry, an_intent())
    assert not intents.put_back(entry, a_key())
    intents.claim(entry, a_key(), "token-1", LATER)
    assert intents.put_back(entry, a_key())
    assert intents.get(entry, a_key()) == an_intent()
    assert intents.claim(entry, a_key(), "token-2", LATER)


def test_what_was_decided_first_is_sent_first(entry: Entry) -> None:
    assert intents.next_to_send(entry) is None
    for key in (a_key("ana"), a_key("bo", kind="alert"), a_key("cy")):
        intents.add(entry, an_intent(key))
    assert intents.next_to_send(entry) == an_intent(a_key("ana"))
    assert intents.next_to_send(entry, only=("alert",)) == an_intent(a_key("bo", kind="alert"))
    assert intents.being_sent(entry) == []
    intents.claim(entry, a_key("ana"), "token", LATER)
    assert [one.key.person for one in intents.being_sent(entry)] == ["ana"]
    assert intents.next_to_send(entry) == an_intent(a_key("bo", kind="alert"))


@pytest.mark.parametrize("outcome", [SENT, WITHDRAWN, UNKNOWN])
def test_a_message_is_settled_once(entry: Entry, outcome: IntentState) -> None:
    intents.add(entry, an_intent())
    assert intents.settle(entry, a_key(), outcome, LATER, "so it was")
    assert not intents.settle(entry, a_key(), WITHDRAWN, LATER)
    assert not intents.claim(entry, a_key(), "token", LATER)
    found = intents.get(entry, a_key())
    assert found == replace(an_intent(), state=outcome, settled_at=LATER, reason="so it was")
    assert intents.open_intents(entry) == []


@pytest.mark.parametrize("outcome", [DECIDED, SENDING])
def test_an_open_state_settles_nothing(entry: Entry, outcome: IntentState) -> None:
    intents.add(entry, an_intent())
    with pytest.raises(ValueError, match="settles nothing"):
        intents.settle(entry, a_key(), outcome, LATER)


@pytest.mark.parametrize("word", [SENT, WITHDRAWN, DECIDED])
def test_a_person_resolves_what_is_unknown_and_nothing_else(entry: Entry, word: IntentState) -> None:
    intents.add(entry, an_intent())
    assert not intents.resolve(entry, a_key(), word, LATER, "I rang them")
    intents.claim(entry, a_key(), "token", AT)
    intents.settle(entry, a_key(), UNKNOWN, AT)
    assert intents.resolve(entry, a_key(), word, LATER, "I rang them")
    assert not intents.resolve(entry, a_key(), word, LATER, "I rang them")
    assert state(entry) is word
    assert intents.claim(entry, a_key(), "again", LATER) is (word is DECIDED)


def test_a_person_cannot_leave_it_unknown(entry: Entry) -> None:
    with pytest.raises(ValueError, match="resolves nothing"):
        intents.resolve(entry, a_key(), UNKNOWN, LATER, "no idea")


def test_what_is_being_sent_has_a_token(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="intent_claimed"), ledger.transaction() as entry:
        intents.add(entry, replace(an_intent(), state=SENDING))


def test_messages_that_may_have_gone_are_counted(entry: Entry) -> None:
    outcomes = {"issue": SENT, "chase": UNKNOWN, "reminder": WITHDRAWN, "alert": DECIDED, "receipt": SENT}
    for kind, outcome in outcomes.items():
        key = a_key(kind=kind)
        intents.add(entry, an_intent(key))
        if outcome is not DECIDED:
            intents.claim(entry, key, "token", LATER)
            intents.settle(entry, key, outcome, LATER + timedelta(days=1))
    intents.add(entry, an_intent(a_key(kind="papers")))
    intents.claim(entry, a_key(kind="papers"), "token", LATER)
    intents.add(entry, an_intent(a_key("bo")))
    intents.settle(entry, a_key("bo"), SENT, LATER)
    second = timedelta(seconds=1)
    ana = {("bigactions", "ana")}
    gone = {"issue": 1, "chase": 1, "receipt": 1, "papers": 1}
    assert intents.sent_kinds(entry, ana, LATER, LATER + second) == gone
    assert intents.sent_kinds(entry, ana, LATER + second, LATER + 2 * second) == {}
    assert intents.sent_kinds(entry, ana, AT, LATER) == {}
    assert intents.sent_kinds(entry, {("bigactions", "bo")}, LATER, LATER + second) == {"issue": 1}
    both = {*ana, ("bigactions", "bo"), ("other", "bo")}
    assert intents.sent_kinds(entry, both, LATER, LATER + second) == gone | {"issue": 2}
    assert intents.sent_kinds(entry, {("other", "ana")}, LATER, LATER + second) == {}


def test_decided_messages_are_counted_whatever_became_of_them(entry: Entry) -> None:
    for key in (a_key(), a_key(occasion="2"), a_key(kind="papers"), a_key("bo")):
        intents.add(entry, an_intent(key))
    intents.settle(entry, a_key(), WITHDRAWN, AT)
    assert intents.decided_for(entry, "ana@example.org", "issue", AT) == 2
    assert intents.decided_for(entry, "ana@example.org", "issue", LATER) == 0


def test_sent_messages_are_counted_by_kind(entry: Entry) -> None:
    sent = [a_key("ana"), a_key("bo"), a_key("bo", "papers"), a_key("bo", cycle="c6")]
    for key in (*sent, a_key("cy")):
        intents.add(entry, an_intent(key))
    for key in sent:
        intents.settle(entry, key, SENT, LATER)
    assert intents.counts_by_kind(entry, "bigactions", "c5") == {"issue": 2, "papers": 1}


def test_two_senders_never_claim_the_same_message(ledger: Ledger) -> None:
    people = [f"person-{number}" for number in range(12)]
    with ledger.transaction() as entry:
        for person in people:
            intents.add(entry, an_intent(a_key(person)))

    def claims(sender: str) -> list[str]:
        with Ledger.open(ledger.path) as beside:
            return [person for person in people if claimed(beside, person, sender)]

    with ThreadPoolExecutor(3) as pool:
        won = list(pool.map(claims, ("one", "two", "three")))
    assert sorted(person for names in won for person in names) == sorted(people)


def claimed(ledger: Ledger, person: str, sender: str) -> bool:
    with ledger.transaction() as entry:
        return intents.claim(entry, a_key(person), sender, LATER)


MOVES = {
    "claim": ({DECIDED}, SENDING),
    "put_back": ({SENDING}, DECIDED),
    "sent": ({DECIDED, SENDING}, SENT),
    "withdrawn": ({DECIDED, SENDING}, WITHDRAWN),
    "unknown": ({DECIDED, SENDING}, UNKNOWN),
    "again": ({UNKNOWN}, DECIDED),
}


def move(entry: Entry, name: str) -> bool:
    if name == "claim":
        return intents.claim(entry, a_key(), "token", LATER)
    if name == "put_back":
        return intents.put_back(entry, a_key())
    if name == "again":
        return intents.resolve(entry, a_key(), DECIDED, LATER, "a person said so")
    return intents.settle(entry, a_key(), IntentState(name), LATER)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return Ledger.open(tmp_path_factory.mktemp("intents") / "ledger.sqlite")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(names=st.lists(st.sampled_from(sorted(MOVES)), max_size=8))
def test_no_order_of_moves_leaves_the_state_machine(shared: Ledger, names: list[str]) -> None:
    expected = DECIDED
    with shared.transaction() as entry:
        intents.add(entry, an_intent())
        for name in names:
            allowed, after = MOVES[name]
            assert move(entry, name) is (expected in allowed)
            expected = after if expected in allowed else expected
            assert state(entry) is expected
        entry.rollback()
