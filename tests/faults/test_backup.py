"""A backup made under load is restored elsewhere: the counts match and the audit chain verifies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from desk.database import Base, Database
from desk.database.models import InboxMessage
from desk.settings import ROOT
from frontdesk.archive import unpacked
from frontdesk.run import DEMO_EMAIL
from tests.conversations.officers import Officer
from tests.faults.conftest import Note
from tests.faults.people import Traffic
from tests.faults.scene import Scene
from tests.faults.verdict import judge

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


def test_a_backup_that_is_restored(front: Scene, note: Note, tmp_path: Path) -> None:
    _leave_a_trace(front)
    saved = tmp_path / "desk.tar.gz"
    with Traffic(front, 10.0) as traffic:
        time.sleep(4)
        began = time.time()
        _frontdesk(front, front.desk.database_url, "backup", str(saved))
        time.sleep(2)
    front.whole_again()
    verdict = judge(front, [one.phone for one in traffic.told])
    elsewhere = _another_place(front, tmp_path)
    _frontdesk(front, elsewhere, "restore", str(saved))
    verified = json.loads(_frontdesk(front, elsewhere, "audit", "verify", "--json"))
    verdict.demand(verified["ok"], f"the audit chain: {verified}")
    verdict.demand(verified["rows"] > 0, "there was nothing to verify")
    before = {one.sid for one in traffic.told if one.accepted_at and one.accepted_at < began}
    there, counts = _held(elsewhere)
    verdict.lost += len(before - there)
    with unpacked(saved) as (_, manifest):
        wanted = {**manifest.counts}
    wanted["audit_entry"] += 1  # the restore is on record, too
    for name, count in counts.items():
        verdict.demand(wanted.get(name) == count, f"{name}: {count} of {wanted.get(name)} rows")
    measured = f"{sum(counts.values())} rows, {verified['rows']} audit entries"
    note("backup made under load, restored", verdict, measured=measured)


def _leave_a_trace(front: Scene) -> None:
    settings = json.loads((front.desk.folder / "local-settings.json").read_text())
    password = settings["FRONTDESK_DEMO_PASSWORD"]
    officer = Officer(front.desk.address("console"), DEMO_EMAIL, password)
    officer.is_available()
    officer.close()


def _another_place(front: Scene, folder: Path) -> str:
    if front.server is None:
        return f"sqlite:///{folder}/restored.db"
    with psycopg.connect(front.server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored")
    return front.server.url.removesuffix("/postgres") + "/restored"


def _frontdesk(front: Scene, database_url: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "frontdesk", *arguments],
        cwd=ROOT,
        env={**os.environ, **front.desk.environment, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _held(url: str) -> tuple[set[str], dict[str, int]]:
    """The ids of all messages in a database, and how many rows each table has."""
    database = Database(url)
    with database.reading() as session:
        ids = set(session.scalars(select(InboxMessage.provider_id)))
        counts = {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
    database.close()
    return ids, counts
