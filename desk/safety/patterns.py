"""A small language for patterns over words, in which the danger lexicon is written.

A pattern is a row of elements, separated by blanks; each stands for one place in the message:

    word            that word                      a|b         either
    stem(o|a|)      stemo, stema or stem           two_words   a phrase of several words
    stem*           every word that begins so      <name>      any entry of that group
    element?        may be left out                .. and ...  up to two, up to six other words
    ^ and $         the start and the end of the message; (a|$) a word or the end
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_GAPS = {"..": r"(?:\S+ ){0,2}?", "...": r"(?:\S+ ){0,6}?"}
_PREFIX_LENGTHS = range(3, 13)


class PatternBroken(ValueError):
    """A pattern in the lexicon cannot be read."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. `needs` are sets of words of which the message must hold one each."""

    source: str
    needs: tuple[frozenset[str], ...]
    expression: re.Pattern[str]

    def possible(self, words: frozenset[str]) -> bool:
        """Whether a message of these `search_words` can match at all; cheap, asked first."""
        return not any(words.isdisjoint(need) for need in self.needs)

    def found(self, text: str, words: frozenset[str]) -> bool:
        """Whether the pattern occurs in `text`: words with one blank around each."""
        return self.possible(words) and self.expression.search(text) is not None


class Index:
    """Patterns by the rarest word each needs, so that a message is tried on a few of many."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.patterns = patterns
        self._by_word: dict[str, list[int]] = {}
        for at, pattern in enumerate(patterns):
            for word in pattern.needs[0]:
                self._by_word.setdefault(word, []).append(at)

    def possible(self, words: frozenset[str]) -> list[int]:
        """The places, in order, of the patterns that a message of these words can match."""
        places = {at for word in words & self._by_word.keys() for at in self._by_word[word]}
        return [at for at in sorted(places) if self.patterns[at].possible(words)]

    def found(self, text: str, words: frozenset[str]) -> bool:
        """Whether any of the patterns occurs in `text`."""
        return any(self.patterns[at].expression.search(text) for at in self.possible(words))


def search_words(words: Iterable[str]) -> frozenset[str]:
    """The words of a message and, all their beginnings, each with an asterisk."""
    found = set(words)
    for word in tuple(found):
        found.update(f"{word[:length]}*" for length in _PREFIX_LENGTHS if length <= len(word))
    return frozenset(found)


def read_groups(written: Mapping[str, str]) -> dict[str, list[str]]:
    """Groups by name; an entry may name a group that was written before it."""
    groups: dict[str, list[str]] = {}
    for name, entries in written.items():
        groups[name] = [one for entry in entries.split() for one in alternatives(entry, groups)]
    return groups


def read_pattern(source: str, groups: Mapping[str, list[str]]) -> Pattern:
    """The compiled pattern. Raises PatternBroken for an unknown group, lone brackets, no word."""
    expression, needs = "(?<= )", []
    for element in source.split():
        if element in _GAPS:
            expression += _GAPS[element]
        elif element == "^":
            expression = "^ "
        elif element == "$":
            expression += "$"
        else:
            optional = element.endswith("?")
            words = alternatives(element.removesuffix("?"), groups)
            or_the_end = "|$" if "$" in words else ""
            longest_first = sorted({*words} - {"$"}, key=len, reverse=True)
            either = "|".join(re.escape(one).replace(r"\*", r"\S*") for one in longest_first)
            expression += f"(?:(?:{either}) {or_the_end}){'?' if optional else ''}"
            if not optional and not or_the_end:
                needs.append(frozenset(one.partition(" ")[0] for one in words))
    if not needs:
        raise PatternBroken(f"{source!r} needs no word")
    return Pattern(source, tuple(sorted(needs, key=len)), re.compile(expression))


def words_of(source: str, groups: Mapping[str, list[str]]) -> set[str]:
    """The whole words that a pattern names, without those given by their beginning only."""
    named: set[str] = set()
    for element in source.split():
        if element not in _GAPS and element not in ("^", "$"):
            for one in alternatives(element.removesuffix("?"), groups):
                named.update(word for word in one.split() if not word.endswith(("*", "$")))
    return named


def alternatives(element: str, groups: Mapping[str, list[str]]) -> list[str]:
    """All words that an element stands for: "a|b", "stem(o|a|)" and "<group>", in any nesting."""
    return [word for part in _split(element) for word in _written_out(part, groups)]


def _written_out(part: str, groups: Mapping[str, list[str]]) -> list[str]:
    opened = re.search(r"[(<]", part)
    if opened is None:
        return [part.replace("_", " ")]
    start = opened.start()
    end = _closing(part, start)
    inner = part[start + 1 : end]
    if part[start] == "(":
        middles = alternatives(inner, groups)
    elif inner in groups:
        middles = groups[inner]
    else:
        raise PatternBroken(f"no group <{inner}> before it is used")
    head = part[:start].replace("_", " ")
    return [
        head + middle + tail for middle in middles for tail in _written_out(part[end + 1 :], groups)
    ]


def _split(element: str) -> list[str]:
    """Cuts at the bars that stand outside brackets."""
    parts, depth = [""], 0
    for sign in element:
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _closing(part: str, start: int) -> int:
    depth = 0
    for at in range(start, len(part)):
        depth += (part[at] in "(<") - (part[at] in ")>")
        if depth == 0:
            return at
    raise PatternBroken(f"brackets in {part!r}")
