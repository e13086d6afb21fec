"""Puts the console together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import anyio
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from console import (
    assets,
    conversation,
    daily_retention,
    front_page,
    health,
    queue_page,
    reports,
    sign_in,
    stream,
)
from console.access import Desk, NotSignedIn
from console.guard import Guard
from console.view import View
from desk import queue
from desk.database import Database
from desk.database.models import utc_now
from desk.database.notices import Notices
from desk.settings import Settings

log = structlog.get_logger(__name__)

_LOOK_FOR_LOST_SECONDS: Final = 20
_PAGES: Final = (health, assets, sign_in, front_page, queue_page, conversation, reports, stream)


def create_app(settings: Settings, database: Database | None = None) -> FastAPI:
    """The console's ASGI app. It also looks for conversations that an officer left behind, and
    deletes daily what is due."""
    database = database or Database(settings.database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        listening = asyncio.create_task(app.state.desk.notices.listen())
        looking = asyncio.create_task(_return_abandoned(app.state.desk))
        deleting = asyncio.create_task(daily_retention.delete_daily(app.state.desk))
        try:
            yield
        finally:
            listening.cancel()
            looking.cancel()
            deleting.cancel()
            database.close()

    app = FastAPI(title="Frontdesk console", lifespan=lifespan, openapi_url=None)
    app.state.desk = Desk(settings, database, Notices(database), View(settings))
    app.add_middleware(Guard, https=not settings.local)
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(HTTPException, _refusal)
    app.add_exception_handler(RequestValidationError, _malformed)
    for page in _PAGES:
        app.include_router(page.router)
    return app


async def _return_abandoned(desk: Desk) -> None:
    def look() -> list[str]:
        with desk.database.transaction() as session:
            return queue.return_abandoned(session, utc_now())

    while True:
        await asyncio.sleep(_LOOK_FOR_LOST_SECONDS)
        try:
            for conversation_id in await anyio.to_thread.run_sync(look):
                log.info("conversation_returned", conversation_id=conversation_id)
        except SQLAlchemyError as error:
            log.warning("look_for_lost_failed", error=type(error).__name__)


async def _to_sign_in(request: Request, _error: Exception) -> Response:
    if request.method == "GET" and "hx-request" not in request.headers:
        return RedirectResponse("/sign-in", 303)
    return Response("Sign in again.", 401, media_type="text/plain")


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    desk: Desk = request.app.state.desk
    return desk.view.page(
        "refused.html", status=error.status_code, why=str(error.detail), code=error.status_code
    )


async def _malformed(request: Request, _error: Exception) -> Response:
    return await _refusal(request, HTTPException(422, "The form was not filled in as expected."))
