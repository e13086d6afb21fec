"""Wakes the browsers' streams when something happens in their conversations."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from desk.conversations.events import events_after
from desk.database.models import Event
from desk.database.notices import Notices
from gateway.channels.web_log import KINDS
from gateway.store import Store
from gateway.waking import CALLED_POLL_SECONDS, Signal

log = structlog.get_logger(__name__)

_LOOK_SECONDS: Final = 0.2
_PAUSE_SECONDS: Final = 0.05  # so that many notices cost one look
_AFTER_FAILURE_SECONDS: Final = 1.0
_BATCH: Final = 500


class EventTail:
    """One look at the event table for all streams of this process, so that a thousand idle
    browsers cost no more than one. Runs only while somebody listens."""

    def __init__(self, store: Store, notices: Notices) -> None:
        self._store = store
        self._notices = notices
        self._news = Signal()
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._started = asyncio.Event()

    @asynccontextmanager
    async def listen(self, conversation_id: str) -> AsyncIterator[asyncio.Event]:
        """An asyncio event that is set whenever the conversation has news.

        Nothing that is committed after this has been entered goes unnoticed.
        """
        changed = asyncio.Event()
        self._listeners[conversation_id].add(changed)
        if self._task is None:
            self._started.clear()
            self._task = asyncio.create_task(self._watch())
        try:
            await self._started.wait()
            yield changed
        finally:
            self._listeners[conversation_id].discard(changed)
            if not self._listeners[conversation_id]:
                del self._listeners[conversation_id]
            if not self._listeners and self._task:
                self._task.cancel()
                self._task = None

    async def _watch(self) -> None:
        with self._notices.calling(lambda _: self._news.set()):
            await self._look_for_ever()

    async def _look_for_ever(self) -> None:
        last: int | None = None
        while True:
            try:
                if last is None:
                    last = await self._store.read(_newest)
                    self._started.set()
                last, woken = await self._store.read(partial(_look, last))
            except SQLAlchemyError as error:
                log.warning("event_tail_failed", error=type(error).__name__)
                await asyncio.sleep(_AFTER_FAILURE_SECONDS)
                continue
            for conversation_id in woken:
                for changed in self._listeners.get(conversation_id, ()):
                    changed.set()
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._news.wait(CALLED_POLL_SECONDS if self._notices.alive else _LOOK_SECONDS)


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(Event.id))) or 0


def _look(last: int, session: Session) -> tuple[int, set[str]]:
    events = events_after(session, last, limit=_BATCH)
    woken = {
        event.conversation_id for event in events if event.conversation_id and event.kind in KINDS
    }
    return (events[-1].id if events else last), woken
