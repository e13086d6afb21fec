"""The action server: what Rasa calls to have an action run, on loopback."""

from __future__ import annotations

import gc
import hmac
import os
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import structlog
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionNotFoundException

from actions import geocoders
from actions.answers import ActionAnswer
from actions.danger import ActionDanger
from actions.desk_action import database
from actions.dialogue import ActionBack, ActionChoose, ActionDialogue
from actions.feedback import ValidateFeedbackForm
from actions.filed import ActionReportStatus
from actions.language import ActionChangeLanguage
from actions.people import ActionTalkToPerson
from actions.reports import ValidateReportForm
from actions.stations import ActionFindStation, ActionMyDistrict, ValidatePlaceForm
from actions.unsure import ActionUnsure
from desk import department, logs, places, safety
from desk.department import Department
from desk.places import PlaceFound, geocoding
from desk.reports import report_types, times
from desk.settings import settings
from desk.wording import DEFAULT_LANGUAGE

ACTIONS: Final[tuple[type[Action], ...]] = (
    ActionAnswer,
    ActionBack,
    ActionChangeLanguage,
    ActionChoose,
    ActionDanger,
    ActionDialogue,
    ActionFindStation,
    ActionMyDistrict,
    ActionReportStatus,
    ActionTalkToPerson,
    ActionUnsure,
    ValidateFeedbackForm,
    ValidatePlaceForm,
    ValidateReportForm,
)
TOKEN_HEADER: Final = "X-Frontdesk-Token"  # noqa: S105 - the name of a header
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")

log = structlog.get_logger(__name__)


class Unprotected(RuntimeError):
    """The action server would answer anybody on the network."""


def app(token: str, actions: Iterable[type[Action]] = ACTIONS) -> FastAPI:
    """The server's application. An empty token lets everybody on this machine in."""
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action())
    expected = f"token={token}".encode()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        database().close()

    application = FastAPI(lifespan=lifespan, openapi_url=None)

    @application.get("/health")
    def health() -> dict[str, str]:
        with database().reading() as session:
            session.connection().exec_driver_sql("SELECT 1")
        return {"status": "ok"}

    @application.post("/webhook")
    async def webhook(request: Request) -> JSONResponse:
        given = request.headers.get(TOKEN_HEADER, "").encode()
        if token and not hmac.compare_digest(given, expected):
            return JSONResponse({"error": "unauthorized"}, status_code=401)
        call: dict[str, Any] = {**await request.json(), "domain": {}}  # ours need none
        name, inbox_id = call.get("next_action"), _message_of(call)
        began = time.perf_counter()
        try:
            result = await executor.run(call)
        except ActionNotFoundException:
            log.error("action_unknown", action=name, inbox_id=inbox_id)
            return JSONResponse({"error": "no such action"}, status_code=404)
        except Exception as error:
            log.error("action_failed", action=name, inbox_id=inbox_id, exc_info=error)
            return JSONResponse({"error": "the action failed"}, status_code=500)
        ms = round((time.perf_counter() - began) * 1000, 1)
        log.info("action", action=name, inbox_id=inbox_id, ms=ms)
        return JSONResponse(result.model_dump() if result else None)

    return application


def warm_up(of: Department) -> None:
    """Build what the desk builds on first use, so that no resident waits seconds for it."""
    now = datetime.now(UTC)
    safety.warm_up()
    report_types(of.folder)
    times.understand("yesterday at 5 pm", now, of.profile.zone, DEFAULT_LANGUAGE)
    for station in of.stations[:1]:
        place = places.understand(station.address or "", of)
        if isinstance(place, PlaceFound):
            places.replies.station(place, of, DEFAULT_LANGUAGE, now)


def _message_of(call: dict[str, Any]) -> int | str | None:
    """The id of the message that an action is run for: the gateway's `inbox_id`."""
    latest = (call.get("tracker") or {}).get("latest_message") or {}
    given = latest.get("message_id")
    return int(given) if isinstance(given, str) and given.isdecimal() else given


def main() -> None:
    """Check the database and the department, then serve on ACTIONS_PORT.

    Raises DatabaseBehind when the schema is old, DepartmentBroken when the department's folder is,
    Unprotected when FRONTDESK_INTERNAL_TOKEN is empty and the host is more than this machine.
    """
    logs.set_up()
    ours = settings()
    host = os.environ.get("ACTIONS_HOST") or "127.0.0.1"
    token = ours.internal_token.get_secret_value()
    if not token and host not in _LOOPBACK:
        raise Unprotected("FRONTDESK_INTERNAL_TOKEN is empty")
    database().check_schema()
    warm_up(department.load(ours.department))
    gc.freeze()  # what was loaded stays: a collection of it would stop everything
    geocoding.use(geocoders.chosen(ours))
    log.info("actions_ready", port=ours.actions_port, protected=bool(token))
    uvicorn.run(app(token), host=host, port=ours.actions_port, log_config=None, access_log=False)
