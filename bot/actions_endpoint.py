"""The way from Rasa to the action server: one kept connection, a bound on time, loud failures."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import aiohttp
from jsonschema import ValidationError
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig

from bot.turn_failed import TurnFailed

_IDLE_SECONDS = 3.0  # the action server closes an idle connection after 5: never be as late as it
_SECONDS = 3.5  # less than the gateway waits for the whole turn (RASA_TIMEOUT, 4 s)
_SCHEMA = RemoteAction.action_response_format_spec()
_VALIDATOR: type[Any] = validator_for(_SCHEMA)


class ActionsEndpoint(EndpointConfig):
    """Replaces Rasa's own endpoint, which waits 300 s and opens a connection for each call.

    `ACTIONS_URL` (without a path; of several, comma-separated, the next is asked when one breaks)
    and `ACTIONS_TIMEOUT` (seconds) override what endpoints.yml and this module say. Answers are
    checked here: Rasa compiles its schema for each anew, which took two thirds of a turn, and goes
    on without the action when one is wrong.
    """

    def __init__(self, configured: EndpointConfig) -> None:
        named = [one.strip() for one in os.environ.get("ACTIONS_URL", "").split(",")]
        urls = [f"{one.rstrip('/')}/webhook" for one in named if one] or [configured.url]
        self._urls = urls
        super().__init__(
            url=urls[0],
            headers=configured.headers,
            **configured.kwargs,
        )
        self._seconds = float(os.environ.get("ACTIONS_TIMEOUT") or _SECONDS)
        self._kept: aiohttp.ClientSession | None = None
        RemoteAction._validate_action_result = lambda _action, _answer: True  # type: ignore[method-assign]

    async def request(
        self,
        method: str = "post",  # noqa: ARG002
        subpath: str | None = None,  # noqa: ARG002
        content_type: str | None = "application/json",  # noqa: ARG002
        compress: bool = False,  # noqa: ARG002
        **kwargs: Any,
    ) -> Any | None:
        """The action server's JSON answer to `json`. Raises TurnFailed when there is none.

        Asking another one again is safe: an action stores once for a message.
        """
        try:
            return await asyncio.wait_for(
                self._first_answer(_without_history(kwargs["json"])), self._seconds
            )
        except ValidationError:
            raise TurnFailed("the action server's answer is not one") from None
        # on Python 3.10 asyncio's TimeoutError is not yet the built-in one
        except (asyncio.TimeoutError, aiohttp.ClientError, OSError) as error:
            raise TurnFailed(f"the action server: {type(error).__name__}") from None

    async def _first_answer(self, call: dict[str, Any]) -> Any:
        for left in reversed(range(len(self._urls))):
            asked = self.url
            try:
                return await self._answer(asked, call)
            except aiohttp.ClientConnectionError:
                if self.url == asked:  # else another call has found that out
                    self.url = self._urls[(self._urls.index(asked) + 1) % len(self._urls)]
                if not left:
                    raise
        raise AssertionError("unreachable")

    async def _answer(self, url: str, call: dict[str, Any]) -> Any:
        async with self._session().post(url, json=call) as got:
            if got.status != 200:
                raise TurnFailed(f"the action server answered {got.status}")
            answer = await got.json()
            check_answer(answer)
            return answer

    def _session(self) -> aiohttp.ClientSession:
        if self._kept is None or self._kept.closed:
            self._kept = aiohttp.ClientSession(
                headers=self.headers,
                connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_SECONDS),
            )
        return self._kept

    async def close(self) -> None:
        """Close the kept connection."""
        if self._kept is not None:
            await self._kept.close()


def check_answer(answer: Any) -> None:
    """Refuse what is no answer of an action. Raises jsonschema.ValidationError.

    Rasa's schema tries each event against every kind that there is. Here it is held against its
    own kind only, which says the same.
    """
    _FRAME.validate(answer)
    for event in answer.get("events", ()):
        _EVENT.validate(event)
        _KINDS.get(event["event"], _NO_KIND).validate(event)


def _kinds(event_schema: dict[str, Any]) -> dict[str, Any]:
    return {
        kind["properties"]["event"]["const"]: _VALIDATOR(kind) for kind in event_schema["oneOf"]
    }


_EVENTS = _SCHEMA["properties"]["events"]
_FRAME = _VALIDATOR(
    {**_SCHEMA, "properties": {**_SCHEMA["properties"], "events": {"type": "array"}}}
)
_EVENT = _VALIDATOR({key: value for key, value in _EVENTS["items"].items() if key != "oneOf"})
_KINDS = _kinds(_EVENTS["items"])
_NO_KIND = _VALIDATOR({"not": {}})


def _without_history(call: dict[str, Any]) -> dict[str, Any]:
    """The call without earlier events: our actions read the latest message and the slots."""
    return {**call, "tracker": {**call["tracker"], "events": []}}
