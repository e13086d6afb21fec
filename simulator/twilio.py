"""Stands in for Twilio's REST API: takes messages, reports delivery, posts residents' texts."""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import secrets
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from simulator.faults import Faults, broken_connection, server_error
from simulator.journal import Journal
from simulator.media import Files, Media
from simulator.segments import size
from simulator.webhooks import Posted, post_twilio

API_VERSION: Final = "2010-04-01"
LONGEST_BODY: Final = 1600
STOP_WORDS: Final = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
)
START_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})
MOST_LISTED: Final = 1000
WHATSAPP: Final = "whatsapp:"
_NUMBER = re.compile(r"(whatsapp:)?\+[1-9]\d{7,14}")


@dataclass(frozen=True, slots=True)
class Account:
    """The account Frontdesk is told to use, and where Frontdesk listens."""

    sid: str
    auth_token: str
    number: str
    frontdesk_url: str
    own_url: str  # where media are fetched from


@dataclass(slots=True)
class Message:
    """A message of the account, to a resident or from one."""

    sid: str
    to: str
    from_: str
    body: str
    callback: str = ""
    status: str = "queued"
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent_at: datetime | None = None
    direction: str = "outbound-api"


class TwilioStandIn:
    """The provider's side of SMS, all of it in memory.

    `delivery_seconds` lie between the states queued, sent and delivered.
    """

    def __init__(
        self,
        account: Account,
        client: httpx.AsyncClient,
        journal: Journal,
        files: Files,
        delivery_seconds: float = 0.05,
    ) -> None:
        self.account = account
        self.client = client
        self.journal = journal
        self.files = files
        self.faults = Faults()
        self.delivery_seconds = delivery_seconds
        self.messages: dict[str, Message] = {}
        self.media: dict[str, str] = {}  # SID → where the bytes are
        self.opted_out: set[str] = set()
        self.undeliverable: dict[str, str] = {}  # number → error code such as "30003"
        self._running: set[asyncio.Task[None]] = set()

    # from Frontdesk

    async def take(self, form: dict[str, str]) -> Response:
        """Answer `POST Messages.json`."""
        fault = self.faults.take()
        if fault:
            self.journal.add("twilio", "fault", form.get("To", ""), fault=fault.kind)
            if fault.kind == "429":
                return _error(20429, "Too Many Requests", 429, {"Retry-After": "1"})
            if fault.kind == "500":
                return server_error()
            if fault.kind == "reset":
                return broken_connection()
        if problem := self._problem(form):
            return problem
        message = Message(
            sid="SM" + secrets.token_hex(16),
            to=form["To"],
            from_=form["From"],
            body=form.get("Body", ""),
            callback=form.get("StatusCallback", ""),
        )
        self.messages[message.sid] = message
        measured = size(message.body)
        self.journal.add(
            "twilio",
            "to_resident",
            message.to,
            sid=message.sid,
            body=message.body,
            state="queued",
            segments=measured.segments,
            encoding=measured.encoding,
        )
        if fault and fault.kind == "lost":
            message.callback = ""
        self._in_background(self._deliver(message))
        if fault and fault.kind == "lost":
            return server_error()
        answer = self.as_json(message)
        if fault:  # timeout, delay: accepted all the same
            await asyncio.sleep(fault.seconds)
        return JSONResponse(answer, 201)

    def _problem(self, form: dict[str, str]) -> Response | None:
        to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        if not to:
            return _error(21604, "A 'To' phone number is required.")
        if not _NUMBER.fullmatch(to):
            return _error(21211, "Invalid 'To' Phone Number")
        if not sender and not form.get("MessagingServiceSid"):
            return _error(21603, "A 'From' phone number is required.")
        if sender.removeprefix(WHATSAPP) != self.account.number:
            return _error(21606, "The 'From' phone number does not belong to this account")
        if sender.startswith(WHATSAPP) != to.startswith(WHATSAPP):
            return _error(21910, "'From' and 'To' must be of the same channel")
        if not body and not form.get("MediaUrl"):
            return _error(21602, "Message body is required.")
        if len(body) > LONGEST_BODY:
            return _error(21617, "The concatenated message body exceeds the 1600 character limit")
        if to in self.opted_out:
            return _error(21610, "Attempt to send to unsubscribed recipient")
        return None

    def as_json(self, message: Message) -> dict[str, Any]:
        """A message as Twilio's API shows it."""
        at = format_datetime(message.at)
        sent_at = format_datetime(message.sent_at) if message.sent_at else None
        account = self.account.sid
        uri = f"/{API_VERSION}/Accounts/{account}/Messages/{message.sid}"
        return {
            "account_sid": account,
            "api_version": API_VERSION,
            "body": message.body,
            "date_created": at,
            "date_sent": sent_at,
            "date_updated": sent_at or at,
            "direction": message.direction,
            "error_code": self._error_of(message),
            "error_message": None,
            "from": message.from_,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": str(size(message.body).segments),
            "price": None,
            "price_unit": "USD",
            "sid": message.sid,
            "status": message.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "to": message.to,
            "uri": f"{uri}.json",
        }

    def listed(self, query: Mapping[str, str]) -> Response:
        """Answer `GET Messages.json`: newest first, by To, From, and the day it was sent, in pages.

        What is still queued was sent on no day, and is not there when a day is asked for.
        """
        try:
            days = {
                name: date.fromisoformat(value[:10])
                for name, value in query.items()
                if name in ("DateSent", "DateSent<", "DateSent>")
            }
            size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        except ValueError:
            return _error(20001, "Invalid parameter")
        if not 1 <= size <= MOST_LISTED or page < 0:
            return _error(20006, "Page size must be between 1 and 1000")
        found = [
            message
            for message in reversed(self.messages.values())
            if query.get("To", message.to) == message.to
            and query.get("From", message.from_) == message.from_
            and all(_was_sent(message, name, day) for name, day in days.items())
        ]
        path = f"/{API_VERSION}/Accounts/{self.account.sid}/Messages.json"

        def uri(number: int) -> str:
            return f"{path}?{urlencode({**query, 'PageSize': size, 'Page': number})}"

        more = len(found) > (page + 1) * size
        messages = [self.as_json(one) for one in found[page * size : (page + 1) * size]]
        return JSONResponse(
            {
                "messages": messages,
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": page * size + max(len(messages) - 1, 0),
                "uri": uri(page),
                "first_page_uri": uri(0),
                "previous_page_uri": uri(page - 1) if page else None,
                "next_page_uri": uri(page + 1) if more else None,
            }
        )

    def _error_of(self, message: Message) -> int | None:
        code = self.undeliverable.get(message.to)
        return int(code) if code and message.status == "undelivered" else None

    async def _deliver(self, message: Message) -> None:
        last = "undelivered" if message.to in self.undeliverable else "delivered"
        for status in ("sent", last):
            await asyncio.sleep(self.delivery_seconds)
            message.status = status
            message.sent_at = message.sent_at or datetime.now(UTC)
            code = self.undeliverable.get(message.to, "") if status == "undelivered" else ""
            self.journal.add(
                "twilio", "state", message.to, sid=message.sid, state=status, error=code
            )
            if message.callback:
                fields = {
                    "AccountSid": self.account.sid,
                    "ApiVersion": API_VERSION,
                    "From": message.from_,
                    "MessageSid": message.sid,
                    "MessageStatus": status,
                    "SmsSid": message.sid,
                    "SmsStatus": status,
                    "To": message.to,
                } | ({"ErrorCode": code} if code else {})
                await self._post(message.callback, fields, message.to)

    # from residents

    async def text(
        self,
        sender: str,
        body: str,
        media: tuple[Media, ...] = (),
        location: tuple[float, float] | None = None,
        sid: str | None = None,
    ) -> Posted:
        """Post a resident's text to Frontdesk; `sid` repeats an earlier one."""
        sid = sid or ("MM" if media else "SM") + secrets.token_hex(16)
        to = self.account.number
        if sender.startswith(WHATSAPP):
            to = WHATSAPP + to
        fields = {
            "AccountSid": self.account.sid,
            "ApiVersion": API_VERSION,
            "Body": body,
            "From": sender,
            "FromCountry": "US",
            "FromState": "CA",
            "MessageSid": sid,
            "NumMedia": str(len(media)),
            "NumSegments": str(size(body).segments),
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": to,
            "ToCountry": "US",
            "ToState": "CA",
        }
        if location:
            fields |= {"Latitude": str(location[0]), "Longitude": str(location[1])}
        for index, one in enumerate(media):
            media_sid = "ME" + secrets.token_hex(16)
            self.media[media_sid] = self.files.put(one)
            path = f"/{API_VERSION}/Accounts/{self.account.sid}/Messages/{sid}/Media/{media_sid}"
            fields[f"MediaUrl{index}"] = self.account.own_url + path
            fields[f"MediaContentType{index}"] = one.content_type
        self.journal.add(
            "twilio",
            "from_resident",
            sender,
            sid=sid,
            body=body,
            media=len(media),
            location=location,
        )
        now = datetime.now(UTC)
        self.messages[sid] = Message(
            sid, to, sender, body, status="received", at=now, sent_at=now, direction="inbound"
        )
        self._carrier_words(sender, body)
        return await self._post(self.account.frontdesk_url + "/webhooks/twilio", fields, sender)

    def _carrier_words(self, sender: str, body: str) -> None:
        """Texts only: what Twilio writes of these words names no WhatsApp."""
        if sender.startswith("whatsapp:"):
            return
        word = body.strip().upper()
        if word in STOP_WORDS and sender not in self.opted_out:
            self.opted_out.add(sender)
            self.journal.add("twilio", "carrier", sender, body="Carrier: texts are now blocked.")
        elif word in START_WORDS and sender in self.opted_out:
            self.opted_out.discard(sender)
            self.journal.add("twilio", "carrier", sender, body="Carrier: texts are on again.")

    async def _post(self, url: str, fields: dict[str, str], person: str) -> Posted:
        posted = await post_twilio(self.client, url, fields, self.account.auth_token)
        if not posted.accepted:
            self.journal.add("twilio", "webhook", person, status=posted.status)
        return posted

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Give up deliveries that are under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def authorised(self, request: Request, sid: str) -> bool:
        """The call carries the account's basic credentials."""
        wanted = base64.b64encode(f"{self.account.sid}:{self.account.auth_token}".encode()).decode()
        given = request.headers.get("authorization", "")
        return sid == self.account.sid and hmac.compare_digest(
            given.encode(), f"Basic {wanted}".encode()
        )


def _error(
    code: int, message: str, status: int = 400, headers: dict[str, str] | None = None
) -> Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": message, "more_info": more, "status": status}
    return JSONResponse(body, status, headers=headers)


def _was_sent(message: Message, name: str, day: date) -> bool:
    """Whether a message was sent on a day, or with `<` and `>` by that day or from it on."""
    if message.sent_at is None:
        return False
    sent = message.sent_at.date()
    if name == "DateSent":
        return sent == day
    return sent <= day if name == "DateSent<" else sent >= day


def router(twilio: TwilioStandIn) -> APIRouter:
    """Twilio's paths."""
    routes = APIRouter(prefix=f"/{API_VERSION}/Accounts/{{sid}}", tags=["twilio"])

    @routes.post("/Messages.json", response_model=None)
    async def create(sid: str, request: Request) -> Response:
        if not twilio.authorised(request, sid):
            return _error(20003, "Authenticate", 401)
        form = await request.form()
        return await twilio.take({key: str(value) for key, value in form.items()})

    @routes.get("/Messages.json", response_model=None)
    async def listed(sid: str, request: Request) -> Response:
        if not twilio.authorised(request, sid):
            return _error(20003, "Authenticate", 401)
        return twilio.listed(request.query_params)

    @routes.get("/Messages/{message_sid}.json", response_model=None)
    async def one(sid: str, message_sid: str, request: Request) -> Response:
        if not twilio.authorised(request, sid):
            return _error(20003, "Authenticate", 401)
        if message := twilio.messages.get(message_sid):
            return JSONResponse(twilio.as_json(message))
        return _error(20404, "The requested resource was not found", 404)

    @routes.get("/Messages/{message_sid}/Media/{media_sid}", response_model=None)
    async def media(sid: str, message_sid: str, media_sid: str, request: Request) -> Response:
        if not twilio.authorised(request, sid):
            return _error(20003, "Authenticate", 401)
        if found := twilio.media.get(media_sid):
            return RedirectResponse(found, 307)  # the file host asks for no password
        return _error(20404, f"No media of {message_sid}", 404)

    return routes
