"""Where Twilio and Meta call us: verified first, acknowledged only when stored."""

from __future__ import annotations

import hmac
import json
from typing import Final
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from desk.database.models import utc_now
from gateway.channels import messenger, sms
from gateway.front import Gateway, gateway_of

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/webhooks")

_EMPTY_TWIML: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_MOST_FIELDS: Final = 200


@router.post("/twilio")
async def twilio(request: Request) -> Response:
    """A text, or a WhatsApp message."""
    gateway = gateway_of(request)
    message = sms.read(await _signed_by_twilio(request, gateway))
    if message is None:
        raise HTTPException(400, "no_message")
    try:
        await gateway.accept(message)
    except SQLAlchemyError as error:
        raise _not_stored(error) from None
    return Response(_EMPTY_TWIML, media_type="application/xml")


@router.post("/twilio/status", status_code=204)
async def twilio_status(request: Request) -> Response:
    """What became of a text of ours."""
    gateway = gateway_of(request)
    fields = await _signed_by_twilio(request, gateway)
    state = sms.read_status(fields)
    if state is None:
        log.info("status_unknown")
        return Response(status_code=204)
    named = request.query_params.get("outbox", "")
    sid = fields.get("MessageSid") or fields.get("SmsSid")
    try:
        await gateway.store.write(
            lambda session: sms.note_status(session, named, sid, state, fields, utc_now())
        )
    except SQLAlchemyError as error:
        raise _not_stored(error) from None
    return Response(status_code=204)


@router.get("/messenger")
async def messenger_verification(request: Request) -> Response:
    """Meta asks once whether this address is ours."""
    wanted = gateway_of(request).settings.messenger_verify_token.get_secret_value()
    asked = request.query_params
    given = asked.get("hub.verify_token", "")
    if asked.get("hub.mode") != "subscribe" or not wanted:
        raise HTTPException(403, "refused")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        raise HTTPException(403, "refused")
    return PlainTextResponse(asked.get("hub.challenge", ""))


@router.post("/messenger")
async def messenger_events(request: Request) -> Response:
    """What happened in the page's threads: several pages, several events."""
    gateway = gateway_of(request)
    body = await request.body()
    secret = gateway.settings.messenger_app_secret.get_secret_value()
    if not messenger.is_signed(secret, body, request.headers.get("x-hub-signature-256", "")):
        raise HTTPException(403, "refused")
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "not_json") from None
    happenings = messenger.read(payload, gateway.settings.messenger_page_id)
    try:
        receipts = await gateway.store.acknowledged(
            lambda session: messenger.take(session, happenings, utc_now())
        )
    except SQLAlchemyError as error:
        raise _not_stored(error) from None
    gateway.came(receipts)
    return PlainTextResponse("EVENT_RECEIVED")


async def _signed_by_twilio(request: Request, gateway: Gateway) -> sms.Fields:
    body = await request.body()
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise HTTPException(403, "refused") from None
    fields = sms.Fields(pairs)
    query = request.url.query
    target = request.url.path + (f"?{query}" if query else "")
    if not sms.is_signed(gateway.settings, target, fields, request.headers):
        raise HTTPException(403, "refused")
    return fields


def _not_stored(error: SQLAlchemyError) -> HTTPException:
    log.error("not_stored", exc_info=error)
    return HTTPException(503, "not_stored")
