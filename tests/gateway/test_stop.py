"""A gateway that is told to stop finishes the calls it has begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from desk.database import Database
from desk.database.models import InboxMessage, OutboxMessage
from desk.settings import ROOT, Settings
from simulator.app import create_app as create_simulator
from simulator.client import Residents
from tests.gateway.conftest import PHONE, Front, SmallRasa, settings_for
from tests.serving import listen, served
from tests.support import free_ports

DELAY = 1.5
"""Seconds that a call takes in which the gateway is told to stop."""


@dataclass
class Process:
    """A gateway in a process of its own; `front` looks at it from outside."""

    front: Front
    child: subprocess.Popen[bytes]

    def stop(self) -> int:
        """Tell it to stop, and wait for the end; how it ended."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout=30)


def _environment(settings: Settings) -> dict[str, str]:
    """The settings as a process reads them."""
    values: dict[str, Any] = {
        str(field.validation_alias): getattr(settings, name)
        for name, field in Settings.model_fields.items()
    }
    return {
        key: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for key, value in values.items()
    }


@pytest.fixture
def process(database: Database, rasa: SmallRasa, tmp_path: Path) -> Iterator[Process]:
    listeners = [listen() for _ in range(2)]
    bot, simulator = (one.getsockname()[1] for one in listeners)
    (gateway,) = free_ports(1)
    settings = settings_for(
        database_url=database.url.render_as_string(hide_password=False),
        state_folder=tmp_path,
        public_url=f"http://127.0.0.1:{gateway}",
        gateway_port=gateway,
        simulator_port=simulator,
        rasa_url=f"http://127.0.0.1:{bot}",
        actions_url=f"http://127.0.0.1:{bot}",
        twilio_api_url=f"http://127.0.0.1:{simulator}",
        graph_api_url=f"http://127.0.0.1:{simulator}",
        provider_timeout=5.0,
    )
    with (
        served(rasa.app(), listeners[0]),
        # no receipt comes in time: what is known is known from the call's own answer
        served(create_simulator(settings, delivery_seconds=60), listeners[1]),
        Residents(f"http://127.0.0.1:{simulator}") as residents,
        subprocess.Popen(
            [sys.executable, "-m", "gateway"],
            cwd=ROOT,
            env={**os.environ, **_environment(settings)},
            stdout=subprocess.DEVNULL,
        ) as child,
    ):
        front = Front(settings.public_url, settings, database, rasa, residents, None)  # type: ignore[arg-type]
        try:
            front.eventually(lambda: _lives(front.url), 30)
            yield Process(front, child)
        finally:
            child.kill()


def _lives(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live", timeout=2).is_success
    except httpx.TransportError:
        return False


def test_a_call_to_the_provider_is_finished_and_noted(process: Process) -> None:
    front = process.front
    front.residents.fault("twilio", "delay", seconds=DELAY)
    front.residents.text(PHONE, "hello there")
    reply = front.residents.wait_for_reply(PHONE)
    assert front.rows(OutboxMessage)[0].state == "sending"
    assert process.stop() == -signal.SIGTERM
    (row,) = front.rows(OutboxMessage)
    assert (row.state, row.provider_id) == ("sent", reply.id)


def test_a_turn_is_finished_and_stored(process: Process) -> None:
    front = process.front
    front.rasa.mode, front.rasa.slow_seconds = "slow", DELAY
    front.residents.text(PHONE, "hello there")
    front.eventually(lambda: front.rasa.turns)
    assert process.stop() == -signal.SIGTERM
    assert [row.state for row in front.rows(InboxMessage)] == ["done"]
    (row,) = front.rows(OutboxMessage)
    assert row.text.endswith("Here is your answer.")
    assert row.state in ("queued", "sent")


def test_an_open_stream_does_not_keep_it(process: Process) -> None:
    front = process.front
    with (
        httpx.Client(base_url=front.url, timeout=10, follow_redirects=True) as browser,
        browser.stream("GET", "/chat/stream") as stream,
    ):
        assert stream.status_code < 500
        assert process.stop() == -signal.SIGTERM
