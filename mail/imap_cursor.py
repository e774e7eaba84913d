"""How far a mailbox was read: per folder its UIDVALIDITY and the UIDs that were returned and still lie there."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mail.port import Folder

_RANGES = re.compile(r"(?:[0-9]{1,10}(?::[0-9]{1,10})?(?:,|$))*")


@dataclass(frozen=True, slots=True)
class Returned:
    """UIDs as ranges from first to last, ascending. They mean something only under their ``validity``."""

    validity: int = 0
    ranges: tuple[tuple[int, int], ...] = ()

    def __contains__(self, uid: int) -> bool:
        place = bisect_right(self.ranges, (uid, uid))
        near = self.ranges[max(0, place - 1) : place + 1]
        return any(first <= uid <= last for first, last in near)


def written(positions: Mapping[Folder, tuple[int, Iterable[int]]]) -> str:
    """The cursor for validity and returned UIDs of each folder."""
    return json.dumps(
        {
            folder.value: {"validity": validity, "returned": _text(_ranges(uids))}
            for folder, (validity, uids) in sorted(positions.items())
        }
    )


def read(cursor: str | None) -> dict[Folder, Returned]:
    """What a cursor says. What cannot be understood counts as nothing returned: that folder starts afresh."""
    try:
        found = json.loads(cursor or "{}")
    except ValueError:
        return {}
    entries = found if isinstance(found, dict) else {}
    return {folder: _returned(entries.get(folder.value)) for folder in Folder}


def _returned(entry: object) -> Returned:
    match entry:
        case {"validity": int(validity), "returned": str(text)} if _RANGES.fullmatch(text):
            bounds = [tuple(map(int, each.split(":"))) for each in text.split(",") if each]
            return Returned(validity, tuple(sorted((each[0], each[-1]) for each in bounds)))
    return Returned()


def _ranges(uids: Iterable[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for uid in sorted(uids):
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1] = (ranges[-1][0], uid)
        else:
            ranges.append((uid, uid))
    return ranges


def _text(ranges: Iterable[tuple[int, int]]) -> str:
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in ranges)
