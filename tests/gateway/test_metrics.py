"""What Prometheus reads, and who may."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from desk.database.models import OutboxMessage
from tests.gateway.conftest import PHONE, Front

TOKEN = "prometheus-only"


@pytest.fixture
def changes() -> dict[str, Any]:
    return {"metrics_token": SecretStr(TOKEN)}


def figures(http: httpx.Client) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by its name and the values of its labels."""
    answer = http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.parametrize("given", ["", "Bearer wrong", TOKEN])
def test_a_stranger_reads_nothing(http: httpx.Client, given: str) -> None:
    assert http.get("/metrics", headers={"Authorization": given}).status_code == 403


def test_a_text_and_its_answer_are_counted(front: Front, http: httpx.Client) -> None:
    before = figures(http)
    front.residents.text(PHONE, "hello there")
    front.eventually(lambda: [one for one in front.rows(OutboxMessage) if one.state != "queued"])
    front.residents.text(PHONE, "he has a gun and is breaking my door")
    front.eventually(lambda: len(front.residents.replies(PHONE)) >= 2)

    def gained(name: str, *labels: str) -> float:
        return after.get((name, labels), 0.0) - before.get((name, labels), 0.0)

    after = front.eventually(
        lambda: (now := figures(http)) and now[("frontdesk_waiting", ("send",))] == 0 and now
    )
    assert gained("frontdesk_turn_seconds_count", "answered") == 1
    assert gained("frontdesk_danger_total", "emergency") == 1
    assert gained("frontdesk_delivery_total", "sms", "sent") >= 2
    assert gained("frontdesk_request_seconds_count", "POST", "/webhooks/twilio", "200") == 2
    assert after[("frontdesk_database_up", ())] == 1
    assert after[("frontdesk_waiting", ("person",))] == 1  # danger alarms staff
    assert PHONE not in str(after)


def test_without_an_agreed_token_there_is_no_such_page(front: Front, http: httpx.Client) -> None:
    front.settings.metrics_token = SecretStr("")
    assert http.get("/metrics", headers={"Authorization": "Bearer"}).status_code == 404
