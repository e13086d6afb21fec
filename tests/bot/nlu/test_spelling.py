from __future__ import annotations

from tests.bot.conftest import InBot

_SCRIPT = """
from bot.nlu.spelling import Speller
trained = ["my bike was stolen", "llamen a larkfield", "robaron mi troka"]
speller = Speller.learnt(trained, {languages})
told = [speller(text) for text in {texts!r}]
"""


def mended(in_bot: InBot, texts: list[str], languages: str = '["en", "es"]') -> list[str]:
    return list(in_bot(_SCRIPT.format(texts=texts, languages=languages)))


def test_slips_are_mended_in_each_language_and_good_words_are_left(in_bot: InBot) -> None:
    texts = {
        "somebody tookk my bicycel": "somebody took my bicycle",
        "necesito ayda con un reprote": "necesito ayuda con un reporte",
        "my troka is at larkfeild": "my troka is at larkfield",  # trained words win
        "my bkie": "my bike",
        "¿Dónde está la policía?": "¿Dónde está la policía?",
        "call 555-2013 or zq": "call 555-2013 or zq",
    }

    assert mended(in_bot, list(texts)) == list(texts.values())


def test_without_languages_nothing_is_mended(in_bot: InBot) -> None:
    assert mended(in_bot, ["my bkie"], "[]") == ["my bkie"]
