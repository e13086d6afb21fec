"""Stores what residents write, once, before anybody acknowledges it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from desk.conversations.events import record
from desk.conversations.tables import CONVERSATION, INBOX
from desk.conversations.text import clean
from desk.database.insert import insert_unless_there
from desk.database.models import Conversation, InboxMessage, OutboxMessage
from desk.wording.detect import first_language

Channel = Literal["sms", "messenger", "web", "shell"]

_ID_LENGTH: Final = 160
_MAX_ATTACHMENTS: Final = 10
_CONVERSATION: Final = select(Conversation).where(
    Conversation.channel == bindparam("on"),
    Conversation.address == bindparam("theirs"),
    Conversation.our_address == bindparam("ours"),
)


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message as a channel brings it.

    `address` is who wrote (E.164, PSID, hash of the web session), `our_address` the number or page
    written to. `choice_token` is what an offered choice carried; `menu_choice` is the value of one
    that stands in a menu of ours all the time. `order` is a carrier's opt-out
    word: when the text is nothing but that word, the carrier answers it, not we.
    """

    channel: Channel
    provider_id: str
    address: str
    our_address: str = ""
    text: str = ""
    choice_token: str | None = None
    menu_choice: str | None = None
    location: Mapping[str, float] | None = None  # {"latitude": degrees, "longitude": degrees}
    attachments: tuple[Mapping[str, str], ...] = ()  # {"type", "url"}
    order: Literal["stop", "start"] | None = None
    order_confirmed: bool = True  # whether the carrier tells them that it was followed


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a delivery: `new` is False for a repeat, `conflict` if the repeat differs."""

    inbox_id: int
    conversation_id: str
    new: bool
    conflict: bool = False


def conversation_for(
    session: Session, channel: Channel, address: str, our_address: str = "", *, now: datetime
) -> Conversation:
    """The conversation of an address on a channel; opened when it is the first time."""
    found = find_conversation(session, channel, address, our_address)
    if found is None:
        insert_unless_there(
            session,
            CONVERSATION,
            {
                "id": f"{channel}-{secrets.token_hex(16)}",
                "channel": channel,
                "address": address,
                "our_address": our_address,
                "created_at": now,
            },
        )
        found = find_conversation(session, channel, address, our_address)
        assert found is not None  # noqa: S101 - ours or another's, the row is there now
    return found


def receive(session: Session, message: Inbound, now: datetime) -> Receipt:
    """Store a message once, with its event. A repeated provider id changes nothing.

    A repeat whose content differs is recorded as `conflict` and answered like any repeat.
    """
    provider_id = _fitting(message.provider_id)
    conversation = conversation_for(
        session, message.channel, message.address, message.our_address, now=now
    )
    text = clean(message.text)
    if conversation.last_inbound_at is None and message.channel != "web":  # a page has chosen one
        conversation.language = first_language(text)
    # "yes" and "start" order something only from somebody who had opted out
    order = message.order if message.order == "stop" or conversation.opted_out else None
    settled = order is not None and len(text.split()) <= 1
    values: dict[str, Any] = {
        "channel": message.channel,
        "provider_id": provider_id,
        "body_hash": _hash(message, text),
        "conversation_id": conversation.id,
        "text": text,
        "attachments": [dict(one) for one in message.attachments[:_MAX_ATTACHMENTS]],
        "received_at": now,
    }
    if message.location:
        values["location"] = dict(message.location)
    if settled:
        values |= {"state": "done", "done_at": now, "screened_at": now}
    chosen: Mapping[str, str] | None
    if message.menu_choice is not None:
        chosen = {"value": message.menu_choice, "title": text}
    else:
        chosen = _choice(session, conversation, message.choice_token, text)
    if chosen is not None:
        values["choice"] = chosen["value"]
        values["text"] = text or clean(chosen["title"])
    inbox_id = insert_unless_there(session, INBOX, values)
    if inbox_id is None:
        return _repeat(session, conversation, provider_id, values["body_hash"], now)
    conversation.last_inbound_at = now
    record(session, "message_in", conversation.id, now=now, inbox_id=inbox_id)
    if order is not None:
        conversation.opted_out = order == "stop"
        kind = "opt_out" if conversation.opted_out else "opt_in"
        record(session, kind, conversation.id, now=now, inbox_id=inbox_id)
    return Receipt(inbox_id, conversation.id, new=True)


def _repeat(
    session: Session, conversation: Conversation, provider_id: str, body_hash: str, now: datetime
) -> Receipt:
    first = session.scalars(
        select(InboxMessage).where(
            InboxMessage.channel == conversation.channel,
            InboxMessage.provider_id == provider_id,
        )
    ).one()
    conflict = first.body_hash != body_hash
    if conflict:
        record(session, "conflict", conversation.id, now=now, inbox_id=first.id)
    return Receipt(first.id, conversation.id, new=False, conflict=conflict)


def _choice(
    session: Session, conversation: Conversation, token: str | None, text: str
) -> dict[str, str] | None:
    """The offered choice that a token or, where choices are numbered, a bare number stands for.

    A token counts only for a message of this conversation, so that nobody can press another's
    buttons. A number counts only while the message that numbered the choices is the last one.
    """
    offered: OutboxMessage | None
    if token is not None:
        outbox_id, _, number = token.partition(".")
        if not (_is_number(outbox_id) and _is_number(number)):
            return None
        index = int(number)
        offered = session.scalars(
            select(OutboxMessage).where(
                OutboxMessage.id == int(outbox_id),
                OutboxMessage.conversation_id == conversation.id,
            )
        ).first()
    elif conversation.channel in ("sms", "messenger") and _is_number(text):
        index = int(text) - 1
        offered = session.scalars(
            select(OutboxMessage)
            .where(OutboxMessage.conversation_id == conversation.id)
            .order_by(OutboxMessage.id.desc())
            .limit(1)
        ).first()
    else:
        return None
    if offered is None or not 0 <= index < len(offered.choices):
        return None
    choice: dict[str, str] = offered.choices[index]
    return choice


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def find_conversation(
    session: Session, channel: Channel, address: str, our_address: str = ""
) -> Conversation | None:
    """The conversation of an address on a channel; None before its first message."""
    known = {"on": channel, "theirs": address, "ours": our_address}
    return session.scalars(_CONVERSATION, known).first()


def _fitting(provider_id: str) -> str:
    if len(provider_id) <= _ID_LENGTH:
        return provider_id
    return "sha256:" + hashlib.sha256(provider_id.encode()).hexdigest()


def _hash(message: Inbound, text: str) -> str:
    """A digest of what is stored: of the masked text, so that it cannot give a number away."""
    content = [
        message.address,
        message.our_address,
        text,
        message.choice_token,
        dict(message.location) if message.location else None,
        [dict(one) for one in message.attachments],
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
