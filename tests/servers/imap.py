"""A small, strict IMAP server on loopback: the commands that the mailbox uses, and nothing else.

Real Dovecot stands beside it in the tests; this one is for what Dovecot cannot be made to do: to cut, to fall silent,
to answer nonsense, to lack an extension.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes

from tests.servers.loopback import CutError, LineHandler, LoopbackServer

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^()]*\))|([^ ()"]+(?:\([^()]*\))?)')
_PARTIAL = re.compile(r"\(BODY\.PEEK\[\](?:<0\.([0-9]+)>)?\)")
_SPECIAL = {"Sent": "\\Sent ", "Junk": "\\Junk ", "Drafts": "\\Drafts "}


@dataclass(frozen=True)
class Kept:
    uid: int
    raw: bytes
    at: datetime
    flags: frozenset[str] = frozenset()


@dataclass
class Shelf:
    """One folder. A new ``validity`` makes every UID that was told worthless."""

    validity: int = 1
    next_uid: int = 1
    kept: list[Kept] = field(default_factory=list)

    def add(self, raw: bytes, at: datetime) -> int:
        self.kept.append(Kept(self.next_uid, raw, at))
        self.next_uid += 1
        return self.next_uid - 1


class ImapServer(LoopbackServer):
    """One mailbox, whose user signs in with ``users``; the folders are in ``shelves``."""

    def __init__(self, users: dict[str, str], folders: Iterable[str] = ("INBOX", "Junk", "Sent", "Drafts")) -> None:
        super().__init__(_Dialogue)
        self.users = users
        self.shelves = {name: Shelf() for name in folders}
        self.capabilities = "IMAP4rev1 NAMESPACE SPECIAL-USE UIDPLUS MOVE AUTH=PLAIN AUTH=XOAUTH2"
        self.subscribed: list[str] = []
        self.commands: list[str] = []
        self.special_use = True
        self.prefix = ""
        self.read_only = False
        # Bodies that the server will not hand over, and messages that are gone when they are fetched.
        self.unreadable: set[int] = set()
        self.vanishing: set[int] = set()
        self.connections = 0


class RefusedError(Exception):
    """NO or BAD, with its text."""


class _Dialogue(LineHandler):
    server: ImapServer

    def talk(self) -> None:
        self.server.connections += 1
        self._signed_in = False
        self._selected: str | None = None
        self.carry_out(lambda: b"* OK [CAPABILITY " + self.server.capabilities.encode() + b"] loopback ready\r\n")
        while True:
            tag, _, command = self.line().decode("utf-8").partition(" ")
            with self.server.lock:
                self.server.commands.append(command)
            self.carry_out(lambda: self._answer(tag, command))  # noqa: B023 - carried out before the next turn
            if command.upper() == "LOGOUT":
                return

    def _answer(self, tag: str, command: str) -> bytes:
        said = self.server.faults.answer(command)
        if said is not None:
            return f"{tag} {said}\r\n".encode()
        words = [quoted.replace("\\", "") or group or atom for quoted, group, atom in _WORD.findall(command)]
        verb = "_".join(words[:2] if words[0].upper() == "UID" else words[:1]).lower()
        method: Callable[..., bytes] | None = getattr(self, f"_do_{verb}", None)
        try:
            if method is None or not (self._signed_in or verb in ("authenticate", "login", "capability", "logout")):
                raise RefusedError("BAD unknown or out of turn")
            with self.server.lock:
                told = method(*words[2 if verb.startswith("uid_") else 1 :])
        except RefusedError as refused:
            return f"{tag} {refused}\r\n".encode()
        except TypeError:
            return f"{tag} BAD wrong arguments to {verb}\r\n".encode()
        return told + f"{tag} OK done\r\n".encode()

    def _do_capability(self) -> bytes:
        return f"* CAPABILITY {self.server.capabilities}\r\n".encode()

    def _do_authenticate(self, mechanism: str) -> bytes:
        self.wfile.write(b"+ \r\n")
        said = b64decode(self.line(), validate=True).decode()
        if mechanism == "PLAIN":
            _, name, secret = said.split("\0")
        else:
            name, secret = said.split("\1")[0].removeprefix("user="), said.split("\1")[1].removeprefix("auth=Bearer ")
        if self.server.users.get(name) != secret:
            if mechanism == "XOAUTH2":
                self.wfile.write(b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n")
                if self.line() != b"":
                    raise CutError
            raise RefusedError(f"NO [AUTHENTICATIONFAILED] refused: {said!r}")
        self._signed_in = True
        return b""

    def _do_login(self, name: str, secret: str) -> bytes:
        if self.server.users.get(name) != secret:
            raise RefusedError(f"NO [AUTHENTICATIONFAILED] {name} may not come in with {secret}")
        self._signed_in = True
        return b""

    def _do_logout(self) -> bytes:
        return b"* BYE see you\r\n"

    def _do_noop(self) -> bytes:
        return b""

    def _do_namespace(self) -> bytes:
        return f'* NAMESPACE (("{self.server.prefix}" "/")) NIL NIL\r\n'.encode()

    def _do_list(self, reference: str, pattern: str) -> bytes:
        if (reference, pattern) != ("", "*"):
            raise RefusedError("BAD only everything is listed here")
        special = _SPECIAL if self.server.special_use else {}
        lines = (f'* LIST ({special.get(name, "")}\\HasNoChildren) "/" "{name}"\r\n' for name in self.server.shelves)
        return "".join(lines).encode()

    def _do_select(self, name: str) -> bytes:
        shelf = self.server.shelves.get(name)
        if shelf is None:
            raise RefusedError("NO [NONEXISTENT] no such folder")
        self._selected = name
        code = "* OK [READ-ONLY] only to be read\r\n" if self.server.read_only else ""
        return f"* {len(shelf.kept)} EXISTS\r\n* OK [UIDVALIDITY {shelf.validity}] valid\r\n{code}".encode()

    _do_examine = _do_select

    def _do_create(self, name: str) -> bytes:
        if name in self.server.shelves:
            raise RefusedError("NO [ALREADYEXISTS] it is there")
        self.server.shelves[name] = Shelf()
        return b""

    def _do_subscribe(self, name: str) -> bytes:
        self.server.subscribed.append(name)
        return b""

    def _do_uid_search(self, *criteria: str) -> bytes:
        kept = self._shelf().kept
        match criteria:
            case ["UID", uids]:
                found = self._chosen(uids)
            case [numbers, "HEADER", "Message-ID", value, "FROM", sender] if numbers.endswith(":*") and kept:
                newest = kept[int(numbers[:-2]) - 1 :]
                found = [
                    each for each in newest if _has(each.raw, "Message-ID", value) and _has(each.raw, "From", sender)
                ]
            case [numbers] if re.fullmatch(r"[0-9]+:([0-9]+|\*)", numbers):
                first, last = numbers.split(":")
                found = kept[int(first) - 1 : None if last == "*" else int(last)]
            case _:
                raise RefusedError(f"BAD cannot search for {criteria}")
        return f"* SEARCH {' '.join(str(each.uid) for each in found)}".rstrip().encode() + b"\r\n"

    def _do_uid_fetch(self, uids: str, items: str) -> bytes:
        partial = _PARTIAL.fullmatch(items)
        if items != "(INTERNALDATE RFC822.SIZE)" and partial is None:
            raise RefusedError(f"BAD cannot fetch {items}")
        found = [each for each in self._chosen(uids) if partial is None or each.uid not in self.server.vanishing]
        return b"".join(self._fetched(each, partial) for each in found)

    def _fetched(self, each: Kept, partial: re.Match[str] | None) -> bytes:
        head = f"* {self._shelf().kept.index(each) + 1} FETCH (UID {each.uid} "
        if partial is None:
            at = each.at.astimezone(UTC).strftime("%d-%b-%Y %H:%M:%S +0000")
            return f'{head}INTERNALDATE "{at}" RFC822.SIZE {len(each.raw)})\r\n'.encode()
        if each.uid in self.server.unreadable:
            return f"{head}BODY[] NIL)\r\n".encode()
        body = each.raw[: int(partial[1])] if partial[1] else each.raw
        name = "BODY[]<0>" if partial[1] else "BODY[]"
        return f"{head}{name} {{{len(body)}}}\r\n".encode() + body + b")\r\n"

    def _do_uid_copy(self, uids: str, target: str) -> bytes:
        if target not in self.server.shelves:
            raise RefusedError("NO [TRYCREATE] no such folder")
        for each in self._chosen(uids):
            self.server.shelves[target].add(each.raw, each.at)
        return b""

    def _do_uid_move(self, uids: str, target: str) -> bytes:
        if "MOVE" not in self.server.capabilities:
            raise RefusedError("BAD unknown")
        moved = self._chosen(uids)
        self._do_uid_copy(uids, target)
        self._shelf().kept = [each for each in self._shelf().kept if each not in moved]
        return b""

    def _do_uid_store(self, uids: str, how: str, flags: str) -> bytes:
        if (how, flags) != ("+FLAGS.SILENT", "(\\Deleted)"):
            raise RefusedError("BAD nothing else is stored here")
        marked = self._chosen(uids)
        shelf = self._shelf()
        shelf.kept = [replace(each, flags=frozenset({flags})) if each in marked else each for each in shelf.kept]
        return b""

    def _do_uid_expunge(self, uids: str) -> bytes:
        gone = [each for each in self._chosen(uids) if each.flags]
        self._shelf().kept = [each for each in self._shelf().kept if each not in gone]
        return b""

    def _shelf(self) -> Shelf:
        if self._selected is None:
            raise RefusedError("BAD nothing is selected")
        return self.server.shelves[self._selected]

    def _chosen(self, uids: str) -> list[Kept]:
        wanted: set[int] = set()
        for each in uids.split(","):
            first, _, last = each.partition(":")
            wanted.update(range(int(first), int(last or first) + 1))
        return [each for each in self._shelf().kept if each.uid in wanted]


def _has(raw: bytes, name: str, value: str) -> bool:
    return value.casefold() in str(message_from_bytes(raw).get(name, "")).casefold()
