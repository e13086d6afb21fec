"""Made-up secrets: made once, kept private, never over what an operator set."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from frontdesk import local

ACCOUNTS = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "MESSENGER_APP_SECRET", "FRONTDESK_LOCAL")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = {key: value for key, value in os.environ.items() if not key.startswith(PREFIXES)}
    monkeypatch.setattr(os, "environ", bare)


PREFIXES = ("TWILIO_", "MESSENGER_", "FRONTDESK_", "GRAPH_")


def test_without_accounts_everything_is_made_up_and_played_by_the_simulator(
    tmp_path: Path,
) -> None:
    local.load(tmp_path)
    assert all(os.environ[name] for name in ACCOUNTS)
    assert os.environ["TWILIO_API_URL"] == os.environ["GRAPH_API_URL"] == "http://127.0.0.1:8002"


def test_the_same_secrets_come_back_on_the_next_start(tmp_path: Path) -> None:
    local.load(tmp_path)
    first = {name: os.environ.pop(name) for name in ACCOUNTS}
    local.load(tmp_path)
    assert {name: os.environ[name] for name in ACCOUNTS} == first


def test_only_the_owner_can_read_the_secrets(tmp_path: Path) -> None:
    local.load(tmp_path)
    assert stat.S_IMODE((tmp_path / local.STATE_FILE).stat().st_mode) == 0o600


def test_with_an_account_nothing_is_played_but_inner_secrets_exist(tmp_path: Path) -> None:
    os.environ["TWILIO_ACCOUNT_SID"] = "AC" + "1" * 32
    local.load(tmp_path)
    assert "FRONTDESK_LOCAL" not in os.environ
    assert "TWILIO_API_URL" not in os.environ
    assert "MESSENGER_APP_SECRET" not in os.environ
    assert os.environ["FRONTDESK_INTERNAL_TOKEN"]
