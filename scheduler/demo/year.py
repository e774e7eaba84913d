"""Who does what in which cycle of the year: most return what they were asked, and each time somebody does not."""

from collections.abc import Mapping
from datetime import time

from programme.cycle import Cycle
from programme.service import Programme
from scheduler.demo.behaviours import FIRST, Behaviour, Brings, Part, Role

LATE_EVENING = (time(20, 30), time(23, 30))

_PLAIN = "{actor} returns {plan}"
_ACCEPTED = "accepted, {count} rows"


def parts_of(programme: Programme, cycle: Cycle) -> tuple[Part, ...]:
    """The parts of one cycle. The first cycle of the plan updates has every one of its own."""
    number = number_of(programme, cycle)
    if programme.form.id == "highlight-report":
        return _REPORTS.get(number, _REPORTS[4])
    if number == 1:
        return FIRST
    cast = {**_USUAL, **_UNUSUAL.get(number, {})}
    return tuple(part for own in cast.values() for part in own)


def number_of(programme: Programme, cycle: Cycle) -> int:
    """Which cycle of its calendar it is, counted from 1."""
    return next((place for place, item in enumerate(programme.cycles, 1) if item.id == cycle.id), 1)


def _plain(plan: str, tenth: int, name: str = "", role: Role = Role.SPONSOR) -> Part:
    return Part(
        name or f"plain {plan}", Behaviour.PLAIN, plan, role, Brings.WORKBOOK, tenth, _PLAIN, _ACCEPTED, note="plain"
    )


def _extended(plan: str, after: int) -> Part:
    return Part(
        f"extended {plan}", Behaviour.LATE, plan, Role.SPONSOR, Brings.WORKBOOK, 0,
        f"{_PLAIN} within the extension", f"{_ACCEPTED}, on time", note="plain", after=after,
    )  # fmt: skip


def _late(plan: str, after: int, behaviour: Behaviour, what: str) -> Part:
    return Part(
        f"late {plan}", behaviour, plan, Role.SPONSOR, Brings.WORKBOOK, 0, f"{_PLAIN} {what}",
        f"{_ACCEPTED}, late", note="late", after=after,
    )  # fmt: skip


def _absence(plan: str) -> Part:
    what = "{actor}'s mailbox answers that its owner is away"
    expected = "absence recorded, not answered"
    return Part(f"absence {plan}", Behaviour.ABSENCE, plan, Role.SPONSOR, Brings.ABSENCE, 0, what, expected)


def _of_first(name: str) -> Part:
    """A part of the first cycle, with ratings of this one."""
    part = next(part for part in FIRST if part.name == name)
    return Part(
        part.name, part.behaviour, part.plan, part.role, part.brings, part.tenth, part.what, part.expected,
        hours=part.hours,
    )  # fmt: skip


_PIECE = Part(
    "piece ba5", Behaviour.CONTRIBUTOR_PIECE, "ba5", Role.CONTRIBUTOR, Brings.WORKBOOK, 3,
    "{actor} returns a piece of {plan} for {sponsor}", "accepted, {count} rows, {missing} still missing", note="piece",
)  # fmt: skip
_REST = Part(
    "rest ba5", Behaviour.CONTRIBUTOR_PIECE, "ba5", Role.SPONSOR, Brings.WORKBOOK, 6,
    "{actor} returns the rest of {plan}", _ACCEPTED, note="rest",
)  # fmt: skip
_EXTENDED = Part(
    "rest", Behaviour.EXTENDED, "ba3", Role.SPONSOR, Brings.WORKBOOK, 0,
    "{actor} returns the rest of {plan} within the extension", f"{_ACCEPTED}, on time", after=4,
)  # fmt: skip
_STALE = Part(
    "stale", Behaviour.STALE, "ba1", Role.SPONSOR, Brings.WORKBOOK, 2,
    "{actor} fills in last cycle's file of {plan} by mistake", "desk: the file of an earlier cycle",
)  # fmt: skip
_UNCHANGED = Part(
    "unchanged", Behaviour.UNCHANGED, "ba4", Role.SPONSOR, Brings.WORKBOOK, 6,
    "{actor} sends {plan} back as it was issued", "no changes found, still owed",
)  # fmt: skip
_IGNORE = Part(
    "ignore", Behaviour.IGNORE, "ba2", Role.SPONSOR, Brings.NOTHING, 5,
    "{actor} asks that the return of {plan} be ignored", "desk: question",
)  # fmt: skip
_CORRECTED = Part(
    "corrected", Behaviour.CORRECTED, "ba2", Role.SPONSOR, Brings.WORKBOOK, 8,
    "{actor} returns {plan} corrected", f"{_ACCEPTED}, in place of those before",
)  # fmt: skip
_AFTER_PAPERS = Part(
    "after papers", Behaviour.AFTER_PAPERS, "ba5", Role.SPONSOR, Brings.WORKBOOK, 0,
    f"{_PLAIN} after the papers went", f"{_ACCEPTED}, late: told in the addendum", note="late", before_spg=3,
)  # fmt: skip

_USUAL: Mapping[str, tuple[Part, ...]] = {
    "ba1": (_plain("ba1", 2),),
    "ba2": (_of_first("assistant"),),
    "ba3": (_of_first("piece"), _of_first("rest")),
    "ba3 partner": (_plain("ba3", 7, "partner", Role.PARTNER),),
    "ba4": (_plain("ba4", 8),),
    "ba5": (_plain("ba5", 5),),
    "ba6": (_of_first("libreoffice"),),
}

_UNUSUAL: Mapping[int, Mapping[str, tuple[Part, ...]]] = {
    2: {"ba5": (_late("ba5", 3, Behaviour.LATE, "the day after the first chaser"),)},
    3: {
        "ba1": (_STALE, _plain("ba1", 7)),
        "ba5": (_late("ba5", 7, Behaviour.ESCALATED, "the day after the Chief Officer was told"),),
    },
    4: {"ba2": (_of_first("assistant"), _IGNORE, _CORRECTED), "ba3": (_of_first("piece"), _EXTENDED)},
    5: {"ba4": (_UNCHANGED, _plain("ba4", 9)), "ba6": ()},
    6: {"ba4": (_plain("ba4", 9),), "ba3 partner": (_plain("ba3", 8, "partner", Role.PARTNER),)},
    7: {"ba1": (_absence("ba1"), _plain("ba1", 8)), "ba5": (_PIECE, _REST)},
    8: {"ba5": (_AFTER_PAPERS,)},
    9: {"ba3 partner": (_of_first("untidy"),)},
    10: {
        "ba1": (_late("ba1", 1, Behaviour.LATE, "before anybody was chased"),),
        "ba5": (_late("ba5", 5, Behaviour.LATE, "after the delegate was asked"),),
    },
}

_REPORTS: Mapping[int, tuple[Part, ...]] = {
    1: (
        _plain("hubs", 4),
        _late("generic-worker", 3, Behaviour.LATE, "the day after the first chaser"),
        _absence("isles-model"),
        _plain("isles-model", 8),
    ),
    2: (_extended("merged-workstreams", 2),),
    3: (_late("merged-workstreams", 5, Behaviour.ESCALATED, "the day after the Head of Strategy was told"),),
    4: (_plain("merged-workstreams", 9),),
    5: (_plain("merged-workstreams", 5),),
}
