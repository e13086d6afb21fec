"""Tells when the other side is a machine that answers our answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from desk.conversations.tables import EVENT, INBOX, OUTBOX

_FAST: Final = timedelta(minutes=1)
_SLOW: Final = timedelta(minutes=15)
_SAME: Final = 5
"""So many times the same words, each answered: an auto-reply that takes its time."""

_SENTENCE: Final = 20  # letters; people say "no" and "skip" as often as they are asked


def is_loop(session: Session, conversation_id: str, most: int, now: datetime) -> bool:
    """Whether we answered more than `most` messages within a minute, or the same words over and
    over. Taps on choices do not count: a machine makes none, and people are quick with them. Nor
    does what was before the conversation came back to the bot: a person asked for that."""
    came_back = session.scalar(
        select(func.max(EVENT.c.at)).where(
            EVENT.c.conversation_id == conversation_id, EVENT.c.kind == "holder"
        )
    )
    since = max(came_back, now - _SLOW) if came_back else now - _SLOW
    answered = exists().where(
        OUTBOX.c.conversation_id == conversation_id,
        OUTBOX.c.in_reply_to == INBOX.c.id,
        OUTBOX.c.author == "bot",
    )
    lately = session.execute(
        select(INBOX.c.received_at, INBOX.c.text)
        .where(
            INBOX.c.conversation_id == conversation_id,
            INBOX.c.received_at > since,
            INBOX.c.choice.is_(None),
            answered,
        )
        .order_by(INBOX.c.id.desc())
        .limit(max(most + 1, _SAME))
    ).all()
    if sum(one.received_at > now - _FAST for one in lately) > most:
        return True
    words = [one.text.casefold() for one in lately[:_SAME]]
    return len(words) == _SAME and len(words[0]) >= _SENTENCE and len(set(words)) == 1
