"""Processes killed at random points while residents file reports, and a table of what came of it.

FAULTS_KILLS says how many kills (40 by default), FAULTS_SEED which.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.faults.filing import Filing, Found, examine, kill, wait_until_ready
from tests.load.outcome import settled
from tests.load.traffic import phones
from tests.support import FrontDesk

pytestmark = [pytest.mark.faults, pytest.mark.timeout(7200)]
KILLED = ("gateway", "actions", "console", "rasa")
AT_ONCE = 4


def test_every_report_is_filed_once_whatever_is_killed(tmp_path: Path) -> None:
    kills = int(os.environ.get("FAULTS_KILLS", "40"))
    seed = int(os.environ.get("FAULTS_SEED") or random.randrange(10**6))
    chance = random.Random(seed)
    console = Console(highlight=False)
    console.print(f"{kills} kills, seed {seed}")
    desk = FrontDesk(tmp_path)
    desk.start()
    numbers = phones()
    rows: list[tuple[str, int, Found]] = []
    try:
        for name in KILLED:
            runs = kills // len(KILLED)
            filings = []
            for _ in range(runs):
                wait_until_ready(desk)
                batch = [
                    Filing(desk, next(numbers), time.monotonic() + 240) for _ in range(AT_ONCE)
                ]
                for filing in batch:
                    filing.start()
                time.sleep(chance.uniform(0.2, 6.0))
                kill(desk, name)
                for filing in batch:
                    filing.join(300)
                filings += batch
            wait_until_ready(desk)
            assert settled(desk, 120)
            rows.append((name, runs, examine(desk, filings)))
    finally:
        desk.stop()
        table = Table("SIGKILL of", "runs", "messages", "lost", "doubled", "wrong", "unknown")
        for name, runs, found in rows:
            table.add_row(
                name,
                str(runs),
                *map(str, (found.messages, found.lost, found.doubled, found.wrong, found.unknown)),
            )
        console.print(table)
    for name, _, found in rows:
        assert (found.lost, found.doubled, found.wrong) == (0, 0, 0), (name, found)
