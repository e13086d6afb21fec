"""What settles a message that may have gone out or not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from desk.conversations import add_outbound, conversation_for
from desk.conversations.look_ups import (
    LOOK_UPS,
    Sighting,
    claim_look_ups,
    look_up_waits,
    settle_by_sighting,
)
from desk.conversations.outbox import Outgoing
from desk.database import Database
from desk.database.models import OutboxMessage, utc_now
from desk.reply import Reply

FIRST_WAIT = timedelta(seconds=5)


def put(session: Session, state: str, text: str = "hello", channel: str = "sms") -> OutboxMessage:
    conversation = conversation_for(session, channel, "+12095550123", now=utc_now())  # type: ignore[arg-type]
    message = add_outbound(session, conversation, Reply(text), now=utc_now())
    message.state = state
    session.flush()
    return message


def claim(session: Session, now: datetime | None = None) -> list[Outgoing]:
    return claim_look_ups(session, {"sms"}, first_wait=FIRST_WAIT, limit=9, now=now or utc_now())


def sighting(sid: str = "SM1", **more: object) -> Sighting:
    return Sighting(provider_id=sid, at=utc_now(), state="sent", **more)  # type: ignore[arg-type]


def test_a_message_is_looked_up_at_growing_distances_and_not_for_ever(database: Database) -> None:
    with database.transaction() as session:
        put(session, "unknown")
    now, waits = utc_now(), []
    for _ in range(LOOK_UPS):
        with database.transaction() as session:
            assert look_up_waits(session, {"sms"}, now)
            assert len(claim(session, now)) == 1
            assert claim(session, now) == [], "nobody else gets it meanwhile"
            row = session.query(OutboxMessage).one()
            assert row.next_try_at is not None
            waits.append(row.next_try_at - now)
            now = row.next_try_at
    assert waits == sorted(waits)
    assert sum(waits[:-1], timedelta(0)) < timedelta(hours=1)
    with database.transaction() as session:
        assert not look_up_waits(session, {"sms"}, now + timedelta(days=9))
        assert claim(session, now + timedelta(days=9)) == []


@pytest.mark.parametrize("state", ["queued", "sending", "sent", "delivered", "failed"])
def test_only_what_is_unknown_is_looked_up(database: Database, state: str) -> None:
    with database.transaction() as session:
        put(session, state)
        assert claim(session) == []


def test_a_channel_without_a_list_is_not_looked_up(database: Database) -> None:
    with database.transaction() as session:
        put(session, "unknown", channel="messenger")
        assert claim(session) == []


def test_while_another_message_is_being_sent_nothing_is_taken_for_found(
    database: Database,
) -> None:
    with database.transaction() as session:
        put(session, "unknown")
        (message,) = claim(session)
        other = put(session, "sending")
        assert settle_by_sighting(session, message, [sighting()], utc_now()) is None
        other.state, other.provider_id = "sent", "SM1"
        session.flush()
        assert settle_by_sighting(session, message, [sighting()], utc_now()) is None
        found = [sighting(), sighting("SM2")]
        assert settle_by_sighting(session, message, found, utc_now()) == found[1]


def test_a_receipt_that_came_first_wins(database: Database) -> None:
    with database.transaction() as session:
        row = put(session, "unknown")
        (message,) = claim(session)
        row.state = "delivered"
        session.flush()
        assert settle_by_sighting(session, message, [sighting()], utc_now()) is None
        session.refresh(row)
        assert row.state == "delivered"
