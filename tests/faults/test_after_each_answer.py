"""Each process killed after each single answer of a theft report: it goes on and is filed once."""

from __future__ import annotations

import time

import pytest

from tests.faults.conftest import Note
from tests.faults.filing import Filing, examine, kill, wait_until_ready
from tests.faults.scene import Scene

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
MOST_ANSWERS = 20


@pytest.mark.parametrize("killed", ["gateway", "actions", "rasa", "console"])
def test_a_kill_after_any_answer_leaves_one_report(front: Scene, note: Note, killed: str) -> None:
    filings: list[Filing] = []
    for answer in range(1, MOST_ANSWERS):
        wait_until_ready(front.desk)
        filing = Filing(front.desk, next(front.numbers), time.monotonic() + 300)
        filing.start()
        while filing.messages < answer and filing.is_alive():
            time.sleep(0.005)
        reached = filing.messages >= answer
        if reached:
            kill(front.desk, killed)
        filing.join(360)
        filings.append(filing)
        if not reached:  # the report needs no more answers than that
            break
    front.whole_again()
    found = examine(front.desk, filings)
    found.demand(len(filings) > 4, "the report needed too few answers to tell")
    note(f"SIGKILL of {killed} after each answer of a report", found, runs=len(filings) - 1)
