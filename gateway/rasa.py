"""Calls Rasa for one turn of a conversation, within bounds."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any, Final

import aiohttp
import structlog
from pydantic import BaseModel, ValidationError

from desk.conversations.turns import Turn
from desk.settings import Settings, addresses

log = structlog.get_logger(__name__)

_COMMAND: Final = re.compile(r"\A(?:[\s/]+|EXTERNAL:\s*)+", re.IGNORECASE)
_TRIES: Final = 2
_OK: Final = 200


class RasaFailed(Exception):
    """Rasa gave no answer that can be used; `reason` is one word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason: Final = reason


class OfferedChoice(BaseModel):
    """A choice as Rasa's channel answers it."""

    title: str
    value: str


class TurnReply(BaseModel):
    """One thing Rasa said, or ordered."""

    text: str | None = None
    choices: list[OfferedChoice] = []
    command: dict[str, Any] | None = None


class TurnAnswer(BaseModel):
    """The answer of Rasa's channel to one turn."""

    message_id: str
    repeated: bool = False
    replies: list[TurnReply]


def neutral(text: str) -> str:
    """A typed text as Rasa may read it: what would make it a command is taken off its front."""
    return _COMMAND.sub("", text)


class Rasa:
    """The bot, behind its `frontdesk` channel.

    It is called for each message, so by aiohttp: a call takes an eighth of what httpx needs.
    """

    def __init__(self, settings: Settings, client: aiohttp.ClientSession) -> None:
        self.urls: Final = addresses(settings.rasa_url) or (
            f"http://{settings.host}:{settings.rasa_port}",
        )
        self._asked = 0  # which of them
        self._token = settings.internal_token.get_secret_value()
        self._timeout = settings.rasa_timeout
        self._client = client

    async def turn(self, turn: Turn, language: str) -> TurnAnswer:
        """Rasa's answer to a message. Raises RasaFailed, at the latest after the timeout set.

        Asking twice is safe: Rasa knows the message id and answers it without a new turn. So a
        connection that broke is tried once more in the time that is left, at the next Rasa where
        there are several: they share their trackers.
        """
        began = time.perf_counter()
        outcome = "answered"
        try:
            return await self._turn(self._body(turn, language))
        except RasaFailed as failure:
            outcome = failure.reason
            raise
        finally:
            ms = round((time.perf_counter() - began) * 1000, 1)
            log.info("turn", inbox_id=turn.inbox_id, outcome=outcome, ms=ms)

    async def _turn(self, body: dict[str, Any]) -> TurnAnswer:
        try:
            async with asyncio.timeout(self._timeout):
                status, said = await self._post(body)
        except TimeoutError:
            raise RasaFailed("timeout") from None
        if status != _OK:
            raise RasaFailed(f"status_{status}")
        try:
            answer = TurnAnswer.model_validate_json(said)
        except ValidationError:
            raise RasaFailed("garbage") from None
        if answer.message_id != body["message_id"]:
            raise RasaFailed("garbage")
        if not any(reply.text or reply.command for reply in answer.replies):
            raise RasaFailed("empty")
        return answer

    async def _post(self, body: dict[str, Any]) -> tuple[int, bytes]:
        for left in reversed(range(max(_TRIES, len(self.urls)))):
            asked = self._asked
            try:
                async with self._client.post(
                    f"{self.urls[asked]}/webhooks/frontdesk/turn",
                    json=body,
                    headers={"Authorization": f"Bearer {self._token}"},
                ) as response:
                    return response.status, await response.read()
            except TimeoutError:
                raise
            except (aiohttp.ClientError, OSError):
                if self._asked == asked:  # else another turn has found that out
                    self._asked = (asked + 1) % len(self.urls)
                if not left:
                    raise RasaFailed("unreachable") from None
        raise AssertionError("unreachable")

    @staticmethod
    def _body(turn: Turn, language: str) -> dict[str, Any]:
        body: dict[str, Any] = {
            "conversation_id": turn.conversation_id,
            "message_id": str(turn.inbox_id),
            "channel": turn.channel,
            "language": language,
        }
        if turn.choice is not None:
            body["choice"] = turn.choice
        else:
            body["text"] = neutral(turn.text)
        if turn.location:
            body["location"] = turn.location
        if turn.attachments:
            body["attachments"] = turn.attachments
        return body
