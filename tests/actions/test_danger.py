from __future__ import annotations

from collections.abc import Callable

import pytest

from actions.danger import ActionDanger
from actions.topics import DANGER
from tests.actions.conftest import Talk

Meet = Callable[..., Talk]


@pytest.mark.parametrize("kind", sorted(DANGER))
async def test_danger_is_only_named_because_the_gateway_says_the_words(
    meet: Meet, kind: str
) -> None:
    told = await meet().say(ActionDanger(), "help", kind)
    assert told.commands == [{"command": "danger", "kind": kind}]
    assert not told.text


async def test_in_rasa_shell_the_danger_answer_is_said(meet: Meet) -> None:
    meet()  # the database
    told = await Talk("shell-talk", channel="shell").say(ActionDanger(), "help", "emergency")
    assert "911" in told.text
    assert not told.payloads  # rasa shell cannot draw buttons
