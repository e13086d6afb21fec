"""Another machine that answers our answers is not answered for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from desk.conversations import change_holder
from desk.database.models import Conversation, InboxMessage, OutboxMessage, QueueItem, utc_now

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PHONE = "+12095550123"
DANGER = "Someone is breaking into my house right now and he has a gun"


@pytest.fixture
def changes() -> dict[str, Any]:
    return {"loop_limit": 6}


def write(front: Front, text: str) -> None:
    """A text, and its answer if there is one."""
    before = len(front.rows(InboxMessage))
    front.residents.text(PHONE, text)
    front.eventually(
        lambda: (
            len(front.rows(InboxMessage)) > before and front.rows(InboxMessage)[-1].state == "done"
        )
    )


def loop(front: Front, count: int = 10) -> None:
    for number in range(count):
        write(front, f"Thank you for message {number}. We will be back soon.")


def test_a_machine_that_answers_at_once_goes_to_staff_once(front: Front) -> None:
    loop(front, 12)
    (item,) = front.rows(QueueItem)
    assert item.reason == "loop"
    assert front.conversation().holder == "queue"
    assert len(front.rasa.turns) == 7, "six, and the one too many"
    front.quiet(0.5)
    assert len(front.rows(OutboxMessage)) == 8, "and one notice"


def test_who_asks_for_the_bot_again_is_answered_again(front: Front) -> None:
    loop(front)
    assert front.conversation().holder == "queue"
    turns = len(front.rasa.turns)
    write(front, "0")
    write(front, "My bike was stolen from Fifth and Main last night.")
    assert front.conversation().holder == "bot"
    assert len(front.rasa.turns) == turns + 1


def test_danger_is_still_answered(front: Front) -> None:
    loop(front)
    said = len(front.rows(OutboxMessage))
    write(front, DANGER)
    last = front.eventually(lambda: front.rows(OutboxMessage)[said:])[-1]
    assert last.urgent
    assert front.rows(QueueItem)[-1].kind == "alert"


def test_the_same_words_again_and_again_are_a_machine_too(front: Front) -> None:
    for _ in range(8):
        write(front, "I am driving and will answer later.")
    assert len(front.rasa.turns) == 5
    assert front.rows(QueueItem)[0].reason == "loop"


def test_short_answers_are_repeated_by_people(front: Front) -> None:
    for _ in range(6):
        write(front, "I don't know")
    assert len(front.rasa.turns) == 6


def test_somebody_who_is_quick_is_answered(front: Front) -> None:
    loop(front, 6)
    assert len(front.rasa.turns) == 6
    assert front.rows(QueueItem) == []


def test_taps_on_choices_are_a_persons(front: Front) -> None:
    front.rasa.replies = [{"text": "Next?", "choices": [{"title": "Next", "value": "skip"}]}]
    write(front, "hello there")
    for _ in range(9):
        write(front, "1")
    assert len(front.rasa.turns) == 10
    assert front.rows(QueueItem) == []


def test_what_nobody_answered_does_not_count(front: Front) -> None:
    write(front, "hello there")
    with front.database.transaction() as session:
        conversation = session.get_one(Conversation, front.conversation().id)
        change_holder(session, conversation, "human", now=utc_now())
    loop(front)
    with front.database.transaction() as session:
        conversation = session.get_one(Conversation, front.conversation().id)
        change_holder(session, conversation, "bot", now=utc_now())
    write(front, "Where is the station?")
    assert len(front.rasa.turns) == 2
