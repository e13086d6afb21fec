"""Changes who holds a conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import update
from sqlalchemy.orm import Session

from desk.conversations.events import record
from desk.database.models import Conversation

Holder = Literal["bot", "queue", "human", "closed"]


class HolderChanged(RuntimeError):
    """Somebody else changed the holder since this conversation was read."""


def change_holder(
    session: Session,
    conversation: Conversation,
    holder: Holder,
    *,
    staff_id: int | None = None,
    now: datetime,
) -> None:
    """Hand the conversation over: holder, epoch + 1 and an event, on the row and on `conversation`.

    Raises HolderChanged when the epoch is no longer the one `conversation` was read with.
    """
    changed = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation.id, Conversation.epoch == conversation.epoch)
        .values(holder=holder, held_by=staff_id, epoch=Conversation.epoch + 1)
        .execution_options(synchronize_session=False)
        .returning(Conversation.id)
    ).scalar()
    if changed is None:
        raise HolderChanged(conversation.id)
    session.refresh(conversation, ["holder", "held_by", "epoch"])
    record(
        session,
        "holder",
        conversation.id,
        now=now,
        holder=holder,
        epoch=conversation.epoch,
        staff_id=staff_id,
    )
