"""Tells when the other side is a machine that answers our answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.orm import Session

from desk.conversations.tables import EVENT, INBOX, OUTBOX

_FAST: Final = timedelta(minutes=1)
_SLOW: Final = timedelta(minutes=15)
_SAME: Final = 5
"""So many times the same words, each answered: an auto-reply that takes its time."""

_SENTENCE: Final = 20  # letters; people say "no" and "skip" as often as they are asked

# Built once: building a statement takes longer than running it.
_SINCE: Final = bindparam("since", type_=INBOX.c.received_at.type)
_CAME_BACK: Final = (
    select(func.max(EVENT.c.at))
    .where(EVENT.c.conversation_id == bindparam("conversation"), EVENT.c.kind == "holder")
    .scalar_subquery()
)
_LATELY: Final = (
    select(INBOX.c.received_at, INBOX.c.text)
    .where(
        INBOX.c.conversation_id == bindparam("conversation"),
        INBOX.c.received_at > _SINCE,
        INBOX.c.received_at > func.coalesce(_CAME_BACK, _SINCE),
        INBOX.c.choice.is_(None),
        exists().where(
            OUTBOX.c.conversation_id == bindparam("conversation"),
            OUTBOX.c.in_reply_to == INBOX.c.id,
            OUTBOX.c.author == "bot",
        ),
    )
    .order_by(INBOX.c.id.desc())
    .limit(bindparam("most"))
)


def is_loop(session: Session, conversation_id: str, most: int, now: datetime) -> bool:
    """Whether we answered more than `most` messages within a minute, or the same words over and
    over. Taps on choices do not count: a machine makes none, and people are quick with them. Nor
    does what was before the conversation came back to the bot: a person asked for that."""
    which = {"conversation": conversation_id, "since": now - _SLOW, "most": max(most + 1, _SAME)}
    lately = session.execute(_LATELY, which).all()
    if sum(one.received_at > now - _FAST for one in lately) > most:
        return True
    words = [one.text.casefold() for one in lately[:_SAME]]
    return len(words) == _SAME and len(words[0]) >= _SENTENCE and len(set(words)) == 1
