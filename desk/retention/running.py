"""Deletes all that is due, in small transactions of its own, so that nobody waits for it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from desk import people
from desk.database import Database
from desk.database.locks import KEEPING, alone
from desk.database.models import AuditEntry, Report, utc_now
from desk.people import chain
from desk.retention import leases
from desk.retention.deleting import delete_rows
from desk.retention.dialogues import Dialogues
from desk.retention.due import HELD, KINDS, Kind, due
from desk.retention.policy import Policy

JOB: Final = "retention"
AT_ONCE: Final = 200
"""Rows of one transaction."""

_LEASE: Final = timedelta(minutes=10)


class RunsAlready(RuntimeError):
    """Another process is at it."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a kind are due, how many of those are on hold, how many were deleted."""

    kind: str
    due: int
    held: int
    deleted: int = 0


def look(session: Session, policy: Policy, now: datetime) -> list[Count]:
    """What is due, by kind. Changes nothing."""
    counts = []
    for kind in KINDS:
        found = due(kind, policy, now)
        of_kind = select(func.count(found.key)).where(found.condition)
        held = session.scalar(of_kind.where(found.held)) if found.held is not None else 0
        counts.append(Count(kind, session.scalar(of_kind) or 0, held or 0))
    old = session.scalar(
        select(func.count(AuditEntry.id)).where(AuditEntry.at <= _audit_before(policy, now))
    )
    free = session.scalar(
        select(func.count(AuditEntry.id)).where(AuditEntry.id < _first_kept(session, policy, now))
    )
    return [*counts, Count("audit", old or 0, (old or 0) - (free or 0))]


def run(
    database: Database,
    policy: Policy,
    now: datetime,
    dialogues: Dialogues,
    *,
    step: Callable[[Count], None] = lambda _: None,
    every: timedelta = timedelta(0),
    at_once: int = AT_ONCE,
) -> list[Count]:
    """Delete what is due at `now` and not on hold; what was, by kind.

    `step` is told after each transaction how far its kind is. Doing it again deletes nothing more;
    when it is cut short, the next run goes on. Raises RunsAlready when another process is at it,
    or did it less than `every` ago.
    """
    owner = secrets.token_hex(16)
    _renew(database, owner, every)
    done = False
    try:
        with database.reading() as session:
            counts = {count.kind: count for count in look(session, policy, now)}
        for kind in KINDS:
            while gone := _batch(database, kind, policy, now, dialogues, at_once):
                counts[kind] = _more(counts[kind], gone, step)
                _renew(database, owner, timedelta(0))
        while gone := _audit_batch(database, policy, now, at_once):
            counts["audit"] = _more(counts["audit"], gone, step)
            _renew(database, owner, timedelta(0))
        with database.reading() as session:
            held = list(session.scalars(HELD))
        dialogues.forget_before(now - timedelta(days=policy.defaults.conversations), keep=held)
        deleted = {kind: count.deleted for kind, count in counts.items() if count.deleted}
        if deleted:
            with database.transaction() as session:
                people.audit(session, None, "retention.run", now=now, deleted=deleted)
        done = True
        return list(counts.values())
    finally:
        with database.transaction() as session:
            leases.finish(session, JOB, owner, utc_now(), done=done)


def _batch(
    database: Database,
    kind: Kind,
    policy: Policy,
    now: datetime,
    dialogues: Dialogues,
    at_once: int,
) -> int:
    found = due(kind, policy, now)
    which = found.condition if found.held is None else and_(found.condition, ~found.held)
    with database.transaction() as session:
        alone(session, KEEPING)
        query = select(found.key).where(which).order_by(found.key).limit(at_once)
        keys: list[Any] = list(
            session.scalars(query.with_for_update(skip_locked=True, of=found.key.class_))
        )
        if keys:
            delete_rows(session, kind, keys, dialogues)
    return len(keys)


def _audit_batch(database: Database, policy: Policy, now: datetime, at_once: int) -> int:
    """Entries go from the oldest on, as the chain must stay one; see desk.people.chain."""
    with database.transaction() as session:
        alone(session, KEEPING)
        ids = session.scalars(
            select(AuditEntry.id)
            .where(AuditEntry.id < _first_kept(session, policy, now))
            .order_by(AuditEntry.id)
            .limit(at_once)
        ).all()
        return chain.forget_until(session, ids[-1], now) if ids else 0


def _audit_before(policy: Policy, now: datetime) -> datetime:
    return now - timedelta(days=policy.defaults.audit)


def _first_kept(session: Session, policy: Policy, now: datetime) -> int:
    """The id of the first entry that is young enough or about what is on hold."""
    held = [f"conversation:{one}" for one in session.scalars(HELD)] + [
        f"report:{one}"
        for one in session.scalars(select(Report.id).where(Report.conversation_id.in_(HELD)))
    ]
    first = session.scalar(
        select(func.min(AuditEntry.id)).where(
            or_(
                AuditEntry.at > _audit_before(policy, now),
                AuditEntry.subject.in_(held),
            )
        )
    )
    if first is not None:
        return first
    return (session.scalar(select(func.max(AuditEntry.id))) or 0) + 1


def _more(count: Count, gone: int, step: Callable[[Count], None]) -> Count:
    now_at = replace(count, deleted=count.deleted + gone)
    step(now_at)
    return now_at


def _renew(database: Database, owner: str, every: timedelta) -> None:
    with database.transaction() as session:
        if not leases.claim(session, JOB, owner, utc_now(), _LEASE, every=every):
            raise RunsAlready
