from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from actions import reports
from actions.dialogue import ActionChoose
from actions.feedback import ValidateFeedbackForm
from actions.reports import ValidateReportForm
from actions.topics import REPORTS
from desk.database import Database
from desk.database.models import Feedback, Report
from tests.actions.conftest import Talk, Told

Meet = Callable[..., Talk]
PERSON = '/choose{"value": "person"}'


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(Report.state)))


async def opened(talk: Talk) -> Told:
    return await talk.say(ValidateReportForm(), "my bike was stolen", "theft")


async def test_a_topic_opens_its_interview_and_every_later_message_stays_in_it(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    told = await opened(talk)
    assert told.text
    assert told.sets("requested_slot") == "answer"
    with desk_database.reading() as session:
        assert session.scalars(select(Report.type)).all() == ["theft"]


async def test_a_repeated_message_gets_the_same_answer_and_changes_nothing(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    form = ValidateReportForm()
    first = await talk.say(form, "my bike was stolen", "theft", message_id="same")
    talk.slots.clear()  # Rasa fell over before it stored the turn
    again = await talk.say(form, "my bike was stolen", "theft", message_id="same")
    assert again == first
    assert states(desk_database) == ["draft"]


async def test_a_question_in_between_is_answered_and_then_the_interview_goes_on(meet: Meet) -> None:
    talk = meet()
    await opened(talk)
    told = await talk.say(
        ValidateReportForm(), "what is the non-emergency number?", "nonemergency_number"
    )
    assert "(209) 555-0100" in told.messages[0]["text"]
    assert len(told.messages) > 1
    assert told.sets("requested_slot") == "answer"


async def test_a_person_may_be_had_while_the_report_waits(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    await opened(talk)
    told = await talk.say(ValidateReportForm(), choice="person")
    assert told.commands[0]["command"] == "handoff"
    assert told.sets("requested_slot") == "answer"  # it goes on when the officer hands back
    assert states(desk_database) == ["draft"]


async def test_stopping_and_deleting_ends_the_form_and_the_next_report_starts_clean(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    await opened(talk)
    await talk.say(ValidateReportForm(), "stop", "cancel_form")
    told = await talk.say(ValidateReportForm(), choice="stop_delete")
    assert told.ended
    assert told.has_event("followup", "action_listen")
    again = await opened(talk)
    assert again.sets("requested_slot") == "answer"
    assert states(desk_database) == ["deleted", "draft"]


async def test_a_message_after_the_draft_was_ended_elsewhere_is_left_to_the_rules(
    meet: Meet,
) -> None:
    talk = meet()
    talk.slots["requested_slot"] = "answer"
    told = await talk.say(ValidateReportForm(), "hello", "greet")
    assert told.has_event("action_execution_rejected", "report_form")
    assert not told.messages


async def test_a_report_of_no_kind_is_asked_for_its_kind(meet: Meet) -> None:
    told = await meet().say(ValidateReportForm(), "i want to report something", "file_report")
    assert '/choose{"value": "group:things"}' in told.payloads
    assert told.ended


async def test_the_kinds_of_a_group_are_offered_next(meet: Meet) -> None:
    told = await meet().say(ActionChoose(), choice="group:things")
    assert told.payloads == ["/theft", "/lost_property", "/vandalism"]


async def test_a_kind_that_is_no_intent_is_opened_by_its_entity(meet: Meet) -> None:
    told = await meet().say(
        ValidateReportForm(), "it is gone", "file_report", topic="lost_property"
    )
    assert not told.ended
    assert "lost" in told.text


async def test_who_has_not_said_what_to_report_is_offered_a_few_kinds_not_all(meet: Meet) -> None:
    told = await meet().say(ValidateReportForm(), "i want to report something", "file_report")
    assert 2 <= len(told.payloads) <= 7
    assert "own words" in told.text


@pytest.mark.parametrize("topic", sorted(REPORTS - {"file_report"}))
async def test_a_report_that_no_form_takes_gets_help_instead(
    meet: Meet, monkeypatch: pytest.MonkeyPatch, topic: str
) -> None:
    monkeypatch.setattr(reports, "report_types", lambda _: {})
    told = await meet().say(ValidateReportForm(), "it happened again", topic)
    assert told.ended
    assert PERSON in told.payloads
    assert "(209) 555-" in told.text or "person" in told.text


async def test_another_report_in_the_middle_asks_which_to_go_on_with(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    await opened(talk)
    wish = "someone sprayed graffiti on my fence at 6th and Oak"
    asked = await talk.say(ValidateReportForm(), wish, "vandalism")
    assert "unfinished" in asked.text
    assert asked.sets("requested_slot") == "answer"
    assert states(desk_database) == ["draft"]
    await talk.say(ValidateReportForm(), choice="option:new")
    with desk_database.reading() as session:
        new = session.scalars(select(Report).where(Report.state == "draft")).one()
    assert new.type == "vandalism"
    assert "Oak" in str(new.fields["place"])


async def test_the_report_that_is_open_can_be_gone_on_with(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    before = (await opened(talk)).messages[-1]["text"]
    await talk.say(ValidateReportForm(), intent="vandalism")  # tapped
    again = await talk.say(ValidateReportForm(), choice="option:continue")
    assert again.messages[-1]["text"] in before
    assert states(desk_database) == ["draft"]


async def test_a_story_that_sounds_like_another_report_is_a_story(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    await opened(talk)
    await talk.say(ValidateReportForm(), choice="yes")  # the gate
    told = await talk.say(
        ValidateReportForm(), "they smashed the lock and sprayed the wall too", "vandalism"
    )
    assert "unfinished" not in told.text
    with desk_database.reading() as session:
        assert "smashed" in session.scalars(select(Report)).one().fields["story"]


async def test_an_answer_that_sounds_like_another_report_is_an_answer(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    await talk.say(ValidateReportForm(), "my blue trek bike was stolen last night", "theft")
    await talk.say(ValidateReportForm(), choice="yes")
    told = await talk.say(ValidateReportForm(), "at 5th and Main by the graffiti", "vandalism")
    assert "unfinished" not in told.text
    with desk_database.reading() as session:
        assert "place" in session.scalars(select(Report)).one().fields


async def test_what_only_a_person_can_take_goes_there_from_an_interview_that_waits(
    meet: Meet, desk_database: Database
) -> None:
    talk = meet()
    await opened(talk)
    told = await talk.say(ValidateReportForm(), "and my car is stolen too", "stolen_vehicle")
    assert told.commands[0]["topic"] == "stolen_vehicle"
    assert told.sets("requested_slot") == "answer"
    assert states(desk_database) == ["draft"]


@pytest.mark.parametrize(
    ("text", "intent"), [("thank you", "thanks"), ("hello again", "greet"), ("you idiot", "insult")]
)
async def test_a_word_in_passing_is_no_answer_and_the_question_comes_again(
    meet: Meet, text: str, intent: str
) -> None:
    talk = meet()
    question = (await opened(talk)).messages[-1]["text"]
    told = await talk.say(ValidateReportForm(), text, intent)
    assert told.messages[-1]["text"] in question
    assert "understand" not in told.text


async def test_another_language_tapped_in_the_middle_goes_on_in_it(meet: Meet) -> None:
    talk = meet()
    await opened(talk)
    told = await talk.say(ValidateReportForm(), intent="change_language")
    assert told.commands == [{"command": "language", "language": "es"}]
    assert "Revise" in told.text


async def test_is_that_station_open_sunday_is_no_story(meet: Meet, desk_database: Database) -> None:
    talk = meet()
    await talk.say(ValidateReportForm(), "stolen at 5th and Main", "theft")
    await talk.say(ValidateReportForm(), choice="yes")
    told = await talk.say(ValidateReportForm(), "is that station open sunday", "find_station")
    assert "610 Main" in told.messages[0]["text"]  # the station of the place told before
    assert "What happened" in told.messages[-1]["text"]
    with desk_database.reading() as session:
        assert "story" not in session.scalars(select(Report)).one().fields


async def test_the_survey_takes_three_answers_and_ends(meet: Meet, desk_database: Database) -> None:
    talk, survey = meet(), ValidateFeedbackForm()
    assert not (await talk.say(survey, "feedback", "give_feedback")).ended
    await talk.say(survey, choice="yes")
    await talk.say(survey, choice="score:4")
    told = await talk.say(survey, "quick and kind", "chitchat")
    assert told.ended
    with desk_database.reading() as session:
        row = session.scalars(select(Feedback)).one()
        assert (row.helped, row.score, row.comment) == (True, 4, "quick and kind")


async def test_a_topic_in_the_survey_is_not_taken_for_an_answer(
    meet: Meet, desk_database: Database
) -> None:
    talk, survey = meet(), ValidateFeedbackForm()
    await talk.say(survey, "feedback", "give_feedback")
    told = await talk.say(survey, intent="find_station")
    assert told.has_event("action_execution_rejected", "feedback_form")
    with desk_database.reading() as session:
        assert session.scalar(select(func.count()).where(Feedback.score.is_not(None))) == 0
