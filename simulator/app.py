"""Puts the two stand-ins, their switches and the page together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx
from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.settings import Settings
from simulator import control, graph, media, twilio
from simulator.journal import Journal

_FOLDER = Path(__file__).parent
_CSP: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    b"img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(settings: Settings, *, delivery_seconds: float = 0.05) -> FastAPI:
    """The simulator for one Frontdesk.

    Uses the accounts and secrets in `settings` as the providers would know them, and posts
    webhooks to `settings.public_url` (or the gateway's port on this machine).
    """
    frontdesk_url = (
        settings.public_url or f"http://{settings.host}:{settings.gateway_port}"
    ).rstrip("/")
    journal = Journal()
    client = httpx.AsyncClient()
    own_url = f"http://{settings.host}:{settings.simulator_port}"
    files = media.Files(own_url, journal)
    sms = twilio.TwilioStandIn(
        twilio.Account(
            sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            number=settings.twilio_from,
            frontdesk_url=frontdesk_url,
            own_url=own_url,
        ),
        client,
        journal,
        files,
        delivery_seconds,
    )
    messenger = graph.GraphStandIn(
        graph.Page(
            id=settings.messenger_page_id,
            token=settings.messenger_page_token.get_secret_value(),
            app_secret=settings.messenger_app_secret.get_secret_value(),
            frontdesk_url=frontdesk_url,
        ),
        client,
        journal,
        files,
        delivery_seconds,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield
            await sms.stop()
            await messenger.stop()

    app = FastAPI(title="Frontdesk simulator", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(_Headers)
    app.include_router(twilio.router(sms))
    app.include_router(media.router(files))
    app.include_router(control.router(sms, messenger, files, journal))
    app.mount("/static", StaticFiles(directory=_FOLDER / "static"))

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(_FOLDER / "page.html")

    @app.get("/health", include_in_schema=False)
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    app.include_router(graph.router(messenger))  # last: its paths begin with a variable
    return app


class _Headers:
    """Adds the headers that keep other sites out of the page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", _CSP),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                    (b"cache-control", b"no-store"),
                ]
            await send(message)

        await self.app(scope, receive, with_headers)
