"""What the web chat reads from and writes to the message log, one transaction a function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk import attachments
from desk.attachments import Photo
from desk.conversations import (
    Inbound,
    Receipt,
    conversation_for,
    events_after,
    find_conversation,
    links,
    receive,
)
from desk.database.models import Conversation, Event, InboxMessage
from desk.wording import Language, as_language, say
from gateway.channels.web_forms import BadFormError, Sent
from gateway.channels.web_pages import Bubble, Facts, Talk, bubbles, staff_name

KINDS: Final = ("message_in", "message_out", "holder", "typing")
"""The kinds of events a browser hears of."""
BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class News:
    """One event for a browser: a message to show, or data for the page. `id` is the event's."""

    id: int
    name: str  # message | holder | typing | seen
    bubble: Bubble | None = None
    data: dict[str, Any] | None = None
    at: datetime | None = None


def conversation_of(session: Session, address: str) -> Conversation | None:
    """The conversation of a browser's session; None before its first message."""
    return find_conversation(session, "web", address)


def conversation_id_of(session: Session, address: str) -> str | None:
    """The id of that conversation."""
    found = conversation_of(session, address)
    return found.id if found else None


def read_talk(session: Session, address: str, language: Language | None, facts: Facts) -> Talk:
    """The talk as it stands, in `language` or else the conversation's own."""
    found = conversation_of(session, address)
    if found is None:
        return Talk(language=language)
    shown_in = language or as_language(found.language)
    newest = select(func.max(Event.id)).where(Event.conversation_id == found.id)
    return Talk(
        bubbles=bubbles(session, found.id, facts.zone, shown_in),
        holder=found.holder,
        staff_name=staff_name(session, found.held_by, shown_in),
        cursor=session.scalar(newest) or 0,
        language=shown_in,
    )


def store(session: Session, address: str, sent: Sent, language: Language, now: datetime) -> Receipt:
    """Store what a browser sent. A repeated client id stores nothing more.

    Raises BadFormError when it came by a link that is over.
    """
    text = sent.text
    if sent.start is not None:
        text = say("webchat.begin", language)
    if sent.wants_person:
        text = say("webchat.talk_to_person", language)
    elif sent.location:
        text = say("webchat.location_shared", language)
    _open(session, address, language, now)
    receipt = receive(
        session,
        Inbound(
            channel="web",
            provider_id=_provider_id(address, sent.client_id),
            address=address,
            text=text,
            choice_token=sent.choice_token,
            location=sent.location,
        ),
        now,
    )
    if sent.wants_person and receipt.new:
        # the page's own button is there always, so no message of ours offered it
        session.get_one(InboxMessage, receipt.inbox_id).choice = "person"
    if sent.start is not None and receipt.new:
        topic = links.use(session, sent.start, now)
        if topic is None:
            raise BadFormError("link_over", 410)
        session.get_one(InboxMessage, receipt.inbox_id).choice = f"topic:{topic}"
    return receipt


def store_photo(
    session: Session,
    address: str,
    client_id: str,
    content: bytes,
    photo: Photo,
    language: Language,
    now: datetime,
) -> Receipt:
    """Store a photo that a browser sent, as a message. A repeated client id stores nothing more.

    Raises desk.attachments.TooMany.
    """
    _open(session, address, language, now)
    receipt = receive(
        session,
        Inbound(
            channel="web",
            provider_id=_provider_id(address, client_id),
            address=address,
            attachments=({"type": photo.media_type, "sha256": photo.sha256},),
        ),
        now,
    )
    if receipt.new:
        attachments.add(session, receipt.inbox_id, content, photo, now)
    return receipt


def photo_of(session: Session, address: str, photo_id: str) -> bytes | None:
    """The small copy of a photo that this browser sent."""
    found = conversation_of(session, address)
    return attachments.thumbnail(session, found.id, photo_id) if found else None


def _open(session: Session, address: str, language: Language, now: datetime) -> None:
    conversation = conversation_for(session, "web", address, now=now)
    if conversation.last_inbound_at is None:
        conversation.language = language


def _provider_id(address: str, client_id: str) -> str:
    """In the session's own name space, so that nobody can use up another's ids."""
    return f"{address[:32]}:{client_id}"


def set_language(session: Session, address: str, language: Language) -> None:
    """From now on the conversation is in this language."""
    found = conversation_of(session, address)
    if found is not None:
        found.language = language


def news(
    session: Session, conversation_id: str, after: int, language: Language, facts: Facts
) -> list[News]:
    """What happened in a conversation after an event, at most BATCH events, oldest first."""
    events = events_after(session, after, conversation_id, KINDS, BATCH)
    if not events:
        return []
    recent = bubbles(session, conversation_id, facts.zone, language, 20 + 2 * len(events))
    shown = {bubble.key: bubble for bubble in recent}
    return [_news(session, event, shown, language) for event in events]


def _news(session: Session, event: Event, shown: dict[str, Bubble], language: Language) -> News:
    if event.kind == "holder":
        holder = event.data["holder"]
        name = staff_name(session, event.data.get("staff_id"), language)
        text = say(f"webchat.status_{holder}", language, name=name)
        return News(event.id, "holder", data={"holder": holder, "text": text})
    if event.kind == "typing":
        return News(event.id, "typing", data=event.data, at=event.at)
    side, id_name = ("in", "inbox_id") if event.kind == "message_in" else ("out", "outbox_id")
    bubble = shown.get(f"{side}-{event.data[id_name]}")
    return News(event.id, "message" if bubble else "seen", bubble)
