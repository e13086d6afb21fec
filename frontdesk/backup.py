"""Makes a backup while the front desk runs: the database as it is at one moment, and the
department's folder."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, NullPool, create_engine, inspect, text

from desk import people
from desk.database import Base, Database
from desk.database.models import utc_now
from frontdesk import postgresql
from frontdesk.archive import DEPARTMENT, POSTGRESQL, SQLITE, Manifest, pack, packed

_REVISION: Final = text("SELECT version_num FROM alembic_version")
_AUDIT_END: Final = text("SELECT hash FROM audit_mark WHERE name = 'end'")
_PHOTOS: Final = text("SELECT count(*) FROM attachment WHERE content IS NOT NULL")


def make(database: Database, department: Path, to: Path) -> Manifest:
    """Write a backup to a new file; what is in it. Photos are rows of the database.

    Raises FileExistsError, OSError when it cannot be written, postgresql.ProgramFailed.
    """
    if to.exists():
        raise FileExistsError(to)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=to.parent) as made:  # mode 0700
        folder = Path(made)
        if department.is_dir():
            shutil.copytree(department, folder / DEPARTMENT)
        manifest = (
            _sqlite(database, folder) if database.is_sqlite else _postgresql(database, folder)
        )
        pack(folder, manifest, to)
    with database.transaction() as session:
        people.audit(session, None, "backup.make", rows=sum(manifest.counts.values()))
    return manifest


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each of our tables has that is there."""
    there = set(inspect(connection).get_table_names())
    return {
        name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608
        for name in sorted(Base.metadata.tables)
        if name in there
    }


def _sqlite(database: Database, folder: Path) -> Manifest:
    copy = folder / SQLITE
    with (
        closing(sqlite3.connect(str(database.url.database), timeout=20)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)  # at once, as one reader: those who write need not wait
        target.execute("PRAGMA journal_mode=DELETE")  # so that it is one file
    with plainly(copy) as connection:
        return _manifest(connection, folder, None)


@contextmanager
def plainly(path: Path) -> Iterator[Connection]:
    """A connection to an SQLite file that leaves it one file, without a log beside it."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        yield connection


def _postgresql(database: Database, folder: Path) -> Manifest:
    with database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        postgresql.dump(database, connection, folder / POSTGRESQL)
        return _manifest(connection, folder, postgresql.schema_of(connection))


def _manifest(connection: Connection, folder: Path, schema: str | None) -> Manifest:
    return Manifest(
        made_at=utc_now(),
        engine="sqlite" if schema is None else "postgresql",
        pg_schema=schema,
        revision=connection.execute(_REVISION).scalar_one(),
        counts=counts(connection),
        photos=connection.execute(_PHOTOS).scalar_one(),
        audit_end=connection.execute(_AUDIT_END).scalar(),
        files={
            str(path.relative_to(folder)): packed(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    )
