"""What stands around every request, and what operators and intruders see."""

from __future__ import annotations

import io
import json
import logging
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog
from pydantic import SecretStr

from desk import logs
from gateway.front import ConfigurationError, check
from gateway.request_id import with_request_id

if TYPE_CHECKING:
    from tests.gateway.conftest import Front


def test_every_answer_carries_the_security_headers(http: httpx.Client) -> None:
    for path in ("/health/live", "/nowhere", "/webhooks/twilio"):
        headers = http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"
        assert headers["x-request-id"]
        assert "server" not in headers


def test_a_body_that_is_too_large_is_refused_unread(http: httpx.Client) -> None:
    for path in ("/webhooks/twilio", "/webhooks/messenger"):
        assert http.post(path, content=b"x" * 1_100_000).status_code == 413
        parts = (b"x" * 100_000 for _ in range(11))  # chunked: no length is declared
        answer = http.post(path, content=parts)
        assert answer.status_code == 413
        assert answer.json() == {"error": "too_large"}


def test_errors_are_json_without_traces(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret words")

    assert http.get("/nowhere").json() == {"error": "Not Found"}
    monkeypatch.setattr("gateway.webhooks.messenger.is_signed", broken)
    answer = http.post("/webhooks/messenger", content=b"{}")
    assert answer.status_code == 500
    assert answer.json() == {"error": "internal"}


def test_documentation_pages_are_for_local_use_only(http: httpx.Client) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert http.get(path).status_code == 404


def test_ready_tells_the_truth_of_each_part(http: httpx.Client) -> None:
    answer = http.get("/health/ready")
    assert answer.status_code == 200, answer.text
    parts = answer.json()["parts"]
    assert {name: part["ok"] for name, part in parts.items()} == dict.fromkeys(parts, True)
    assert parts["rasa"]["model"] == "demo.tar.gz"


def test_without_rasa_and_actions_the_gateway_lives_but_is_not_ready(
    front: Front, http: httpx.Client
) -> None:
    object.__setattr__(front.app.state.gateway, "rasa_urls", ("http://127.0.0.1:9",))
    front.settings.actions_url = "http://127.0.0.1:9"
    answer = http.get("/health/ready")
    assert answer.status_code == 503
    parts = answer.json()["parts"]
    assert [name for name, part in parts.items() if not part["ok"]] == ["rasa", "actions"]
    assert http.get("/health/live").status_code == 200


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ({"twilio_auth_token": SecretStr("")}, "TWILIO_AUTH_TOKEN"),
        ({"public_url": ""}, "FRONTDESK_PUBLIC_URL"),
        ({"messenger_app_secret": SecretStr("")}, "MESSENGER_APP_SECRET"),
        ({"messenger_verify_token": SecretStr("")}, "MESSENGER_VERIFY_TOKEN"),
        ({"internal_token": SecretStr("")}, "FRONTDESK_INTERNAL_TOKEN"),
    ],
)
def test_settings_that_leave_a_door_open_are_refused_at_start(
    gateway_settings: Any, missing: dict[str, Any], named: str
) -> None:
    complete = gateway_settings.model_copy(update={"public_url": "https://example.org"})
    check(complete)
    with pytest.raises(ConfigurationError, match=named):
        check(complete.model_copy(update=missing))


def test_no_text_and_no_number_reaches_the_log(
    front: Front, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    before = logging.root.handlers[:], logging.root.level
    logs.set_up(with_request_id)
    try:
        front.rasa.mode = "500"
        front.residents.fault("twilio", "500")
        front.residents.text("+12095550177", "planted words")
        front.eventually(lambda: front.said())
        front.residents.text("+12095550177", "planted words again")
        http.post("/webhooks/messenger", content=b"planted words")
        monkeypatch.setattr("gateway.webhooks.sms.read", lambda fields: fields.planted_words)
        front.residents.text("+12095550177", "planted words")
        front.eventually(lambda: "not_sent" in written.getvalue())
    finally:
        logging.root.handlers[:], logging.root.level = before
        structlog.reset_defaults()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    events = {one["event"] for one in lines}
    assert {"request", "rasa_failed", "not_sent", "request_broke"} <= events
    assert "planted" not in written.getvalue()
    assert "5550177" not in written.getvalue()
