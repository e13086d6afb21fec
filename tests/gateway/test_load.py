"""In a rush what can wait does: messages are acknowledged, and answered one by one."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from desk.conversations import Inbound, receive
from desk.database import Database
from desk.database.models import InboxMessage, utc_now
from gateway.dispatcher import Dispatcher
from gateway.load import Load
from gateway.rasa import RasaFailed
from gateway.store import Store


class SlowRasa:
    """Takes a moment for each turn, and counts how many are under way."""

    def __init__(self) -> None:
        self.under_way = self.most = 0

    async def turn(self, *_: Any) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.1)
        self.under_way -= 1
        raise RasaFailed("slow")


class AlwaysHigh(Load):
    """A rush without end."""

    high = True  # type: ignore[assignment]


@pytest.mark.parametrize(("load", "at_once"), [(Load(), 4), (AlwaysHigh(), 1)])
async def test_in_a_rush_one_conversation_after_the_other_is_answered(
    database: Database, gateway_settings: Any, load: Load, at_once: int
) -> None:
    with database.transaction() as session:
        for number in range(4):
            receive(session, Inbound("web", f"{number}", f"{number}", text="hello"), utc_now())
    store, rasa = Store(database), SlowRasa()
    dispatcher = Dispatcher(
        gateway_settings,
        store,
        rasa,
        lambda _: None,
        lambda: None,
        load,  # type: ignore[arg-type]
    )
    running = asyncio.create_task(dispatcher.run())
    waiting = True
    while waiting:
        await asyncio.sleep(0.02)
        waiting = await store.read(
            lambda session: bool(session.query(InboxMessage).filter_by(state="new").count())
        )
    dispatcher.stop()
    await running
    await store.close()
    assert rasa.most == at_once


async def test_a_loop_that_comes_too_late_is_noticed_and_forgotten_again() -> None:
    load = Load()
    measuring = asyncio.create_task(load.run())
    await asyncio.sleep(0.1)
    assert not load.high
    time.sleep(0.1)  # noqa: ASYNC251 - the rush
    await asyncio.sleep(0.03)
    assert load.high
    await asyncio.sleep(0.5)
    assert not load.high
    measuring.cancel()
