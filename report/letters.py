"""What each kind of message needs to be written: one frozen value per folder of templates/."""

from dataclasses import dataclass
from datetime import date, datetime

from programme.answer import Query
from programme.form import Form
from report.asked import (
    AskedPlan,
    ChaseLetter,
    CopyLetter,
    CoverLetter,
    EscalationLetter,
    IssueLetter,
    ReminderLetter,
    Sender,
)
from report.standing import Standing


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
    ``unchanged``: the issued file came back with nothing filled in. ``closed`` says why nothing more is asked of a
    plan that was merged into another since. ``deadline`` is the plan's own. ``fields``
    are the answers about the plan as a whole, each with its header. ``a_part``: the reader returns some rows of the
    plan only, and ``still_missing`` are theirs.
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
    deadline: date
    unchanged: bool = False
    closed: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    a_part: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptLetter:
    """What one message brought, told to the sponsor. ``returned_by`` is None when the sponsor sent it themselves.

    ``problems`` are sentences about files in the same message that could not be taken. ``too_late``: the last papers
    of the cycle had gone. ``vouched_by`` names the administrator on whose word it was taken in.
    """

    programme: str
    cycle: str
    person: str
    returned_by: str | None
    received: datetime
    spg: date
    plans: tuple[ReceiptPlan, ...]
    problems: tuple[str, ...]
    sender: Sender
    too_late: bool = False
    vouched_by: str = ""


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
class AgainPlan:
    """A file that came before, byte for byte: when it did (local), and what was recorded from it.

    ``fields`` are (header, text) of the plan as a whole.
    """

    label: str
    title: str
    file_name: str
    form: Form
    received: datetime
    rows: tuple[ReceiptRow, ...]
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AgainLetter:
    """Nothing in a message is new: what we have of it already, what could not be taken, and what is outstanding."""

    programme: str
    cycle: str
    person: str
    received: datetime
    plans: tuple[AgainPlan, ...]
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
    """To the team at the deadline: who is in, what waits for a person, the first draft attached.

    ``chased``: those who are out are chased by themselves from here on.
    """

    person: str
    standing: Standing
    workbook_name: str
    papers: datetime
    sender: Sender
    chased: bool = True


@dataclass(frozen=True, slots=True)
class PapersLetter:
    """The summary to one reader. ``role`` is member or sponsor.

    ``addendum`` is when later returns would follow, local; None promises none.
    """

    person: str
    role: str
    standing: Standing
    workbook_name: str
    sender: Sender
    addendum: datetime | None = None


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
class ReviewedPlan:
    """One plan as collated, for its sponsor. ``differences`` are sentences of a joint plan; ``missing`` are refs.

    ``fields`` are the answers about the plan as a whole, each with its header.
    """

    label: str
    title: str
    form: Form
    rows: tuple[ReceiptRow, ...]
    missing: tuple[str, ...]
    queries: tuple[Query, ...]
    differences: tuple[str, ...]
    late: bool
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewLetter:
    """The working day after the deadline: the plans as they will be reported; silence means as returned."""

    programme: str
    cycle: str
    person: str
    plans: tuple[ReviewedPlan, ...]
    until: datetime
    spg: date
    spg_name: str
    sender: Sender


@dataclass(frozen=True, slots=True)
class DraftLetter:
    """Before the papers, to the team, the chair and the committee officer: how to hold them, and when they go.

    ``role`` is team, chair or officer. ``held`` says in a sentence why the papers do not go by themselves; it is empty
    where they do.
    """

    person: str
    role: str
    standing: Standing
    workbook_name: str
    papers: datetime
    held: str
    sender: Sender


@dataclass(frozen=True, slots=True)
class AddendumLetter:
    """What changed since the papers: rows that came or were corrected, as sentences of one line each, by plan."""

    person: str
    role: str
    standing: Standing
    changed: tuple[str, ...]
    workbook_name: str
    sender: Sender


@dataclass(frozen=True, slots=True)
class DigestLetter:
    """To the team every working day of an open cycle, even when nothing happened.

    ``working`` is one sentence on the service's health. ``needs`` are desk items, ``today`` and ``tomorrow`` what
    goes and how to stop it, ``held`` what was not sent and why, ``yesterday`` counts in words, ``standing`` who is in.
    ``tomorrow`` is about the next working day, ``next_on`` where that is a later day than tomorrow.
    """

    person: str
    working: str
    needs: tuple[str, ...]
    today: tuple[str, ...]
    tomorrow: tuple[str, ...]
    held: tuple[str, ...]
    yesterday: str
    standing: Standing
    coming: tuple[str, ...]
    on: date
    sender: Sender
    next_on: date | None = None


@dataclass(frozen=True, slots=True)
class ChangeLetter:
    """To those who knew an old fact: what was, what is now, and why. ``lines`` are whole sentences.

    ``team``: the reader is the planning team, and ``consequences`` say what the service did about it.
    """

    programme: str
    person: str
    team: bool
    lines: tuple[str, ...]
    consequences: tuple[str, ...]
    sender: Sender


@dataclass(frozen=True, slots=True)
class SpgLetter:
    """To the team on the day of the meeting: the decisions workbook, pre-filled with every ask.

    ``asks`` are the asks as the papers printed them, each with its number (``report.summary.ask_lines``);
    ``unrecorded`` names earlier cycles whose decisions were never recorded.
    """

    person: str
    programme: str
    cycle: str
    spg: date
    spg_name: str
    asks: tuple[str, ...]
    unrecorded: tuple[str, ...]
    workbook_name: str
    sender: Sender


@dataclass(frozen=True, slots=True)
class DecidedPlan:
    """What the SPG decided on the rows of one plan: a sentence per row, such as "4.1: due 1 October 2022 (was …)"."""

    label: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DecidedLetter:
    """To a sponsor, or to the team as a receipt (``team``): what was decided and taken in, with what was not."""

    programme: str
    cycle: str
    person: str
    team: bool
    spg: date
    spg_name: str
    plans: tuple[DecidedPlan, ...]
    endorsed: bool
    problems: tuple[str, ...]
    sender: Sender


@dataclass(frozen=True, slots=True)
class Words:
    """A written message: a subject of one line, plain text, and HTML."""

    subject: str
    text: str
    html: str


AnyLetter = (
    IssueLetter
    | ReceiptLetter
    | UnreadableLetter
    | AgainLetter
    | QuestionLetter
    | DeadlineLetter
    | PapersLetter
    | AlertLetter
    | ReminderLetter
    | ChaseLetter
    | CoverLetter
    | EscalationLetter
    | CopyLetter
    | ReviewLetter
    | DraftLetter
    | AddendumLetter
    | DigestLetter
    | ChangeLetter
    | SpgLetter
    | DecidedLetter
)
