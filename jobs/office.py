"""What every job works with: the configuration in force, the ledger, the mailbox, the reader and the keys."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from jobs.witness import Keyring
from ledger.store import Ledger
from mail.port import Mailbox
from programme.people import Person
from programme.service import Programme, Service
from report.asked import Sender
from workbook.contents import Sheets


class Log(Protocol):
    """A line per transition, for whoever runs the machine."""

    def __call__(self, what: str, /, **facts: object) -> None: ...


class WorkbookReader(Protocol):
    """Reads a returned workbook behind the gates, or raises UnreadableWorkbookError."""

    def read(self, data: bytes) -> Sheets: ...


@dataclass(frozen=True, slots=True)
class Office:
    """The desk that a job sits at. Replaced whole when the configuration in force changes."""

    service: Service
    ledger: Ledger
    mailbox: Mailbox
    reader: WorkbookReader
    keyring: Keyring
    log: Log

    @property
    def domain(self) -> str:
        return self.service.mailbox.address.rpartition("@")[2]

    def sender(self, programme: Programme) -> Sender:
        return Sender(programme.team.name, programme.team.phone, self.service.mailbox.address)

    def of(self, programme: Programme) -> "Office":
        """The same desk with one programme on it: what is alerted there goes to that programme's team alone."""
        return replace(self, service=replace(self.service, programmes=(programme,)))

    def team(self) -> Iterator[tuple[Programme, Person]]:
        """Every member of every planning team once, with the programme that named them first."""
        told: set[str] = set()
        for programme in self.service.programmes:
            for member in programme.team.members:
                person = programme.people[member]
                if person.address not in told:
                    told.add(person.address)
                    yield programme, person
