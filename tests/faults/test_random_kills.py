"""Processes killed at random points while residents file reports: each report is filed once.

FAULTS_KILLS says how many kills in all (40 by default; 200 for a full run).
"""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.faults.conftest import Note
from tests.faults.filing import Filing, examine, kill, wait_until_ready
from tests.faults.scene import Scene

pytestmark = [pytest.mark.faults, pytest.mark.timeout(7200)]
KILLED = ("gateway", "actions", "console", "rasa")
KILLS = int(os.environ.get("FAULTS_KILLS") or 40)
AT_ONCE = 4


@pytest.mark.parametrize("name", KILLED)
def test_every_report_is_filed_once_whatever_is_killed(
    front: Scene, note: Note, seed: int, name: str
) -> None:
    chance = random.Random(f"{seed} {name}")
    filings: list[Filing] = []
    runs = max(1, KILLS // len(KILLED))
    for _ in range(runs):
        wait_until_ready(front.desk)
        batch = [
            Filing(front.desk, next(front.numbers), time.monotonic() + 240) for _ in range(AT_ONCE)
        ]
        for filing in batch:
            filing.start()
        time.sleep(chance.uniform(0.2, 6.0))
        kill(front.desk, name)
        for filing in batch:
            filing.join(300)
        filings += batch
    front.whole_again()
    found = examine(front.desk, filings)
    reports = sum(bool(filing.told) for filing in filings)
    note(f"SIGKILL of {name}", found, runs=runs, measured=f"{reports} reports filed")
