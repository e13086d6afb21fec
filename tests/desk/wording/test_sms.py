"""Fitting texts to SMS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.reply import Choice
from desk.wording.sms import fold, is_gsm7, render_choices, segments


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("policía, número, aquí, útil", "policia, numero, aqui, util"),
        ("¿Qué? ¡Sí, mañana! é ñ ü", "¿Qué? ¡Si, mañana! é ñ ü"),
        ("“don’t” – wait…", '"don\'t" - wait...'),
        ("cafe\u0301", "café"),
    ],
)
def test_text_is_folded_to_gsm(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert is_gsm7(folded)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("[" * 80, 1),
        ("[" * 81, 2),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
    ],
)
def test_segments_are_counted_as_carriers_do(text: str, count: int) -> None:
    assert segments(text) == count


def test_choices_are_numbered() -> None:
    assert render_choices("Which?", [Choice("One", "a"), Choice("Two", "b")]) == (
        "Which?\n1 One\n2 Two"
    )
    assert render_choices("Only text", []) == "Only text"


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
