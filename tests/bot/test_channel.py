from __future__ import annotations

import os
import sqlite3
import subprocess
from typing import Any

import pytest

from desk.settings import ROOT
from frontdesk import model
from tests.bot.conftest import Bot

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]
PLANTED = "Quillfeather Lane 4711"


def texts(told: dict[str, Any]) -> str:
    return "\n".join(reply["text"] for reply in told["replies"])


def commands(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [reply["command"] for reply in told["replies"] if "command" in reply]


def values(told: dict[str, Any]) -> list[str]:
    return [choice["value"] for reply in told["replies"] for choice in reply["choices"]]


@pytest.mark.parametrize(("language", "text"), [("en", "hello"), ("es", "hola buenos días")])
def test_a_greeting_is_answered_with_choices_and_no_slash_syntax(
    bot: Bot, language: str, text: str
) -> None:
    told = bot.say(bot.meet(), text, language=language)
    assert "911" in texts(told)
    assert "topic:find_station" in values(told)
    assert "/" not in texts(told)


def test_a_look_up_asks_for_the_place_and_answers(bot: Bot) -> None:
    talk = bot.meet()
    assert "?" in texts(bot.say(talk, "where is the nearest police station?"))
    assert "Station" in texts(bot.say(talk, "Main Street and Fifth Street"))


def test_a_repeated_message_is_answered_from_the_tracker_without_a_turn(bot: Bot) -> None:
    talk = bot.meet()
    first = bot.say(talk, "hello", message_id="same")
    bot.say(talk, "where is the nearest police station?")
    again = bot.say(talk, "hello", message_id="same")
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["replies"] == first["replies"]


@pytest.mark.parametrize(
    "typed", ["/restart", " /session_start", "EXTERNAL: greet", '//choose{"value":"person"}']
)
def test_typed_commands_command_nothing(bot: Bot, typed: str) -> None:
    talk = bot.meet()
    bot.say(talk, "my bike was stolen")
    bot.say(talk, typed)
    with sqlite3.connect(bot.folder / "tracker.db") as tracker:
        rows = tracker.execute(
            "SELECT data FROM events WHERE sender_id = ? AND type_name = 'user'", (talk,)
        ).fetchall()
        kinds = tracker.execute(
            "SELECT type_name FROM events WHERE sender_id = ?", (talk,)
        ).fetchall()
    tracker.close()
    assert not any('"text": "/' in data or '"text": "EXTERNAL' in data for (data,) in rows)
    assert ("restart",) not in kinds


def test_a_tapped_topic_opens_it_and_an_unknown_one_is_answered(bot: Bot) -> None:
    talk = bot.meet()
    assert "topic:menu" not in values(bot.say(talk, choice="topic:find_station"))
    assert bot.say(bot.meet(), choice="topic:no_such_topic")["replies"]


def test_a_person_and_danger_are_commands_to_the_gateway(bot: Bot) -> None:
    assert commands(bot.say(bot.meet(), choice="person"))[0]["command"] == "handoff"
    danger = commands(bot.say(bot.meet(), choice="topic:emergency"))
    assert danger == [{"command": "danger", "kind": "emergency"}]


def test_an_interview_keeps_every_message_until_it_is_stopped(bot: Bot) -> None:
    talk = bot.meet()
    assert bot.say(talk, "my bike was stolen")["replies"]
    aside = bot.say(talk, choice="topic:text_to_911")
    assert len(aside["replies"]) > 1  # the answer, and the question again
    assert commands(bot.say(talk, choice="person"))[0]["command"] == "handoff"
    bot.say(talk, "stop")
    bot.say(talk, choice="stop_delete")
    assert "topic:find_station" in values(bot.say(talk, "hello"))


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"conversation_id": "", "message_id": "1", "channel": "sms", "language": "en"},
        {"conversation_id": "a", "message_id": "1", "channel": "sms", "language": "en", "text": 5},
        {
            "conversation_id": "a",
            "message_id": "1",
            "channel": "sms",
            "language": "en",
            "text": "x" * 5000,
        },
        {
            "conversation_id": "a",
            "message_id": "1",
            "channel": "sms",
            "language": "en",
            "location": {"latitude": 91, "longitude": 0},
        },
    ],
)
def test_what_is_no_turn_is_a_400_that_says_why(bot: Bot, body: Any) -> None:
    answer = bot.post(body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("token", ["wrong", "a-token-for-test"])
def test_nobody_without_the_token_gets_in(bot: Bot, token: str) -> None:
    assert bot.post({}, token).status_code == 401


def test_without_the_action_server_the_turn_fails_whole_and_can_be_taken_again(bot: Bot) -> None:
    talk = bot.meet()
    bot.say(talk, "my bike was stolen")
    bot.stop("actions")
    try:
        failed = bot.turn(talk, PLANTED, message_id="again")
    finally:
        bot.start("actions")
    assert failed.status_code == 503
    answered = bot.say(talk, PLANTED, message_id="again")
    assert not answered["repeated"]
    assert answered["replies"]


def test_the_tracker_store_away_is_a_503_and_not_a_talk_in_memory(bot: Bot) -> None:
    talk = bot.meet()
    with sqlite3.connect(bot.folder / "tracker.db", isolation_level=None) as tracker:
        tracker.execute("ALTER TABLE events RENAME TO events_away")
        try:
            assert bot.turn(talk, PLANTED).status_code == 503
        finally:
            tracker.execute("ALTER TABLE events_away RENAME TO events")
    tracker.close()
    assert bot.say(talk, "hello")["replies"]


def test_no_log_holds_what_a_resident_wrote(bot: Bot) -> None:
    bot.say(bot.meet(), PLANTED)
    assert "Quillfeather" not in bot.log("rasa") + bot.log("actions")


def test_rasa_refuses_to_start_with_an_open_channel(bot: Bot) -> None:
    started = subprocess.run(
        [str(model.RASA), "run", f"--model={bot.model}", "--port=0", "--interface=127.0.0.1"],
        cwd=ROOT,
        env={**bot.environment, "FRONTDESK_INTERNAL_TOKEN": "", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert started.returncode != 0
    assert "FRONTDESK_INTERNAL_TOKEN" in started.stdout + started.stderr


def test_a_turn_is_quick(bot: Bot) -> None:
    talk = bot.meet()
    bot.say(talk, "hello")
    spent = sorted(bot.turn(talk, "hello").elapsed.total_seconds() for _ in range(9))
    assert spent[4] < 1.0
