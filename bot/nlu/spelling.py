"""Mends misspelt words before a message is classified: trained words first, then a language's."""

from __future__ import annotations

import gzip
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

import msgpack
import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.nlu.folding import WORD, fold, folded_words
from bot.nlu.packaged import DataFile

WORD_LISTS: Final = {
    "en": DataFile(
        "wordfreq",
        "data/small_en.msgpack.gz",
        "f94a80cba6a3857b260d0666b5432bb7ea9b85315574dee9c306e87f61298247",
    ),
    "es": DataFile(
        "wordfreq",
        "data/small_es.msgpack.gz",
        "ff5853040f65bcc9cb3ed3721d1d09d4405389c1741ebbf529612220829ff5af",
    ),
}
_SHORTEST: Final = 4  # letters of a word that is mended: short ones are near to too many others
_TWO_SLIPS_FROM: Final = 8  # letters from which a word may be two slips away
_SLIP: Final = 3.0  # what a slip costs, in logarithms of a word's frequency
_FIRST_LETTER: Final = 1.5  # what a wrong first letter costs besides
_TRAINED: Final = 4.0  # what a trained word is worth
_UNHEARD_OF: Final = math.log(1e-8)
_REMEMBERED: Final = 20_000
_BITS: Final = np.array([bin(number).count("1") for number in range(1 << 16)], dtype=np.uint8)


def _letters(word: str) -> int:
    """Which letters a word has, as bits: a slip changes two of them at most."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits


@cache
def frequencies(language: str) -> Mapping[str, float]:
    """The logarithm of each common word's share in a language's texts, by folded word."""
    shares: dict[str, float] = defaultdict(float)
    with gzip.open(WORD_LISTS[language].path()) as packed:
        _about, *bands = msgpack.load(packed)
    for hundredths, words in enumerate(bands):
        for word in words:
            if WORD.fullmatch(word):
                shares[fold(word)] += 10 ** (-hundredths / 100)
    return {word: math.log(share) for word, share in shares.items()}


class Speller:
    """Knows the words that the model learnt, with their counts, and lists of other languages."""

    def __init__(self, trained: Mapping[str, int], languages: Sequence[str]) -> None:
        self.trained = dict(trained)
        self._lists = [frequencies(language) for language in languages]
        self._bonus = {word: _TRAINED + 0.5 * math.log(n) for word, n in trained.items()}
        self._known = set(trained).union(*self._lists)
        by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(self._known):
            by_length[len(word)].append(word)
        self._by_length = {
            length: (words, np.array([_letters(word) for word in words], dtype=np.uint32))
            for length, words in by_length.items()
        }
        self._mended: dict[tuple[str, int], str] = {}

    @classmethod
    def learnt(cls, texts: Iterable[str], languages: Sequence[str]) -> Speller:
        """A speller that knows the words of these texts."""
        return cls(Counter(word for text in texts for word in folded_words(text)), languages)

    def __call__(self, text: str) -> str:
        """The text with its unknown words mended; as it is when there are none."""
        words = folded_words(text)
        if not self._lists or all(self._good(word) for word in words):
            return text
        language = self._language(words)
        return WORD.sub(lambda found: self._mend(found[0], language), text)

    def knows_any(self, text: str) -> bool:
        """Whether a word of the text was trained or is on a list, or there are no words in it."""
        words = folded_words(text)
        return not words or any(word in self._known for word in words)

    def _good(self, word: str) -> bool:
        return len(word) < _SHORTEST or word in self._known

    def _language(self, words: Sequence[str]) -> int:
        """Which of the lists makes the words likeliest."""
        known = [word for word in words if word in self._known]
        likely = [sum(one.get(word, _UNHEARD_OF) for word in known) for one in self._lists]
        return likely.index(max(likely))

    def _mend(self, written: str, language: int) -> str:
        word = fold(written)
        if self._good(word):
            return written
        key = (word, language)
        if key not in self._mended:
            if len(self._mended) >= _REMEMBERED:
                self._mended.clear()
            self._mended[key] = self._nearest(word, language)
        return self._mended[key]

    def _nearest(self, word: str, language: int) -> str:
        """The likeliest known word that a slip or two make into this one; itself without one."""
        slips = 2 if len(word) >= _TWO_SLIPS_FROM else 1
        own = np.uint32(_letters(word))
        candidates: list[str] = []
        for length in range(len(word) - slips, len(word) + slips + 1):
            words, letters = self._by_length.get(length, ([], np.zeros(0, dtype=np.uint32)))
            other = letters ^ own
            count = _BITS[other & 0xFFFF] + _BITS[other >> 16]
            candidates += [words[at] for at in np.flatnonzero(count <= 2 * slips)]
        found = process.extract(
            word, candidates, scorer=OSA.distance, score_cutoff=slips, limit=None
        )
        frequency = self._lists[language]
        scored = (
            (
                frequency.get(candidate, _UNHEARD_OF)
                + self._bonus.get(candidate, 0.0)
                - _SLIP * distance
                - _FIRST_LETTER * (candidate[0] != word[0]),
                candidate,
            )
            for candidate, distance, _ in found
        )
        return max(scored, default=(0.0, word))[1]
