"""A gateway as it is served, with the simulator for providers and a small Rasa, all over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import SecretStr
from sqlalchemy import select
from starlette.types import ASGIApp

from desk.database import Database
from desk.database.models import Base, Conversation, OutboxMessage
from desk.settings import ROOT, Settings
from gateway.app import create_app
from simulator.app import create_app as create_simulator
from simulator.client import Residents
from tests.serving import address, listen, served

T = TypeVar("T")
Row = TypeVar("Row", bound=Base)
TOKEN = "only-between-us"
PHONE = "+12095550123"
NUMBER = "+12095550100"


@dataclass
class SmallRasa:
    """Rasa's side of the turn contract. `mode` says how it behaves."""

    mode: str = "answers"  # answers | slow | 500 | garbage | empty
    slow_seconds: float = 1.5
    replies: list[dict[str, Any]] = field(
        default_factory=lambda: [{"text": "Here is your answer.", "choices": []}]
    )
    turns: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> FastAPI:
        """The HTTP face."""
        app = FastAPI()

        @app.get("/status")
        async def status(token: str) -> Response:
            if token != TOKEN:
                return JSONResponse({}, 401)
            return JSONResponse({"model_file": "models/demo.tar.gz", "model_id": "1"})

        @app.get("/health")
        async def health() -> Response:
            return JSONResponse({"status": "ok"})

        @app.post("/webhooks/frontdesk/turn")
        async def turn(request: Request) -> Response:
            if request.headers["authorization"] != f"Bearer {TOKEN}":
                return JSONResponse({}, 401)
            asked = await request.json()
            repeated = any(one["message_id"] == asked["message_id"] for one in self.turns)
            self.turns.append(asked)
            mode = self.mode
            if mode == "slow":
                await anyio.sleep(self.slow_seconds)
            if mode == "500":
                return JSONResponse({"error": "broke"}, 500)
            if mode == "garbage":
                return Response("<html>not JSON", media_type="text/html")
            return JSONResponse(
                {
                    "message_id": asked["message_id"],
                    "repeated": repeated,
                    "replies": [] if mode == "empty" else self.replies,
                }
            )

        return app


@dataclass
class Front:
    """What a test works with."""

    url: str
    settings: Settings
    database: Database
    rasa: SmallRasa
    residents: Residents
    app: FastAPI

    def rows(self, model: type[Row]) -> list[Row]:
        """All rows of a table, oldest first."""
        with self.database.reading() as session:
            key = model.__mapper__.primary_key[0]
            found = list(session.scalars(select(model).order_by(key)))
            session.expunge_all()
            return found

    def conversation(self) -> Conversation:
        """The only conversation."""
        (only,) = self.rows(Conversation)
        return only

    def said(self) -> list[str]:
        """What was said to residents, oldest first."""
        return [row.text for row in self.rows(OutboxMessage)]

    def eventually(self, look: Callable[[], T], seconds: float = 10.0) -> T:
        """What `look` gives as soon as it is true."""
        until = time.monotonic() + seconds
        while True:
            if found := look():
                return found
            assert time.monotonic() < until, f"not within {seconds} s: {self.said()}"
            time.sleep(0.02)

    def quiet(self, seconds: float = 0.8) -> None:
        """Give what must not happen the time to happen."""
        time.sleep(seconds)


def settings_for(**changes: Any) -> Settings:
    """Settings of a test's gateway, read from nowhere else."""
    values: dict[str, Any] = {
        "department": ROOT / "department",
        "twilio_account_sid": "AC" + "0" * 32,
        "twilio_auth_token": SecretStr("twilio-token"),
        "twilio_from": NUMBER,
        "messenger_app_secret": SecretStr("app-secret"),
        "messenger_page_token": SecretStr("page-token"),
        "messenger_page_id": "1000",
        "messenger_verify_token": SecretStr("verify-token"),
        "internal_token": SecretStr(TOKEN),
        "secret_key": SecretStr("k" * 43),
        "twilio_rate": 1000.0,
        "look_up_after": 0.3,
        "rasa_timeout": 2.5,
        "provider_timeout": 2.0,
    }
    return Settings.model_construct(**Settings().model_dump() | values | changes)


@pytest.fixture
def rasa() -> SmallRasa:
    return SmallRasa()


@pytest.fixture
def changes() -> dict[str, Any]:
    """Settings a test module may change."""
    return {}


@pytest.fixture
def front(database: Database, rasa: SmallRasa, changes: dict[str, Any]) -> Iterator[Front]:
    """The gateway with everything around it."""
    listeners = [listen() for _ in range(3)]
    gateway, bot, simulator = (one.getsockname()[1] for one in listeners)
    settings = settings_for(
        public_url=f"http://127.0.0.1:{gateway}",
        gateway_port=gateway,
        simulator_port=simulator,
        rasa_url=f"http://127.0.0.1:{bot}",
        actions_url=f"http://127.0.0.1:{bot}",
        twilio_api_url=f"http://127.0.0.1:{simulator}",
        graph_api_url=f"http://127.0.0.1:{simulator}",
        **changes,
    )
    app = create_app(settings, database)
    with (
        served(rasa.app(), listeners[1]),
        served(create_simulator(settings), listeners[2]),
        Residents(f"http://127.0.0.1:{simulator}") as residents,
        served(app, listeners[0]),
    ):
        yield Front(settings.public_url, settings, database, rasa, residents, app)


@pytest.fixture
def http(front: Front) -> Iterator[httpx.Client]:
    """A client that speaks to the gateway."""
    with httpx.Client(base_url=front.url, timeout=20) as client:
        yield client


@pytest.fixture
def serve() -> Iterator[Callable[[ASGIApp], str]]:
    """Serves apps until the test ends; gives their addresses."""
    with ExitStack() as stack:

        def start(app: ASGIApp) -> str:
            listener = listen()
            stack.enter_context(served(app, listener))
            return address(listener)

        yield start


@pytest.fixture
def gateway_settings() -> Settings:
    return settings_for()
