"""Taking one attached workbook: from bytes to a return with a verdict per row, or to the sentence why not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from workbook.matching import are_papers, identity, match, unchanged

# What mail programs attach by themselves; a picture below this size is a logo in a signature.
A_LOGO = 150_000
NEVER_A_FORM = (
    "text/calendar",
    "text/vcard",
    "text/x-vcard",
    "application/pkcs7-signature",
    "application/pgp-signature",
)

NOT_A_FORM = "these are papers, with everybody's ratings in them. Please fill in the form that we sent, and send that."

_NOT_OF_THE_TEAM = "it is a decisions workbook, and only the planning team returns those"


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
    """A workbook that counts: the return as it will be recorded, and what the sender should be told beside it.

    ``others`` are the refs that were filled in and are not the sender's to return.
    """

    assignment: Assignment
    returned: Return
    refused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unchanged: bool = False
    others: tuple[str, ...] = ()

    @property
    def answers(self) -> bool:
        """Whether anything in it counts."""
        return any(verdict.state is RowState.ACCEPTED for verdict in self.returned.verdicts) or bool(
            self.returned.fields
        )


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file that does not count. ``problem`` is a sentence for the sender, ``doubt`` a clause for the desk.

    One of them is empty. ``earlier`` is the return of the very same file that stands.
    """

    file_name: str
    problem: str = ""
    doubt: str = ""
    assignment: Assignment | None = None
    earlier: Return | None = None


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
        return NotTaken(attachment.name, problem=unreadable.sentence)
    if are_papers(sheets):
        return NotTaken(attachment.name, problem=f"“{attachment.name}”: {NOT_A_FORM}")
    if (identity(sheets) or {}).get("plan") == minutes.PLAN:
        return _minuted(office, entry, sending, attachment, sheets)
    by_hand = sending.arrival.vouched_by is not None
    claim = vouched(entry, sheets) if by_hand else weigh(office, entry, sheets, sending.thread, sending.now)
    if claim.assignment is None or claim.doubt:
        return NotTaken(attachment.name, doubt=claim.doubt, assignment=claim.assignment)
    assignment = claim.assignment
    programme = office.service.known(assignment.programme)
    if programme is None or not declared(programme, assignment):
        gone = f"it is a form of {assignment.id}, which is no longer in the configuration"
        return NotTaken(attachment.name, doubt=gone, assignment=assignment)
    role = VOUCHED if by_hand else _role(programme, assignment, sending)
    if role is None:
        return NotTaken(attachment.name, doubt=_stranger(programme, assignment, sending), assignment=assignment)
    sha256 = office.ledger.blobs.put(attachment.content)
    taken = _judged(entry, programme, assignment, sending, role, Opened(attachment.name, sha256, sheets))
    earlier = _stands(entry, taken) if isinstance(taken, Taken) else None
    if earlier is None:
        return taken
    told = _seen_before(programme, attachment, earlier)
    return NotTaken(attachment.name, problem=told, assignment=assignment, earlier=earlier)


def _stands(entry: Entry, taken: Taken) -> Return | None:
    """The return of the very same file that has nothing newer above it, and took as many rows; None without one.

    A file that comes back after another is the newest answer again, and a form with nothing in it is told so again.
    """
    returned = taken.returned
    known = returns.of_assignment(entry, taken.assignment.id)
    newest = [] if taken.unchanged else known[-1:]
    same = [item for item in known if item.arrival == returned.arrival] + newest
    return next((item for item in same if item.sha256 == returned.sha256 and _covers(item, returned)), None)


def _covers(earlier: Return, returned: Return) -> bool:
    """Whether the earlier return was made in a role that took at least the same rows and answers."""
    refs = {verdict.ref for verdict in earlier.verdicts}
    return refs.issuperset(item.ref for item in returned.verdicts) and earlier.fields.keys() >= returned.fields.keys()


def _minuted(
    office: Office, entry: Entry, sending: Sending, attachment: Attachment, sheets: Sheets
) -> Minuted | NotTaken:
    """A decisions workbook counts from a member of the planning team, with our signature on it.

    Or where an administrator vouches for it: then it is their word, whoever sent it.
    """
    stamp = identity(sheets) or {}
    where = [
        (programme, cycle)
        for programme in office.service.programmes
        for cycle in programme.cycles
        if (programme.id, cycle.id) == (stamp.get("programme"), stamp.get("cycle"))
    ]
    by = sending.arrival.vouched_by
    if by is not None and not where:
        gone = f"“{attachment.name}” is a decisions workbook of a meeting that is not in the configuration."
        return NotTaken(attachment.name, problem=gone)
    if by is None:
        signed = stamp_is_ours(office.keyring, stamp, keys.last_signed(entry, stamp.get("key", "")), sending.now)
        if not where or not signed:
            return NotTaken(attachment.name, doubt="it is a decisions workbook that does not carry our signature")
        sender = sending.sender_in(where[0][0])
        if sender is None or sender.id not in where[0][0].team.members:
            return NotTaken(attachment.name, doubt=_NOT_OF_THE_TEAM)
        by = sender.id
    taken = minutes.read_minutes(office, entry, where[0], sheets, by, sending.now)
    if not taken.decided:
        told = " ".join(("no decision is filled in.", *taken.problems))
        return NotTaken(attachment.name, problem=f"“{attachment.name}”: {told}")
    return Minuted(attachment.name, office.ledger.blobs.put(attachment.content), taken)


def _judged(
    entry: Entry, programme: Programme, assignment: Assignment, sending: Sending, role: Role, opened: Opened
) -> Taken | NotTaken:
    form = match(assignment.form, assignment.rows, opened.sheets)
    lost = _lost(assignment, form)
    if lost:
        return NotTaken(opened.name, problem=f"“{opened.name}”: {lost}", assignment=assignment)
    sender = sending.sender_in(programme)
    own = tuple(answers for answers in form.rows if role.may_return(answers.ref))
    on = programme.local(sending.arrival.received_at).date()
    before = _before_last(entry, programme, assignment)
    verdicts = tuple(judge(assignment.form, assignment.row(one.ref), one, on, before.get(one.ref, ())) for one in own)
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
    others = tuple(answers.ref for answers in form.rows if answers not in own and _filled(answers))
    return Taken(assignment, returned, _refused(verdicts), notes, unchanged(form), others)


def _lost(assignment: Assignment, form: ReturnedForm) -> str:
    """What keeps us from every rating of a form, and what to do; empty where nothing does.

    That is not a form with nothing filled in: its answers are there, and we cannot tell which is whose.
    """
    again = "Please copy your answers into the form that we sent, with its header row as it was, and send that."
    if not form.rows:
        return f"we found none of the rows that we sent. {again}"
    if not any("rating" in answers.places for answers in form.rows):
        return f"we found no column {assignment.form.column('rating').header}. {again}"
    return ""


def _before_last(entry: Entry, programme: Programme, assignment: Assignment) -> Mapping[str, Sequence[LastKnown]]:
    cycle = next((item for item in programme.cycles if item.id == assignment.cycle), None)
    return said_before_last(entry, programme, cycle, assignment.plan) if cycle is not None else {}


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
    if not sending.address:
        return f"it is a valid form of {plan}, from nobody in particular"
    if sending.person is None:
        return f"it is a valid form of {plan}, from an address that is in nobody's configuration"
    return f"it is a valid form of {plan}, and {sending.person.name} does not return that plan"


def _seen_before(programme: Programme, attachment: Attachment, earlier: Return) -> str:
    when = programme.local(earlier.received_at)
    return (
        f"“{attachment.name}” is the same file that we took in on {when:%A} {when.day} {when:%B at %H:%M}; nothing"
        " in it is new. If you have changed it since, please save it and send it again."
    )
