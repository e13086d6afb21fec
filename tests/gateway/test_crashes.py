"""A gateway that dies between any two steps: every message is answered, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from desk.conversations import Inbound, receive, turns
from desk.database import Database
from desk.database.models import InboxMessage, OutboxMessage, utc_now
from gateway import dispatcher as module
from gateway.dispatcher import Dispatcher
from gateway.load import Load
from gateway.rasa import Rasa
from gateway.store import Store

if TYPE_CHECKING:
    from tests.gateway.conftest import SmallRasa

LEASE = timedelta(seconds=0.4)


@pytest.fixture
def bot(rasa: SmallRasa, serve: Callable[..., str]) -> str:
    return serve(rasa.app())


async def answered(database: Database, url: str, settings: Any, seconds: float = 6.0) -> None:
    """Run a dispatcher until nothing is left to do."""
    store = Store(database)
    async with aiohttp.ClientSession() as client:
        rasa = Rasa(settings.model_copy(update={"rasa_url": url}), client)
        dispatcher = Dispatcher(settings, store, rasa, lambda _: None, lambda: None, Load(), LEASE)
        running = asyncio.create_task(dispatcher.run())
        for _ in range(int(seconds / 0.05)):
            await asyncio.sleep(0.05)
            if not await store.read(lambda session: session.query(InboxMessage).filter_by(
                state="new").count()):  # fmt: skip
                break
        dispatcher.stop()
        await running
    await store.close()


def put(database: Database, *texts: str) -> None:
    with database.transaction() as session:
        for number, text in enumerate(texts):
            receive(session, Inbound("web", f"id-{number}", "someone", text=text), utc_now())


def replies(database: Database) -> list[tuple[int | None, str]]:
    with database.reading() as session:
        rows = session.query(OutboxMessage).order_by(OutboxMessage.id)
        return [(row.in_reply_to, row.text) for row in rows]


@pytest.mark.parametrize("where", ["before_rasa", "after_rasa", "in_the_transaction"])
async def test_a_crash_between_two_steps_leads_to_exactly_one_reply(
    database: Database,
    bot: str,
    rasa: SmallRasa,
    gateway_settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
) -> None:
    put(database, "Where is the station?", "And when is it open?")
    crashes = iter([True, True])

    def crash() -> None:
        if next(crashes, False):
            raise RuntimeError("killed")

    ask, finish = Rasa.turn, module._finish

    async def asking(self: Rasa, *arguments: Any) -> Any:
        if where == "before_rasa":
            crash()
        answer = await ask(self, *arguments)
        if where == "after_rasa":
            crash()
        return answer

    def finishing(*arguments: Any) -> None:
        finish(*arguments)
        if where == "in_the_transaction":
            crash()

    monkeypatch.setattr(Rasa, "turn", asking)
    monkeypatch.setattr(module, "_finish", finishing)
    await answered(database, bot, gateway_settings)
    said = replies(database)
    assert [text for _, text in said].count("Here is your answer.") == 2
    assert [inbox for inbox, _ in said] == [1, 1, 2]  # the introduction belongs to the first
    asked = [turn["message_id"] for turn in rasa.turns]
    assert asked == sorted(asked), "the second message must wait for the first"
    if where != "before_rasa":
        assert asked == ["1", "1", "1", "2"]


async def test_a_message_that_breaks_every_turn_gets_the_last_resort(
    database: Database, bot: str, gateway_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(database, "poison")

    async def breaking(*_: Any) -> Any:
        raise RuntimeError("again")

    monkeypatch.setattr(Rasa, "turn", breaking)
    await answered(database, bot, gateway_settings)
    ((_, text),) = replies(database)
    assert "911" in text


async def _answer_quickly_after_the_first(rasa: SmallRasa) -> None:
    while not rasa.turns:  # noqa: ASYNC110 - the stand-in has no event to wait for
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # the first has read its mode by then
    rasa.mode = "answers"


async def test_a_worker_whose_lease_ran_out_stores_nothing(
    database: Database, bot: str, rasa: SmallRasa, gateway_settings: Any
) -> None:
    rasa.mode, rasa.slow_seconds = "slow", 0.8  # longer than the lease
    put(database, "Where is the station?")
    gateway_settings.rasa_timeout = 2.0
    quick_again = asyncio.create_task(_answer_quickly_after_the_first(rasa))
    await answered(database, bot, gateway_settings)
    await quick_again
    assert [text for _, text in replies(database)].count("Here is your answer.") == 1
    assert len(rasa.turns) > 1


def test_two_workers_never_get_the_same_conversation(database: Database) -> None:
    put(database, "one", "two")
    with database.transaction() as session:
        turns.screened(session, [1, 2], utc_now())
    with database.transaction() as session:
        first = turns.claim_turns(session, now=utc_now(), lease=timedelta(seconds=9), limit=5)
    with database.transaction() as session:
        second = turns.claim_turns(session, now=utc_now(), lease=timedelta(seconds=9), limit=5)
    assert [turn.text for turn in first] == ["one"]
    assert second == []
