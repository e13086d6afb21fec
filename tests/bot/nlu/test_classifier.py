from __future__ import annotations

from typing import Any

import pytest

from tests.bot.conftest import InBot

_SCRIPT = """
import sys, tempfile
from pathlib import Path
import skops.io
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from bot.nlu.classifier import TopicClassifier
from bot.nlu.extractor import NamedExtractor

TEXTS = {
    "theft": ["my bike was stolen", "somebody took my phone", "they stole my laptop",
        "my purse is gone, a guy grabbed it", "me robaron la bici", "se llevaron mi celular"],
    "find_station": ["where is the station", "how do i get to the police station",
        "are you open on sunday", "what is your address",
        "donde esta la estacion", "a que hora abren"],
    "emergency": ["he has a gun", "there is a fire in my house", "my dad is not breathing",
        "somebody is shooting", "hay un incendio", "tiene un cuchillo y me quiere matar"],
    "self_harm": ["i want to die", "i am going to kill myself", "he says he will hang himself",
        "she cut her wrists", "me quiero morir", "se quiere quitar la vida"],
}
messages = [Message({"text": t, "intent": i}) for i, ts in TEXTS.items() for t in ts]
PETS = ["our cat ran away", "my dog is missing", "lost my parrot", "se perdio mi gata"]
added = {"intent": "find_station", "metadata": {"intent": {"topic": "lost_pet"}}}
messages += [Message({"text": text, **added}) for text in PETS]
folder = Path(tempfile.mkdtemp())
storage, resource = LocalModelStorage(folder), Resource("topics")
context = ExecutionContext(None, "x")
SETTINGS = {"together": {"topics": ["emergency", "self_harm", "never_trained"], "at_least": 0.9},
    "second_topic": 0.2}
TopicClassifier.validate_config(SETTINGS)
TopicClassifier.create(SETTINGS, storage, resource, context).train(TrainingData(messages))
with storage.read_from(resource) as stored:
    files = sorted(path.name for path in stored.iterdir())

def load(**settings):
    return TopicClassifier.load({**SETTINGS, **settings}, storage, resource, context)

def parse(text, component):
    message = Message({"text": text})
    NamedExtractor.create({}, storage, resource, context).process([message])
    component.process([message])
    return message.data

one, again = load(), load()
eager = load(together={**SETTINGS["together"], "at_least": 0.05})
texts = ["sombody stole my bycicle", "se robaron mi bicicleta", "what time do you open"]
texts += ["", "/greet"]
told = {
    "files": files,
    "topics": [parse(t, one)["intent"] for t in texts],
    "repeat": [parse(texts[0].upper() + "  ", one)["intent"], dict(one.asked)],
    "again": [parse(t, again)["intent"] for t in texts],
    "eager": [parse("somebody took my dad", each) for each in (one, eager)],
    "two": parse("my bike was stolen last night. where is your police station?", one)["entities"],
    "entities": parse("my bike was stolen yesterday", one)["entities"],
    "added": parse("my little dog ran away", one),
    "gibberish": parse("qwpo zxmvk bntyx", one)["intent"],
}
refused = []
for wrong in (
    {"encoders": ["bert"]},
    {"spelling": ["xx"]},
    {"together": {"at_least": 2}},
    {"second_topic": 7},
):
    try:
        TopicClassifier.validate_config(wrong)
    except Exception as error:
        refused.append(str(error))
told["refused"] = refused
"""


@pytest.fixture(scope="module")
def told(in_bot: InBot) -> dict[str, Any]:
    """What a classifier trained on twenty-four messages says."""
    return dict(in_bot(_SCRIPT))


def names(intents: list[dict[str, Any]]) -> list[str | None]:
    return [intent["name"] for intent in intents]


def test_topics_are_told_in_both_languages_with_typing_errors(told: dict[str, Any]) -> None:
    assert names(told["topics"])[:3] == ["theft", "theft", "find_station"]


def test_no_words_and_commands_have_no_topic(told: dict[str, Any]) -> None:
    assert names(told["topics"])[3:] == [None, None]


def test_confidence_is_a_likelihood(told: dict[str, Any]) -> None:
    assert all(0 < intent["confidence"] <= 1 for intent in told["topics"][:3])


def test_a_stored_classifier_says_the_same_each_time_it_is_loaded(told: dict[str, Any]) -> None:
    assert told["again"] == told["topics"]


def test_what_is_stored_has_no_pickles(told: dict[str, Any]) -> None:
    assert told["files"] == ["intents.json", "topics.json", "topics.npz"]


def test_a_repeated_message_is_answered_from_memory(told: dict[str, Any]) -> None:
    intent, asked = told["repeat"]

    assert intent == told["topics"][0]
    assert asked["remembered"] == 1
    assert asked["by_words"] + asked["by_encoders"] == 3


def test_topics_that_belong_together_win_when_they_are_likely_together(
    told: dict[str, Any],
) -> None:
    alone, together = told["eager"]
    ranking = together["intent_ranking"]

    assert alone["intent"]["name"] == "theft"
    assert ranking[0]["name"] in {"emergency", "self_harm"}
    assert ranking[0] == together["intent"]
    assert len({one["name"] for one in ranking}) == len(ranking) == 4


def test_another_topic_in_one_clause_is_put_on_the_message(told: dict[str, Any]) -> None:
    second = [one for one in told["two"] if one["entity"] == "second_topic"]

    assert [one["value"] for one in second] in (["find_station"], ["theft"])


def test_a_topic_that_is_no_intent_comes_as_an_entity_of_its_intent(told: dict[str, Any]) -> None:
    pet = told["added"]

    assert pet["intent"]["name"] == "find_station"
    assert [one["value"] for one in pet["entities"] if one["entity"] == "topic"] == ["lost_pet"]
    assert "lost_pet" not in {one["name"] for one in pet["intent_ranking"]}


def test_of_words_that_nobody_knows_nothing_is_sure(told: dict[str, Any]) -> None:
    assert told["gibberish"]["confidence"] < 0.01


def test_what_is_named_is_kept_beside_it(told: dict[str, Any]) -> None:
    assert [(one["entity"], one["value"]) for one in told["entities"]] == [
        ("item", "bicycle"),
        ("time", "yesterday"),
    ]


def test_settings_that_mean_nothing_are_refused(told: dict[str, Any]) -> None:
    assert len(told["refused"]) == 4
