"""Keeps what is to be said to residents, in order, and the truth about its delivery."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from desk.conversations.events import record
from desk.conversations.pace import Pace, busy, spend
from desk.conversations.tables import CONVERSATION, OUTBOX
from desk.database.models import Conversation, OutboxMessage
from desk.reply import Choice, Reply, choices_as_json, choices_from_json

State = Literal["queued", "sending", "sent", "delivered", "failed", "unknown"]

MAY_BECOME: Final[Mapping[str, frozenset[str]]] = {
    "queued": frozenset({"sending", "sent", "failed"}),
    "sending": frozenset({"queued", "sent", "delivered", "failed", "unknown"}),
    "unknown": frozenset({"sent", "delivered", "failed"}),
    "sent": frozenset({"delivered", "failed"}),
    "delivered": frozenset(),
    "failed": frozenset({"delivered"}),  # a late receipt is the better witness
}
"""Which state may follow which; whatever else arrives is out of order and changes nothing."""

OPTED_OUT: Final = "21610"
"""Twilio's code for a number that has opted out; used for our own refusals too."""

EXPIRED: Final = "expired"
"""Why a message was not sent: it waited so long that it would confuse."""

_OTHER: Final = OUTBOX.alias()


def due(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """Whether the time has come to do something about a row of the outbox."""
    return or_(OUTBOX.c.next_try_at.is_(None), OUTBOX.c.next_try_at <= now)


def _sendable(*, urgent: bool) -> Select[int]:
    """At most `most` messages that could be sent `now`."""
    other = _OTHER.c
    earlier = and_(other.state == "queued", other.urgent.is_(urgent), other.id < OUTBOX.c.id)
    # An answer to danger overtakes all that is queued, and does not wait for a call under way.
    in_the_way = (
        or_(earlier, and_(other.state == "sending", other.urgent.is_(True)))
        if urgent
        else or_(
            earlier,
            other.state == "sending",
            and_(other.state == "queued", other.urgent.is_(True)),
        )
    )
    sendable = select(OUTBOX.c.id).where(
        OUTBOX.c.state == "queued",
        OUTBOX.c.urgent.is_(urgent),
        due(bindparam("now")),
        ~exists().where(other.conversation_id == OUTBOX.c.conversation_id, in_the_way),
    )
    if not urgent:
        sendable = sendable.where(~busy(bindparam("now")))
    return sendable.limit(bindparam("most"))


# Built once: building a statement takes longer than running it.
_SENDABLE: Final = {urgent: _sendable(urgent=urgent) for urgent in (True, False)}
_CANDIDATES: Final = {
    urgent: query.order_by(OUTBOX.c.id).with_for_update(key_share=True, skip_locked=True, of=OUTBOX)
    for urgent, query in _SENDABLE.items()
}
_TAKE: Final = (
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("outbox_id"), OUTBOX.c.state == "queued")
    .values(state="sending", lease_until=bindparam("until"), attempts=OUTBOX.c.attempts + 1)
    .returning(OUTBOX)
)
_MESSAGE: Final = select(OUTBOX).where(OUTBOX.c.id == bindparam("outbox_id"))
_ITS_CONVERSATION: Final = select(CONVERSATION).where(CONVERSATION.c.id == bindparam("of"))
_SETTLE: Final = (
    update(OUTBOX)
    .where(
        OUTBOX.c.id == bindparam("outbox_id"),
        OUTBOX.c.state.in_(bindparam("before", expanding=True)),
    )
    .values(
        state=bindparam("after"),
        lease_until=None,
        error=bindparam("code"),
        next_try_at=bindparam("again"),
        sent_at=func.coalesce(bindparam("sent", type_=OUTBOX.c.sent_at.type), OUTBOX.c.sent_at),
        provider_id=func.coalesce(
            OUTBOX.c.provider_id, bindparam("provider", type_=OUTBOX.c.provider_id.type)
        ),
    )
    .returning(OUTBOX.c.conversation_id)
)
_KEEP_PROVIDER_ID: Final = (
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("outbox_id"), OUTBOX.c.provider_id.is_(None))
    .values(provider_id=bindparam("provider"))
)
_PROVIDER_ID: Final = select(OUTBOX.c.provider_id).where(OUTBOX.c.id == bindparam("outbox_id"))
_SPOKEN: Final = (
    select(OUTBOX.c.id)
    .where(
        OUTBOX.c.conversation_id == bindparam("conversation"),
        OUTBOX.c.author == "bot",
        OUTBOX.c.created_at >= bindparam("since"),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a message may wait on these channels before it would confuse.

    An answer of ours to something a resident wrote goes first; what staff wrote, and news of a
    report, are worth more patience. An answer to danger is never given up.
    """

    channels: Collection[str]
    answers: timedelta
    others: timedelta

    def is_over(self, message: Row[Any], channel: str, now: datetime) -> bool:
        """Whether a row of the outbox has waited too long."""
        if message.urgent or channel not in self.channels:
            return False
        answer = message.in_reply_to is not None or message.author == "bot"
        return bool(now - message.created_at >= (self.answers if answer else self.others))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message in the sender's hand: the row says `sending` and is committed.

    `expired`: it has waited too long to be sent.
    """

    outbox_id: int
    conversation_id: str
    channel: str
    address: str
    our_address: str
    author: str
    text: str
    choices: tuple[Choice, ...]
    language: str
    urgent: bool
    opted_out: bool
    attempts: int
    created_at: datetime
    last_inbound_at: datetime | None
    expired: bool = False
    inbox_id: int | None = None  # what it answers


def add_outbound(
    session: Session,
    conversation: Conversation,
    reply: Reply,
    author: Literal["bot", "desk", "staff"] = "bot",
    in_reply_to: int | None = None,
    staff_id: int | None = None,
    *,
    now: datetime,
) -> OutboxMessage:
    """Queue one message to the resident, with its event. The sender does the rest."""
    message = OutboxMessage(
        conversation_id=conversation.id,
        in_reply_to=in_reply_to,
        author=author,
        staff_id=staff_id,
        text=reply.text,
        choices=choices_as_json(reply.choices),
        urgent=reply.urgent,
        created_at=now,
    )
    session.add(message)
    session.flush()
    record(session, "message_out", conversation.id, now=now, outbox_id=message.id)
    return message


def was_spoken_to(session: Session, conversation_id: str, since: datetime) -> bool:
    """Whether the bot has said anything in this conversation since then."""
    which = {"conversation": conversation_id, "since": since}
    return session.execute(_SPOKEN, which).first() is not None


def sending_waits(session: Session, now: datetime, *, urgent: bool) -> bool:
    """Whether a message could be sent now. Only looks."""
    return session.execute(_SENDABLE[urgent], {"now": now, "most": 1}).first() is not None


def claim_outgoing(
    session: Session,
    *,
    now: datetime,
    lease: timedelta,
    urgent: bool,
    limit: int = 1,
    pace: Pace,
    patience: Patience,
) -> list[Outgoing]:
    """Take messages to send, at most one of each conversation: its oldest that is not sent.

    With `urgent` only answers to danger, which go before everything else of their conversation,
    whatever the pace of the number; without it only the others, as `pace` allows. The rows say
    `sending` afterwards: commit before you call anybody.
    """
    claimed = []
    for outbox_id in session.scalars(_CANDIDATES[urgent], {"now": now, "most": limit}).all():
        waiting = session.execute(_MESSAGE, {"outbox_id": outbox_id}).one()
        conversation = session.execute(_ITS_CONVERSATION, {"of": waiting.conversation_id}).one()
        expired = patience.is_over(waiting, conversation.channel, now)
        if not expired and (urgent or not conversation.opted_out):
            cost = pace.cost(conversation, waiting.text, choices_from_json(waiting.choices))
            if cost is not None and not spend(
                session, conversation.our_address, cost, now, whatever=urgent
            ):
                continue
        message = session.execute(_TAKE, {"outbox_id": outbox_id, "until": now + lease}).first()
        if message is not None:
            claimed.append(outgoing(message, conversation, expired=expired))
    return claimed


def settle(
    session: Session,
    outbox_id: int,
    state: State,
    *,
    provider_id: str | None = None,
    error: str | None = None,
    next_try_at: datetime | None = None,
    now: datetime,
) -> bool:
    """Note what became of a message, from the sender or a delivery receipt. False: nothing changed.

    The provider's id is kept even when the state comes out of order, so that later receipts match.
    """
    allowed = [before for before, after in MAY_BECOME.items() if state in after]
    provider = provider_id and provider_id[:160]
    conversation_id = session.execute(
        _SETTLE,
        {
            "outbox_id": outbox_id,
            "before": allowed,
            "after": state,
            "code": error,
            "again": next_try_at,
            "sent": now if state == "sent" else None,
            "provider": provider,
        },
    ).scalar()
    if conversation_id is None and provider is not None:
        session.execute(_KEEP_PROVIDER_ID, {"outbox_id": outbox_id, "provider": provider})
    if conversation_id is None:
        return False
    if error == OPTED_OUT:
        session.get_one(Conversation, conversation_id).opted_out = True
    record(session, "delivery", conversation_id, now=now, outbox_id=outbox_id, state=state)
    return True


def by_provider_id(session: Session, channel: str, provider_id: str) -> OutboxMessage | None:
    """The message that a provider knows by this id."""
    return session.scalars(
        select(OutboxMessage)
        .join(Conversation, Conversation.id == OutboxMessage.conversation_id)
        .where(OutboxMessage.provider_id == provider_id, Conversation.channel == channel)
        .order_by(OutboxMessage.id.desc())
        .limit(1)
    ).first()


def may_be(session: Session, outbox_id: int, provider_id: str) -> bool:
    """Whether a message is the one that a provider knows by this id, as far as we know."""
    row = session.execute(_PROVIDER_ID, {"outbox_id": outbox_id}).first()
    return row is not None and row.provider_id in (None, provider_id)


def delivered_until(session: Session, conversation_id: str, until: datetime, now: datetime) -> None:
    """Note that all that was sent in a conversation until then has arrived."""
    sent = session.scalars(
        select(OUTBOX.c.id).where(
            OUTBOX.c.conversation_id == conversation_id,
            OUTBOX.c.state == "sent",
            OUTBOX.c.sent_at <= until,
        )
    ).all()
    for one in sent:
        settle(session, one, "delivered", now=now)


def lost_while_sending(session: Session, now: datetime) -> list[int]:
    """Mark messages whose sender died in the middle as `unknown`: they may have gone out or not."""
    lost = list(
        session.scalars(
            select(OutboxMessage.id).where(
                OutboxMessage.state == "sending", OutboxMessage.lease_until <= now
            )
        )
    )
    return [one for one in lost if settle(session, one, "unknown", error="lost", now=now)]


def oldest_waiting(session: Session, now: datetime) -> timedelta:
    """How long the message that waits longest could have been sent; zero when none waits.

    Those of a number that is kept busy by its pace are not late.
    """
    row = session.execute(
        select(OutboxMessage.created_at, OutboxMessage.next_try_at)
        .where(OutboxMessage.state == "queued", due(now), ~busy(now))
        .order_by(OutboxMessage.id)
        .limit(1)
    ).first()
    return timedelta(0) if row is None else now - (row.next_try_at or row.created_at)


def outgoing(message: Row[Any], conversation: Row[Any], *, expired: bool = False) -> Outgoing:
    """A message with what its conversation says of where it goes."""
    return Outgoing(
        outbox_id=message.id,
        conversation_id=conversation.id,
        channel=conversation.channel,
        address=conversation.address,
        our_address=conversation.our_address,
        author=message.author,
        text=message.text,
        choices=choices_from_json(message.choices),
        language=conversation.language,
        urgent=message.urgent,
        opted_out=conversation.opted_out,
        attempts=message.attempts,
        created_at=message.created_at,
        last_inbound_at=conversation.last_inbound_at,
        expired=expired,
        inbox_id=message.in_reply_to,
    )
