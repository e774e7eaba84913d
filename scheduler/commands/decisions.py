"""``plancycle decisions CYCLE [FILE]``: take in what the SPG decided, or say what was recorded."""

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from jobs import meeting, minutes
from jobs.office import Office
from ledger import decisions
from ledger.store import Ledger
from programme.cycle import Cycle
from programme.service import Programme, Service
from scheduler.command_line import CommandError
from scheduler.journal import silent
from scheduler.opening import in_force
from scheduler.secret import keyring
from scheduler.wiring import open_mailbox
from workbook.contents import UnreadableWorkbookError
from workbook.matching import identity
from workbook.reading import Reader


def run(chosen: argparse.Namespace) -> int:
    with in_force(chosen.config) as (service, ledger):
        where = _found(service, chosen.cycle)
        if chosen.file is None:
            sys.stdout.write(_listed(ledger, where, chosen.json) + "\n")
            return 0
        if chosen.by is None:
            raise CommandError("Say --by with your id in people.yaml: decisions are recorded in somebody's name.")
        with Reader() as reader:
            office = Office(service, ledger, open_mailbox(service, chosen.config), reader, keyring(os.environ), silent)
            sys.stdout.write(_taken(office, where, chosen.file, chosen.by) + "\n")
    return 0


def _found(service: Service, name: str) -> tuple[Programme, Cycle]:
    """A cycle by id, or by programme/id where two programmes share it."""
    found = [
        (programme, cycle)
        for programme in service.programmes
        for cycle in programme.cycles
        if name in (cycle.id, f"{programme.id}/{cycle.id}")
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise CommandError(f"Several programmes have a cycle {name}: write it as {found[0][0].id}/{name}.")
    raise CommandError(f"No programme has a cycle {name}. `plancycle calendar` lists them.")


def _listed(ledger: Ledger, where: tuple[Programme, Cycle], as_json: bool) -> str:
    programme, cycle = where
    with ledger.reading() as entry:
        decided = decisions.of_cycle(entry, programme.id, cycle.id)
    if as_json:
        return json.dumps([asdict(item) for item in decided], ensure_ascii=False, indent=2, default=str)
    if not decided:
        return f"No decision on {cycle.label} of {programme.title} is recorded."
    return "\n".join(
        f"{item.plan} {item.ref}".strip() + f"  {meeting.in_words(programme, item)} (recorded by {item.by})"
        for item in decided
    )


def _check_stamp(path: Path, stamp: Mapping[str, str], where: tuple[Programme, Cycle]) -> None:
    """Another workbook of ours is refused: its rows have the same Refs, and would be taken for decisions."""
    programme, cycle = where
    named = (stamp.get("programme"), stamp.get("cycle"), stamp.get("plan"))
    if stamp and named != (programme.id, cycle.id, minutes.PLAN):
        what = "the decisions" if named[2] == minutes.PLAN else f"a return of {named[2]}"
        raise CommandError(
            f"{path} is the workbook for {what}, {named[0]}/{named[1]}: it holds nothing on {cycle.label}."
        )


def _taken(office: Office, where: tuple[Programme, Cycle], path: Path, by: str) -> str:
    programme, cycle = where
    if by not in programme.team.members:
        raise CommandError(f"“{by}” is no member of the planning team: {', '.join(programme.team.members)} are.")
    now = datetime.now(UTC)
    try:
        content = path.read_bytes()
        sheets = office.reader.read(content)
    except OSError as trouble:
        raise CommandError(f"{path} cannot be read: {trouble.strerror}.") from None
    except UnreadableWorkbookError as unreadable:
        raise CommandError(f"{path}: {unreadable.sentence}") from None
    _check_stamp(path, identity(sheets) or {}, where)
    occasion = hashlib.sha256(content).hexdigest()
    with office.ledger.reading() as entry:
        taken = minutes.read_minutes(office, entry, where, sheets, by, now)
        messages = meeting.letters(office, entry, taken, occasion, now)
    if not taken.decided:
        raise CommandError(f"{path} holds no decision. " + " ".join(taken.problems))
    with office.ledger.transaction() as entry:
        meeting.record(office, entry, taken, by, messages, now)
    said = [f"{len(taken.decided)} decisions on {cycle.label} are recorded.", *taken.problems]
    return "\n".join(said)
