"""Counts what operators watch, in Prometheus' format, for whoever brings the agreed token."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily
from sqlalchemy.exc import SQLAlchemyError

from desk.conversations.backlog import Backlog, backlog
from desk.database.models import utc_now
from gateway.front import gateway_of

router = APIRouter()

REGISTRY: Final = CollectorRegistry()
REQUESTS: Final = Histogram(
    "frontdesk_request_seconds",
    "Time to answer a request, by route.",
    ("method", "route", "status"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=REGISTRY,
)
TURNS: Final = Histogram(
    "frontdesk_turn_seconds",
    "Time Rasa took for a turn, by how it ended: answered, or why not.",
    ("outcome",),
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 4),
    registry=REGISTRY,
)
DANGERS: Final = Counter(
    "frontdesk_danger_total", "Messages answered as danger.", ("kind",), registry=REGISTRY
)
DELIVERIES: Final = Counter(
    "frontdesk_delivery_total",
    "Messages handed to providers, by what came of it.",
    ("channel", "state"),
    registry=REGISTRY,
)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """All figures. 404 where no token is agreed, 403 for a wrong one."""
    gateway = gateway_of(request)
    wanted = gateway.settings.metrics_token.get_secret_value()
    if not wanted:
        raise HTTPException(404)
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {wanted}".encode()):
        raise HTTPException(403, "refused")
    now = utc_now()
    try:
        found = await gateway.store.read(lambda session: backlog(session, now))
    except SQLAlchemyError:
        found = None
    page = CollectorRegistry()
    page.register(_Waiting(found, now))
    return Response(
        generate_latest(REGISTRY) + generate_latest(page), media_type=CONTENT_TYPE_LATEST
    )


class _Waiting:
    """What waits now, read from the database at each look."""

    def __init__(self, found: Backlog | None, now: datetime) -> None:
        self._found = found
        self._now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges; without a database only that it is away."""
        up = GaugeMetricFamily("frontdesk_database_up", "Whether the database answers.")
        up.add_metric([], float(self._found is not None))
        yield up
        if self._found is None:
            return
        waiting = GaugeMetricFamily(
            "frontdesk_waiting", "Messages and conversations that wait.", labels=["for"]
        )
        oldest = GaugeMetricFamily(
            "frontdesk_oldest_waiting_seconds", "How long the oldest of them waits.", labels=["for"]
        )
        for what, (count, since) in self._found.waiting.items():
            waiting.add_metric([what], count)
            age = self._now - since if since else timedelta(0)
            oldest.add_metric([what], max(age.total_seconds(), 0.0))
        yield waiting
        yield oldest
        unsure = GaugeMetricFamily(
            "frontdesk_undelivered",
            "Messages of the last day that did not arrive, or nobody knows.",
            labels=["state"],
        )
        for state, count in self._found.undelivered.items():
            unsure.add_metric([state], count)
        yield unsure
