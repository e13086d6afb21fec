"""Whole dialogues: each type, in both languages, told bit by bit and told in one sentence."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from desk import attachments
from desk.database.models import Attachment, Event, InboxMessage
from desk.reply import Choice
from desk.reports import report_types, store
from desk.wording import sms
from tests.desk.reports.talking import NOW, Talk

Begin = Callable[..., Talk]

ONE_SENTENCE = {
    ("theft", "en"): "my bike was stolen from 5th and Main last night",
    ("theft", "es"): "anoche me robaron la bicicleta en Fifth y Main",
    ("lost_property", "en"): "I lost my black wallet yesterday at 4pm at 6th and Oak",
    ("lost_property", "es"): "perdí mi cartera negra ayer a las 4 de la tarde en Fifth y Oak",
    ("vandalism", "en"): "somebody sprayed graffiti on my garage at 6th and Main on Sunday night",
    ("vandalism", "es"): "alguien me rompió el parabrisas del carro anoche en Fifth y Main",
}
ANSWERS = {
    "en": {
        "story": "it was gone",
        "items": "red Trek bike $500",
        "place": "Fifth and Main",
        "time": "yesterday around 3",
        "what": "graffiti",
        "details": "skip",
        "estimate": "about $250",
        "name": "Maria Lopez",
        "reach": "209-555-0123",
    },
    "es": {
        "story": "ya no estaba",
        "items": "bicicleta Trek roja $500",
        "place": "Fifth y Main",
        "time": "ayer como a las 3",
        "what": "grafiti",
        "details": "saltar",
        "estimate": "como $250",
        "name": "María López",
        "reach": "maria@example.org",
    },
}
TYPES = ("lost_property", "theft", "vandalism")


def choices(talk: Talk) -> list[Choice]:
    return [one for reply in talk.outcome.replies for one in reply.choices]


def answer_all(talk: Talk) -> None:
    """Answer whatever is asked until the report is filed."""
    words = ANSWERS[talk.language]
    for _ in range(20):
        if talk.outcome.state != "asking":
            return
        kind, _, name = talk.asking.partition(":")
        talk.says(words[name] if kind == "field" else "sí" if talk.language == "es" else "yes")
    raise AssertionError(f"never came to an end: {talk.text}")


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("type_id", TYPES)
def test_what_one_sentence_tells_is_not_asked_again(
    talk: Begin, type_id: str, language: str
) -> None:
    told = talk("sms", language)
    told.start(type_id, ONE_SENTENCE[type_id, language])
    assert {"place", "time"} <= told.fields.keys()
    answer_all(told)
    assert told.outcome.state == "filed"
    assert told.questions <= 5  # the gate, what is missing, the read-back


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("type_id", TYPES)
def test_a_report_can_be_told_bit_by_bit(talk: Begin, type_id: str, language: str) -> None:
    told = talk("web", language)
    told.start(type_id)
    answer_all(told)
    assert told.outcome.state == "filed"
    assert told.questions <= 10
    assert told.fields["place"]["label"].startswith("Fifth Street")
    assert told.fields["time"]["earliest"] == "2026-11-17T22:30:00+00:00"


def test_opening_words_that_tell_enough_are_the_story(talk: Begin) -> None:
    told = talk()
    told.start("theft", "my package was stolen off my porch yesterday at 5pm")
    told.says("yes")
    assert told.fields["story"].startswith("my package")
    assert told.asking == "field:place"


def test_acknowledging_comes_before_the_first_question(talk: Begin) -> None:
    told = talk()
    told.start("theft", "my bike was stolen")
    assert told.outcome.replies[0].text.startswith("I'm sorry that happened.")
    assert told.asking == "gate"


def test_everything_is_read_back_before_it_counts(talk: Begin) -> None:
    told = talk()
    told.start("theft", ONE_SENTENCE["theft", "en"])
    for text in ("yes", "skip", "Maria Lopez"):
        told.says(text)
    assert told.asking == "confirm"
    assert told.report.state == "draft"
    for words in ("bike", "Fifth Street and Main Street", "Tue, Nov 17, 2026", "Maria Lopez"):
        assert words in told.text


def test_filing_tells_number_and_secret_once_and_the_five_parts_in_order(talk: Begin) -> None:
    told = talk()
    told.start("theft", ONE_SENTENCE["theft", "en"])
    answer_all(told)
    parts = ("I'm sorry", "Thank you", "case number", "by November 25, 2026", "may not come out")
    places = [told.text.index(part) for part in parts]
    assert places == sorted(places)
    number = re.search(r"T26-[2-9A-HJ-NP-TV-Z]{6}", told.text)
    secret = re.search(r"Secret code: (\w{8})\.", told.text)
    assert number
    assert secret
    report = told.report
    assert report.number == number.group(0)
    assert report.secret_hash is not None
    assert report.secret_hash.startswith("$argon2")
    assert secret.group(1) not in str(vars(report))
    assert report.promised_by is not None
    assert (report.promised_by - NOW).days == 7
    assert report.district == "4"


def test_sms_residents_are_not_asked_for_their_number(talk: Begin) -> None:
    asked = {}
    for channel in ("sms", "messenger"):
        told = talk(channel)
        told.start("theft", ONE_SENTENCE["theft", "en"])
        answer_all(told)
        asked[channel] = "reach" in told.fields
    assert asked == {"sms": False, "messenger": True}


def test_each_step_is_recorded_without_any_text(talk: Begin) -> None:
    told = talk()
    told.start("theft", ONE_SENTENCE["theft", "en"])
    answer_all(told)
    with told.database.reading() as session:
        events = [(e.kind, e.data) for e in session.query(Event).order_by(Event.id)]
    assert events == [
        ("report", {"report_id": 1, "state": "draft"}),
        ("report", {"report_id": 1, "state": "submitted"}),
    ]


# steering


@pytest.fixture
def theft(talk: Begin) -> Talk:
    """A theft report past its gate, waiting for the place."""
    told = talk()
    told.start("theft")
    for text in ("yes", "it was gone", "red Trek bike $500"):
        told.says(text)
    assert told.asking == "field:place"
    return told


def test_a_correction_without_a_name_finds_the_field_it_fits(theft: Talk) -> None:
    for text in ("Fifth and Main", "last night"):
        theft.says(text)
    waiting = theft.asking
    theft.says("no, it was Tuesday")
    assert theft.fields["time"]["earliest"] == "2026-11-17T08:00:00+00:00"
    assert "Changed." in theft.text
    assert theft.asking == waiting
    theft.says("actually it was $200")
    assert theft.fields["items"][0]["value"] == 200
    theft.says("the place is 6th and Oak")
    assert theft.fields["place"]["label"] == "Sixth Street and Oak Street"
    assert theft.asking == waiting


def test_a_corrected_hour_keeps_the_day(theft: Talk) -> None:
    for text in ("Fifth and Main", "yesterday at 3pm"):
        theft.says(text)
    theft.says("no, it was at 5pm")
    assert theft.fields["time"]["earliest"] == "2026-11-18T01:00:00+00:00"  # 17:00 of the 17th


def test_at_the_confirmation_a_field_is_asked_again(theft: Talk) -> None:
    for text in ("Fifth and Main", "last night", "skip", "Maria Lopez"):
        theft.says(text)
    assert theft.asking == "confirm"
    theft.says("change the time")
    assert theft.asking == "field:time"
    theft.says("Monday night")
    assert theft.asking == "confirm"
    assert "Mon, Nov 16, 2026, 6:00 PM" in theft.text
    theft.taps("no")
    assert "field:place" in theft.values
    theft.taps("field:place")
    theft.says("6th and Oak")
    assert theft.asking == "confirm"
    theft.taps("confirm")
    assert theft.outcome.state == "filed"


def test_back_asks_the_last_answer_again(theft: Talk) -> None:
    theft.says("go back")
    assert theft.asking == "field:items"
    theft.says("blue helmet")
    assert theft.fields["items"][0]["description"] == "blue helmet"
    assert theft.asking == "field:place"


def test_skip_works_only_where_it_may(theft: Talk) -> None:
    theft.says("skip")
    assert theft.asking == "field:place"
    assert "cannot leave this one out" in theft.text
    for text in ("Fifth and Main", "last night"):
        theft.says(text)
    assert theft.asking == "field:details"
    theft.taps("skip")
    assert theft.asking == "field:name"
    assert "details" not in theft.fields


def test_repeat_and_why(theft: Talk) -> None:
    theft.says("repeat")
    question = theft.text
    theft.says("why do you need that?")
    assert theft.text.startswith("It tells us which district")
    assert theft.text.endswith(question)


@pytest.mark.parametrize(
    ("wanted", "state", "reported"),
    [("stop_keep", "kept", "kept"), ("stop_delete", "stopped", "deleted")],
)
def test_stop_asks_whether_to_keep_or_delete(
    theft: Talk, wanted: str, state: str, reported: str
) -> None:
    theft.says("I want to stop")
    assert {"stop_keep", "stop_delete"} <= set(theft.values)
    theft.taps(wanted)
    assert theft.outcome.state == state
    assert theft.report.state == reported
    assert bool(theft.fields) == (reported == "kept")


def test_after_stop_one_may_go_on(theft: Talk) -> None:
    theft.says("cancel")
    theft.says("go on")
    assert theft.asking == "field:place"


def test_a_person_takes_over_and_the_interview_waits_where_it_was(theft: Talk) -> None:
    theft.says("can I talk to an officer?")
    handoff = theft.outcome.handoff
    assert handoff is not None
    assert (handoff.reason, handoff.report_id) == ("asked", theft.report.id)
    assert theft.report.state == "draft"
    assert theft.asking == "field:place"


def test_a_kept_draft_is_offered_and_goes_on_where_it_was(theft: Talk) -> None:
    theft.says("stop")
    theft.taps("stop_keep")
    theft.start(None, "continue my report")
    assert theft.values == ["option:continue", "option:new"]
    theft.taps("option:continue")
    assert theft.asking == "field:place"
    assert theft.fields["items"][0]["value"] == 500


def test_a_second_report_starts_clean(theft: Talk) -> None:
    theft.says("stop")
    theft.taps("stop_keep")
    theft.start("vandalism", "I want to report vandalism")
    theft.taps("option:new")
    assert theft.report.type == "vandalism"
    assert theft.fields == {}
    with theft.database.reading() as session:
        assert store.get(session, 1).fields == {}  # type: ignore[union-attr]


def test_an_old_draft_is_not_offered(theft: Talk) -> None:
    theft.says("stop")
    theft.taps("stop_keep")
    theft.now += store.KEPT_FOR
    theft.start("vandalism", "I want to report vandalism")
    assert theft.report.type == "vandalism"


def test_a_question_on_the_side_keeps_the_place(theft: Talk) -> None:
    theft.says("where is the nearest station?", intent="find_station", confidence=0.9)
    assert theft.outcome.side_topic == "find_station"
    assert theft.asking == "field:place"
    assert theft.text.startswith("Where was it taken from?")


def test_a_story_that_sounds_like_a_topic_is_still_the_story(talk: Begin) -> None:
    told = talk()
    told.start("vandalism")
    told.says("yes")
    told.says("my window got smashed overnight", intent="vandalism", confidence=0.95)
    assert told.outcome.side_topic is None
    assert told.fields["story"] == "my window got smashed overnight"


def test_the_language_can_change_in_the_middle(theft: Talk) -> None:
    theft.says("español")
    assert theft.outcome.language == "es"
    assert theft.text.startswith("¿De dónde se lo llevaron?")


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("someone is breaking in right now help", {}),
        ("please come", {"intent": "emergency", "confidence": 0.97}),
    ],
)
def test_danger_comes_first_and_the_draft_stays(
    theft: Talk, text: str, heard: dict[str, object]
) -> None:
    theft.says(text, **heard)
    assert theft.outcome.danger is not None
    assert theft.outcome.replies == ()
    theft.taps("resume")
    assert theft.asking == "field:place"
    assert theft.fields["items"][0]["value"] == 500


def test_a_story_that_sounded_like_danger_need_not_be_told_twice(talk: Begin) -> None:
    told = talk()
    told.start("vandalism")
    told.says("yes")
    told.says("there is a big hole", intent="emergency", confidence=0.95)
    assert told.outcome.danger == "emergency"
    told.says("I'm safe, go on")
    assert told.fields["story"] == "there is a big hole"
    assert told.asking == "field:what"


def test_an_answer_that_does_not_fit_is_asked_again_with_an_example_then_with_ways_out(
    theft: Talk,
) -> None:
    theft.says("over there")
    assert "For example: Fifth and Main." in theft.text
    theft.says("you know, there")
    assert {"person", "stop_keep", "option:as_told"} <= set(theft.values)
    theft.taps("option:as_told")
    assert theft.fields["place"]["kind"] == "as_told"
    assert theft.fields["place"]["label"] == "you know, there"


def test_a_time_that_has_not_come_is_not_taken(theft: Talk) -> None:
    theft.says("Fifth and Main")
    theft.says("tomorrow at 3pm")
    assert "has not come yet" in theft.text
    assert "time" not in theft.fields


def test_a_choice_of_an_earlier_question_changes_nothing(theft: Talk) -> None:
    before = theft.fields
    for value in ("confirm", "yes", "option:graffiti", "stop_delete", "field:time"):
        theft.taps(value)
        assert (theft.asking, theft.fields) == ("field:place", before)


def test_account_numbers_are_not_stored(talk: Begin) -> None:
    told = talk()
    told.start("theft")
    told.says("yes")
    told.says("they took my wallet, my social is 078-05-1120 and card 4111 1111 1111 1111")
    assert "078-05-1120" not in str(vars(told.report))
    assert "4111 1111 1111 1111" not in str(vars(told.report))


# the gate


def test_a_gate_that_does_not_hold_goes_to_a_person_with_everything(talk: Begin) -> None:
    told = talk()
    told.start("theft", ONE_SENTENCE["theft", "en"])
    told.says("no")
    told.taps("option:no_force")
    assert told.outcome.state == "refused"
    assert told.outcome.handoff is not None
    assert told.outcome.handoff.reason == "refused_report"
    assert told.fields["items"][0]["description"] == "bike"
    assert told.report.state == "refused"


def test_a_gate_that_means_danger_is_danger(talk: Begin) -> None:
    told = talk()
    told.start("theft", "somebody is taking things")
    told.says("no")
    told.taps("option:over")
    assert told.outcome.danger == "emergency"
    assert told.report.state == "draft"


def test_a_known_suspect_in_the_story_is_asked_about_and_then_refused(talk: Begin) -> None:
    told = talk()
    told.start("theft", "my neighbor stole my bike last night")
    assert told.asking == "sure:no_suspect"
    told.says("yes")
    assert told.outcome.state == "refused"


def test_a_misread_suspect_is_cleared_with_one_no(talk: Begin) -> None:
    told = talk()
    told.start("theft", "my neighbor stole my bike last night")
    told.says("no")
    assert told.asking == "gate"


def test_what_is_worth_more_than_the_cap_goes_to_a_person(talk: Begin) -> None:
    told = talk()
    told.start("theft")
    for text in ("yes", "it was gone", "gold watch $25,000"):
        told.says(text)
    assert told.outcome.state == "refused"
    assert told.fields["items"][0]["value"] == 25000


def test_a_place_outside_names_who_covers_it(theft: Talk) -> None:
    outside = next(town for a in theft.department.agencies if a.covers for town in a.covers.towns)
    theft.says(outside.name)
    assert theft.outcome.state == "refused"
    assert "(209) 555-01" in theft.text


@pytest.mark.parametrize(
    ("language", "who"),
    [
        ("en", "an officer of the Larkfield Police Department, on November 18, 2026"),
        ("es", "un oficial del Departamento de Policía de Larkfield, el 18 de noviembre de 2026"),
    ],
)
def test_every_refusal_opens_a_call_back_and_says_who_and_when(
    talk: Begin, language: str, who: str
) -> None:
    known = talk("sms", language)
    known.start("theft", ONE_SENTENCE["theft", language])
    known.says("no")
    known.taps("option:no_suspect")
    outside = talk("web", language)
    outside.start("theft", ONE_SENTENCE["theft", language])
    outside.says("sí" if language == "es" else "yes")
    outside.says("change the place")
    outside.says("Millbrook")
    for told in (known, outside):
        assert told.outcome.state == "refused"
        assert told.outcome.handoff is not None
        assert told.outcome.handoff.report_id == told.report.id
        assert who in told.text
        assert told.fields["items"]


def test_after_hours_the_call_comes_on_the_next_day_with_live_hours(talk: Begin) -> None:
    told = talk()
    told.now = NOW.replace(day=21, hour=22)  # Saturday night
    told.start("theft", "my neighbor stole my bike last night")
    told.says("yes")
    assert "on November 23, 2026" in told.text


def test_after_a_refusal_a_person_can_be_had(theft: Talk) -> None:
    theft.says("Millbrook")
    assert theft.outcome.state == "refused"
    theft.taps("person")
    assert theft.outcome.handoff is not None
    assert theft.outcome.handoff.report_id == theft.report.id


def test_a_photo_belongs_to_the_report_and_the_question_comes_again(theft: Talk) -> None:
    with theft.database.transaction() as session:
        message = InboxMessage(
            channel="sms", provider_id="m", body_hash="", conversation_id=theft.id
        )
        session.add(message)
        session.flush()
        session.add(
            Attachment(
                public_id="photo1",
                conversation_id=theft.id,
                inbox_id=message.id,
                position=0,
                state="stored",
            )
        )
    theft.says("", attachments=({"id": "photo1", "type": "image/jpeg"},))
    assert "I keep the photo" in theft.text
    assert theft.asking == "field:place"
    with theft.database.reading() as session:
        assert [one.id for one in attachments.of_report(session, theft.report.id)] == ["photo1"]


def test_one_of_several_things_is_put_right_at_any_question(talk: Begin) -> None:
    told = talk()
    told.start("theft")
    for text in ("yes", "it was gone", "red Trek bike $500, white helmet $40"):
        told.says(text)
    told.says("the second item was blue")
    assert told.fields["items"][1]["description"] == "blue helmet"
    assert told.asking == "field:place"
    told.says("the fifth item was blue")
    assert told.asking == "field:items"  # there is none: they see the list and say it anew
    assert "blue helmet" in told.text


def test_nothing_open_means_the_interview_is_over(talk: Begin) -> None:
    told = talk()
    told.says("hello")
    assert told.outcome.state == "ended"


def test_report_without_a_type_offers_groups_and_then_the_types_of_one(talk: Begin) -> None:
    told = talk()
    told.start(None, "I want to report something")
    if len(report_types(told.department.folder)) > 8:
        assert "group:things" in told.values
        assert sms.segments(sms.fold(sms.render_choices(told.text, choices(told)))) <= 2
    told.start(None, choice="group:things")
    assert told.values == ["topic:theft", "topic:lost_property", "topic:vandalism"]


def test_the_title_of_a_choice_may_be_typed(theft: Talk) -> None:
    theft.says("stop")
    offered = {one.value: one.title for one in theft.outcome.replies[-1].choices}
    theft.says(f"{offered['stop_delete'].upper()}!")
    assert theft.outcome.state == "stopped"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_theft_told_in_one_sentence_takes_fewer_questions(talk: Begin, language: str) -> None:
    counted = []
    for channel, opening in (("messenger", ONE_SENTENCE["theft", language]), ("web", "")):
        told = talk(channel, language)
        told.start("theft", opening)
        answer_all(told)
        assert told.outcome.state == "filed"
        counted.append(told.questions)
    assert counted[0] <= 5
    assert counted[1] - counted[0] >= 4


def test_a_long_opening_without_a_field_in_it_is_the_story(talk: Begin) -> None:
    told = talk()
    opening = (
        "somebody keeps sending me really nasty words and pictures and it just never ever ends"
    )
    told.start("harassing_messages", opening)
    assert told.fields["story"] == opening


def test_a_long_request_is_not_yet_a_story(talk: Begin) -> None:
    told = talk()
    told.start("harassing_messages", "hello I would like to file a police report about it please")
    assert "story" not in told.fields


@pytest.mark.parametrize("text", ["no", "yes", "ok"])
def test_a_required_story_of_one_word_is_asked_again_with_the_example(
    talk: Begin, text: str
) -> None:
    told = talk()
    told.start("theft")
    told.says("yes")
    told.says(text)
    assert told.asking == "field:story"
    assert "For example" in told.text


def test_the_end_of_a_social_security_number_stays_nowhere(talk: Begin) -> None:
    told = talk()
    told.start("theft")
    told.says("yes")
    told.says("my wallet is gone, last 4 of my social 1120")
    assert "1120" not in str(vars(told.report))
