"""What goes into a form and what comes out of a returned one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from programme.answer import Answers, IssuedRow
from programme.form import Form

IDENTITY_SHEET = "_plancycle"
"""The hidden sheet that says what a workbook of ours is."""

PAPERS = "papers"
"""What stands there for the plan in papers, which are no form whatever tables they hold."""


@dataclass(frozen=True, slots=True)
class FormContents:
    """Everything that one issued workbook shows. ``identity`` goes, signed by the caller, to the hidden sheet.

    ``number`` and ``period`` are a numbered report's own; the period is in words. ``past``: the deadline was over
    already when this was sent.
    """

    programme: str
    cycle: str
    plan_label: str
    plan_title: str
    post: str
    person: str
    deadline: date
    spg: date
    team: str
    phone: str
    form: Form
    rows: tuple[IssuedRow, ...]
    identity: Mapping[str, str]
    number: int | None = None
    period: str = ""
    past: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One non-empty cell as it lay in the file. ``kind`` is one of text, number, tick, error, formula, date.

    ``text`` is cleaned text, the number as written, TRUE or FALSE, the error's name, the formula, or an ISO date.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet, sparse: cells by (row, column), both counted from 1."""

    name: str
    hidden: bool
    cells: Mapping[tuple[int, int], Cell]


@dataclass(frozen=True, slots=True)
class Sheets:
    """A workbook behind the gates. ``flags`` name what was found and ignored (external links, comments, …)."""

    sheets: tuple[Sheet, ...]
    date1904: bool = False
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something the sender should know that refuses nothing: where, what was found, what was done or is asked."""

    sheet: str
    cell: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ReturnedForm:
    """A returned form matched to what was issued, in the issued order; rows that were deleted are absent.

    ``tokens`` are the signed row tokens found; ``fields`` are the plan sheet's answers by field id,
    ``places`` their cells.
    """

    rows: tuple[Answers, ...]
    fields: Mapping[str, str]
    tokens: frozenset[str]
    notes: tuple[Note, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = field(default=())
    places: Mapping[str, str] = field(default_factory=dict)


class UnreadableWorkbookError(Exception):
    """The file is not a workbook that we read. The text is a sentence for the sender; ``code`` is for the ledger."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
