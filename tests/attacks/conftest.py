"""One front desk for all attacks, and the page that lists what came of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.page import write
from tests.attacks.target import METRICS_TOKEN, Outcome, Target
from tests.conversations.conftest import always_staffed
from tests.support import FrontDesk

Came = dict[tuple[str, str], Outcome]


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Everything `make run` starts, with metrics, and somebody at the desk."""
    folder = tmp_path_factory.mktemp("attacked")
    desk = FrontDesk(
        folder,
        FRONTDESK_DEPARTMENT=str(always_staffed(folder / "department")),
        METRICS_TOKEN=METRICS_TOKEN,
    )
    desk.start()
    attacked = Target(desk)
    yield attacked
    attacked.close()
    assert desk.stop() == 0


@pytest.fixture(scope="session")
def came() -> Iterator[Came]:
    """What each attack got, by channel and name; `make attacks` has it written down."""
    found: Came = {}
    yield found
    if page := os.environ.get("FRONTDESK_ATTACKS_PAGE"):
        write(Path(page), found)
