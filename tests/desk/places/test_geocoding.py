"""A geocoder adds addresses to what the department's own places hold, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desk.department import Department, Point
from desk.places import (
    PlaceAmbiguous,
    PlaceFound,
    PlaceNotFound,
    ask_geocoder,
    geocoding,
    understand,
)
from desk.places.geocoding import GeocoderDown, Located

OURS = Point(latitude=37.6003, longitude=-120.9300)
ALSO_OURS = Point(latitude=37.5902, longitude=-120.9266)
FAR_AWAY = Point(latitude=40.7, longitude=-74.0)
TOLD = "my bike was taken from 1234 Elmwood Street last night"


class Atlas:
    """Knows some addresses; keeps what it was asked."""

    def __init__(self, *found: Located, down: bool = False) -> None:
        self.found, self.down = found, down
        self.asked: list[tuple[str, str, str]] = []

    def locate(self, address: str, city: str, state: str) -> tuple[Located, ...]:
        self.asked.append((address, city, state))
        if self.down:
            raise GeocoderDown("down")
        return self.found


@pytest.fixture(autouse=True)
def none_afterwards() -> Iterator[None]:
    yield
    geocoding.use(None)


def test_without_a_geocoder_an_unknown_address_stays_unknown(department: Department) -> None:
    ask_geocoder(TOLD, department)
    assert understand(TOLD, department) == PlaceNotFound(
        "unknown_address", "1234 Elmwood Street", (23, 42)
    )


@pytest.mark.parametrize(
    ("text", "heard"),
    [(TOLD, "1234 Elmwood Street"), ("fue en la calle Pino 1234 anoche", "calle Pino 1234")],
)
def test_it_gets_the_address_and_none_of_the_words_around(
    department: Department, text: str, heard: str
) -> None:
    atlas = Atlas(Located(OURS, "1234 Elmwood St"))
    geocoding.use(atlas)
    assert isinstance(understand(text, department), PlaceNotFound)  # never asks by itself

    ask_geocoder(text, department)
    ask_geocoder(text, department)

    assert atlas.asked == [(heard, "Larkfield", "CA")]
    place = understand(text, department)
    assert isinstance(place, PlaceFound)
    assert (place.label, place.point, place.kind) == ("1234 Elmwood St", OURS, "address")
    assert place.district is not None
    assert text[slice(*place.span)] == heard


def test_what_the_department_knows_itself_is_not_asked(department: Department) -> None:
    atlas = Atlas(Located(FAR_AWAY, "wrong"))
    geocoding.use(atlas)
    for text in ("420 Oak Street", "5th and Main", "hello", "it happened last night", "00105"):
        ask_geocoder(text, department)
    assert atlas.asked == []


def test_a_place_far_away_is_no_answer(department: Department) -> None:
    geocoding.use(Atlas(Located(FAR_AWAY, "1234 Elmwood St")))
    ask_geocoder(TOLD, department)
    assert isinstance(understand(TOLD, department), PlaceNotFound)


def test_of_two_the_resident_chooses(department: Department) -> None:
    both = (Located(OURS, "1234 N Elmwood St"), Located(ALSO_OURS, "1234 S Elmwood St"))
    geocoding.use(Atlas(*both))
    ask_geocoder(TOLD, department)
    place = understand(TOLD, department)
    assert isinstance(place, PlaceAmbiguous)
    assert [one.label for one in place.options] == ["1234 N Elmwood St", "1234 S Elmwood St"]


def test_one_that_is_down_is_left_alone_for_a_while(department: Department) -> None:
    atlas = Atlas(down=True)
    geocoding.use(atlas)
    ask_geocoder(TOLD, department)
    ask_geocoder("4600 Silver Hill Rd", department)
    assert len(atlas.asked) == 1
    assert isinstance(understand(TOLD, department), PlaceNotFound)
