"""A backup made while all runs is restored elsewhere as it was; a damaged one changes nothing."""

from __future__ import annotations

import io
import json
import secrets
import shutil
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from desk import people
from desk.database import Database
from desk.database.models import AuditEntry
from desk.people import chain
from desk.settings import ROOT, settings
from frontdesk.backup import counts
from frontdesk.cli import app
from tests.desk.people.tampering import tamper
from tests.desk.retention.kept import conversation, photo, report, rows


def frontdesk(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def of_tables(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return counts(connection)


@pytest.fixture
def department(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "city"
    (folder / "answers").mkdir(parents=True)
    shutil.copy(ROOT / "department" / "retention.yml", folder)
    (folder / "answers" / "privacy.en.md").write_text("We keep little.")
    monkeypatch.setenv("FRONTDESK_DEPARTMENT", str(folder))
    return folder


@pytest.fixture
def source(configured: Database, department: Path) -> Database:  # noqa: ARG001 - set up first
    settings.cache_clear()
    with configured.transaction() as session:
        for number in range(5):
            one = conversation(session, number, address=f"+1209555019{number}")
            photo(session, one, number, report(session, one, number))
            people.audit(session, None, "conversation.view", f"conversation:{one.id}")
    return configured


@pytest.fixture
def elsewhere(
    source: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """An empty database on another place, of the same engine; `use` sets the commands to it."""
    if source.is_sqlite:
        other = Database(f"sqlite:///{tmp_path}/elsewhere/frontdesk.db")
        yield other
        other.close()
        return
    postgresql = request.getfixturevalue("postgresql")
    name = f"restore_{secrets.token_hex(4)}"
    with source.engine.connect() as connection:
        schema = connection.scalar(text("SELECT current_schema()"))
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    base = postgresql.rpartition("/")[0]
    with psycopg.connect(f"{base}/{name}", autocommit=True) as made:
        made.execute(f"CREATE SCHEMA {schema}")
    other = Database(f"{base}/{name}?options=-csearch_path%3D{schema}")
    yield other
    other.close()
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def use(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    settings.cache_clear()
    database.close()


def changed(archive: Path, to: Path, name: str, content: bytes | None) -> Path:
    """A copy of a backup in which one file has another content, or is missing."""
    with tarfile.open(archive) as old, tarfile.open(to, "w:gz") as new:
        for member in old.getmembers():
            data = old.extractfile(member).read()  # type: ignore[union-attr]
            if member.name == name:
                if content is None:
                    continue
                data = content
                member.size = len(content)
            new.addfile(member, io.BytesIO(data))
    return to


def test_made_while_others_write_and_restored_elsewhere_it_is_whole(
    source: Database,
    elsewhere: Database,
    department: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stop, wrote = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with source.transaction() as session:
                one = conversation(session, 0, address=f"+1209556{number:04}")
                people.audit(session, None, "conversation.view", f"conversation:{one.id}")
            wrote.set()

    writer = threading.Thread(target=write)
    writer.start()
    wrote.wait(20)
    try:
        made = frontdesk("backup", str(tmp_path / "desk.tar.gz"))
    finally:
        stop.set()
        writer.join()
    assert made.exit_code == 0, made.output
    assert "Secrets are not in it" in made.output
    archive = tmp_path / "desk.tar.gz"
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as tar:
        manifest = json.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
        assert not [name for name in tar.getnames() if "env" in name or "local-set" in name]
    assert manifest["photos"] == 5
    assert manifest["counts"]["conversation"] == manifest["counts"]["feedback"] >= 6
    assert manifest["counts"]["conversation"] < rows(source)["conversation"] + 1

    shutil.rmtree(department)
    use(elsewhere, monkeypatch)
    done = frontdesk("restore", str(archive))
    assert done.exit_code == 0, done.output
    assert "The audit chain is whole" in done.output
    assert (department / "answers" / "privacy.en.md").read_text() == "We keep little."
    found = of_tables(elsewhere)
    with elsewhere.reading() as session:
        last = session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
        assert last is not None
        assert last.action == "backup.restore"
        assert chain.verify(session, chain.known_keys(), includes=manifest["audit_end"]).ok
        pictures = session.scalars(text("SELECT content FROM attachment")).all()
        assert [bytes(one) for one in pictures] == [b"picture"] * 5
    found["audit_entry"] -= 1
    assert found == manifest["counts"]

    with elsewhere.transaction() as session:  # numbers go on, and the triggers are there
        assert report(session, conversation(session, 0), 0).id == found["report"] + 1
    with pytest.raises(Exception, match="append-only"), elsewhere.transaction() as session:
        session.execute(text("UPDATE audit_entry SET action = 'x'"))


def test_a_backup_never_replaces_a_file(source: Database, tmp_path: Path) -> None:
    taken = tmp_path / "desk.tar.gz"
    taken.write_text("something else")
    result = frontdesk("backup", str(taken))
    assert (result.exit_code, "is there already" in result.output) == (1, True)
    assert taken.read_text() == "something else"
    assert frontdesk("backup", str(tmp_path / "none" / "desk.tar.gz")).exit_code == 1
    assert [one.name for one in tmp_path.glob(".*")] == []
    assert rows(source)["audit_entry"] == 5


def test_a_database_that_is_not_empty_is_replaced_only_when_asked(
    source: Database, department: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "desk.tar.gz"
    assert frontdesk("backup", str(archive)).exit_code == 0
    with source.transaction() as session:
        conversation(session, 0, address="+12095550177")
    (department / "answers" / "privacy.en.md").write_text("Changed since.")
    source.close()
    before = of_tables(source)
    source.close()
    refused = frontdesk("restore", str(archive))
    assert (refused.exit_code, "not empty" in refused.output) == (1, True)
    assert of_tables(source) == before
    source.close()
    done = frontdesk("restore", str(archive), "--replace")
    assert done.exit_code == 0, done.output
    assert of_tables(source)["conversation"] == 5
    assert (department / "answers" / "privacy.en.md").read_text() == "We keep little."
    (aside,) = tmp_path.glob("city.before-restore-*")
    assert (aside / "answers" / "privacy.en.md").read_text() == "Changed since."


def test_a_department_that_differs_is_left_and_the_other_put_beside(
    source: Database,  # noqa: ARG001 - what is backed up
    elsewhere: Database,
    department: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frontdesk("backup", str(tmp_path / "desk.tar.gz"))
    (department / "answers" / "privacy.en.md").write_text("Mine.")
    use(elsewhere, monkeypatch)
    done = frontdesk("restore", str(tmp_path / "desk.tar.gz"))
    assert done.exit_code == 0, done.output
    assert (department / "answers" / "privacy.en.md").read_text() == "Mine."
    (beside,) = tmp_path.glob("city.from-backup-*")
    assert (beside / "answers" / "privacy.en.md").read_text() == "We keep little."


@pytest.mark.parametrize("damage", ["cut", "bytes", "missing", "more", "count", "no tar"])
def test_a_damaged_backup_is_refused_and_changes_nothing(
    source: Database, department: Path, tmp_path: Path, damage: str
) -> None:
    archive, bad = tmp_path / "desk.tar.gz", tmp_path / "bad.tar.gz"
    frontdesk("backup", str(archive))
    dump = "database.sqlite" if source.is_sqlite else "database.pgdump"
    with tarfile.open(archive) as tar:
        content = tar.extractfile(dump).read()  # type: ignore[union-attr]
        manifest = json.loads(tar.extractfile("manifest.json").read())  # type: ignore[union-attr]
    if damage == "cut":
        whole = archive.read_bytes()
        bad.write_bytes(whole[: len(whole) // 2])
    elif damage == "bytes":
        middle = len(content) // 2
        changed(archive, bad, dump, content[:middle] + b"\0\1\2\3" + content[middle + 4 :])
    elif damage == "missing":
        changed(archive, bad, "department/retention.yml", None)
    elif damage == "more":
        del manifest["files"]["department/retention.yml"]
        changed(archive, bad, "manifest.json", json.dumps(manifest).encode())
    elif damage == "count":
        manifest["counts"]["report"] += 1
        changed(archive, bad, "manifest.json", json.dumps(manifest).encode())
    else:
        bad.write_text("no backup at all")
    (department / "answers" / "privacy.en.md").write_text("Changed since.")
    source.close()
    before = rows(source)
    source.close()
    result = frontdesk("restore", str(bad), "--replace")
    assert result.exit_code == 1
    assert "Not restored, nothing was changed" in result.output
    assert rows(source) == before
    assert (department / "answers" / "privacy.en.md").read_text() == "Changed since."
    assert [one.name for one in tmp_path.glob(".*")] == []


def test_a_broken_chain_is_restored_and_told(
    source: Database, elsewhere: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(source, "UPDATE audit_entry SET subject = 'x' WHERE id = 3")
    frontdesk("backup", str(tmp_path / "desk.tar.gz"))
    use(elsewhere, monkeypatch)
    result = frontdesk("restore", str(tmp_path / "desk.tar.gz"))
    assert result.exit_code == 3
    assert "broken at entry 3" in result.output


def test_an_sqlite_file_that_somebody_has_open_is_not_replaced(
    source: Database, tmp_path: Path
) -> None:
    frontdesk("backup", str(tmp_path / "desk.tar.gz"))
    with source.engine.connect():
        result = frontdesk("restore", str(tmp_path / "desk.tar.gz"), "--replace")
    if source.is_sqlite:
        assert (result.exit_code, "in use" in result.output) == (1, True)
    else:  # who is connected and does nothing sees the new tables at once
        assert result.exit_code == 0, result.output


def test_without_pg_dump_it_says_so(
    source: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = frontdesk("backup", str(tmp_path / "desk.tar.gz"))
    if source.is_sqlite:
        assert result.exit_code == 0
    else:
        assert (result.exit_code, "pg_dump is not installed" in result.output) == (1, True)
        assert not (tmp_path / "desk.tar.gz").exists()
