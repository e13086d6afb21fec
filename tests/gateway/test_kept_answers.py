"""What an action has stored is told, also when Rasa falls over before it could hand it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk.database.models import ActionResult, InboxMessage, OutboxMessage, QueueItem

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PHONE = "+12095550123"
FILED = "Thank you. Your report T26-7KM2QP is filed."


def write(front: Front, text: str) -> OutboxMessage:
    """A text, and what is said to it last."""
    before = len(front.rows(OutboxMessage))
    front.residents.text(PHONE, text)
    return front.eventually(lambda: front.rows(OutboxMessage)[before:])[-1]


def stored_for_the_next(front: Front, *spoken: dict[str, object]) -> None:
    """An action has run for the message that comes next."""
    with front.database.transaction() as session:
        session.add(
            ActionResult(
                conversation_id=front.conversation().id,
                message_id=str(front.rows(InboxMessage)[-1].id + 1),
                action="validate_report_form",
                result={"spoken": list(spoken), "events": []},
            )
        )


def test_the_number_of_a_filed_report_is_told_though_rasa_fell_over(front: Front) -> None:
    write(front, "hello there")
    choice = {"title": "Add to it", "value": "topic:add_to_report"}
    stored_for_the_next(front, {"text": FILED, "choices": [choice]})
    front.rasa.mode = "500"
    said = write(front, "yes")
    assert said.text == FILED
    assert said.choices == [choice]
    assert front.rows(QueueItem) == []


def test_what_the_action_asked_for_is_done(front: Front) -> None:
    write(front, "hello there")
    stored_for_the_next(
        front, {"text": FILED, "choices": []}, {"command": "handoff", "reason": "asked"}
    )
    front.rasa.mode = "500"
    assert FILED in write(front, "yes").text
    assert [item.reason for item in front.rows(QueueItem)] == ["asked"]


def test_where_nothing_was_stored_the_fixed_text_is_said(front: Front) -> None:
    write(front, "hello there")
    stored_for_the_next(front)
    front.rasa.mode = "500"
    assert "911" in write(front, "yes").text
    assert [item.reason for item in front.rows(QueueItem)] == ["failed"]
