"""The language guess: clear for sentences, never for names, numbers, single words and mixtures."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from desk.wording import Language
from desk.wording.detect import first_language, guess_language, shows_language

# One to many words; "en+" and "es+" are mixed, with the language of most of the sentence.
with (Path(__file__).with_name("languages.tsv")).open(encoding="utf-8") as lines:
    MESSAGES = [(row["language"], row["text"]) for row in csv.DictReader(lines, delimiter="\t")]
SHORT = 3  # words
OTHER: dict[str, Language] = {"en": "es", "es": "en"}

ENGLISH = """my bike was stolen from the garage last night
where is the nearest police station
someone broke the window of my car
I need a copy of my report please
can i talk to an officer
what time do you open tomorrow
theres a car blocking my driveway
i lost my wallet at the park yesterday
how do i get my car out of impound
the neighbors are playing loud music again
thank you for your help
hello
i want to file a complaint about an officer
somebody opened a credit card in my name
what happens after i report this
it was a blue trek with a black seat
can you have someone call me
how much does it cost to get the report
do i need to come to the station
they took my phone and my keys
it happened at the store on Main and 5th
i dont have the number with me""".splitlines()

SPANISH = """me robaron la bicicleta anoche
dónde está la estación de policía más cercana
alguien rompió la ventana de mi carro
necesito una copia de mi reporte por favor
puedo hablar con un oficial
a que hora abren mañana
hay un carro bloqueando la entrada de mi casa
perdi mi cartera en el parque ayer
como saco mi carro del corralon
los vecinos tienen la musica muy alta
muchas gracias por la ayuda
hola buenos dias
quiero poner una queja de un oficial
alguien abrio una tarjeta a mi nombre
que pasa despues de mi reporte
era azul con un asiento negro
me pueden llamar por favor
cuanto cuesta el reporte
tengo que ir a la estacion
se llevaron mi telefono y las llaves
fue en la tienda de la calle Main
no tengo el numero aqui
un hombre me grito en la calle""".splitlines()

UNCLEAR = """no
ok
Maria Gonzalez
Juan Perez Lopez
412 Oak Street
2095550123
Honda Civic 2015
5
…
me robaron my bike en el parking
call me en la noche por favor
San Jose
Los Angeles
El Camino Real
Toyota
si
jajaja
👍""".splitlines()


@pytest.mark.parametrize("text", ENGLISH)
def test_english_is_clear(text: str) -> None:
    guess = guess_language(text, "es")
    assert (guess.language, guess.clear) == ("en", True)


@pytest.mark.parametrize("text", SPANISH)
def test_spanish_is_clear(text: str) -> None:
    guess = guess_language(text, "en")
    assert (guess.language, guess.clear) == ("es", True)


@pytest.mark.parametrize("text", UNCLEAR)
def test_names_numbers_and_mixtures_do_not_flip_the_language(text: str) -> None:
    for current in ("en", "es"):
        guess = guess_language(text, current)
        assert not guess.clear or guess.language == current


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("busco la comisaria", "es"),
        ("me robaron", "es"),
        ("need help", "en"),
        ("00105", "en"),
        ("", "en"),
    ],
)
def test_of_a_first_message_the_likelier_language_will_do(text: str, language: str) -> None:
    assert first_language(text) == language


def messages(language: str, *, short: bool | None = None) -> list[str]:
    return [
        text
        for marked, text in MESSAGES
        if marked == language and short in {None, len(text.split()) <= SHORT}
    ]


@pytest.mark.parametrize(("short", "at_most"), [(True, 0.04), (False, 0.0)])
@pytest.mark.parametrize("language", ["en", "es"])
def test_of_first_messages_hardly_one_is_taken_for_the_other_language(
    language: str, short: bool, at_most: float
) -> None:
    told = messages(language, short=short)
    wrong = [text for text in told if first_language(text) != language]
    assert len(told) > 60
    assert len(wrong) <= at_most * len(told), wrong


@pytest.mark.parametrize("language", ["en", "es", "en+", "es+"])
def test_no_message_leads_a_talk_out_of_its_own_language(language: Language) -> None:
    own: Language = "en" if language.startswith("en") else "es"
    left = [
        text
        for text in messages(language)
        if (guess := guess_language(text, own)).clear and guess.language != own
    ]
    assert left == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_who_goes_on_in_the_other_language_is_followed_once_they_write_more_than_a_few_words(
    language: Language,
) -> None:
    told = messages(language, short=False)
    stayed = [text for text in told if not guess_language(text, OTHER[language]).clear]
    assert len(stayed) <= 0.05 * len(told), stayed


@pytest.mark.parametrize("language", ["en", "es"])
def test_who_writes_more_than_a_few_words_is_not_asked_for_the_language(language: str) -> None:
    asked = [text for text in messages(language, short=False) if not shows_language(text)]
    assert asked == []


@pytest.mark.parametrize("text", ["ok", "no", "alert", "parking", "Honda Civic", "12095550123"])
def test_words_of_both_languages_and_names_do_not_show_one(text: str) -> None:
    assert not shows_language(text)
