"""The append-only record of everything seen, numbered in the order of commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.conversations.tables import EVENT
from desk.database.at_commit import at_commit
from desk.database.models import Event, utc_now
from desk.database.notices import tell

_INSERT: Final = EVENT.insert()


def record(
    session: Session,
    kind: str,
    conversation_id: str | None = None,
    *,
    now: datetime | None = None,
    **data: Any,
) -> Event:
    """Note that something happened. `data` holds ids and states, never a text.

    The row is written when the transaction commits, after all its other rows: on PostgreSQL events
    are numbered under a lock held until the commit, so that a reader who has seen number N never
    misses a lower one; taking it last keeps it short and out of deadlocks. What is returned is a
    copy: it never gets an id.
    """
    entry = Event(kind=kind, conversation_id=conversation_id, data=data, at=now or utc_now())
    at_commit(session, _write, entry)
    return entry


def _write(session: Session, entries: list[Event]) -> None:
    rows = [
        {"kind": one.kind, "conversation_id": one.conversation_id, "data": one.data, "at": one.at}
        for one in entries
    ]
    session.execute(_INSERT, rows)  # in this order: the numbers say in which things happened
    tell(session, (one.kind for one in entries))


def events_after(
    session: Session,
    after: int,
    conversation_id: str | None = None,
    kinds: Collection[str] | None = None,
    limit: int = 200,
) -> list[Event]:
    """Events with an id above `after`, oldest first: of one conversation, of some kinds, or all."""
    query = select(Event).where(Event.id > after)
    if conversation_id is not None:
        query = query.where(Event.conversation_id == conversation_id)
    if kinds is not None:
        query = query.where(Event.kind.in_(kinds))
    return list(session.scalars(query.order_by(Event.id).limit(limit)))
