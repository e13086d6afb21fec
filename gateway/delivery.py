"""What a channel tells the sender about one message it tried to send."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import httpx
import structlog

from desk.conversations.outbox import Outgoing

log = structlog.get_logger(__name__)

_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Delivery:
    """`state` of the message now; `queued` means again later, after `wait` seconds if known."""

    state: Literal["queued", "sent", "failed", "unknown"]
    provider_id: str | None = None
    error: str | None = None
    wait: float | None = None


class Adapter(Protocol):
    """Sends messages on one channel."""

    async def send(self, message: Outgoing) -> Delivery:
        """Hand one message to the provider, once. Raises httpx.HTTPError or TimeoutError."""


class Logged:
    """An adapter whose calls leave a line each: which row, what it answers, what came of it."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    async def send(self, message: Outgoing) -> Delivery:
        """What the adapter does, and says."""
        began, state = time.perf_counter(), "broke"
        try:
            delivery = await self._adapter.send(message)
            state = delivery.state
        finally:
            log.info(
                "provider_called",
                outbox_id=message.outbox_id,
                inbox_id=message.inbox_id,
                channel=message.channel,
                state=state,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )
        return delivery


def broken(error: httpx.HTTPError | TimeoutError) -> Delivery:
    """A call without an answer: not sent if we never got through, else nobody knows."""
    if isinstance(error, _NOT_SENT):
        return Delivery("queued", error="unreachable")
    return Delivery("unknown", error=type(error).__name__)


def refused(response: httpx.Response, code: str | None) -> Delivery:
    """An answer that is not 2xx. `code` is the provider's own code for what went wrong."""
    status = response.status_code
    wait = _seconds(response.headers.get("Retry-After"))
    error = code or str(status)
    if status == httpx.codes.TOO_MANY_REQUESTS or (
        status == httpx.codes.SERVICE_UNAVAILABLE and wait is not None
    ):
        return Delivery("queued", error=error, wait=wait)
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Delivery("unknown", error=error)
    return Delivery("failed", error=error)


def _seconds(header: str | None) -> float | None:
    try:
        return min(max(float(header or ""), 0.0), 600.0)
    except ValueError:
        return None
