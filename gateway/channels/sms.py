"""SMS and WhatsApp by Twilio: reads its webhooks, sends by its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

import httpx
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator, get_signature_algorithm

from desk.conversations import Inbound
from desk.conversations.look_ups import Sighting
from desk.conversations.outbox import Outgoing, State, by_provider_id, may_be, settle
from desk.settings import Settings
from desk.wording.sms import fold, render_choices
from gateway.delivery import Delivery, refused

STATUS_PATH: Final = "/webhooks/twilio/status"

# Carriers take these for opting out and in, when they are the whole text.
_STOP: Final = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
_START: Final = frozenset({"START", "YES", "UNSTOP"})
_MOST_MEDIA: Final = 10
_LONGEST_BODY: Final = 1600  # Twilio refuses more
_MOST_LISTED: Final = 1000  # on one page; nobody gets more from us in a day
_WHATSAPP: Final = "whatsapp:"
_STATES: Final[Mapping[str, State]] = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}


class Fields:
    """The fields of a form post, each with all its values, as RequestValidator wants to ask."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> list[str]:
        """All values of a field."""
        return self._values.get(name, [])

    def get(self, name: str) -> str:
        """The first value of a field; empty when it is not there."""
        return next(iter(self.getlist(name)), "")


def is_signed(settings: Settings, target: str, fields: Fields, headers: Mapping[str, str]) -> bool:
    """Whether Twilio signed this call. `target` is the path and query as they were called.

    The address signed is the public one from the settings: what the caller says of host and
    scheme counts for nothing.
    """
    token = settings.twilio_auth_token.get_secret_value()
    signature = headers.get("x-twilio-signature", "")
    if not token or not signature or not signature.isascii():
        return False
    algorithm = get_signature_algorithm(headers.get("x-twilio-webhooks-signature-settings"))
    url = settings.public_url.rstrip("/") + target
    return bool(RequestValidator(token).validate(url, fields, signature, algorithm))


def read(fields: Fields) -> Inbound | None:
    """The message in a signed webhook; None when it has no id or no sender."""
    sid = fields.get("MessageSid") or fields.get("SmsSid")
    sender = fields.get("From")
    if not sid or not sender or len(sender) > 128 or len(fields.get("To")) > 64:
        return None
    return Inbound(
        channel="sms",
        provider_id=sid,
        address=sender,
        our_address=fields.get("To"),
        text=fields.get("Body"),
        location=_location(fields),
        attachments=tuple(_media(fields)),
        order=_order(fields),
        # Twilio answers these words in texts; by WhatsApp only where Advanced Opt-Out says so
        order_confirmed=bool(fields.get("OptOutType")) or not sender.startswith(_WHATSAPP),
    )


def read_status(fields: Fields) -> State | None:
    """The state that a signed status callback tells of; None for one that is not known."""
    return _STATES.get((fields.get("MessageStatus") or fields.get("SmsStatus")).lower())


def note_status(
    session: Session, named: str, sid: str, state: State, fields: Fields, now: datetime
) -> None:
    """Settle the message that a signed status callback speaks of.

    `named` is the outbox id that our callback address carries; `sid` finds older messages.
    """
    outbox_id = int(named) if named.isascii() and named.isdecimal() and len(named) <= 18 else None
    if outbox_id is None or not may_be(session, outbox_id, sid):
        known = by_provider_id(session, "sms", sid)
        if known is None:
            return
        outbox_id = known.id
    error = fields.get("ErrorCode")[:64] or None if state == "failed" else None
    settle(session, outbox_id, state, provider_id=sid, error=error, now=now)


def _order(fields: Fields) -> Literal["stop", "start"] | None:
    kind = fields.get("OptOutType").upper()
    word = fields.get("Body").strip().upper()
    if kind == "STOP" or word in _STOP:
        return "stop"
    if kind == "START" or word in _START:
        return "start"
    return None


def _location(fields: Fields) -> dict[str, float] | None:
    try:
        latitude, longitude = float(fields.get("Latitude")), float(fields.get("Longitude"))
    except ValueError:
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return {"latitude": latitude, "longitude": longitude}


def _media(fields: Fields) -> list[dict[str, str]]:
    count = fields.get("NumMedia")
    if not (count.isascii() and count.isdecimal()):
        return []
    return [
        {"type": fields.get(f"MediaContentType{number}"), "url": url}
        for number in range(min(int(count), _MOST_MEDIA))
        if (url := fields.get(f"MediaUrl{number}"))
    ]


class SmsAdapter:
    """Sends one outbox row as one SMS, from the number that the resident wrote to."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        account = settings.twilio_account_sid
        self._url = (
            f"{settings.twilio_api_url.rstrip('/')}/2010-04-01/Accounts/{account}/Messages.json"
        )
        self._auth = (account, settings.twilio_auth_token.get_secret_value())
        self._from = settings.twilio_from
        self._callback = settings.public_url.rstrip("/") + STATUS_PATH
        self._client = client

    async def send(self, message: Outgoing) -> Delivery:
        """Post the message. The callback names our row: it may come before Twilio's own answer."""
        response = await self._client.post(
            self._url,
            data={
                "To": message.address,
                "From": self._sender(message),
                "Body": _body(message),
                "StatusCallback": f"{self._callback}?outbox={message.outbox_id}",
            },
            auth=self._auth,
        )
        try:
            answer = response.json()
        except ValueError:
            answer = {}
        if not isinstance(answer, dict):
            answer = {}
        if response.is_success:
            return Delivery("sent", provider_id=str(answer.get("sid") or "") or None)
        return refused(response, str(answer["code"]) if "code" in answer else None)

    async def find(self, message: Outgoing) -> list[Sighting]:
        """What Twilio has listed with the same text, from the same number to the same resident.

        Oldest first, from the day on which the message was written (Twilio knows no hours here).
        Raises httpx.HTTPError, also when Twilio refuses to say.
        """
        response = await self._client.get(
            self._url,
            params={
                "To": message.address,
                "From": self._sender(message),
                "DateSent>": message.created_at.date().isoformat(),
                "PageSize": str(_MOST_LISTED),
            },
            auth=self._auth,
        )
        response.raise_for_status()
        try:
            listed = reversed(response.json()["messages"])  # the newest comes first
            return [_sighting(one) for one in listed if _same(one["body"], _body(message))]
        except (ValueError, LookupError, TypeError) as strange:
            raise httpx.DecodingError("not a list of messages") from strange

    def _sender(self, message: Outgoing) -> str:
        """The number written to; else ours, of the kind that the resident has."""
        if message.our_address:
            return message.our_address
        return (_WHATSAPP if message.address.startswith(_WHATSAPP) else "") + self._from


def _body(message: Outgoing) -> str:
    text = render_choices(message.text, message.choices)
    # by WhatsApp every letter costs the same
    return (text if message.address.startswith(_WHATSAPP) else fold(text))[:_LONGEST_BODY]


def _same(listed: str, sent: str) -> bool:
    return listed.split() == sent.split()


def _sighting(listed: dict[str, Any]) -> Sighting:
    state = _STATES.get(str(listed["status"]), "sent")
    error = str(listed.get("error_code") or "")[:64]
    return Sighting(
        provider_id=str(listed["sid"]),
        at=parsedate_to_datetime(listed["date_created"]),
        state=state,
        error=error or None if state == "failed" else None,
    )
