"""What the model guesses of danger counts by how sure it is, and of which words."""

from __future__ import annotations

import pytest

from desk.safety import counts
from desk.safety.screen import is_excused


@pytest.mark.parametrize(
    ("kind", "confidence", "text", "answered"),
    [
        ("self_harm", 0.4, "i dont see a reason to wake up", True),
        ("self_harm", 0.2, "i dont see a reason to wake up", False),
        ("self_harm", 0.8, "the wait is killing me", False),
        ("self_harm", 0.95, "the wait is killing me", True),
        ("missing_person", 0.4, "she did not come to class", False),
        ("self_harm", 0.6, "no le veo sentido a despertar mañana", False),
        ("self_harm", 0.75, "no le veo sentido a despertar mañana", True),
        ("emergency", 0.5, "the wait is killing me and he is still here right now", True),
    ],
)
def test_a_guess_counts(kind: str, confidence: float, text: str, answered: bool) -> None:
    assert counts(kind, confidence, text) is answered


def test_the_place_of_a_message_may_ask_for_more() -> None:
    assert counts("emergency", 0.5, "they broke in")
    assert not counts("emergency", 0.5, "they broke in", least=0.6)


@pytest.mark.parametrize("text", ["", "🙂", "x" * 5000])
def test_nothing_is_excused_in_a_text_without_words(text: str) -> None:
    assert not is_excused(text)
