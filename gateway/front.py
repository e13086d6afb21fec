"""What the gateway's channels share: how a message is taken in, and where everything hangs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import httpx
import structlog
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from desk import attachments, department
from desk.conversations import Inbound, Receipt, add_outbound, find_conversation, receive
from desk.database.models import Conversation, utc_now
from desk.database.notices import Notices
from desk.reply import Reply
from desk.settings import Settings
from gateway.store import Store
from gateway.wording import order_followed

if TYPE_CHECKING:
    from gateway.dispatcher import Dispatcher
    from gateway.sender import Sender


log = structlog.get_logger(__name__)


class ConfigurationError(ValueError):
    """The settings contradict themselves, or leave a door open; the message says which and how."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """Everything a handler needs; `gateway_of(request)` gives it.

    What is said to a resident on the website is an outbox row like any other: the sender marks it
    `sent` as soon as it sees it, and the browser's stream reads it by the events `message_out` and
    `delivery` of its conversation.
    """

    settings: Settings
    store: Store
    notices: Notices
    dispatcher: Dispatcher
    sender: Sender
    client: httpx.AsyncClient
    rasa_urls: tuple[str, ...]

    async def accept(self, message: Inbound) -> Receipt:
        """Store a message, then have it answered. When this returns it may be acknowledged.

        Raises sqlalchemy.exc.SQLAlchemyError when it could not be stored (answered with 503).
        """
        receipt = await self.store.acknowledged(lambda session: self._take(session, message))
        self.came([receipt])
        if message.order is not None:
            self.sender.wake()
        return receipt

    def _take(self, session: Session, message: Inbound) -> Receipt:
        """Store a message; say that its opt-out word was followed, where nobody else does."""
        now = utc_now()
        if message.order is None or message.order_confirmed:
            return take_in(session, message, now)
        known = find_conversation(session, message.channel, message.address, message.our_address)
        before = known is not None and known.opted_out
        receipt = take_in(session, message, now)
        conversation = session.get_one(Conversation, receipt.conversation_id)
        if conversation.opted_out != before:
            facts = department.load(self.settings.department)
            words = order_followed(conversation, facts)
            # urgent, or it would be held back like all else to somebody who has opted out
            reply = Reply(words, urgent=conversation.opted_out)
            add_outbound(session, conversation, reply, "desk", receipt.inbox_id, now=now)
        return receipt

    def came(self, receipts: Sequence[Receipt]) -> None:
        """Messages are stored: have the new ones screened and answered, their photos fetched.

        Called in the request that brought them: its id and theirs meet in these lines of the log.
        """
        for receipt in receipts:
            if receipt.conflict:
                log.warning("repeat_differs", inbox_id=receipt.inbox_id)
            log.info("message_stored", inbox_id=receipt.inbox_id, new=receipt.new)
        if any(receipt.new for receipt in receipts):
            self.dispatcher.wake()


def take_in(session: Session, message: Inbound, now: datetime) -> Receipt:
    """Store a message once, and note the attachments to fetch. A repeat changes nothing."""
    receipt = receive(session, message, now)
    if receipt.new and message.attachments:
        attachments.expect(session, receipt.inbox_id, message.attachments, now)
    return receipt


def gateway_of(connection: HTTPConnection) -> Gateway:
    """The gateway that serves this request."""
    gateway = connection.app.state.gateway
    assert isinstance(gateway, Gateway)  # noqa: S101 - for the type checker: app.py put it there
    return gateway


def check(settings: Settings) -> None:
    """Refuse settings that would let anybody in. Raises ConfigurationError."""
    if settings.twilio_account_sid and not settings.twilio_auth_token.get_secret_value():
        raise ConfigurationError("TWILIO_AUTH_TOKEN is empty: anybody could sign texts. Set it.")
    if settings.twilio_account_sid and not settings.public_url:
        raise ConfigurationError(
            "FRONTDESK_PUBLIC_URL is empty: Twilio signs the address it calls. Set it."
        )
    messenger = settings.messenger_page_id or settings.messenger_page_token.get_secret_value()
    if messenger and not settings.messenger_app_secret.get_secret_value():
        raise ConfigurationError(
            "MESSENGER_APP_SECRET is empty: anybody could sign messages. Set it."
        )
    if messenger and not settings.messenger_verify_token.get_secret_value():
        raise ConfigurationError("MESSENGER_VERIFY_TOKEN is empty. Set it.")
    if not settings.internal_token.get_secret_value():
        raise ConfigurationError(
            "FRONTDESK_INTERNAL_TOKEN is empty: Rasa would refuse every turn. Set it."
        )
