"""Vehicles, plates, people, last digits, days and handles, as people say them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from desk.department import Department, load
from desk.reports import adding, commands, days, identifiers, items, kinds, vehicles
from desk.reports.kinds import Context, Told
from desk.reports.types import Asked
from desk.settings import ROOT
from tests.desk.reports.talking import NOW
from tests.desk.reports.types_for_tests import field

TODAY = date(2026, 11, 18)  # a Wednesday


def read(department: Department, kind: str, text: str) -> Any:
    """The value in a direct answer; the reason, when it was not understood."""
    asked = Asked.model_validate(field("asked", kind))
    answer = kinds.read(asked, text, Context(department, "en", NOW))
    return answer.value if isinstance(answer, Told) else answer.reason


def parts(value: dict[str, Any] | None) -> dict[str, Any]:
    return {name: part for name, part in (value or {}).items() if part is not None}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("red 2015 Honda Civic", {"color": "red", "year": 2015, "make": "Honda", "model": "Civic"}),
        ("a white van", {"color": "white", "model": "van"}),
        ("it was a Camry", {"make": "Toyota", "model": "Camry"}),
        ("'09 Ford Focus, green",
         {"year": 2009, "make": "Ford", "model": "Focus", "color": "green"}),
        ("BMW X3", {"make": "BMW", "model": "X3"}),
        ("dark blue", {"color": "blue"}),
        ("plate 8ABC123, gray Kia", {"plate": "8ABC123", "make": "Kia", "color": "gray"}),
        ("Nevada plate ABC 1234", {"plate": "ABC1234", "state": "NV"}),
        ("I don't know the plate, a silver sedan", {"color": "silver", "model": "sedan"}),
        ("un Corolla blanco 2012",
         {"color": "white", "year": 2012, "make": "Toyota", "model": "Corolla"}),
        ("camioneta negra con placa 7XYZ890",
         {"color": "black", "model": "camioneta", "plate": "7XYZ890"}),
        ("una moto Yamaha azul", {"make": "Yamaha", "color": "blue", "model": "moto"}),
        ("es un Nissan gris del 2018", {"make": "Nissan", "color": "gray", "year": 2018}),
    ],
)  # fmt: skip
def test_a_vehicle_is_understood_from_any_of_its_parts(text: str, told: dict[str, Any]) -> None:
    assert parts(vehicles.vehicle(text)) == told


@pytest.mark.parametrize("text", ["a car", "no idea", "I did not see it", "no vi nada", "12", ""])
def test_what_tells_nothing_of_a_vehicle_is_no_vehicle(text: str) -> None:
    assert vehicles.vehicle(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "I left it on the bus",
        "my blue bike was stolen",
        "he was in the car",
        "se me cayó en el autobús",
    ],
)
def test_a_story_that_only_mentions_one_tells_no_vehicle(text: str) -> None:
    assert vehicles.mentions(text) == []


@pytest.mark.parametrize(
    ("text", "plate", "state"),
    [
        ("8ABC123", "8ABC123", None),
        ("8abc123 california", "8ABC123", "CA"),
        ("CA 8ABC123", "8ABC123", "CA"),
        ("it's ABC-1234 from Nevada", "ABC1234", "NV"),
        ("LUVDOGS", "LUVDOGS", None),
        ("the plate starts with 8AB", "8AB*", None),
        ("la placa es 7XYZ890 de Arizona", "7XYZ890", "AZ"),
        ("las placas terminan en 890", "*890", None),
    ],
)
def test_plates(text: str, plate: str, state: str | None) -> None:
    assert vehicles.plate(text) == {"plate": plate, "state": state}


@pytest.mark.parametrize("text", ["no idea", "I did not see it", "no la vi", "what plate?", "yes"])
def test_what_is_no_plate(text: str) -> None:
    assert vehicles.plate(text) is None


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Maria Lopez and Jose Garcia", ["Maria Lopez", "Jose Garcia"]),
        ("a tall man, red hat, and a woman", ["a tall man, red hat", "a woman"]),
        ("un hombre alto y una mujer", ["un hombre alto", "una mujer"]),
        ("Officer Smith", ["Officer Smith"]),
        ("there were two teenagers", ["two teenagers"]),
    ],
)
def test_people(department: Department, text: str, people: list[str]) -> None:
    assert read(department, "people", text) == people


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("4242", "4242"),
        ("it ends in 4242", "4242"),
        ("last four are 0071", "0071"),
        ("termina en 4242", "4242"),
        ("los últimos cuatro son 9981", "9981"),
        ("xxxx-xxxx-xxxx-4242", "4242"),
        ("4111 1111 1111 1234", "1234"),
        ("cuenta 000123456789", "6789"),
    ],
)
def test_the_last_four_digits(text: str, digits: str) -> None:
    assert identifiers.last_four(text) == digits


@pytest.mark.parametrize("text", ["1234 and 5678", "12", "no idea", "no sé", "ending soon"])
def test_what_names_no_four_digits(text: str) -> None:
    assert identifiers.last_four(text) is None


@pytest.mark.parametrize(
    "text",
    ["078-05-1120", "078051120", "my social 1120", "mi seguro social termina en 1120", "ssn 1120"],
)
def test_a_social_security_number_is_never_taken_not_even_a_part(text: str) -> None:
    with pytest.raises(identifiers.SocialSecurity):
        identifiers.last_four(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("every friday night", ("fri", "18:00", "06:00")),
        ("weekends around 2am", ("sat sun", "02:00", None)),
        ("mondays and wednesdays from 7 to 9 pm", ("mon wed", "19:00", "21:00")),
        ("monday to friday 7-8 am", ("mon tue wed thu fri", "07:00", "08:00")),
        ("school days at 3", ("mon tue wed thu fri", "15:00", None)),
        ("every day", ("mon tue wed thu fri sat sun", None, None)),
        ("fri and sat 10pm-2am", ("fri sat", "22:00", "02:00")),
        ("todos los viernes por la noche", ("fri", "18:00", "06:00")),
        ("los fines de semana como a las 2 de la mañana", ("sat sun", "02:00", None)),
        ("entre semana de 7 a 8 de la mañana", ("mon tue wed thu fri", "07:00", "08:00")),
        ("martes y jueves a las 5 de la tarde", ("tue thu", "17:00", None)),
        ("cada noche", ("mon tue wed thu fri sat sun", "18:00", "06:00")),
    ],
)
def test_days_that_come_again(text: str, told: tuple[str, str | None, str | None]) -> None:
    found = days.weekly(text)
    assert found is not None
    assert (" ".join(found["days"]), found["from"], found["to"]) == told


@pytest.mark.parametrize("text", ["every day except sunday", "a veces", "three times a week"])
def test_days_that_are_not_plain_are_kept_as_they_were_told(text: str) -> None:
    assert days.weekly(text) == {"told": text}


@pytest.mark.parametrize("text", ["last friday it was loud", "el viernes pasado", "yesterday at 3"])
def test_a_day_that_was_once_is_no_habit(text: str) -> None:
    assert days.find_weekly(text) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("tomorrow", "2026-11-19"),
        ("next friday", "2026-11-20"),
        ("december 24", "2026-12-24"),
        ("12/24", "2026-12-24"),
        ("the 3rd", "2026-12-03"),
        ("in two weeks", "2026-12-02"),
        ("last monday", "2026-11-16"),
        ("january 5 2027", "2027-01-05"),
        ("mañana", "2026-11-19"),
        ("pasado mañana", "2026-11-20"),
        ("el 24 de diciembre", "2026-12-24"),
        ("el próximo lunes", "2026-11-23"),
        ("dentro de 3 días", "2026-11-21"),
        ("el lunes pasado", "2026-11-16"),
    ],
)
def test_one_day(text: str, day: str) -> None:
    assert [one.day.isoformat() for one in days.dates(text, TODAY)] == [day]


@pytest.mark.parametrize(
    ("text", "day"),
    [("friday", "2026-11-13"), ("wednesday", "2026-11-11"), ("december 24", "2025-12-24"),
     ("el 20", "2026-10-20")],
)  # fmt: skip
def test_a_day_that_must_be_past_is_the_last_of_its_name(text: str, day: str) -> None:
    assert [one.day.isoformat() for one in days.dates(text, TODAY, past=True)] == [day]


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("209-555-0199", "+12095550199"),
        ("it comes from (209) 555-0199", "+12095550199"),
        ("bad.guy@example.org", "bad.guy@example.org"),
        ("@bad.guy99 on Instagram", "@bad.guy99"),
        ("user name is night_owl", "night_owl"),
        ("Facebook: Johnny Fake", "Facebook: Johnny Fake"),
        ("el usuario es sombra_77", "sombra_77"),
        ("número desconocido", "número desconocido"),
    ],
)
def test_handles(department: Department, text: str, handle: str) -> None:
    assert read(department, "handle", text) == handle


@pytest.mark.parametrize("text", ["yes", "no", "who?", "", "it"])
def test_what_is_no_handle(department: Department, text: str) -> None:
    assert read(department, "handle", text) == "other"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no, I never share it", False),
        ("yes, any time", True),
        ("no, mi esposo lee este teléfono", False),
        ("sí, sin problema", True),
        ("maybe", "other"),
    ],
)
def test_yes_and_no_may_have_words_behind(department: Department, text: str, told: object) -> None:
    assert read(department, "yes_no", text) == told


# things


def test_brand_model_color_and_serial_are_told_apart() -> None:
    told = items.read("black Dell laptop model XPS 13, serial ABC12345, $900 and a brown wallet")
    assert [one.as_json() for one in told] == [
        {
            "description": "black Dell laptop model XPS 13",
            "value": 900.0,
            "brand": "Dell",
            "model": "XPS 13",
            "color": "black",
            "serial": "ABC12345",
        },
        {"description": "brown wallet", "value": None, "color": "brown"},
    ]
    assert items.show(told[0].as_json()) == "black Dell laptop model XPS 13 (# ABC12345, $900)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the second item was blue", "red Trek bike ($500); blue helmet ($40)"),
        ("no, the first one was worth $300", "red Trek bike ($300); white helmet ($40)"),
        ("the helmet was black", "red Trek bike ($500); black helmet ($40)"),
        ("item 2 is a green bag", "red Trek bike ($500); green bag ($40)"),
        ("remove the helmet", "red Trek bike ($500)"),
        ("add a lock $20", "red Trek bike ($500); white helmet ($40); lock ($20)"),
        ("the first item had serial number AB1234",
         "red Trek bike (# AB1234, $500); white helmet ($40)"),
        ("el segundo era azul", "red Trek bike ($500); azul helmet ($40)"),
        ("quite el segundo", "red Trek bike ($500)"),
    ],
)  # fmt: skip
def test_one_of_several_things_is_put_right(text: str, shown: str) -> None:
    stored = [one.as_json() for one in items.read("red Trek bike $500, white helmet $40")]
    changed = items.corrected(stored, text, by_name=True)
    assert changed is not None
    assert "; ".join(items.show(one) for one in changed) == shown


@pytest.mark.parametrize(
    "text",
    ["the third item was blue", "the story was long", "it was blue", "the second floor", "yes"],
)
def test_what_puts_nothing_right(text: str) -> None:
    stored = [one.as_json() for one in items.read("red Trek bike $500, white helmet $40")]
    assert items.corrected(stored, text, by_name=True) is None


# people and answers that say nothing


@pytest.mark.parametrize(
    "text",
    ["no sé quién es", "no se quien fue", "I don't know who", "I don't know who it was",
     "no estoy seguro", "not sure who it was", "no tengo idea"],
)  # fmt: skip
def test_who_does_not_know_names_nobody(department: Department, text: str) -> None:
    assert kinds.says_unknown(text)
    assert read(department, "people", text) == "other"


@pytest.mark.parametrize("text", ["my boss Ana", "no, it was my cousin", "sé quién es"])
def test_who_names_somebody_does_know(text: str) -> None:
    assert not kinds.says_unknown(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a man around 40 with a gray beard and a red cap", 1),
        ("una mujer con una sudadera negra y una mochila azul", 1),
        ("a boy with a hat and a girl with a red jacket", 2),
        ("un hombre con barba y una mujer con gorra", 2),
    ],
)
def test_what_somebody_wears_is_no_second_person(
    department: Department, text: str, count: int
) -> None:
    assert len(read(department, "people", text)) == count


@pytest.mark.parametrize("text", ["no", "yes", "ok", "sí"])
def test_a_bare_yes_or_no_is_no_story(department: Department, text: str) -> None:
    assert read(department, "text", text) == "other"


# numbers that must not stay


@pytest.mark.parametrize(
    "text",
    ["last 4 of my social 1120", "my ssn is 078051120", "078051120 is my social security number",
     "termina en 1120 mi seguro social", "ssn last four: 1120"],
)  # fmt: skip
def test_what_is_called_a_social_security_number_is_masked(text: str) -> None:
    assert "1120" not in kinds.without_social(text)


@pytest.mark.parametrize(
    "text", ["they used my social in 2024", "report 123456789", "my social media page 4455"]
)
def test_other_numbers_stay(text: str) -> None:
    assert kinds.without_social(text) == text


# things and sums


def test_a_serial_number_behind_a_comma_belongs_to_the_thing() -> None:
    found = items.find("they also took a black Samsung tablet, serial number R52K10")
    assert [(one.description, one.serial) for one in found] == [("black Samsung tablet", "R52K10")]


@pytest.mark.parametrize(
    ("text", "amount"), [("$900 is gone", 900), ("$900 and then $40", None), ("it was 3 pm", None)]
)
def test_one_sum_in_a_story_is_the_amount(text: str, amount: float | None) -> None:
    asked = Asked.model_validate(field("amount", "money"))
    found = kinds.find(asked, text, Context(load(ROOT / "department"), "en", NOW))
    assert (found.value if found else None) == amount


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("add to T26-ABC234, code AB12CD34: they also took a tablet", "they also took a tablet"),
        ("they also took a tablet, report T26-ABC234 code AB12CD34", "they also took a tablet"),
        ("quiero agregar al reporte T26-ABC234 código AB12CD34", ""),
        ("T26-ABC234 AB12CD34 my bike came back", "my bike came back"),
        ("T26-ABC234 AB12CD34 a man like Andy", "a man like Andy"),
        ("agregar a T26-ABC234, código AB12CD34: vi el carro", "vi el carro"),
    ],
)
def test_the_words_that_lead_to_a_number_are_no_story(text: str, rest: str) -> None:
    key = adding.key_in(text)
    assert (key.number, key.secret, key.rest) == ("T26-ABC234", "AB12CD34", rest)


@pytest.mark.parametrize(
    "text",
    ["que se disculpe", "que me devuelvan el dinero", "when I came home it was gone",
     "cuando llegué ya no estaba"],
)  # fmt: skip
def test_a_wish_or_a_story_is_no_question(text: str) -> None:
    assert not commands.is_question(text)


@pytest.mark.parametrize("text", ["qué hago", "que pasa después", "¿que sigue", "que es eso?"])
def test_a_question_with_que_is_one(text: str) -> None:
    assert commands.is_question(text)
