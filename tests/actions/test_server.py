from __future__ import annotations

import io
import json
import logging
from typing import Any

import httpx
import pytest
import structlog
from rasa_sdk import Action

from actions import server
from actions.server import Unprotected, app
from desk import logs
from desk.database import Database
from desk.settings import ROOT, settings

SECRET_WORDS = "my neighbour's name is Quillfeather"


class Breaks(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "action_breaks"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:  # noqa: ARG002
        raise ValueError(SECRET_WORDS)


def client(*actions: type[Action]) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app("secret", actions or server.ACTIONS))
    return httpx.AsyncClient(
        transport=transport,
        base_url="http://actions",
        headers={"X-Frontdesk-Token": "token=secret"},
    )


def call(name: str) -> dict[str, Any]:
    tracker = {"sender_id": "sms-1", "slots": {}, "latest_message": {"text": SECRET_WORDS}}
    return {"next_action": name, "sender_id": "sms-1", "tracker": tracker}


@pytest.mark.parametrize("header", ["", "token=", "token=other", "secret"])
async def test_nobody_without_the_token_may_run_an_action(header: str) -> None:
    async with client(Breaks) as http:
        answer = await http.post(
            "/webhook", json=call("action_breaks"), headers={"X-Frontdesk-Token": header}
        )
    assert answer.status_code == 401


async def test_a_broken_action_is_a_500_that_quotes_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    before = logging.root.handlers[:], logging.root.level
    logs.set_up()
    try:
        async with client(Breaks) as http:
            answer = await http.post("/webhook", json=call("action_breaks"))
    finally:
        logging.root.handlers[:], logging.root.level = before
        structlog.reset_defaults()
    assert answer.status_code == 500
    (line,) = map(json.loads, written.getvalue().splitlines())
    assert (line["event"], line["action"]) == ("action_failed", "action_breaks")
    assert "Quillfeather" not in written.getvalue() + answer.text


async def test_an_unknown_action_is_a_404() -> None:
    async with client(Breaks) as http:
        assert (await http.post("/webhook", json=call("action_none"))).status_code == 404


async def test_every_action_of_the_domain_is_served() -> None:
    from ruamel.yaml import YAML

    domain = YAML(typ="safe").load(ROOT / "domain.yml")
    served = {action().name() for action in server.ACTIONS}
    assert set(domain["actions"]) == served


async def test_health_asks_the_database(
    desk_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "database", lambda: desk_database)
    async with client() as http:
        assert (await http.get("/health")).json() == {"status": "ok"}


def test_without_a_token_it_does_not_serve_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIONS_HOST", "192.0.2.1")
    monkeypatch.setenv("FRONTDESK_INTERNAL_TOKEN", "")
    settings.cache_clear()
    with pytest.raises(Unprotected):
        server.main()
    settings.cache_clear()
