from __future__ import annotations

from collections.abc import Callable

import pytest

from actions.answers import ActionAnswer
from actions.topics import ANSWERS, REFERRALS
from desk import answers
from tests.actions.conftest import Talk

Meet = Callable[..., Talk]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("topic", sorted(ANSWERS | REFERRALS))
async def test_the_demo_department_has_an_answer_to_every_topic(
    meet: Meet, topic: str, language: str
) -> None:
    told = await meet(language=language).say(ActionAnswer(), "…", topic)
    assert told.text
    assert '/choose{"value": "person"}' not in told.payloads


async def test_without_an_approved_text_the_number_and_a_person_are_offered(
    meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "answer", lambda *_: None)
    told = await meet().say(ActionAnswer(), "…", "privacy")
    assert "(209) 555-0100" in told.text
    assert told.payloads == ['/choose{"value": "person"}']
