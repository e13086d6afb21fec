"""A resident never reads the name of an intent or a placeholder, on any channel."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import pytest
from ruamel.yaml import YAML

from actions.desk_action import DeskAction
from actions.server import ACTIONS
from actions.topics import BUSINESS, action_of, choices
from desk.reply import Choice
from desk.settings import ROOT
from desk.wording import LANGUAGES
from desk.wording.sms import fold, is_gsm7, segments
from tests.actions.conftest import Talk, Told

Meet = Callable[..., Talk]
EVERYWHERE = pytest.mark.parametrize("channel", ["sms", "messenger", "web"])
BOTH_LANGUAGES = pytest.mark.parametrize("language", LANGUAGES)
LONGEST_TITLE = 20  # Messenger cuts off what is longer
_NAMES = YAML(typ="safe").load(ROOT / "domain.yml")["intents"]
INTENTS = sorted(one for one in _NAMES if isinstance(one, str))
BY_NAME: dict[str, type[DeskAction]] = {one().name(): one for one in ACTIONS}
RAW = re.compile(r"[{}]|\b[a-z0-9]+(?:_[a-z0-9]+)+\b|/[a-z]+_")
WORDS = "it is about that, at 5th and Main last night"


def named(action: str) -> DeskAction:
    return BY_NAME[f"validate_{action}" if action.endswith("_form") else action]()


async def led(talk: Talk, intent: str, **more: object) -> list[Told]:
    """All that is told to a message of this intent, by the action and those it leads to."""
    told, action = [], action_of(intent)
    for _ in range(3):
        step = await talk.say(named(action), WORDS, intent, **more)  # type: ignore[arg-type]
        told.append(step)
        if step.followed_by in {None, "action_listen"}:
            return told
        action = str(step.followed_by)
    raise AssertionError(f"{intent} is sent on and on")


def wrong(told: list[Told], channel: str) -> list[str]:
    """What a resident should not read in what was told."""
    messages = [one for step in told for one in step.messages]
    texts = [one["text"] or "" for one in messages]
    titles = [button["title"] for one in messages for button in one["buttons"]]
    found = [text for text in (*texts, *titles) if RAW.search(re.sub(r"https?://\S+", "", text))]
    found += [title for title in titles if len(title) > LONGEST_TITLE]
    if channel == "sms":
        found += [text for text in (*texts, *titles) if not is_gsm7(fold(text))]
        found += [text for text in texts if segments(fold(text)) > 2]
    return found


def test_every_topic_has_an_action_that_the_server_knows() -> None:
    assert len(INTENTS) >= 87
    for intent in INTENTS:
        assert named(action_of(intent))


@EVERYWHERE
@BOTH_LANGUAGES
async def test_every_topic_is_answered_in_words(meet: Meet, channel: str, language: str) -> None:
    read = {}
    for intent in INTENTS:
        told = await led(meet(channel, language), intent)
        assert any(step.text or step.commands for step in told), intent
        read[intent] = wrong(told, channel)
    assert {intent: texts for intent, texts in read.items() if texts} == {}


@EVERYWHERE
@BOTH_LANGUAGES
async def test_every_topic_is_asked_about_in_words(meet: Meet, channel: str, language: str) -> None:
    read = {}
    for intent in sorted(BUSINESS - {"talk_to_person"}):  # that is offered to everybody as it is
        ranking = ((intent, 0.4), ("theft", 0.3))
        told = await led(meet(channel, language), "nlu_fallback", ranking=ranking)
        assert f"/{intent}" in told[0].payloads
        read[intent] = wrong(told, channel)
    assert {intent: texts for intent, texts in read.items() if texts} == {}


@EVERYWHERE
@BOTH_LANGUAGES
async def test_every_topic_inside_an_interview_is_dealt_with_in_words(
    meet: Meet, channel: str, language: str
) -> None:
    read = {}
    for intent, tapped in itertools.product(sorted(BUSINESS), (False, True)):
        talk, form = meet(channel, language), named("report_form")
        await talk.say(form, "my bike was stolen", "theft")
        told = await talk.say(form, "" if tapped else "what about that?", intent)
        assert told.text or told.commands, intent
        read[intent, tapped] = wrong([told], channel)
    assert {asked: texts for asked, texts in read.items() if texts} == {}


def test_no_two_topics_have_the_same_name_in_one_language() -> None:
    for language in LANGUAGES:
        offered: tuple[Choice, ...] = choices(sorted(BUSINESS), language)
        assert len({one.title for one in offered}) == len(BUSINESS)
