"""The stand-ins, really served, and a Frontdesk that only takes down what it is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from desk.settings import Settings
from simulator.app import create_app
from simulator.client import Residents
from tests.serving import listen, served


@dataclass
class Took:
    """One webhook as Frontdesk got it."""

    url: str
    body: bytes
    headers: dict[str, str]


@dataclass
class Desk:
    """A Frontdesk that takes every webhook; it answers the first `failures` with 500."""

    url: str
    took: list[Took] = field(default_factory=list)
    failures: int = 0

    def wait(self, count: int, path: str = "") -> list[Took]:
        """The webhooks whose address holds `path`, when there are `count` of them."""
        until = time.monotonic() + 5
        while time.monotonic() < until:
            found = [one for one in list(self.took) if path in one.url]
            if len(found) >= count:
                return found
            time.sleep(0.01)
        raise AssertionError(f"{len(self.took)} webhooks, not {count}")


@dataclass
class Simulator:
    url: str
    settings: Settings
    desk: Desk
    residents: Residents

    def send_sms(self, auth: tuple[str, str] | None = None, **fields: str) -> httpx.Response:
        """What Frontdesk does to send a text."""
        sid = self.settings.twilio_account_sid
        form = {"To": "+12095550121", "From": self.settings.twilio_from, "Body": "hello"}
        return httpx.post(
            f"{self.url}/2010-04-01/Accounts/{sid}/Messages.json",
            data=form | fields,
            auth=auth or (sid, self.settings.twilio_auth_token.get_secret_value()),
            timeout=5,
        )

    def send_messenger(self, psid: str = "7001", token: str = "", **more: Any) -> httpx.Response:
        """What Frontdesk does to send a Messenger message."""
        body = {"recipient": {"id": psid}, "message": {"text": "hello"}} | more
        return httpx.post(
            f"{self.url}/v24.0/me/messages",
            json=body,
            headers={
                "authorization": "Bearer "
                + (token or self.settings.messenger_page_token.get_secret_value())
            },
            timeout=5,
        )


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with ExitStack() as stack:
        listeners = [listen() for _ in range(2)]
        ports = [one.getsockname()[1] for one in listeners]
        desk = Desk(f"http://127.0.0.1:{ports[0]}")
        frontdesk = FastAPI()

        @frontdesk.post("/{path:path}")
        async def take(request: Request) -> Response:
            desk.took.append(Took(str(request.url), await request.body(), dict(request.headers)))
            if desk.failures:
                desk.failures -= 1
                return Response(status_code=500)
            return Response(status_code=200)

        settings = Settings(
            _env_file=None,
            FRONTDESK_LOCAL=True,
            FRONTDESK_PUBLIC_URL=desk.url,
            SIMULATOR_PORT=ports[1],
            TWILIO_ACCOUNT_SID="AC" + "1" * 32,
            TWILIO_AUTH_TOKEN="twilio-secret",
            TWILIO_FROM="+12095550110",
            MESSENGER_APP_SECRET="app-secret",
            MESSENGER_PAGE_TOKEN="page-token",
            MESSENGER_PAGE_ID="9001",
        )
        stack.enter_context(served(frontdesk, listeners[0]))
        stack.enter_context(served(create_app(settings, delivery_seconds=0.01), listeners[1]))
        url = f"http://127.0.0.1:{ports[1]}"
        residents = stack.enter_context(Residents(url))
        yield Simulator(url, settings, desk, residents)
