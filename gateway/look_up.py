"""Asks providers about messages that nobody knows the fate of, and never sends one again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Protocol

import httpx
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from desk.conversations.look_ups import (
    Sighting,
    claim_look_ups,
    look_up_waits,
    settle_by_sighting,
)
from desk.conversations.outbox import Outgoing
from desk.database.models import utc_now
from desk.settings import Settings
from gateway.store import Store
from gateway.waking import Signal

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 8
_LOOK_SECONDS: Final = 1.0


class Tracer(Protocol):
    """Finds messages in a provider's own list."""

    async def find(self, message: Outgoing) -> list[Sighting]:
        """What was sent to the same resident with the same text, oldest first.

        Raises httpx.HTTPError or TimeoutError when the provider did not say.
        """


class LookUp:
    """One loop over messages that are `unknown`. `tracers` says which channels can be looked up."""

    def __init__(self, settings: Settings, store: Store, tracers: Mapping[str, Tracer]) -> None:
        self._store = store
        self._tracers = tracers
        self._timeout = settings.provider_timeout
        self._first_wait = timedelta(seconds=settings.look_up_after)
        self._signal = Signal()
        self._stopping = False

    async def run(self) -> None:
        """Work until `stop`, then finish the look-ups under way."""
        while not self._stopping:
            try:
                messages = await self._claim()
                await asyncio.gather(*(self._look_up(message) for message in messages))
            except SQLAlchemyError:
                log.exception("look_up_failed")
            await self._signal.wait(min(_LOOK_SECONDS, self._first_wait.total_seconds()))

    def stop(self) -> None:
        """Take up nothing new."""
        self._stopping = True
        self._signal.set()

    async def _claim(self) -> list[Outgoing]:
        def claim(session: Session) -> list[Outgoing]:
            return claim_look_ups(
                session,
                self._tracers.keys(),
                first_wait=self._first_wait,
                limit=_AT_ONCE,
                now=utc_now(),
            )

        if not await self._store.read(
            lambda session: look_up_waits(session, self._tracers.keys(), utc_now())
        ):
            return []
        return await self._store.write(claim)

    async def _look_up(self, message: Outgoing) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                sightings = await self._tracers[message.channel].find(message)
        except (httpx.HTTPError, TimeoutError) as error:
            log.warning("not_looked_up", outbox_id=message.outbox_id, error=type(error).__name__)
            return
        try:
            found = await self._store.write(
                lambda session: settle_by_sighting(session, message, sightings, utc_now())
            )
        except SQLAlchemyError:
            log.exception("look_up_not_noted", outbox_id=message.outbox_id)
            return
        log.info(
            "looked_up", outbox_id=message.outbox_id, state=found.state if found else "unknown"
        )
