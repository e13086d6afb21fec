"""Settles messages that may have gone out or not, by what their provider has listed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, exists, select, update
from sqlalchemy.orm import Session

from desk.conversations.outbox import Outgoing, State, by_provider_id, due, outgoing, settle
from desk.conversations.tables import CONVERSATION, OUTBOX

LOOK_UPS: Final = 5
"""How often a message is looked up at most; then it stays `unknown`, for staff to see."""

_GROWTH: Final = 4  # each wait is so many times the one before
_CLOCKS: Final = timedelta(minutes=1)  # the provider's clock may be behind ours


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message that the provider has listed: its id, when it was made, what became of it."""

    provider_id: str
    at: datetime
    state: State
    error: str | None = None


def look_up_waits(session: Session, channels: Collection[str], now: datetime) -> bool:
    """Whether a message should be looked up now. Only looks."""
    return session.execute(_to_look_up(channels, now).limit(1)).first() is not None


def claim_look_ups(
    session: Session,
    channels: Collection[str],
    *,
    first_wait: timedelta,
    limit: int,
    now: datetime,
) -> list[Outgoing]:
    """Take messages to look up, oldest first. Each counts as looked up, whatever comes of it.

    `first_wait` is what they waited until their first look-up; each later wait is longer.
    """
    claimed = []
    for outbox_id in session.scalars(
        _to_look_up(channels, now)
        .order_by(OUTBOX.c.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True, of=OUTBOX)
    ).all():
        found = session.execute(select(OUTBOX).where(OUTBOX.c.id == outbox_id)).one()
        wait = first_wait * _GROWTH ** (found.look_ups + 1)
        message = session.execute(
            update(OUTBOX)
            .where(OUTBOX.c.id == outbox_id, OUTBOX.c.state == "unknown")
            .values(look_ups=found.look_ups + 1, next_try_at=now + wait)
            .returning(OUTBOX)
        ).first()
        if message is not None:
            conversation = session.execute(
                select(CONVERSATION).where(CONVERSATION.c.id == message.conversation_id)
            ).one()
            claimed.append(outgoing(message, conversation))
    return claimed


def settle_by_sighting(
    session: Session, message: Outgoing, sightings: Iterable[Sighting], now: datetime
) -> Sighting | None:
    """Settle an unknown message by the oldest sighting of it that no other message of ours is.

    `sightings` come oldest first, as the provider's times are no finer than a second.
    None when there is none. Nor while another message of the conversation is being sent: it might
    say the same, and its id is not known yet.
    """
    session.execute(
        select(CONVERSATION.c.id)
        .where(CONVERSATION.c.id == message.conversation_id)
        .with_for_update(key_share=True)
    )
    under_way = exists().where(
        OUTBOX.c.conversation_id == message.conversation_id, OUTBOX.c.state == "sending"
    )
    if session.scalar(select(under_way)):
        return None
    for one in sightings:
        if one.at < message.created_at - _CLOCKS:
            continue
        if by_provider_id(session, message.channel, one.provider_id) is not None:
            continue
        settled = settle(
            session,
            message.outbox_id,
            one.state,
            provider_id=one.provider_id,
            error=one.error,
            now=now,
        )
        return one if settled else None
    return None


def _to_look_up(channels: Collection[str], now: datetime) -> Select[int]:
    return (
        select(OUTBOX.c.id)
        .join(CONVERSATION, CONVERSATION.c.id == OUTBOX.c.conversation_id)
        .where(
            OUTBOX.c.state == "unknown",
            OUTBOX.c.look_ups < LOOK_UPS,
            OUTBOX.c.provider_id.is_(None),
            CONVERSATION.c.channel.in_(channels),
            due(now),
        )
    )
