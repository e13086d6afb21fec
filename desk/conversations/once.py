"""Makes a side effect of a turn happen once, however often the turn is repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.database.models import ActionResult


def once(
    session: Session,
    conversation_id: str,
    message_id: str,
    action: str,
    compute: Callable[[], dict[str, Any]],
) -> dict[str, Any]:
    """The result of `action` for this message: computed and kept the first time, then only read.

    The result is stored with whatever `compute` did in this session, so both are there or neither.
    Of two turns that race, the slower ends with sqlalchemy.exc.IntegrityError, rolled back.
    """
    key = (conversation_id, message_id, action)
    known = session.get(ActionResult, key)
    if known is None:
        known = ActionResult(
            conversation_id=conversation_id,
            message_id=message_id,
            action=action,
            result=compute(),
        )
        session.add(known)
        session.flush()
    return known.result


def kept(session: Session, conversation_id: str, message_id: str) -> list[dict[str, Any]]:
    """The results of all actions for a message, oldest first."""
    return list(
        session.scalars(
            select(ActionResult.result)
            .where(
                ActionResult.conversation_id == conversation_id,
                ActionResult.message_id == message_id,
            )
            .order_by(ActionResult.at)
        )
    )
