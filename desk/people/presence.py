"""Who is at the desk now: said by a switch, shown by a heartbeat."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from desk.database.models import Staff
from desk.people.accounts import TALKS

AWAY_AFTER: Final = timedelta(seconds=60)
"""Without a heartbeat for so long somebody counts as away."""
LOST_AFTER: Final = timedelta(minutes=5)
"""Away for so long, what they left unanswered goes to others."""


def heartbeat(session: Session, staff_id: int, now: datetime) -> None:
    """The console of this member of staff is open and connected."""
    session.execute(update(Staff).where(Staff.id == staff_id).values(last_seen_at=now))


def set_available(staff: Staff, available: bool, now: datetime) -> None:
    """Turn the switch: takes talks now, or does not."""
    staff.available = available
    staff.last_seen_at = now


def is_at_the_desk(staff: Staff, now: datetime) -> bool:
    """Whether this member of staff takes talks now."""
    return (
        staff.active
        and staff.available
        and staff.last_seen_at is not None
        and staff.last_seen_at > now - AWAY_AFTER
        and not TALKS.isdisjoint(staff.roles)
    )


def at_the_desk(session: Session, now: datetime) -> list[Staff]:
    """Everybody who takes talks now."""
    candidates = session.scalars(
        select(Staff)
        .where(Staff.active, Staff.available, Staff.last_seen_at > now - AWAY_AFTER)
        .order_by(Staff.id)
    )
    return [staff for staff in candidates if is_at_the_desk(staff, now)]
