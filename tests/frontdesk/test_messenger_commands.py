"""`frontdesk messenger setup` gives the page what it offers before anybody writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from desk.department import load
from desk.settings import ROOT, settings
from frontdesk.cli import app
from gateway.channels import messenger_menu
from simulator.app import create_app
from simulator.client import Residents
from tests.serving import address, listen, served


@dataclass
class Meta:
    """The Graph API's stand-in."""

    url: str
    residents: Residents

    def profile(self) -> dict[str, Any]:
        """What the page offers now."""
        answer = httpx.get(
            f"{self.url}/v24.0/me/messenger_profile",
            params={"fields": "get_started,greeting,persistent_menu"},
            headers={"Authorization": "Bearer page-token"},
            timeout=5,
        )
        found: list[dict[str, Any]] = answer.json()["data"]
        return found[0] if found else {}


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def meta(monkeypatch: pytest.MonkeyPatch) -> Iterator[Meta]:
    monkeypatch.setenv("MESSENGER_PAGE_TOKEN", "page-token")
    listener = listen()
    url = address(listener)
    monkeypatch.setenv("GRAPH_API_URL", url)
    with served(create_app(settings()), listener), Residents(url) as residents:
        yield Meta(url, residents)


def set_up(*options: str) -> Result:
    return CliRunner().invoke(app, ["messenger", "setup", *options])


def test_the_page_gets_button_greeting_and_menu_in_both_languages(meta: Meta) -> None:
    result = set_up()
    assert result.exit_code == 0, result.output
    profile = meta.profile()
    assert profile["get_started"]["payload"]
    greetings = {one["locale"]: one["text"] for one in profile["greeting"]}
    assert greetings["default"] == greetings["en_US"]
    assert "not 911" in greetings["default"]
    assert "no el 911" in greetings["es_LA"]
    menus = {one["locale"]: one for one in profile["persistent_menu"]}
    titles = {
        locale: [one["title"] for one in menu["call_to_actions"]] for locale, menu in menus.items()
    }
    assert "Talk to a person" in titles["default"]
    assert "Hablar con alguien" in titles["es_LA"]
    assert not any(menu["composer_input_disabled"] for menu in menus.values())


def test_every_tap_it_offers_is_understood_by_the_gateway() -> None:
    profile = messenger_menu.profile(load(ROOT / "department"))
    payloads = {profile["get_started"]["payload"]} | {
        item["payload"] for menu in profile["persistent_menu"] for item in menu["call_to_actions"]
    }
    assert len(payloads) == 6
    assert all(messenger_menu.menu_choice(payload) == payload for payload in payloads)
    intents = (ROOT / "domain.yml").read_text("utf-8")
    assert all(f"- {payload.removeprefix('topic:')}\n" in intents for payload in payloads)


def test_it_may_be_run_again(meta: Meta) -> None:
    assert set_up().exit_code == 0
    before = meta.profile()
    assert set_up().exit_code == 0
    assert meta.profile() == before


def test_a_dry_run_prints_and_sends_nothing(meta: Meta) -> None:
    result = set_up("--dry-run")
    assert result.exit_code == 0
    assert set(json.loads(result.stdout)) == {"get_started", "greeting", "persistent_menu"}
    assert meta.profile() == {}


def test_a_token_that_is_not_valid_is_said(meta: Meta, monkeypatch: pytest.MonkeyPatch) -> None:
    assert meta.profile() == {}
    monkeypatch.setenv("MESSENGER_PAGE_TOKEN", "wrong-and-secret")
    settings.cache_clear()
    result = set_up()
    assert result.exit_code == 1
    assert "MESSENGER_PAGE_TOKEN is not valid" in result.output
    assert "wrong-and-secret" not in result.output


def test_without_a_token_nothing_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESSENGER_PAGE_TOKEN", "")
    result = set_up()
    assert result.exit_code == 1
    assert "MESSENGER_PAGE_TOKEN is empty" in result.output


@pytest.mark.parametrize("fault", ["429", "500", "reset"])
def test_what_may_go_well_later_ends_with_three(meta: Meta, fault: str) -> None:
    meta.residents.fault("graph", fault)
    result = set_up()
    assert result.exit_code == 3, result.output
    assert "ry again" in result.output
    assert set_up().exit_code == 0


def test_when_meta_cannot_be_reached_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESSENGER_PAGE_TOKEN", "page-token")
    monkeypatch.setenv("GRAPH_API_URL", "http://127.0.0.1:1")
    result = set_up()
    assert result.exit_code == 3
    assert "cannot be reached" in result.output


def test_a_department_that_is_broken_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FRONTDESK_DEPARTMENT", str(tmp_path))
    result = set_up("--dry-run")
    assert result.exit_code == 1
    assert result.output.startswith("Not set up: ")
