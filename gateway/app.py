"""Puts the gateway together."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import aiohttp
import anyio
import httpx
import structlog
from asgi_correlation_id import CorrelationIdMiddleware
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from desk.database import Database
from desk.database.notices import Notice, Notices
from desk.settings import Settings
from gateway import health, metrics, webhooks
from gateway.channels import web
from gateway.channels.messenger import MessengerAdapter
from gateway.channels.sms import SmsAdapter
from gateway.delivery import Adapter, Logged
from gateway.dispatcher import Dispatcher
from gateway.fetcher import Fetcher
from gateway.front import Gateway, check
from gateway.guard import Guard
from gateway.load import Load
from gateway.look_up import LookUp
from gateway.media import Media
from gateway.rasa import Rasa
from gateway.sender import Sender
from gateway.store import Store
from gateway.waking import CALLED_POLL_SECONDS, POLL_SECONDS

log = structlog.get_logger(__name__)

_TROUBLE_SECONDS: Final = 0.5

ROUTERS: Final = (webhooks.router, web.router, health.router, metrics.router)

# httpx asks the system about every idle connection before and after each call: few are quicker.
_LIMITS: Final = httpx.Limits(max_connections=128, max_keepalive_connections=8)
_IDLE_SECONDS: Final = 3.0  # Rasa closes an idle connection after 5: never be as late as it


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """The gateway's ASGI app; its loops run as long as it is served, then the database is closed.

    Raises ConfigurationError when the settings would leave a door open.
    """
    check(settings)
    database = database or Database(settings.database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            httpx.AsyncClient(timeout=settings.provider_timeout, limits=_LIMITS) as client,
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(keepalive_timeout=_IDLE_SECONDS)
            ) as to_rasa,
        ):
            store = Store(database)
            rasa = Rasa(settings, to_rasa)
            texts = SmsAdapter(settings, client)
            adapters: dict[str, Adapter] = {
                "sms": Logged(texts),
                "messenger": Logged(MessengerAdapter(settings, client)),
            }
            load = Load()
            sender = Sender(settings, store, adapters, load)
            look_up = LookUp(settings, store, {"sms": texts})  # Meta has no list to look at
            fetcher = Fetcher(settings, store, Media(settings, client), sender.wake)
            notices = Notices(database)
            dispatcher = Dispatcher(
                settings,
                store,
                rasa,
                sender.wake,
                fetcher.wake,
                load,
                poll=lambda: CALLED_POLL_SECONDS if notices.alive else POLL_SECONDS,
            )
            app.state.gateway = Gateway(
                settings, store, notices, dispatcher, sender, client, rasa.urls
            )
            await anyio.to_thread.run_sync(dispatcher.warm_up)
            gc.freeze()  # what was loaded stays: a collection of it would stop everything
            measuring = asyncio.create_task(load.run())
            listening = asyncio.create_task(_kept_running(notices.listen))
            dispatching = asyncio.create_task(_kept_running(dispatcher.run))
            fetching = asyncio.create_task(_kept_running(fetcher.run))
            sending = asyncio.create_task(_kept_running(sender.run))
            looking_up = asyncio.create_task(_kept_running(look_up.run))
            try:
                with notices.calling(partial(_wake, dispatcher, sender)):
                    yield
            finally:
                listening.cancel()
                dispatcher.stop()
                fetcher.stop()
                look_up.stop()
                # their last replies are stored before the sender looks again
                await asyncio.gather(dispatching, fetching, looking_up)
                sender.stop()
                await sending
                measuring.cancel()
                await store.close()
        database.close()

    app = FastAPI(
        title="Frontdesk gateway",
        lifespan=lifespan,
        docs_url="/docs" if settings.local else None,
        redoc_url=None,
        openapi_url="/openapi.json" if settings.local else None,
    )
    app.add_middleware(CorrelationIdMiddleware)
    app.add_middleware(Guard, https=settings.public_url.startswith("https://"))
    app.add_exception_handler(HTTPException, _refusal)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(Exception, _broken)
    for router in ROUTERS:
        app.include_router(router)
    return app


def _wake(dispatcher: Dispatcher, sender: Sender, notice: Notice) -> None:
    """Look at what another process has stored; what this one stores wakes its loops itself."""
    if notice.ours:
        return
    if notice.about("message_in"):
        dispatcher.look()
    if notice.about("message_out"):
        sender.wake()


async def _kept_running(loop: Callable[[], Awaitable[None]]) -> None:
    """Begin a loop again when something nobody thought of has ended it."""
    while True:
        try:
            return await loop()
        except Exception:
            log.exception("loop_broke")
            await asyncio.sleep(_TROUBLE_SECONDS)


async def _refusal(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _broken(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"error": "internal"}, 500)


async def _malformed(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"error": "malformed"}, 422)
