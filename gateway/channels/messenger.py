"""Facebook Messenger: reads the page's webhooks, sends by the Graph API."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.conversations import (
    Inbound,
    Receipt,
    add_outbound,
    change_holder,
    conversation_for,
    find_conversation,
)
from desk.conversations.outbox import Outgoing, by_provider_id, delivered_until, settle
from desk.database.models import OutboxMessage, utc_now
from desk.reply import Reply
from desk.settings import Settings
from gateway.channels.messenger_menu import TOO_FAST, menu_choice
from gateway.delivery import Delivery, refused
from gateway.front import take_in

log = structlog.get_logger(__name__)

AUTOMATIC_WINDOW: Final = timedelta(hours=24)
HUMAN_WINDOW: Final = timedelta(days=7)
MOST_QUICK_REPLIES: Final = 13
LONGEST_TITLE: Final = 20
LONGEST_TEXT: Final = 2000
_MARK: Final = "frontdesk:"
_CLOCKS: Final = timedelta(seconds=2)  # we note a message as sent a little after Meta does
_FILES: Final = frozenset({"image", "file", "video", "audio"})  # others only point somewhere
_KNOWN: Final = frozenset(  # events that change nothing here
    {
        *("read", "reaction", "optin", "referral", "account_linking", "message_edit"),
        *("take_thread_control", "request_thread_control"),
        *("app_roles", "policy_enforcement"),
    }
)


@dataclass(frozen=True, slots=True)
class Said:
    """A resident wrote. In `standby` somebody else has the thread."""

    message: Inbound
    standby: bool


@dataclass(frozen=True, slots=True)
class Echo:
    """The page said something to a resident: we did, or a person in the page's own inbox."""

    resident: str
    page: str
    mid: str
    text: str
    metadata: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """Messages of ours reached the resident: these, or all that were sent until a moment."""

    resident: str
    page: str
    mids: tuple[str, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Returned:
    """The person at the page's own inbox is done: the thread is ours again."""

    resident: str
    page: str


Happening = Said | Echo | Delivered | Returned


def is_signed(secret: str, body: bytes, header: str) -> bool:
    """Whether `X-Hub-Signature-256` fits the raw body. An empty secret fits nothing."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(expected.encode(), header.encode())


def read(payload: Any, ours: str = "") -> list[Happening]:
    """Everything in a signed webhook that concerns us: all entries, all their events, in order.

    An app may serve other pages too: where `ours` is named, what happens on those is not for us,
    and our page's token could not answer it.
    """
    happenings: list[Happening] = []
    for entry in _dicts(_of(payload, "entry")):
        page = _text(entry.get("id"))
        if ours and page and page != ours:
            log.warning("another_page")
            continue
        for lane in ("messaging", "standby"):
            for item in _dicts(entry.get(lane)):
                happening = _happening(item, page, standby=lane == "standby")
                if happening is not None:
                    happenings.append(happening)
                elif not _KNOWN & item.keys() and "message" not in item:
                    log.info("messenger_event_unknown", keys=sorted(item)[:8])
    return happenings


def take(session: Session, happenings: list[Happening], now: datetime) -> list[Receipt]:
    """Store what happened, all of it or nothing; the receipts are those of residents' messages."""
    receipts = []
    for happening in happenings:
        match happening:
            case Said(message, standby):
                if standby:
                    _person_takes_over(session, message.address, message.our_address, now)
                receipts.append(take_in(session, message, now))
            case Echo():
                _echo(session, happening, now)
            case Delivered():
                _delivered(session, happening, now)
            case Returned(resident, page):
                conversation = find_conversation(session, "messenger", resident, page)
                if conversation and conversation.holder == "human" and not conversation.held_by:
                    change_holder(session, conversation, "bot", now=now)
    return receipts


def _happening(item: dict[str, Any], page: str, *, standby: bool) -> Happening | None:
    sender, recipient = _text(_of(item, "sender", "id")), _text(_of(item, "recipient", "id"))
    message, postback = item.get("message"), item.get("postback")
    if isinstance(item.get("delivery"), dict):
        mids, until = item["delivery"].get("mids"), item["delivery"].get("watermark")
        return Delivered(
            resident=sender,
            page=page or recipient,
            mids=tuple(_text(mid) for mid in mids) if isinstance(mids, list) else (),
            until=_moment(until),
        )
    if not sender or len(sender) > 128 or len(page or recipient) > 64:
        return None
    if isinstance(item.get("pass_thread_control"), dict) and not standby:
        return Returned(sender, page or recipient)
    if isinstance(message, dict):
        mid = _text(message.get("mid"))
        if not mid or message.get("is_deleted"):
            return None
        text = _text(message.get("text"))
        if message.get("is_echo"):
            return Echo(recipient, page or sender, mid, text, _text(message.get("metadata")))
        inbound = Inbound(
            channel="messenger",
            provider_id=mid,
            address=sender,
            our_address=page or recipient,
            text=text,
            choice_token=_text(_of(message, "quick_reply", "payload")) or None,
            location=_location(message),
            attachments=tuple(_attachments(message)),
        )
        return Said(inbound, standby)
    if isinstance(postback, dict):
        payload = _text(postback.get("payload"))
        inbound = Inbound(
            channel="messenger",
            provider_id=_text(postback.get("mid"))
            or f"postback:{sender}:{item.get('timestamp')}:{payload}",
            address=sender,
            our_address=page or recipient,
            text=_text(postback.get("title")),
            choice_token=payload or None,
            menu_choice=menu_choice(payload),
        )
        return Said(inbound, standby)
    return None


def _echo(session: Session, echo: Echo, now: datetime) -> None:
    """Ours settles its row. Another's is a person at the page's own inbox: the bot is silent."""
    if by_provider_id(session, "messenger", echo.mid) is not None:
        return
    conversation = conversation_for(session, "messenger", echo.resident, echo.page, now=now)
    ours = session.scalars(
        select(OutboxMessage)
        .where(
            OutboxMessage.conversation_id == conversation.id,
            OutboxMessage.state.in_(("sending", "unknown")),
        )
        .order_by(OutboxMessage.id)
    ).all()
    # By our mark; else by the text, as the echo may come before the Graph API's own answer.
    for row in ours:
        if echo.metadata == f"{_MARK}{row.id}" or echo.text == _body(row.text, row.choices)["text"]:
            settle(session, row.id, "sent", provider_id=echo.mid, now=now)
            return
    if echo.metadata.startswith(_MARK):
        return
    _person_takes_over(session, echo.resident, echo.page, now)
    row = add_outbound(session, conversation, Reply(echo.text), "staff", now=now)
    settle(session, row.id, "sent", provider_id=echo.mid, now=now)


def _delivered(session: Session, receipt: Delivered, now: datetime) -> None:
    for mid in receipt.mids:
        known = by_provider_id(session, "messenger", mid)
        if known is not None:
            settle(session, known.id, "delivered", now=now)
    if not receipt.mids and receipt.until is not None:  # Meta does not always name them
        conversation = find_conversation(session, "messenger", receipt.resident, receipt.page)
        if conversation is not None:
            delivered_until(session, conversation.id, receipt.until + _CLOCKS, now)


def _person_takes_over(session: Session, resident: str, page: str, now: datetime) -> None:
    conversation = conversation_for(session, "messenger", resident, page, now=now)
    if conversation.holder != "human":
        change_holder(session, conversation, "human", now=now)


class MessengerAdapter:
    """Sends one outbox row as one Messenger message."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        self._url = f"{settings.graph_api_url.rstrip('/')}/{settings.graph_api_version}/me/messages"
        self._token = settings.messenger_page_token.get_secret_value()
        self._client = client

    async def send(self, message: Outgoing) -> Delivery:
        """Post the message, within the time in which the page may write to this resident."""
        silent_for = utc_now() - (message.last_inbound_at or utc_now())
        kind = {"messaging_type": "RESPONSE"}
        if silent_for > AUTOMATIC_WINDOW:
            if message.author != "staff" or silent_for > HUMAN_WINDOW:
                return Delivery("failed", error="window_closed")
            kind = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        choices = [{"title": one.title, "value": one.value} for one in message.choices]
        content = _body(message.text, choices)
        if "numbered" not in content and choices:
            content["quick_replies"] = [
                {
                    "content_type": "text",
                    "title": one["title"],
                    "payload": f"{message.outbox_id}.{index}",
                }
                for index, one in enumerate(choices)
            ]
        content.pop("numbered", None)
        response = await self._client.post(
            self._url,
            json={
                "recipient": {"id": message.address},
                "message": content | {"metadata": f"{_MARK}{message.outbox_id}"},
                **kind,
            },
            headers={"Authorization": f"Bearer {self._token}"},  # not in the URL: URLs are logged
        )
        try:
            answer = response.json()
        except ValueError:
            answer = {}
        if response.is_success:
            return Delivery("sent", provider_id=_text(_of(answer, "message_id")) or None)
        code = _of(answer, "error", "code")
        if code in TOO_FAST:
            return Delivery("queued", error=str(code))
        return refused(response, None if code is None else str(code))


def _body(text: str, choices: list[Any]) -> dict[str, Any]:
    """The text as it goes out. Too many or too long choices for buttons become a numbered list."""
    fits = len(choices) <= MOST_QUICK_REPLIES and all(
        len(one["title"]) <= LONGEST_TITLE for one in choices
    )
    if fits or not choices:
        return {"text": text[:LONGEST_TEXT]}
    lines = [f"{number}. {one['title']}" for number, one in enumerate(choices, start=1)]
    return {"text": "\n".join([text, *lines])[:LONGEST_TEXT], "numbered": True}


def _location(message: dict[str, Any]) -> dict[str, float] | None:
    for one in _dicts(message.get("attachments")):
        latitude = _of(one, "payload", "coordinates", "lat")
        longitude = _of(one, "payload", "coordinates", "long")
        if (
            isinstance(latitude, int | float)
            and isinstance(longitude, int | float)
            and -90 <= latitude <= 90
            and -180 <= longitude <= 180
        ):
            return {"latitude": float(latitude), "longitude": float(longitude)}
    return None


def _attachments(message: dict[str, Any]) -> Iterator[dict[str, str]]:
    for one in _dicts(message.get("attachments")):
        kind, url = _text(one.get("type")), _text(_of(one, "payload", "url"))
        if kind in _FILES and url:
            yield {"type": kind, "url": url}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _of(value: Any, *path: str) -> Any:
    for step in path:
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _moment(milliseconds: Any) -> datetime | None:
    if not isinstance(milliseconds, int):
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
