"""Gives each waiting message to one worker at a time, conversation by conversation, in order."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session

from desk.conversations.tables import CONVERSATION, INBOX
from desk.database.models import Conversation

UNSCREENED_AT_ONCE: Final = 200

# Built once: building a statement takes longer than running it.
_EARLIER: Final = INBOX.alias()
_UNSCREENED: Final = (
    select(INBOX.c.id, INBOX.c.text, CONVERSATION.c.language)
    .join(CONVERSATION, CONVERSATION.c.id == INBOX.c.conversation_id)
    .where(INBOX.c.state == "new", INBOX.c.screened_at.is_(None))
    .order_by(INBOX.c.id)
    .limit(bindparam("most"))
)
_SCREENED: Final = (
    update(INBOX)
    .where(INBOX.c.id.in_(bindparam("inbox_ids", expanding=True)), INBOX.c.screened_at.is_(None))
    .values(screened_at=bindparam("now"))
)
_READY: Final = (
    select(CONVERSATION.c.id, INBOX.c.id)
    .join(INBOX, INBOX.c.conversation_id == CONVERSATION.c.id)
    .where(
        INBOX.c.state == "new",
        INBOX.c.screened_at.is_not(None),
        or_(CONVERSATION.c.lease_until.is_(None), CONVERSATION.c.lease_until <= bindparam("now")),
        ~exists().where(
            _EARLIER.c.conversation_id == INBOX.c.conversation_id,
            _EARLIER.c.state == "new",
            _EARLIER.c.id < INBOX.c.id,
        ),
    )
    .limit(bindparam("most"))
)
_CANDIDATES: Final = _READY.order_by(INBOX.c.id).with_for_update(
    key_share=True, skip_locked=True, of=CONVERSATION
)
_TAKE_MESSAGE: Final = (
    update(INBOX)
    .where(INBOX.c.id == bindparam("inbox_id"), INBOX.c.state == "new")
    .values(attempts=INBOX.c.attempts + 1)
    .returning(INBOX)
)
_LEASE: Final = (
    update(CONVERSATION)
    .where(CONVERSATION.c.id == bindparam("conversation"))
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
    .returning(CONVERSATION)
)
_GIVE_BACK: Final = (
    update(CONVERSATION)
    .where(
        CONVERSATION.c.id == bindparam("conversation"),
        CONVERSATION.c.lease_owner == bindparam("owner"),
    )
    .values(lease_owner=None, lease_until=None)
    .returning(CONVERSATION.c.id)
)
_DONE: Final = (
    update(INBOX)
    .where(INBOX.c.id == bindparam("inbox_id"), INBOX.c.state == "new")
    .values(state="done", done_at=bindparam("now"))
)


@dataclass(frozen=True, slots=True)
class Turn:
    """A message in hand, and how its conversation stood when it was taken up.

    `lease` proves that the message is still ours; `attempts` counts this try too.
    """

    inbox_id: int
    conversation_id: str
    channel: str
    language: str
    holder: str
    epoch: int
    opted_out: bool
    text: str
    choice: str | None
    location: dict[str, Any] | None
    attachments: list[Any]
    attempts: int
    lease: str


@dataclass(frozen=True, slots=True)
class Unscreened:
    """A message that the danger screen has not seen yet."""

    inbox_id: int
    text: str
    language: str


def unscreened(session: Session, limit: int = UNSCREENED_AT_ONCE) -> list[Unscreened]:
    """New messages that nobody has screened, oldest first, whatever their conversation is doing."""
    return [Unscreened(*row) for row in session.execute(_UNSCREENED, {"most": limit})]


def screened(session: Session, inbox_ids: list[int], now: datetime) -> None:
    """Note that nothing dangerous was found in these messages."""
    session.execute(_SCREENED, {"inbox_ids": inbox_ids, "now": now})


def found_danger(session: Session, inbox_id: int, kind: str, now: datetime) -> Conversation | None:
    """Mark a message as answered by the danger screen, and flag its conversation: no turn is made.

    None when another process was quicker.
    """
    conversation_id = session.execute(
        update(INBOX)
        .where(INBOX.c.id == inbox_id, INBOX.c.screened_at.is_(None), INBOX.c.state == "new")
        .values(screened_at=now, danger=kind, state="done", done_at=now)
        .returning(INBOX.c.conversation_id)
    ).scalar()
    if conversation_id is None:
        return None
    conversation = session.get_one(Conversation, conversation_id)
    conversation.danger, conversation.danger_at = kind, now
    return conversation


def turn_waits(session: Session, now: datetime) -> bool:
    """Whether a conversation could be claimed now. Only looks."""
    return session.execute(_READY, {"now": now, "most": 1}).first() is not None


def claim_turns(session: Session, *, now: datetime, lease: timedelta, limit: int = 1) -> list[Turn]:
    """Take up to `limit` conversations that have something to answer, each with its oldest message.

    Nobody else gets them before `now` + `lease`; after that the message is given out again, so the
    work must be repeatable. A conversation whose oldest message is not screened yet must wait.
    """
    turns = []
    for conversation_id, inbox_id in session.execute(
        _CANDIDATES, {"now": now, "most": limit}
    ).all():
        message = session.execute(_TAKE_MESSAGE, {"inbox_id": inbox_id}).first()
        if message is None:
            continue  # answered by another worker between our look and our lock
        token = secrets.token_hex(16)
        conversation = session.execute(
            _LEASE, {"conversation": conversation_id, "owner": token, "until": now + lease}
        ).one()
        turns.append(_turn(conversation, message, token))
    return turns


def end_turn(session: Session, turn: Turn) -> Conversation | None:
    """Give the lease back, and return the conversation as it is now, locked until the commit.

    None when the lease is no longer ours: another worker has the message; store nothing.
    """
    still_ours = session.execute(
        _GIVE_BACK, {"conversation": turn.conversation_id, "owner": turn.lease}
    ).scalar()
    if still_ours is None:
        return None
    return session.get_one(Conversation, turn.conversation_id, populate_existing=True)


def done(session: Session, inbox_id: int, now: datetime) -> None:
    """Mark a message as answered."""
    session.execute(_DONE, {"inbox_id": inbox_id, "now": now})


def _turn(conversation: Row[Any], message: Row[Any], lease: str) -> Turn:
    return Turn(
        inbox_id=message.id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        language=conversation.language,
        holder=conversation.holder,
        epoch=conversation.epoch,
        opted_out=conversation.opted_out,
        text=message.text,
        choice=message.choice,
        location=message.location,
        attachments=message.attachments,
        attempts=message.attempts,
        lease=lease,
    )
