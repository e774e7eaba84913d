"""Taking one attached workbook: from bytes to a return with a verdict per row, or to the sentence why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from jobs import minutes
from jobs.claims import vouched, weigh
from jobs.entitled import VOUCHED, Role, declared, role_of
from jobs.office import Office
from jobs.past import said_before_last
from jobs.witness import stamp_is_ours
from ledger import keys, returns
from ledger.records import Arrival, Assignment, Return
from ledger.store import Entry
from mail.letter import Attachment
from programme.answer import Answers, LastKnown, RowState, Verdict
from programme.calendar import on_time_until
from programme.judge import judge
from programme.people import Person
from programme.service import Programme
from programme.standing_facts import own_deadline
from workbook.contents import ReturnedForm, Sheets, UnreadableWorkbookError
from workbook.matching import identity, match, unchanged

# What mail programs attach by themselves; a picture below this size is a logo in a signature.
A_LOGO = 150_000
NEVER_A_FORM = (
    "text/calendar",
    "text/vcard",
    "text/x-vcard",
    "application/pkcs7-signature",
    "application/pgp-signature",
)


@dataclass(frozen=True, slots=True)
class Sending:
    """One message in the reader's hands: who sent it, when the server had it, and the thread it answers.

    ``person`` is somebody of the programme that the message is about; a file in it may belong to another.
    """

    arrival: Arrival
    person: Person | None
    thread: tuple[str, ...]
    now: datetime
    address: str = ""

    def sender_in(self, programme: Programme) -> Person | None:
        """Who the sender is in a programme: an id is a programme's own, and may name somebody else in another."""
        return programme.person_at(self.address)


@dataclass(frozen=True, slots=True)
class Taken:
    """A workbook that counts: the return as it will be recorded, and what the sender should be told beside it."""

    assignment: Assignment
    returned: Return
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file that does not count. ``problem`` is a sentence for the sender, ``doubt`` a clause for the desk.

    One of them is empty.
    """

    file_name: str
    problem: str = ""
    doubt: str = ""
    code: str = ""
    assignment: Assignment | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Minuted:
    """A decisions workbook of the planning team, read."""

    file_name: str
    sha256: str
    minutes: minutes.Minutes

    @property
    def meeting(self) -> tuple[str, str]:
        return self.minutes.programme.id, self.minutes.cycle.id

    def with_problems(self, told: Sequence[str]) -> "Minuted":
        """The same with more that the team is told."""
        return replace(self, minutes=replace(self.minutes, problems=(*self.minutes.problems, *told)))


@dataclass(frozen=True, slots=True)
class Opened:
    """A workbook behind the gates, with the name it came under and the SHA-256 of its bytes."""

    name: str
    sha256: str
    sheets: Sheets


def candidates(attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """The attachments that somebody may have meant as a return; logos, cards and signatures are not."""
    return tuple(item for item in attachments if not _by_machine(item))


def take(office: Office, entry: Entry, sending: Sending, attachment: Attachment) -> Taken | NotTaken | Minuted:
    """Read, identify and judge one file. Reads the ledger and writes nothing but the file's bytes, among the blobs."""
    try:
        sheets = office.reader.read(attachment.content)
    except UnreadableWorkbookError as unreadable:
        return NotTaken(attachment.name, problem=unreadable.sentence, code=unreadable.code)
    if (identity(sheets) or {}).get("plan") == minutes.PLAN:
        return _minuted(office, entry, sending, attachment, sheets)
    by_hand = sending.arrival.vouched_by is not None
    claim = vouched(entry, sheets) if by_hand else weigh(office, entry, sheets, sending.thread, sending.now)
    if claim.assignment is None or claim.doubt:
        return NotTaken(attachment.name, doubt=claim.doubt, assignment=claim.assignment)
    assignment = claim.assignment
    programme = next((item for item in office.service.programmes if item.id == assignment.programme), None)
    if programme is None or not declared(programme, assignment):
        gone = f"it is a form of {assignment.id}, which is no longer in the configuration"
        return NotTaken(attachment.name, doubt=gone, assignment=assignment)
    role = VOUCHED if by_hand else _role(programme, assignment, sending)
    if role is None:
        return NotTaken(attachment.name, doubt=_stranger(programme, assignment, sending), assignment=assignment)
    sha256 = office.ledger.blobs.put(attachment.content)
    earlier = returns.by_workbook(entry, assignment.id, sha256)
    if earlier is not None:
        return NotTaken(attachment.name, problem=_seen_before(programme, attachment, earlier), code="seen before")
    return _judged(entry, programme, assignment, sending, role, Opened(attachment.name, sha256, sheets))


def _minuted(
    office: Office, entry: Entry, sending: Sending, attachment: Attachment, sheets: Sheets
) -> Minuted | NotTaken:
    """A decisions workbook counts from a member of the planning team, with our signature on it."""
    stamp = identity(sheets) or {}
    where = [
        (programme, cycle)
        for programme in office.service.programmes
        for cycle in programme.cycles
        if (programme.id, cycle.id) == (stamp.get("programme"), stamp.get("cycle"))
    ]
    signed = stamp_is_ours(office.keyring, stamp, keys.last_signed(entry, stamp.get("key", "")), sending.now)
    if not where or not signed:
        return NotTaken(attachment.name, doubt="it is a decisions workbook that does not carry our signature")
    programme = where[0][0]
    sender = sending.sender_in(programme)
    if sender is None or sender.id not in programme.team.members:
        return NotTaken(attachment.name, doubt="it is a decisions workbook, and only the planning team returns those")
    taken = minutes.read_minutes(office, entry, where[0], sheets, sender.id, sending.now)
    if not taken.decided:
        told = " ".join(("no decision is filled in.", *taken.problems))
        return NotTaken(attachment.name, problem=f"“{attachment.name}”: {told}", code="no decision")
    return Minuted(attachment.name, office.ledger.blobs.put(attachment.content), taken)


def _judged(
    entry: Entry, programme: Programme, assignment: Assignment, sending: Sending, role: Role, opened: Opened
) -> Taken:
    form = match(assignment.form, assignment.rows, opened.sheets)
    sender = sending.sender_in(programme)
    own = tuple(answers for answers in form.rows if role.may_return(answers.ref))
    on = programme.local(sending.arrival.received_at).date()
    before = _before_last(entry, programme, assignment)
    verdicts = tuple(
        judge(assignment.form, assignment.row(one.ref), one, on, before.get((assignment.plan, one.ref), ()))
        for one in own
    )
    notes = (*(note.sentence for note in form.notes), *_left_alone(form, role))
    returned = Return(
        id=0,
        arrival=sending.arrival.id,
        assignment=assignment.id,
        sender=sender.id if sender else "",
        role=role.name,
        received_at=sending.arrival.received_at,
        on_time=sending.arrival.received_at < _on_time_until(programme, assignment),
        file_name=opened.name,
        sha256=opened.sha256,
        verdicts=verdicts,
        fields=form.fields if role.refs is None else {},
        notes=notes,
    )
    return Taken(assignment, returned, _refused(verdicts), notes, unchanged(replace(form, rows=own)))


def _before_last(
    entry: Entry, programme: Programme, assignment: Assignment
) -> Mapping[tuple[str, str], Sequence[LastKnown]]:
    cycle = next((item for item in programme.cycles if item.id == assignment.cycle), None)
    return said_before_last(entry, programme, cycle) if cycle is not None else {}


def _on_time_until(programme: Programme, assignment: Assignment) -> datetime:
    """The end of the assignment's own deadline as it stands today: extensions and moved dates count at once."""
    cycle = next((item for item in programme.cycles if item.id == assignment.cycle), None)
    if cycle is None:
        return assignment.on_time_until
    return on_time_until(programme, own_deadline(programme, cycle, assignment.plan, assignment.post))


def _by_machine(attachment: Attachment) -> bool:
    picture = attachment.media_type.startswith("image/") and len(attachment.content) < A_LOGO
    return picture or attachment.media_type in NEVER_A_FORM


def _role(programme: Programme, assignment: Assignment, sending: Sending) -> Role | None:
    sender = sending.sender_in(programme)
    if sender is None:
        return None
    on = programme.local(sending.arrival.received_at).date()
    return role_of(programme, assignment, sender.id, on)


def _left_alone(form: ReturnedForm, role: Role) -> tuple[str, ...]:
    """A note for rows that a contributor filled in beside their own."""
    others = [answers.ref for answers in form.rows if not role.may_return(answers.ref) and _filled(answers)]
    if not others:
        return ()
    return (f"Rows {', '.join(others)} were left as they were: they are not among those that you return.",)


def _filled(answers: Answers) -> bool:
    return bool(answers.values or answers.problems)


def _refused(verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    return tuple(
        query.sentence for verdict in verdicts if verdict.state is RowState.REFUSED for query in verdict.queries
    )


def _stranger(programme: Programme, assignment: Assignment, sending: Sending) -> str:
    plan = programme.plan(assignment.plan).label
    if sending.person is None:
        return f"it is a valid form of {plan}, from an address that is in nobody's configuration"
    return f"it is a valid form of {plan}, and {sending.person.name} does not return that plan"


def _seen_before(programme: Programme, attachment: Attachment, earlier: Return) -> str:
    when = programme.local(earlier.received_at)
    return (
        f"“{attachment.name}” is the same file that we took in on {when:%A} {when.day} {when:%B at %H:%M}; nothing"
        " in it is new. If you have changed it since, please save it and send it again."
    )
