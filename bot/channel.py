"""The only door into Rasa: the gateway hands in a message and gets all that the bot says to it."""

from __future__ import annotations

import hmac
import json
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.exceptions import RasaException
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.actions_endpoint import ActionsEndpoint
from bot.private_log import MESSAGE, fields, make_logs_private
from bot.tracker_store import FrontdeskTrackerStore
from bot.turn_failed import TurnFailed

_log = logging.getLogger(__name__)

_MAX_BODY = 64 * 1024
_MAX_TEXT = 4_000
_MAX_ID = 160
_COMMAND = re.compile(r"^(?:\s|/|EXTERNAL:)+", re.IGNORECASE)


class BadTurn(ValueError):
    """The request is not one of ours; the message says what is wrong, without its content."""


@dataclass(frozen=True)
class Turn:
    """One message of a resident, as Rasa is to hear it."""

    conversation_id: str
    message_id: str
    rasa_text: str
    metadata: dict[str, Any]


class FrontdeskChannel(InputChannel):
    """`POST /webhooks/frontdesk/turn`, for whoever knows `FRONTDESK_INTERNAL_TOKEN`."""

    def __init__(self, token: str) -> None:
        if not token:
            raise RasaException("FRONTDESK_INTERNAL_TOKEN is empty: the channel would be open.")
        self._authorization = f"Bearer {token}".encode()

    @classmethod
    def name(cls) -> str:
        return "frontdesk"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> InputChannel:  # noqa: ARG003
        make_logs_private()
        return cls(os.environ.get("FRONTDESK_INTERNAL_TOKEN", ""))

    def blueprint(
        self,
        on_new_message: Callable[[UserMessage], Awaitable[Any]],  # noqa: ARG002
    ) -> Blueprint:
        blueprint = Blueprint("frontdesk")

        @blueprint.post("/turn")
        async def turn(request: Request) -> HTTPResponse:
            given = request.headers.get("Authorization", "").encode()
            if not hmac.compare_digest(given, self._authorization):
                return json_response({"error": "unauthorized"}, status=401)
            agent: Agent | None = getattr(request.app.ctx, "agent", None)
            if agent is None or agent.processor is None:
                return json_response({"error": "no model is loaded"}, status=503)
            try:
                asked = read_turn(request.body, agent.domain.intents)
            except BadTurn as problem:
                return json_response({"error": str(problem)}, status=400)
            MESSAGE.set(asked.message_id)
            began = time.perf_counter()
            try:
                answer = await take_turn(agent, asked)
            except TurnFailed as failure:
                _log.error("turn_not_taken", extra=fields(why=str(failure)))
                return json_response({"error": "turn not taken"}, status=503)
            except Exception as error:  # noqa: BLE001 - whatever Rasa raises must not be logged with texts
                _log.error("turn_broke", extra=fields(error=type(error).__name__))
                return json_response({"error": "turn broke"}, status=500)
            ms = round((time.perf_counter() - began) * 1000, 1)
            _log.info("turn", extra=fields(repeated=answer["repeated"], ms=ms))
            return json_response(answer)

        @blueprint.listener("after_server_stop")
        async def close(app: Sanic, _loop: Any) -> None:
            agent: Agent | None = getattr(app.ctx, "agent", None)
            if agent is not None and agent.processor is not None:
                endpoint = agent.processor.action_endpoint
                if isinstance(endpoint, ActionsEndpoint):
                    await endpoint.close()

        return blueprint


async def take_turn(agent: Agent, turn: Turn) -> dict[str, Any]:
    """The answer to a turn; a message heard before is answered from the tracker, without a turn.

    Raises TurnFailed when the action server or the tracker store is away.
    """
    processor = agent.processor
    processor.tracker_store = store = _store_of(processor)
    if not isinstance(processor.action_endpoint, ActionsEndpoint):
        processor.action_endpoint = ActionsEndpoint(processor.action_endpoint)
    async with agent.lock_store.lock(turn.conversation_id):
        said = store.said_after(turn.conversation_id, turn.message_id)
        repeated = said is not None
        if said is None:
            await processor.handle_message(
                UserMessage(
                    turn.rasa_text,
                    sender_id=turn.conversation_id,
                    input_channel="frontdesk",
                    message_id=turn.message_id,
                    metadata=turn.metadata,
                )
            )
            said = store.just_said(turn.conversation_id, turn.message_id)
        if said is None:
            raise TurnFailed("the tracker was not stored")
    replies = [reply_of(event) for event in said]
    return {"message_id": turn.message_id, "repeated": repeated, "replies": replies}


def _store_of(processor: MessageProcessor) -> FrontdeskTrackerStore:
    """Our store, out of Rasa's wrapper. Raises TurnFailed when Rasa runs on another one.

    The wrapper makes new trackers of its own, and goes on with a store in memory when ours fails.
    Rasa takes one in memory too, with a warning, when it cannot import the configured one.
    """
    store = getattr(processor.tracker_store, "_tracker_store", processor.tracker_store)
    if not isinstance(store, FrontdeskTrackerStore):
        raise TurnFailed("Rasa runs without the configured tracker store")
    return store


def read_turn(body: bytes, topics: Collection[str]) -> Turn:
    """The turn in a request body, for a model that knows these topics. Raises BadTurn."""
    if len(body) > _MAX_BODY:
        raise BadTurn(f"the body is longer than {_MAX_BODY} bytes")
    try:
        asked = json.loads(body)
    except ValueError:
        raise BadTurn("the body is not JSON") from None
    if not isinstance(asked, dict):
        raise BadTurn("the body is not an object")
    for key in ("conversation_id", "message_id", "channel", "language"):
        if not isinstance(asked.get(key), str) or not 0 < len(asked[key]) <= _MAX_ID:
            raise BadTurn(f"{key} must be a text of 1 to {_MAX_ID} characters")
    text, choice = asked.get("text"), asked.get("choice")
    for key, value in (("text", text), ("choice", choice)):
        if value is not None and (not isinstance(value, str) or len(value) > _MAX_TEXT):
            raise BadTurn(f"{key} must be a text of at most {_MAX_TEXT} characters")
    metadata = {
        "channel": asked["channel"],
        "language": asked["language"],
        "message_id": asked["message_id"],
        "location": _location(asked.get("location")),
        "attachments": _attachments(asked.get("attachments")),
    }
    words = "" if choice else neutralised(text or "")
    rasa_text = words or payload_of(choice or "", topics)
    return Turn(asked["conversation_id"], asked["message_id"], rasa_text, metadata)


def _location(given: Any) -> dict[str, float] | None:
    if given is None:
        return None
    try:
        point = {key: float(given[key]) for key in ("latitude", "longitude")}
    except (KeyError, TypeError, ValueError):
        raise BadTurn("location must have latitude and longitude in degrees") from None
    if not (abs(point["latitude"]) <= 90 and abs(point["longitude"]) <= 180):
        raise BadTurn("location is not on this planet")
    return point


def _attachments(given: Any) -> list[Any]:
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BadTurn("attachments must be a list of objects")
    return given


def neutralised(text: str) -> str:
    """Typed text that Rasa cannot take for a command."""
    return _COMMAND.sub("", text).strip()


def payload_of(value: str, topics: Collection[str]) -> str:
    """Rasa's message for the value of a choice.

    A topic that is no intent of the model is a kind of report that the department added.
    """
    kind, _, topic = value.partition(":")
    if kind != "topic":
        return "/choose" + json.dumps({"value": value})
    return f"/{topic}" if topic in topics else "/file_report" + json.dumps({"topic": topic})


def value_of(payload: str) -> str:
    """The value of a choice, from Rasa's message for it."""
    if payload.startswith("/choose{"):
        return str(json.loads(payload[len("/choose") :])["value"])
    return "topic:" + payload.lstrip("/")


def reply_of(event: dict[str, Any]) -> dict[str, Any]:
    """What the bot said in one of Rasa's bot events: text, choices, and a command if it is one."""
    data = event.get("data") or {}
    reply: dict[str, Any] = {
        "text": event.get("text") or "",
        "choices": [
            {"title": button["title"], "value": value_of(button["payload"])}
            for button in data.get("buttons") or []
        ],
    }
    if data.get("custom"):
        reply["command"] = data["custom"]
    return reply
