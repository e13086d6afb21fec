"""Rasa and the action server, started for real without a gateway, or only Rasa's Python."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from desk.conversations import conversation_for
from desk.database import Database
from desk.settings import ROOT
from frontdesk import model
from tests.support import free_ports

TOKEN = "a-token-for-tests"
_IDS = itertools.count(1)
_READY_SECONDS = 180

InBot = Callable[[str], Any]


@dataclass
class Bot:
    """Both processes, and a client that speaks as the gateway does."""

    folder: Path
    model: Path
    rasa_port: int
    actions_port: int
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.url = f"http://127.0.0.1:{self.rasa_port}/webhooks/frontdesk/turn"
        self.database = Database(f"sqlite:///{self.folder}/frontdesk.db")
        self.database.migrate()
        self.environment = {
            **model.rasa_environment(),
            "FRONTDESK_INTERNAL_TOKEN": TOKEN,
            "ACTIONS_PORT": str(self.actions_port),
            "ACTIONS_URL": f"http://127.0.0.1:{self.actions_port}",
            "ACTIONS_TIMEOUT": "20",
            "DATABASE_URL": f"sqlite:///{self.folder}/frontdesk.db",
            "FRONTDESK_TRACKER_URL": f"sqlite:///{self.folder}/tracker.db",
        }

    def start(self, name: str) -> None:
        commands = {
            "actions": [sys.executable, "-m", "actions"],
            "rasa": [
                str(model.RASA),
                "run",
                f"--model={self.model}",
                f"--port={self.rasa_port}",
                "--interface=127.0.0.1",
                "--enable-api",
                f"--auth-token={TOKEN}",
            ],
        }
        ready = {
            "actions": f"http://127.0.0.1:{self.actions_port}/health",
            "rasa": f"http://127.0.0.1:{self.rasa_port}/status?token={TOKEN}",
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                commands[name],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(ready[name], timeout=2).status_code == httpx.codes.OK:
                    return
            except httpx.HTTPError:
                time.sleep(0.2)
        raise AssertionError(f"{name} was not ready: {self.log(name)[-2000:]}")

    def stop(self, name: str) -> None:
        process = self.running.pop(name)
        process.terminate()
        process.wait(timeout=20)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def meet(self) -> str:
        """The id of a new conversation, with its row."""
        with self.database.transaction() as session:
            address = f"+1209555{next(_IDS):04}"
            return conversation_for(session, "sms", address, now=datetime.now(UTC)).id

    def post(self, body: Any, token: str = TOKEN) -> httpx.Response:
        return httpx.post(
            self.url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def turn(self, conversation_id: str, text: str | None = None, **more: Any) -> httpx.Response:
        body = {
            "conversation_id": conversation_id,
            "message_id": f"m{next(_IDS)}",
            "channel": "sms",
            "language": "en",
            "text": text,
            **more,
        }
        return self.post(body)

    def say(self, conversation_id: str, text: str | None = None, **more: Any) -> dict[str, Any]:
        answer = self.turn(conversation_id, text, **more)
        assert answer.status_code == httpx.codes.OK, answer.text
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture(scope="session")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    given = os.environ.get("TEST_RASA_MODEL")
    trained = Path(given) if given else model.current() or model.train()
    running = Bot(tmp_path_factory.mktemp("bot"), trained, *free_ports(2))
    try:
        running.start("actions")
        running.start("rasa")
        yield running
    finally:
        for name in list(running.running):
            running.stop(name)
        running.database.close()


@pytest.fixture(scope="session")
def in_bot() -> InBot:
    """Runs Python in Rasa's environment; gives back what it `told`."""

    def run(script: str) -> Any:
        told = "\nimport json, sys\nprint('\\n' + json.dumps(told), file=sys.__stdout__)"
        done = subprocess.run(
            [str(model.RASA_PYTHON), "-W", "ignore", "-c", script + told],
            cwd=ROOT,
            env=model.rasa_environment(),
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run
