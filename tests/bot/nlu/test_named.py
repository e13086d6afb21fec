from __future__ import annotations

import pytest

from bot.nlu.named import KINDS, find

LABELLED = (
    ("the tag on it was 7ABC123", [("plate", "7ABC123", "7ABC123")]),
    ("placas abc 1234 un carro", [("plate", "abc 1234", "ABC1234"), ("item", "carro", "car")]),
    ("call me (555) 201-3344", [("phone", "(555) 201-3344", "+15552013344")]),
    ("mi numero es 5552013344", [("phone", "5552013344", "+15552013344")]),
    ("they want $1,200.50", [("money", "$1,200.50", "1200.50")]),
    ("about 3k, no, $3k", [("money", "$3k", "3000")]),
    ("cobran 300 dólares", [("money", "300 dólares", "300")]),
    ("yesterday at 5:30 pm", [("time", "yesterday", "yesterday"), ("time", "5:30 pm", "5:30 pm")]),
    ("fue anoche a las 11", [("time", "anoche", "anoche"), ("time", "a las 11", "a las 11")]),
    ("el pasado miércoles", [("time", "pasado miércoles", "pasado miercoles")]),
    ("on march 3rd", [("time", "march 3rd", "march 3rd")]),
    ("hablo español", [("language", "español", "es")]),
    ("english please", [("language", "english", "en")]),
    ("4 packages", [("number", "4", "4")]),
    ("my parcel and his macbook", [("item", "parcel", "package"), ("item", "macbook", "computer")]),
    ("se llevaron la bici", [("item", "bici", "bicycle")]),
    ("cut off my catalytic converter", [("item", "catalytic converter", "catalytic converter")]),
    ("nothing to see here", []),
    ("the platypus is english-looking", [("language", "english", "en")]),
    ("case 24-1093", []),
)


@pytest.mark.parametrize(("text", "wanted"), LABELLED)
def test_what_is_named_is_found_with_its_place_and_plain_form(
    text: str, wanted: list[tuple[str, str, str]]
) -> None:
    found = [(one.kind, text[one.start : one.end], one.value) for one in find(text, KINDS)]

    assert found == wanted


def test_only_the_kinds_asked_for_are_found() -> None:
    assert [one.kind for one in find("$20 for my bike yesterday", ["item"])] == ["item"]


def test_a_number_inside_a_plate_is_not_found_again() -> None:
    found = find("plate abc 1234", ["number", "plate"])

    assert [one.kind for one in found] == ["plate"]
