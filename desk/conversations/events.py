"""The append-only record of everything seen, numbered in the order of commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import event, select, text
from sqlalchemy.orm import Session, SessionTransaction

from desk.conversations.tables import EVENT
from desk.database.models import Event, utc_now

_PENDING: Final = "desk.conversations.events"
_INSERT: Final = EVENT.insert()
_LOCK: Final = 0x66726F6E74  # "front": one number, the same in every process


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
    session.info.setdefault(_PENDING, []).append((entry, session.get_nested_transaction()))
    return entry


@event.listens_for(Session, "before_commit")
def _number_events(session: Session) -> None:
    if session.in_nested_transaction():
        return
    pending = session.info.pop(_PENDING, [])
    if not pending:
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    rows = [
        {"kind": one.kind, "conversation_id": one.conversation_id, "data": one.data, "at": one.at}
        for one, _ in pending
    ]
    session.execute(_INSERT, rows)  # in this order: the numbers say in which things happened


@event.listens_for(Session, "after_soft_rollback")
def _forget_events(session: Session, undone: SessionTransaction) -> None:
    if undone.nested:
        pending = session.info.get(_PENDING, [])
        session.info[_PENDING] = [one for one in pending if one[1] is not undone]
    else:
        session.info.pop(_PENDING, None)


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
