import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from ledger.errors import LedgerError
from ledger.migrations.upgrade import configured, migrate
from ledger.schema import REVISIONS, metadata
from ledger.store import Ledger, refuse_other_schema


def schema_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as rows:
        written = [sql for (sql,) in rows.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
    return sorted(" ".join(sql.replace("(", "( ").replace(")", " )").split()) for sql in written)


def at_base(path: Path) -> None:
    """A ledger before its first revision."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as entry:
        MigrationContext.configure(entry)._ensure_version_table()
    engine.dispose()


def stamp(path: Path, revision: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as rows:
        rows.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def test_migrated_equals_fresh(tmp_path: Path) -> None:
    at_base(tmp_path / "migrated.sqlite")
    assert Ledger.upgrade(tmp_path / "migrated.sqlite") == (None, REVISIONS[-1])
    Ledger.open(tmp_path / "fresh.sqlite").close()
    assert schema_of(tmp_path / "migrated.sqlite") == schema_of(tmp_path / "fresh.sqlite")
    Ledger.open(tmp_path / "migrated.sqlite", create=False).close()


def test_the_migrations_leave_no_difference_that_alembic_sees(ledger: Ledger) -> None:
    with ledger.reading() as entry:
        assert compare_metadata(MigrationContext.configure(entry), metadata) == []


def test_the_revisions_are_those_of_the_migrations() -> None:
    walked = ScriptDirectory.from_config(configured()).walk_revisions()
    assert tuple(reversed([script.revision for script in walked])) == REVISIONS


def test_a_migration_is_taken_back_with_its_transaction(path: Path) -> None:
    at_base(path)
    engine = create_engine(f"sqlite:///{path}")
    before = schema_of(path)
    with engine.connect() as entry:
        entry.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]
        entry.exec_driver_sql("BEGIN IMMEDIATE")
        migrate(entry)
        entry.rollback()
    engine.dispose()
    assert schema_of(path) == before


def test_a_stale_ledger_is_refused_until_it_is_upgraded(path: Path) -> None:
    at_base(path)
    with pytest.raises(LedgerError, match=r"older plancycle \(none, .*`plancycle ledger upgrade`"):
        Ledger.open(path)
    Ledger.upgrade(path)
    Ledger.open(path).close()


def test_upgrading_an_up_to_date_ledger_is_harmless(path: Path) -> None:
    Ledger.open(path).close()
    before = schema_of(path)
    assert Ledger.upgrade(path) == (REVISIONS[-1], REVISIONS[-1])
    assert schema_of(path) == before


def test_a_newer_ledger_is_refused_by_open_and_upgrade(path: Path) -> None:
    Ledger.open(path).close()
    stamp(path, "9999")
    for attempt in (Ledger.open, Ledger.upgrade):
        with pytest.raises(LedgerError, match=r"newer plancycle \(schema 9999.*`plancycle ledger upgrade` cannot"):
            attempt(path)


def test_nothing_is_upgraded_where_there_is_nothing(path: Path) -> None:
    with pytest.raises(LedgerError, match="There is no ledger"):
        Ledger.upgrade(path)
    assert not path.exists()


@pytest.mark.parametrize(("found", "words"), [("0001", "older"), (None, "older"), ("0003", "newer")])
def test_only_the_newest_known_revision_will_do(found: str | None, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        refuse_other_schema(Path("ledger.sqlite"), found, ("0001", "0002"))


def test_the_newest_known_revision_will_do() -> None:
    assert refuse_other_schema(Path("ledger.sqlite"), "0002", ("0001", "0002")) is None  # type: ignore[func-returns-value]
