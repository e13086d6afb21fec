"""What was told is not told twice, and of two topics none is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from actions.answers import ActionAnswer
from actions.danger import ActionDanger
from actions.desk_action import DeskAction
from actions.dialogue import ActionChoose, ActionDialogue
from actions.feedback import ValidateFeedbackForm
from actions.language import ActionChangeLanguage
from actions.people import ActionTalkToPerson
from actions.reports import ValidateReportForm
from actions.stations import ActionFindStation, ValidatePlaceForm
from actions.topics import action_of
from actions.unsure import ActionUnsure
from desk.database import Database
from desk.database.models import Report
from tests.actions.conftest import Talk, Told

Meet = Callable[..., Talk]
STORY = "a blue trek bike gone from 5th and Main last night"
GUESSES = (("theft", 0.4), ("lost_property", 0.35))
BY_NAME: dict[str, type[DeskAction]] = {
    "action_answer": ActionAnswer,
    "action_change_language": ActionChangeLanguage,
    "action_choose": ActionChoose,
    "action_danger": ActionDanger,
    "action_dialogue": ActionDialogue,
    "action_find_station": ActionFindStation,
    "action_talk_to_person": ActionTalkToPerson,
    "action_unsure": ActionUnsure,
    "feedback_form": ValidateFeedbackForm,
    "place_form": ValidatePlaceForm,
    "report_form": ValidateReportForm,
}


async def led(talk: Talk, text: str, intent: str, **more: object) -> Told:
    """What is told when Rasa takes the action of the intent, and then those it is sent on to."""
    name, told = action_of(intent), Told([], [])
    message_id = talk._received(text)
    for _ in range(3):
        step = await talk.say(BY_NAME[name](), text, intent, message_id=message_id, **more)  # type: ignore[arg-type]
        told = Told([*told.messages, *step.messages], [*told.events, *step.events])
        if step.followed_by in {None, "action_listen"}:
            return told
        name = str(step.followed_by)
    raise AssertionError(f"sent on and on: {told}")


def drafts(database: Database) -> list[Report]:
    with database.reading() as session:
        return list(session.scalars(select(Report).order_by(Report.id)))


@pytest.mark.parametrize(
    ("taken", "intent"),
    [
        ("", "theft"),  # tapped
        ("Report a theft", "nlu_fallback"),
        ("report a theft.", "lost_property"),
        ("the theft one", "theft"),
        ("Un robo", "burglary"),  # its name in the other language
    ],
)
async def test_whoever_takes_an_offered_topic_brings_what_was_told_before(
    meet: Meet, desk_database: Database, taken: str, intent: str
) -> None:
    talk = meet()
    await led(talk, STORY, "nlu_fallback", ranking=GUESSES)
    told = await led(talk, taken, intent)
    [draft] = drafts(desk_database)
    assert draft.type == "theft"
    assert {"place", "time", "story"} <= draft.fields.keys()
    assert told.sets("requested_slot") == "answer"
    assert talk.slots["offered"] is None


async def test_on_the_web_a_typed_number_takes_the_topic_too(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet("web")
    await led(talk, STORY, "nlu_fallback", ranking=GUESSES)
    await led(talk, "2", "nlu_fallback")
    assert [draft.type for draft in drafts(desk_database)] == ["lost_property"]


async def test_an_offer_counts_for_the_next_message_only(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    await led(talk, STORY, "nlu_fallback", ranking=GUESSES)
    await led(talk, "hello", "greet")
    await led(talk, "", "theft")
    assert drafts(desk_database)[0].fields == {}


async def test_what_another_resident_told_is_never_taken_up(
    meet: Meet, desk_database: Database
) -> None:
    other, talk = meet(), meet()
    await led(other, STORY, "nlu_fallback", ranking=GUESSES)
    talk.slots["offered"] = other.slots["offered"]
    await led(talk, "", "theft")
    assert drafts(desk_database)[0].fields == {}


async def test_a_look_up_that_was_offered_uses_the_place_of_the_first_message(meet: Meet) -> None:
    talk = meet()
    await led(talk, "close to 5th and Main", "nlu_fallback", ranking=(("find_station", 0.3),))
    assert "Main Street" in (await led(talk, "yes", "affirm")).text


async def test_the_second_topic_is_offered_after_the_answer(meet: Meet) -> None:
    talk = meet()
    told = await led(talk, "what do you keep? and can i text 911", "privacy", second="text_to_911")
    assert told.payloads[-1] == "/text_to_911"
    assert "Text to 911" in told.messages[-1]["text"]
    assert "text" in (await led(talk, "yes", "affirm")).text.lower()


async def test_a_no_to_the_second_topic_is_taken_as_one(meet: Meet) -> None:
    talk = meet()
    await led(talk, "what do you keep? and can i text 911", "privacy", second="text_to_911")
    assert (await led(talk, "no", "deny")).text.startswith("All right")


@pytest.mark.parametrize(
    ("first", "second", "goes_first"),
    [
        ("privacy", "theft", "report_form"),
        ("theft", "stolen_vehicle", "action_talk_to_person"),
        ("find_station", "emergency", "action_danger"),
        ("file_report", "vandalism", "report_form"),
        ("greet", "text_to_911", "action_answer"),
        ("out_of_scope", "find_station", "action_find_station"),
    ],
)
async def test_what_is_weightier_goes_first(
    meet: Meet, first: str, second: str, goes_first: str
) -> None:
    name = action_of(first)
    told = await meet().say(BY_NAME[name](), "this and that", first, second=second)
    assert told.followed_by == goes_first or (name == goes_first and not told.followed_by)


async def test_an_action_that_a_message_was_passed_on_to_ends_the_turn(meet: Meet) -> None:
    passed_on = await meet().say(
        ActionAnswer(), "hello, can i text 911", "greet", second="text_to_911"
    )
    assert passed_on.followed_by == "action_listen"  # Rasa knows no rule for what comes next
    by_rule = await meet().say(ActionAnswer(), "can i text 911", "text_to_911")
    assert by_rule.followed_by is None


@pytest.mark.parametrize(
    ("first", "second"),
    [("theft", "file_report"), ("burglary", "talk_to_person"), ("privacy", "no_such_topic")],
)
async def test_a_second_topic_that_adds_nothing_is_not_offered(
    meet: Meet, first: str, second: str
) -> None:
    talk = meet()
    told = await led(talk, "this and that", first, second=second)
    assert f"/{second}" not in told.payloads
    assert not talk.slots.get("next_topic")


async def test_the_other_topic_of_a_report_is_offered_when_the_interview_ends(meet: Meet) -> None:
    talk = meet()
    await led(talk, STORY + " and can i text 911?", "theft", second="text_to_911")
    assert talk.slots["next_topic"]["topics"] == ["text_to_911"]
    await talk.say(ValidateReportForm(), "stop", "cancel_form")
    told = await talk.say(ValidateReportForm(), choice="stop_delete")
    assert told.payloads == ["/text_to_911"]
    assert told.ended
    assert talk.slots["next_topic"] is None
    assert "911" in (await led(talk, "", "text_to_911")).text


async def test_the_other_topic_of_a_look_up_is_offered_when_the_place_was_found(meet: Meet) -> None:
    talk = meet()
    await led(talk, "where are you and can i text 911", "find_station", second="text_to_911")
    told = await talk.say(ValidatePlaceForm(), "5th and Main")
    assert told.payloads == ["/text_to_911"]


async def test_after_danger_the_other_topic_waits_for_the_all_clear(meet: Meet) -> None:
    talk = meet()
    told = await led(talk, "he hits me and stole my bike", "domestic_violence", second="theft")
    assert told.commands == [{"command": "danger", "kind": "domestic_violence"}]
    assert not told.payloads
    assert "/theft" in (await talk.say(ActionChoose(), choice="resume")).payloads


async def test_whoever_goes_to_a_person_is_offered_nothing_else(meet: Meet) -> None:
    told = await led(meet(), "let me talk to someone about fireworks", "talk_to_person",
                     second="fireworks")  # fmt: skip
    assert told.commands[0]["topic"] == "fireworks"
    assert not told.payloads


@pytest.mark.parametrize("confidence", [0.25, 0.47])
async def test_a_guess_of_danger_alarms_nobody_but_names_the_number(
    meet: Meet, confidence: float
) -> None:
    ranking = (("missing_person", confidence), ("animals", confidence - 0.05))
    told = await led(meet(), "my dog is missing", "missing_person", confidence=confidence,
                     ranking=ranking)  # fmt: skip
    assert not told.commands
    assert told.text.startswith("If you are in danger call 911 now.")
    assert told.payloads[:2] == ["/missing_person", "/animals"]


@pytest.mark.parametrize(
    ("danger", "confidence"), [("self_harm", 0.3), ("emergency", 0.35), ("missing_person", 0.5)]
)
async def test_danger_that_is_more_than_a_guess_is_danger(
    meet: Meet, danger: str, confidence: float
) -> None:
    told = await led(meet(), "it is like that", danger, confidence=confidence)
    assert told.commands == [{"command": "danger", "kind": danger}]


async def test_a_danger_that_was_guessed_and_tapped_is_danger(meet: Meet) -> None:
    talk = meet()
    await led(talk, "she is gone", "missing_person", confidence=0.3)
    assert (await led(talk, "", "missing_person")).commands == [
        {"command": "danger", "kind": "missing_person"}
    ]


async def test_a_second_topic_of_danger_that_is_a_guess_is_asked_about(meet: Meet) -> None:
    told = await led(meet(), "where is the station, i feel followed", "find_station",
                     second="threat_or_stalking", second_confidence=0.2)  # fmt: skip
    assert not told.commands
    assert told.payloads[:2] == ["/threat_or_stalking", "/find_station"]


@pytest.mark.parametrize(("taken", "language"), [("", "es"), ("Español", "es")])
async def test_in_another_language_what_was_answered_can_be_had_again(
    meet: Meet, taken: str, language: str
) -> None:
    talk = meet()
    await led(talk, "text 911", "text_to_911")
    told = await led(talk, taken, "change_language")
    assert told.commands == [{"command": "language", "language": language}]
    assert told.payloads[0] == "/text_to_911"
    assert "de otra cosa" not in told.text


async def test_a_yes_is_no_wish_for_another_language(meet: Meet) -> None:
    talk = meet()
    await led(talk, "text 911", "text_to_911")
    assert not (await led(talk, "yes", "affirm")).commands
