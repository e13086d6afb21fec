"""The audit chain: unforked, refused to change, and found out when changed all the same."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from desk import people
from desk.database import Database
from desk.database.engine import _alembic
from desk.database.models import AuditEntry
from desk.people import chain
from tests.desk.people.tampering import tamper

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
KEY = chain.Key.of("of this front desk")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chain, "present_key", lambda: KEY)


def written(database: Database, count: int = 5) -> None:
    for number in range(count):
        with database.transaction() as session:
            people.audit(session, None, "report.view", f"report:{number}", now=NOW, é="ñ", n=1.5)


def verdict(database: Database, *keys: chain.Key, includes: str | None = None) -> chain.Verdict:
    with database.reading() as session:
        return chain.verify(session, keys or (KEY,), includes=includes)


def test_an_untouched_chain_is_whole(database: Database) -> None:
    assert verdict(database).ok
    written(database)
    found = verdict(database)
    assert (found.ok, found.rows, found.first, found.last) == (True, 5, 1, 5)


def test_writers_at_the_same_time_do_not_fork_it(database: Database) -> None:
    def write(worker: int) -> None:
        for number in range(15):
            with database.transaction() as session:
                people.audit(session, None, "a", f"{worker}:{number}", now=NOW)
                people.audit(session, None, "b", f"{worker}:{number}", now=NOW)

    workers = [threading.Thread(target=write, args=(one,)) for one in range(6)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    found = verdict(database)
    assert (found.broken, found.rows, found.last) == (None, 180, 180)


def test_what_was_rolled_back_leaves_no_gap(database: Database) -> None:
    written(database, 2)
    with database.transaction() as session:
        people.audit(session, None, "lost")
        session.rollback()
    written(database, 1)
    assert (verdict(database).ok, verdict(database).last) == (True, 3)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET action = 'x' WHERE id = 2", "DELETE FROM audit_entry WHERE id = 2"],
)
def test_the_database_itself_refuses_changes(database: Database, statement: str) -> None:
    written(database)
    with pytest.raises(DatabaseError, match="append-only"), database.transaction() as session:
        session.execute(text(statement))
    assert verdict(database).ok


@pytest.mark.parametrize(
    "column", ["action = 'x'", "subject = 'x'", "data = '{}'", "staff_id = NULL, hash = 'x'"]
)
def test_a_changed_row_is_found(database: Database, column: str) -> None:
    written(database)
    tamper(database, f"UPDATE audit_entry SET {column} WHERE id = 3")  # noqa: S608
    broken = verdict(database).broken
    assert broken is not None
    assert broken.entry_id == 3


def test_a_deleted_row_is_found(database: Database) -> None:
    written(database)
    tamper(database, "DELETE FROM audit_entry WHERE id = 3")
    broken = verdict(database).broken
    assert broken is not None
    assert broken.entry_id == 4


def test_swapped_rows_are_found(database: Database) -> None:
    written(database)
    tamper(
        database,
        "UPDATE audit_entry SET id = 99 WHERE id = 2",
        "UPDATE audit_entry SET id = 2 WHERE id = 3",
        "UPDATE audit_entry SET id = 3 WHERE id = 99",
    )
    broken = verdict(database).broken
    assert broken is not None
    assert broken.entry_id == 2


def test_a_chain_that_is_forged_to_its_end_without_the_key_is_found(database: Database) -> None:
    written(database)
    forger = chain.Key.of("not the key")
    with database.transaction() as session:
        last = chain.GENESIS
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        statements = []
        for row in rows:
            row.action = "nothing.seen"
            last = chain.digest(last, row)
            statements.append(
                f"UPDATE audit_entry SET action = 'nothing.seen', hash = '{last}',"  # noqa: S608
                f" seal = '{forger.seal(last)}' WHERE id = {row.id}"
            )
        session.expunge_all()
    tamper(database, *statements)
    broken = verdict(database).broken
    assert broken is not None
    assert (broken.entry_id, "not sealed with our key" in broken.why) == (1, True)


def test_an_end_that_was_cut_off_is_found(database: Database) -> None:
    written(database)
    tamper(database, "DELETE FROM audit_entry WHERE id > 3")
    assert verdict(database).broken == chain.Broken(None, "its end is gone: there was an entry 5")
    tamper(database, "DELETE FROM audit_mark")
    assert verdict(database).broken == chain.Broken(None, "the mark of its end is gone")


def test_a_hash_kept_elsewhere_finds_an_end_cut_off_with_its_mark(database: Database) -> None:
    written(database, 3)
    kept = verdict(database).end
    written(database, 2)
    assert verdict(database, includes=kept).ok
    tamper(database, "DELETE FROM audit_entry", "DELETE FROM audit_mark")
    assert verdict(database).ok
    assert verdict(database, includes=kept).broken is not None


def test_an_earlier_key_still_counts_and_an_unknown_one_does_not(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(database, 2)
    new = chain.Key.of("the next secret")
    monkeypatch.setattr(chain, "present_key", lambda: new)
    written(database, 2)
    assert verdict(database, new, KEY).ok
    found = verdict(database, new)
    assert (found.ok, found.broken, found.foreign) == (False, None, 2)


def test_old_entries_go_only_behind_a_sealed_beginning(database: Database) -> None:
    written(database)
    with database.transaction() as session:
        assert chain.forget_until(session, 3, NOW + timedelta(days=1)) == 3
    found = verdict(database)
    assert (found.ok, found.rows, found.first, found.last) == (True, 2, 4, 5)
    written(database, 1)
    assert verdict(database).last == 6
    tamper(
        database,
        "UPDATE audit_mark SET entry_id = 4 WHERE name = 'begin'",
        "DELETE FROM audit_entry WHERE id = 4",
    )
    assert verdict(database).broken is not None


def test_all_may_go_and_the_numbers_go_on(database: Database) -> None:
    written(database)
    with database.transaction() as session:
        chain.forget_until(session, 5, NOW)
    assert verdict(database).ok
    written(database, 1)
    assert (verdict(database).ok, verdict(database).first) == (True, 6)


def test_the_migration_chains_what_was_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the migration takes the key from the settings
    with database.engine.connect() as connection:
        command.downgrade(_alembic(connection), "0004")
    with database.transaction() as session:
        for number in range(4):
            _old_entry(session, 10 * number + 1)
    database.migrate()
    found = verdict(database, chain.present_key())
    assert (found.ok, found.rows, found.last) == (True, 4, 31)
    written(database, 1)
    with database.reading() as session:
        assert session.scalar(select(func.max(AuditEntry.id))) == 32
    assert verdict(database, chain.present_key()).ok


def _old_entry(session: Session, number: int) -> None:
    session.execute(
        text(
            "INSERT INTO audit_entry (id, at, action, subject, data)"
            " VALUES (:id, :at, 'sign_in', 'staff:1', :data)"
        ),
        {"id": number, "at": "2026-11-01 10:00:00.000123+00:00"[:26], "data": '{"a": [1, "é"]}'},
    )
