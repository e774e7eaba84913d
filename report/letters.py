"""What each kind of message needs to be written: one frozen value per folder of templates/."""

from dataclasses import dataclass
from datetime import date, datetime

from programme.answer import Query
from programme.form import Form
from report.standing import Standing


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom a reader may ring or answer."""

    team: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One outstanding row in the text of a message. Ratings are words, such as Green; empty when there is none."""

    ref: str
    deliverable: str
    due: date | None
    last_rating: str
    last_agreed: bool


@dataclass(frozen=True, slots=True)
class AskedPlan:
    """One workbook of an issue. ``shared_with`` names the other posts of a joint plan."""

    label: str
    title: str
    file_name: str
    rows: tuple[AskedRow, ...]
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IssueLetter:
    """One email per person with all their workbooks. ``issued_late``: the issue ran after its date."""

    programme: str
    cycle: str
    person: str
    deadline: date
    spg: date
    spg_name: str
    plans: tuple[AskedPlan, ...]
    sender: Sender
    issued_late: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A row as it will be reported. ``rating`` is a rating id of the form."""

    ref: str
    rating: str
    progress: str


@dataclass(frozen=True, slots=True)
class ReceiptPlan:
    """What was understood of one workbook. ``refused`` and ``notes`` are whole sentences.

    ``still_missing`` are refs that nobody has answered yet in this assignment, ``shared_with`` the other sponsors.
    ``unchanged``: the issued file came back with nothing filled in.
    """

    label: str
    title: str
    file_name: str
    form: Form
    rows: tuple[ReceiptRow, ...]
    queries: tuple[Query, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]
    still_missing: tuple[str, ...]
    on_time: bool
    unchanged: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptLetter:
    """What one message brought, told to the sponsor. ``returned_by`` is None when the sponsor sent it themselves.

    ``problems`` are sentences about files in the same message that could not be taken.
    """

    programme: str
    cycle: str
    person: str
    returned_by: str | None
    received: datetime
    deadline: date
    spg: date
    plans: tuple[ReceiptPlan, ...]
    problems: tuple[str, ...]
    sender: Sender


@dataclass(frozen=True, slots=True)
class UnreadableLetter:
    """Nothing could be taken from a message of someone we know: a sentence per file and what is outstanding."""

    programme: str
    cycle: str
    person: str
    received: datetime
    deadline: date
    problems: tuple[str, ...]
    outstanding: tuple[AskedPlan, ...]
    sender: Sender


@dataclass(frozen=True, slots=True)
class QuestionLetter:
    """A courteous receipt for a message without a return: a person will read it. ``mentions_file``: the text speaks
    of an attachment and none is there."""

    programme: str
    cycle: str
    person: str
    received: datetime
    deadline: date | None
    mentions_file: bool
    outstanding: tuple[AskedPlan, ...]
    sender: Sender


@dataclass(frozen=True, slots=True)
class DeadlineLetter:
    """To the team at the deadline: who is in, what waits for a person, the first draft attached."""

    person: str
    standing: Standing
    workbook_name: str
    papers: datetime
    sender: Sender


@dataclass(frozen=True, slots=True)
class PapersLetter:
    """The summary to one reader. ``role`` is member or sponsor."""

    person: str
    role: str
    standing: Standing
    workbook_name: str
    sender: Sender


@dataclass(frozen=True, slots=True)
class AlertLetter:
    """To the team: something needs a person now. ``lines`` are whole sentences, ``what_to_do`` one."""

    person: str
    title: str
    lines: tuple[str, ...]
    what_to_do: str
    at: datetime
    sender: Sender


@dataclass(frozen=True, slots=True)
class Words:
    """A written message: a subject of one line, plain text, and HTML."""

    subject: str
    text: str
    html: str


AnyLetter = (
    IssueLetter | ReceiptLetter | UnreadableLetter | QuestionLetter | DeadlineLetter | PapersLetter | AlertLetter
)
