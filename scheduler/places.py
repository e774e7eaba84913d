"""Where things lie, told from the configuration folder alone: for every command, and for those that answer at once."""

from pathlib import Path

from programme.whereabouts import ledger_setting


def beside(config: Path) -> Path:
    """The folder that holds the configuration folder, from which relative paths are taken."""
    return config.resolve().parent


def ledger_path(config: Path) -> str:
    """Where the ledger is: a URL as it stands, a relative path taken from beside the configuration folder.

    Raises ConfigurationError where the service file names none.
    """
    setting = ledger_setting(config)
    return setting if "://" in setting else str(beside(config) / setting)


def ledger_file(ledger: str) -> Path | None:
    """The ledger's file, whether it was named by a path or a SQLite URL; None for another URL, which is refused."""
    name = ledger.removeprefix("sqlite:///")
    return None if "://" in name else Path(name)
