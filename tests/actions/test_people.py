from __future__ import annotations

from collections.abc import Callable

import pytest

from actions.people import ActionTalkToPerson
from desk import answers
from tests.actions.conftest import Talk

Meet = Callable[..., Talk]


@pytest.mark.parametrize("language", ["en", "es"])
async def test_who_asks_for_a_person_is_told_and_handed_over(meet: Meet, language: str) -> None:
    told = await meet(language=language).say(ActionTalkToPerson(), "a person", "talk_to_person")
    assert "person" in told.text
    assert told.commands == [
        {"command": "handoff", "reason": "asked", "topic": None, "report_id": None}
    ]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("topic", ["no_callback", "stolen_vehicle", "burglary"])
async def test_what_only_a_person_can_take_is_answered_and_handed_over_with_its_topic(
    meet: Meet, topic: str, language: str
) -> None:
    told = await meet(language=language).say(ActionTalkToPerson(), "…", topic)
    assert told.commands == [
        {"command": "handoff", "reason": "asked", "topic": topic, "report_id": None}
    ]
    asked = await meet(language=language).say(ActionTalkToPerson(), "…", "talk_to_person")
    assert told.text
    assert told.text != asked.text  # the department's own words


async def test_without_an_approved_text_the_handing_over_is_said(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "answer", lambda *_: None)
    told = await meet().say(ActionTalkToPerson(), "…", "burglary")
    assert (
        told.text == "I'll pass you to a person, with all you wrote, so you need not say it again."
    )
    assert told.commands
