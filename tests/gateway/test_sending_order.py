"""What goes out first, and what has to wait."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from desk.conversations import add_outbound, conversation_for
from desk.database.models import OutboxMessage, utc_now
from desk.reply import Reply

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PHONE = "+12095550123"
NUMBER = "+12095550100"


def queue(front: Front, *replies: Reply, phone: str = PHONE) -> None:
    with front.database.transaction() as session:
        conversation = conversation_for(session, "sms", phone, NUMBER, now=utc_now())
        for reply in replies:
            add_outbound(session, conversation, reply, "staff", now=utc_now())


def test_messages_of_a_conversation_go_out_in_order(front: Front) -> None:
    queue(front, *(Reply(f"part {number}") for number in range(6)))
    front.eventually(lambda: len(front.residents.replies(PHONE)) == 6)
    sent = [one.text for one in front.residents.replies(PHONE)]
    assert sent == [f"part {number}" for number in range(6)]


def test_rows_of_other_processes_are_seen_without_being_told(front: Front) -> None:
    queue(front, Reply("from the console"))
    front.residents.wait_for_reply(PHONE, seconds=5)


def test_danger_overtakes_what_waits(front: Front) -> None:
    queue(front, *(Reply(f"part {number}") for number in range(3)), Reply("call 911", urgent=True))
    front.eventually(lambda: len(front.residents.replies(PHONE)) == 4)
    assert front.residents.replies(PHONE)[0].text == "call 911"


def test_a_message_that_must_wait_holds_back_those_after_it_but_not_danger(front: Front) -> None:
    front.residents.fault("twilio", "429")
    queue(front, Reply("first"), Reply("second"))
    front.eventually(lambda: front.rows(OutboxMessage)[0].attempts == 1)
    queue(front, Reply("call 911", urgent=True))
    front.eventually(lambda: len(front.residents.replies(PHONE)) == 3)
    assert [one.text for one in front.residents.replies(PHONE)] == ["call 911", "first", "second"]


def test_danger_does_not_wait_for_a_provider_that_hangs_with_everybody_else(front: Front) -> None:
    front.residents.fault("twilio", "timeout", count=60, seconds=1.9)
    for number in range(60):
        queue(front, Reply("ordinary"), phone=f"+1209555{number:04d}")
    front.eventually(lambda: sum(row.attempts > 0 for row in front.rows(OutboxMessage)) >= 48)
    began = time.monotonic()
    queue(front, Reply("call 911", urgent=True))
    front.residents.wait_for_reply(PHONE, seconds=2)
    assert time.monotonic() - began < 1.8


def test_what_is_said_on_the_website_is_sent_as_soon_as_it_is_seen(front: Front) -> None:
    with front.database.transaction() as session:
        conversation = conversation_for(session, "web", "hash of a session", now=utc_now())
        for text in ("one", "two"):
            add_outbound(session, conversation, Reply(text), "desk", now=utc_now())
    front.eventually(lambda: all(row.state == "sent" for row in front.rows(OutboxMessage)))
