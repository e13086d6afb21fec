"""What tests share: databases, a browser, and a switch against silent skips."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import text

from desk.database import Base, Database
from desk.department import Department, load
from desk.settings import ROOT
from tests.own_postgresql import OwnPostgresql

# The same examples each time, so that a change is what breaks a test and not chance;
# `--hypothesis-profile=searching` looks for new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("searching", max_examples=2000)
settings.load_profile("same")

POSTGRESQL = os.environ.get("TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="A skipped test fails the run (CI).")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def department() -> Department:
    """The demo city."""
    return load(ROOT / "department")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The PostgreSQL that runs here, else one of our own; skips where there is neither."""
    try:
        psycopg.connect(POSTGRESQL, connect_timeout=2).close()
    except psycopg.OperationalError:
        if not OwnPostgresql.available():
            pytest.skip(
                "no PostgreSQL at 127.0.0.1:5432 (or TEST_POSTGRESQL), and no initdb to start one"
            )
        with OwnPostgresql.for_a_while() as server:
            yield server.url
    else:
        yield POSTGRESQL


@pytest.fixture(scope="session")
def postgresql_url(postgresql: str) -> Iterator[str]:
    """A schema of its own in PostgreSQL."""
    schema = f"frontdesk_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield f"{postgresql}?options=-csearch_path%3D{schema}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty, migrated database, once on each engine."""
    if request.param == "sqlite":
        opened = Database(f"sqlite:///{tmp_path}/frontdesk.db")
        opened.migrate()
        yield opened
        opened.close()
    else:
        yield request.getfixturevalue("postgresql_database")


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[Database]:
    """An empty, migrated database on PostgreSQL."""
    opened = Database(postgresql_url)
    opened.migrate()
    yield opened
    _empty(opened)
    opened.close()


def _empty(database: Database) -> None:
    names = ", ".join(table.name for table in Base.metadata.sorted_tables)
    with database.transaction() as session:
        session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; skips where there is none."""
    named = os.environ.get("CHROMIUM")
    for candidate in (named, "chromium", "chromium-browser", "google-chrome"):
        if candidate and (found := shutil.which(candidate)):
            return found
    pytest.skip("no Chromium found")
