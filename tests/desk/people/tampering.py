"""What somebody may do to the audit who has the database, but no key."""

from __future__ import annotations

from sqlalchemy import text

from desk.database import Database


def tamper(database: Database, *statements: str) -> None:
    """What somebody does who may do everything in the database, but has no key."""
    with database.transaction() as session:
        if database.is_sqlite:
            session.execute(text("DROP TRIGGER IF EXISTS audit_entry_no_update"))
            session.execute(text("DROP TRIGGER IF EXISTS audit_entry_no_delete"))
        else:
            session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        for statement in statements:
            session.execute(text(statement))
        if not database.is_sqlite:
            session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))
