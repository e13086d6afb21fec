"""What the gateway's channels share: how a message is taken in, and where everything hangs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import httpx
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from desk import attachments
from desk.conversations import Inbound, Receipt, receive
from desk.database.models import utc_now
from desk.database.notices import Notices
from desk.settings import Settings
from gateway.store import Store

if TYPE_CHECKING:
    from gateway.dispatcher import Dispatcher
    from gateway.sender import Sender


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
        receipt = await self.store.write(
            lambda session: take_in(session, message, utc_now()), first=True
        )
        if receipt.new:
            self.came()
        return receipt

    def came(self) -> None:
        """New messages are stored: have them screened and answered, and their photos fetched."""
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
