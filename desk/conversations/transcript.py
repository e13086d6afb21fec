"""Reads a conversation as both sides saw it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.database.models import InboxMessage, OutboxMessage


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a conversation. `author` is "resident", or who of us wrote: bot, desk, staff.

    `id` is the inbox or outbox id; `state` is the state of delivery, and "received" for a
    resident's message; `danger` is the kind that the screen found in it.
    """

    id: int
    author: str
    text: str
    at: datetime
    state: str
    staff_id: int | None = None
    choices: tuple[dict[str, str], ...] = ()
    location: dict[str, Any] | None = None
    attachments: tuple[dict[str, str], ...] = ()
    danger: str | None = None
    urgent: bool = False
    error: str | None = None


def transcript(session: Session, conversation_id: str, limit: int = 200) -> list[Entry]:
    """The last `limit` messages of a conversation, oldest first."""
    heard = session.scalars(
        select(InboxMessage)
        .where(InboxMessage.conversation_id == conversation_id)
        .order_by(InboxMessage.id.desc())
        .limit(limit)
    )
    said = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.conversation_id == conversation_id)
        .order_by(OutboxMessage.id.desc())
        .limit(limit)
    )
    entries = [_heard(one) for one in heard] + [_said(one) for one in said]
    entries.sort(key=lambda entry: (entry.at, entry.author != "resident", entry.id))
    return entries[-limit:]


def _heard(message: InboxMessage) -> Entry:
    return Entry(
        id=message.id,
        author="resident",
        text=message.text,
        at=message.received_at,
        state="received",
        location=message.location,
        attachments=tuple(message.attachments),
        danger=message.danger,
    )


def _said(message: OutboxMessage) -> Entry:
    return Entry(
        id=message.id,
        author=message.author,
        text=message.text,
        at=message.created_at,
        state=message.state,
        staff_id=message.staff_id,
        choices=tuple(message.choices),
        urgent=message.urgent,
        error=message.error,
    )
