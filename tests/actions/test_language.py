from __future__ import annotations

from collections.abc import Callable

import pytest

from actions.dialogue import ActionDialogue
from actions.language import ActionChangeLanguage
from tests.actions.conftest import Talk

Meet = Callable[..., Talk]


@pytest.mark.parametrize(
    ("current", "text", "expected"),
    [
        ("en", "español por favor", "es"),
        ("es", "in English please", "en"),
        ("en", "English please", "en"),
        ("en", "", "es"),
        ("es", "otro idioma", "en"),
    ],
)
async def test_the_new_language_is_confirmed_in_itself(
    meet: Meet, current: str, text: str, expected: str
) -> None:
    told = await meet(language=current).say(ActionChangeLanguage(), text, "change_language")
    assert told.commands == [{"command": "language", "language": expected}]
    assert ("español" in told.text) == (expected == "es")


async def test_in_rasa_shell_the_language_changes_without_a_gateway(meet: Meet) -> None:
    talk = Talk("a-talk-in-the-shell", channel="shell")
    meet()  # the database
    await talk.say(ActionChangeLanguage(), "español", "change_language")
    assert "Hola" in (await talk.say(ActionDialogue(), "hola", "greet")).text
