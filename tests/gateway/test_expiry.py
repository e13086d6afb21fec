"""What waited too long to make sense is not sent any more; answers to danger always are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest

from desk.conversations import Inbound, add_outbound, conversation_for, receive
from desk.database.models import OutboxMessage, utc_now
from desk.reply import Reply

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PHONE = "+12095550123"
NUMBER = "+12095550100"
HALF_AN_HOUR = timedelta(minutes=30)
A_DAY = timedelta(hours=24)
A_LITTLE = timedelta(minutes=1)


def queue(
    front: Front,
    waited: timedelta,
    author: Literal["bot", "desk", "staff"],
    *,
    answer: bool = False,
    urgent: bool = False,
    channel: Literal["sms", "web"] = "sms",
) -> None:
    """A message that has waited so long, as after an outage."""
    with front.database.transaction() as session:
        conversation = conversation_for(session, channel, PHONE, NUMBER, now=utc_now())
        heard = None
        if answer:
            said = Inbound(channel, "SM1", PHONE, NUMBER, text="STOP", order="stop")
            heard = receive(session, said, utc_now()).inbox_id
            conversation.opted_out = False
        reply = Reply("an old answer", urgent=urgent)
        add_outbound(session, conversation, reply, author, heard, now=utc_now() - waited)


def fate(front: Front) -> tuple[str, str | None]:
    """What became of the only message."""
    row = front.eventually(
        lambda: next((one for one in front.rows(OutboxMessage) if one.state in SETTLED), None)
    )
    return ("failed" if row.state == "failed" else "sent", row.error)


SETTLED = ("sent", "delivered", "failed")


@pytest.mark.parametrize(
    ("author", "answer", "most"),
    [
        ("bot", False, HALF_AN_HOUR),
        ("desk", True, HALF_AN_HOUR),
        ("desk", False, A_DAY),
        ("staff", False, A_DAY),
    ],
    ids=["bot", "answer of the desk", "news", "staff"],
)
def test_what_is_too_old_is_not_sent(
    front: Front, author: Literal["bot", "desk", "staff"], answer: bool, most: timedelta
) -> None:
    queue(front, most + A_LITTLE, author, answer=answer)
    assert fate(front) == ("failed", "expired")
    front.quiet(0.3)
    assert front.residents.replies(PHONE) == []


@pytest.mark.parametrize(
    ("author", "waited"),
    [("bot", HALF_AN_HOUR - A_LITTLE), ("desk", A_DAY - A_LITTLE), ("staff", A_DAY - A_LITTLE)],
)
def test_what_is_not_too_old_is_sent(
    front: Front, author: Literal["bot", "desk", "staff"], waited: timedelta
) -> None:
    queue(front, waited, author)
    assert fate(front) == ("sent", None)


def test_an_answer_to_danger_is_sent_however_late(front: Front) -> None:
    queue(front, timedelta(days=3), "desk", answer=True, urgent=True)
    assert fate(front) == ("sent", None)
    assert len(front.residents.replies(PHONE)) == 1


def test_the_website_shows_what_is_old(front: Front) -> None:
    queue(front, timedelta(days=3), "bot", channel="web")
    assert fate(front) == ("sent", None)
