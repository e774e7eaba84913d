"""The one place that names adapters and puts the rooms together."""

from collections.abc import Callable, Mapping
from pathlib import Path

from mail.folder import FolderMailbox
from mail.port import Mailbox
from programme.service import MailboxSettings, Service

ADAPTERS: Mapping[str, Callable[[MailboxSettings, Path], Mailbox]] = {
    "folder": lambda settings, base: FolderMailbox(base / settings.path),
}


def open_mailbox(service: Service, config: Path) -> Mailbox:
    """The mailbox that the configuration names; a relative path is taken from beside the configuration folder."""
    return ADAPTERS[service.mailbox.system](service.mailbox, beside(config))


def ledger_path(service: Service, config: Path) -> str:
    """Where the ledger is: a URL as it stands, a relative path taken from beside the configuration folder."""
    return service.ledger if "://" in service.ledger else str(beside(config) / service.ledger)


def beside(config: Path) -> Path:
    """The folder that holds the configuration folder."""
    return config.resolve().parent
