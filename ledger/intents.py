"""Messages that were decided: each is claimed once, sent once and settled once."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, func, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from ledger.errors import DuplicateIntentError
from ledger.records import Intent, IntentKey, IntentState
from ledger.schema import Entry, intents

_KEY_NAMES = ("programme", "cycle", "kind", "person", "occasion")
_STATE_COLUMNS = [column for column in intents.c if column.name not in ("id", *_KEY_NAMES)]
_OPEN = (IntentState.DECIDED, IntentState.SENDING)
_SETTLED = (IntentState.SENT, IntentState.WITHDRAWN, IntentState.UNKNOWN)
_UNCLAIMED = {"token": None, "sending_at": None}

# A statement that is put together once takes a fifth of the time; these are for every message.
_ADD = insert_or(intents).on_conflict_do_nothing()
_BY_KEY = tuple(intents.c[name] == bindparam(f"own_{name}") for name in _KEY_NAMES)
_GET = select(intents).where(*_BY_KEY)
_NAMED = select(intents).where(intents.c.message_id.in_(bindparam("ids", expanding=True))).order_by(intents.c.id)
_MOVE = update(intents).where(*_BY_KEY, intents.c.state.in_(bindparam("from_states", expanding=True)))
_gone_at = func.coalesce(intents.c.sending_at, intents.c.settled_at)
_SENT_KINDS = (
    select(intents.c.programme, intents.c.person, intents.c.kind, func.count())
    .where(intents.c.state.in_((IntentState.SENDING, IntentState.SENT, IntentState.UNKNOWN)))
    .where(
        intents.c.person.in_(bindparam("people", expanding=True)),
        _gone_at >= bindparam("since"),
        _gone_at < bindparam("until"),
    )
    .group_by(intents.c.programme, intents.c.person, intents.c.kind)
)


def add(entry: Entry, intent: Intent) -> None:
    """Record a message as decided. Its bytes were put in the blobs before.

    Raises DuplicateIntentError, changing nothing, when its key or its Message-ID is known.
    """
    values = {column.name: getattr(intent, column.name) for column in _STATE_COLUMNS} | asdict(intent.key)
    if entry.execute(_ADD, values).rowcount == 0:
        raise DuplicateIntentError(f"The message {intent.key} ({intent.message_id}) was decided before.")


def get(entry: Entry, key: IntentKey) -> Intent | None:
    """The message with this key, or None when it was never decided."""
    return next(map(_restored, entry.execute(_GET, _named(key))), None)


def by_message_id(entry: Entry, ids: Iterable[str]) -> list[Intent]:
    """Our messages among these Message-IDs (with their angle brackets), in the order of decision."""
    return [_restored(row) for row in entry.execute(_NAMED, {"ids": list(ids)})]


def open_intents(entry: Entry) -> list[Intent]:
    """What is decided or being sent, in the order of decision."""
    return _found(entry, intents.c.state.in_(_OPEN))


def being_sent(entry: Entry) -> list[Intent]:
    """What was claimed and is not settled, in the order of decision."""
    return _found(entry, intents.c.state == IntentState.SENDING)


def next_to_send(
    entry: Entry, left: Collection[str] = (), only: Collection[str] = (), but: Collection[str] = ()
) -> Intent | None:
    """The message that was decided first and waits to be sent; None when there is none.

    ``left`` are Message-IDs to pass over, ``only`` the kinds that may go (none named: all), ``but`` those that may not.
    """
    wanted = [intents.c.state == IntentState.DECIDED]
    wanted += [intents.c.message_id.not_in(left)] if left else []
    wanted += [intents.c.kind.in_(only)] if only else []
    wanted += [intents.c.kind.not_in(but)] if but else []
    first = select(func.min(intents.c.id)).where(*wanted).scalar_subquery()
    return next(iter(_found(entry, intents.c.id == first)), None)


def claim(entry: Entry, key: IntentKey, token: str, at: datetime) -> bool:
    """From decided to sending, with the mailbox's token. Commit before sending. False: it is not yours to send."""
    return _moved(entry, key, (IntentState.DECIDED,), state=IntentState.SENDING, token=token, sending_at=at)


def put_back(entry: Entry, key: IntentKey) -> bool:
    """From sending to decided, on proof that it was not sent. False when it was not being sent."""
    return _moved(entry, key, (IntentState.SENDING,), state=IntentState.DECIDED, **_UNCLAIMED)


def settle(entry: Entry, key: IntentKey, state: IntentState, at: datetime, reason: str = "") -> bool:
    """From decided or sending to sent, withdrawn or unknown. False when it was settled before."""
    if state not in _SETTLED:
        raise ValueError(f"{state} settles nothing")
    return _moved(entry, key, _OPEN, state=state, settled_at=at, reason=reason)


def resolve(entry: Entry, key: IntentKey, state: IntentState, at: datetime, reason: str) -> bool:
    """A person's word on an unknown message: sent, withdrawn, or decided (send it again). False: it is not unknown."""
    if state is IntentState.DECIDED:
        return _moved(entry, key, (IntentState.UNKNOWN,), state=state, settled_at=None, reason=reason, **_UNCLAIMED)
    if state not in (IntentState.SENT, IntentState.WITHDRAWN):
        raise ValueError(f"{state} resolves nothing")
    return _moved(entry, key, (IntentState.UNKNOWN,), state=state, settled_at=at, reason=reason)


def sent_kinds(entry: Entry, ids: Collection[tuple[str, str]], since: datetime, until: datetime) -> dict[str, int]:
    """How many messages went, or may have gone, to somebody from ``since`` to before ``until``, by kind.

    ``ids`` are their (programme, person): one and the same may be in several programmes.
    """
    people = sorted({person for _, person in ids})
    kinds: dict[str, int] = {}
    for row in entry.execute(_SENT_KINDS, {"people": people, "since": since, "until": until}):
        if (row.programme, row.person) in ids:
            kinds[row.kind] = kinds.get(row.kind, 0) + row[3]
    return kinds


def waiting_for(entry: Entry, address: str, kinds: Collection[str]) -> int:
    """How many messages of these kinds wait to be sent to an address."""
    to = intents.c.address == address
    counted = select(func.count()).where(to, intents.c.state == IntentState.DECIDED, intents.c.kind.in_(kinds))
    return int(entry.execute(counted).scalar_one())


def decided_for(entry: Entry, address: str, kind: str, since: datetime) -> int:
    """How many messages of a kind were decided for an address since an instant, whatever became of them."""
    counted = select(func.count()).where(
        intents.c.address == address, intents.c.kind == kind, intents.c.decided_at >= since
    )
    return int(entry.execute(counted).scalar_one())


def of_cycle(entry: Entry, programme: str, cycle: str) -> list[Intent]:
    """Every message of a cycle, in the order of decision."""
    return _found(entry, intents.c.programme == programme, intents.c.cycle == cycle)


def to_person(entry: Entry, programme: str, cycle: str, kind: str, person: str) -> list[Intent]:
    """Every message of a kind to a person in a cycle, in the order of decision."""
    wanted = {"programme": programme, "cycle": cycle, "kind": kind, "person": person}
    return _found(entry, *(intents.c[name] == value for name, value in wanted.items()))


def counts_by_kind(entry: Entry, programme: str, cycle: str) -> dict[str, int]:
    """How many messages of each kind were sent in a cycle."""
    in_cycle = (intents.c.programme == programme, intents.c.cycle == cycle, intents.c.state == IntentState.SENT)
    counted = select(intents.c.kind, func.count()).where(*in_cycle).group_by(intents.c.kind).order_by(intents.c.kind)
    return {row.kind: row[1] for row in entry.execute(counted)}


def _named(key: IntentKey) -> dict[str, Any]:
    return {f"own_{name}": getattr(key, name) for name in _KEY_NAMES}


def _moved(entry: Entry, key: IntentKey, from_states: Collection[IntentState], **values: Any) -> bool:
    found = _named(key) | {"from_states": list(from_states)}
    return entry.execute(_MOVE, found | values).rowcount == 1


def _found(entry: Entry, *wanted: ColumnElement[bool]) -> list[Intent]:
    return [_restored(row) for row in entry.execute(select(intents).where(*wanted).order_by(intents.c.id))]


def _restored(row: Row[Any]) -> Intent:
    values = row._asdict()
    del values["id"]
    key = IntentKey(**{name: values.pop(name) for name in _KEY_NAMES})
    restored = {"key": key, "state": IntentState(values["state"]), "about": tuple(values["about"])}
    return Intent(**values | restored)
