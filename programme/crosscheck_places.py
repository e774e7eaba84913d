"""Where the service keeps what it makes: places at which a ledger or a mailbox cannot be kept."""

from collections.abc import Iterator
from pathlib import Path, PurePath

from programme.declared import Declared
from programme.fault import Fault
from programme.source import Node

_NAME_A_FILE = "Name a file, such as var/ledger.db."


def place_contradictions(declared: Declared) -> Iterator[Fault]:
    """What the settings say by themselves, without a look at the disk."""
    top = Node(declared.service)
    ledger, path = top.get("ledger"), top.get("mailbox").get("path")
    if "://" in ledger.text:
        yield from _url(ledger)
    elif ledger.text and (ledger.text.endswith("/") or PurePath(ledger.text).name in ("", "..")):
        yield ledger.fault(f"'ledger' is \"{ledger.text}\", which is a folder.", _NAME_A_FILE)
    elif ledger.text and path.text and PurePath(ledger.text) == PurePath(path.text):
        sentence = f"'ledger' is \"{ledger.text}\", which is the folder of the mailbox too."
        yield ledger.fault(sentence, _NAME_A_FILE)


def _url(ledger: Node) -> Iterator[Fault]:
    # Never the URL itself: it may hold a password.
    system, _, place = ledger.text.partition("://")
    if system.casefold().startswith("postgres"):
        sentence = "'ledger' is a PostgreSQL URL, and PostgreSQL is not supported yet."
        yield ledger.fault(sentence, _NAME_A_FILE)
    elif system != "sqlite" or place in ("/", "/:memory:") or not place.startswith("/"):
        sentence = "'ledger' is a URL at which it cannot be kept."
        yield ledger.fault(sentence, "Name a file, such as var/ledger.db, or write sqlite:////folder/ledger.db.")


def place_faults(declared: Declared, folder: Path) -> Iterator[Fault]:
    """What the disk says: ``folder`` is that of the configuration, beside which relative places begin."""
    top, own = Node(declared.service), folder.resolve()
    ledger, path = top.get("ledger"), top.get("mailbox").get("path")
    kept = [("ledger", ledger)] if "://" not in ledger.text else []
    for what, setting in [*kept, ("path", path)]:
        if setting.text and _resolved(own, setting.text).is_relative_to(own):
            sentence = f"'{what}' is \"{setting.text}\", which lies in the configuration folder."
            yield setting.fault(sentence, f'Name a place outside "{own.name}", such as one in var.')
    if kept and ledger.text and (own.parent / ledger.text).is_dir():
        yield ledger.fault(f"'ledger' is \"{ledger.text}\", which is a folder.", _NAME_A_FILE)


def _resolved(own: Path, written: str) -> Path:
    return (own.parent / written).resolve()
