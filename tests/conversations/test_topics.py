"""Every topic over the real processes: from idle, and from inside an interview and back."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from actions.topics import ANSWERS, DANGER, PERSON, REFERRALS, REPORTS, called
from desk import answers, places, safety
from desk.department import Department, spoken_phone
from desk.reports import filing, report_types, which_type
from desk.wording import LANGUAGES, Language, say
from desk.wording.sms import fold
from tests.conversations.residents import SmsResident
from tests.support import FrontDesk

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

AT_ONCE: Final = 12
SECONDS: Final = 12
BEGINNING: Final = 60  # characters: what follows may say whether somebody is open now
Key = tuple[str, Language]

with (Path(__file__).with_name("topics.tsv")).open(encoding="utf-8") as lines:
    MESSAGES: Final[dict[Key, str]] = {
        (row["topic"], "es" if row["language"] == "es" else "en"): row["text"]
        for row in csv.DictReader(lines, delimiter="\t")
    }
OTHER: Final[dict[Language, Language]] = {"en": "es", "es": "en"}
OPENING: Final[dict[Language, str]] = {
    "en": "my bike was stolen from 5th and Main last night",
    "es": "anoche me robaron la bicicleta en la quinta y Main",
}
ASIDES: Final = (
    "nonemergency_number", "report_status", "towed_vehicle", "privacy", "police_report_copy",
    "text_to_911", "ticket_payment", "animals", "bot_identity",
)  # fmt: skip
"""Questions of each kind, asked in the middle of an interview."""


def plain(text: str) -> str:
    return " ".join(fold(text).split())


def expected(topic: str, language: Language, department: Department) -> str:
    """How the answer to a topic begins by SMS."""
    return plain(_answer(topic, language, department))[:BEGINNING]


def _answer(topic: str, language: Language, department: Department) -> str:
    phone = spoken_phone(department.profile.nonemergency)
    types = report_types(department.folder)
    if topic in DANGER:
        return safety.danger_reply(topic, department, language).text
    if topic == "nonemergency_number":
        now = datetime.now(UTC)
        return places.replies.nonemergency_number(department, language, now).text
    if topic == "report_status":
        return say(
            "lifecycle.standing_ask",
            language,
            phone=spoken_phone(department.profile.numbers["records"]),
        )
    if topic == "file_report":
        return which_type(department, language).text
    if topic in types and types[topic].taken_on("sms"):
        return types[topic].opening.say(language)
    if topic in types:
        return filing.elsewhere(types[topic], department, language).text
    if topic in ANSWERS | REFERRALS | PERSON | REPORTS | {"out_of_scope"}:
        written = answers.answer(topic, department, language, "sms")
        if written is not None:
            return written.text
        own = {"talk_to_person": "handing_over", "add_to_report": "add_to_report"}
        fallback = own.get(topic, "no_form" if topic in REPORTS else "no_answer")
        return say(f"dialogue.{fallback}", language, phone=phone)
    if topic == "greet":
        return say("dialogue.greeting", language, department=department.profile.name.say(language))
    if topic == "change_language":
        return say("dialogue.language_now", OTHER[language])
    sentence = {
        "find_station": "dialogue.place_ask_station",
        "my_district": "dialogue.place_ask_district",
        "give_feedback": "feedback.helped",
        "repeat": "dialogue.repeat_nothing",
    }
    return say(sentence.get(topic, f"dialogue.{topic}"), language)


@pytest.fixture(scope="module")
def residents(front_desk: FrontDesk) -> Iterator[Callable[[], SmsResident]]:
    """Brings a new phone."""
    met: list[SmsResident] = []

    def new() -> SmsResident:
        met.append(SmsResident(front_desk.address("simulator")))
        return met[-1]

    yield new
    for one in met:
        one.close()


def hears(resident: SmsResident, *wanted: str) -> str:
    """All that comes until everything wanted is in it, or for as long as we wait."""
    heard, until = "", time.monotonic() + SECONDS
    while time.monotonic() < until and not (heard and all(one in heard for one in wanted)):
        time.sleep(0.1)
        heard += "".join(f" {plain(text)}" for text, _ in resident._new())
    return heard


@pytest.fixture(scope="module")
def answered(
    residents: Callable[[], SmsResident], department: Department
) -> dict[Key, tuple[str, str]]:
    """What was expected and heard for every topic and language, each from somebody new."""

    def ask(key: Key) -> tuple[str, str]:
        resident, wanted = residents(), expected(*key, department)
        resident.send(MESSAGES[key])
        return wanted, hears(resident, wanted)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(MESSAGES, pool.map(ask, MESSAGES), strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", sorted({topic for topic, _ in MESSAGES}))
def test_every_topic_is_answered_from_idle(
    answered: dict[Key, tuple[str, str]], topic: str, language: Language
) -> None:
    wanted, heard = answered[topic, language]
    assert wanted in heard


@pytest.fixture(scope="module")
def asked_between(
    residents: Callable[[], SmsResident], department: Department
) -> dict[Key, tuple[str, str, str, str]]:
    """For every question in between: what was wanted, heard, the open question, and what a yes
    to that question brought."""

    def ask(key: Key) -> tuple[str, str, str, str]:
        resident, (_, language) = residents(), key
        question = gate(department, language)
        resident.send(OPENING[language])
        hears(resident, question)
        wanted = expected(*key, department)
        resident.send(MESSAGES[key])
        heard = hears(resident, wanted, question)
        resident.send("1")
        return wanted, heard, question, hears(resident)

    keys: list[Key] = [(topic, language) for topic in ASIDES for language in LANGUAGES]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(keys, pool.map(ask, keys), strict=True))


def gate(department: Department, language: Language) -> str:
    """How the first question of a theft report begins."""
    return plain(report_types(department.folder)["theft"].gate.say(language).split("{")[0])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", ASIDES)
def test_a_question_in_an_interview_is_answered_and_the_interview_goes_on(
    asked_between: dict[Key, tuple[str, str, str, str]], topic: str, language: Language
) -> None:
    wanted, heard, question, after = asked_between[topic, language]
    assert wanted in heard
    assert question in heard
    assert after
    assert question not in after  # the yes was taken, and the next question has come


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_report_in_an_interview_asks_which_one_and_can_go_back(
    residents: Callable[[], SmsResident], department: Department, language: Language
) -> None:
    resident, question = residents(), gate(department, language)
    resident.say(OPENING[language])
    which = resident.say(MESSAGES["vandalism", language])
    assert len(which.choices) >= 2, which
    assert question in plain(resident.tap(which.choices[0]).text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_car_stolen_in_the_middle_goes_to_a_person_and_0_comes_back(
    residents: Callable[[], SmsResident], department: Department, language: Language
) -> None:
    resident, question = residents(), gate(department, language)
    resident.say(OPENING[language])
    told = resident.say(MESSAGES["stolen_vehicle", language])
    assert expected("stolen_vehicle", language, department) in plain(told.text)
    assert question in plain(resident.say("0").text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_danger_in_the_middle_is_answered_and_the_way_back_is_one_tap(
    residents: Callable[[], SmsResident], department: Department, language: Language
) -> None:
    resident, question = residents(), gate(department, language)
    resident.say(OPENING[language])
    told = resident.say(MESSAGES["emergency", language])
    assert expected("emergency", language, department) in plain(told.text)
    assert question in plain(resident.tap(told.choices[0]).text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_can_be_changed_in_the_middle(
    residents: Callable[[], SmsResident], department: Department, language: Language
) -> None:
    resident = residents()
    resident.say(OPENING[language])
    told = resident.say({"en": "en español por favor", "es": "in english please"}[language])
    assert gate(department, OTHER[language]) in plain(told.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_after_two_messages_that_nobody_understands_a_person_comes(
    residents: Callable[[], SmsResident], language: Language
) -> None:
    resident = residents()
    resident.say({"en": "hello there", "es": "hola buenas tardes"}[language])
    first = resident.say("zzqxv vvkpr wwjtx")
    assert first.choices
    second = resident.say("bbgtz hhnmx kkrwq")
    assert second.has({"en": "person", "es": "persona"}[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_can_be_reported_is_offered_and_a_number_opens_it(
    residents: Callable[[], SmsResident], department: Department, language: Language
) -> None:
    resident = residents()
    offered = resident.say(MESSAGES["file_report", language])
    wanted = [plain(one.title) for one in which_type(department, language).choices]
    assert [plain(one) for one in offered.choices] == wanted
    theft = plain(called("theft", language))
    if theft not in [plain(one) for one in offered.choices]:
        offered = resident.tap(offered.choices[0])  # the first group
    opened = resident.tap(theft)
    assert expected("theft", language, department) in plain(opened.text)
