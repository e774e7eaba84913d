"""Collate: returned workbooks in, papers out, with no mailbox and no ledger."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs import minutes
from jobs.answered import Answered, open_rows
from jobs.entitled import VOUCHED
from jobs.issue import Past, Signing, assign
from jobs.office import WorkbookReader
from jobs.standing import Around, stand
from jobs.taking import NOT_A_FORM
from jobs.witness import Keyring, stamp_is_ours
from ledger.records import Assignment, Return
from programme.answer import RowState
from programme.cycle import Cycle
from programme.judge import judge
from programme.service import Programme, Service
from report.prose import counted, row_names
from report.standing import LogLine, Standing
from workbook.contents import Sheets, UnreadableWorkbookError
from workbook.matching import are_papers, identity, match, of_several_plans

NO_PLAN = "no plan of this cycle, or not one alone, has these rows"


class CollateError(Exception):
    """The files cannot be collated: the sentence says why and what to do. ``told`` is what the files came to first."""

    def __init__(self, sentence: str, told: Sequence[str] = ()) -> None:
        super().__init__("\n".join((*told, sentence)))


@dataclass(frozen=True, slots=True)
class File:
    """A returned workbook as it lies on disk; ``changed_at`` orders the files of one plan."""

    name: str
    content: bytes
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Collated:
    """The papers' content, and a sentence per file: what it came to."""

    standing: Standing
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that could be read, with what its hidden sheet says; empty where it has none."""

    file: File
    sheets: Sheets
    stamp: Mapping[str, str]


def collate(
    service: Service,
    reader: WorkbookReader,
    keyring: Keyring | None,
    files: Sequence[File],
    now: datetime,
    unread: Sequence[str] = (),
) -> Collated:
    """Join these workbooks into the papers of the one cycle that they belong to.

    ``unread`` are sentences on files that could not even be opened: they stand before what is told of the others.

    Signatures are checked where there is a key; without one the stamps are believed, and the papers' maker answers
    for the files. Raises CollateError where no file, or files of two cycles, can be placed.
    """
    opened, told = _opened(reader, sorted(files, key=lambda file: (file.changed_at, file.name)))
    told = [*unread, *told]
    programme, cycle = _cycle_of(service, opened, told)
    issued, _ = assign(programme, cycle, Past(), Signing(keyring or Keyring({"none": b""}), service.hash, now))
    back: dict[str, list[Return]] = {item.id: [] for item in issued}
    log: list[LogLine] = []
    for number, item in enumerate(opened, start=1):
        assignment = _placed(issued, item)
        doubt = _doubt(keyring, item, now) if assignment else NO_PLAN
        if assignment is None or doubt:
            told.append(f"{item.file.name}: not taken: {doubt}.")
            continue
        returned = _returned(programme, assignment, item, number)
        back[assignment.id].append(returned)
        log.append(_line(programme, assignment, returned))
        told += _came_to(programme, assignment, returned)
    if not log:
        raise CollateError("No file could be taken, so there are no papers.", told)
    items = [Answered.by(item, back[item.id]) for item in issued]
    return Collated(stand(programme, cycle, items, now, Around(draft=True, log=tuple(log))), tuple(told))


def _opened(reader: WorkbookReader, files: Sequence[File]) -> tuple[list[Opened], list[str]]:
    opened, told = [], []
    for file in files:
        try:
            sheets = reader.read(file.content)
        except UnreadableWorkbookError as unreadable:
            told.append(f"{file.name}: not taken: {unreadable.sentence}")
            continue
        one = Opened(file, sheets, identity(sheets) or {})
        if are_papers(sheets):
            told.append(f"{file.name}: not taken: {NOT_A_FORM}")
        elif one.stamp.get("plan") == minutes.PLAN:
            told.append(f"{file.name}: not taken: it is what the SPG decided. Record it with: plancycle decisions")
        else:
            opened.append(one)
    return opened, told


def _came_to(programme: Programme, assignment: Assignment, returned: Return) -> Iterator[str]:
    """What a file came to: a line with the counts, and one for each thing that somebody should look at."""
    accepted = {verdict.ref for verdict in returned.verdicts if verdict.state is RowState.ACCEPTED}
    missing = [row.ref for row in open_rows(assignment) if row.ref not in accepted]
    label = programme.plan(assignment.plan).label
    left = f", {row_names(missing)} without a rating" if missing else ""
    yield f"{returned.file_name}: {label}, {counted(len(accepted), 'row')} accepted{left}."
    yield from (f"  {query.finding}" for verdict in returned.verdicts for query in verdict.queries)
    yield from (f"  {note}" for note in returned.notes)


def _cycle_of(service: Service, opened: Sequence[Opened], told: Sequence[str]) -> tuple[Programme, Cycle]:
    named = {
        (item.stamp["programme"], item.stamp["cycle"]) for item in opened if {"programme", "cycle"} <= set(item.stamp)
    }
    if len(named) > 1:
        listing = " and ".join(sorted("/".join(pair) for pair in named))
        raise CollateError(f"These files belong to {listing}. Collate one cycle at a time.", told)
    if not named:
        nothing = "None of these files says which cycle it belongs to. Give at least one that plancycle issued."
        raise CollateError(nothing, told)
    programme_id, cycle_id = named.pop()
    for programme in service.programmes:
        for cycle in programme.cycles:
            if (programme.id, cycle.id) == (programme_id, cycle_id):
                return programme, cycle
    gone = f"The files belong to {programme_id}/{cycle_id}, which this configuration does not have."
    raise CollateError(gone, told)


def _placed(issued: Sequence[Assignment], item: Opened) -> Assignment | None:
    """The assignment that a file names, or the only one whose rows it has."""
    named = [own for own in issued if own.id == item.stamp.get("assignment")]
    fitting = named or [own for own in issued if match(own.form, own.rows, item.sheets).rows]
    several = not named and any(of_several_plans(own.form, item.sheets) for own in fitting)
    return fitting[0] if len(fitting) == 1 and not several else None


def _doubt(keyring: Keyring | None, item: Opened, now: datetime) -> str:
    if keyring is None or not item.stamp or stamp_is_ours(keyring, item.stamp, None, now):
        return ""
    return "its hidden sheet does not carry our signature"


def _returned(programme: Programme, assignment: Assignment, item: Opened, number: int) -> Return:
    form = match(assignment.form, assignment.rows, item.sheets)
    on = programme.local(item.file.changed_at).date()
    return Return(
        id=number,
        arrival=number,
        assignment=assignment.id,
        sender=assignment.person,
        role=VOUCHED.name,
        received_at=item.file.changed_at,
        on_time=True,
        file_name=item.file.name,
        sha256=hashlib.sha256(item.file.content).hexdigest(),
        verdicts=tuple(judge(assignment.form, assignment.row(answers.ref), answers, on) for answers in form.rows),
        fields=form.fields,
        notes=tuple(note.sentence for note in form.notes),
    )


def _line(programme: Programme, assignment: Assignment, returned: Return) -> LogLine:
    return LogLine(
        received=programme.local(returned.received_at),
        sender=programme.people[assignment.person].name,
        plan=programme.plan(assignment.plan).label,
        file_name=returned.file_name,
        outcome="collated from a file",
        rows_accepted=sum(1 for verdict in returned.verdicts if verdict.state is RowState.ACCEPTED),
        queries=sum(len(verdict.queries) for verdict in returned.verdicts),
    )
