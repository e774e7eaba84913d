"""Collate: returned workbooks in, papers out, with no mailbox and no ledger."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.answered import Answered
from jobs.entitled import VOUCHED
from jobs.issue import Past, Signing, assign
from jobs.office import WorkbookReader
from jobs.standing import Around, stand
from jobs.witness import Keyring, stamp_is_ours
from ledger.records import Assignment, Return
from programme.answer import RowState
from programme.cycle import Cycle
from programme.judge import judge
from programme.service import Programme, Service
from report.standing import LogLine, Standing
from workbook.contents import Sheets, UnreadableWorkbookError
from workbook.matching import identity, match


class CollateError(Exception):
    """The files cannot be collated: the sentence says which and what to do."""


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
    service: Service, reader: WorkbookReader, keyring: Keyring | None, files: Sequence[File], now: datetime
) -> Collated:
    """Join these workbooks into the papers of the one cycle that they belong to.

    Signatures are checked where there is a key; without one the stamps are believed, and the papers' maker answers
    for the files. Raises CollateError where no file, or files of two cycles, can be placed.
    """
    opened, told = _opened(reader, sorted(files, key=lambda file: (file.changed_at, file.name)))
    programme, cycle = _cycle_of(service, opened)
    issued, _ = assign(programme, cycle, Past(), Signing(keyring or Keyring({"none": b""}), service.hash, now))
    back: dict[str, list[Return]] = {item.id: [] for item in issued}
    log: list[LogLine] = []
    for number, item in enumerate(opened, start=1):
        assignment = _placed(issued, item)
        doubt = _doubt(keyring, item, now) if assignment else "no plan of this cycle has these rows"
        if assignment is None or doubt:
            told.append(f"{item.file.name}: not taken: {doubt}.")
            continue
        returned = _returned(programme, assignment, item, number)
        back[assignment.id].append(returned)
        log.append(_line(programme, assignment, returned))
        told.append(
            f"{item.file.name}: {programme.plan(assignment.plan).label}, {log[-1].rows_accepted} rows accepted."
        )
    if not log:
        raise CollateError("No file could be taken, so there are no papers. " + " ".join(told))
    items = [Answered.by(item, back[item.id]) for item in issued]
    return Collated(stand(programme, cycle, items, now, Around(draft=True, log=tuple(log))), tuple(told))


def _opened(reader: WorkbookReader, files: Sequence[File]) -> tuple[list[Opened], list[str]]:
    opened, told = [], []
    for file in files:
        try:
            sheets = reader.read(file.content)
        except UnreadableWorkbookError as unreadable:
            told.append(f"{file.name}: not taken: {unreadable.sentence}")
        else:
            opened.append(Opened(file, sheets, identity(sheets) or {}))
    return opened, told


def _cycle_of(service: Service, opened: Sequence[Opened]) -> tuple[Programme, Cycle]:
    named = {
        (item.stamp["programme"], item.stamp["cycle"]) for item in opened if {"programme", "cycle"} <= set(item.stamp)
    }
    if len(named) > 1:
        listing = " and ".join(sorted("/".join(pair) for pair in named))
        raise CollateError(f"These files belong to {listing}. Collate one cycle at a time.")
    if not named:
        raise CollateError(
            "None of these files says which cycle it belongs to. Give at least one that plancycle issued."
        )
    programme_id, cycle_id = named.pop()
    for programme in service.programmes:
        for cycle in programme.cycles:
            if (programme.id, cycle.id) == (programme_id, cycle_id):
                return programme, cycle
    raise CollateError(f"The files belong to {programme_id}/{cycle_id}, which this configuration does not have.")


def _placed(issued: Sequence[Assignment], item: Opened) -> Assignment | None:
    """The assignment that a file names, or the only one whose rows it has."""
    named = [own for own in issued if own.id == item.stamp.get("assignment")]
    fitting = named or [own for own in issued if match(own.form, own.rows, item.sheets).rows]
    return fitting[0] if len(fitting) == 1 else None


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
