"""Runs the migrations inside a transaction that is already open."""

from pathlib import Path
from typing import TYPE_CHECKING

from ledger.schema import Entry

if TYPE_CHECKING:
    from alembic.config import Config


def migrate(entry: Entry, to: str = "head") -> None:
    """Bring the database to the revision ``to``. The caller commits."""
    from alembic import command

    command.upgrade(configured(entry), to)


def configured(entry: Entry | None = None) -> "Config":
    """Alembic's configuration for this package: no file, no logging, our own transaction."""
    from alembic.config import Config

    config = Config()
    # Alembic interpolates its options.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["entry"] = entry
    return config
