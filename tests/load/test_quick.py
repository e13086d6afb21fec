"""A few seconds of load: all is answered once, and a long talk costs no more than a short one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.load import rasa_alone
from tests.load.outcome import compare, settled
from tests.load.traffic import Sent, Twilio, plan
from tests.support import FrontDesk

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]


def test_at_ten_texts_a_second_all_are_answered_once_and_long_talks_stay_cheap(
    tmp_path: Path,
) -> None:
    desk = FrontDesk(tmp_path)
    desk.start()
    try:

        async def drive() -> list[Sent]:
            async with Twilio(desk) as twilio:
                texts = plan(50, at_once=20, danger_every=25)
                return await twilio.drive(texts, 10, lambda: None)

        sent = asyncio.run(drive())
        assert settled(desk, 60), "messages still wait after a minute"
        outcome = compare(desk, sent)
        with rasa_alone.ours(desk) as process:
            cost = asyncio.run(rasa_alone.growth(process, (5, 60)))
    finally:
        assert desk.stop() == 0
    assert (outcome.refused, outcome.lost, outcome.doubled) == (0, 0, 0)
    assert len(outcome.danger) == 2
    assert cost[60] < 2 * cost[5]  # it was 3.5 times before trackers were kept small
