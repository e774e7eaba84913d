"""A fuse before a flood (law 10): how many messages anybody gets in a day, counted before every send."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from jobs.office import Office
from jobs.useful import ALERT
from ledger import events, intents
from ledger.records import Intent
from ledger.store import Entry

# Receipts and other answers follow what somebody sent us, so they are counted apart from what we send unasked.
ANSWERS = frozenset({"receipt", "unreadable", "question"})

# These follow an edit or a decision that somebody made: too many of them for a day wait until the next.
NOTICES = frozenset({"change", "decided"})

# What an event is about that says that a person let a stopped service go on.
RESUMED = "run --resume"

A_DAY = 3
ANSWERS_A_DAY = 10
TEAM_A_DAY = 10


@dataclass(frozen=True, slots=True)
class TooMuch:
    """Why a message does not go today, in a sentence; ``stops``: nothing else goes either until a person looks."""

    sentence: str
    stops: bool = False


def too_much(office: Office, entry: Entry, intent: Intent, now: datetime) -> TooMuch | None:
    """What speaks against one more message to its person today; None while all is well.

    Answers and notices wait, and so does what a step calls for where notices of edits took its place: that is nobody's
    fault. A message to nobody, steps that are too many by themselves, and notices that pile up are one, and stop the
    service. A person's day starts afresh when somebody lets a stopped service go on. Alerts are bounded where they
    are raised.
    """
    kind = intent.key.kind
    if not intent.address.strip():
        return TooMuch(f"The message {intent.key} is addressed to nobody.", stops=True)
    if kind == ALERT:
        return None
    sent = _sent_today(office, entry, intent, now)
    if kind in ANSWERS:
        return _beyond(intent, sum(sent.get(each, 0) for each in ANSWERS), ANSWERS_A_DAY)
    limit = TEAM_A_DAY if _in_a_team(office, intent) else A_DAY
    notices = sum(sent.get(each, 0) for each in NOTICES)
    of_steps = sum(sent.values()) - notices - sum(sent.get(each, 0) for each in (*ANSWERS, ALERT))
    if kind in NOTICES:
        return _beyond(intent, of_steps + notices, limit) or _piled_up(entry, intent, 2 * limit)
    return _beyond(intent, of_steps, limit, stops=True) or _beyond(intent, of_steps + notices, limit)


def _beyond(intent: Intent, sent: int, limit: int, stops: bool = False) -> TooMuch | None:
    if sent < limit:
        return None
    counted = f"{intent.address} was already sent {sent} messages today; the limit is {limit}."
    return TooMuch(f"{counted} Next: {intent.subject}", stops)


def _piled_up(entry: Entry, intent: Intent, limit: int) -> TooMuch | None:
    waits = intents.waiting_for(entry, intent.address, NOTICES)
    sentence = f"{waits} notices wait for {intent.address}; the limit is {limit}."
    return TooMuch(sentence, stops=True) if waits > limit else None


def _sent_today(office: Office, entry: Entry, intent: Intent, now: datetime) -> Mapping[str, int]:
    """How many messages the person had today by kind, or since somebody let the stopped service go on."""
    since, until = _local_day(office, intent, now)
    resumed = next((event.at for event in events.recent(entry, 1, about=RESUMED)), since)
    return intents.sent_kinds(entry, _ids_of(office, intent), max(since, resumed), until)


def _ids_of(office: Office, intent: Intent) -> set[tuple[str, str]]:
    """A person as every programme knows them: by the address, for an id is a programme's own."""
    known = ((programme.id, programme.person_at(intent.address)) for programme in office.service.programmes)
    return {(intent.key.programme, intent.key.person), *((name, person.id) for name, person in known if person)}


def _in_a_team(office: Office, intent: Intent) -> bool:
    teams = {(one.id, member) for one in office.service.programmes for member in one.team.members}
    return not teams.isdisjoint(_ids_of(office, intent))


def _local_day(office: Office, intent: Intent, now: datetime) -> tuple[datetime, datetime]:
    programme = office.service.known(intent.key.programme) or office.service.programmes[0]
    start = datetime.combine(programme.local(now).date(), time(), programme.zone)
    return start, start + timedelta(days=1)
