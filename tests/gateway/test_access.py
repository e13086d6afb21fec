"""Every address of the gateway, and what keeps strangers from it."""

from __future__ import annotations

from typing import Final

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error

from desk.database.models import Conversation, Event, InboxMessage, OutboxMessage
from gateway.app import ROUTERS
from tests.gateway.conftest import Front

SIGNED: Final = "a provider's signature"
TOKEN: Final = "the word agreed with Meta"
SESSION: Final = "the session of the browser, and its form's word"
METRICS: Final = "the token agreed with Prometheus"
ANYONE: Final = "nothing: it is for everybody"

KEPT_BY: Final = {
    ("POST", "/webhooks/twilio"): SIGNED,
    ("POST", "/webhooks/twilio/status"): SIGNED,
    ("POST", "/webhooks/messenger"): SIGNED,
    ("GET", "/webhooks/messenger"): TOKEN,
    ("POST", "/chat/messages"): SESSION,
    ("POST", "/chat/photos"): SESSION,
    ("GET", "/chat/photos/{photo_id}"): SESSION,
    ("POST", "/chat/language"): SESSION,
    ("POST", "/chat/clear"): SESSION,
    ("GET", "/chat/stream"): SESSION,
    ("GET", "/chat"): ANYONE,
    ("POST", "/chat/leave"): ANYONE,
    ("GET", "/chat/assets/{name}"): ANYONE,
    ("GET", "/embed.js"): ANYONE,
    ("GET", "/"): ANYONE,
    ("GET", "/health/live"): ANYONE,
    ("GET", "/health/ready"): ANYONE,
    ("GET", "/metrics"): METRICS,
}
TABLES: Final = (Conversation, InboxMessage, OutboxMessage, Event)


def stored(front: Front) -> int:
    return sum(len(front.rows(table)) for table in TABLES)


def test_every_handler_says_who_may_call_it() -> None:
    found = {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert found == KEPT_BY.keys()


@pytest.mark.parametrize(("method", "path"), [one for one in KEPT_BY if KEPT_BY[one] != ANYONE])
def test_a_stranger_is_refused_and_leaves_no_row(
    front: Front, http: httpx.Client, method: str, path: str
) -> None:
    body = {
        "Body": "hello",
        "From": "+12095550199",
        "MessageSid": "SM1",
        "text": "x",
        "id": "a" * 9,
    }
    answer = http.request(method, path, data=body if method == "POST" else None)
    if path == "/chat/stream":  # a stream begins with 200: it says that there is nothing
        assert "event: nothing" in answer.text
    else:
        assert answer.status_code in {403, 404, 415}, answer.text
    assert stored(front) == 0


def test_whatever_is_sent_nothing_breaks_and_nothing_is_stored(front: Front) -> None:
    described = FastAPI()
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            described.add_api_route(route.path, route.endpoint, methods=list(route.methods))
    schema = schemathesis.openapi.from_dict(described.openapi())
    schema.config.update(base_url=front.url)
    tried = 0
    for operation in schema.get_all_operations():
        fuzz(operation.ok())
        tried += 1
    assert tried == len(KEPT_BY)
    assert stored(front) == 0


@pytest.mark.parametrize("path", [path for method, path in KEPT_BY if method == "POST"])
def test_bodies_of_any_bytes_are_answered_in_order(front: Front, path: str) -> None:
    kinds = (
        "application/x-www-form-urlencoded",
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain; charset=nonsense",
    )
    with httpx.Client(base_url=front.url, timeout=20) as client:

        @settings(max_examples=25, deadline=None)
        @given(st.binary(max_size=3000), st.sampled_from(kinds))
        def post(body: bytes, kind: str) -> None:
            answer = client.post(path, content=body, headers={"content-type": kind})
            assert answer.status_code < 500

        post()
    assert stored(front) == 0


def fuzz(operation: schemathesis.schemas.APIOperation) -> None:
    """Call one handler with whatever its description allows, and with what it does not."""

    @settings(max_examples=15, deadline=None)
    @given(operation.as_strategy())
    def call(case: schemathesis.Case) -> None:
        case.call_and_validate(checks=[not_a_server_error], timeout=20)

    call()
