"""Puts a backup in the place of the database: checked first, then all of it or nothing."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from alembic.script import ScriptDirectory
from sqlalchemy import text

from desk import people
from desk.database import Database
from desk.database.models import utc_now
from desk.people import chain
from frontdesk import postgresql
from frontdesk.archive import DEPARTMENT, POSTGRESQL, SQLITE, Manifest, packed, unpacked
from frontdesk.backup import counts, plainly

DepartmentBecame = Literal["the same", "restored", "beside"]


class CannotRestore(RuntimeError):
    """Why a backup was not restored; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done: rows, what the audit chain says, and where the department's folder is."""

    manifest: Manifest
    rows: int
    verdict: chain.Verdict
    department: DepartmentBecame
    department_at: Path
    moved_away: Path | None


def restore(url: str, department: Path, source: Path, *, replace: bool) -> Restored:
    """Restore a backup to the database at `url` and to the department's folder.

    Without `replace` the database must be empty. A department's folder that differs is never
    overwritten: the backup's is put beside it, or with `replace` it is itself moved aside.
    Raises archive.ArchiveBroken, CannotRestore or postgresql.ProgramFailed; then nothing is
    changed.
    """
    database = Database(url)
    try:
        within = _folder_of(database)
        with unpacked(source, within) as (folder, manifest):
            _check(database, manifest, replace=replace)
            if database.is_sqlite:
                _sqlite(database, folder / SQLITE, manifest)
            else:
                postgresql.restore(
                    database,
                    folder / POSTGRESQL,
                    str(manifest.pg_schema),
                    folder,
                    manifest.counts,
                )
                database.migrate()
            with database.reading() as session:
                verdict = chain.verify(session, chain.known_keys(), includes=manifest.audit_end)
            became, at, moved = _department(
                folder / DEPARTMENT, department, utc_now(), replace=replace
            )
            with database.transaction() as session:
                people.audit(
                    session,
                    None,
                    "backup.restore",
                    made_at=manifest.made_at.isoformat(),
                    rows=sum(manifest.counts.values()),
                )
        return Restored(manifest, sum(manifest.counts.values()), verdict, became, at, moved)
    finally:
        database.close()


def _folder_of(database: Database) -> Path | None:
    """Where an SQLite file lies: what is moved into its place must be on the same disk."""
    return Path(str(database.url.database)).resolve().parent if database.is_sqlite else None


def _check(database: Database, manifest: Manifest, *, replace: bool) -> None:
    engine = "sqlite" if database.is_sqlite else "postgresql"
    if manifest.engine != engine:
        raise CannotRestore(f"the backup is of {manifest.engine}, DATABASE_URL names {engine}")
    known = {one.revision for one in ScriptDirectory(str(database.migrations)).walk_revisions()}
    if manifest.revision not in known:
        raise CannotRestore(f"the backup is of a newer version (revision {manifest.revision})")
    with database.engine.connect() as connection:
        if engine == "postgresql":
            schema = postgresql.schema_of(connection)
            if schema != manifest.pg_schema:
                raise CannotRestore(
                    f"the backup is of the schema {manifest.pg_schema}, DATABASE_URL uses {schema}"
                )
        filled = any(counts(connection).values())
    if filled and not replace:
        raise CannotRestore("the database is not empty; --replace puts the backup in its place")


def _sqlite(database: Database, copy: Path, manifest: Manifest) -> None:
    """Bring the copy up to date beside the database, then put it in its place in one step."""
    with plainly(copy) as connection:
        sound = connection.execute(text("PRAGMA integrity_check")).scalar()
        if sound != "ok":
            raise CannotRestore(f"the database in the backup is damaged: {sound}")
        _compare(counts(connection), manifest)
    renewed = Database(f"sqlite:///{copy}")
    try:
        renewed.migrate()
    finally:
        renewed.close()
    target = Path(str(database.url.database)).resolve()
    database.close()
    _into_one_file(copy)
    _into_one_file(target)
    copy.replace(target)
    target.chmod(0o600)


def _into_one_file(path: Path) -> None:
    """Take the log into the file. Raises CannotRestore when another process has it open."""
    with closing(sqlite3.connect(path, timeout=1)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError:
            raise CannotRestore("the database is in use; stop the front desk first") from None


def _compare(found: dict[str, int], manifest: Manifest) -> None:
    for table, count in manifest.counts.items():
        if found.get(table) != count:
            raise CannotRestore(
                f"{table} has {found.get(table)} rows, and the manifest says {count}"
            )


def _department(
    from_backup: Path, department: Path, now: datetime, *, replace: bool
) -> tuple[DepartmentBecame, Path, Path | None]:
    if not from_backup.is_dir() or _files(from_backup) == _files(department):
        return "the same", department, None
    stamp = f"{now:%Y%m%d-%H%M%S}"
    if department.is_dir() and any(department.iterdir()):
        if not replace:
            beside = department.with_name(f"{department.name}.from-backup-{stamp}")
            shutil.copytree(from_backup, beside)
            return "beside", beside, None
        aside = department.with_name(f"{department.name}.before-restore-{stamp}")
        department.rename(aside)
        shutil.copytree(from_backup, department)
        return "restored", department, aside
    shutil.copytree(from_backup, department, dirs_exist_ok=True)
    return "restored", department, None


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): packed(path).sha256
        for path in folder.rglob("*")
        if path.is_file()
    }
