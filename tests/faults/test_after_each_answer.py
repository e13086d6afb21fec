"""Each process killed after each single answer of a theft report: it goes on and is filed once."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.faults.filing import Filing, examine, kill, wait_until_ready
from tests.load.outcome import settled
from tests.support import FrontDesk

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
MOST_ANSWERS = 20


@pytest.fixture(scope="module")
def front_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDesk]:
    desk = FrontDesk(tmp_path_factory.mktemp("each-answer"))
    desk.start()
    yield desk
    assert desk.stop() == 0


@pytest.mark.parametrize(
    ("killed", "area"), [("gateway", 301), ("actions", 302), ("rasa", 303), ("console", 304)]
)
def test_a_kill_after_any_answer_leaves_one_report(
    front_desk: FrontDesk, killed: str, area: int
) -> None:
    filings: list[Filing] = []
    for answer in range(1, MOST_ANSWERS):
        wait_until_ready(front_desk)
        filing = Filing(front_desk, f"+1{area}55501{answer:02}", time.monotonic() + 300)
        filing.start()
        while filing.messages < answer and filing.is_alive():
            time.sleep(0.005)
        reached = filing.messages >= answer
        if reached:
            kill(front_desk, killed)
        filing.join(360)
        filings.append(filing)
        if not reached:  # the report needs no more answers than that
            break
    wait_until_ready(front_desk)
    assert settled(front_desk, 120)
    found = examine(front_desk, filings)
    print(f"{killed}: killed after each of {len(filings) - 1} answers: {found}")  # noqa: T201
    assert len(filings) > 4
    assert [filing.phone for filing in filings if not filing.told] == []
    assert (found.lost, found.doubled, found.wrong) == (0, 0, 0), found
