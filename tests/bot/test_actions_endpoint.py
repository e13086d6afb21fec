"""Rasa asks the other action server when one refuses or breaks."""

from __future__ import annotations

import pytest

from tests.bot.conftest import InBot

_SCRIPT = """
import asyncio, os
from aiohttp import web
from rasa.utils.endpoints import EndpointConfig

async def talk():
    calls = []

    async def answer(_):
        calls.append("answered")
        return web.json_response({"events": [], "responses": []})

    async def breaks(request):
        calls.append("broken")
        request.transport.close()
        return web.Response()

    async def serve(handler):
        app = web.Application()
        app.router.add_post("/webhook", handler)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return runner, site._server.sockets[0].getsockname()[1]

    first, refusing = await serve(answer)
    await first.cleanup()
    second, breaking = await serve(breaks)
    third, good = await serve(answer)
    ports = {"refuses": refusing, "breaks": breaking, "answers": good}
    os.environ["ACTIONS_URL"] = ", ".join(f"http://127.0.0.1:{ports[one]}" for one in NAMES)
    from bot.actions_endpoint import ActionsEndpoint
    from bot.turn_failed import TurnFailed
    endpoint = ActionsEndpoint(EndpointConfig())
    got = []
    for _ in range(2):
        try:
            got.append(await endpoint.request(json={"tracker": {}}))
        except TurnFailed:
            got.append("failed")
    await endpoint.close()
    for one in (second, third):
        await one.cleanup()
    return {"got": got, "calls": calls}

told = asyncio.run(talk())
"""
ANSWER = {"events": [], "responses": []}


@pytest.mark.parametrize(
    ("names", "got", "calls"),
    [
        (["refuses", "answers"], [ANSWER] * 2, ["answered"] * 2),
        (["breaks", "answers"], [ANSWER] * 2, ["broken", "answered", "answered"]),
        (["breaks"], ["failed"] * 2, ["broken"] * 2),
        (["refuses", "breaks"], ["failed"] * 2, ["broken"] * 2),
    ],
)
def test_the_next_action_server_is_asked_when_one_breaks(
    in_bot: InBot, names: list[str], got: list[object], calls: list[str]
) -> None:
    told = in_bot(_SCRIPT.replace("NAMES", repr(names)))
    assert told == {"got": got, "calls": calls}
