"""Finds danger in the raw text of a message, by rule, in English and Spanish, before anything else.

The words and patterns are data, in lexicon/: one file per language, both tried on every message. A
message is normalised (accents, spelling of texts, typing errors in the words that matter most),
closed harmless phrases such as "my battery died" are cut out, and then patterns are looked for.
What is found is never cleared by a negation. It counts

    under `always`  in any case;
    under `named`   unless the words near it ask about a topic ("a class on human trafficking");
    under `now`     unless they do, or tell of the past, and no word near speaks of the present;
    under `present` only when a word near speaks of the present ("right now", "still here").

"Near" is a dozen words to either side, so that a long story cannot hide the danger at its end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

from rapidfuzz import process
from rapidfuzz.distance import OSA
from ruamel.yaml import YAML

from desk.safety.patterns import Index, Pattern, read_groups, read_pattern, search_words, words_of
from desk.wording import LANGUAGES, Language

KINDS: Final = (
    "self_harm",
    "sexual_assault",
    "human_trafficking",
    "domestic_violence",
    "abuse_of_vulnerable",
    "emergency",
    "missing_person",
    "threat_or_stalking",
    "welfare_check",
)
"""The danger topics. When several are found, the first of them is answered: each answer begins
with 911, so what decides is which further help must not be left out."""

LONGEST: Final = 1600
"""Characters that are read; the channels take no more (an SMS of ten segments)."""

_LONGEST_SPACED: Final = 16
"""Single letters in a row that may be one word, which bounds the search for it."""

_NEAR: Final = 12
"""Words to either side of a found pattern that can tell of the past or ask about a topic."""

_FOLDER = Path(__file__).parent / "lexicon"
_LEET = str.maketrans("0134578", "oieastb")

_When = Literal["always", "named", "now", "present"]
_WHEN: Final[tuple[_When, ...]] = get_args(_When)


@dataclass(frozen=True, slots=True)
class Danger:
    """A danger topic, and the pattern that found it (never the resident's words)."""

    kind: str
    matched_rule: str


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: str
    when: _When
    pattern: Pattern


class _Lexicon:
    """One language's words and patterns."""

    def __init__(self, language: Language) -> None:
        written: dict[str, Any] = YAML(typ="safe").load(_FOLDER / f"{language}.yml")
        groups = read_groups(written["groups"])

        def index(sources: list[str]) -> Index:
            return Index([read_pattern(one, groups) for one in sources])

        self.language = language
        self._spellings = {str(short): str(full) for short, full in written["spellings"].items()}
        self.harmless = index(written["harmless"])
        self.about = index(written["about"])
        self.over = index(written["over"])
        self.present = index(written["present"])
        self.rules = [
            _Rule(kind, when, read_pattern(one, groups))
            for kind in KINDS
            for when in _WHEN
            for one in written["danger"][kind].get(when, ())
        ]
        self.dangers = Index([rule.pattern for rule in self.rules])
        sources = [rule.pattern.source for rule in self.rules] + written["harmless"]
        self._words = set(self._spellings).union(*(words_of(one, groups) for one in sources))
        self._often_misspelt = written["often_misspelt"].split()
        self._not_misspelt = frozenset(written["not_misspelt"].split())
        self.corrected = lru_cache(maxsize=20_000)(self._corrected)

    def words(self, tokens: list[str]) -> list[str]:
        """The tokens in the spelling of the lexicon."""
        joined = list(_joined_letters(tokens, self._words))
        if len(joined) < len(tokens) and joined[-1] != "!":
            joined.append("!")  # who spells a word out means it as much as who shouts it
        return " ".join(map(self.corrected, joined)).split()

    def _corrected(self, token: str) -> str:
        """One token, written out: shortened and misspelt words become those of the lexicon."""
        for spelling in _respellings(token):
            if spelling in self._spellings:
                return self._spellings[spelling]
            if spelling in self._words:
                return spelling
        plain = re.sub(r"(.)\1{2,}", r"\1", token)
        if len(plain) < 5 or not plain.isalpha() or plain in self._not_misspelt:
            return plain
        errors = 1 if len(plain) < 8 else 2
        near = process.extractOne(
            plain, self._often_misspelt, scorer=OSA.distance, score_cutoff=errors
        )
        return near[0] if near and near[0][0] == plain[0] else plain


def screen(text: str) -> Danger | None:
    """The danger a message speaks of, or None. Never raises; reads 1,600 characters."""
    tokens = _tokens(text)
    if not tokens:
        return None
    found = [danger for lexicon in _lexicons() if (danger := _look(lexicon, tokens))]
    return min(found, key=lambda danger: KINDS.index(danger.kind), default=None)


def is_excused(text: str) -> bool:
    """Whether a text holds a harmless phrase or asks about a topic, and speaks of nothing now.

    It clears nothing that the screen finds; a model's guess needs to be surer of such words.
    """
    tokens = _tokens(text)
    excused = False
    for lexicon in _lexicons() if tokens else ():
        words = lexicon.words(tokens)
        told, searched = f" {' '.join(words)} ", search_words(words)
        if lexicon.present.found(told, searched):
            return False
        excused |= lexicon.harmless.found(told, searched) or lexicon.about.found(told, searched)
    return excused


def warm_up() -> None:
    """Reads the lexicons, which takes about a second, before the first message does."""
    _lexicons()


@cache
def _lexicons() -> tuple[_Lexicon, ...]:
    return tuple(_Lexicon(language) for language in LANGUAGES)


def _look(lexicon: _Lexicon, tokens: list[str]) -> Danger | None:
    words = lexicon.words(tokens)
    text = f" {' '.join(words)} "
    for at in lexicon.harmless.possible(search_words(words)):
        text = lexicon.harmless.patterns[at].expression.sub("_ ", text)
    for at in lexicon.dangers.possible(search_words(text.split())):
        rule = lexicon.rules[at]
        for match in rule.pattern.expression.finditer(text):
            if _counts(lexicon, rule.when, text, match):
                return Danger(rule.kind, f"{lexicon.language}: {rule.pattern.source}")
    return None


def _counts(lexicon: _Lexicon, when: _When, text: str, match: re.Match[str]) -> bool:
    """Whether the words near what was found leave it a danger."""
    if when == "always":
        return True
    before = text[: match.start()].split()[-_NEAR:]
    after = text[match.end() :].split()[:_NEAR]
    words = [*before, *match[0].split(), *after]
    near, searched = f" {' '.join(words)} ", search_words(words)
    cleared = (
        when == "present"
        or lexicon.about.found(near, searched)
        or (when == "now" and lexicon.over.found(near, searched))
    )
    return not cleared or lexicon.present.found(near, searched)


def _tokens(text: str) -> list[str]:
    """Lower-case tokens without accents; signs such as a pistol are tokens of their own."""
    plain = unicodedata.normalize("NFKD", text[:LONGEST])[: 2 * LONGEST].lower()
    plain = re.sub(r"['’‘`´]|[\u0300-\u036f\u200b-\u200f\u2060\ufe0f\ufeff]", "", plain)
    tokens = re.findall(r"[a-z0-9@$]*[a-z][a-z0-9@$]*|\d+|[^\x00-\u2190\s]", plain)
    return [*tokens, "!"] if re.search(r"!\s*!\s*$", plain) else tokens


def _respellings(token: str) -> Iterator[str]:
    """The token, then without drawn-out letters ("helppp"), then with digits read as letters."""
    yield token
    if re.search(r"(.)\1\1", token):
        yield re.sub(r"(.)\1{2,}", r"\1\1", token)
        yield re.sub(r"(.)\1{2,}", r"\1", token)
    if not token.isalpha() and re.search("[a-z]", token):
        yield token.translate(_LEET).replace("@", "a").replace("$", "s")


def _joined_letters(tokens: list[str], known: set[str]) -> Iterator[str]:
    """Puts "h e l p" together again, where the letters make a word of the lexicon."""
    start = 0
    while start < len(tokens):
        end = start
        while (
            end < min(len(tokens), start + _LONGEST_SPACED)
            and len(tokens[end]) == 1
            and tokens[end].isalpha()
        ):
            end += 1
        while end - start >= 3 and "".join(tokens[start:end]) not in known:
            end -= 1
        if end - start >= 3:
            yield "".join(tokens[start:end])
            start = end
        else:
            yield tokens[start]
            start += 1
