from __future__ import annotations

from collections.abc import Callable

import pytest

from actions.answers import ActionAnswer
from actions.desk_action import DeskAction
from actions.dialogue import ActionDialogue
from actions.stations import ActionFindStation, ActionMyDistrict, ValidatePlaceForm
from actions.unsure import ActionUnsure
from tests.actions.conftest import Talk

Meet = Callable[..., Talk]


async def test_a_place_in_the_question_is_answered_at_once(meet: Meet) -> None:
    told = await meet().say(ActionFindStation(), "nearest station to 5th and Main", "find_station")
    assert "Main Street" in told.text
    assert not told.has_event("followup", "place_form")


async def test_without_a_place_the_form_asks_for_one_and_goes_on_with_the_look_up(
    meet: Meet,
) -> None:
    talk = meet()
    told = await talk.say(ActionMyDistrict(), "what district am i in", "my_district")
    assert told.has_event("followup", "place_form")
    asked = await talk.say(ValidatePlaceForm(), "what district am i in", "my_district")
    assert "?" in asked.text
    assert asked.sets("requested_slot") == "place"
    answered = await talk.say(ValidatePlaceForm(), "5th and Main")
    assert "district" in answered.text.lower()
    assert answered.ended
    assert answered.sets("look_up") is None


async def test_a_shared_location_is_a_place(meet: Meet) -> None:
    here = {"latitude": 37.60, "longitude": -120.95}
    told = await meet().say(ActionFindStation(), "i am here", "find_station", location=here)
    assert told.text
    assert not told.events


async def test_after_two_misses_a_person_is_offered_instead_of_a_third_question(meet: Meet) -> None:
    talk = meet()
    talk.slots["look_up"] = "find_station"
    await talk.say(ValidatePlaceForm(), "where is a station", "find_station")
    for nonsense in ("qwerty", "asdf"):
        assert not (await talk.say(ValidatePlaceForm(), nonsense)).ended
    given_up = await talk.say(ValidatePlaceForm(), "zxcv")
    assert given_up.ended
    assert '/choose{"value": "person"}' in given_up.payloads
    assert "(209) 555-0100" in given_up.text


async def test_another_topic_ends_the_form_and_is_left_to_the_rules(meet: Meet) -> None:
    talk = meet()
    await talk.say(ValidatePlaceForm(), "where is a station", "find_station")
    told = await talk.say(ValidatePlaceForm(), "my bike was stolen", "theft")
    assert not told.messages
    assert told.has_event("action_execution_rejected", "place_form")
    assert told.has_event("active_loop", None)


async def test_danger_is_named_and_the_question_stays_open(meet: Meet) -> None:
    talk = meet()
    await talk.say(ValidatePlaceForm(), "where is a station", "find_station")
    told = await talk.say(ValidatePlaceForm(), "he has a knife", "emergency")
    assert told.commands == [{"command": "danger", "kind": "emergency"}]
    assert told.sets("requested_slot") == "place"


@pytest.mark.parametrize(
    "wish", [{"choice": "person"}, {"text": "a person", "intent": "talk_to_person"}]
)
async def test_a_person_can_be_had_in_the_middle(meet: Meet, wish: dict[str, str]) -> None:
    talk = meet()
    await talk.say(ValidatePlaceForm(), "where is a station", "find_station")
    told = await talk.say(ValidatePlaceForm(), **wish)
    assert told.commands[0]["command"] == "handoff"
    assert told.ended


@pytest.mark.parametrize(
    ("action", "intent"),
    [(ActionDialogue, "affirm"), (ActionAnswer, "text_to_911"), (ActionUnsure, "nlu_fallback")],
)
@pytest.mark.parametrize("text", ["00105", "37.5952, -120.9761"])
async def test_a_bare_place_is_answered_with_its_station_whatever_the_topic(
    meet: Meet, action: type[DeskAction], intent: str, text: str
) -> None:
    told = await meet().say(action(), text, intent)
    assert "Westside Station" in told.text


async def test_a_place_inside_a_sentence_does_not_override_the_topic(meet: Meet) -> None:
    told = await meet().say(ActionAnswer(), "can i text 911 from 00105", "text_to_911")
    assert "Westside Station" not in told.text
