from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from actions.dialogue import ActionBack, ActionChoose, ActionDialogue
from desk.conversations import add_outbound
from desk.database import Database
from desk.database.models import Conversation
from desk.reply import Choice, Reply
from tests.actions.conftest import Talk

Meet = Callable[..., Talk]
SMALL = [
    "greet",
    "goodbye",
    "thanks",
    "affirm",
    "deny",
    "menu",
    "skip",
    "done",
    "cancel_form",
    "ask_why",
    "insult",
    "chitchat",
    "repeat",
]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("intent", SMALL)
async def test_every_small_word_has_an_answer_in_both_languages(
    meet: Meet, intent: str, language: str
) -> None:
    told = await meet(language=language).say(ActionDialogue(), "…", intent)
    assert told.text


@pytest.mark.parametrize(("language", "automatic"), [("en", "automated"), ("es", "automático")])
async def test_the_greeting_says_that_it_is_a_machine_and_not_911(
    meet: Meet, language: str, automatic: str
) -> None:
    told = await meet(language=language).say(ActionDialogue(), "hello", "greet")
    assert automatic in told.text
    assert "not 911" in told.text or "no es el 911" in told.text
    assert told.commands == [{"command": "introduced"}]  # so the gateway does not say it again


async def test_say_that_again_says_the_last_words_with_their_choices(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    with desk_database.transaction() as session:
        conversation = session.get_one(Conversation, talk.conversation_id)
        said = Reply("It is on Oak Street.", (Choice("Thanks", "yes"),))
        add_outbound(session, conversation, said, now=datetime.now(UTC))
    told = await talk.say(ActionDialogue(), "say that again", "repeat")
    assert told.text == "It is on Oak Street."
    assert told.payloads == ['/choose{"value": "yes"}']


async def test_back_with_nothing_open_takes_nothing_back(meet: Meet) -> None:
    told = await meet().say(ActionBack(), "back", "back")
    assert told.text
    assert not told.events


async def test_a_choice_whose_question_is_over_leads_to_the_menu(meet: Meet) -> None:
    told = await meet().say(ActionChoose(), choice="option:Oak and Third")
    assert "/find_station" in told.payloads


async def test_a_link_is_given_to_who_asks_for_it(meet: Meet) -> None:
    told = await meet().say(ActionChoose(), choice="link:house_check")
    assert "/chat?start=" in told.text


async def test_the_choice_of_a_person_hands_over(meet: Meet) -> None:
    told = await meet().say(ActionChoose(), choice="person")
    assert told.commands[0]["reason"] == "asked"


async def test_a_lone_location_is_offered_the_look_ups(meet: Meet) -> None:
    here = {"latitude": 37.6, "longitude": -120.95}
    told = await meet().say(ActionChoose(), intent="choose", location=here)
    assert told.payloads == ["/find_station", "/my_district"]
