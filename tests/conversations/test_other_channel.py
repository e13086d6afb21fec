"""What begins by text message goes on on the website."""

from __future__ import annotations

import re

import pytest

from desk.wording import LANGUAGES, Language
from tests.conversations.conftest import Meet
from tests.conversations.residents import WebResident

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]
TOLD = {
    "en": "my bike was stolen from 5th and Main last night",
    "es": "anoche me robaron la bicicleta en la quinta y Main",
}
AWAY = {
    "en": "we are going on vacation, can you check on our house",
    "es": "nos vamos de vacaciones, pueden vigilar nuestra casa",
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_house_check_asked_for_by_text_goes_on_by_a_link(meet: Meet, language: Language) -> None:
    texting = meet("sms", language)
    told = texting.say(AWAY[language])
    assert told.has({"en": "text message", "es": "mensaje de texto"}[language]), told
    sent = texting.tap({"en": "link", "es": "enlace"}[language])
    link = re.search(r"/chat\?start=([\w-]{20,})", sent.text)
    assert link, sent

    at_home = meet("web", language)
    assert isinstance(at_home, WebResident)
    begun = at_home.begin(link[1])
    assert begun.has({"en": "you live there", "es": "vive"}[language]), begun
