"""The service.yaml of a demo: another one's, with sections of its own in the place of theirs."""

import json
import re
from collections.abc import Iterable

from programme.service import MailboxSettings
from scheduler.command_line import CommandError

LEDGER = "ledger/ledger.db"

# What goes on with a section: indented lines, and at the margin list items, closing brackets, comments, empty lines.
_GOES_ON = re.compile(r"[ \t\-\]}#]|$")
# At the end of a section this belongs to the next one.
_ABOUT_THE_NEXT = re.compile(r"#|[ \t]*$")


def in_folders(text: str, mailbox: MailboxSettings) -> str:
    """The service file with the demo's own ledger, and a mailbox in folders with the address and name of this one.

    Raises CommandError where the file has no such sections to replace.
    """
    lines = ["mailbox:", "  system: folder", "  path: mailbox"]
    lines += [f"  address: {_quoted(mailbox.address)}", f"  name: {_quoted(mailbox.name)}"]
    if mailbox.authenticated_by:
        lines.append(f"  authenticated_by: {_quoted(mailbox.authenticated_by)}")
    return _with_section(_with_section(text, "mailbox", "\n".join(lines)), "ledger", f"ledger: {LEDGER}")


def with_programmes(text: str, programmes: Iterable[str], file: str) -> str:
    """The text of a service file with these programmes for its own; what is behind them keeps its place.

    Raises CommandError, in which the file is named, where it has no such section to replace.
    """
    return _with_section(text, "programmes", f"programmes: {_quoted(list(programmes))}", file)


def _with_section(text: str, name: str, section: str, file: str = "service.yaml") -> str:
    lines = text.split("\n")
    begins = re.compile(rf"""(["']?){name}\1[ \t]*:""")
    start = next((number for number, line in enumerate(lines) if begins.match(line)), None)
    if start is None:
        raise CommandError(
            f"{file} has no line that begins with “{name}:”. The demo needs a whole service.yaml, each of its sections"
            " beginning on a line of its own."
        )
    end = start + 1
    while end < len(lines) and _GOES_ON.match(lines[end]):
        end += 1
    while _ABOUT_THE_NEXT.match(lines[end - 1]):
        end -= 1
    own = section.split("\n")
    padding = [""] * (end - start - len(own))
    return "\n".join([*lines[:start], *own, *padding, *lines[end:]])


def _quoted(value: object) -> str:
    """A text, or several, as YAML whatever is in them."""
    return json.dumps(value, ensure_ascii=False)
