"""How the queue stands: whether it is staffed, who is before whom, and how long it takes."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from desk import people
from desk.database.models import QueueItem
from desk.department import Closed, Department

MIN_SAMPLES: Final = 5
_LOOK_BACK: Final = timedelta(days=14)
_LOOK_AT_MOST: Final = 200
_QUICKER, _SLOWER = 0.7, 1.5
"""How far the range goes to both sides of the estimate."""


def staffed(session: Session, department: Department, now: datetime) -> bool:
    """Whether a person answers live now: within the live hours, somebody at the desk."""
    return department.hours.is_open(department.profile.live_hours, now) and bool(
        people.at_the_desk(session, now)
    )


def opens_at(department: Department, now: datetime) -> datetime | None:
    """When live talk opens next, in UTC; None while it is open, or when no opening is in sight."""
    state = department.hours.state(department.profile.live_hours, now)
    return state.opens_at if isinstance(state, Closed) else None


def waiting_items() -> Select[QueueItem]:
    """Everything that waits, in the order in which it is to be taken."""
    return (
        select(QueueItem)
        .where(QueueItem.state == "waiting")
        .order_by(QueueItem.urgency.desc(), QueueItem.entered_at, QueueItem.id)
    )


def position(session: Session, item: QueueItem) -> int:
    """The item's place among those that wait, from 1."""
    before = session.scalar(
        select(func.count())
        .select_from(QueueItem)
        .where(
            QueueItem.state == "waiting",
            QueueItem.kind != "callback",
            QueueItem.id != item.id,
            or_(
                QueueItem.urgency > item.urgency,
                (QueueItem.urgency == item.urgency) & (QueueItem.entered_at < item.entered_at),
                (QueueItem.urgency == item.urgency)
                & (QueueItem.entered_at == item.entered_at)
                & (QueueItem.id < item.id),
            ),
        )
    )
    return (before or 0) + 1


def wait_range(
    session: Session, department: Department, rank: int, now: datetime
) -> tuple[int, int] | None:
    """From how many to how many minutes somebody at this place waits; None when we do not know.

    The place × the median time between two claims of one officer ÷ the officers at the desk.
    Pauses over night are no samples. Fewer than MIN_SAMPLES are no knowledge.
    """
    free = len(people.at_the_desk(session, now))
    gaps = _gaps(session, department, now)
    if not free or len(gaps) < MIN_SAMPLES:
        return None
    minutes = rank * median(gaps) / 60 / free
    low, high = _rounded(minutes * _QUICKER), _rounded(minutes * _SLOWER)
    return (low, high) if low < high else (low, low + 2)


def _gaps(session: Session, department: Department, now: datetime) -> list[float]:
    claims = session.execute(
        select(QueueItem.claimed_by, QueueItem.claimed_at)
        .where(QueueItem.claimed_at > now - _LOOK_BACK, QueueItem.kind != "callback")
        .order_by(QueueItem.claimed_at.desc())
        .limit(_LOOK_AT_MOST)
    ).all()
    by_officer: defaultdict[tuple[int, object], list[datetime]] = defaultdict(list)
    for officer, at in reversed(claims):
        if officer is not None and at is not None:
            by_officer[officer, at.astimezone(department.hours.zone).date()].append(at)
    return [
        (later - earlier).total_seconds()
        for times in by_officer.values()
        for earlier, later in pairwise(times)
    ]


def _rounded(minutes: float) -> int:
    """Whole minutes, above ten in steps of five: an estimate must not look like a promise."""
    return max(1, math.ceil(minutes)) if minutes <= 10 else math.ceil(minutes / 5) * 5
