from __future__ import annotations

import pytest

from bot.nlu.clauses import clauses


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "my bike was stolen last night. how do i pay a parking ticket",
            ["my bike was stolen last night", "how do i pay a parking ticket"],
        ),
        (
            "me robaron la bici anoche y donde queda la estacion",
            ["me robaron la bici anoche", "donde queda la estacion"],
        ),
        ("he took my bag and my phone", []),
        ("ok. thanks. bye", []),
        ("my bike was stolen last night", []),
    ],
)
def test_a_message_is_split_where_another_matter_may_begin(text: str, parts: list[str]) -> None:
    assert [text[start:end] for start, end in clauses(text)] == parts
