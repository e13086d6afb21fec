"""A draft that was put aside goes on on another channel, for number and secret only."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from desk.database.models import Report
from desk.reports.store import KEPT_FOR
from tests.desk.reports.talking import Talk

Begin = Callable[..., Talk]
TOLD = "my red Trek bike was stolen from Fifth and Main last night"


def put_aside(talk: Talk, words: str = "later") -> str:
    """What the resident is told to write elsewhere: number and secret."""
    talk.start("theft", TOLD)
    talk.says("yes")
    talk.says(words)
    assert talk.outcome.state == "kept"
    found = re.search(r"T\d\d-[A-Z0-9]{6} [A-Z0-9]{8}", talk.text)
    assert found
    return found[0]


def test_it_goes_on_where_it_was_with_what_was_told(talk: Begin) -> None:
    texting = talk()
    key = put_aside(texting)
    asked_last = texting.asking

    at_home = talk("web")
    at_home.start(None, f"continue my report {key}")
    assert "Fifth Street and Main Street" in at_home.text
    assert at_home.asking == asked_last
    while at_home.outcome.state == "asking":
        asked = at_home.asking.removeprefix("field:")
        answer = {"name": "Maria Lopez", "reach": "209-555-0123", "confirm": "yes"}
        at_home.says(answer.get(asked, "skip"))
    assert at_home.outcome.state == "filed"
    assert at_home.report.conversation_id == at_home.id
    assert at_home.fields["reach"] == "+12095550123"  # which the phone's channel did not ask for


def test_it_is_gone_from_where_it_was(talk: Begin) -> None:
    texting = talk()
    key = put_aside(texting)
    talk("web").start(None, key)

    texting.start(None, "continue my report")
    assert texting.outcome.state == "ended"


def test_the_language_is_that_of_the_new_conversation(talk: Begin) -> None:
    key = put_aside(talk())
    at_home = talk("web", "es")
    at_home.start(None, key)
    assert "Su reporte sigue aquí" in at_home.text


def test_a_draft_that_is_open_there_is_put_aside_not_lost(talk: Begin) -> None:
    key = put_aside(talk())
    at_home = talk("web")
    at_home.start("vandalism", "somebody sprayed my garage")
    other = at_home.report.id
    at_home.start(None, key)
    assert "Fifth Street and Main Street" in at_home.text
    with at_home.database.reading() as session:
        assert session.get_one(Report, other).state == "kept"


def test_a_wrong_secret_and_an_unknown_number_are_answered_alike(talk: Begin) -> None:
    number = put_aside(talk()).split()[0]
    at_home = talk("web")
    said = []
    for guess in (f"{number} ABCD2345", "T26-ZZZZ99 ABCD2345"):
        at_home.start(None, guess)
        said.append(at_home.text)
    assert said[0] == said[1]
    assert at_home.outcome.state == "ended"


def test_after_five_wrong_guesses_the_right_one_finds_nothing_either(talk: Begin) -> None:
    number, secret = put_aside(talk()).split()
    at_home = talk("web")
    for _ in range(5):
        at_home.start(None, f"{number} ABCD2345")
    at_home.start(None, f"{number} {secret}")
    assert at_home.outcome.state == "ended"


@pytest.mark.parametrize("days", [1, 31])
def test_it_can_go_on_for_thirty_days(talk: Begin, days: int) -> None:
    key = put_aside(talk())
    at_home = talk("web")
    at_home.now += timedelta(days=days)
    at_home.start(None, key)
    assert (at_home.outcome.state == "asking") == (timedelta(days=days) < KEPT_FOR)


def test_a_new_code_is_told_each_time_and_the_old_one_is_worthless(talk: Begin) -> None:
    texting = talk()
    first = put_aside(texting)
    texting.start(None, "continue my report")
    texting.taps("resume")
    texting.says("later")
    at_home = talk("web")
    at_home.start(None, first)
    assert at_home.outcome.state == "ended"
