"""What a type's settings change: who is asked for what, where, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from desk.database import Database
from desk.database.models import Report
from desk.department import Department
from desk.reports import check, is_private, lifecycle, report_type, store
from desk.wording import Language
from tests.desk.reports.talking import Talk
from tests.desk.reports.types_for_tests import with_types

Begin = Callable[..., Talk]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Department:
    return with_types(Path(tmp_path_factory.mktemp("city")))


@pytest.fixture
def talk(database: Database, city: Department) -> Begin:
    def begin(channel: str = "sms", language: Language = "en") -> Talk:
        return Talk(database, city, channel, language)

    return begin


def test_the_types_of_these_tests_are_clean(city: Department) -> None:
    assert check(city.folder) == []


# answers of each kind


def test_each_kind_is_read_back_in_words(talk: Begin) -> None:
    told = talk()
    told.start("kinds")
    answers = {
        "red 2015 Honda Civic": "red 2015 Honda Civic",
        "8ABC123 California": "8ABC123 (CA)",
        "a tall man in a hat and a woman with a dog": "a tall man in a hat; a woman with a dog",
        "ending in 4242": "ends in 4242",
        "every friday night": "every Fri, from 6:00 PM to 6:00 AM",
        "@bad.guy99 on Instagram": "@bad.guy99",
    }
    for words, shown in answers.items():
        told.says(words)
        assert shown in told.text
    told.says("Maria Lopez")
    assert told.asking == "confirm"
    assert all(shown in told.text for shown in answers.values())
    told.taps("confirm")
    assert told.outcome.state == "filed"


def test_of_a_whole_card_number_only_the_last_four_digits_are_kept(talk: Begin) -> None:
    told = talk()
    told.start("kinds")
    for words in ("Honda", "8ABC123", "skip", "it is 4111 1111 1111 1111"):
        told.says(words)
    assert told.fields["card"] == "1111"
    assert "4111" not in str(vars(told.report))
    assert "4111" not in told.text


def test_a_social_security_number_is_refused_with_a_word_why(talk: Begin) -> None:
    told = talk()
    told.start("kinds")
    for words in ("Honda", "8ABC123", "skip", "078-05-1120"):
        told.says(words)
    assert told.asking == "field:card"
    assert "misuse" in told.text
    assert "1120" not in str(vars(told.report))
    told.says("last 4 of my social is 1120")
    assert "card" not in told.fields
    assert "1120" not in str(told.fields)


def test_a_part_of_a_vehicle_is_enough_and_nothing_of_one_is_asked_again(talk: Begin) -> None:
    told = talk()
    told.start("kinds")
    told.says("i really could not tell you")
    assert told.asking == "field:vehicle"
    assert "For example" in told.text
    told.says("some white van")
    assert told.fields["vehicle"]["color"] == "white"


def test_a_correction_of_a_vehicle_keeps_its_other_parts(talk: Begin) -> None:
    told = talk()
    told.start("kinds")
    told.says("red 2015 Honda Civic")
    told.says("no, it was blue")
    assert told.fields["vehicle"]["color"] == "blue"
    assert told.fields["vehicle"]["make"] == "Honda"


def test_two_vehicles_in_one_sentence_are_told_apart(talk: Begin) -> None:
    told = talk()
    told.start("collision", "my blue Honda Civic was hit by a white Ford truck yesterday")
    assert told.fields["own"]["make"] == "Honda"
    assert told.fields["other"]["make"] == "Ford"


# dates


def test_two_days_in_one_answer_fill_both_fields(talk: Begin) -> None:
    told = talk("web")
    told.start("away")
    told.says("from Dec 20 to Jan 3")
    assert (told.fields["leave"], told.fields["back"]) == ("2026-12-20", "2027-01-03")


def test_one_day_in_the_opening_words_is_not_guessed_into_a_field(talk: Begin) -> None:
    told = talk("web")
    told.start("away", "please watch my house, I am back on January 3")
    assert told.fields == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yesterday", "is over"),
        ("March 3 2030", "more than a year"),
        ("February 30", "no such day"),
    ],
)
def test_a_day_that_cannot_be_is_not_taken(talk: Begin, text: str, said: str) -> None:
    told = talk("web")
    told.start("away")
    told.says(text)
    assert said in told.text
    assert told.fields == {}


def test_the_second_day_may_not_be_before_the_first(talk: Begin) -> None:
    told = talk("web")
    told.start("away")
    told.says("December 20")
    told.says("December 2")
    assert "before the day" in told.text
    assert "back" not in told.fields


def test_days_too_far_ahead_or_too_far_apart_are_not_taken(talk: Begin) -> None:
    told = talk("web")
    told.start("away", "we are away from February 20 to March 3")
    assert told.fields == {}
    told.says("February 20")
    assert "up to 60 days ahead" in told.text
    told.says("December 20")
    told.says("January 20")
    assert "30 days at most" in told.text
    told.says("January 19")
    assert (told.fields["leave"], told.fields["back"]) == ("2026-12-20", "2027-01-19")


# kinds of the demo city


@pytest.mark.parametrize(
    ("kind", "told_once"),
    [
        ("traffic_complaint", "a car ran the red light on Main, it happened once, on Monday"),
        ("extra_patrol", "fue una sola vez, pero quiero que pase una patrulla por Oak y Second"),
    ],
)
def test_what_happened_only_once_is_no_pattern_for_a_patrol_plan(
    talk: Begin, kind: str, told_once: str
) -> None:
    told = talk("web")
    told.start(kind, told_once)
    assert told.outcome.state == "refused" or "once" in told.text or "una sola vez" in told.text


# channels


@pytest.mark.parametrize(("language", "word"), [("en", "website"), ("es", "sitio")])
def test_what_is_not_taken_by_sms_is_told_where_and_nothing_is_stored(
    talk: Begin, language: Language, word: str
) -> None:
    told = talk("sms", language)
    told.start("away", "we leave December 20, the key is under the mat")
    assert told.outcome.state == "ended"
    assert word in told.text
    assert "police.larkfield.example" in told.text
    with told.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Report)) == 0


# anonymous and private


@pytest.mark.parametrize(
    ("channel", "honest"),
    [
        ("sms", "your phone number"),
        ("messenger", "your account"),
        ("web", "do not ask your browser"),
    ],
)
def test_who_stays_anonymous_is_told_honestly_what_the_channel_carries(
    talk: Begin, channel: str, honest: str
) -> None:
    told = talk(channel)
    told.start("tip")
    told.says("they sell things out of the garage at night")
    assert told.asking == "field:name"
    assert honest in told.text
    told.says("I'd rather not say")
    assert told.asking == "confirm"  # and not for a way to reach them either
    told.taps("confirm")
    assert told.outcome.state == "filed"
    assert set(told.fields) == {"story"}


def test_who_says_so_at_once_is_not_asked_for_a_name(talk: Begin) -> None:
    told = talk("web")
    told.start("tip")
    told.says("they sell things out of the garage, I want to stay anonymous please")
    assert told.asking == "confirm"


def test_a_private_report_carries_the_flag_and_is_followed_by_no_survey(talk: Begin) -> None:
    told = talk("web")
    told.start("grievance")
    for words in ("the officer shouted at me", "skip", "prefiero no decir", "yes"):
        told.says(words)
    assert told.outcome.state == "filed"
    assert is_private(told.report)
    assert not told.outcome.survey
    told.start("tip")
    told.says("they sell things out of the garage at night")
    assert not is_private(told.report)


def test_what_is_never_gated_is_not_refused_for_a_place_outside_either(talk: Begin) -> None:
    told = talk("web")
    outside = next(town for a in told.department.agencies if a.covers for town in a.covers.towns)
    told.start("grievance")
    told.says("the officer shouted at me")
    told.says(outside.name)
    assert told.fields["place"]["district"] is None
    assert told.outcome.state == "asking"


# safe contact


def test_no_is_kept_so_that_nobody_writes_and_a_safer_way_is_asked_for(talk: Begin) -> None:
    told = talk("sms")
    told.start("careful")
    told.says("he wrote it on the wall again")
    told.says("Maria Lopez")
    assert told.asking == "field:safe_contact"
    told.says("no, my husband reads this phone")
    assert told.fields["safe_contact"] is False
    assert told.asking == "field:safe_way"
    told.says("call my work before 5")
    told.says("yes")
    assert told.outcome.state == "filed"
    assert not lifecycle.is_safe_to_write(told.report)


def test_other_types_do_not_ask_it(talk: Begin) -> None:
    told = talk("sms")
    assert "safe_contact" not in {f.name for f in report_type(told.department.folder, "tip").fields}


# adding to a report


def filed(talk: Talk) -> tuple[str, str]:
    talk.start("tip")
    for words in ("they sell things out of the garage", "Maria Lopez", "yes"):
        talk.says(words)
    found = re.search(r"number: (\S+)\. Secret code: (\w+)\.", talk.text)
    assert found, talk.text
    return found.group(1), found.group(2)


def steps(talk: Talk, number: str) -> list[str]:
    with talk.database.reading() as session:
        report = session.scalars(select(Report).where(Report.number == number)).one()
        return [one.words for one in lifecycle.steps(session, report)]


def test_number_and_secret_open_the_report_and_the_words_are_attached(talk: Begin) -> None:
    number, secret = filed(talk("sms"))
    told = talk("web")
    told.start("adding", "I want to add something to my report")
    assert told.asking == "number"
    told.says(number.lower())
    assert told.asking == "secret"
    told.says(f"it is {secret.lower()}")
    assert told.asking == "field:facts"
    told.says("I found the receipt, the serial number is AB1234")
    told.says("yes")
    assert told.outcome.state == "filed"
    assert number in told.text
    assert steps(told, number) == ["The facts: I found the receipt, the serial number is AB1234"]
    with told.database.reading() as session:
        assert [r.state for r in session.scalars(select(Report).order_by(Report.id))] == [
            "submitted",
            "deleted",
        ]


def test_the_secret_is_kept_nowhere_in_the_draft(talk: Begin) -> None:
    number, secret = filed(talk("sms"))
    told = talk("web")
    told.start("adding", f"add to {number}, code {secret}: the camera saw it")
    assert told.asking.startswith("field:")
    assert secret not in str(vars(told.report))


def test_words_longer_than_one_step_lose_nothing(talk: Begin) -> None:
    number, secret = filed(talk("sms"))
    told = talk("web")
    told.start("adding", f"{number} {secret}")
    told.says("word " * 600)
    told.says("yes")
    assert sum(step.count("word") for step in steps(told, number)) == 600


def test_a_wrong_secret_and_an_unknown_number_are_answered_alike(talk: Begin) -> None:
    number, _ = filed(talk("sms"))
    told = talk("web")
    told.start("adding")
    told.says(f"{number} WRONG234")
    first = told.text
    assert "I find no report" in first
    other = talk("messenger")
    other.start("adding")
    other.says("T26-ZZZZZZ WRONG234")
    assert first == other.text


def test_after_five_misses_even_the_right_secret_finds_nothing(talk: Begin) -> None:
    number, secret = filed(talk("sms"))
    told = talk("web")
    told.start("adding")
    for _ in range(5):
        told.says(f"{number} WRONG234")
    assert "person" in told.values
    told.says(f"{number} {secret}")
    assert told.asking == "number"
    assert "in an hour" in told.text


def test_in_the_conversation_it_was_filed_in_no_secret_is_asked(talk: Begin) -> None:
    told = talk("sms")
    number, _ = filed(told)
    told.start("adding")
    assert told.values == ["option:1"]
    told.taps("option:1")
    assert told.asking == "field:facts"
    told.says("they are back")
    told.says("yes")
    assert steps(told, number) == ["The facts: they are back"]


def test_nothing_is_added_to_a_report_that_is_closed_meanwhile(talk: Begin) -> None:
    number, secret = filed(talk("sms"))
    told = talk("web")
    told.start("adding", f"{number} {secret}")
    told.says("they are back")
    with told.database.transaction() as session:
        report = session.scalars(select(Report).where(Report.number == number)).one()
        store.change_state(session, report, "closed", told.now)
    told.says("yes")
    assert told.outcome.state == "refused"
    assert told.outcome.handoff is not None
    assert told.fields["facts"] == "they are back"
