"""The ledger's database: opening, transactions, snapshots and its schema's age."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from ledger.blobs import Blobs
from ledger.errors import LedgerError
from ledger.schema import REMEMBERED, REVISIONS, Entry, alembic_version, metadata

__all__ = ["Entry", "Ledger"]


class Ledger:
    """One ledger: a SQLite file and, beside it, the folder of its blobs. Open it with ``Ledger.open``.

    May be used from several threads; every transaction and snapshot is a connection of its own.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self.path = path
        self.blobs = Blobs(path.with_name(path.name + ".blobs"))
        self._writing = _engine(path, patience, reading=False)
        self._reading = _engine(path, patience, reading=True)

    @classmethod
    def open(cls, url_or_path: str | Path, *, create: bool = True, patience: float = 10.0) -> "Ledger":
        """Open the ledger at a path or a ``sqlite:///`` URL, making it and its folder where there is none.

        ``patience`` is how many seconds a transaction waits for another process. Raises LedgerError for anything
        that is not a ledger of exactly this version's schema, and where ``create`` is False for a missing one.
        """
        ledger = cls(_located(url_or_path, create), patience)
        try:
            if create:
                with ledger.transaction() as entry:
                    ledger._make_or_check(entry)
            else:
                with ledger.reading() as entry:
                    refuse_other_schema(ledger.path, _revision(entry, ledger.path), REVISIONS)
        except BaseException:
            ledger.close()
            raise
        return ledger

    @classmethod
    def upgrade(cls, url_or_path: str | Path) -> tuple[str | None, str]:
        """Migrate a stale ledger to this version's schema in one transaction; say from and to which revision.

        Harmless when it is up to date. Raises LedgerError for a newer ledger, a missing one or something else.
        """
        from ledger.migrations.upgrade import migrate

        ledger = cls(_located(url_or_path, create=False), patience=10.0)
        try:
            with ledger.transaction() as entry:
                found = _revision(entry, ledger.path)
                if found is not None and found not in REVISIONS:
                    raise LedgerError(_newer(ledger.path, found))
                migrate(entry)
        finally:
            ledger.close()
        return found, REVISIONS[-1]

    @contextmanager
    def transaction(self) -> Iterator[Entry]:
        """One commit: everything in the block is durable when it ends, nothing of it when it raises.

        It holds the write lock from its start. Raises LedgerError when another process keeps that for too long,
        the disk is full, or the entry breaks a rule of the schema.
        """
        with _in_sentences(self.path), self._writing.begin() as entry:
            yield entry

    @contextmanager
    def reading(self) -> Iterator[Entry]:
        """A snapshot as of now: it sees no later commit, delays nobody, and refuses every write."""
        with _in_sentences(self.path), self._reading.begin() as entry:
            # A deferred transaction has its snapshot only from its first read.
            entry.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1")
            yield entry

    def close(self) -> None:
        """Let go of the files. May be called twice."""
        self._reading.dispose()
        self._writing.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def _make_or_check(self, entry: Entry) -> None:
        if not inspect(entry).get_table_names():
            metadata.create_all(entry)
            entry.execute(insert(alembic_version).values(version_num=REVISIONS[-1]))
        else:
            refuse_other_schema(self.path, _revision(entry, self.path), REVISIONS)


def refuse_other_schema(path: Path, found: str | None, known: tuple[str, ...]) -> None:
    """Raise LedgerError unless the revision found is the newest of those known (oldest first)."""
    if found == known[-1]:
        return
    if found is None or found in known:
        raise LedgerError(
            f"The ledger {path} has the schema of an older plancycle ({found or 'none'}, this one needs {known[-1]}). "
            "Back it up and run `plancycle ledger upgrade`."
        )
    raise LedgerError(_newer(path, found))


def _newer(path: Path, found: str) -> str:
    return (
        f"The ledger {path} was written by a newer plancycle (schema {found}, this one knows {REVISIONS[-1]}). "
        "Install that version or restore an older ledger: `plancycle ledger upgrade` cannot go back."
    )


def _revision(entry: Entry, path: Path) -> str | None:
    if not inspect(entry).has_table("alembic_version"):
        raise LedgerError(f"{path} is a database, but not a ledger of plancycle. Check the path.")
    return entry.execute(select(alembic_version.c.version_num)).scalar()


def _located(url_or_path: str | Path, create: bool) -> Path:
    path = _path(url_or_path)
    if not create and not path.exists():
        raise LedgerError(f"There is no ledger at {path}. Check the path; `plancycle run` makes a new one.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise LedgerError(f"The folder {path.parent} cannot be made: {fault.strerror}. Check the path.") from fault
    return path


def _path(url_or_path: str | Path) -> Path:
    if isinstance(url_or_path, Path) or "://" not in url_or_path:
        return Path(url_or_path).absolute()
    system, _, place = url_or_path.partition("://")
    if system.startswith("postgres"):
        raise LedgerError("PostgreSQL is not supported yet. Name a file, such as /var/lib/plancycle/ledger.sqlite.")
    if system != "sqlite" or place in ("", "/", "/:memory:") or not place.startswith("/"):
        # Not the URL itself: it may hold a password.
        raise LedgerError(f"The ledger cannot be kept at that {system} URL. Name a file or use sqlite:///file.")
    return Path(place.removeprefix("/")).absolute()


def _engine(path: Path, patience: float, *, reading: bool) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def connected(connection, record) -> None:  # type: ignore[no-untyped-def]
        # None: the driver begins nothing by itself, so that BEGIN below is the only one, for DDL too.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {round(patience * 1000)}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA query_only = ON" if reading else "PRAGMA journal_mode = WAL")
        if reading:
            # Its snapshots follow each other, and it sees nothing that may yet be undone.
            record.info[REMEMBERED] = {}

    @event.listens_for(engine, "begin")
    def begun(entry: Entry) -> None:
        if reading:
            # It takes nothing yet and cannot fail, so it goes past the engine: there are fifty to a wake-up.
            entry.connection.cursor().execute("BEGIN")
        else:
            # The lock is taken at once: a reader that turns writer half-way could only fail.
            entry.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def _in_sentences(path: Path) -> Iterator[None]:
    """Other rooms know no SQL, so what the database raises is said in the ledger's own words."""
    try:
        yield
    except IntegrityError as fault:
        raise LedgerError(f"The ledger {path} refused an entry that breaks its rules: {fault.orig}.") from fault
    except OperationalError as fault:
        raise LedgerError(f"The ledger {path} cannot be used: {fault.orig}. {_remedy(str(fault.orig))}") from fault
    except DatabaseError as fault:
        raise LedgerError(
            f"The ledger {path} cannot be read: {fault.orig}. Check the path, or restore it from a backup."
        ) from fault


def _remedy(words: str) -> str:
    if "locked" in words:
        return "Another process is writing to it for long; try again."
    if "full" in words:
        return "Make room on its disk."
    if "I/O" in words:
        return "Make room on its disk, if it is full; else look after the disk."
    return "Check the path and the rights of its folder."
