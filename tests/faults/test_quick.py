"""The faults that matter most, quickly: a report in the middle, the database, the action server."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from desk.department import Department
from tests.faults.filing import Filing, examine, kill
from tests.faults.people import Traffic
from tests.faults.scene import Scene, scene
from tests.faults.test_actions import hurt
from tests.faults.test_database import verdict_of

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def front() -> Iterator[Scene]:
    """One front desk is enough here; the databases are compared by `make faults`."""
    with scene("sqlite") as running:
        yield running


@pytest.mark.parametrize("killed", ["gateway", "actions", "rasa"])
def test_a_kill_in_the_middle_leaves_one_report_and_one_answer_to_each_message(
    front: Scene, killed: str
) -> None:
    filing = Filing(front.desk, next(front.numbers), time.monotonic() + 240)
    filing.start()
    while filing.messages < 3:
        assert filing.is_alive()
        time.sleep(0.02)
    kill(front.desk, killed)
    filing.join(300)
    front.whole_again()
    found = examine(front.desk, [filing])
    assert filing.told, "no number was told"
    assert found.clean, found


def test_a_locked_database_refuses_and_loses_nothing(front: Scene) -> None:
    with Traffic(front, 3.0) as traffic:
        with front.locked():
            time.sleep(10)
        time.sleep(1)
    found, _ = verdict_of(front, traffic, refused=True)
    assert found.clean, found


def test_an_action_server_that_talks_garbage_leads_to_the_fixed_text_and_the_queue(
    front: Scene, department: Department
) -> None:
    found, _ = hurt(front, department, "garbage", asking=6)
    assert found.clean, found
