"""The year as a table: what was sent in each cycle, how it came back, what was asked and what was decided."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobs.answered import NO_RETURN, Answered, answered
from ledger import decisions, intents
from ledger.records import Decision
from ledger.store import Entry
from programme.cycle import Cycle
from programme.service import Programme
from programme.standing_facts import excuse_of

# The order in which a cycle sends them.
KINDS = (
    "issue", "copy", "reminder", "review", "chase", "cover", "escalation", "draft", "papers", "addendum", "spg",
    "decided", "receipt", "question", "unreadable", "deadline", "digest",
)  # fmt: skip
COUNTED = ("on time", "late", "in part", "excused", "never", "queries", "decisions")


@dataclass(frozen=True, slots=True)
class Tally:
    """One cycle in numbers; ``issued_to`` counts people and ``assignments`` what was issued to them."""

    programme: str
    cycle: str
    issued_to: int
    assignments: int
    sent: Counter[str]
    counted: Counter[str]


def tally(entry: Entry, programme: Programme, cycle: Cycle) -> Tally:
    """Count a cycle from what the ledger has of it."""
    items = answered(entry, programme, cycle)
    counted = Counter(_how(programme, item) for item in items)
    counted["queries"] = sum(len(row.queries) for item in items for back in item.returns for row in back.verdicts)
    counted["decisions"] = sum(1 for one in decisions.of_cycle(entry, programme.id, cycle.id) if _says_more(one))
    sent = Counter(intents.counts_by_kind(entry, programme.id, cycle.id))
    first = [one for one in intents.of_cycle(entry, programme.id, cycle.id) if one.key.kind == "issue"]
    issued_to = len({one.key.person for one in first if one.key.occasion == "1"})
    return Tally(programme.title, cycle.label, issued_to, len(items), sent, counted)


def _says_more(decision: Decision) -> bool:
    """Whether it says more than that a rating is agreed as the sponsor gave it."""
    return decision.kind != "row" or bool(decision.words or decision.revised_due or decision.closed)


def _how(programme: Programme, item: Answered) -> str:
    if item.state == NO_RETURN:
        asked = item.assignment
        return "excused" if excuse_of(programme, asked.cycle, asked.plan, asked.post) else "never"
    if item.outstanding:
        return "in part"
    return "on time" if all(back.on_time for back in item.counted) else "late"


def year_table(tallies: Sequence[Tally]) -> Iterator[str]:
    """The table of the year: per programme a line for each cycle and one for all of them."""
    for programme in dict.fromkeys(item.programme for item in tallies):
        own = [item for item in tallies if item.programme == programme]
        kinds = [kind for kind in KINDS if any(item.sent[kind] for item in own)]
        kinds += sorted({kind for item in own for kind in item.sent} - set(KINDS))
        lines = [(item.cycle, [item.sent[kind] for kind in kinds] + [item.counted[name] for name in COUNTED])
                 for item in own]  # fmt: skip
        totals = [sum(column) for column in zip(*(numbers for _, numbers in lines), strict=True)]
        yield f"{programme}: {sum(totals[: len(kinds)])} messages in {len(own)} cycle{'s' if len(own) > 1 else ''}"
        yield ""
        yield from _laid_out(("", *kinds, *COUNTED), [*lines, ("together", totals)], len(kinds))
        yield ""


def _laid_out(heads: Sequence[str], lines: Sequence[tuple[str, list[int]]], kinds: int) -> Iterator[str]:
    """Numbers under their heads, what was sent apart from what came of it."""
    first = max(len(name) for name, _ in lines)
    widths = [max(len(head), 3) for head in heads[1:]]

    def line(name: str, cells: Sequence[object]) -> str:
        shown = [f"{cell or '-':>{width}}" for cell, width in zip(cells, widths, strict=True)]
        return f"  {name:<{first}}  {' '.join(shown[:kinds])}  |  {' '.join(shown[kinds:])}".rstrip()

    yield line("", heads[1:])
    for name, numbers in lines:
        yield line(name, numbers)
