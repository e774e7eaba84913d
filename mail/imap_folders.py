"""Which folder is which on an IMAP server, and making those that are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from imaplib import IMAP4
from typing import Any

from mail.imap_settings import FolderNames
from mail.port import Folder, Lane

INBOX = "INBOX"
SENT = "sent"

_ATTRIBUTES = {Folder.JUNK.value: b"\\junk", SENT: b"\\sent"}
_USUAL = {
    Folder.JUNK.value: ("Junk", "Junk E-mail", "Junk Email", "Junk Mail", "Spam", "Bulk Mail"),
    SENT: ("Sent", "Sent Items", "Sent Messages", "Sent Mail"),
    Lane.PROCESSED.value: ("Processed",),
    Lane.ATTENTION.value: ("Attention",),
}
_UNUSABLE = frozenset({b"\\noselect", b"\\nonexistent"})


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of LIST."""

    attributes: frozenset[bytes]
    name: str


class Folders:
    """The folders of one mailbox, as its server lists them. Roles are inbox, junk, sent, processed, attention.

    ``client`` is a signed-in IMAPClient; its errors pass through.
    """

    def __init__(self, client: Any, wanted: FolderNames) -> None:
        self._client = client
        self._wanted = wanted
        self._prefix, self._listed = _prefix(client), _listed(client)

    def name(self, role: str) -> str | None:
        """The folder's name on the server: as configured, else by its attribute, else by a usual name."""
        if role == Folder.INBOX:
            return INBOX
        configured = getattr(self._wanted, role)
        return self._existing([configured]) if configured else self._found(role)

    def made(self, role: str) -> str:
        """The folder's name, the folder being made and subscribed where it is missing."""
        if found := self.name(role):
            return found
        name = getattr(self._wanted, role) or self._prefix + _USUAL[role][0]
        try:
            self._client.create_folder(name)
        except IMAP4.abort:
            raise
        except IMAP4.error:
            # Somebody else may have made it since it was listed; if not, this is the server's last word.
            self._listed = _listed(self._client)
            if self.name(role) is None:
                raise
        self._client.subscribe_folder(name)
        self._listed = _listed(self._client)
        return self.name(role) or name

    def refresh(self) -> None:
        self._listed = _listed(self._client)

    def _found(self, role: str) -> str | None:
        by_attribute = [each.name for each in self._listed if _ATTRIBUTES.get(role) in each.attributes]
        usual = [prefix + name for name in _USUAL[role] for prefix in dict.fromkeys((self._prefix, ""))]
        return by_attribute[0] if by_attribute else self._existing(usual)

    def _existing(self, names: Sequence[str]) -> str | None:
        by_name = {each.name.casefold(): each.name for each in self._listed}
        return next((by_name[name.casefold()] for name in names if name.casefold() in by_name), None)


def _listed(client: Any) -> tuple[Listed, ...]:
    lines = (
        Listed(frozenset(bytes(flag).lower() for flag in flags), str(name)) for flags, _, name in client.list_folders()
    )
    return tuple(each for each in lines if not each.attributes & _UNUSABLE)


def _prefix(client: Any) -> str:
    """What the names of our own folders begin with: nothing on most servers, ``INBOX.`` on some."""
    personal = client.namespace().personal if client.has_capability("NAMESPACE") else None
    return str(personal[0][0]) if personal else ""
