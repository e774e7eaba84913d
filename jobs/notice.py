"""Notice: one person is told that something changed since they were told of it, and what follows from it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, outgoing
from ledger.records import IntentKey
from programme.service import Programme
from report.letters import ChangeLetter


def notice(
    office: Office,
    programme: Programme,
    person_id: str,
    said: tuple[Sequence[str], Sequence[str]],
    occasion: str,
    now: datetime,
) -> Iterator[Outgoing]:
    """To one person what is ``said``: what changed, and what follows from it; to nobody who was taken out."""
    person = programme.people.get(person_id)
    if person is not None:
        team = person_id in programme.team.members
        changed, follows = said
        letter = ChangeLetter(
            programme.title, person.name, team, tuple(changed), tuple(follows), office.sender(programme)
        )
        # The instant too: what is undone and done again is told again.
        key = IntentKey(programme.id, "", "change", person.id, f"{occasion} {now.isoformat()}")
        yield outgoing(office, Envelope(key, person, person.address), letter, now)
