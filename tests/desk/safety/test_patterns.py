"""The pattern language of the lexicon."""

from __future__ import annotations

import pytest

from desk.safety.patterns import PatternBroken, read_groups, read_pattern, search_words


def found(source: str, text: str) -> bool:
    groups = read_groups({"who": "he she", "all": "<who> they"})
    return read_pattern(source, groups).found(f" {text} ", search_words(text.split()))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<who> has|had gun(|s)", "she had guns"),
        ("<all> run", "they run"),
        ("kill .. me", "kill you and me"),
        ("a ... b", "a 1 2 3 4 5 6 b"),
        ("break* in", "breaking in"),
        ("right_now please?", "right now"),
        ("^ help $", "help"),
        ("(hit|beat)* him", "beaten him"),
        ("hit ($|me)", "he hit"),
        ("hit (me|$)", "they hit me"),
    ],
)
def test_a_pattern_matches(source: str, text: str) -> None:
    assert found(source, text)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("gun", "begun"),
        ("kill .. me", "kill 1 2 3 me"),
        ("^ help $", "help with a form"),
        ("<who> has", "they has"),
    ],
)
def test_a_pattern_keeps_to_whole_words_and_bounds(source: str, text: str) -> None:
    assert not found(source, text)


@pytest.mark.parametrize("source", ["<nobody> runs", "(hit|beat him", "maybe?"])
def test_a_broken_pattern_is_refused(source: str) -> None:
    with pytest.raises(PatternBroken):
        read_pattern(source, {})
