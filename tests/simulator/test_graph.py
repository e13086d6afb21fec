"""The stand-in for the Graph API behaves like Meta's where Frontdesk can tell."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

PSID = "7001"


def events_of(took) -> list[dict[str, Any]]:
    payload = json.loads(took.body)
    assert payload["object"] == "page"
    return [event for entry in payload["entry"] for event in entry["messaging"]]


def is_signed(took) -> bool:
    digest = hmac.new(b"app-secret", took.body, hashlib.sha256).hexdigest()
    return took.headers["x-hub-signature-256"] == "sha256=" + digest


def test_a_batch_arrives_signed_and_whole(simulator) -> None:
    status = simulator.residents.events(
        PSID,
        {"message": {"text": "one"}},
        {"postback": {"title": "Get Started", "payload": "GET_STARTED"}},
    )
    assert status == 200
    (took,) = simulator.desk.wait(1)
    assert took.url.endswith("/webhooks/messenger")
    assert is_signed(took)
    first, second = events_of(took)
    assert (first["message"]["text"], first["sender"]["id"]) == ("one", PSID)
    assert first["message"]["mid"].startswith("m_")
    assert second["postback"]["payload"] == "GET_STARTED"


def test_a_sent_message_comes_back_as_echo_delivery_and_read(simulator) -> None:
    simulator.residents.message(PSID, "hi")
    answer = simulator.send_messenger()
    assert answer.json()["recipient_id"] == PSID
    seen = [events_of(one)[0] for one in simulator.desk.wait(4)[1:]]
    assert seen[0]["message"]["is_echo"]
    assert seen[0]["message"]["mid"] == answer.json()["message_id"]
    assert seen[1]["delivery"]["mids"] == [answer.json()["message_id"]]
    assert "watermark" in seen[2]["read"]


def test_a_quick_reply_is_tapped_with_its_payload(simulator) -> None:
    simulator.residents.message(PSID, "hi")
    quick = [{"content_type": "text", "title": "Yes", "payload": "12.0"}]
    simulator.send_messenger(message={"text": "Go on?", "quick_replies": quick})
    reply = simulator.residents.wait_for_reply(PSID)
    simulator.residents.tap(PSID, reply.buttons[0])
    messages = [events_of(one)[0].get("message", {}) for one in simulator.desk.wait(2)]
    tapped = [one for one in messages if "quick_reply" in one]
    assert tapped[0]["quick_reply"]["payload"] == "12.0"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"message": {}}, 100),
        ({"message": {"text": "x" * 2001}}, 100),
        ({"psid": "404"}, 100),
        ({"token": "wrong"}, 190),
    ],
)
def test_what_meta_refuses_is_refused_with_its_code(simulator, more, code) -> None:
    simulator.residents.message(PSID, "hi")
    answer = simulator.send_messenger(**more)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"]["code"] == code


def test_after_24_hours_only_a_person_may_write_and_after_7_days_nobody(simulator) -> None:
    simulator.residents.message(PSID, "hi")

    def pretend(hours: float) -> None:
        body = {"psid": PSID, "hours_ago": hours}
        httpx.post(simulator.url + "/control/window", json=body, timeout=5)

    pretend(25)
    error = simulator.send_messenger().json()["error"]
    assert (error["code"], error["error_subcode"]) == (10, 2018278)
    assert simulator.send_messenger(tag="HUMAN_AGENT").status_code == 200
    pretend(24 * 7 + 1)
    assert simulator.send_messenger(tag="HUMAN_AGENT").json()["error"]["code"] == 10


def test_the_rate_limit_and_a_person_who_blocked_the_page(simulator) -> None:
    simulator.residents.message(PSID, "hi")
    simulator.residents.fault("graph", "429")
    assert simulator.send_messenger().json()["error"]["code"] == 613
    body = {"provider": "graph", "person": PSID}
    httpx.post(simulator.url + "/control/unreachable", json=body, timeout=5)
    assert simulator.send_messenger().json()["error"]["code"] == 551
    simulator.residents.no_faults()
    assert simulator.send_messenger().status_code == 200


def test_a_webhook_is_repeated_until_it_is_taken(simulator) -> None:
    simulator.desk.failures = 2
    assert simulator.residents.message(PSID, "hi") == 200
    bodies = {one.body for one in simulator.desk.wait(3)}
    assert len(bodies) == 1, "each time the very same"


def profile(simulator, method: str = "POST", token: str = "", **more) -> httpx.Response:
    return httpx.request(
        method,
        f"{simulator.url}/v24.0/me/messenger_profile",
        headers={"authorization": "Bearer " + (token or "page-token")},
        timeout=5,
        **more,
    )


BUTTON = {"get_started": {"payload": "start"}}
ITEM = {"type": "postback", "title": "Talk to a person", "payload": "person"}


def menu(*items: dict[str, Any], locale: str = "default") -> dict[str, Any]:
    return {"persistent_menu": [{"locale": locale, "call_to_actions": list(items)}]}


def greeting(text: str, locale: str = "default") -> dict[str, Any]:
    return {"greeting": [{"locale": locale, "text": text}]}


def test_a_profile_is_kept_shown_and_deleted(simulator) -> None:
    whole = BUTTON | menu(ITEM) | greeting("Hello")
    assert profile(simulator, json=whole).json() == {"result": "success"}
    asked = {"fields": "get_started,greeting"}
    shown = profile(simulator, "GET", params=asked).json()["data"]
    assert shown == [BUTTON | greeting("Hello")]
    refused = profile(simulator, "DELETE", json={"fields": ["get_started"]})
    assert refused.json()["error"]["error_subcode"] == 2018145
    both = {"fields": ["get_started", "persistent_menu", "greeting"]}
    assert profile(simulator, "DELETE", json=both).status_code == 200
    assert profile(simulator, "GET", params=asked).json()["data"] == []


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"weather": 1},
        menu(ITEM),
        BUTTON | menu(ITEM, locale="en_US"),
        BUTTON | menu(ITEM | {"title": "x" * 31}),
        BUTTON | menu(ITEM | {"payload": "x" * 1001}),
        BUTTON | menu(*[ITEM] * 21),
        BUTTON | menu(ITEM | {"type": "nested"}),
        greeting("x" * 161),
        greeting("Hola", locale="es_LA"),
        {"get_started": {}},
    ],
)
def test_a_profile_that_meta_refuses_changes_nothing(simulator, wanted: dict[str, Any]) -> None:
    answer = profile(simulator, json=wanted)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 100)
    asked = {"fields": "get_started,greeting,persistent_menu"}
    assert profile(simulator, "GET", params=asked).json()["data"] == []


def test_the_profile_is_for_who_has_the_pages_token(simulator) -> None:
    answer = profile(simulator, token="wrong", json=BUTTON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)
