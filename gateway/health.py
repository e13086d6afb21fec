"""Says whether the gateway lives, and whether all it needs is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final

import anyio
import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from desk.conversations.outbox import oldest_waiting
from desk.database import DatabaseBehind
from desk.database.models import utc_now
from desk.settings import addresses
from gateway.front import Gateway, gateway_of

router = APIRouter(prefix="/health")

BACKLOG_LIMIT: Final = timedelta(seconds=60)
_PROBE_SECONDS: Final = 2.0


@router.get("/live")
async def live() -> dict[str, str]:
    """This process answers."""
    return {"status": "ok"}


@router.get("/ready")
async def ready(request: Request) -> JSONResponse:
    """Each part's truth; 503 when one of them is not as it should be."""
    gateway = gateway_of(request)
    names = ("database", "sender", "rasa", "actions")
    found = await asyncio.gather(
        _database(gateway), _sender(gateway), _rasa(gateway), _actions(gateway)
    )
    parts = dict(zip(names, found, strict=True))
    all_well = all(part["ok"] for part in parts.values())
    status = "ready" if all_well else "not_ready"
    return JSONResponse({"status": status, "parts": parts}, 200 if all_well else 503)


async def _database(gateway: Gateway) -> dict[str, Any]:
    try:
        await anyio.to_thread.run_sync(gateway.store.database.check_schema)
    except DatabaseBehind:
        return {"ok": False, "why": "schema"}
    except SQLAlchemyError:
        return {"ok": False, "why": "unreachable"}
    return {"ok": True}


async def _sender(gateway: Gateway) -> dict[str, Any]:
    try:
        waiting = await gateway.store.read(lambda session: oldest_waiting(session, utc_now()))
    except SQLAlchemyError:
        return {"ok": False, "why": "database"}
    return {"ok": waiting < BACKLOG_LIMIT, "oldest_seconds": round(waiting.total_seconds(), 1)}


async def _rasa(gateway: Gateway) -> dict[str, Any]:
    return await _any(partial(_one_rasa, gateway), gateway.rasa_urls)


async def _any(
    look: Callable[[str], Awaitable[dict[str, Any]]], urls: tuple[str, ...]
) -> dict[str, Any]:
    """The truth about those that do the same: one is enough."""
    found = await asyncio.gather(*map(look, urls))
    return next((one for one in found if one["ok"]), found[0])


async def _one_rasa(gateway: Gateway, url: str) -> dict[str, Any]:
    token = gateway.settings.internal_token.get_secret_value()
    answer = await _probe(gateway, f"{url}/status", {"token": token})
    if not answer["ok"]:
        return {"ok": False, "why": answer["why"]}
    model = str(answer.get("model_file") or "").rpartition("/")[2]
    if not model:
        return {"ok": False, "why": "no_model"}
    if gateway.settings.rasa_model not in ("", model):
        return {"ok": False, "why": "another_model", "model": model}
    return {"ok": True, "model": model}


async def _actions(gateway: Gateway) -> dict[str, Any]:
    settings = gateway.settings
    urls = addresses(settings.actions_url) or (f"http://{settings.host}:{settings.actions_port}",)
    return await _any(partial(_one_actions, gateway), urls)


async def _one_actions(gateway: Gateway, url: str) -> dict[str, Any]:
    answer = await _probe(gateway, f"{url.removesuffix('/webhook')}/health", {})
    return {"ok": True} if answer["ok"] else {"ok": False, "why": answer["why"]}


async def _probe(gateway: Gateway, url: str, query: dict[str, str]) -> dict[str, Any]:
    try:
        response = await gateway.client.get(url, params=query, timeout=_PROBE_SECONDS)
        answer = response.json()
    except httpx.HTTPError:
        return {"ok": False, "why": "unreachable"}
    except ValueError:
        return {"ok": False, "why": "garbage"}
    if not response.is_success or not isinstance(answer, dict):
        return {"ok": False, "why": f"status_{response.status_code}"}
    return {**answer, "ok": True}
