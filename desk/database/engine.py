"""Opens the database, hands out transactions and brings the schema up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

_LOCK_WAIT_SECONDS: Final = 20
_BEGIN_WRITING: Final = text("BEGIN IMMEDIATE")
_BEGIN_READING: Final = text("BEGIN")
_MIGRATIONS = Path(__file__).parent / "migrations"


class DatabaseBehind(RuntimeError):
    """The schema is not the one this version needs; `frontdesk migrate` brings it there."""


class Database:
    """An engine with the settings both databases need, and transactions on it.

    `url` is an SQLAlchemy URL: `sqlite:///file.db` (relative to the working folder) or
    `postgresql://user@host/name`, which is opened with psycopg 3.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url: Final = parsed
        self.is_sqlite: Final = parsed.get_backend_name() == "sqlite"
        self.engine: Final = _sqlite(parsed) if self.is_sqlite else _postgresql(parsed, pool_size)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end, or rolls back on an error.

        On SQLite the write lock is taken at once (BEGIN IMMEDIATE), so that two processes wait for
        each other instead of failing half-way.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                session.execute(_BEGIN_WRITING)
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only; nothing in it is stored."""
        with Session(self.engine, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.execute(_BEGIN_READING)
            yield session

    @property
    def migrations(self) -> Path:
        """The folder of the migrations this version knows."""
        return _MIGRATIONS

    def migrate(self) -> None:
        """Bring the schema to the newest revision; does nothing when it is there already."""
        with self.engine.connect() as connection:
            command.upgrade(_alembic(connection), "head")

    def check_schema(self) -> None:
        """Raise DatabaseBehind when the schema is not the newest revision."""
        with self.engine.connect() as connection:
            found = MigrationContext.configure(connection).get_current_revision()
        wanted = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
        if found != wanted:
            raise DatabaseBehind(
                f"the database is at revision {found}, this version needs {wanted}"
            )

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


# hide_parameters: an error of SQLAlchemy would carry texts and phone numbers into the logs


def _sqlite(url: Any) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _LOCK_WAIT_SECONDS}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see Database.transaction
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql(url: Any, pool_size: int) -> Engine:
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
    )
