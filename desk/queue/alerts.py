"""Danger rings at the top of the queue, whoever holds the conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from desk.conversations import record
from desk.database.models import Conversation, QueueItem
from desk.queue.entering import lock, open_item

URGENT: Final = 100


def raise_alert(
    session: Session, conversation: Conversation, danger_kind: str, now: datetime
) -> QueueItem:
    """Put the conversation at the top of the staff's queue; its holder stays who it is.

    A conversation that is already there moves up: its item becomes the alert.
    """
    lock(session, conversation)
    item = open_item(session, conversation.id)
    if item is None:
        item = QueueItem(
            conversation_id=conversation.id,
            kind="alert",
            reason="danger",
            language=conversation.language,
            district=conversation.district,
            entered_at=now,
        )
        session.add(item)
    item.kind, item.reason, item.topic, item.urgency = "alert", "danger", danger_kind[:32], URGENT
    session.flush()
    record(
        session, "queue", conversation.id, now=now, item_id=item.id, state=item.state, alert=True
    )
    return item
