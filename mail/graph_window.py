"""How far Inbox and Junk were read: a window of received dates with an overlap, and what was returned inside it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mail.port import Folder

# What arrives is dated as it arrives, give or take; the overlap covers a server that is late with showing it.
OVERLAP = timedelta(days=1)
# The cursor is bounded: so many messages inside the window, and so many older ones that still lie in the Inbox.
INSIDE = 4_000
OLDER = 1_000
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as a list shows it."""

    id: str
    received_at: datetime
    folder: Folder

    @property
    def key(self) -> str:
        """The same message in another folder has another key: a person who takes it out of Junk wants it read."""
        return hashlib.blake2b(f"{self.folder}/{self.id}".encode(), digest_size=9).hexdigest()


@dataclass(frozen=True, slots=True)
class Window:
    """``since``: the whole second from which on lists are asked for. ``seen``: received second by message key."""

    since: int | None = None
    seen: Mapping[str, int] = field(default_factory=dict)

    def start(self) -> datetime | None:
        """The instant from which on lists are asked for; None for everything."""
        return None if self.since is None else datetime.fromtimestamp(self.since, UTC)

    def fresh(self, listed: Iterable[Listed]) -> list[Listed]:
        """Those that were not returned yet."""
        return [each for each in listed if each.key not in self.seen]

    def after(self, returned: Iterable[Listed], older_lying: Iterable[Listed] | None) -> "Window":
        """The window after these were returned.

        ``older_lying`` are the messages that lie in the Inbox before the window, None where they were not listed.
        """
        seen = dict(self.seen) | {each.key: _second(each.received_at) for each in returned}
        lying = None if older_lying is None else {each.key for each in older_lying}
        edges = [self.since] if self.since is not None else []
        if seen:
            edges.append(max(seen.values()) - int(OVERLAP.total_seconds()))
        return _bounded(max(edges), seen, self.since, lying) if edges else Window()

    def text(self) -> str:
        """The cursor."""
        return json.dumps({"version": _VERSION, "since": self.since, "seen": self.seen}, separators=(",", ":"))


def read_window(cursor: str | None) -> Window:
    """The window of a cursor; a new one where it is None or not ours."""
    try:
        found = json.loads(cursor or "null")
    except ValueError:
        return Window()
    if not isinstance(found, dict) or found.get("version") != _VERSION or not isinstance(found.get("seen"), dict):
        return Window()
    since, seen = found.get("since"), found["seen"]
    if not (since is None or _is_second(since)) or not all(map(_is_second, seen.values())):
        return Window()
    return Window(since, seen)


def _bounded(since: int, seen: dict[str, int], before: int | None, lying: set[str] | None) -> Window:
    by_age = sorted(seen.items(), key=lambda item: item[1])
    inside = [(key, second) for key, second in by_age if second >= since]
    if len(inside) > INSIDE:
        since = inside[-INSIDE][1]
        inside = [(key, second) for key, second in inside if second >= since]
    older = [(key, second) for key, second in by_age if second < since]
    if lying is not None and before is not None:
        # Those that left the window just now were not among the older ones when these were listed.
        older = [(key, second) for key, second in older if key in lying or second >= before]
    return Window(since, dict(older[:OLDER] + inside))


def _second(received_at: datetime) -> int:
    return int(received_at.timestamp() // 1)


def _is_second(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**11
