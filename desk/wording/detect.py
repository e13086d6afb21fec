"""Guesses whether a message is English or Spanish, and says when the guess is not to be trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from lingua import Language as LinguaLanguage
from lingua import LanguageDetector, LanguageDetectorBuilder
from ruamel.yaml import YAML

from desk.wording import Language

_SURE: Final = 0.9
"""From this confidence of lingua on (0 to 1) the language may change."""

_LIKELY: Final = 0.8
"""From this confidence on a first message without a known word is Spanish: many English words
that stand alone look Spanish ("alert", "agent", "minor")."""

_LONGEST: Final = 400
_CODES: Final[dict[LinguaLanguage, Language]] = {
    LinguaLanguage.ENGLISH: "en",
    LinguaLanguage.SPANISH: "es",
}


def _words_in(name: str) -> dict[str, frozenset[str]]:
    written = YAML(typ="safe").load(Path(__file__).with_name(name))
    return {key: frozenset(words.split()) for key, words in written.items()}


_WORDS: Final = _words_in("languages.yml")
_MORE: Final = _words_in("vocabulary.yml")


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """A language, and whether the text alone shows it clearly enough to switch to it."""

    language: Language
    clear: bool


@dataclass(frozen=True, slots=True)
class _Votes:
    """How many words of a message are frequent in one language, and how many are at home in it."""

    frequent: int
    known: int


def first_language(text: str) -> Language:
    """The likelier language of the first message of somebody of whom nothing is known."""
    guess = guess_language(text, "en")
    if guess.clear:
        return guess.language
    for_english, for_spanish = _for_each(text)
    if for_english != for_spanish:
        return "en" if for_english > for_spanish else "es"
    words = [word for word in _words_of(text) if word.translate(_ACCENTS) not in _WORDS["both"]]
    return "es" if words and _lingua(words)["es"] >= _LIKELY else "en"


def shows_language(text: str) -> bool:
    """Whether a first message shows well enough which language its writer speaks."""
    for_english, for_spanish = _for_each(text)
    two_words_of_one = min(for_english, for_spanish) == 0 and max(for_english, for_spanish) > 1
    return two_words_of_one or guess_language(text, "en").clear


def guess_language(text: str, current: Language) -> LanguageGuess:
    """The language of a message in a talk that is held in `current`.

    Short, mixed, number-only and name-only texts are not clear; the guess is then `current`.
    """
    words = _words_of(text)
    english, spanish = _votes(words, "en"), _votes(words, "es")
    most, least = (english, spanish) if english.frequent > spanish.frequent else (spanish, english)
    unsure = LanguageGuess(current, clear=False)
    if not words or most.frequent == 0 or max(least.frequent * 6, least.known * 3) > most.known:
        return unsure
    best: Language = "en" if most is english else "es"
    clear = LanguageGuess(best, clear=True)
    if len(words) == 1:
        return clear if words[0].translate(_ACCENTS) in _WORDS["greetings"] else unsure
    if least.known == 0 and (most.frequent == len(words) or most.frequent >= 4):
        return clear
    if most.known < 2 or (len(words) == 2 and most.frequent < 2):
        return unsure
    if least.known == 0 and 4 * most.known >= 3 * len(words):
        return clear
    return clear if _lingua(words)[best] >= _SURE else unsure


def _for_each(text: str) -> tuple[int, int]:
    """What speaks for English, and what for Spanish; a frequent word counts twice."""
    words = _words_of(text)
    english, spanish = _votes(words, "en"), _votes(words, "es")
    signs = bool(re.search("[ñ¿¡]", text.lower()))
    return english.frequent + english.known, spanish.frequent + spanish.known + signs


def _words_of(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text[:_LONGEST].lower().replace("'", "").replace("’", ""))


def _votes(words: list[str], language: Language) -> _Votes:
    plain = [word.translate(_ACCENTS) for word in words]
    frequent = sum(word in _WORDS[language] for word in plain)
    return _Votes(frequent, frequent + sum(word in _MORE[language] for word in plain))


def _lingua(words: list[str]) -> dict[Language, float]:
    return {
        _CODES[one.language]: one.value
        for one in _detector().compute_language_confidence_values(" ".join(words))
    }


def warm_up() -> None:
    """Loads the language models (some MB, once) before the first message needs them."""
    _detector().compute_language_confidence_values("good morning")


_ACCENTS = str.maketrans("áéíóúüñ", "aeiouun")


@cache
def _detector() -> LanguageDetector:
    builder = LanguageDetectorBuilder.from_languages(*_CODES)
    return builder.with_low_accuracy_mode().build()
