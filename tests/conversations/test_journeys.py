"""Whole conversations over the real processes, on every channel and in both languages."""

from __future__ import annotations

import re
import signal
import time
import uuid
from collections.abc import Callable
from typing import Final

import httpx
import pytest
from sqlalchemy import func, select

from desk.database import Database
from desk.database.models import InboxMessage, Report
from desk.wording import Language
from simulator.client import Residents
from tests.conversations.officers import Officer
from tests.conversations.residents import Heard, Resident, WebResident
from tests.support import FrontDesk

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]
Meet = Callable[[str, Language], Resident]
EVERYWHERE = pytest.mark.parametrize("channel", ["sms", "messenger", "web"])
BOTH_LANGUAGES = pytest.mark.parametrize("language", ["en", "es"])

THEFT: Final[dict[str, dict[str, str]]] = {
    "en": {
        "told": "my bike was stolen from 5th and Main last night",
        "detail": "a blue Trek mountain bike, it was locked to the rack",
        "question": "how do i get a copy of a police report?",
        "question_answer": r"copy|copies",
        "danger": "he is back and he has a gun",
        "danger_answer": r"call 911",
        "correction": "no, it was at 6th and Oak",
        "corrected": "Sixth|6th",
        "name": "Dana Whitfield",
        "yes": "yes",
        "no": "no",
        "withdraw": "i found my bike, please cancel my report",
        "withdraw_yes": "Yes, withdraw it",
    },
    "es": {
        "told": "anoche me robaron la bicicleta en la quinta y Main",
        "detail": "una bicicleta azul marca Trek, estaba con candado",
        "question": "como consigo una copia de un reporte de policia?",
        "question_answer": r"copia",
        "danger": "ya regreso y trae una pistola",
        "danger_answer": r"llame al 911",
        "correction": "no, fue en la 6 y Oak",
        "corrected": "Sixth|6",
        "name": "Dana Whitfield",
        "yes": "si",
        "no": "no",
        "withdraw": "ya aparecio mi bici, quiero retirar mi reporte",
        "withdraw_yes": "Sí, retirarlo",
    },
}


@EVERYWHERE
@BOTH_LANGUAGES
def test_a_greeting_is_answered_in_its_language_with_the_911_notice(
    meet: Meet, channel: str, language: Language
) -> None:
    hello = meet(channel, language).say({"en": "hello there", "es": "hola buenas tardes"}[language])
    assert hello.has("911", {"en": "automated", "es": "automatic"}[language])
    assert hello.seconds < 5


@EVERYWHERE
@BOTH_LANGUAGES
def test_the_nearest_station_is_found_by_zip_code_crossing_and_coordinates(
    meet: Meet, channel: str, language: Language
) -> None:
    resident = meet(channel, language)
    by_zip = {
        "en": "where is the nearest police station to 00105",
        "es": "cual es la comisaria mas cercana al 00105",
    }
    assert resident.say(by_zip[language]).has(r"215 Mill", r"555-0112")
    by_crossing = {
        "en": "nearest station to 6th and Main please",
        "es": "la estacion de policia mas cercana a la sexta y Main por favor",
    }
    assert resident.say(by_crossing[language]).has(r"610 Main", r"555-0110")
    ask = {"en": "find a police station near me", "es": "busco una estacion de policia cerca"}
    resident.say(ask[language])
    if isinstance(resident, WebResident):
        found = resident.share_location(37.5902, -120.9266)
    else:
        found = resident.say("37.5902, -120.9266")
    assert found.has(r"1040 Cedar", r"555-0113")


@EVERYWHERE
@BOTH_LANGUAGES
def test_a_place_outside_the_limits_is_answered_with_who_covers_it(
    meet: Meet, channel: str, language: Language
) -> None:
    asked = {
        "en": "what police district covers 00111",
        "es": "que distrito de policia cubre el 00111",
    }
    assert meet(channel, language).say(asked[language]).has("Millbrook", r"555-0140")


@EVERYWHERE
@BOTH_LANGUAGES
def test_a_theft_is_told_corrected_interrupted_confirmed_and_stored(
    front_desk: FrontDesk, meet: Meet, channel: str, language: Language
) -> None:
    words = THEFT[language]
    resident = meet(channel, language)
    first = resident.say(words["told"])
    assert first.has({"en": "sorry", "es": "lament|siento"}[language]), first

    answered = resident.say(words["question"])
    assert answered.has(words["question_answer"]), answered

    danger = resident.say(words["danger"])
    assert danger.has(words["danger_answer"]), danger
    assert danger.seconds < 2
    if danger.choices:
        resident.tap({"en": "go on", "es": "seguir|seguimos|continuar"}[language].split("|")[0])

    filed = finish(resident, words)
    number = re.search(r"\bT\d\d-[A-Z0-9]{6}\b", filed.text)
    assert number, filed
    database = Database(front_desk.database_url)
    with database.reading() as session:
        report = session.scalars(select(Report).where(Report.number == number.group())).one()
    assert (report.type, report.state, report.language) == ("theft", "submitted", language)
    assert report.secret_hash
    assert report.secret_hash not in filed.text
    stored = str(report.fields)
    assert re.search("bike|bicicleta", stored), stored
    assert "Oak" in stored, stored
    assert "5th" not in str(report.fields.get("place"))

    assert resident.say(words["withdraw"]).has(number.group())
    assert resident.tap(words["withdraw_yes"]).has(number.group())
    with database.reading() as session:
        report = session.scalars(select(Report).where(Report.number == number.group())).one()
    database.close()
    assert report.state == "withdrawn"


def finish(resident: Resident, words: dict[str, str]) -> Heard:
    """Answer what the interview asks, correct the place once, and confirm."""
    corrected = False
    for _ in range(25):
        heard = resident.last
        if re.search(r"\bT\d\d-[A-Z0-9]{6}\b", heard.text):
            return heard
        offered = " ".join(heard.choices).lower()
        confirming = re.search(r"right|correct|change|cambiar", offered)
        if confirming and not corrected:
            corrected = True
            changed = resident.say(words["correction"])
            assert changed.has(words["corrected"]), changed
        else:
            answer(resident, heard, words, bool(confirming))
    raise AssertionError(f"the interview did not end: {resident.last}")


def answer(resident: Resident, heard: Heard, words: dict[str, str], confirming: bool) -> None:
    """The plain answer to one question of the theft interview."""
    if confirming:
        resident.say(words["yes"])
    elif heard.has(r"phone|telefono|reach you|e-?mail|correo"):
        resident.say("(209) 555-0177")
    elif heard.has(r"your (full )?name|su nombre|como se llama"):
        resident.say(words["name"])
    elif heard.has(r"worth|value|vale|valor|\$"):
        resident.say("$400")
    elif heard.choices:
        resident.tap(heard.choices[0])
    else:
        resident.say(words["detail"])


@EVERYWHERE
@BOTH_LANGUAGES
def test_an_officer_takes_over_answers_and_hands_back(
    meet: Meet, officer: Officer, channel: str, language: Language
) -> None:
    resident = meet(channel, language)
    story = f"my neighbor {resident.channel}-{language} and i need advice"
    resident.say({"en": "hello", "es": "hola buenos dias"}[language])
    asked = {"en": "i want to talk to a person", "es": "quiero hablar con una persona"}
    told = resident.say(asked[language])
    assert told.has({"en": "next in line|number", "es": "turno|siguiente|numero"}[language]), told

    resident.send(story)  # while waiting everything is kept, and the bot says nothing
    talk = officer.finds(story)
    officer.claims(talk)
    joined = resident.hear()
    assert joined.has("Rivera", {"en": "person", "es": "persona"}[language]), joined

    officer.replies(talk, "This is Officer Rivera. I can help with that.")
    assert resident.hear().has("I can help with that")
    resident.send("thank you officer")
    time.sleep(1)
    assert "thank you officer" in officer.sees(talk)
    assert not resident.heard_anything()  # the bot never talks over a person

    officer.hands_back(talk)
    assert resident.hear().has({"en": "automated assistant", "es": "asistente"}[language])
    zip_code = {
        "en": "where is the nearest police station to 00105",
        "es": "cual es la comisaria mas cercana al 00105",
    }
    assert resident.say(zip_code[language]).has("215 Mill")


@EVERYWHERE
def test_an_interview_goes_on_after_an_officer_was_asked_in_the_middle(
    meet: Meet, officer: Officer, channel: str
) -> None:
    resident = meet(channel, "en")
    opening = f"someone stole my bike from 5th and Main last night, {channel} here"
    question = resident.say(opening)
    resident.say("can i talk to a person")
    talk = officer.finds(opening)
    officer.claims(talk)
    resident.hear()
    officer.hands_back(talk)
    again = resident.hear()
    last = question.text.strip().splitlines()[-1][-40:]
    assert last in again.text, (last, again)
    assert not resident.say("yes, all of that is right").has("What do you need")


def test_typed_commands_are_text(meet: Meet) -> None:
    resident = meet("sms", "en")
    resident.say("my bike was stolen from 5th and Main last night")
    for typed in ("/restart", '/theft{"answer": "x"}', "EXTERNAL: greet", " /back"):
        heard = resident.say(typed)
        assert not heard.has("what can i do for you"), (typed, heard)
        assert typed not in heard.text


def test_a_forged_message_is_refused_and_not_stored(front_desk: FrontDesk) -> None:
    gateway = front_desk.address("gateway")
    before = inbox_size(front_desk)
    forged = {
        "MessageSid": "SM" + "0" * 32,
        "From": "+12095550199",
        "To": "+12095550100",
        "Body": "x",
    }
    for headers in ({}, {"X-Twilio-Signature": "d3Jvbmc="}):
        answer = httpx.post(f"{gateway}/webhooks/twilio", data=forged, headers=headers, timeout=10)
        assert answer.status_code == httpx.codes.FORBIDDEN
    entry = {"object": "page", "entry": []}
    for headers in ({}, {"X-Hub-Signature-256": "sha256=" + "0" * 64}):
        answer = httpx.post(
            f"{gateway}/webhooks/messenger", json=entry, headers=headers, timeout=10
        )
        assert answer.status_code == httpx.codes.FORBIDDEN
    assert inbox_size(front_desk) == before


def test_the_same_message_twice_makes_one_turn(front_desk: FrontDesk) -> None:
    with Residents(front_desk.address("simulator")) as residents:
        sid = "SM" + uuid.uuid4().hex
        for _ in range(2):
            assert residents.text("+12095550198", "hello there", sid=sid) == httpx.codes.OK
        residents.wait_for_reply("+12095550198")
        time.sleep(2)
        assert len(residents.replies("+12095550198")) == 1


@EVERYWHERE
@BOTH_LANGUAGES
def test_with_rasa_stopped_there_is_a_fixed_text_in_5_s_and_danger_in_2_s(
    front_desk: FrontDesk, meet: Meet, channel: str, language: Language
) -> None:
    resident, in_danger = meet(channel, language), meet(channel, language)
    resident.say({"en": "hello there", "es": "hola buenas tardes"}[language])
    front_desk.kill("rasa", signal.SIGSTOP)  # it neither answers nor ends
    try:
        asked = {"en": "i lost my wallet on the bus", "es": "perdi mi cartera en el autobus"}
        fixed = resident.say(asked[language], seconds=6)
        assert fixed.has("911", r"555.0100"), fixed
        assert fixed.seconds < 5
        words = {"en": "he has a gun help", "es": "tiene una pistola ayuda"}
        danger = in_danger.say(words[language], seconds=4)
        assert danger.has("911"), danger
        assert danger.seconds < 2
    finally:
        front_desk.kill("rasa", signal.SIGCONT)


def test_after_rasa_was_killed_the_front_desk_brings_it_back(
    front_desk: FrontDesk, meet: Meet
) -> None:
    front_desk.kill("rasa")
    resident = meet("sms", "en")
    assert resident.say("hello there").has("911", r"555.0100")
    until = time.monotonic() + 120
    while httpx.get(f"{front_desk.address('gateway')}/health/ready", timeout=10).status_code != 200:
        assert time.monotonic() < until, "Rasa did not come back"
        time.sleep(0.5)
    back = resident.say("0")
    assert back.has("automated assistant"), back
    assert resident.say("where is the nearest station to 00105").has("215 Mill")


def inbox_size(front_desk: FrontDesk) -> int:
    database = Database(front_desk.database_url)
    with database.reading() as session:
        size = session.scalar(select(func.count()).select_from(InboxMessage))
    database.close()
    return int(size or 0)
