"""Two of each process on one PostgreSQL: any one may be killed while residents file reports."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from pathlib import Path

import pytest

from desk.database import Database
from tests.faults.filing import Filing, examine, kill, wait_until_ready
from tests.faults.two_of_each import NAMES, TwoOfEach, balancer
from tests.load.outcome import settled
from tests.load.traffic import phones
from tests.serving import address, listen, served

pytestmark = [pytest.mark.postgresql]
AT_ONCE = 4


@pytest.fixture
def two_of_each(postgresql_database: Database, tmp_path: Path) -> Iterator[TwoOfEach]:
    listener = listen()
    url = postgresql_database.url.set(drivername="postgresql")  # Rasa has another driver
    desk = TwoOfEach(tmp_path, url.render_as_string(hide_password=False), address(listener))
    with ExitStack() as stack:
        stack.enter_context(served(balancer(desk.both("gateway")), listener))
        desk.start()
        yield desk
        desk.stop()


def file_while_killing(desk: TwoOfEach, numbers: Iterator[str], name: str, second: bool) -> None:
    """Four residents file, one process is killed in the middle, and each report is filed once."""
    wait_until_ready(desk)
    filings = [Filing(desk, next(numbers), time.monotonic() + 240) for _ in range(AT_ONCE)]
    for filing in filings:
        filing.start()
    time.sleep(random.uniform(0.3, 4.0))
    if second:
        desk.kill_second(name)
    else:
        kill(desk, name)
    for filing in filings:
        filing.join(300)
    assert settled(desk, 60)
    found = examine(desk, filings)
    print(f"{'second' if second else 'first'} {name} killed: {found}")  # noqa: T201
    assert [filing.phone for filing in filings if not filing.told] == []
    assert (found.lost, found.doubled, found.wrong) == (0, 0, 0), (name, second, found)
    if second:
        desk.start_second(name)


@pytest.mark.processes
@pytest.mark.timeout(600)
def test_reports_are_filed_once_while_a_rasa_and_a_gateway_are_killed(
    two_of_each: TwoOfEach,
) -> None:
    numbers = phones()
    file_while_killing(two_of_each, numbers, "rasa", second=True)
    file_while_killing(two_of_each, numbers, "gateway", second=False)


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_reports_are_filed_once_whichever_of_the_eight_is_killed(two_of_each: TwoOfEach) -> None:
    numbers = phones()
    for name, second in product(NAMES, (False, True)):
        two_of_each.wait_for_second(name)
        file_while_killing(two_of_each, numbers, name, second)
