"""Alerts: something needs a person now, said once to the planning team."""

from datetime import datetime, timedelta

from jobs.office import Office
from jobs.outbox import Envelope, decide, outgoing
from ledger import desk, events, intents
from ledger.records import DeskItem, Event, IntentKey
from ledger.store import Entry
from programme.people import Person
from report.letters import AlertLetter

# An alert is worth reading for a few days; a fault that repeats by the hour must not fill the team's mailbox.
A_DAY = 10

# These must be read however many others came before them.
ALWAYS = ("fuse", "clock", "unread", "configuration", "bug", "enough")


def raise_alert(office: Office, entry: Entry, occasion: str, title: str, words: tuple[str, str], now: datetime) -> None:
    """Decide an alert to every team member, inside the transaction that commits its cause.

    One that is about a single programme is raised with that one's ``Office.of``, for its own team. ``occasion`` names
    the cause, and the programme where it is one's own: raised again, nothing happens. ``words`` are what happened and
    what to do. Beyond ten a day it waits on the desk instead, but for what must be read at once.
    """
    if events.recent(entry, 1, about=occasion):
        return
    happened, what_to_do = words
    told = False
    for programme, person in office.team():
        # An id is a programme's own: two teams may have members of the same.
        key = IntentKey(programme.id, "", "alert", person.id, occasion)
        if intents.get(entry, key) is not None or _enough(entry, person, occasion, now):
            continue
        local, sender = programme.local(now), office.sender(programme)
        letter = AlertLetter(person.name, title, (happened,), what_to_do, local, sender)
        decide(entry, [outgoing(office, Envelope(key, person, person.address), letter, now)])
        told = True
    if not told:
        desk.open_item(entry, DeskItem(0, now, "alert", f"{title}. {happened}", what_to_do))
    events.record(entry, Event(now, "plancycle", "alert", occasion, f"{title}. {happened}"))
    office.log("alert", occasion=occasion, title=title)


def _enough(entry: Entry, person: Person, occasion: str, now: datetime) -> bool:
    if occasion.startswith(ALWAYS):
        return False
    return intents.decided_for(entry, person.address, "alert", now - timedelta(days=1)) >= A_DAY
