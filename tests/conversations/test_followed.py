"""One message is followed through the logs of all processes, from the webhook to the provider."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

import httpx
import pytest
from twilio.request_validator import RequestValidator

from tests.support import FrontDesk

pytestmark = pytest.mark.processes


def lines(desk: FrontDesk, name: str) -> list[dict[str, Any]]:
    log = (desk.folder / "log" / f"{name}.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def one(desk: FrontDesk, name: str, event: str, **wanted: Any) -> dict[str, Any]:
    """The line that says so, as soon as it is there."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for line in lines(desk, name):
            if line.get("event") == event and wanted.items() <= line.items():
                return line
        time.sleep(0.1)
    raise AssertionError(f"{name} wrote no {event} with {wanted}")


def test_a_text_is_followed_from_the_webhook_to_the_provider(front_desk: FrontDesk) -> None:
    secrets = json.loads((front_desk.folder / "local-settings.json").read_text())
    url = f"{front_desk.address('gateway')}/webhooks/twilio"
    fields = {
        "MessageSid": "SM" + uuid.uuid4().hex,
        "From": "+12095550777",
        "To": "+12095550100",
        "Body": "Where is the nearest station?",
    }
    signed = RequestValidator(secrets["TWILIO_AUTH_TOKEN"]).compute_signature(url, fields)
    known = uuid.uuid4().hex
    headers = {"X-Twilio-Signature": signed, "X-Request-ID": known}
    answer = httpx.post(url, data=fields, headers=headers, timeout=10)
    assert answer.headers["x-request-id"] == known

    stored = one(front_desk, "gateway", "message_stored", request=known)
    inbox_id = stored["inbox_id"]
    assert stored["new"]
    one(front_desk, "gateway", "request", request=known, route="/webhooks/twilio", status=200)
    one(front_desk, "gateway", "turn", inbox_id=inbox_id, outcome="answered")
    one(front_desk, "rasa", "turn", inbox_id=inbox_id, repeated=False)
    one(front_desk, "actions", "action", inbox_id=inbox_id)
    called = one(front_desk, "gateway", "provider_called", inbox_id=inbox_id, state="sent")
    assert isinstance(called["outbox_id"], int)
