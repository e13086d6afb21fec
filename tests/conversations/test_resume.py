"""A report begun by text message goes on on the website."""

from __future__ import annotations

import re

import pytest

from desk.wording import LANGUAGES, Language
from tests.conversations.conftest import Meet

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]
TOLD = {
    "en": "my bike was stolen from 5th and Main last night",
    "es": "anoche me robaron la bicicleta en la quinta y Main",
}
LATER = {"en": "finish later", "es": "más tarde"}
QUESTION = {"en": "full name", "es": "nombre completo"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_number_and_secret_bring_it_to_the_website(meet: Meet, language: Language) -> None:
    texting = meet("sms", language)
    texting.say(TOLD[language])
    texting.say({"en": "yes", "es": "sí"}[language])
    kept = texting.say(LATER[language])
    key = re.search(r"T\d\d-[A-Z0-9]{6} [A-Z0-9]{8}", kept.text)
    assert key, kept

    at_home = meet("web", language)
    brought = at_home.say(key[0])
    assert brought.has("fifth street"), brought
    assert at_home.say({"en": "skip", "es": "omitir"}[language]).text
