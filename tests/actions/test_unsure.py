from __future__ import annotations

from collections.abc import Callable

from actions.dialogue import ActionDialogue
from actions.unsure import ActionUnsure
from tests.actions.conftest import Talk

Meet = Callable[..., Talk]
RANKING = (
    ("nlu_fallback", 0.3),
    ("theft", 0.3),
    ("emergency", 0.2),
    ("greet", 0.15),
    ("privacy", 0.01),
)


async def test_the_first_miss_offers_likely_topics_in_peoples_words_with_danger_first(
    meet: Meet,
) -> None:
    told = await meet().say(ActionUnsure(), "well it is about that thing", ranking=RANKING)
    assert told.payloads == ["/emergency", "/theft", '/choose{"value": "person"}']
    titles = [button["title"] for button in told.messages[0]["buttons"]]
    assert not any("_" in title for title in titles)
    assert not told.commands


async def test_the_second_miss_in_a_row_goes_to_a_person(meet: Meet) -> None:
    talk = meet()
    await talk.say(ActionUnsure(), "hm")
    told = await talk.say(ActionUnsure(), "hm hm")
    assert told.commands == [
        {"command": "handoff", "reason": "unsure", "topic": None, "report_id": None}
    ]
    assert talk.slots["misunderstood"] is None


async def test_something_understood_in_between_starts_the_count_anew(meet: Meet) -> None:
    talk = meet()
    await talk.say(ActionUnsure(), "hm")
    await talk.say(ActionDialogue(), "hello", "greet")
    assert not (await talk.say(ActionUnsure(), "hm")).commands


async def test_what_the_police_does_not_do_is_said_and_other_topics_offered(meet: Meet) -> None:
    told = await meet(language="es").say(ActionUnsure(), "qué tiempo hace", "out_of_scope")
    assert "no puedo" in told.text
    assert "/find_station" in told.payloads


async def test_what_is_not_for_us_was_understood_and_goes_to_nobody(meet: Meet) -> None:
    talk = meet()
    for weather in ("will it rain", "and tomorrow"):
        assert not (await talk.say(ActionUnsure(), weather, "out_of_scope")).commands


async def test_where_danger_is_a_guess_the_number_stands_above_the_question(meet: Meet) -> None:
    told = await meet().say(ActionUnsure(), "well it is about that thing", ranking=RANKING)
    assert told.text.startswith("If you are in danger call 911 now.")
    harmless = (("theft", 0.4), ("vandalism", 0.3))
    assert (
        "911"
        not in (
            await meet().say(ActionUnsure(), "well it is about that thing", ranking=harmless)
        ).text
    )


async def test_topics_far_behind_the_best_are_no_guesses(meet: Meet) -> None:
    ranking = (("theft", 0.5), ("noise", 0.1), ("careers", 0.03), ("crash", 0.01))
    told = await meet().say(ActionUnsure(), "well it is about that thing", ranking=ranking)
    assert told.payloads == ["/theft", "/noise", '/choose{"value": "person"}']
