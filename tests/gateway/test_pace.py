"""Each number sends at its own pace; danger never waits for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from desk.conversations import add_outbound, conversation_for
from desk.database import Database
from desk.database.models import OutboxMessage, utc_now
from desk.reply import Reply
from gateway.app import create_app
from tests.serving import listen, served

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

NUMBER = "+12095550100"


@pytest.fixture
def changes() -> dict[str, Any]:
    return {"twilio_rate": 2.0, "whatsapp_rate": 1000.0}


def queue(front: Front, count: int, text: str, first: int = 0, whatsapp: bool = False) -> None:
    """Queue one message each to so many residents."""
    kind = "whatsapp:" if whatsapp else ""
    with front.database.transaction() as session:
        for number in range(first, first + count):
            phone = f"{kind}+1209555{number:04d}"
            conversation = conversation_for(session, "sms", phone, kind + NUMBER, now=utc_now())
            add_outbound(
                session, conversation, Reply(text, urgent="911" in text), "staff", now=utc_now()
            )


def sent(front: Front, text: str) -> int:
    return sum(row.text == text and row.sent_at is not None for row in front.rows(OutboxMessage))


def test_a_number_sends_no_faster_than_it_may(front: Front) -> None:
    queue(front, 6, "part")
    began = time.monotonic()
    front.eventually(lambda: sent(front, "part") == 6)
    took = time.monotonic() - began
    assert 2.0 < took < 6.0, "six at two a second"
    times = sorted(row.sent_at for row in front.rows(OutboxMessage) if row.sent_at)
    gaps = [(later - one).total_seconds() for one, later in zip(times, times[2:], strict=False)]
    assert min(gaps) > 0.4, "never a third within one second, give or take"


def test_a_long_text_takes_the_time_of_its_segments(front: Front) -> None:
    queue(front, 2, "x" * 400)
    front.eventually(lambda: sent(front, "x" * 400) == 2)
    first, second = sorted(row.sent_at for row in front.rows(OutboxMessage) if row.sent_at)
    assert (second - first).total_seconds() > 1.0, "three segments at two a second"


def test_danger_does_not_wait_for_the_pace_and_others_then_wait_longer(front: Front) -> None:
    queue(front, 6, "part")
    front.eventually(lambda: sent(front, "part") == 1)
    queue(front, 4, "call 911", first=100)
    front.eventually(lambda: sent(front, "call 911") == 4)
    before = sent(front, "part")
    assert before <= 3, "danger did not wait for the six"
    front.eventually(lambda: sent(front, "part") > before)
    rows = [row for row in front.rows(OutboxMessage) if row.sent_at]
    danger = min(row.sent_at for row in rows if row.urgent and row.sent_at)
    after = [row.sent_at for row in rows if not row.urgent and row.sent_at]
    waited = (max(after) - danger).total_seconds()
    assert waited > 0.9, "the number is still busy with the answers to danger"


def test_whatsapp_does_not_wait_for_sms(front: Front) -> None:
    queue(front, 8, "by text")
    queue(front, 8, "by WhatsApp", first=100, whatsapp=True)
    front.eventually(lambda: sent(front, "by WhatsApp") == 8)
    assert sent(front, "by text") < 6


def test_two_processes_share_the_pace_of_a_number(front: Front) -> None:
    other = create_app(
        front.settings, Database(front.database.url.render_as_string(hide_password=False))
    )
    with served(other, listen()):
        queue(front, 6, "part")
        began = time.monotonic()
        front.eventually(lambda: sent(front, "part") == 6)
        assert time.monotonic() - began > 2.0
    assert all(row.attempts == 1 for row in front.rows(OutboxMessage))
