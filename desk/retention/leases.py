"""Gives work that is done now and then to one process at a time, by a row in the database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Table, or_, update
from sqlalchemy.orm import Session

from desk.database.insert import insert_unless_there
from desk.database.models import Job

_JOB: Final = cast(Table, Job.__table__)


def claim(
    session: Session,
    name: str,
    owner: str,
    now: datetime,
    lease: timedelta,
    *,
    every: timedelta = timedelta(0),
) -> bool:
    """Take the work until `now` + `lease`; False when somebody else has it, or it was done lately.

    Whoever has it already gets it anew: so it is renewed, too. A crash lets the lease run out.
    """
    insert_unless_there(session, _JOB, {"name": name})
    free = or_(Job.owner.is_(None), Job.owner == owner, Job.lease_until <= now)
    rested = or_(Job.done_at.is_(None), Job.done_at <= now - every)
    taken = session.execute(
        update(Job)
        .where(Job.name == name, free, rested)
        .values(owner=owner, lease_until=now + lease)
        .returning(Job.name)
        .execution_options(synchronize_session=False)
    ).first()
    return taken is not None


def finish(session: Session, name: str, owner: str, now: datetime, *, done: bool = True) -> None:
    """Give the work back; `done` says that it needs no repeating before its time."""
    values = {"done_at": now} if done else {}
    session.execute(
        update(Job)
        .where(Job.name == name, Job.owner == owner)
        .values(owner=None, lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )
