"""A small service at work: real files, a real ledger, a folder mailbox, and people who write to it."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

from jobs import configuration
from jobs import desk as words
from jobs.issue import Past, Signing, assign, form_contents
from jobs.office import Office, WorkbookReader
from jobs.tick import wake
from jobs.witness import Keyring
from ledger import arrivals, assignments, desk, events, intents, returns, schema
from ledger.records import Arrival, Assignment, DeskItem, Event, Intent, IntentKey, Return
from ledger.store import Ledger
from mail.folder import FolderMailbox, deliver, sent_messages
from mail.letter import Message
from mail.port import Batch, Folder, Mailbox, TransientMailboxError
from mail.reading import read
from programme.loader import load_files
from programme.service import Programme, Service
from workbook import filling
from workbook.writing import write_form

SERVICE = """\
name: Small service
mailbox:
  system: folder
  path: mailbox
  address: plans@ours.example
  name: Planning
  authenticated_by: [mx.ours.example]
ledger: ledger/plancycle.db
collect_every: 5 minutes
programmes: [strategic]
"""

PEOPLE = """\
title: Strategic Plan
zone: Europe/London
people:
  - {id: ann, name: Ann Aird, addresses: [ann@ours.example, a.aird@ours.example]}
  - {id: gil, name: Gil Gow, addresses: [gil@ours.example]}
  - {id: eve, name: Eve Ewing, addresses: [eve@ours.example]}
  - {id: ben, name: Ben Bain, addresses: [ben@ours.example]}
  - {id: cara, name: Cara Cole, addresses: [cara@ours.example]}
  - {id: dan, name: Dan Dow, addresses: [dan@ours.example]}
  - {id: pat, name: Pat Paul, addresses: [pat@ours.example]}
  - {id: tess, name: Tess Tait, addresses: [tess@ours.example]}
  - {id: tom, name: Tom Todd, addresses: [tom@ours.example]}
  - {id: sam, name: Sam Shaw, addresses: [sam@ours.example]}
posts:
  - id: care
    title: Head of Care
    holders: [{person: ann, until: 2020-01-28}, {person: gil, since: 2020-01-29}]
    assistants: [{person: ben, since: 2020-01-23, until: 2020-01-24}]
    delegates: [{person: cara, since: 2020-01-27}]
    contributors: [{person: dan, plan: p2, refs: ["2.1"]}, {person: pat, plan: p2}]
  - id: social
    title: Head of Social Work
    holders: [{person: eve}]
team: {name: Planning team, phone: 01632 960001, members: [tess, tom]}
spg: {name: Strategic Planning Group, members: [sam, eve]}
"""

PLANS = """\
plans:
  - id: p1
    label: Plan 1
    title: Care
    sponsors: [care]
    actions:
      - {ref: "1.1", deliverable: Open the centre, due: 2020-12-31}
      - {ref: "1.2", deliverable: Train the staff, due: 2020-12-31}
  - id: p2
    label: Plan 2
    title: Protection
    sponsors: [care, social]
    policy: all
    actions:
      - {ref: "2.1", deliverable: Agree the protocol, due: 2020-12-31}
      - {ref: "2.2", deliverable: Publish the report, due: 2020-12-31}
  - id: p3
    label: Plan 3
    title: Social work
    sponsors: [social]
    actions:
      - {ref: "3.1", deliverable: Review the caseload, due: 2020-12-31}
"""

CYCLES = """\
cycles:
  - {id: c1, label: update 1, issue: 2020-01-20, deadline: 2020-01-31, spg: 2020-02-21}
  - {id: c2, label: update 2, issue: 2020-03-16, deadline: 2020-03-29, spg: 2020-04-20}
  - {id: c3, label: update 3, issue: 2020-10-12, deadline: 2020-10-25, spg: 2020-11-16}
"""

# What a cycle cannot do without, and no more: most tests are about one thing.
LADDER = """\
digest: {at: off}
reminder: {at: off}
review: {at: off}
chase: {rungs: []}
draft: {at: off}
addendum: {at: off}
"""

# The whole year: every step that there is, at its usual time.
WHOLE_YEAR = ("strategic/ladder.yaml", LADDER, "{}\n")

# More people and every policy: an assistant, a delegate, whom to turn to, and a sponsor of another organisation.
YEAR = (
    WHOLE_YEAR,
    (
        "strategic/people.yaml",
        """\
    holders: [{person: ann, until: 2020-01-28}, {person: gil, since: 2020-01-29}]
    assistants: [{person: ben, since: 2020-01-23, until: 2020-01-24}]
""",
        "    holders: [{person: ann}]\n    assistants: [{person: ben}]\n    escalation: zoe\n",
    ),
    (
        "strategic/people.yaml",
        "    holders: [{person: eve}]\n",
        """\
    holders: [{person: eve}]
    escalation: zoe
  - id: partner
    title: Director of the Partner
    external: true
    escalation: off
    holders: [{person: fay}]
""",
    ),
    (
        "strategic/people.yaml",
        "posts:\n",
        """\
  - {id: fay, name: Fay Firth, addresses: [fay@partner.example]}
  - {id: zoe, name: Zoe Zell, addresses: [zoe@ours.example]}
  - {id: cleo, name: Cleo Clerk, addresses: [cleo@ours.example]}
posts:
""",
    ),
    (
        "strategic/people.yaml",
        "members: [sam, eve]}",
        "members: [sam, eve], chair: sam, committee_officer: cleo}",
    ),
    (
        "strategic/plans.yaml",
        "  - id: p3\n",
        """\
  - id: p4
    label: Plan 4
    title: Homes
    sponsors: [social, partner]
    policy: any
    actions:
      - {ref: "4.1", deliverable: Find the houses, due: 2020-12-31}
      - {ref: "4.2", deliverable: Let the houses, due: 2020-12-31}
  - id: p5
    label: Plan 5
    title: Travel
    sponsors: [care, social]
    policy: rows
    actions:
      - {ref: "5.1", deliverable: Run the bus, due: 2020-12-31, owner: care}
      - {ref: "5.2", deliverable: Mend the path, due: 2020-12-31, owner: social}
  - id: p3
""",
    ),
)

FILES = {
    "service.yaml": SERVICE,
    "strategic/people.yaml": PEOPLE,
    "strategic/plans.yaml": PLANS,
    "strategic/cycles.yaml": CYCLES,
    "strategic/ladder.yaml": LADDER,
    "strategic/holidays.yaml": "region: GB-SCT\nlocal: []\n",
    "strategic/facts.yaml": "{}\n",
    "strategic/form.yaml": "use: implementation-plan\n",
    "strategic/ratings.yaml": "green: {meaning: On track.}\n",
}

KEYS = Keyring({"k1": b"the first key of the tests", "k0": b"an older key of the tests"})
EVE = datetime(2020, 1, 19, 9, tzinfo=UTC)
ISSUE = datetime(2020, 1, 20, 9, tzinfo=UTC)
DURING = datetime(2020, 1, 22, 10, tzinfo=UTC)
DEADLINE = datetime(2020, 1, 31, 17, tzinfo=UTC)
PAPERS = datetime(2020, 2, 14, 9, tzinfo=UTC)
MEETING = datetime(2020, 2, 21, 9, tzinfo=UTC)
ISSUE_2 = datetime(2020, 3, 16, 9, tzinfo=UTC)
REMINDER = datetime(2020, 1, 28, 9, 30, tzinfo=UTC)
REVIEW = datetime(2020, 2, 3, 9, 30, tzinfo=UTC)
CHASES = tuple(datetime(2020, 2, day, 9, 30, tzinfo=UTC) for day in (4, 6, 10))
DRAFT = datetime(2020, 2, 12, 9, tzinfo=UTC)
ADDENDUM = datetime(2020, 2, 20, 15, tzinfo=UTC)
SPG = datetime(2020, 2, 21, 8, tzinfo=UTC)
COLLECT = timedelta(minutes=5)
OURS = "plans@ours.example"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GREEN = {"rating": "green", "progress": "It is going well."}
RED = {"rating": "red", "progress": "It stopped.", "reason": "No money; a bid is in."}
AMBER = {"rating": "amber", "progress": "It is slow.", "reason": "Staff left; two start in May."}
BLUE = {"rating": "blue", "progress": "It is open.", "figure": "1 centre"}

_numbers = count(1)


def at(day: int, hour: int = 10, minute: int = 0, second: int = 0, month: int = 1) -> datetime:
    """An instant (UTC) of 2020."""
    return datetime(2020, month, day, hour, minute, second, tzinfo=UTC)


@cache
def service(*edits: tuple[str, str, str]) -> Service:
    """The small service, edited: (file, what stands there, what shall stand there)."""
    files = dict(FILES)
    for name, old, new in edits:
        assert old in files[name], f"{old!r} is not in {name}"
        files[name] = files[name].replace(old, new)
    return load_files(files)


@dataclass(frozen=True)
class File:
    """What somebody attaches."""

    name: str
    content: bytes
    kind: str = XLSX


def mail(
    sender: str,
    *files: File,
    subject: str = "Our update",
    text: str = "With kind regards",
    answers: str | None = None,
    headers: Mapping[str, str] | None = None,
    number: int | None = None,
) -> bytes:
    """A message of a person, as their mail program writes it. ``number`` is its own Message-ID's; each has another."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = OURS
    message["Subject"] = subject
    message["Message-ID"] = f"<{next(_numbers) if number is None else f'n{number}'}@their.example>"
    if answers is not None:
        message["In-Reply-To"] = answers
        message["References"] = answers
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(text)
    for file in files:
        main, _, sub = file.kind.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return message.as_bytes()


@cache
def _filled(issued: bytes, answers: tuple[tuple[str, tuple[tuple[str, str | date], ...]], ...], fields: str) -> bytes:
    typed = {ref: dict(values) for ref, values in answers}
    form = service().programmes[0].form
    return filling.fill(issued, typed, form, fields={"ask": fields} if fields else None)


def filled(issued: bytes, answers: Mapping[str, Mapping[str, str | date]], ask: str = "") -> bytes:
    """An issued workbook with these answers typed in."""
    return _filled(issued, tuple((ref, tuple(values.items())) for ref, values in answers.items()), ask)


class Log:
    """Keeps what was logged."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def __call__(self, what: str, /, **facts: object) -> None:
        self.lines.append((what, facts))

    def said(self, what: str) -> list[dict[str, object]]:
        return [facts for line, facts in self.lines if line == what]


class Unread(FolderMailbox):
    """A folder mailbox that sends and cannot be read."""

    def poll(self, cursor: str | None) -> Batch:
        raise TransientMailboxError("The server does not answer.")


class Stage:
    """The service on a folder of its own. ``now`` is when it was last woken."""

    def __init__(self, root: Path, reader: WorkbookReader, declared: Service | None = None) -> None:
        (root / "mailbox").mkdir(parents=True, exist_ok=True)
        self.root = root
        self.log = Log()
        self.now = EVE
        self.ledger = Ledger.open(root / "ledger" / "plancycle.db")
        mailbox: Mailbox = FolderMailbox(root / "mailbox")
        self.office = Office(declared or service(), self.ledger, mailbox, reader, KEYS, self.log)

    @property
    def programme(self) -> Programme:
        return self.office.service.programmes[0]

    @property
    def mailbox(self) -> Path:
        return self.root / "mailbox"

    def declare(self, declared: Service) -> None:
        """An edit of the configuration that is good."""
        self.office = replace(self.office, service=declared)
        configuration.adopt(self.ledger, declared, self.now)

    def edit(self, declared: Service) -> None:
        """An edit that the running service takes in, with its consequences."""
        self.office = configuration.change(self.office, declared, self.now)

    def play(self, *instants: datetime) -> None:
        """Wake at each of these instants."""
        for instant in instants:
            self.wake(instant)

    def people(self, kind: str) -> list[str]:
        """Who got a kind of message, in the order of decision, once for each."""
        return [intent.key.person for intent in self.intents(kind)]

    def through(self, mailbox: Mailbox) -> None:
        """Another mailbox in place of the folders."""
        self.office = replace(self.office, mailbox=mailbox)

    def wake(self, now: datetime) -> None:
        self.now = now
        wake(self.office, now)

    def receive(self, raw: bytes, received: datetime = DURING, folder: Folder = Folder.INBOX) -> Arrival:
        """Somebody's message reaches the server, and the service wakes at its next turn."""
        deliver(self.mailbox, raw, received, folder)
        self.wake(max(received, self.now) + COLLECT)
        return self.arrivals()[-1]

    def arrivals(self) -> list[Arrival]:
        with self.ledger.reading() as entry:
            ids = [row.id for row in entry.execute(select(schema.arrivals.c.id).order_by(schema.arrivals.c.id))]
            return [arrivals.get(entry, number) for number in ids]

    def intents(self, *kinds: str) -> list[Intent]:
        """Every message that was ever decided, of these kinds where some are named."""
        names = ("programme", "cycle", "kind", "person", "occasion")
        with self.ledger.reading() as entry:
            rows = entry.execute(select(schema.intents).order_by(schema.intents.c.id)).all()
            keys = [IntentKey(*(getattr(row, name) for name in names)) for row in rows]
            found = [intents.get(entry, key) for key in keys]
        return [intent for intent in found if intent is not None and (not kinds or intent.key.kind in kinds)]

    def sent(self, kind: str, person: str | None = None) -> list[Message]:
        """The messages of a kind in the mailbox's Sent folder, as their readers see them."""
        ids = {intent.message_id for intent in self.intents(kind) if person is None or intent.key.person == person}
        found = (read(path.read_bytes()) for path in sent_messages(self.mailbox))
        return [message for message in found if message.message_id in ids]

    def alerts(self) -> list[str]:
        """The subjects of the alerts that were decided for the first team member."""
        return [intent.subject for intent in self.intents("alert") if intent.key.person == "tess"]

    def desk(self) -> list[DeskItem]:
        with self.ledger.reading() as entry:
            return desk.waiting(entry)

    def returns(self, plan: str, post: str = "care", cycle: str = "c1") -> list[Return]:
        """What came back for a plan from a post, from a predecessor in it too."""
        with self.ledger.reading() as entry:
            return [
                back
                for item in assignments.of_cycle(entry, "strategic", cycle)
                if (item.plan, item.post) == (plan, post)
                for back in returns.of_assignment(entry, item.id)
            ]

    def assignment(self, plan: str, post: str = "care", cycle: str = "c1") -> Assignment:
        """The newest assignment of a plan to a post: a successor's, where the post changed hands."""
        with self.ledger.reading() as entry:
            every = assignments.of_cycle(entry, "strategic", cycle)
        return [item for item in every if (item.plan, item.post) == (plan, post)][-1]

    def events(self, what: str) -> list[Event]:
        """The events of a kind, oldest first."""
        with self.ledger.reading() as entry:
            return [event for event in reversed(events.recent(entry, 1000)) if event.what == what]

    def lying(self, folder: str) -> int:
        """How many messages lie in a folder of the mailbox."""
        return len(list((self.mailbox / folder).glob("*.eml")))

    def issue_to(self, person: str, cycle: str = "c1") -> Message:
        """The issue that a person got."""
        key = IntentKey("strategic", cycle, "issue", person, "1")
        with self.ledger.reading() as entry:
            intent = intents.get(entry, key)
        assert intent is not None
        return self.letter(intent)

    def letter(self, intent: Intent) -> Message:
        """A message that was decided, as its reader sees it."""
        return read(self.ledger.blobs.get(intent.sha256))

    def threads(self, *plans: str, cycle: str = "c1") -> tuple[str, ...]:
        """The ids of the threads of these plans."""
        ring, domain = self.office.keyring, self.office.domain
        return tuple(ring.thread_id("strategic", cycle, plan, domain) for plan in plans)

    def workbook(self, plan: str, post: str = "care", cycle: str = "c1") -> bytes:
        """The workbook of an assignment as it was attached to its issue."""
        label = self.programme.plan(plan).label
        named = self.assignment(plan, post, cycle).id
        [issued] = [intent for intent in self.intents("issue") if named in intent.about]
        return next(item.content for item in self.letter(issued).attachments if item.name.startswith(label))

    def returned(self, plan: str, post: str = "care", cycle: str = "c1", **answers: Any) -> File:
        """The workbook of an assignment with every row Green, or as ``answers`` (by ref, r1_1 for 1.1) have it."""
        refs = [row.ref for row in self.assignment(plan, post, cycle).rows]
        given = {name[1:].replace("_", "."): value for name, value in answers.items()}
        typed = given or dict.fromkeys(refs, GREEN)
        return File(f"{plan}.xlsx", filled(self.workbook(plan, post, cycle), typed))

    def close(self) -> None:
        self.ledger.close()


def release(stage: Stage) -> None:
    """Somebody of the team lets the first papers go."""
    [item] = [item for item in stage.desk() if item.kind.startswith("release")]
    words.accept(stage.ledger, stage.office.service, item.id, words.Word("tess", "read it", stage.now))


def signed_form(programme: Programme, plan: str, post: str, cycle: str, keyring: Keyring, now: datetime) -> bytes:
    """A form as this service issues it, whether or not its ledger knows of it."""
    chosen = programme.cycle(cycle)
    made, _ = assign(programme, chosen, Past(), Signing(keyring, "hash", now))
    own = next(item for item in made if (item.plan, item.post) == (plan, post))
    return write_form(form_contents(programme, chosen, own, keyring))


def copied(template: Path, to: Path) -> Path:
    """A prepared folder, copied for a test of its own."""
    shutil.copytree(template, to)
    return to


def rows(standing: Sequence[Any]) -> dict[str, Any]:
    """The rows of all the plans of a standing by ref."""
    return {row.ref: row for plan in standing for row in plan.rows}
