"""Runs small pieces of bot/nlu in Rasa's environment."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from desk.settings import ROOT
from frontdesk import model

InBot = Callable[[str], Any]


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
