"""The message log: once in, in order, one holder, honest states."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from desk.conversations import (
    HolderChanged,
    Inbound,
    add_outbound,
    change_holder,
    conversation_for,
    events_after,
    once,
    receive,
    record,
    transcript,
)
from desk.conversations.outbox import MAY_BECOME, Patience, claim_outgoing, settle
from desk.conversations.pace import Pace
from desk.conversations.text import clean
from desk.database import Database
from desk.database.models import Conversation, InboxMessage, utc_now
from desk.queue.entering import lock
from desk.reply import Choice, Reply

PACE = Pace(sms=1000, whatsapp=1000)
LEASE = timedelta(seconds=30)
PATIENCE = Patience((), answers=LEASE, others=LEASE)
CHOICES = (Choice("Yes", "confirm"), Choice("No", "no"))


def inbound(text: str = "hello", provider_id: str = "SM1", **more: Any) -> Inbound:
    return Inbound("sms", provider_id, "+12095550123", "+12095550100", text, **more)


def test_a_message_is_stored_once_and_a_repeat_is_answered_alike(database: Database) -> None:
    with database.transaction() as session:
        first = receive(session, inbound(), utc_now())
    with database.transaction() as session:
        again = receive(session, inbound(), utc_now())
    assert (first.new, again.new, again.conflict) == (True, False, False)
    assert again.inbox_id == first.inbox_id
    assert first.conversation_id.startswith("sms-")
    assert len(first.conversation_id) == len("sms-") + 32


def test_the_same_id_twice_in_one_transaction_is_stored_once(database: Database) -> None:
    with database.transaction() as session:
        receipts = [receive(session, inbound(), utc_now()) for _ in range(2)]
    assert [receipt.new for receipt in receipts] == [True, False]


def test_a_repeat_with_another_text_is_a_conflict(database: Database) -> None:
    with database.transaction() as session:
        receive(session, inbound("one"), utc_now())
        again = receive(session, inbound("two"), utc_now())
    assert again.conflict
    with database.reading() as session:
        assert [one.kind for one in events_after(session, 0)] == ["message_in", "conflict"]


def test_addresses_have_conversations_of_their_own(database: Database) -> None:
    with database.transaction() as session:
        one = conversation_for(session, "sms", "+12095550123", "+12095550100", now=utc_now())
        web = conversation_for(session, "web", "+12095550123", "+12095550100", now=utc_now())
        same = conversation_for(session, "sms", "+12095550123", "+12095550100", now=utc_now())
    assert one.id == same.id
    assert one.id != web.id


def test_a_very_long_provider_id_is_still_told_apart(database: Database) -> None:
    with database.transaction() as session:
        receipts = [
            receive(session, inbound(provider_id="x" * 400 + end), utc_now()) for end in "aab"
        ]
    assert [receipt.new for receipt in receipts] == [True, False, True]


@given(st.text(max_size=3000))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_becomes_storable(raw: str) -> None:
    text = clean(raw)
    assert len(text) <= 1600
    assert not any(ord(one) < 32 and one != "\n" for one in text)
    text.encode()


def test_text_is_normalised_and_cut() -> None:
    assert clean("cafe\u0301\x00\u202e\r\nnow\ttoo ") == "café\nnow too"
    assert len(clean("é" * 200_000)) == 1600


def test_a_token_counts_only_in_its_own_conversation(database: Database) -> None:
    with database.transaction() as session:
        mine = conversation_for(session, "web", "me", now=utc_now())
        offered = add_outbound(session, mine, Reply("Send?", CHOICES), now=utc_now())
        token = f"{offered.id}.0"
        tries = [("me", token), ("you", token)]
        tries += [("me", wrong) for wrong in (f"{offered.id}.7", "0.0", "-1.0")]
        for number, (address, given_token) in enumerate(tries):
            receive(
                session,
                Inbound("web", f"id-{number}", address, choice_token=given_token),
                utc_now(),
            )
        stored = session.scalars(select(InboxMessage).order_by(InboxMessage.id)).all()
    assert [one.choice for one in stored] == ["confirm", None, None, None, None]
    assert stored[0].text == "Yes"


def test_a_number_counts_only_while_its_message_is_the_last(database: Database) -> None:
    with database.transaction() as session:
        conversation = conversation_for(
            session, "sms", "+12095550123", "+12095550100", now=utc_now()
        )
        add_outbound(session, conversation, Reply("Send?", CHOICES), now=utc_now())
        receive(session, inbound("1", "a"), utc_now())
        receive(session, inbound("3", "b"), utc_now())
        add_outbound(session, conversation, Reply("Something else"), now=utc_now())
        receive(session, inbound("1", "c"), utc_now())
        stored = session.scalars(select(InboxMessage).order_by(InboxMessage.id)).all()
    assert [one.choice for one in stored] == ["confirm", None, None]


def test_a_holder_is_changed_only_by_who_knows_the_present_one(database: Database) -> None:
    with database.transaction() as session:
        conversation = conversation_for(session, "web", "me", now=utc_now())
    with database.transaction() as session:
        stale = session.get_one(Conversation, conversation.id)
        session.expunge(stale)
        change_holder(session, session.get_one(Conversation, stale.id), "human", now=utc_now())
    with database.transaction() as session:
        with pytest.raises(HolderChanged):
            change_holder(session, stale, "queue", now=utc_now())
        now = session.get_one(Conversation, stale.id)
        assert (now.holder, now.epoch) == ("human", 1)
        (event,) = events_after(session, 0, kinds=["holder"])
        assert event.data == {"holder": "human", "epoch": 1, "staff_id": None}


def test_a_side_effect_happens_once(database: Database) -> None:
    ran: list[int] = []

    def compute() -> dict[str, Any]:
        ran.append(1)
        return {"number": len(ran)}

    for _ in range(3):
        with database.transaction() as session:
            assert once(session, "web-1", "7", "submit", compute) == {"number": 1}
    with database.transaction() as session:
        assert once(session, "web-1", "8", "submit", compute) == {"number": 2}


def test_a_side_effect_that_fails_leaves_nothing_behind(database: Database) -> None:
    def failing() -> dict[str, Any]:
        raise IntegrityError("x", {}, Exception())

    with pytest.raises(IntegrityError), database.transaction() as session:
        once(session, "web-1", "7", "submit", failing)
    with database.transaction() as session:
        assert once(session, "web-1", "7", "submit", lambda: {"ok": True}) == {"ok": True}


def test_events_of_what_was_undone_are_not_recorded(database: Database) -> None:
    with database.transaction() as session:
        record(session, "kept")
        nested = session.begin_nested()
        record(session, "undone")
        nested.rollback()
        with session.begin_nested():
            record(session, "kept_too")
    with database.transaction() as session:
        record(session, "undone")
        session.rollback()
    with database.reading() as session:
        assert [one.kind for one in events_after(session, 0)] == ["kept", "kept_too"]


def test_a_reader_never_misses_an_event_of_a_slow_writer(database: Database) -> None:
    """Writers commit in any order; whoever asks for all after N gets each event once."""
    stop, seen = threading.Event(), []

    def read() -> None:
        last = 0
        while True:
            finishing = stop.is_set()
            with database.reading() as session:
                for one in events_after(session, last, limit=1000):
                    seen.append(one.data["n"])
                    last = one.id
            if finishing:
                return

    def write(worker: int) -> None:
        for number in range(15):
            with database.transaction() as session:
                record(session, "x", n=worker * 100 + number)
                session.flush()
                time.sleep(0.001 * (worker % 4))

    reader = threading.Thread(target=read)
    reader.start()
    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    stop.set()
    reader.join()
    assert sorted(seen) == sorted(w * 100 + n for w in range(6) for n in range(15))


def test_a_transcript_shows_both_sides_in_order(database: Database) -> None:
    now = utc_now()
    with database.transaction() as session:
        conversation = conversation_for(session, "sms", "+12095550123", "+12095550100", now=now)
        for number in range(3):
            at = now + timedelta(seconds=10 * number)
            receive(session, inbound(f"question {number}", str(number)), at)
            add_outbound(
                session, conversation, Reply(f"answer {number}"), now=at + timedelta(seconds=1)
            )
    with database.reading() as session:
        entries = transcript(session, conversation.id, 4)
        assert [one.text for one in entries] == [
            "question 1", "answer 1", "question 2", "answer 2",
        ]  # fmt: skip
        assert [one.author for one in entries] == ["resident", "bot"] * 2


def test_of_a_conversation_only_the_oldest_message_is_sent(database: Database) -> None:
    with database.transaction() as session:
        conversation = conversation_for(session, "sms", "+12095550123", now=utc_now())
        for words in ("one", "two"):
            add_outbound(session, conversation, Reply(words), now=utc_now())
    for expected in ("one", None, "two"):
        with database.transaction() as session:
            claimed = claim_outgoing(
                session,
                now=utc_now(),
                lease=LEASE,
                urgent=False,
                limit=9,
                pace=PACE,
                patience=PATIENCE,
            )
            assert [one.text for one in claimed] == ([expected] if expected else [])
            if expected is None:
                assert settle(session, 1, "sent", provider_id="SM9", now=utc_now())


@given(st.lists(st.sampled_from(sorted(MAY_BECOME)), max_size=12))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_order_of_reports_breaks_the_truth_about_delivery(
    database: Database, states: list[Any]
) -> None:
    with database.transaction() as session:
        conversation = conversation_for(session, "sms", "+12095550123", now=utc_now())
        message = add_outbound(session, conversation, Reply("x"), now=utc_now())
        before = "queued"
        for state in states:
            changed = settle(session, message.id, state, provider_id="SM1", now=utc_now())
            session.refresh(message)
            assert changed == (state in MAY_BECOME[before])
            assert message.state == (state if changed else before)
            assert message.provider_id == "SM1"
            before = message.state


def test_who_holds_a_conversation_keeps_nobody_from_noting_an_event_of_it(
    database: Database,
) -> None:
    if database.is_sqlite:
        return  # one transaction writes at a time
    with database.transaction() as session:
        conversation_id = conversation_for(session, "sms", "+12095550123", now=utc_now()).id
    with database.transaction() as holding:
        lock(holding, holding.get_one(Conversation, conversation_id))
        with database.transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '2s'"))
            record(session, "message_in", conversation_id)
    with database.reading() as session:
        assert [one.kind for one in events_after(session, 0)] == ["message_in"]
