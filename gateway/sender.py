"""Hands what is to be said to the providers, in order, and keeps the truth about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import httpx
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from desk.conversations.outbox import (
    EXPIRED,
    OPTED_OUT,
    Outgoing,
    Patience,
    claim_outgoing,
    lost_while_sending,
    sending_waits,
    settle,
)
from desk.conversations.pace import Pace
from desk.database.models import utc_now
from desk.settings import Settings
from gateway.delivery import Adapter, Delivery, broken
from gateway.load import Load
from gateway.metrics import DELIVERIES
from gateway.store import Store
from gateway.waking import Signal

log = structlog.get_logger(__name__)

AT_ONCE: Final[Mapping[bool, int]] = {True: 16, False: 48}
"""Calls under way: answers to danger have places of their own, so that they never wait for one."""

FEW_AT_ONCE: Final = 1
"""The same in a rush, but for answers to danger."""

MAX_ATTEMPTS: Final = 8
_CLAIM_AT_MOST: Final = 8  # a longer transaction would keep webhooks waiting for their answer
_LONGEST_WAIT: Final = 60.0
_SLACK: Final = 5.0
_SWEEP_SECONDS: Final = 2.0
_TROUBLE_SECONDS: Final = 0.5


class Sender:
    """One loop over the outbox.

    `adapters` maps a channel to what sends on it; a channel without one is read by the resident
    from our own database (the website), so its messages are sent as soon as they are seen.
    """

    def __init__(
        self, settings: Settings, store: Store, adapters: Mapping[str, Adapter], load: Load
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._load = load
        self._look_up_after = timedelta(seconds=settings.look_up_after)
        self._timeout = settings.provider_timeout
        self._pace = Pace(sms=settings.twilio_rate, whatsapp=settings.whatsapp_rate)
        self._patience = Patience(
            adapters.keys(),  # the website shows when a message was written
            answers=timedelta(seconds=settings.reply_expires),
            others=timedelta(seconds=settings.staff_expires),
        )
        self._signal = Signal()
        self._news = False  # something was just stored to be sent: no need to look first
        self._urgent = False  # and it is an answer to danger
        self._stopping = False
        self._in_hand: dict[bool, set[asyncio.Task[None]]] = {True: set(), False: set()}

    def wake(self, urgent: bool = False) -> None:
        """There is something to send: take it up at once, and first of all if it is urgent."""
        self._news = True
        self._urgent |= urgent
        self._signal.set()

    async def run(self) -> None:
        """Work until `stop`, then finish the calls under way."""
        loop = asyncio.get_running_loop()
        swept = loop.time() - _SWEEP_SECONDS
        while not self._stopping:
            busy = False
            try:
                if loop.time() - swept >= _SWEEP_SECONDS:
                    await self._sweep()
                    swept = loop.time()
                busy = await self._work()
            except SQLAlchemyError:
                log.exception("sending_stopped")
                await asyncio.sleep(_TROUBLE_SECONDS)
            if not busy:
                await self._signal.wait()
        if under_way := self._in_hand[True] | self._in_hand[False]:
            await asyncio.wait(under_way)

    def stop(self) -> None:
        """Take up nothing new."""
        self._stopping = True
        self._signal.set()

    async def _sweep(self) -> None:
        now = utc_now()
        lost = await self._store.write(lambda session: lost_while_sending(session, now))
        for outbox_id in lost:
            log.warning("delivery_unknown", outbox_id=outbox_id, error="lost")

    async def _work(self) -> bool:
        """Start what can be sent now. False when there was nothing."""
        most = {**AT_ONCE, False: FEW_AT_ONCE} if self._load.high else AT_ONCE
        free = {
            urgent: min(max(most[urgent] - len(self._in_hand[urgent]), 0), _CLAIM_AT_MOST)
            for urgent in AT_ONCE
        }

        def waiting(session: Session) -> bool:
            now = utc_now()
            return any(free[one] and sending_waits(session, now, urgent=one) for one in free)

        def claim(session: Session) -> tuple[int, list[Outgoing]]:
            now = utc_now()
            lease = timedelta(seconds=self._timeout + _SLACK)
            claimed = [
                message
                for urgent in (True, False)
                if free[urgent]
                for message in claim_outgoing(
                    session,
                    now=now,
                    lease=lease,
                    urgent=urgent,
                    limit=free[urgent],
                    pace=self._pace,
                    patience=self._patience,
                )
            ]
            to_send = [one for one in claimed if not self._settled_here(session, one)]
            return len(claimed), to_send

        if not self._news and not await self._store.read(waiting):
            return False
        first, self._news, self._urgent = self._urgent, False, False
        count, to_send = await self._store.write(claim, first=first)
        for message in to_send:
            self._start(message)
        return count > 0

    def _settled_here(self, session: Session, message: Outgoing) -> bool:
        """Messages that need no call: the website's, and those nobody should receive.

        An answer to danger is tried all the same: should the carrier block it, that is known then,
        and should our note be wrong, it arrives.
        """
        if message.expired:
            log.warning("not_sent", outbox_id=message.outbox_id, state="failed", error=EXPIRED)
            settle(session, message.outbox_id, "failed", error=EXPIRED, now=utc_now())
        elif message.opted_out and not message.urgent:
            settle(session, message.outbox_id, "failed", error=OPTED_OUT, now=utc_now())
        elif message.channel not in self._adapters:
            settle(session, message.outbox_id, "sent", now=utc_now())
        else:
            return False
        return True

    def _start(self, message: Outgoing) -> None:
        task = asyncio.create_task(self._send(message))
        self._in_hand[message.urgent].add(task)
        task.add_done_callback(lambda done: self._finished(done, message.urgent))

    def _finished(self, task: asyncio.Task[None], urgent: bool) -> None:
        self._in_hand[urgent].discard(task)
        self._signal.set()

    async def _send(self, message: Outgoing) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                delivery = await self._adapters[message.channel].send(message)
        except (httpx.HTTPError, TimeoutError) as error:
            delivery = broken(error)
        except Exception:
            log.exception("adapter_broke", outbox_id=message.outbox_id)
            delivery = Delivery("unknown", error="adapter")
        if delivery.state == "queued" and message.attempts >= MAX_ATTEMPTS:
            delivery = Delivery("failed", error=delivery.error)
        DELIVERIES.labels(message.channel, delivery.state).inc()
        if delivery.state != "sent":
            log.warning(
                "not_sent",
                outbox_id=message.outbox_id,
                state=delivery.state,
                error=delivery.error,
                attempt=message.attempts,
            )
        try:
            await self._store.write(lambda session: self._note(session, message, delivery))
        except SQLAlchemyError:  # the lease runs out and the sweep calls it unknown, which it is
            log.exception("delivery_not_noted", outbox_id=message.outbox_id)

    def _note(self, session: Session, message: Outgoing, delivery: Delivery) -> None:
        now = utc_now()
        next_try = None
        if delivery.state == "queued":
            wait = delivery.wait if delivery.wait is not None else 2.0 ** (message.attempts - 1)
            next_try = now + timedelta(seconds=min(wait, _LONGEST_WAIT))
        elif delivery.state == "unknown":
            next_try = now + self._look_up_after
        settle(
            session,
            message.outbox_id,
            delivery.state,
            provider_id=delivery.provider_id,
            error=delivery.error,
            next_try_at=next_try,
            now=now,
        )
