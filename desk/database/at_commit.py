"""Writes rows last in their transaction, one writer at a time, in the order of commits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from desk.database.locks import NUMBERING, alone

T = TypeVar("T")

_PENDING: Final = "desk.database.at_commit"


def at_commit(session: Session, write: Callable[[Session, list[T]], None], row: T) -> None:
    """Have `write` called with this row, and its others in order, when the transaction commits.

    It is called after everything else was flushed, and nobody else writes such rows from then to
    the commit: on PostgreSQL a lock is held, on SQLite the transaction holds the write lock anyway.
    One lock serves every kind of row, so that two transactions cannot wait for each other. What was
    added in a savepoint that is rolled back is forgotten.
    """
    session.info.setdefault(_PENDING, []).append((write, row, session.get_nested_transaction()))


@event.listens_for(Session, "before_commit")
def _write_pending(session: Session) -> None:
    if session.in_nested_transaction():
        return
    pending = session.info.pop(_PENDING, [])
    if not pending:
        return
    session.flush()
    alone(session, NUMBERING)
    by_writer: dict[Callable[[Session, list[Any]], None], list[Any]] = {}
    for write, row, _ in pending:
        by_writer.setdefault(write, []).append(row)
    for write, rows in by_writer.items():
        write(session, rows)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, undone: SessionTransaction) -> None:
    if undone.nested:
        pending = session.info.get(_PENDING, [])
        session.info[_PENDING] = [one for one in pending if one[2] is not undone]
    else:
        session.info.pop(_PENDING, None)
