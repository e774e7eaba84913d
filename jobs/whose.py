"""Whose matter a message is: the person behind the address, their programme, and what is asked of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from jobs.entitled import declared, role_of
from jobs.office import Office
from jobs.taking import Sending
from ledger import assignments, intents
from ledger.records import Assignment, Intent
from ledger.store import Entry
from mail.letter import Message
from programme.people import Person, Post
from programme.service import Programme

NOBODY = "somebody unknown (the message names no sender, or several)"
OURSELVES = "our own mailbox"


@dataclass(frozen=True, slots=True)
class Matter:
    """What is known of a sender: None and empty for an address that is in nobody's configuration.

    ``assignments`` are those of the newest cycle that the person may return; ``threaded``: it answers us.
    """

    person: Person | None = None
    programme: Programme | None = None
    cycle_id: str = ""
    assignments: tuple[Assignment, ...] = ()
    threaded: bool = False

    @property
    def cycle(self) -> tuple[str, str]:
        return (self.programme.id if self.programme else "", self.cycle_id)

    def about(self, words: str) -> str | None:
        """The assignment that a message without a witness is about: the only one, or the only one it names."""
        named = [item for item in self.assignments if self._label(item) in " ".join(words.casefold().split())]
        only = named if len(named) == 1 else self.assignments
        return only[0].id if len(only) == 1 else None

    def _label(self, assignment: Assignment) -> str:
        plans = self.programme.plans if self.programme else ()
        return next((plan.label.casefold() for plan in plans if plan.id == assignment.plan), assignment.plan)


def named(office: Office, message: Message) -> str:
    """Who wrote, in words, where only the address is known: of a message without one sender, that it has none."""
    if message.sender.casefold() == office.service.mailbox.address.casefold():
        return OURSELVES
    return message.sender or NOBODY


def whose(
    office: Office, entry: Entry, message: Message, sending: Sending, about: Collection[str] = frozenset()
) -> Matter:
    """Find the sender in the configuration. Files and then the thread choose between programmes.

    ``about`` are the programmes that the files are of. No address is ever learned.
    """
    answered = intents.by_message_id(entry, message.thread)
    threads = [item.key.programme for item in answered]
    knowing = [item for item in office.service.programmes if item.person_at(message.sender) is not None]
    knowing.sort(key=lambda item: (item.id not in about, item.id not in threads))
    if not knowing:
        return Matter(threaded=bool(answered))
    programme = knowing[0]
    person = programme.person_at(message.sender)
    if person is None:
        raise AssertionError("a programme that knows an address names its person")
    own = _own(entry, programme, person, sending)
    # By cycle: who took over a plan in mid-cycle was issued it later than their own. What was taken back of it shows
    # which cycle it is, too: nobody is told of an older one instead.
    newest = max(own, key=lambda item: item.issued_at, default=None)
    current = tuple(
        item for item in own if newest is not None and item.cycle == newest.cycle and item.withdrawn is None
    )
    cycle_id = newest.cycle if newest else _cycle_of_thread(programme, answered)
    return Matter(person, programme, cycle_id, current, bool(answered))


def _own(entry: Entry, programme: Programme, person: Person, sending: Sending) -> Sequence[Assignment]:
    on = programme.local(sending.arrival.received_at).date()
    return [
        item
        for item in assignments.of_posts(entry, programme.id, _posts_of(programme, person))
        if declared(programme, item) and role_of(programme, item, person.id, on) is not None
    ]


def _posts_of(programme: Programme, person: Person) -> list[str]:
    """The posts in which somebody has, had or will have a part."""
    return [post.id for post in programme.posts.values() if person.id in _people_of(post)]


def _people_of(post: Post) -> set[str]:
    held = {holding.person for holding in (*post.holders, *post.delegates, *post.assistants)}
    return held | {item.person for item in post.contributors}


def _cycle_of_thread(programme: Programme, answered: Sequence[Intent]) -> str:
    """The cycle of the message that is answered, where the programme has it still; empty without one."""
    known = {cycle.id for cycle in programme.cycles}
    own = (item.key.cycle for item in answered if item.key.programme == programme.id)
    return next((cycle for cycle in own if cycle in known), "")
