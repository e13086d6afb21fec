"""One kill of each process in the middle of a report: the report is filed, once."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults.filing import Filing, examine, kill, wait_until_ready
from tests.load.outcome import settled
from tests.support import FrontDesk

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def front_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDesk]:
    desk = FrontDesk(tmp_path_factory.mktemp("faults"))
    desk.start()
    yield desk
    assert desk.stop() == 0


@pytest.mark.parametrize(
    ("killed", "phone"),
    [("gateway", "+12095550121"), ("actions", "+12095550122"), ("rasa", "+12095550123")],
)
def test_a_kill_in_the_middle_leaves_one_report_and_one_answer_to_each_message(
    front_desk: FrontDesk, killed: str, phone: str
) -> None:
    filing = Filing(front_desk, phone, time.monotonic() + 240)
    filing.start()
    while filing.messages < 3:
        assert filing.is_alive()
        time.sleep(0.02)
    kill(front_desk, killed)
    filing.join(300)
    wait_until_ready(front_desk)
    assert settled(front_desk, 60)
    found = examine(front_desk, [filing])
    assert filing.told, "no number was told"
    assert (found.lost, found.doubled, found.wrong) == (0, 0, 0), found
