"""The message log's tables, for statements on the hot path: without objects they cost a third."""

from __future__ import annotations

from typing import Any, Final, cast

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from desk.database.models import Conversation, Event, InboxMessage, OutboxMessage, SenderPace

CONVERSATION: Final = cast(Table, Conversation.__table__)
INBOX: Final = cast(Table, InboxMessage.__table__)
OUTBOX: Final = cast(Table, OutboxMessage.__table__)
EVENT: Final = cast(Table, Event.__table__)
PACE: Final = cast(Table, SenderPace.__table__)


def insert_unless_there(session: Session, table: Table, values: dict[str, Any]) -> Any:
    """Insert a row and return its key; None when one of its unique keys is there already.

    On PostgreSQL this waits for another transaction that inserts the same key.
    """
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    (key,) = table.primary_key.columns
    return session.execute(
        dialect.insert(table).values(**values).on_conflict_do_nothing().returning(key)
    ).scalar()
