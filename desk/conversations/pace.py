"""Keeps our numbers to the pace that carriers give them, over all processes that send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Row, exists, select, update
from sqlalchemy.orm import Session

from desk.conversations.tables import CONVERSATION, OUTBOX, PACE
from desk.database.insert import insert_unless_there
from desk.reply import Choice
from desk.wording.sms import fold, render_choices, segments

_SLACK: Final = timedelta(seconds=0.25)
"""How much unused time a number may make up for: the sender looks in steps, not all the time."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Segments a second that a number of ours sends by SMS, and messages a second by WhatsApp.

    A number's row says until when it is busy, and every process that sends reads and moves it in
    the transaction in which it claims. That is exact on one machine; where several machines send,
    it is as exact as their clocks agree.
    """

    sms: float
    whatsapp: float

    def cost(
        self, conversation: Row[Any], text: str, choices: Sequence[Choice]
    ) -> timedelta | None:
        """How long this message keeps its number busy; None where no pace is kept."""
        if conversation.channel != "sms":
            return None
        if conversation.address.startswith("whatsapp:"):
            return timedelta(seconds=1 / self.whatsapp)
        parts = segments(fold(render_choices(text, choices)))
        return timedelta(seconds=max(parts, 1) / self.sms)


def busy(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """Whether the number that a row of the outbox would be sent from is busy."""
    return exists().where(
        CONVERSATION.c.id == OUTBOX.c.conversation_id,
        PACE.c.sender == CONVERSATION.c.our_address,
        PACE.c.free_at > now,
    )


def spend(
    session: Session, sender: str, cost: timedelta, now: datetime, *, whatever: bool = False
) -> bool:
    """Take a number for one message. False, and nothing changed, while it is busy.

    With `whatever` it is taken also then, and the others wait longer: an answer to danger.
    """
    row = select(PACE.c.free_at).where(PACE.c.sender == sender).with_for_update(key_share=True)
    free_at = session.scalar(row)
    if free_at is None:
        insert_unless_there(session, PACE, {"sender": sender, "free_at": now})
        free_at = session.scalar(row)
        assert free_at is not None  # noqa: S101 - ours or another's, the row is there now
    if free_at > now and not whatever:
        return False
    session.execute(
        update(PACE)
        .where(PACE.c.sender == sender)
        .values(free_at=max(free_at, now - _SLACK) + cost)
    )
    return True
