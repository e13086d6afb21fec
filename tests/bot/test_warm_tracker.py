from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.bot.conftest import InBot

_START = """
import asyncio, random
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted, ActiveLoop, BotUttered, FollowupAction, SessionStarted, SlotSet, UserUttered)
from rasa.shared.core.trackers import DialogueStateTracker
from bot.tracker_store import FrontdeskTrackerStore
from bot.warm_tracker import WarmTracker

domain = Domain.load("domain.yml")

def heard(intent, number):
    return UserUttered(intent, {"name": intent}, message_id=str(number))

def listen():
    return ActionExecuted("action_listen")

def asked(intent, number, action="action_answer"):
    return [heard(intent, number), ActionExecuted(action), BotUttered(f"to {number}"), listen()]
"""

_WALK = (
    _START
    + """
def turn(rng, number, loop):
    if loop:
        ask = [SlotSet("answer", None), SlotSet("requested_slot", "answer"), BotUttered("next?")]
        if rng.random() < 0.8:
            return [heard("affirm", number), ActionExecuted(loop), *ask, listen()], loop
        end = [SlotSet("requested_slot", None), ActiveLoop(None), FollowupAction("action_listen")]
        return [heard("deny", number), ActionExecuted(loop), *end, listen()], None
    if rng.random() < 0.3:
        loop = rng.choice(["report_form", "place_form"])
        opens = [ActionExecuted(loop), ActiveLoop(loop), SlotSet("requested_slot", "answer")]
        return [heard("theft", number), *opens, BotUttered("what?"), listen()], loop
    action, topic = rng.choice([("action_answer", "privacy"), ("action_dialogue", "greet")])
    remembers = SlotSet("misunderstood", number) if rng.random() < 0.2 else BotUttered("so")
    return [heard(topic, number), ActionExecuted(action, hide_rule_turn=rng.random() < 0.3),
            remembers, listen()], None

different, longest = [], 0
for seed in range(20):
    rng, loop = random.Random(seed), None
    warm, cold = (kind("c", domain.slots) for kind in (WarmTracker, DialogueStateTracker))
    began = [ActionExecuted("action_session_start"), SessionStarted(), listen()]
    for number in range(60):
        events, loop = turn(rng, number, loop)
        for event in [*began, *events]:
            if isinstance(event, ActionExecuted):
                for hidden in (False, True):
                    seen = [one.past_states(domain, ignore_rule_only_turns=hidden)[-3:]
                            for one in (warm, cold, warm.copy())]
                    if not seen[0] == seen[1] == seen[2]:
                        different.append([seed, number, hidden])
            warm.update(event)
            cold.update(event)
        began = []
        warm.rest(number)
        longest = max(longest, len(warm.events))
        states = [{**one.current_state(), "latest_event_time": 0} for one in (warm, cold)]
        if states[0] != states[1]:
            different.append([seed, number, "state"])
told = {"different": different, "longest": longest}
"""
)

_STORE = (
    _START
    + """
async def talk():
    store, other = (FrontdeskTrackerStore(host="{url}", domain=domain) for _ in "ab")
    told = {}

    async def turn(of, number, saved=True):
        tracker = await of.get_or_create_tracker("c", append_action_listen=False)
        for event in asked("privacy", number):
            tracker.update(event)
        if saved:
            await of.save(tracker)
        return tracker

    def said(of, number):
        events = of.said_after("c", str(number))
        return None if events is None else [event["text"] for event in events]

    first = await turn(store, 1)
    told["kept"] = await turn(store, 2) is first
    told["given_away"] = await turn(store, 3, saved=False) is first
    told["after_a_broken_turn"] = said(store, 3)
    told["not_reused"] = await turn(store, 4) is first
    told["elsewhere"] = await turn(other, 5) is first
    told["seen_here"] = said(store, 5)
    events = (await store.retrieve("c")).events
    told["messages"] = [event.message_id for event in events if event.type_name == "user"]
    for number in range(6, 40):
        await turn(store, number)
    told["repeats"] = [said(store, number) for number in (38, 21, 15)]
    told["cold_repeats"] = [said(other, number) for number in (38, 21, 15)]
    told["stored"] = len((await store.retrieve_full_tracker("c")).events)
    return told

told = asyncio.run(talk())
"""
)


def test_a_warm_tracker_shows_the_policies_what_a_whole_one_would(in_bot: InBot) -> None:
    told = in_bot(_WALK)
    assert told["different"] == []
    assert told["longest"] < 60  # of 240


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)],
)
def told(
    request: pytest.FixtureRequest, in_bot: InBot, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """What two stores on one database told, each as if in a Rasa process of its own."""
    if request.param == "sqlite":
        file: Path = tmp_path_factory.mktemp("store") / "tracker.db"
        yield in_bot(_STORE.replace("{url}", f"sqlite:///{file}"))
        return
    server, schema = request.getfixturevalue("postgresql"), f"rasa_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        url = f"{server}?options=-csearch_path%3D{schema}"
        yield in_bot(_STORE.replace("{url}", url))
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


def test_a_tracker_stays_warm_while_nobody_else_goes_on(told: dict[str, Any]) -> None:
    assert told["kept"]
    assert not told["elsewhere"]
    assert told["seen_here"] == ["to 5"]
    assert told["messages"] == ["1", "2", "4", "5"]


def test_what_a_broken_turn_did_to_a_tracker_is_forgotten(told: dict[str, Any]) -> None:
    assert told["given_away"]
    assert told["after_a_broken_turn"] is None
    assert not told["not_reused"]


def test_repeats_are_known_warm_and_cold_and_only_the_newest(told: dict[str, Any]) -> None:
    assert told["repeats"] == [["to 38"], ["to 21"], None]
    assert told["cold_repeats"] == told["repeats"]


def test_everything_is_stored(told: dict[str, Any]) -> None:
    sessions = 1  # one ended after twenty messages at rest
    assert told["stored"] == 38 * 4 + sessions * 3
