"""Counts what waits, for whoever watches the front desk run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.conversations.tables import INBOX, OUTBOX
from desk.database.models import QueueItem

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Backlog:
    """`waiting`: for answer | send | person, how many and since when the oldest; None: nobody.

    `undelivered`: messages of the last day that failed, or of which nobody knows.
    """

    waiting: Mapping[str, tuple[int, datetime | None]]
    undelivered: Mapping[str, int]


def backlog(session: Session, now: datetime) -> Backlog:
    """What waits now."""
    counted = {
        "answer": select(func.count(), func.min(INBOX.c.received_at)).where(INBOX.c.state == "new"),
        "send": select(func.count(), func.min(OUTBOX.c.created_at)).where(
            OUTBOX.c.state == "queued"
        ),
        "person": select(func.count(), func.min(QueueItem.entered_at)).where(
            QueueItem.state == "waiting"
        ),
    }
    waiting = {}
    for what, query in counted.items():
        count, since = session.execute(query).one()
        waiting[what] = (int(count), since)
    states = ("failed", "unknown")
    lost = session.execute(
        select(OUTBOX.c.state, func.count())
        .where(OUTBOX.c.state.in_(states), OUTBOX.c.created_at >= now - _A_DAY)
        .group_by(OUTBOX.c.state)
    )
    undelivered = dict.fromkeys(states, 0)
    for state, count in lost:
        undelivered[state] = count
    return Backlog(waiting, undelivered)
