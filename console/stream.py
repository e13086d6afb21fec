"""The live stream of a page: says what changed since the event a browser saw last."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Final

import anyio
import structlog
from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from console.access import STAFF, Caller, Desk, desk_of, role
from desk import people
from desk.conversations import events_after
from desk.database.models import utc_now

log = structlog.get_logger(__name__)
router = APIRouter()

QUEUE_KINDS: Final = frozenset({"queue", "holder", "danger", "message_in", "report", "fallback"})
_LOOK_SECONDS: Final = 0.4
_CALLED_LOOK_SECONDS: Final = 1.0  # while notices of the database call us
_PAUSE_SECONDS: Final = 0.2  # so that many notices cost one look
_BEAT_SECONDS: Final = 3.0
_HEARTBEAT_SECONDS: Final = 15.0
_BATCH: Final = 500


@router.get("/stream")
async def stream(
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    conversation: str = "",
    last_event_id: str = Header(""),
    caller: Caller = role(*STAFF),
    desk: Desk = Depends(desk_of),
) -> StreamingResponse:
    """Events `queue-changed`, `conversation-changed` and `beat`, from the given event on.

    An open stream is the heartbeat of who sits there. It ends with the session.
    """
    counted = last_event_id.isascii() and last_event_id.isdecimal() and len(last_event_id) < 18
    seen = int(last_event_id) if counted else after
    return StreamingResponse(
        _events(desk, caller, seen, conversation),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(desk: Desk, caller: Caller, seen: int, conversation: str) -> AsyncIterator[str]:
    news = asyncio.Event()
    with desk.notices.calling(lambda _: news.set()):
        async for event in _events_on(desk, caller, seen, conversation, news):
            yield event


async def _events_on(
    desk: Desk, caller: Caller, seen: int, conversation: str, news: asyncio.Event
) -> AsyncIterator[str]:
    next_beat = next_heartbeat = 0.0
    while True:
        now = time.monotonic()
        news.clear()
        try:
            if now >= next_heartbeat:
                next_heartbeat = now + _HEARTBEAT_SECONDS
                if not await anyio.to_thread.run_sync(partial(_heartbeat, desk, caller)):
                    yield _event("signed-out")
                    return
            seen, changed = await anyio.to_thread.run_sync(partial(_look, desk, seen, conversation))
        except SQLAlchemyError as error:
            # end it: the page then says that it is not live, and asks again from where it was
            log.warning("stream_failed", error=type(error).__name__)
            return
        for name in changed:
            yield _event(name, seen)
        if now >= next_beat:
            next_beat = now + _BEAT_SECONDS
            yield _event("beat", seen)
        await asyncio.sleep(_PAUSE_SECONDS)
        await _wait(news, _CALLED_LOOK_SECONDS if desk.notices.alive else _LOOK_SECONDS)


async def _wait(news: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        pass


def _event(name: str, seen: int | None = None) -> str:
    number = "" if seen is None else f"id: {seen}\n"
    return f"{number}event: {name}\ndata: {json.dumps({'id': seen})}\n\n"


def _look(desk: Desk, seen: int, conversation: str) -> tuple[int, list[str]]:
    with desk.database.reading() as session:
        events = events_after(session, seen, limit=_BATCH)
        if not events:
            return seen, []
        changed = []
        if any(one.kind in QUEUE_KINDS for one in events):
            changed.append("queue-changed")
        if conversation and any(one.conversation_id == conversation for one in events):
            changed.append("conversation-changed")
        return events[-1].id, changed


def _heartbeat(desk: Desk, caller: Caller) -> bool:
    now = utc_now()
    with desk.database.transaction() as session:
        if people.find_session(session, caller.token, now) is None:
            return False
        people.heartbeat(session, caller.staff.id, now)
        return True
