"""What a loopback Exchange server keeps: folders, items with ids and change keys, sync states, what was delivered."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes

DISTINGUISHED = {
    "root": "Root",
    "msgfolderroot": "Top of Information Store",
    "inbox": "Inbox",
    "junkemail": "Junk Email",
    "sentitems": "Sent Items",
    "drafts": "Drafts",
}


class EwsError(Exception):
    """A documented response code. ``fault``: told as a SOAP fault instead of in a response message."""

    def __init__(self, code: str, text: str = "", fault: bool = False, back_off: int | None = None) -> None:
        super().__init__(text or code)
        self.code = code
        self.fault = fault
        self.back_off = back_off


@dataclass
class FolderRecord:
    id: str
    name: str
    parent: str | None
    distinguished: str = ""


@dataclass
class ItemRecord:
    id: str
    change_key: str
    folder: str
    raw: bytes | None
    received: datetime | None
    item_class: str = "IPM.Note"
    headers: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    tag: str = "Message"
    trouble: str = ""

    @property
    def message_id(self) -> str:
        return str(message_from_bytes(self.raw or b"")["Message-ID"] or "").strip()


@dataclass
class Store:
    """One mailbox. ``lacks`` names property URIs and folders that this server does not know.

    ``unheard_of`` are names of folders that spoil the whole question, and the code of the fault.
    """

    address: str
    now: datetime = datetime(2020, 1, 31, 12, 0, tzinfo=UTC)
    folders: dict[str, FolderRecord] = field(default_factory=dict)
    items: dict[str, ItemRecord] = field(default_factory=dict)
    delivered: list[bytes] = field(default_factory=list)
    lacks: set[str] = field(default_factory=set)
    unheard_of: dict[str, str] = field(default_factory=dict)
    log: list[tuple[str, str, bool]] = field(default_factory=list)
    epoch: int = 1
    serial: int = 0

    def __post_init__(self) -> None:
        for number, (key, name) in enumerate(DISTINGUISHED.items()):
            parent = None if key == "root" else self.named("root" if key == "msgfolderroot" else "msgfolderroot").id
            self.folders[f"F{number}="] = FolderRecord(f"F{number}=", name, parent, key)

    def named(self, distinguished: str) -> FolderRecord:
        if distinguished in self.unheard_of:
            raise EwsError(self.unheard_of[distinguished], f"{distinguished} is no name of a folder.", fault=True)
        if distinguished in self.lacks:
            raise EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")
        for folder in self.folders.values():
            if folder.distinguished == distinguished:
                return folder
        raise EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")

    def folder(self, identity: str) -> FolderRecord:
        if identity not in self.folders:
            raise EwsError("ErrorFolderNotFound", "The specified folder could not be found in the store.")
        return self.folders[identity]

    def make_folder(self, parent: str, name: str) -> FolderRecord:
        if any(each.parent == parent and each.name.casefold() == name.casefold() for each in self.folders.values()):
            raise EwsError("ErrorFolderExists", "A folder with the specified name already exists.")
        record = FolderRecord(f"M{self._next()}=", name, parent)
        self.folders[record.id] = record
        return record

    def put(self, folder: str, raw: bytes | None, received: datetime | None, **facts: object) -> ItemRecord:
        record = ItemRecord(self._new_id(), "CK1", folder, raw, received)
        for name, value in facts.items():
            assert hasattr(record, name)
            setattr(record, name, value)
        self.items[record.id] = record
        self.log.append((folder, record.id, True))
        return record

    def item(self, identity: str) -> ItemRecord:
        if not identity.startswith("AAMk"):
            raise EwsError("ErrorInvalidIdMalformed", "Id is malformed.")
        if identity not in self.items:
            raise EwsError("ErrorItemNotFound", "The specified object was not found in the store.")
        return self.items[identity]

    def remove(self, record: ItemRecord) -> None:
        del self.items[record.id]
        self.log.append((record.folder, record.id, False))

    def move(self, record: ItemRecord, folder: str) -> ItemRecord:
        """The item gets a new id, as on Exchange."""
        self.remove(record)
        record.id, record.folder, record.change_key = self._new_id(), folder, f"CK{self._next()}"
        self.items[record.id] = record
        self.log.append((folder, record.id, True))
        return record

    def inside(self, folder: str) -> list[ItemRecord]:
        return [item for item in self.items.values() if item.folder == folder]

    def deliver(self, raw: bytes) -> None:
        """What leaves is seen in ``delivered``; what is addressed to this mailbox also arrives in it."""
        self.delivered.append(raw)
        if self.address in str(message_from_bytes(raw)["To"]):
            self.put(self.named("inbox").id, raw, self.now)

    def changes(self, folder: str, state: str | None, limit: int) -> tuple[list[tuple[str, str]], str, bool]:
        """(Create or Delete, item id) since the state, the next state, and whether these were the last."""
        start = self._position(folder, state) if state else 0
        first: dict[str, bool] = {}
        last: dict[str, tuple[int, bool]] = {}
        for number, (where, identity, came) in enumerate(self.log[start:], start + 1):
            if where == folder:
                first.setdefault(identity, came)
                last[identity] = (number, came)
        net = [
            (number, "Create" if came else "Delete", identity)
            for identity, (number, came) in sorted(last.items(), key=lambda entry: entry[1][0])
            if came or not first[identity]
        ]
        chosen = net[:limit]
        whole = len(chosen) == len(net)
        position = len(self.log) if whole else chosen[-1][0]
        return [(kind, identity) for _, kind, identity in chosen], self._state(folder, position), whole

    def _state(self, folder: str, position: int) -> str:
        return base64.b64encode(f"{self.epoch}|{folder}|{position}".encode()).decode()

    def _position(self, folder: str, state: str) -> int:
        try:
            epoch, where, position = base64.b64decode(state, validate=True).decode().split("|")
        except ValueError:
            raise EwsError("ErrorInvalidSyncStateData", "Synchronization state data is corrupt.") from None
        if int(epoch) != self.epoch or where != folder:
            raise EwsError("ErrorInvalidSyncStateData", "Synchronization state data is invalid.")
        return int(position)

    def _new_id(self) -> str:
        return "AAMk" + base64.b64encode(f"item {self._next():06}".encode()).decode()

    def _next(self) -> int:
        self.serial += 1
        return self.serial
