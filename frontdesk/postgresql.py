"""Runs PostgreSQL's own programs for a backup: pg_dump, pg_restore and psql."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from desk.database import Base, Database

_SECONDS: Final = 6 * 3600
OURS: Final = (*sorted(Base.metadata.tables), "alembic_version")
_CHECK: Final = """
DO $check$ BEGIN IF (SELECT count(*) FROM {0}) <> {1} THEN
RAISE EXCEPTION '{2} has not the {1} rows that the manifest says'; END IF; END $check$;
"""
_FUNCTIONS: Final = ("audit_entry_is_append_only",)


class ProgramFailed(RuntimeError):
    """One of PostgreSQL's programs is missing or has failed; the message says which and why."""


def schema_of(connection: Connection) -> str:
    """The schema that tables are made in."""
    return str(connection.scalar(text("SELECT current_schema()")))


def dump(database: Database, connection: Connection, to: Path) -> None:
    """Dump our tables as `connection` sees them, others go on writing. Raises ProgramFailed.

    `connection` must be in a REPEATABLE READ transaction: what it counts is what is dumped.
    """
    schema = schema_of(connection)
    snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
    others = connection.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema"), {"schema": schema}
    )
    _run(
        database,
        "pg_dump",
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--snapshot={snapshot}",
        f"--schema={_quoted([schema])}",
        *(f"--exclude-table={_quoted([schema, one])}" for one in others if one not in OURS),
        f"--file={to}",
    )


def restore(
    database: Database, dumped: Path, schema: str, folder: Path, counts: Mapping[str, int]
) -> None:
    """Put a dump in the place of our tables, all in one transaction. Raises ProgramFailed, also
    when a table has not as many rows as `counts` says.

    `folder` holds the dump as SQL while it is read.
    """
    script = folder / "restore.sql"
    gone = ", ".join(_quoted([schema, one]) for one in OURS)
    functions = ", ".join(f"{_quoted([schema, one])}()" for one in _FUNCTIONS)
    body = folder / "body.sql"
    _run(None, "pg_restore", "--no-owner", "--no-privileges", f"--schema={schema}",
         f"--file={body}", str(dumped))  # fmt: skip
    with script.open("wb") as out, body.open("rb") as more:
        out.write(f"DROP TABLE IF EXISTS {gone} CASCADE;\n".encode())
        out.write(f"DROP FUNCTION IF EXISTS {functions} CASCADE;\n".encode())
        shutil.copyfileobj(more, out)
        for table, count in counts.items():
            out.write(_CHECK.format(_quoted([schema, table]), count, table).encode())
    _run(database, "psql", "--no-psqlrc", "--quiet", "--single-transaction",
         "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--file={script}")  # fmt: skip


def _run(database: Database | None, program: str, *options: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise ProgramFailed(f"{program} is not installed here; it comes with PostgreSQL's client")
    command, environment = [found, *options], dict(os.environ)
    if database is not None:
        url = database.url.set(drivername="postgresql", password=None)
        command.append(f"--dbname={url.render_as_string(hide_password=False)}")
        if database.url.password:
            environment["PGPASSWORD"] = database.url.password
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        lines = [line.partition("ERROR:  ")[2] or line for line in done.stderr.splitlines() if line]
        raise ProgramFailed(f"{program} failed: {lines[0] if lines else done.returncode}")


def _quoted(names: Iterable[str]) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)
