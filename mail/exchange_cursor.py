"""Where the reading of an Exchange mailbox has got to, as the text that the caller keeps."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mail.port import Folder

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that the server told of and that was not handed over yet. ``size`` is 0 where it is not known."""

    server_id: str
    folder: Folder
    received_at: datetime | None
    size: int

    @property
    def order(self) -> datetime:
        """What sorts the oldest first; items without a time come last, in the server's order."""
        return self.received_at or _LATEST


@dataclass(frozen=True, slots=True)
class Cursor:
    """The state of each folder, and what was listed up to it but is still to be handed over.

    ``returned``: what was handed over and still lay there, of a folder that the server gives no state of.
    """

    address: str
    states: Mapping[Folder, str] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()
    returned: Mapping[Folder, frozenset[str]] = field(default_factory=dict)

    def handed_over(self, taken: int) -> "Cursor":
        """The cursor after so many of those that wait were handed over."""
        returned = dict(self.returned)
        for item in self.waiting[:taken]:
            if item.folder in returned:
                returned[item.folder] |= {item.server_id}
        return Cursor(self.address, self.states, self.waiting[taken:], returned)

    def text(self) -> str:
        """The cursor as one line of JSON."""
        waiting = [
            [item.server_id, item.folder, item.received_at.isoformat() if item.received_at else None, item.size]
            for item in self.waiting
        ]
        written: dict[str, Any] = {"exchange": self.address, "states": dict(self.states), "waiting": waiting}
        if self.returned:
            written["returned"] = {folder: sorted(ids) for folder, ids in self.returned.items()}
        return json.dumps(written)


def read_cursor(text: str | None, address: str) -> Cursor:
    """The cursor of this mailbox; an empty one where the text is none, another mailbox's or no cursor at all."""
    with suppress(ValueError, TypeError, KeyError, AttributeError):
        written: dict[str, Any] = json.loads(text or "")
        if written["exchange"] == address:
            states = {Folder(name): str(state) for name, state in written["states"].items()}
            returned = {Folder(name): frozenset(map(str, ids)) for name, ids in written.get("returned", {}).items()}
            return Cursor(address, states, tuple(_waiting(*entry) for entry in written["waiting"]), returned)
    return Cursor(address)


def _waiting(server_id: str, folder: str, received_at: str | None, size: int) -> Waiting:
    instant = datetime.fromisoformat(received_at) if received_at else None
    return Waiting(str(server_id), Folder(folder), instant, int(size))
