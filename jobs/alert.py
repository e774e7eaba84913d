"""Alerts: something needs a person now, said once to the planning team."""

from datetime import datetime, timedelta

from jobs.office import Office
from jobs.outbox import Envelope, decide, outgoing
from ledger import events, intents
from ledger.records import Event, IntentKey
from ledger.store import Entry
from report.letters import AlertLetter

# An alert is worth reading for a few days; a fault that repeats by the hour must not fill the team's mailbox.
A_DAY = 10


def raise_alert(office: Office, entry: Entry, occasion: str, title: str, words: tuple[str, str], now: datetime) -> None:
    """Decide an alert to every team member, inside the transaction that commits its cause.

    ``occasion`` names the cause: raised again, nothing happens. ``words`` are what happened and what to do.
    """
    if events.recent(entry, 1, about=occasion):
        return
    happened, what_to_do = words
    for programme, person in office.team():
        key = IntentKey("service", "", "alert", person.id, occasion)
        if intents.get(entry, key) is not None or _enough(entry, person.id, now):
            continue
        local, sender = programme.local(now), office.sender(programme)
        letter = AlertLetter(person.name, title, (happened,), what_to_do, local, sender)
        decide(entry, [outgoing(office, Envelope(key, person, person.address), letter, now)])
    events.record(entry, Event(now, "plancycle", "alert", occasion, f"{title}. {happened}"))
    office.log("alert", occasion=occasion, title=title)


def _enough(entry: Entry, person: str, now: datetime) -> bool:
    since = now - timedelta(days=1)
    return intents.decided_for(entry, person, "alert", since) >= A_DAY
