"""What a returned workbook claims to be, and whether its witnesses agree (law 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.office import Office
from jobs.witness import stamp_is_ours
from ledger import assignments, intents, keys
from ledger.errors import LedgerError
from ledger.records import Assignment, Intent
from ledger.store import Entry
from workbook.contents import Sheets
from workbook.matching import identity, match, of_several_plans, row_tokens


@dataclass(frozen=True, slots=True)
class Claim:
    """The assignment that the witnesses agree on, or the sentence that says why nobody can tell."""

    assignment: Assignment | None
    doubt: str = ""


def weigh(office: Office, entry: Entry, sheets: Sheets, thread: Sequence[str], now: datetime) -> Claim:
    """Weigh the stamp, the row tokens and the thread. One witness suffices; one that disagrees is a doubt."""
    answered = intents.by_message_id(entry, thread)
    named, doubt = _named(office, entry, sheets, now)
    if doubt:
        return Claim(None, doubt)
    if named is None:
        return _by_thread(entry, sheets, answered)
    assignment = _issued(entry, named)
    if assignment is None:
        return Claim(None, f"it is stamped for {named}, which this ledger never issued")
    return _checked(entry, assignment, answered)


def vouched(entry: Entry, sheets: Sheets) -> Claim:
    """The assignment that a workbook names, signature or not: a named administrator vouched for it."""
    stamp = identity(sheets) or {}
    named = {stamp["assignment"]} if "assignment" in stamp else _by_tokens(entry, sheets)
    found = [item for item in (_issued(entry, name) for name in named) if item is not None]
    if len(found) != 1:
        return Claim(None, "it does not say which plan it is for")
    return Claim(found[0])


def _named(office: Office, entry: Entry, sheets: Sheets, now: datetime) -> tuple[str | None, str]:
    stamp = identity(sheets)
    tokens = _by_tokens(entry, sheets)
    if len(tokens) > 1:
        return None, "its rows come from several of our workbooks"
    by_token = next(iter(tokens), None)
    if stamp is None:
        return by_token, ""
    if not _signed(office, entry, stamp, now):
        return None, "its hidden sheet does not carry our signature"
    if by_token is not None and by_token != stamp["assignment"]:
        return None, "its hidden sheet and its rows name different plans"
    return stamp["assignment"], ""


def _signed(office: Office, entry: Entry, stamp: Mapping[str, str], now: datetime) -> bool:
    return stamp_is_ours(office.keyring, stamp, keys.last_signed(entry, stamp.get("key", "")), now)


def _by_tokens(entry: Entry, sheets: Sheets) -> set[str]:
    return assignments.by_tokens(entry, row_tokens(sheets))


def _issued(entry: Entry, name: str) -> Assignment | None:
    """The assignment of that name, or None: a signed form may be older than a ledger that was begun anew."""
    try:
        return assignments.get(entry, name)
    except LedgerError:
        return None


def _checked(entry: Entry, assignment: Assignment, answered: Sequence[Intent]) -> Claim:
    """A claim that nothing contradicts: not withdrawn, not of an older cycle, not in another cycle's thread."""
    if assignment.withdrawn is not None:
        return Claim(assignment, f"the assignment was withdrawn: {assignment.withdrawn}")
    if answered and all((item.key.programme, item.key.cycle) != _cycle(assignment) for item in answered):
        return Claim(assignment, "the file and the conversation that it came in belong to different cycles")
    later = next(iter(assignments.superseding(entry, assignment)), None)
    if later is not None:
        return Claim(assignment, f"it is the form of an earlier cycle; {later.cycle} has been issued since")
    return Claim(assignment)


def _by_thread(entry: Entry, sheets: Sheets, answered: Sequence[Intent]) -> Claim:
    """Without a stamp or a token the thread is the only witness: it names a person and a cycle, the rows the plan."""
    own = [
        assignment
        for item in {(item.key.programme, item.key.cycle, item.key.person) for item in answered if item.key.cycle}
        for assignment in assignments.of_cycle(entry, item[0], item[1])
        if assignment.person == item[2]
    ]
    fitting = [item for item in own if _fits(item, sheets)]
    if any(of_several_plans(item.form, sheets) for item in fitting):
        return Claim(None, "it has tables of several plans, and nothing says which of them is the form")
    if len(fitting) != 1:
        return Claim(None, "nothing in it or about it says which of our workbooks it is")
    return _checked(entry, fitting[0], answered)


def _fits(assignment: Assignment, sheets: Sheets) -> bool:
    return bool(match(assignment.form, assignment.rows, sheets).rows)


def _cycle(assignment: Assignment) -> tuple[str, str]:
    return assignment.programme, assignment.cycle
