from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import gsm0338  # noqa: F401 - registers the codec
import pytest

from desk.department import Department
from desk.department.models import ServiceId
from desk.places import PlaceAmbiguous, PlaceFound, PlaceNotFound, replies, understand
from desk.reply import Reply
from desk.wording import LANGUAGES, Language

TUESDAY = datetime(2026, 11, 24, 20, tzinfo=UTC)  # noon in Larkfield
THANKSGIVING = datetime(2026, 11, 26, 20, tzinfo=UTC)


def place(text: str, department: Department, language: Language = "en") -> PlaceFound:
    found = understand(text, department, language=language)
    assert isinstance(found, PlaceFound)
    return found


def segments(text: str) -> int:
    """How many SMS a text takes after the adapter's folding. Fails when it is not GSM-7."""
    plain = "".join(
        one if one in "éñüÉÑÜ¿¡" else unicodedata.normalize("NFD", one)[0] for one in text
    )
    units = len(plain.encode("gsm03.38"))
    return 1 if units <= 160 else -(-units // 153)


def test_a_station_is_told_with_all_a_visitor_needs(department: Department) -> None:
    told = replies.station(place("00108", department), department, "en", TUESDAY).text
    assert told == (
        "Nearest station: Riverside Station, 505 River Road, Larkfield, CA 00108, (209) 555-0114, "
        "open until 5:00 PM, 0.5 miles away."
    )


def test_the_same_in_spanish(department: Department) -> None:
    told = replies.station(place("00108", department, "es"), department, "es", TUESDAY).text
    assert told == (
        "Comisaría más cercana: Comisaría Riverside, 505 River Road, Larkfield, CA 00108, "
        "(209) 555-0114, atiende hasta las 5:00 pm, a 0.5 millas."
    )


def test_a_closed_station_says_when_it_opens_and_who_is_open_now(department: Department) -> None:
    told = replies.station(place("00108", department), department, "en", THANKSGIVING).text
    assert "closed now, opens Monday 9:00 AM" in told
    assert "Open now: Central Station, 610 Main Street" in told


def test_the_station_in_charge_is_named_when_another_is_nearer(department: Department) -> None:
    told = replies.station(place("00104", department), department, "en", TUESDAY).text
    assert told.startswith("Nearest station: Eastgate Station")
    assert "in charge of your area is Hillside Station, (209) 555-0111" in told


def test_directions_are_linked_on_the_web_only(department: Department) -> None:
    found = place("00108", department)
    web = replies.station(found, department, "en", TUESDAY, channel="web").text
    assert "https://www.openstreetmap.org/directions?to=37.58030%2C-120.95890" in web
    for channel in ("sms", "messenger"):
        assert "http" not in replies.station(found, department, "en", TUESDAY, channel=channel).text


def test_parking_and_services_are_told_when_asked(department: Department) -> None:
    found = place("00108", department)
    parking = replies.station(found, department, "en", TUESDAY, about="parking").text
    services = replies.station(found, department, "es", TUESDAY, about="services").text
    assert "Parking: Free lot shared with the boat ramp" in parking
    assert "hacer un reporte, revisión de asientos infantiles" in services


def test_outside_names_the_agency_its_number_and_whether_it_is_open(
    department: Department,
) -> None:
    found = place("00111", department)
    for told in (
        replies.station(found, department, "en", TUESDAY).text,
        replies.district(found, department, "en", TUESDAY).text,
    ):
        assert told == (
            "ZIP 00111 is outside Larkfield's limits. Millbrook Police covers it: (209) 555-0140, "
            "open 24 hours. In an emergency call 911."
        )


def test_outside_of_what_we_know_names_nobody(department: Department) -> None:
    told = replies.district(place("40.7, -74.0", department), department, "es", TUESDAY).text
    assert "no sé a qué agencia le corresponde" in told
    assert "911" in told


def test_a_district_comes_with_its_community_officer(department: Department) -> None:
    told = replies.district(place("5th and Main", department), department, "en", TUESDAY).text
    assert told == (
        "Fifth Street and Main Street is in District 4 (Downtown). "
        "Community Officer: Tom Lindqvist, (209) 555-0123."
    )


def test_a_zip_code_is_told_to_be_an_area(department: Department) -> None:
    told = replies.district(place("00101", department), department, "en", TUESDAY).text
    assert "whole area" in told


def test_a_station_without_exact_point_is_told_without_distance_or_link(
    department: Department,
) -> None:
    vague = tuple(
        one.model_copy(update={"approximate": True, "hours": None, "phone": None})
        for one in department.stations
    )
    imported = replace(department, stations=vague)
    told = replies.station(place("00101", imported), imported, "en", TUESDAY, channel="web").text
    assert told == (
        "The station for your area: Central Station, 610 Main Street, Larkfield, CA 00101, "
        "(209) 555-0100, call ahead for opening hours."
    )


def test_without_any_station_the_number_is_given(department: Department) -> None:
    bare = replace(department, stations=())
    told = replies.station(place("00101", bare), bare, "en", TUESDAY).text
    assert "(209) 555-0100" in told


def test_where_a_service_is_offered_with_its_own_hours(department: Department) -> None:
    told = replies.service("fingerprints", department, "en", TUESDAY).text
    assert "Central Station" in told
    assert "open until 3:00 PM" in told
    assert "opens 4:00 PM" in told  # Eastgate, later the same day


def test_a_choice_between_places_comes_back_as_one_of_them(department: Department) -> None:
    found = understand("saveright", department)
    assert isinstance(found, PlaceAmbiguous)
    asked = replies.ambiguous(found, "en")
    values = [choice.value.removeprefix("option:") for choice in asked.choices]
    assert [understand(value, department) for value in values] != []
    assert all(isinstance(understand(value, department), PlaceFound) for value in values)


@pytest.mark.parametrize(
    ("at", "closing", "english", "spanish"),
    [
        (datetime(2026, 11, 25, 2, tzinfo=UTC), True, "6:00 PM", "las 6:00 pm"),
        (datetime(2026, 11, 24, 21, tzinfo=UTC), False, "1:00 PM", "a la 1:00 pm"),
        (datetime(2026, 11, 25, 16, tzinfo=UTC), False, "tomorrow 8:00 AM", "mañana a las 8:00 am"),
        (datetime(2026, 11, 30, 16, tzinfo=UTC), False, "Monday 8:00 AM", "el lunes a las 8:00 am"),
    ],
)
def test_times_are_said_as_people_say_them(
    department: Department, at: datetime, closing: bool, english: str, spanish: str
) -> None:
    assert replies.clock(at, department, "en", TUESDAY, closing=closing) == english
    assert replies.clock(at, department, "es", TUESDAY, closing=closing) == spanish


def every_reply(department: Department, language: Language, now: datetime) -> list[Reply]:
    made = [replies.nonemergency_number(department, language, now)]
    texts = ["5th and Main", "00111", "00113", "40.7, -74.0", "420 oak st", "fairgrounds"]
    texts += [one.zip for one in department.gazetteer.zips]
    for text in texts:
        found = place(text, department, language)
        made.append(replies.district(found, department, language, now))
        made += [
            replies.station(found, department, language, now, about=about)
            for about in (None, "parking", "services")
        ]
    made += [replies.service(one, department, language, now) for one in get_args(ServiceId)]
    for text in ("x", "main street", "12345", "99 " + "elm " * 3 + "street"):
        missing = understand(text, department, language=language)
        if isinstance(missing, PlaceNotFound):
            made.append(replies.not_found(missing, department, language))
    return made


@pytest.mark.parametrize("now", [TUESDAY, THANKSGIVING])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reply_fits_two_sms(
    department: Department, language: Language, now: datetime
) -> None:
    for reply in every_reply(department, language, now):
        assert segments(reply.text) <= 2, reply.text
        assert ".." not in reply.text
