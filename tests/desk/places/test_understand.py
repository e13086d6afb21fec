from __future__ import annotations

import csv
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.department import Department, load
from desk.places import Place, PlaceAmbiguous, PlaceFound, PlaceNotFound, understand
from desk.settings import ROOT
from desk.wording import Language

DEMO = load(ROOT / "department")
ADDRESSES = ROOT / "tests" / "data" / "us_addresses" / "unparseable.csv"


def found(text: str, language: Language = "en") -> PlaceFound:
    place = understand(text, DEMO, language=language)
    assert isinstance(place, PlaceFound), place
    return place


@pytest.mark.parametrize(
    "text",
    [
        "5th and Main",
        "5th & Main",
        "5TH/MAIN",
        "Fifth St. and Main St.",
        "Main at Fifth",
        "main st @ 5th st",
        "corner of 5th and Main",
        "Fifth Street and Main",
        "5 and Main",
        "la quinta y Main",
        "La Quinta y Máin",
        "la 5ta con Main",
        "esquina de Main con la 5",
        "Main esquina con la calle 5",
        "calle cinco y Main",
        "5th and Hwy 9",
        "5th and Maine",
        "5th and Mian",
    ],
)
def test_a_crossing_is_understood_however_it_is_written(text: str) -> None:
    place = found(text)
    assert (place.kind, place.point.latitude, place.point.longitude) == ("crossing", 37.6, -120.959)
    assert place.district is not None
    assert place.district.id == "4"


@pytest.mark.parametrize(
    "text",
    [
        "420 Oak Street",
        "420 oak st",
        "420 OAK ST., Larkfield, CA 00105",
        "420 Oak",
        "I live at 420 Oak Street, apartment 3",
        "calle Oak 420",
        "Oak Street #420",
        "calle Oak número 420",
        "420 Oakk St",
    ],
)
def test_an_address_lies_along_its_block(text: str) -> None:
    place = found(text)
    assert (place.kind, place.label) == ("address", "420 Oak Street")
    assert place.point.latitude == pytest.approx(37.605)
    # a fifth of the way from Fourth (-120.965) to Fifth Street (-120.959)
    assert place.point.longitude == pytest.approx(-120.9638)


@pytest.mark.parametrize(
    "text",
    ["400 block of Oak", "420 block of Oak St", "400 BLK OAK ST", "la cuadra 400 de Oak",
     "cuadra del 400 de la calle Oak"],
)  # fmt: skip
def test_a_block_is_its_middle(text: str) -> None:
    place = found(text)
    assert (place.kind, place.label) == ("block", "400 block of Oak Street")
    assert place.point.longitude == pytest.approx(-120.962)


@pytest.mark.parametrize(
    ("text", "kind", "label"),
    [
        ("00104", "zip", "ZIP 00104"),
        ("my zip is 00104-1234", "zip", "ZIP 00104"),
        ("Downtown", "neighborhood", "Downtown"),
        ("el centro", "neighborhood", "Downtown"),
        ("downtwon", "neighborhood", "Downtown"),
        ("near City Hall", "landmark", "City Hall"),
        ("el palacio municipal", "landmark", "City Hall"),
        ("the libary", "landmark", "Larkfield Public Library"),
        ("estación de tren", "landmark", "Larkfield Train Station"),
        ("Farmer’s Market", "landmark", "Farmers Market"),
        ("37.6, -120.95", "pin", "the location you sent (37.6000, -120.9500)"),
        ("37.60000 -120.95000", "pin", "the location you sent (37.6000, -120.9500)"),
    ],
)
def test_other_ways_to_name_a_place(text: str, kind: str, label: str) -> None:
    place = found(text)
    assert (place.kind, place.label, place.outside) == (kind, label, False)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("on the 5th at Main and Oak", None),
        ("June 5th at Mill and Twelfth", "Mill Street and Twelfth Street"),
        ("on the 5th at Mill and Twelfth", "Mill Street and Twelfth Street"),
        ("I was on Main St at 5", None),
        ("at 6 at Oak Street", None),
    ],
)
def test_dates_and_hours_are_not_streets(text: str, label: str | None) -> None:
    place = understand(text, DEMO)
    assert (place.label if isinstance(place, PlaceFound) else None) == label


def test_labels_are_in_the_residents_language() -> None:
    assert found("city hall", "es").label == "Ayuntamiento"
    assert found("5th and Main", "es").label == "Fifth Street y Main Street"
    assert found("400 block of Oak", "es").label == "cuadra 400 de Oak Street"
    assert found("00101", "es").label == "código postal 00101"


@pytest.mark.parametrize(
    "text", ["el 420 de Oak", "al 420 de la calle Oak", "numero 420 de Oak Street"]
)
def test_a_house_number_may_come_the_spanish_way(text: str) -> None:
    assert found(text, "es").label == "420 Oak Street"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("my bike was stolen from 5th and Main last night", "5th and Main"),
        ("Me robaron la bici en la Quinta y Main anoche", "la Quinta y Main"),
        ("someone broke my window at 420 Oak St around 9", "420 Oak St"),
        ("they took it near the library on Tuesday", "library"),
    ],
)
def test_a_place_inside_a_sentence_is_told_with_its_words(text: str, named: str) -> None:
    place = found(text)
    assert text[slice(*place.span)] == named


@pytest.mark.parametrize("text", ["5th and Maine", "libary", "420 Oakk St", "00101", "Downtown"])
def test_what_was_guessed_or_is_an_area_is_not_exact(text: str) -> None:
    assert not found(text).exact


def test_a_name_of_two_places_is_asked_about_and_each_label_is_understood() -> None:
    for language in ("en", "es"):
        place = understand("the SaveRight", DEMO, language=language)
        assert isinstance(place, PlaceAmbiguous)
        assert len(place.options) == 2
        for option in place.options:
            again = understand(option.label, DEMO, language=language)
            assert isinstance(again, PlaceFound)
            assert again.point == option.point


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("00111", "millbrook_police"),
        ("zip code 00113", "county_sheriff"),
        ("I'm in Millbrook", "millbrook_police"),
        ("420 Main Street, Millbrook", "millbrook_police"),
        ("420 Main Street CA 00112", "county_sheriff"),
        ("37.60, -120.88", "millbrook_police"),
        ("37.70, -120.95", "county_sheriff"),
    ],
)
def test_a_place_of_a_neighbour_is_outside_and_theirs(text: str, agency: str) -> None:
    place = found(text)
    assert place.outside
    assert place.agency is not None
    assert place.agency.id == agency


def test_a_place_far_away_is_outside_and_nobodys_we_know() -> None:
    place = found("40.7, -74.0")
    assert place.outside
    assert place.agency is None


@pytest.mark.parametrize(
    ("text", "reason", "heard"),
    [
        ("", "nothing", ""),
        ("hello there", "nothing", ""),
        ("case number 12345", "nothing", ""),
        ("I have 3 main problems and 5 questions", "nothing", ""),
        ("on the 5th of May and the 6th", "nothing", ""),
        ("90210", "unknown_zip", "90210"),
        ("mi código postal es 90210", "unknown_zip", "90210"),
        ("1025 main street san francisco, ca, 94103", "unknown_zip", "94103"),
        ("Main Street", "street_only", "Main Street"),
        ("it happened on oak st", "street_only", "Oak Street"),
        ("1234 Elm Street", "unknown_address", "1234 Elm Street"),
        ("9900 Oak Street", "unknown_address", "9900 Oak Street"),
    ],
)
def test_what_is_not_known_is_told_honestly(text: str, reason: str, heard: str) -> None:
    place = understand(text, DEMO)
    assert isinstance(place, PlaceNotFound), place
    assert (place.reason, place.heard) == (reason, heard)


def test_a_shared_location_goes_before_the_text() -> None:
    place = understand("5th and Main", DEMO, location={"latitude": 37.58, "longitude": -120.95})
    assert isinstance(place, PlaceFound)
    assert (place.kind, place.district and place.district.id) == ("pin", "6")


@pytest.mark.parametrize(
    "location",
    [{}, {"latitude": "x", "longitude": 1}, {"latitude": math.nan, "longitude": 0},
     {"latitude": 91, "longitude": 0}, {"latitude": None, "longitude": None}],
)  # fmt: skip
def test_a_broken_location_is_ignored(location: dict[str, object]) -> None:
    place = understand("5th and Main", DEMO, location=location)
    assert isinstance(place, PlaceFound)
    assert place.kind == "crossing"


def test_every_crossing_and_block_of_the_city_is_understood_as_itself() -> None:
    for crossing in DEMO.gazetteer.crossings:
        place = found(f"{crossing.street} & {crossing.cross_street}")
        assert (place.point.latitude, place.point.longitude) == (
            crossing.latitude,
            crossing.longitude,
        )
    for block in DEMO.gazetteer.blocks:
        assert found(f"{block.first} {block.street}").point == block.at(block.first)


def test_every_name_and_alias_is_understood_in_both_languages() -> None:
    for named in (*DEMO.gazetteer.landmarks, *DEMO.gazetteer.neighborhoods):
        for written in filter(None, (named.name, named.name_es, *named.aliases)):
            place = understand(f"near {written.upper()} please", DEMO)
            options = place.options if isinstance(place, PlaceAmbiguous) else (place,)
            points = [
                (one.point.latitude, one.point.longitude)
                for one in options
                if isinstance(one, PlaceFound)
            ]
            assert (named.latitude, named.longitude) in points, written


def test_no_address_ever_written_breaks_it() -> None:
    with ADDRESSES.open(encoding="utf-8", newline="") as file:
        texts = [row[0] for row in csv.reader(file) if row]
    assert len(texts) == 1322
    places = [understand(text, DEMO) for text in texts]
    taken_for_ours = [place for place in places if isinstance(place, PlaceFound)]
    # all lie in other cities; hardly any may be taken for an address of ours
    assert len(taken_for_ours) < 15


BITS = (
    "5th main & and y con la 5 420 Oak St block of de calle N E 00101 99999 / , # esquina - ' 12b "
    "Mill twenty first 1/2 37.6 -120.9 Street avenue cuadra 400 saveright ñ ½ ٣ ⅷ"
)
WORDS = st.sampled_from(BITS.split())


@given(st.one_of(st.text(), st.lists(WORDS, max_size=14).map(" ".join)))
def test_no_text_ever_breaks_it(text: str) -> None:
    place: Place = understand(text, DEMO, language="es")
    if isinstance(place, PlaceFound):
        assert 0 <= place.span[0] <= place.span[1] <= len(text)


def test_understanding_takes_less_than_five_milliseconds(department: Department) -> None:
    texts = ["my bike was stolen from 5th and Main last night", "420 Oak St", "no place in here"]
    understand("warm", department)
    started = time.process_time()
    for _ in range(20):
        for text in texts:
            understand(text, department)
    assert (time.process_time() - started) / 60 < 0.005


@pytest.mark.parametrize("text", ["la séptima y Main", "la setima y Main", "7ma y Main"])
def test_spanish_ordinals_are_streets_in_each_spelling(text: str) -> None:
    assert found(text).label == "Seventh Street and Main Street"


@pytest.mark.parametrize(
    "text", ["dónde está la estación de policía más cercana", "where is the nearest police station"]
)
def test_asking_for_a_station_names_no_place(text: str) -> None:
    assert not isinstance(understand(text, DEMO), PlaceFound)
